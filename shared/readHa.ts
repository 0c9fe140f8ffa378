/** What keepalived and the DHCP agent decided and what a node's history left, for `Allocations`: roles, VRIDs, who wrote a route, leftover chains. */
import type { Allocations, HaChoice } from './allocations.ts';
import { broadcastOf, parsePrefix } from './ip.ts';
import { METADATA_ADDRESSES, gatewayKey, gatewaySubnets, metadataKey } from './namespaces/dhcp.ts';
import { virtualAddress } from './namespaces/ha.ts';
import {
  FORWARDING_CHAIN,
  FORWARDING_CHAIN_PREFIX,
  FORWARDING_ID_LENGTH,
  forwardingKey,
  forwardingSpec,
} from './namespaces/portForwarding.ts';
import {
  type Device,
  type DhcpNamespace,
  type Namespace,
  type SnatNamespace,
  devicesOf,
  isUnknown,
} from './namespaces/types.ts';
import { DEV_PREFIX, VR_ID_RANGE, WRAP } from './neutron.ts';
import { dhcpPortsOf, placementOf } from './placement.ts';
import type { NamespaceState, NodeState, Route } from './state.ts';
import type { Topology } from './topology/types.ts';

/** The value with most votes; of equals the first. */
export function elect<T>(votes: (T | undefined)[]): T | undefined {
  const counts = new Map<T, number>();
  for (const vote of votes) if (vote !== undefined) counts.set(vote, (counts.get(vote) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0];
}

/** All of it that concerns one namespace. */
export function readChoices(topology: Topology, namespace: Namespace, live: NodeState, allocations: Allocations): void {
  const state = live.namespaces[namespace.name];
  if (!state) return;
  if (namespace.kind === 'qdhcp') readDhcp(topology, namespace, state, allocations);
  if (namespace.kind !== 'snat') return;
  readForwardings(topology, namespace, state, allocations);
  if (namespace.ha) allocations.ha[namespace.router.name] = haChoice(namespace, namespace.ha.device, state, live);
}

function haChoice(namespace: SnatNamespace, ha: Device, state: NamespaceState, live: NodeState): HaChoice {
  const role = elect(roleVotes(namespace, ha, state, live));
  const vrid = elect(vridVotes(ha, state));
  const protocols: Record<string, string> = Object.create(null);
  for (const route of (state.routes ?? []).filter(isVirtual))
    if (!(route.dst in protocols)) protocols[route.dst] = route.protocol!;
  return {
    ...(role === undefined ? {} : { role }),
    ...(vrid === undefined ? {} : { vrid }),
    protocols,
    broadcasts: broadcasts(namespace, state),
  };
}

/** Both are right: releases and backports differ, and the agent writes with `static` what keepalived wrote with its own. */
const isVirtual = ({ family, table, protocol }: Route): boolean =>
  family === 'inet' && table === undefined && (protocol === 'keepalived' || protocol === 'static');

const IS_ACTIVE: Record<string, boolean> = { primary: true, master: true, backup: false };

/**
 * Names of devices without addresses, where the topology leaves them out: any that is not another's and has the right MTU. Which is
 * which makes no difference while none has an address.
 */
export function readSilentNames(namespace: Namespace, { links = [] }: NamespaceState, allocations: Allocations): void {
  const devices = devicesOf(namespace);
  const taken = new Set(devices.map(({ ifname }) => ifname));
  for (const { kind, key, ifname, mtu, silent } of devices) {
    if (!silent || !isUnknown(ifname)) continue;
    const link = links.find(
      (each) => each.ifname.startsWith(DEV_PREFIX[kind]) && each.mtu === mtu && !taken.has(each.ifname),
    );
    if (!link) continue;
    taken.add(link.ifname);
    allocations.ids[key] = link.ifname.slice(DEV_PREFIX[kind].length);
  }
}

/** Each thing that only an active node has votes, and so does the state file; so one that is missing or too many is outvoted. */
function roleVotes(
  { name, sg, qg, router }: SnatNamespace,
  ha: Device,
  state: NamespaceState,
  live: NodeState,
): ('active' | 'standby' | undefined)[] {
  const vote = (isThere: boolean | undefined) => (isThere === undefined ? undefined : isThere ? 'active' : 'standby');
  const line = live.allocations?.find(({ file, key }) => file === 'ha-state' && name.endsWith(key));
  const has = (ifname: string, test: (local: string) => boolean) =>
    state.addresses?.some((address) => address.ifname === ifname && address.family === 'inet' && test(address.local));
  const guarded = [...sg, ...(qg ? [qg] : [])].filter(({ addresses }) => addresses.length > 0);
  return [
    vote(line && IS_ACTIVE[line.value]),
    vote(has(ha.ifname, isVirtualAddress)),
    vote(state.routes?.some(({ dev, prefsrc }) => dev === ha.ifname && isVirtualAddress(prefsrc ?? ''))),
    ...guarded.map(({ ifname }) => vote(has(ifname, () => true))),
    router.external_gateway && vote(state.routes?.some(({ dst, family }) => dst === 'default' && family === 'inet')),
  ];
}

const VIRTUAL_PREFIX = virtualAddress(0).split('.').slice(0, 3).join('.');

function vridOf(address: string): number | undefined {
  const cut = address.lastIndexOf('.');
  const number = Number(address.slice(cut + 1));
  const isInRange = number >= VR_ID_RANGE.first && number <= VR_ID_RANGE.last;
  return address.slice(0, cut) === VIRTUAL_PREFIX && isInRange ? number : undefined;
}

const isVirtualAddress = (address: string): boolean => vridOf(address) !== undefined;

const vridVotes = ({ ifname }: Device, { addresses = [], routes = [] }: NamespaceState): (number | undefined)[] => [
  ...addresses.map((address) => (address.ifname === ifname ? vridOf(address.local) : undefined)),
  ...routes.map(({ dev, prefsrc }) => (dev === ifname && prefsrc !== undefined ? vridOf(prefsrc) : undefined)),
];

/**
 * Floating IPs that the agent itself added before keepalived found them: those alone have a broadcast address. The kernel's route
 * for it tells as well, so that an altered address is one difference.
 */
function broadcasts({ qg }: SnatNamespace, { addresses = [], routes = [] }: NamespaceState): string[] {
  return (qg?.addresses ?? []).filter((text) => {
    const [local, length] = text.split('/');
    if (length !== '32') return false;
    return (
      addresses.some((address) => address.local === local && address.broadcast !== undefined) ||
      routes.some(({ type, dst }) => type === 'broadcast' && dst === local)
    );
  });
}

/** `extensions/port_forwarding.py: _get_fip_rules` of a range (`lib: api/definitions/floating_ip_port_forwarding_port_ranges.py`). */
const RANGE = /^-d (\S+)\/32 -p \S+ -m \S+ --dport \d+:\d+ -j DNAT --to-destination \S+$/;

/** Ids of port forwardings that the topology leaves out, told by their rules; and the chain that stays when the last is gone. */
function readForwardings(
  topology: Topology,
  { router, portForwardings }: SnatNamespace,
  { iptables = [] }: NamespaceState,
  allocations: Allocations,
): void {
  const prefix = `${WRAP}-${FORWARDING_CHAIN_PREFIX}`;
  const served = placementOf(topology).forwardingsByRouter.get(router.name) ?? [];
  for (const { floating } of served)
    for (const [index, forwarding] of floating.port_forwardings.entries()) {
      if (forwarding.id !== undefined) continue;
      const spec = forwardingSpec(floating, forwarding);
      const rule = iptables.find((item) => item.spec === spec && item.chain.startsWith(prefix));
      const id = rule?.chain.slice(prefix.length);
      if (id?.length === FORWARDING_ID_LENGTH) allocations.ids[forwardingKey(floating, index)] = id;
    }
  const ranges = iptables.flatMap(({ chain, spec }) => {
    const floating = spec !== undefined && chain.startsWith(prefix) ? RANGE.exec(spec)?.[1] : undefined;
    if (floating === undefined) return [];
    const isKnown = topology.floating_ips.some(({ name, port }) => name === floating && port === undefined);
    return isKnown ? [{ chain: chain.slice(WRAP.length + 1), spec: spec!, floating }] : [];
  });
  if (ranges.length > 0) allocations.forwardingRanges[router.name] = ranges;
  const chain = `${WRAP}-${FORWARDING_CHAIN}`;
  const isLeft = iptables.some((item) => item.chain === chain) && iptables.some((item) => item.spec === `-j ${chain}`);
  if (portForwardings.length === 0 && isLeft) allocations.leftForwardingChains[router.name] = true;
}

const lastOf = (text: string): string | undefined => {
  const prefix = parsePrefix(text);
  return prefix && (broadcastOf(prefix) ?? prefix.address);
};

function readDhcp(
  topology: Topology,
  { network, node, taps }: DhcpNamespace,
  { addresses = [], routes = [] }: NamespaceState,
  allocations: Allocations,
): void {
  for (const port of dhcpPortsOf(topology, node.name).filter((candidate) => candidate.network === network.name)) {
    const ifname = taps.find(({ key }) => key === port.pointer)?.ifname;
    const metadata = METADATA_ADDRESSES.map((text) => text.split('/')).find(
      ([local, length]) =>
        // Two of three: the address, and the kernel's two routes for it.
        [
          addresses.some((a) => a.ifname === ifname && a.local === local && String(a.prefixlen) === length),
          routes.some((r) => r.dev === ifname && r.type === 'local' && r.dst === local),
          routes.some((r) => r.dev === ifname && r.type === 'broadcast' && r.dst === lastOf(`${local}/${length}`)),
        ].filter(Boolean).length >= 2,
    );
    if (metadata) allocations.addresses[metadataKey(port)] = metadata.join('/');
    for (const { dst, dev, table, gateway, family } of routes)
      if (dst === 'default' && dev === ifname && table === undefined && gateway !== undefined)
        if (gatewaySubnets(network, family).some(({ gateway_ip }) => gateway_ip === gateway))
          allocations.addresses[gatewayKey(port, family)] ??= gateway;
  }
}
