/**
 * From what the file says to the topology that the program reads: entries become lists, defaults are filled in,
 * short forms become the long ones. What Neutron would choose by a rule is chosen here, once.
 */
import type { Pointer } from '../problem.ts';
import { familyOf, nthAddress, parsePrefix } from '../ip.ts';
import { RELEASES, releaseHas } from '../releases.ts';
import { isEqual } from './changes.ts';
import type { Entry, Values } from './fields.ts';
import { routerOfFloatingIp } from './floatingIp.ts';
import { keptList } from './kept.ts';
import { lookUp, type Lookup } from './lookup.ts';
import type {
  FixedIp,
  FloatingIp,
  Network,
  Node,
  Port,
  Router,
  RouterGateway,
  RouterInterface,
  Subnet,
  Topology,
} from './types.ts';

/**
 * The topology of what `decode` read; `release` is checked by the caller, because its problem has a place in the text.
 * @param previous that of an earlier version: what is made of the same entries is the same object as in it
 */
export function buildTopology(
  values: Values<'topology'> | undefined,
  release: string | undefined,
  unread: Pointer[],
  previous?: Topology,
): Topology {
  const nodes = nodesOf(values?.nodes ?? [], [], { make: node, on: () => [] });
  const defaults = [releaseHas(release, 'ipv6_network_gateway')] as const;
  const networks = networksOf(values?.networks ?? [], defaults, {
    make: (each) => network(each, ...defaults),
    on: () => defaults,
  });
  const topology: Topology = {
    ...(release !== undefined && { release }),
    nodes: unchanged(nodes, previous?.nodes),
    networks: unchanged(networks, previous?.networks),
    routers: [],
    ports: [],
    floating_ips: [],
    ...promisesOf(values?.promises ?? [], previous),
    ...(unread.length > 0 && { unread: isEqual(unread, previous?.unread) ? previous!.unread! : unread }),
  };
  // Lists that are replaced below and looked at here no more.
  const subnets = lookUp(topology);
  const on = [topology.networks];
  const routers = routersOf(values?.routers ?? [], on, { make: (each) => router(each, subnets), on: () => on });
  const ports = portsOf(values?.ports ?? [], on, { make: (each) => port(each, subnets), on: () => on });
  topology.routers = unchanged(routers, previous?.routers);
  topology.ports = unchanged(ports, previous?.ports);
  const find = lookUp(topology);
  const external = topology.networks.filter((each) => each.external);
  const others = [topology.networks, topology.routers];
  const floatingIps = floatingIpsOf(values?.floating_ips ?? [], [...others, topology.ports], {
    make: (each) => floatingIp(each, external, find),
    on: ({ value }) => [...others, find.port.get(value.port ?? '')],
  });
  topology.floating_ips = unchanged(floatingIps, previous?.floating_ips);
  return topology;
}

function promisesOf(texts: readonly string[], previous: Topology | undefined): Pick<Topology, 'promises'> {
  if (texts.length === 0) return {};
  const promises = texts.map((text, i) => ({ pointer: `/promises/${i}`, text }));
  return { promises: isEqual(promises, previous?.promises) ? previous!.promises! : promises };
}

const nodesOf = keptList<Entry<Values<'node'>>, Node>();
const networksOf = keptList<Entry<Values<'network'>>, Network>();
const routersOf = keptList<Entry<Values<'router'>>, Router>();
const portsOf = keptList<Entry<Values<'port'>>, Port>();
const floatingIpsOf = keptList<Entry<Values<'floating_ip'>>, FloatingIp>();

/** The same list as before when the same things are in it. */
const unchanged = <T>(list: T[], before: T[] | undefined): T[] =>
  before?.length === list.length && list.every((thing, i) => thing === before[i]) ? before : list;

/** Codenames that OpenStack goes on giving, although its numbers are what releases are called by. */
export const CODENAMES: ReadonlyMap<string, string> = new Map([
  ['antelope', '2023.1'],
  ['bobcat', '2023.2'],
  ['caracal', '2024.1'],
  ['dalmatian', '2024.2'],
  ['epoxy', '2025.1'],
  ['flamingo', '2025.2'],
  ['gazpacho', '2026.1'],
]);

/** The name by which `releases.ts` knows a release; `undefined` when it does not. */
export function knownRelease(text: string): string | undefined {
  const name = text.toLowerCase();
  return CODENAMES.get(name) ?? RELEASES.find((release) => release === name);
}

function node({ name, pointer, value }: Entry<Values<'node'>>): Node {
  const { bridge_mappings, ...rest } = given(value);
  // No prototype: names of physical networks come from files.
  const bridges: Record<string, string> = Object.create(null);
  for (const mapping of bridge_mappings ?? []) bridges[mapping.name] = mapping.value;
  return { ...rest, name, pointer, bridge_mappings: bridges };
}

function network({ name, pointer, value }: Entry<Values<'network'>>, isNetworkGateway: boolean): Network {
  const { 'router:external': external = false, subnets = [], ...rest } = given(value);
  return { ...rest, name, pointer, external, subnets: subnets.map((each) => subnet(each, name, isNetworkGateway)) };
}

/** @param isNetworkGateway whether the gateway of an IPv6 subnet is by default the network's own address */
function subnet(
  { name, pointer, value }: Entry<Values<'subnet'>>,
  networkName: string,
  isNetworkGateway: boolean,
): Subnet {
  const prefix = parsePrefix(value.cidr)!;
  const first = prefix.family === 'inet6' && isNetworkGateway ? 0 : 1;
  const { gateway_ip = nthAddress(prefix, first) ?? null, ...rest } = given(value);
  return {
    ...rest,
    name,
    pointer,
    network: networkName,
    gateway_ip,
    allocation_pools: value.allocation_pools?.map(({ start, end }) => ({ start, end })) ?? [],
    enable_dhcp: value.enable_dhcp ?? true,
    host_routes: routes(value.host_routes),
  };
}

function router({ name, pointer, value }: Entry<Values<'router'>>, find: Lookup): Router {
  const { external_gateway, l3_agents, conntrack_helpers, ndp_proxies, ...rest } = given(value);
  return {
    ...rest,
    name,
    pointer,
    distributed: value.distributed ?? true,
    ha: value.ha ?? false,
    admin_state_up: value.admin_state_up ?? true,
    ...(external_gateway && { external_gateway: gateway(external_gateway, find) }),
    interfaces: value.interfaces?.map((each) => routerInterface(each, find)) ?? [],
    routes: routes(value.routes),
    ...(l3_agents && { l3_agents: l3_agents.map(given) }),
    ...(conntrack_helpers && { conntrack_helpers: conntrack_helpers.map(given) }),
    ...(ndp_proxies && { ndp_proxies: ndp_proxies.map(given) }),
  };
}

function gateway(value: Values<'external_gateway'>, find: Lookup): RouterGateway {
  const { ip_address, external_fixed_ips, ...rest } = value;
  const addresses = external_fixed_ips ?? (ip_address === undefined ? [] : [{ ip_address }]);
  return {
    ...rest,
    external_fixed_ips: fixedIps(addresses, value.network, find),
    enable_snat: value.enable_snat ?? true,
  };
}

function routerInterface({ name, pointer, value }: Entry<Values<'interface'>>, find: Lookup): RouterInterface {
  // `db/l3_db.py: _add_interface_by_subnet` takes the subnet's gateway_ip.
  const ip_address = value.ip_address ?? find.subnet.get(name)?.gateway_ip ?? undefined;
  const snat = value.snat && { snat: { ...value.snat } };
  return { ...value, pointer, subnet: name, ...(ip_address !== undefined && { ip_address }), ...snat };
}

function port({ name, pointer, value }: Entry<Values<'port'>>, find: Lookup): Port {
  return {
    ...value,
    name,
    pointer,
    fixed_ips: fixedIps(value.fixed_ips ?? [], value.network, find),
    device_owner: value.device_owner ?? 'compute:nova',
    allowed_address_pairs: value.allowed_address_pairs?.map(given) ?? [],
  };
}

/** An association that leaves things open is completed as `db/l3_db.py: _internal_fip_assoc_data` and `get_router_for_floatingip` do. */
function floatingIp(
  { name, pointer, value }: Entry<Values<'floating_ip'>>,
  external: Network[],
  find: Lookup,
): FloatingIp {
  const result: FloatingIp = {
    ...given(value),
    name,
    pointer,
    floating_ip_address: name,
    port_forwardings: value.port_forwardings?.map(given) ?? [],
  };
  const holding = external.find((each) => find.holding(each.name, name));
  if (holding) result.network ??= holding.name;
  const fixed = find.port.get(result.port ?? '')?.fixed_ips.filter((each) => familyOf(each.ip_address) === 'inet');
  if (fixed?.length === 1) result.fixed_ip_address ??= fixed[0]!.ip_address;
  const serving = result.router === undefined && routerOfFloatingIp(find, result);
  return serving ? { ...result, router: serving.name } : result;
}

/** Addresses with the subnet that holds them, where it was not said. */
const fixedIps = (addresses: { subnet?: string; ip_address: string }[], on: string, find: Lookup): FixedIp[] =>
  addresses.map(({ subnet: named, ip_address }) => {
    const found = named ?? find.holding(on, ip_address)?.name;
    return found === undefined ? { ip_address } : { subnet: found, ip_address };
  });

const routes = (list: Values<'route'>[] = []): { destination: string; nexthop: string }[] =>
  list.map(({ destination, nexthop }) => ({ destination, nexthop }));

/** The keys of a thing without its pointer. */
function given<T extends { pointer: Pointer }>(value: T): Omit<T, 'pointer'> {
  const { pointer: _, ...rest } = value;
  return rest;
}
