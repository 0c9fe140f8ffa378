/** What keepalived and the DHCP agent decided and what a node's history left, for `Allocations`: roles, VRIDs, who wrote a route, leftover chains. */
import type { Allocations, HaChoice } from './allocations.ts';
import { broadcastOf, parsePrefix } from './ip.ts';
import { haPortIds, vridsOf } from './keepalived/read.ts';
import { BOOT, KEEPALIVED, choose } from './namespaces/choice.ts';
import {
  METADATA6_ADDRESSES,
  METADATA_ADDRESSES,
  gatewayKey,
  gatewaySubnets,
  hasMetadata6,
  metadata6Key,
  metadataKey,
  natChoice,
} from './namespaces/dhcp.ts';
import { readExtensions } from './readExtensions.ts';
import { haPortOf, tablesChoice, virtualAddress } from './namespaces/ha.ts';
import {
  type Device,
  type DhcpNamespace,
  type Namespace,
  type SnatNamespace,
  devicesOf,
  isUnknown,
} from './namespaces/types.ts';
import { DEV_PREFIX, DHCP_WRAP, METADATA_V6_CIDR, VR_ID_RANGE, WRAP } from './neutron.ts';
import { segmentOf, segmentsOf } from './ovs/segments.ts';
import { dhcpPortsOf } from './placement.ts';
import { hasChange } from './releases.ts';
import type { IptablesItem, NamespaceState, NodeState, Route } from './state.ts';
import { toldMac } from './toldMac.ts';
import { relationsOf } from './topology/relations.ts';
import type { Network, Port, Topology } from './topology/types.ts';

/** The value with most votes; of equals the first. */
export function elect<T>(votes: (T | undefined)[]): T | undefined {
  const counts = new Map<T, number>();
  for (const vote of votes) if (vote !== undefined) counts.set(vote, (counts.get(vote) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0];
}

/** All of it that concerns one namespace. */
export function readChoices(topology: Topology, namespace: Namespace, live: NodeState, allocations: Allocations): void {
  const state = live.namespaces[namespace.name];
  if (namespace.kind === 'snat' && namespace.ha)
    readHaPort(topology, namespace, namespace.ha.device, live, allocations);
  if (!state) return;
  if (namespace.kind === 'qdhcp') readDhcp(topology, namespace, state, allocations);
  if (namespace.kind !== 'snat') return;
  readExtensions(topology, namespace, state, allocations);
  readTables(namespace, state, allocations);
  if (namespace.ha)
    Object.assign(allocations.ha[namespace.router.name]!, haChoice(namespace, namespace.ha.device, state, live));
}

function haChoice(namespace: SnatNamespace, ha: Device, state: NamespaceState, live: NodeState): HaChoice {
  const role = elect(roleVotes(namespace, ha, state, live));
  const vrid = elect([...vridVotes(ha, state), ...vridsOf(live, idOf(namespace))]);
  const protocols: Record<string, string> = Object.create(null);
  for (const route of (state.routes ?? []).filter((each) => isVirtual(namespace, each)))
    if (!(route.dst in protocols)) protocols[route.dst] = route.protocol ?? BOOT;
  return {
    ...(role === undefined ? {} : { role }),
    ...(isRestarted(namespace, state) ? { isRestarted: true } : {}),
    ...(vrid === undefined ? {} : { vrid }),
    protocols,
    broadcasts: broadcasts(namespace, state),
  };
}

/**
 * With keepalived still running, an agent that starts lets the devices of a distributed router take router advertisements as hosts do,
 * until the role changes (`dvr_edge_ha_router.py: external_gateway_added`, `ha_router.py: _disable_ipv6_addressing_on_interface`). It does
 * so with all of them: one alone was altered by somebody else.
 */
function isRestarted({ legacy, qg, sg }: SnatNamespace, { sysctls = [] }: NamespaceState): boolean {
  const isOpen = ({ ifname }: Device): boolean =>
    sysctls.some(({ key, value }) => key === `net.ipv6.conf.${ifname}.accept_ra` && value === '1');
  return !legacy && qg !== undefined && sg.length > 0 && [qg, ...sg].every(isOpen);
}

/** The name of a guarded namespace ends in the router's id. */
const idOf = ({ name }: Namespace): string => name.slice(name.indexOf('-') + 1);

/** What `keepalived.conf` tells of an HA router, also where its namespace is gone or its port not in the topology. */
function readHaPort(
  topology: Topology,
  namespace: SnatNamespace,
  { ifname, key }: Device,
  live: NodeState,
  allocations: Allocations,
): void {
  const vrid = elect(vridsOf(live, idOf(namespace)));
  const protocols: Record<string, string> = Object.create(null);
  allocations.ha[namespace.router.name] = {
    ...(vrid === undefined ? {} : { vrid }),
    protocols,
    broadcasts: [],
  };
  const port = isUnknown(ifname) ? elect(haPortIds(live, idOf(namespace))) : undefined;
  if (port !== undefined) allocations.ids[key] = port;
  if (haPortOf({ lookup: relationsOf(topology), node: namespace.node, allocations }, namespace.router)) return;
  const device = port === undefined ? ifname : `${DEV_PREFIX.ha}${port}`;
  const mtu = live.namespaces[namespace.name]?.links?.find((link) => link.ifname === device)?.mtu;
  if (mtu !== undefined) allocations.haMtu ??= mtu;
}

/** Both are right: releases and backports differ, and the agent writes with `static` what keepalived wrote with its own. */
const isVirtual = (namespace: SnatNamespace, { family, table, protocol = BOOT }: Route): boolean =>
  family === 'inet' &&
  table === undefined &&
  (KEEPALIVED.includes(protocol) || (protocol === BOOT && !hasChange(namespace, 'static_extra_routes')));

const IS_ACTIVE: Record<string, boolean> = { primary: true, master: true, backup: false };

/**
 * Names of devices without addresses, where the topology leaves them out: by their MACs, which the topology or a neighbour tells. Of
 * one that nobody tells it is any on its network that is not another's and has the right MTU.
 */
export function readSilentNames(
  topology: Topology,
  namespaces: readonly Namespace[],
  live: NodeState,
  allocations: Allocations,
): void {
  const segments = segmentsOf(live.ports ?? []);
  const { network: networks } = relationsOf(topology);
  /** Where the switch tells the network of a device, it must be the right one. */
  const isOn = (ifname: string, { network: name }: Device): boolean => {
    const network = networks.get(name ?? '');
    const [seen, said] = [segments.get(ifname), network && segmentOf(network)];
    return seen === undefined || said === undefined || seen === said;
  };
  for (const namespace of namespaces) {
    const devices = devicesOf(namespace);
    const { links = [] } = live.namespaces[namespace.name] ?? {};
    const taken = new Set(devices.map(({ ifname }) => ifname));
    const open = devices.filter(({ silent, ifname }) => silent && isUnknown(ifname));
    const take = (device: Device, mac: string | undefined): boolean => {
      const prefix = DEV_PREFIX[device.kind];
      const link = links.find(
        ({ ifname, mtu, address }) =>
          ifname.startsWith(prefix) &&
          mtu === device.mtu &&
          !taken.has(ifname) &&
          (mac ?? address) === address &&
          isOn(ifname, device),
      );
      if (!link) return false;
      taken.add(link.ifname);
      allocations.ids[device.key] = link.ifname.slice(prefix.length);
      return true;
    };
    const left = open.filter((device) => {
      const mac = isUnknown(device.mac) ? toldMac(device, namespaces, live) : device.mac;
      return mac === undefined || !take(device, mac);
    });
    for (const device of left) take(device, undefined);
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
 * for it tells as well, so that an altered address is one difference. An agent that sets the gateway device up when its node becomes
 * active adds the address of the gateway, too, where keepalived was not first (`ha_router.py: set_external_gw_port_link_status`).
 */
function broadcasts(namespace: SnatNamespace, { addresses = [], routes = [] }: NamespaceState): string[] {
  const isAdded = hasChange(namespace, 'ha_gateway_down') && !hasChange(namespace, 'ha_gateway_up');
  return (namespace.qg?.addresses ?? []).filter((text) => {
    const [local, length] = text.split('/');
    if (length !== '32') return isAdded && addresses.some((a) => a.local === local && a.broadcast !== undefined);
    return (
      addresses.some((address) => address.local === local && address.broadcast !== undefined) ||
      routes.some(({ type, dst }) => type === 'broadcast' && dst === local)
    );
  });
}

const lastOf = (text: string): string | undefined => {
  const prefix = parsePrefix(text);
  return prefix && (broadcastOf(prefix) ?? prefix.address);
};

function readDhcp(
  topology: Topology,
  namespace: DhcpNamespace,
  { addresses = [], routes = [], iptables }: NamespaceState,
  allocations: Allocations,
): void {
  const { network, node, taps } = namespace;
  if (iptables) readNat(network, iptables, allocations);
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
    if (metadata) readMetadata6(hasMetadata6(namespace, network), port, ifname, { addresses, routes }, allocations);
    for (const { dst, dev, table, gateway, family } of routes)
      if (dst === 'default' && dev === ifname && table === undefined && gateway !== undefined)
        if (gatewaySubnets(network, family).some(({ gateway_ip }) => gateway_ip === gateway))
          allocations.addresses[gatewayKey(port, family)] ??= gateway;
  }
}

/** The address and the kernel's route for it: one of them alone is outvoted by what is usual. */
function readMetadata6(
  isUsual: boolean,
  port: Port,
  ifname: string | undefined,
  { addresses = [], routes = [] }: NamespaceState,
  allocations: Allocations,
): void {
  const [local] = METADATA_V6_CIDR.split('/');
  const found = addresses.find((a) => a.ifname === ifname && a.local === local);
  const votes = [
    isUsual,
    found !== undefined,
    routes.some((r) => r.dev === ifname && r.type === 'local' && r.dst === local),
  ];
  const text = METADATA6_ADDRESSES.find((each) => each === `${local}/${found?.prefixlen}`) ?? METADATA_V6_CIDR;
  if (votes.filter(Boolean).length >= 2) allocations.addresses[metadata6Key(port)] = text;
}

/** Chains of the nat table that an agent before Train made. */
const NAT_CHAINS = ['OUTPUT', 'POSTROUTING', 'PREROUTING', 'float-snat', 'snat'].map((name) => `${DHCP_WRAP}-${name}`);

function readNat(network: Network, iptables: readonly IptablesItem[], allocations: Allocations): void {
  const own = iptables.filter(
    ({ table, chain, spec, family }) =>
      family === 'inet' && table === 'nat' && spec === undefined && NAT_CHAINS.includes(chain),
  );
  choose(allocations, natChoice(network), own.length * 2 > NAT_CHAINS.length ? ['nat'] : []);
}

/** The chains that each table of an agent begins with; half of them are enough to say that somebody made them. */
const FIRST_CHAINS = ['mangle', 'raw', 'filter', 'nat']
  .map((table) => `${table} ${WRAP}-PREROUTING`)
  .concat('filter neutron-filter-top');

function readTables(
  { router, legacy, qg }: SnatNamespace,
  { iptables }: NamespaceState,
  allocations: Allocations,
): void {
  if (legacy || qg || !iptables) return;
  const there = new Set(
    iptables.flatMap(({ table, chain, spec }) => (spec === undefined ? [`${table} ${chain}`] : [])),
  );
  const left = FIRST_CHAINS.filter((text) => there.has(text)).length * 2 > FIRST_CHAINS.length;
  choose(allocations, tablesChoice(router), left ? ['left'] : []);
}
