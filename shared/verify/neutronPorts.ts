/** Ports towards what Neutron itself has on the subnets of their router: its addresses, SNAT ports, DHCP. */
import { contains, familyOf } from '../ip.ts';
import { snatNodes } from '../placement.ts';
import { cover, listSpace } from './cover.ts';
import type { Router, RouterInterface, Subnet } from '../topology/types.ts';
import { type End, type Facts, isConnected, whyNoRouter } from './facts.ts';
import { type Ports, type Sender, fromPort, portName } from './ports.ts';
import { TOO_MANY, type Expectation, judge, resultOf } from './promise.ts';
import type { Range } from './ranges.ts';
import { type Case, type Tally, settle } from './tally.ts';
import type { Walker } from './walker.ts';

interface Work {
  facts: Facts;
  walker: Walker;
  tally: Tally;
  ports: Ports;
}

/** Each port asks what serves its subnet, and must be answered. */
export function verifyNeutronPorts(work: Work): void {
  for (const group of work.ports.groups) verifyGroup(work, group);
}

function verifyGroup({ facts, walker, tally }: Work, group: Sender[]): void {
  const end = group[0]?.end;
  if (!end) return;
  const served = new Map(servedFor(facts, end));
  const space = listSpace([...served.keys()], end.address.includes(':') ? 'inet6' : 'inet');
  if (space.addresses.length === 0) return;
  const places: Range<number>[] = [[0, space.addresses.length]];
  cover(walker, space, { sources: group, places, protocol: 'icmp' }, (found) => {
    for (const to of space.each!(found.places).map(space.addressOf)) {
      const expectation = served.get(to)!;
      const [first] = found.sources;
      const one = (): Case => ({
        kind: 'neutron',
        from: fromPort(first!),
        to,
        protocol: 'icmp',
        expectation,
        text: `reach ${portName(first!.end)} -> ${to}`,
      });
      const result = found.walked && resultOf(found.walked.outcome, found.endOf(to));
      settle(tally, result ? judge(expectation, result) : TOO_MANY, result, one, 'neutron', found.sources.length);
    }
  });
}

/** Whether it is a port of Neutron that is asked for here. */
export const isServed = (facts: Facts, from: End, { port, address }: End): boolean =>
  port.device_owner === 'network:dhcp' &&
  servedFor(facts, from).some(
    ([served, expectation]) =>
      served === address && expectation.type === 'reach' && expectation.ports.includes(port.name),
  );

type Served = [address: string, expectation: Expectation];

/** All subnets of the router, as far as it connects them with that of the port. */
function servedFor(facts: Facts, end: End): Served[] {
  const router = facts.gateways.get(end.subnet.name);
  if (!router || whyNoRouter(facts, router, end) !== undefined) return ofDhcp(facts, end.subnet);
  return router.interfaces.flatMap((each) => {
    const subnet = facts.relations.subnet.get(each.subnet);
    if (!subnet) return [];
    const found = [...ofRouter(facts, router, end, { ...each, subnet }), ...ofDhcp(facts, subnet)];
    return found.filter(([address, expectation]) => {
      if (subnet === end.subnet) return true;
      // A namespace has the IPv6 subnets of one port on one device, and may lack that of the sender.
      const isSure =
        expectation.type === 'reach' ? answers(facts, router, address, expectation.ports) : !address.includes(':');
      return isSure && isConnected(facts, router, end, { address, subnet });
    });
  });
}

/**
 * Whether a DHCP port's answers to other subnets come back by the router: its namespace has one way out, the gateway of one of the subnets,
 * and the router of its node must take them.
 */
const answers = (facts: Facts, router: Router, address: string, names: readonly string[]): boolean =>
  names.every((name) => {
    const port = facts.relations.port.get(name);
    if (port === undefined || whyNoRouter(facts, router, { port, address }) !== undefined) return false;
    const family = familyOf(address);
    const ways = (facts.relations.network.get(port.network)?.subnets ?? []).filter(
      ({ cidr, enable_dhcp, gateway_ip }) =>
        enable_dhcp && gateway_ip !== null && familyOf(cidr.split('/')[0]!) === family,
    );
    return ways.every((subnet) => facts.gateways.get(subnet.name) === router);
  });

/** The own address of the router is on the own node where the router is distributed; the SNAT port is where its SNAT node is. */
function ofRouter(
  facts: Facts,
  router: Router,
  { port }: End,
  { ip_address, snat, subnet }: Omit<RouterInterface, 'subnet'> & { subnet: Subnet },
): Served[] {
  const gateway = ip_address ?? subnet.gateway_ip;
  const node = router.distributed ? { node: port.node! } : {};
  const hasSnat = router.distributed && router.external_gateway && snatNodes(facts.topology, router).length > 0;
  return [
    ...(gateway && contains(subnet.cidr, gateway) ? [taken(gateway, `qrouter-${router.id ?? ''}`, node)] : []),
    ...(snat?.ip_address !== undefined && hasSnat ? [taken(snat.ip_address, `snat-${router.id ?? ''}`, {})] : []),
  ];
}

const taken = (address: string, namespace: string, node: { node?: string }): Served => [
  address,
  { type: 'taken', namespace, ...node },
];

function ofDhcp({ relations }: Facts, subnet: Subnet): Served[] {
  const near = relations.addressesOfSubnet.get(subnet.name) ?? [];
  return near.flatMap(({ port, ip_address: address }): Served[] => {
    const isPlugged = port.node !== undefined && relations.node.has(port.node) && port.status !== 'DOWN';
    if (port.device_owner !== 'network:dhcp' || !isPlugged || port.admin_state_up === false) return [];
    return [[address, { type: 'reach', ports: [port.name] }]];
  });
}
