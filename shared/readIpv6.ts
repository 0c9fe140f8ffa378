/** Of the allocations what concerns IPv6 and address scopes: whether a node speaks IPv6, what its kernel learned, and the marks of scopes. */
import type { Allocations } from './allocations.ts';
import { gapFor } from './gaps.ts';
import type { Context } from './namespaces/devices.ts';
import { defaultScopeId } from './namespaces/scopes.ts';
import { type Namespace, devicesOf } from './namespaces/types.ts';
import {
  ADDRESS_SCOPE_MARK_ID_MAX,
  ADDRESS_SCOPE_MARK_ID_MIN,
  ADDRESS_SCOPE_MARK_MASK,
  NS_PREFIX,
  WRAP,
} from './neutron.ts';
import { elect } from './readHa.ts';
import type { NamespaceState, NodeState, Route } from './state.ts';

/**
 * The agent programs IPv6 unless the host has `net.ipv6.conf.default.disable_ipv6` (`router_info.py: use_ipv6`).
 * Only where nothing in any of its namespaces shows its hand is IPv6 off: otherwise what is not there is missing.
 */
export function readIpv6(live: NodeState, allocations: Allocations): void {
  const kinds = [NS_PREFIX.qrouter, NS_PREFIX.snat, NS_PREFIX.fip];
  const own = Object.entries(live.namespaces).filter(([name]) => kinds.some((prefix) => name.startsWith(prefix)));
  const looked = own.filter(([name, { iptables }]) => iptables && !gapFor(live.gaps, name, 'iptables', 'inet6'));
  if (looked.length > 0 && !own.some(([, state]) => speaksIpv6(state))) allocations.ipv6 = false;
  // A node with nothing but a DHCP agent: that asks the host the same (`dhcp.py: DeviceManager.setup`).
  const dhcp = Object.entries(live.namespaces).filter(([name]) => name.startsWith(NS_PREFIX.qdhcp));
  const hasLooked = dhcp.some(([name, { addresses }]) => addresses && !gapFor(live.gaps, name, 'addresses', 'inet6'));
  if (own.length === 0 && hasLooked && !dhcp.some(([, state]) => hasIpv6(state))) allocations.ipv6 = false;
  allocations.ndpProxies = own.flatMap(([name, state]) => (hasNdpProxy(state) ? [name] : []));
}

/** `agent/l3/extensions/ndp_proxy.py` sets it on the gateway device and routes each address to its router. */
const hasNdpProxy = ({ sysctls = [] }: NamespaceState): boolean =>
  sysctls.some(({ key, value }) => /^net\.ipv6\.conf\.fg-.*\.proxy_ndp$/.test(key) && value === '1');

/** Where IPv6 is off not even `lo` has an address of it. */
const hasIpv6 = ({ addresses = [], iptables = [] }: NamespaceState): boolean =>
  [...addresses, ...iptables].some(({ family }) => family === 'inet6');

const speaksIpv6 = ({ iptables = [], sysctls = [] }: NamespaceState): boolean =>
  iptables.some(({ family, chain }) => family === 'inet6' && chain.startsWith(WRAP)) ||
  sysctls.some(({ key, value }) => key === 'net.ipv6.conf.all.forwarding' && value === '1');

/** The option `ipv6_gateway` of the agent, which no API tells: a default route by a link-local address where nobody waits for advertisements. */
export function readIpv6Gateway(namespaces: readonly Namespace[], live: NodeState, allocations: Allocations): void {
  const votes = namespaces.map((namespace) => {
    const { routes = [], sysctls = [] } = live.namespaces[namespace.name] ?? {};
    const qg = namespace.kind === 'snat' ? namespace.qg?.ifname : undefined;
    const key = `net.ipv6.conf.${qg}.accept_ra`;
    if (qg === undefined || sysctls.some((sysctl) => sysctl.key === key && sysctl.value === '2')) return undefined;
    const isDefault = ({ dst, dev, table }: Route) => dst === 'default' && dev === qg && table === undefined;
    return routes.find((route) => isDefault(route) && route.protocol !== 'ra' && route.gateway?.startsWith('fe80:'))
      ?.gateway;
  });
  const chosen = elect(votes);
  if (chosen !== undefined) allocations.ipv6Gateway = chosen;
}

/** What the kernel made from router advertisements, of which local routes follow. */
export function readLearned(namespace: Namespace, live: NodeState, allocations: Allocations): void {
  const addresses = live.namespaces[namespace.name]?.addresses ?? [];
  for (const { ifname } of devicesOf(namespace)) {
    const learned = addresses.filter(
      (a) => a.ifname === ifname && a.family === 'inet6' && a.flags?.includes('dynamic'),
    );
    if (learned.length > 0)
      allocations.learned[ifname] = learned.map(({ local, prefixlen }) => `${local}/${prefixlen}`);
  }
}

/**
 * Which id each scope of a router has: its agent counts up in the order in which it meets them, which a restart may change.
 * The `qrouter` and the `snat` namespace of a router share them. An id that two scopes would have is taken for the first.
 */
export function readScopeMarks(
  namespaces: readonly Namespace[],
  live: NodeState,
  context: Omit<Context, 'node'>,
): void {
  const { lookup, allocations } = context;
  const votes = new Map<string, Map<string, number[]>>();
  for (const namespace of namespaces) {
    if (namespace.kind !== 'qrouter' && namespace.kind !== 'snat') continue;
    const scopes = votes.get(namespace.router.name) ?? new Map<string, number[]>();
    votes.set(namespace.router.name, scopes);
    for (const [scope, ids] of scopeVotes(namespace, live.namespaces[namespace.name] ?? {}))
      scopes.set(scope, [...(scopes.get(scope) ?? []), ...ids]);
  }
  for (const [name, scopes] of votes) {
    const router = lookup.router.get(name)!;
    const used = new Set<number>();
    const own: Record<string, number> = Object.create(null);
    // Ids are without holes unless a scope left the router: of two that have equally many votes the lower one is likelier.
    const isLikely = (id: number) => id <= ADDRESS_SCOPE_MARK_ID_MIN + scopes.size;
    // Scopes of which no line tells (their family was not collected) take what the others leave.
    const told = [...scopes].toSorted(([, a], [, b]) => Number(b.length > 0) - Number(a.length > 0));
    for (const [scope, ids] of told) {
      const candidates = [...ids, defaultScopeId(lookup, router, scope)].filter((candidate) => !used.has(candidate));
      const ranked = [...candidates.filter(isLikely), ...candidates.filter((candidate) => !isLikely(candidate))];
      let id = elect(ranked) ?? ADDRESS_SCOPE_MARK_ID_MIN + 1;
      while (used.has(id)) id++;
      used.add(id);
      own[scope] = id;
    }
    allocations.scopeMarks[name] = own;
  }
}

/** `-i DEV -j MARK --set-xmark ID/MASK`, `-o DEV -m mark ! --mark ID/MASK -j DROP`, `-d FLOATING/32 [-i DEV] -j MARK …`. */
const MARK_LINE =
  /^(?:-d (\S+)\/32 )?(?:-[io] (\S+) )?.*--(?:set-x)?mark (0x[0-9a-f]{1,8})\/(0x[0-9a-f]{1,8})(?: -j DROP)?$/;

/** Ids on the lines of the scope chains, by the scope of their device, and on those of floating IPs. */
function scopeVotes(
  namespace: Namespace & { kind: 'qrouter' | 'snat' },
  { iptables = [] }: NamespaceState,
): [scope: string, ids: number[]][] {
  const lines = iptables.flatMap(({ family, chain, spec = '' }) => {
    const isOurs = chain === `${WRAP}-scope` || chain === `${WRAP}-floatingip`;
    const match = isOurs ? MARK_LINE.exec(spec) : null;
    const id = match?.[4] === ADDRESS_SCOPE_MARK_MASK ? Number(match[3]) / 2 ** 16 : 0;
    const isScope = Number.isInteger(id) && id > ADDRESS_SCOPE_MARK_ID_MIN && id < ADDRESS_SCOPE_MARK_ID_MAX;
    const of = match?.[1] ?? match?.[2];
    return of !== undefined && isScope ? [{ family, of, id }] : [];
  });
  const crossing =
    namespace.kind === 'qrouter' || namespace.kind === 'snat' ? (namespace.crossScope?.floatingIps ?? []) : [];
  const facts = [
    ...namespace.scopes.map(({ family, ifname, scope }) => ({ family, of: ifname, scope })),
    ...crossing.map(({ floating_ip_address: of, scope }) => ({ family: 'inet', of, scope })),
  ];
  return facts.flatMap(({ family, of, scope }): [string, number[]][] => {
    const ids = lines.flatMap((line) => (line.family === family && line.of === of ? [line.id] : []));
    return scope === undefined ? [] : [[scope, ids]];
  });
}
