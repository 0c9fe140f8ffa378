/** Whom a case concerns: from the topology, so that a person reads which machines have no way out, not which rule is missing. */
import type { Difference } from '../compare.ts';
import { contains } from '../ip.ts';
import { NS_PREFIX } from '../neutron.ts';
import { placementOf } from '../placement.ts';
import { pointerKeys } from '../problem.ts';
import { type Relations, relationsOf } from '../topology/relations.ts';
import type { Network, Port, Router, Subnet, Topology } from '../topology/types.ts';
import type { Case, NodeView } from './fault.ts';
import { kindOf, routerOf } from './lines.ts';

export interface Scope {
  node: string;
  /** Of the evidence; `-` is the node itself. */
  namespace: string;
  /** Machines on this node in the subnets concerned; of what is central, on all nodes. */
  machines: Port[];
  /** Those that the evidence names, else those that this node serves for the router or network. */
  floatingIps: string[];
  /** `VMs in 10.0.0.0/24 on compute1 (a1, a3)`. */
  vms: string;
  /** The same without those that have a floating IP of their own. */
  vmsWithout: string;
  /** `floating IP 192.168.1.101`, `floating IPs 192.168.1.101 and 192.168.1.104`, `floating IPs` when none is known. */
  fips: string;
  /** `router ra`, `routers ra and rb`; `the router` when none is known. */
  router: string;
  /** Whom a device or port serves: machines, subnets, or `what is behind that port on compute1`. */
  who: string;
  /** The other node that has to do with it; `another node` when none is known. */
  other: string;
}

export function scopeOf(view: Pick<NodeView, 'topology' | 'node' | 'expected'>, found: Case): Scope {
  const { topology, node } = view;
  const places = unique([...found.lines, ...(found.facts ?? [])].map(({ namespace }) => namespace));
  const named = namedThings(relationsOf(topology), found, (line) => isOfNamespace(view, line));
  const routers = unique([...named.routers, ...places.flatMap((place) => routerOf(topology, place) ?? [])]);
  const external = unique([...named.external, ...places.flatMap((place) => externalOf(topology, place) ?? [])]);
  const subnets = named.subnets.length > 0 ? named.subnets : subnetsOf(topology, routers, external);
  const isCentral = places.some((place) => kindOf(place) === 'snat');
  const where = isCentral ? undefined : node;
  const machines = unique(named.ports.length > 0 ? named.ports : machinesIn(topology, subnets, where));
  const served = floatingIpsOf(topology, routers, external, where);
  const floatingIps = unique(
    named.floatingIps.length > 0
      ? named.floatingIps
      : served.flatMap(({ address, fixed }) =>
          named.subnets.length === 0 || subnets.some(({ cidr }) => contains(cidr, fixed)) ? [address] : [],
        ),
  );
  const isNamed = named.ports.length > 0;
  const vms = isNamed ? portsText(machines, node) : machinesText(machines, subnets, where, '');
  const withFloating = new Set(topology.floating_ips.flatMap(({ port }) => port ?? []));
  const plain = machines.filter(({ name }) => !withFloating.has(name));
  return {
    node,
    namespace: places.find((place) => place !== '-') ?? '-',
    machines,
    floatingIps,
    vms,
    vmsWithout: machinesText(plain, subnets, where, ' without a floating IP'),
    fips: floatingIps.length === 0 ? 'floating IPs' : `${plural('floating IP', floatingIps)} ${list(floatingIps)}`,
    router:
      routers.length === 0 ? 'the router' : `${plural('router', routers)} ${list(routers.map(({ name }) => name))}`,
    who: isNamed || subnets.length > 0 ? vms : `what is behind that port on ${node}`,
    other: found.other ?? 'another node',
  };
}

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

interface Named {
  routers: Router[];
  subnets: Subnet[];
  ports: Port[];
  external: Network[];
  floatingIps: string[];
}

/** Aspects whose items have their own reason; others have that of their namespace, which is whoever brought it to the node. */
const OF_PORTS: readonly string[] = ['neighbours', 'flows', 'ports'];

/** The things that the reasons of expected items point to, and those whose addresses the texts of others name. */
function namedThings(
  relations: Relations,
  { lines, about = [] }: Case,
  isSkipped: (line: Difference) => boolean,
): Named {
  const named: Named = { routers: [], subnets: [], ports: [], external: [], floatingIps: [] };
  for (const pointer of about) nameThing(relations, pointer, true, named);
  const words = new Set<string>();
  for (const line of lines) {
    const { because, aspect, live } = line;
    if (aspect === 'namespaces' || isSkipped(line)) continue;
    if (because) nameThing(relations, because.pointer, OF_PORTS.includes(aspect), named);
    else for (const word of (live ?? '').split(/[\s/,=]+/)) words.add(word);
  }
  if (words.size > 0) nameAddresses(relations.topology, words, named);
  return { ...named, subnets: unique(named.subnets) };
}

/** What is for the whole namespace has the reason of whoever brought it: of a `fip` namespace one router of several. */
const isOfNamespace = ({ expected }: Pick<NodeView, 'expected'>, { aspect, namespace, because }: Difference): boolean =>
  (aspect === 'sysctls' || aspect === 'iptables') &&
  kindOf(namespace) === 'fip' &&
  because?.pointer === expected.namespaces[namespace]?.because?.pointer;

function nameThing(relations: Relations, pointer: string, isOfPort: boolean, named: Named): void {
  const [kind, name = '', part, item = ''] = pointerKeys(pointer);
  if (kind === 'floating_ips') named.floatingIps.push(name);
  if (kind === 'routers') named.routers.push(...found(relations.router.get(name)));
  if (kind === 'routers' && part === 'interfaces') named.subnets.push(...found(relations.subnet.get(item)));
  const port = kind === 'ports' && isOfPort ? relations.port.get(name) : undefined;
  if (port && isMachine(port)) named.ports.push(port);
  else if (port) named.external.push(...found(relations.network.get(port.network)).filter(({ external }) => external));
}

function nameAddresses(topology: Topology, words: ReadonlySet<string>, named: Named): void {
  for (const { floating_ip_address: address } of topology.floating_ips)
    if (words.has(address)) named.floatingIps.push(address);
  for (const port of topology.ports)
    if (isMachine(port) && port.fixed_ips.some(({ ip_address: address }) => words.has(address))) named.ports.push(port);
}

const found = <T>(value: T | undefined): T[] => (value === undefined ? [] : [value]);

const isMachine = ({ device_owner: owner }: Port): boolean => !owner.startsWith('network:');

/** The external network of a `fip-` namespace. */
const externalOf = ({ networks }: Topology, namespace: string): Network | undefined =>
  namespace.startsWith(NS_PREFIX.fip)
    ? networks.find(({ id }) => id !== undefined && namespace.slice(NS_PREFIX.fip.length).startsWith(id))
    : undefined;

function subnetsOf(topology: Topology, routers: readonly Router[], external: readonly Network[]): Subnet[] {
  const { subnet } = relationsOf(topology);
  const leaving = topology.routers.filter(({ external_gateway: gateway }) =>
    external.some(({ name }) => name === gateway?.network),
  );
  return (routers.length > 0 ? routers : leaving).flatMap(({ interfaces }) =>
    interfaces.flatMap((entry) => found(subnet.get(entry.subnet))),
  );
}

function machinesIn(topology: Topology, subnets: readonly Subnet[], node: string | undefined): Port[] {
  const { addressesOfSubnet } = relationsOf(topology);
  return subnets.flatMap(({ name }) =>
    (addressesOfSubnet.get(name) ?? []).flatMap(({ port }) =>
      isMachine(port) && port.node !== undefined && (node === undefined || port.node === node) ? [port] : [],
    ),
  );
}

function floatingIpsOf(
  topology: Topology,
  routers: readonly Router[],
  external: readonly Network[],
  node: string | undefined,
): { address: string; fixed: string }[] {
  return [...placementOf(topology).floatingIpsByRouter.values()].flat().flatMap((served) => {
    const { floating, router, fixed_ip_address: fixed } = served;
    const isConcerned =
      routers.length > 0
        ? routers.includes(router)
        : external.some(({ name }) => name === router.external_gateway?.network);
    const isHere = node === undefined ? served.kind === 'centralised' : served.node === node;
    return isConcerned && isHere ? [{ address: floating.floating_ip_address, fixed }] : [];
  });
}

const MOST_NAMES = 4;

/** `a`, `a and b`, `a, b and 7 more`. */
function list(names: readonly string[]): string {
  if (names.length <= 1) return names.join('');
  if (names.length > MOST_NAMES)
    return `${names.slice(0, MOST_NAMES - 1).join(', ')} and ${names.length - MOST_NAMES + 1} more`;
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

const plural = (word: string, { length }: readonly unknown[]): string => (length === 1 ? word : `${word}s`);

const portsText = (ports: readonly Port[], node: string): string =>
  `${plural('VM', ports)} ${list(ports.map(({ name }) => name))}${ports.every((port) => port.node === node) ? ` on ${node}` : ''}`;

function machinesText(
  machines: readonly Port[],
  subnets: readonly Subnet[],
  node: string | undefined,
  without: string,
): string {
  const cidrs = subnets.length > 0 ? ` in ${list(unique(subnets.map(({ cidr }) => cidr)))}` : '';
  const where = node === undefined ? '' : ` on ${node}`;
  const names = machines.length > 0 ? ` (${list(machines.map(({ name }) => name))})` : '';
  return `VMs${cidrs}${where}${without}${names}`;
}
