/**
 * Whole ids of routers and networks of which the topology has none or only the beginning: the names of a node's namespaces have them.
 * Tenants may have the same prefixes, so each namespace goes to the one that most speaks for, and where two are alike to none.
 */
import type { Allocations } from './allocations.ts';
import { contains } from './ip.ts';
import { DEVICE_OWNER, DEV_PREFIX, FIP_RT_TBL, NS_PREFIX } from './neutron.ts';
import { segmentOf, segmentsOf } from './ovs/segments.ts';
import { dhcpPortsOf, placementOf } from './placement.ts';
import type { Pointer } from './problem.ts';
import type { NamespaceState, NodeState } from './state.ts';
import { relationsOf } from './topology/relations.ts';
import type { Network, Port, Router, RouterInterface, Topology } from './topology/types.ts';

export function readIds(topology: Topology, live: NodeState, allocations: Allocations): void {
  const segments = segmentsOf(live.ports ?? []);
  const names = Object.keys(live.namespaces);
  const idsOf = (prefix: string) =>
    names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  const routers = [...new Set([...idsOf(NS_PREFIX.qrouter), ...idsOf(NS_PREFIX.snat)])];
  const here = routersOn(topology, live.node);
  const traces = new Map(routers.map((id) => [id, traceOf(live, id)]));
  Object.assign(
    allocations.ids,
    matched(topology.routers, routers, (router, id) =>
      routerScore({ topology, segments }, router, traces.get(id)!, here.has(router.name)),
    ),
  );
  for (const kind of ['qdhcp', 'fip'] as const) {
    const able = kind === 'fip' ? topology.networks.filter(({ external }) => external) : topology.networks;
    const portsByNetwork = kind === 'fip' ? agentGatewaysOn(topology, live.node) : dhcpPortsOf(topology, live.node);
    const found = matched(able, idsOf(NS_PREFIX[kind]), (network, id) =>
      networkScore(
        network,
        portsByNetwork.filter((port) => port.network === network.name),
        devicesOf(live.namespaces[NS_PREFIX[kind] + id], DEV_PREFIX[kind === 'fip' ? 'fg' : 'tap']),
        segments,
      ),
    );
    Object.assign(allocations.ids, found);
  }
}

const FULL_ID = 36;

interface Identified {
  id?: string;
  pointer: Pointer;
}

/** Ids by pointer. @param score how much speaks for an id; undefined: it cannot be */
function matched<T extends Identified>(
  things: readonly T[],
  ids: readonly string[],
  score: (thing: T, id: string) => number | undefined,
): Record<Pointer, string> {
  const found: Record<Pointer, string> = {};
  const whole = new Set(things.map(({ id }) => id));
  const free = ids.filter((id) => !whole.has(id));
  const pairs: Pair[] = [];
  for (const thing of things) {
    if (thing.id?.length === FULL_ID) continue;
    if (thing.id === undefined)
      for (const id of free) {
        const points = score(thing, id);
        if (points !== undefined) pairs.push({ pointer: thing.pointer, id, points });
      }
    else {
      const [only, ...others] = ids.filter((id) => id.startsWith(thing.id!));
      if (only !== undefined && others.length === 0) found[thing.pointer] = only;
    }
  }
  return { ...found, ...settled(pairs, Object.values(found)) };
}

interface Pair {
  pointer: Pointer;
  id: string;
  points: number;
}

/** The pair for which most speaks first. Of those for which as much speaks nobody can say which is right: all of them are left out. */
function settled(pairs: readonly Pair[], taken: readonly string[]): Record<Pointer, string> {
  const found: Record<Pointer, string> = {};
  const done = new Set<string>(taken);
  const byPoints = new Map<number, Pair[]>();
  for (const pair of pairs) byPoints.set(pair.points, [...(byPoints.get(pair.points) ?? []), pair]);
  for (const [, level] of [...byPoints].toSorted(([a], [b]) => b - a)) {
    const open = level.filter(({ pointer, id }) => !done.has(pointer) && !done.has(id));
    const times = new Map<string, number>();
    for (const { pointer, id } of open) for (const key of [pointer, id]) times.set(key, (times.get(key) ?? 0) + 1);
    for (const { pointer, id } of open) {
      if (times.get(pointer) === 1 && times.get(id) === 1) found[pointer] = id;
      done.add(pointer).add(id);
    }
  }
  return found;
}

/** What one router's namespaces on a node, and its `keepalived.conf`, tell of it. */
interface RouterTrace {
  inside: Device[];
  gateway: Device[];
  /** Addresses that have a floating IP. */
  floating: string[];
}

interface Device {
  ifname: string;
  locals: string[];
  mac?: string;
}

function traceOf(live: NodeState, id: string): RouterTrace {
  const spaces = [live.namespaces[NS_PREFIX.qrouter + id], live.namespaces[NS_PREFIX.snat + id]];
  const virtual = (live.keepalived ?? []).flatMap(({ router, line }) => {
    const [, local, ifname] = (router === id && /^(\S+)\/\d+ dev (\S+)/.exec(line)) || [];
    return local === undefined || ifname === undefined ? [] : [{ local, ifname }];
  });
  const all = (prefix: string) => spaces.flatMap((state) => devicesOf(state, prefix, virtual));
  return {
    inside: [...all(DEV_PREFIX.qr), ...all(DEV_PREFIX.sg)],
    gateway: all(DEV_PREFIX.qg),
    floating: (spaces[0]?.rules ?? []).flatMap(({ src, table }) => (table === String(FIP_RT_TBL) ? [src] : [])),
  };
}

const isLinkLocal = (text: string): boolean => contains('fe80::/10', text);

function devicesOf(
  state: NamespaceState | undefined,
  prefix: string,
  virtual: readonly { local: string; ifname: string }[] = [],
): Device[] {
  const addresses = state?.addresses ?? [];
  const links = state?.links ?? [];
  const names = [...addresses, ...links].flatMap(({ ifname }) => (ifname.startsWith(prefix) ? [ifname] : []));
  return [...new Set(names)].map((ifname) => {
    const mac = links.find((link) => link.ifname === ifname)?.address;
    const own = [...addresses, ...virtual].filter((each) => each.ifname === ifname && !isLinkLocal(each.local));
    return { ifname, locals: own.map(({ local }) => local), ...(mac === undefined ? {} : { mac }) };
  });
}

interface Known {
  topology: Topology;
  segments: ReadonlyMap<string, string>;
}

/** Points for one that agrees, against one that does not; nothing where either is not known. */
const agree = <T>(said: T | undefined, seen: readonly (T | undefined)[], weight: number): number => {
  const known = seen.filter((each) => each !== undefined);
  return said === undefined || known.length === 0 ? 0 : known.includes(said) ? weight : -weight;
};

function routerScore(known: Known, router: Router, live: RouterTrace, isHere: boolean): number | undefined {
  const { subnet: subnets } = relationsOf(known.topology);
  const gateways = (router.external_gateway?.external_fixed_ips ?? []).flatMap(({ ip_address }) => ip_address ?? []);
  const seenGateways = live.gateway.flatMap(({ locals }) => locals);
  const hits = gateways.filter((address) => seenGateways.includes(address)).length;
  const cidrs = router.interfaces.flatMap(({ subnet }) => subnets.get(subnet)?.cidr ?? []);
  // One without interfaces is there for its gateway.
  if (cidrs.length === 0 && hits === 0) return undefined;
  const inside = router.interfaces.map((entry) => interfaceScore(known, entry, live.inside));
  if (inside.some((points) => points === undefined)) return undefined;
  const strange = live.inside.flatMap(({ locals }) => locals.filter((local) => !cidrs.some((c) => contains(c, local))));
  const floating = placementOf(known.topology).floatingIpsByRouter.get(router.name) ?? [];
  const served = floating.filter(({ fixed_ip_address }) => live.floating.includes(fixed_ip_address)).length;
  return (
    inside.reduce<number>((sum, points) => sum + (points ?? 0), 0) -
    strange.length +
    (gateways.length === 0 || seenGateways.length === 0 ? 0 : hits > 0 ? 2 * hits : -2) +
    2 * served -
    live.floating.length +
    (isHere ? 1 : 0)
  );
}

/** undefined: the node has no address of that subnet. */
function interfaceScore({ topology, segments }: Known, entry: RouterInterface, inside: readonly Device[]) {
  const { subnet: subnets, network: networks } = relationsOf(topology);
  const subnet = subnets.get(entry.subnet);
  if (!subnet) return 0;
  const there = inside.filter(({ locals }) => locals.some((local) => contains(subnet.cidr, local)));
  if (there.length === 0) return undefined;
  const of = (prefix: string) => there.filter(({ ifname }) => ifname.startsWith(prefix));
  const localsOf = (devices: readonly Device[]) => devices.flatMap(({ locals }) => locals);
  const network = networks.get(subnet.network);
  return (
    1 +
    agree(entry.ip_address ?? subnet.gateway_ip ?? undefined, localsOf(of(DEV_PREFIX.qr)), 1) +
    agree(entry.snat?.ip_address, localsOf(of(DEV_PREFIX.sg)), 1) +
    agree(
      entry.mac_address,
      of(DEV_PREFIX.qr).map(({ mac }) => mac),
      2,
    ) +
    agree(
      entry.snat?.mac_address,
      of(DEV_PREFIX.sg).map(({ mac }) => mac),
      2,
    ) +
    agree(
      network && segmentOf(network),
      there.map(({ ifname }) => segments.get(ifname)),
      4,
    )
  );
}

/** Of a network the address may be in any of its subnets. */
function networkScore(
  network: Network,
  ports: readonly Port[],
  devices: readonly Device[],
  segments: ReadonlyMap<string, string>,
): number | undefined {
  const isIn = (local: string) => network.subnets.some(({ cidr }) => contains(cidr, local));
  const there = devices.filter(({ locals }) => locals.some(isIn));
  if (there.length === 0) return undefined;
  const locals = there.flatMap((device) => device.locals);
  const macs = there.map(({ mac }) => mac);
  const strange = locals.filter((local) => !isIn(local) && !local.startsWith(METADATA)).length;
  const ofPorts = ports.map(
    ({ mac_address, fixed_ips }) =>
      agree(mac_address, macs, 2) +
      fixed_ips.reduce((sum, { ip_address }) => sum + (locals.includes(ip_address) ? 1 : 0), 0),
  );
  const names = there.map(({ ifname }) => segments.get(ifname));
  return 1 + ofPorts.reduce((sum, points) => sum + points, 0) - strange + agree(segmentOf(network), names, 4);
}

/** `constants.METADATA_V4_CIDR` is on DHCP ports of every network. */
const METADATA = '169.254.';

function routersOn(topology: Topology, node: string): Set<string> {
  const { routersByNode, centralRoutersByNode } = placementOf(topology);
  const hosted = [...(routersByNode.get(node) ?? []), ...(centralRoutersByNode.get(node) ?? [])];
  return new Set(hosted.map(({ router }) => router.name));
}

const agentGatewaysOn = ({ ports }: Topology, node: string): Port[] =>
  ports.filter((port) => port.device_owner === DEVICE_OWNER.agentGateway && port.node === node);
