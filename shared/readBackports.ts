/**
 * Which changes of late versions a node has, where its release leaves it open (`releases.ts: BACKPORTED`). The agents of a node are one
 * version, so all of its namespaces vote together, and a single altered item stays a difference.
 */
import type { Allocations } from './allocations.ts';
import { gapFor } from './gaps.ts';
import { printedPrefix } from './ip.ts';
import { releaseOf } from './namespaces/devices.ts';
import { type Namespace, type QrouterNamespace, type SnatNamespace, devicesOf } from './namespaces/types.ts';
import { DEV_PREFIX, DHCP_WRAP, NS_PREFIX, WRAP } from './neutron.ts';
import { placementOf } from './placement.ts';
import { isOnlink } from './readForms.ts';
import { elect } from './readHa.ts';
import { type Change, releaseHas, releaseMayHave } from './releases.ts';
import type { NamespaceState, NodeState, Sysctl } from './state.ts';
import { relationsOf } from './topology/relations.ts';
import type { Topology } from './topology/types.ts';

export function readBackports(
  topology: Topology,
  namespaces: readonly Namespace[],
  live: NodeState,
  allocations: Allocations,
): void {
  const release = releaseOf({ lookup: relationsOf(topology), allocations });
  const backports: Partial<Record<Change, boolean>> = {};
  for (const [change, sign] of SIGNS) {
    const isOptional = OPTIONS.has(change) && releaseHas(release, change);
    if (!isOptional && !releaseMayHave(release, change)) continue;
    const votes = namespaces.flatMap((namespace) => {
      const state = live.namespaces[namespace.name];
      return state ? sign(namespace, state).filter((vote) => vote !== undefined) : [];
    });
    const against = votes.filter((vote) => !vote).length;
    // What an option turns off is off everywhere; one line without it is a line that somebody altered.
    const isOff = isOptional ? against > 1 && against === votes.length : against > votes.length / 2;
    if (votes.length > 0) backports[change] = !isOff;
  }
  if (!releaseHas(release, 'network_mtu')) {
    const { mtu, isOfNetwork } = readMtu(namespaces, live);
    if (mtu !== undefined) allocations.deviceMtu = mtu;
    backports.network_mtu = isOfNetwork;
  }
  allocations.backports = backports;
}

/** Changes that an option of the agent, or an old tool, turns off: `conf/agent/common.py: use_random_fully`. */
const OPTIONS: ReadonlySet<Change> = new Set<Change>(['random_fully']);

/** Routers whose place depends on the version, told by their namespaces; known once their ids are. */
export function readAbsentRouters(
  topology: Topology,
  nodeName: string,
  live: NodeState,
  allocations: Allocations,
): void {
  if (gapFor(live.gaps, '-', 'namespaces')) return;
  for (const { router, isOpen } of placementOf(topology).routersByNode.get(nodeName) ?? []) {
    const id = router.id?.length === FULL_ID ? router.id : allocations.ids[router.pointer];
    if (isOpen && !(id !== undefined && NS_PREFIX.qrouter + id in live.namespaces))
      allocations.absentRouters[router.name] = true;
  }
}

const FULL_ID = 36;

type Vote = boolean | undefined;
type Sign = (namespace: Namespace, state: NamespaceState) => Vote[];

const ofRouter =
  (sign: (namespace: QrouterNamespace, state: NamespaceState) => Vote[]): Sign =>
  (namespace, state) =>
    namespace.kind === 'qrouter' ? sign(namespace, state) : [];

const ofCentral =
  (sign: (namespace: SnatNamespace, state: NamespaceState) => Vote[]): Sign =>
  (namespace, state) =>
    namespace.kind === 'snat' ? sign(namespace, state) : [];

const specsOf = ({ iptables = [] }: NamespaceState, chain: string): string[] =>
  iptables.flatMap((item) =>
    item.family === 'inet' && item.table === 'nat' && item.chain === `${WRAP}-${chain}` ? (item.spec ?? []) : [],
  );

const hasFloatJump = (state: NamespaceState): boolean => specsOf(state, 'snat').includes(`-j ${WRAP}-float-snat`);

const SIGNS: readonly [Change, Sign][] = [
  [
    'fip_by_device',
    ofRouter(({ floatingIps }, state) => [
      // Without floating IPs early versions leave the jump of the frame where it is.
      ...(floatingIps.length === 0 && state.iptables ? [!hasFloatJump(state)] : []),
      ...specsOf(state, 'PREROUTING').flatMap((spec) => (spec.includes(' -j DNAT ') ? spec.includes(' -i rfp-') : [])),
      ...specsOf(state, 'OUTPUT').map(() => false),
      ...addressesOf(state, DEV_PREFIX.rfp).map(({ prefixlen }) => (prefixlen === 32 ? false : undefined)),
    ]),
  ],
  [
    'fip_tables',
    ({ kind }, { rules = [], routes = [] }) =>
      kind === 'fip'
        ? [
            ...rules.map(({ iif }) => (iif?.startsWith(DEV_PREFIX.fpr) ? true : undefined)),
            ...routes.map(({ dst, family, table }) =>
              dst === 'default' && family === 'inet' ? table !== undefined : undefined,
            ),
          ]
        : [],
  ],
  [
    'fip_onlink',
    (namespace, { routes }) =>
      namespace.kind === 'fip' && routes
        ? namespace.onlink.flatMap(({ subnet, dst }) => (subnet === undefined ? [] : isOnlink(routes, dst)))
        : [],
  ],
  [
    'edge_extra_routes',
    ofRouter(({ node, extraRoutes }, { routes }) =>
      node.agent_mode === 'dvr_snat' && routes
        ? extraRoutes.map(({ dst, gateway }) =>
            routes.some((route) => route.dst === printedPrefix(dst) && route.gateway === gateway && !route.table),
          )
        : [],
    ),
  ],
  ['link_neighbours', linkNeighbours],
  [
    'ha_no_forwarding',
    ofRouter(({ ha }, { sysctls = [], routes = [] }) =>
      ha
        ? [
            ...sysctls.map(({ key, value }) => (key === 'net.ipv6.conf.all.forwarding' ? value === '0' : undefined)),
            ...routes.map(({ type }) => (type === 'anycast' ? false : undefined)),
          ]
        : [],
    ),
  ],
  [
    'random_fully',
    (_, state) =>
      ['snat', 'float-snat'].flatMap((chain) =>
        specsOf(state, chain).flatMap((spec) => (spec.includes(' -j SNAT ') ? spec.endsWith(' --random-fully') : [])),
      ),
  ],
  [
    'accept_by_out',
    (_, state) =>
      specsOf(state, 'POSTROUTING').flatMap((spec) => (spec.endsWith(' -j ACCEPT') ? !spec.startsWith('! -i ') : [])),
  ],
  [
    'snat_float_jump',
    ofCentral(({ legacy }, { iptables, ...state }) =>
      iptables && !legacy ? [hasFloatJump({ ...state, iptables })] : [],
    ),
  ],
  ['ha_gateway_down', ofCentral((namespace, state) => gatewayUp(namespace, state).map((isUp) => !isUp))],
  ['ha_gateway_up', ofCentral(gatewayUp)],
  ['dhcp_no_ra', ofDhcp(({ sysctls }) => sysctls && isSet(sysctls, 'net.ipv6.conf.default.accept_ra', '0'))],
  ['dhcp_nonlocal_bind', ofDhcp(({ sysctls }) => sysctls && isSet(sysctls, 'net.ipv4.ip_nonlocal_bind', '1'))],
  [
    'dhcp_checksum_ipv6',
    ofDhcp(({ iptables }) => iptables?.some(({ family, chain }) => family === 'inet6' && chain.startsWith(DHCP_WRAP))),
  ],
];

function ofDhcp(sign: (state: NamespaceState) => Vote): Sign {
  return ({ kind }, state) => (kind === 'qdhcp' ? [sign(state)] : []);
}

const isSet = (sysctls: Sysctl[], key: string, value: string): boolean =>
  sysctls.some((sysctl) => sysctl.key === key && sysctl.value === value);

const addressesOf = ({ addresses = [] }: NamespaceState, prefix: string) =>
  addresses.filter(({ ifname, family }) => ifname.startsWith(prefix) && family === 'inet');

/** Both ends of a link know each other, or neither does. */
function linkNeighbours({ kind }: Namespace, state: NamespaceState): Vote[] {
  const prefix = kind === 'qrouter' ? DEV_PREFIX.rfp : kind === 'fip' ? DEV_PREFIX.fpr : undefined;
  if (prefix === undefined || !state.neighbours) return [];
  const devices = new Set(addressesOf(state, prefix).map(({ ifname }) => ifname));
  const known = new Set(
    state.neighbours.flatMap(({ dev, state: states }) => (states.includes('PERMANENT') ? dev : [])),
  );
  return [...devices].map((device) => known.has(device));
}

/** Of a standby's gateway device: its flag, and the route of the kernel that a device has while it is up. */
function gatewayUp({ ha, qg }: SnatNamespace, { links, routes }: NamespaceState): boolean[] {
  if (ha?.role !== 'standby' || !qg) return [];
  const link = links?.find(({ ifname }) => ifname === qg.ifname);
  const hasRoute = routes?.some(({ dev, type }) => dev === qg.ifname && type === 'multicast');
  return [...(link ? [link.flags.includes('UP')] : []), ...(hasRoute === undefined ? [] : [hasRoute])];
}

/** `agent/linux/interface.py: network_device_mtu`: one MTU for all devices of the agent, unless each has that of its network. */
function readMtu(namespaces: readonly Namespace[], live: NodeState): { mtu?: number; isOfNetwork: boolean } {
  const pairs = namespaces.flatMap((namespace) => {
    const links = live.namespaces[namespace.name]?.links ?? [];
    return devicesOf(namespace).flatMap((device) => {
      const link = links.find(({ ifname }) => ifname === device.ifname);
      return link ? [{ own: link.mtu, network: device.mtu }] : [];
    });
  });
  const mtu = elect(pairs.map(({ own }) => own));
  const ofNetwork = pairs.filter(({ own, network }) => own === network).length;
  const isOfNetwork = ofNetwork >= pairs.filter(({ own }) => own === mtu).length;
  return { ...(mtu === undefined ? {} : { mtu }), isOfNetwork };
}
