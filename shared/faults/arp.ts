/** Faults of neighbours and ARP in `qrouter` and `fip` namespaces. */
import { contains } from '../ip.ts';
import type { Neighbour } from '../state.ts';
import { relationsOf } from '../topology/relations.ts';
import type { Fault, NodeView } from './fault.ts';
import { byKey, each, kindOf, linesOf } from './lines.ts';

const inRouters = (view: NodeView, ...kinds: Parameters<typeof linesOf>[2][]) =>
  linesOf(view, 'neighbours', ...kinds).filter(({ namespace }) => kindOf(namespace) === 'qrouter');

const isVeth = ({ dev }: Neighbour): boolean => /^(?:rfp|fpr)-/.test(dev);

/** Addresses and ranges that ports may use beside their own. */
const isPair = ({ topology }: NodeView, dst: string): boolean =>
  topology.ports.some(({ allowed_address_pairs: pairs }) =>
    pairs.some(({ ip_address: address }) => address === dst || address.split('/')[0] === dst),
  );

/** The prefixes that the device has an address in. */
const prefixesOf = ({ expected }: NodeView, namespace: string, dev: string): string[] =>
  (expected.namespaces[namespace]?.addresses ?? []).flatMap(({ ifname, local, prefixlen }) =>
    ifname === dev ? [`${local}/${prefixlen}`] : [],
  );

const isForeign = (view: NodeView, namespace: string, { dst, dev }: Neighbour): boolean => {
  const prefixes = prefixesOf(view, namespace, dev);
  return prefixes.length > 0 && !prefixes.some((prefix) => contains(prefix, dst));
};

/** A port that is on a node; one that is not only keeps its address for others. */
const isOfPort = ({ topology }: NodeView, dst: string): boolean =>
  topology.ports.some(
    ({ node, fixed_ips: fixed }) => node !== undefined && fixed.some(({ ip_address: address }) => address === dst),
  );

const isOfAnything = (view: NodeView, dst: string): boolean =>
  isOfPort(view, dst) ||
  view.topology.routers.some(({ interfaces }) =>
    interfaces.some(({ ip_address: own, snat }) => own === dst || snat?.ip_address === dst),
  );

/** The port that a reason points to. */
const portOf = (view: NodeView, pointer: string | undefined): string | undefined =>
  pointer?.startsWith('/ports/') ? relationsOf(view.topology).port.get(pointer.split('/')[2]!)?.name : undefined;

export const ARP_FAULTS: readonly Fault[] = [
  {
    id: 'A07',
    family: 'ARP',
    title: 'router and fip namespace do not know each other’s MAC',
    symptom: 'The first packets of a floating IP are lost, or all of them.',
    cause: 'The agent did not set the permanent neighbours of the pair of devices, or one end was made anew.',
    evidence: 'The permanent neighbour for the other end of rfp or fpr is missing, or has another MAC than the device.',
    breaks: ({ fips, node }) => `${fips} on ${node} lose packets between router and fip namespace`,
    releases: 'up to Rocky; fixed in Stein',
    references: ['LP#1791989', 'ac5815a110'],
    find: (view) =>
      byKey(
        linesOf(view, 'neighbours').filter(({ item }) => isVeth(item)),
        ({ item }) => item.dev.slice(4),
      ),
  },
  {
    id: 'A04',
    family: 'ARP',
    title: 'an address that a port may use beside its own has a wrong neighbour',
    symptom: 'A virtual address (allowed address pair) cannot be reached from other subnets.',
    cause: 'The pair was not sent to the router, or with the MAC of the port where the pair has its own.',
    evidence:
      'The permanent neighbour for the address of the pair is missing, has another MAC, or stands for a whole range.',
    breaks: ({ node }) => `the virtual address cannot be reached from other subnets by ${node}`,
    releases: 'up to Wallaby; fixed in Xena, again in 2025.1',
    references: ['LP#1928466', 'LP#2090825', 'LP#1934912'],
    find: (view) => each(inRouters(view).filter(({ item }) => isPair(view, item.dst) && !isOfPort(view, item.dst))),
  },
  {
    id: 'A06',
    family: 'ARP',
    title: 'a neighbour on the device of another subnet',
    symptom: 'In networks with several subnets MACs are seen that make no sense.',
    cause: 'The agent set the addresses of a port on every device of its network.',
    evidence: 'A permanent neighbour is on a qr device whose subnets do not hold its address.',
    breaks: ({ node }) => `packets to that address may leave by the wrong device on ${node}`,
    severity: 'warning',
    releases: 'up to Xena; fixed in Yoga',
    references: ['LP#1936980'],
    find: (view) =>
      byKey(
        inRouters(view, 'unexpected').filter(
          ({ namespace, item }) => isForeign(view, namespace, item) && isOfAnything(view, item.dst),
        ),
        ({ namespace }) => namespace,
      ),
  },
  {
    id: 'A11',
    family: 'ARP',
    title: 'a neighbour of a port that is gone, or with another MAC',
    symptom: 'A deleted VM still seems to be there; a new one with its address cannot be reached.',
    cause: 'The permanent neighbour was not removed with the port, and permanent ones are never learned again.',
    evidence: 'A permanent neighbour in a router has an address of no port, or a MAC that is not the port’s.',
    breaks: ({ node, router }) => `whoever has that address cannot be reached by ${router} on ${node}`,
    releases: 'any, after lost updates',
    references: ['dvr_local_router.py: _set_subnet_arp_info'],
    find: (view) => each(inRouters(view, 'unexpected', 'different')),
  },
  {
    id: 'A01',
    family: 'ARP',
    title: 'a router does not know the MAC of a port',
    symptom: 'A new VM cannot be reached from other subnets by some nodes.',
    cause: 'The update was lost, or came before the router had its device.',
    evidence: 'The permanent neighbour for a port of a subnet of the router is missing.',
    breaks: ({ machines, vms, node }) =>
      `from other subnets ${node} does not reach ${machines.length > 0 ? vms : 'that port'}`,
    releases: 'any, after lost updates',
    references: ['LP#1501086', 'LP#1438969', 'LP#1524020'],
    find: (view) =>
      byKey(
        inRouters(view, 'missing'),
        ({ namespace, wanted }) => `${namespace} ${portOf(view, wanted?.because?.pointer) ?? wanted?.dst}`,
      ),
  },
  {
    id: 'A08',
    family: 'ARP',
    title: 'a namespace answers ARP for addresses of its other devices',
    symptom: 'Guests learn a wrong MAC for their gateway.',
    cause: 'arp_ignore and arp_announce were not set, or set back.',
    evidence: 'arp_ignore is not 1 or arp_announce not 2 in a namespace of the agent.',
    breaks: ({ vms }) => `${vms} may learn a wrong MAC for their gateway`,
    releases: 'up to Ocata; fixed in Pike',
    references: ['LP#1692007', '0f076cfc2d'],
    find: (view) =>
      byKey(
        linesOf(view, 'sysctls').filter(({ item }) => /^net\.ipv4\.conf\.all\.arp_(?:ignore|announce)$/.test(item.key)),
        ({ namespace }) => namespace,
      ),
  },
];
