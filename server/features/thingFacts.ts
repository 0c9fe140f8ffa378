/** What of a cloud hangs on a node, a network or a subnet: the part of its hover that no single namespace is about. */
import { familyOf } from '../../shared/ip.ts';
import { pointerKeys, type Pointer } from '../../shared/problem.ts';
import { relationsOf } from '../../shared/topology/relations.ts';
import type { Network, Port, Router, RouterInterface, Subnet, Topology } from '../../shared/topology/types.ts';
import type { Document } from '../document.ts';
import type { Use } from './at.ts';
import { escapeMarkdown, fewNames } from './markdown.ts';

/** As markdown; `undefined` for other things, which say what they cause by what is expected because of them. */
export function thingFacts(document: Document, thing: Pointer): string | undefined {
  const { topology } = document.reading();
  const [section, name = '', part, subnetName = ''] = pointerKeys(thing);
  const { node, network } = relationsOf(topology);
  if (section === 'nodes' && part === undefined) return node.has(name) ? nodeFacts(document, name) : undefined;
  const found = section === 'networks' ? network.get(name) : undefined;
  if (!found) return undefined;
  if (part === undefined) return networkFacts(topology, found);
  const subnet = found.subnets.find((each) => each.name === subnetName);
  return part === 'subnets' && subnet ? subnetFacts(topology, found, subnet) : undefined;
}

/** Where a thing stands that has such facts; `undefined` for names that nothing has, and of other kinds. */
export function pointerOfName(document: Document, { kind, name }: Pick<Use, 'kind' | 'name'>): Pointer | undefined {
  const { node, network, subnet } = relationsOf(document.reading().topology);
  if (kind === 'node') return node.get(name)?.pointer;
  if (kind === 'network') return network.get(name)?.pointer;
  return kind === 'subnet' ? subnet.get(name)?.pointer : undefined;
}

/** More lines of one kind help nobody. */
const MOST_LINES = 12;

function nodeFacts(document: Document, node: string): string {
  const namespaces = Object.entries(document.expectedOn(node).namespaces);
  if (namespaces.length === 0) return 'No namespace is expected here.';
  const lines = namespaces.map(
    ([name, { because }]) => `- \`${name}\`${because ? `: ${escapeMarkdown(because.sentence)}` : ''}`,
  );
  return `Expected here:\n\n${few(lines)}`;
}

function networkFacts(topology: Topology, network: Network): string {
  const lines = network.external ? gatewayLines(topology, network) : subnetLines(topology, network);
  const ports = relatedPorts(topology.ports.filter((port) => port.network === network.name));
  return [lines.length > 0 ? few([...new Set(lines)]) : 'No router is on it.', ports].join('\n\n');
}

function subnetLines(topology: Topology, network: Network): string[] {
  const { subnets } = network;
  const lines = subnets.slice(0, MOST_LINES).flatMap((subnet) => routerLines(topology, network, subnet));
  return subnets.length > MOST_LINES ? [...lines, `- … and ${subnets.length - MOST_LINES} more subnets`] : lines;
}

function subnetFacts(topology: Topology, network: Network, subnet: Subnet): string {
  const lines = network.external ? gatewayLines(topology, network) : routerLines(topology, network, subnet);
  const addresses = relationsOf(topology).addressesOfSubnet.get(subnet.name) ?? [];
  const ports = relatedPorts([...new Set(addresses.map(({ port }) => port))]);
  return [lines.length > 0 ? few(lines) : 'No router is on it.', ports].join('\n\n');
}

const gatewayLines = ({ routers }: Topology, { name }: Network): string[] =>
  routers.flatMap(({ name: router, external_gateway: gateway }) =>
    gateway?.network === name
      ? [`- router ${escapeMarkdown(router)} leaves by ${addressText(gateway.external_fixed_ips)}`]
      : [],
  );

const addressText = (fixed: readonly { ip_address: string }[]): string =>
  fixed.length === 0 ? 'an address that is not known' : fixed.map(({ ip_address }) => ip_address).join(', ');

/** Each router on a subnet, what else it joins, and whether it leads out. */
function routerLines(topology: Topology, network: Network, subnet: Subnet): string[] {
  const { interfacesOfSubnet, network: networks, subnet: subnets } = relationsOf(topology);
  const family = familyIn(subnet);
  const scope = scopeOf(network, family);
  const line = (router: Router, { ip_address: address }: RouterInterface): string => {
    const others = router.interfaces
      .map((each) => subnets.get(each.subnet))
      .filter((each) => each !== undefined && each !== subnet && familyIn(each) === family);
    const isNear = (each: Subnet): boolean => scopeOf(networks.get(each.network), family) === scope;
    const [near, apart] = [others.filter((each) => isNear(each!)), others.filter((each) => !isNear(each!))];
    return [
      `- router ${escapeMarkdown(router.name)} (${address ?? 'address not known'})`,
      near.length > 0 ? `joins it with ${fewNames(near.map((each) => each!.name))}` : '',
      apart.length > 0 ? `keeps it from ${fewNames(apart.map((each) => each!.name))} (another address scope)` : '',
      router.external_gateway
        ? `has its gateway on ${escapeMarkdown(router.external_gateway.network)}`
        : 'has no gateway',
    ]
      .filter(Boolean)
      .join(', ');
  };
  return (interfacesOfSubnet.get(subnet.name) ?? []).map((each) => line(each.router, each.interface));
}

const familyIn = ({ cidr }: Subnet) => familyOf(cidr.split('/')[0]!);

const scopeOf = (network: Network | undefined, family: ReturnType<typeof familyIn>): string | undefined =>
  family === 'inet6' ? network?.ipv6_address_scope : network?.ipv4_address_scope;

/** How many ports, and on which nodes. */
function relatedPorts(ports: readonly Port[]): string {
  if (ports.length === 0) return 'No port is on it.';
  const nodes = [...new Set(ports.flatMap(({ node }) => node ?? []))];
  const where = nodes.length === 0 ? 'bound to no node' : `on ${fewNames(nodes)}`;
  return `${ports.length === 1 ? '1 port' : `${ports.length} ports`}, ${where}.`;
}

const few = (lines: readonly string[]): string =>
  [
    ...lines.slice(0, MOST_LINES),
    ...(lines.length > MOST_LINES ? [`- … and ${lines.length - MOST_LINES} more`] : []),
  ].join('\n');
