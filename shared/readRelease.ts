/**
 * The release that a node's agents look like, for topologies that do not say it: the oldest one that agrees with most of what tells
 * releases apart in its namespaces and flows. Good for what depends on these changes and nothing else.
 */
import { contains } from './ip.ts';
import {
  DEV_PREFIX,
  DVR_FIP_LL_CIDR,
  FIP_RT_TBL,
  METADATA_MARK,
  NS_PREFIX,
  ROUTER_MARK_MASK,
  WRAP,
} from './neutron.ts';
import { flowSigns } from './ovs/signs.ts';
import { type Change, RELEASES, type Release, releaseHas, releaseMayHave } from './releases.ts';
import type { NamespaceState, Neighbour, NodeState, Route } from './state.ts';

/** @returns undefined when nothing on the node tells */
export function readRelease({ namespaces, flows }: NodeState): Release | undefined {
  const inside = SIGNS.flatMap(([change, prefix, sign]): [Change, boolean][] => {
    const votes = Object.entries(namespaces).flatMap(([name, state]) => (name.startsWith(prefix) ? sign(state) : []));
    const known = votes.filter((vote) => vote !== undefined);
    if (known.length === 0) return [];
    return [[change, known.filter(Boolean).length * 2 >= known.length]];
  });
  const outside = flowSigns(flows ?? []);
  if (inside.length + outside.length === 0) return undefined;
  // What is there was made by agents that can; what is not there may only be missing.
  const agreeing = (seen: readonly [Change, boolean][], release: Release): number =>
    seen
      .filter(([change, has]) => releaseMayHave(release, change) || releaseHas(release, change) === has)
      .reduce((sum, [, has]) => sum + (has ? 2 : 1), 0);
  // Flows decide between releases that the namespaces do not tell apart.
  return RELEASES.toSorted(
    (a, b) => agreeing(inside, b) - agreeing(inside, a) || agreeing(outside, b) - agreeing(outside, a),
  )[0];
}

type Vote = boolean | undefined;

const sysctl =
  (key: string) =>
  ({ sysctls }: NamespaceState): Vote[] =>
    (sysctls ?? []).map((each) => (each.key === key ? each.value === '1' : undefined));

/** Whether a namespace has a line of Neutron's in iptables, when it has any of that family. */
const line =
  (family: 'inet' | 'inet6', table: string, chain: string, spec?: string) =>
  ({ iptables = [] }: NamespaceState): Vote[] => {
    const own = iptables.filter((item) => item.family === family && item.chain.startsWith(WRAP));
    if (own.length === 0) return [];
    return [own.some((item) => item.table === table && item.chain === `${WRAP}-${chain}` && item.spec === spec)];
  };

const SIGNS: readonly [Change, prefix: string, sign: (state: NamespaceState) => Vote[]][] = [
  ['tcp_be_liberal', '', sysctl('net.netfilter.nf_conntrack_tcp_be_liberal')],
  ['snat_nonlocal_bind', NS_PREFIX.snat, sysctl('net.ipv4.ip_nonlocal_bind')],
  ['rfp_ipv6_default', NS_PREFIX.qrouter, linkDefault6],
  ['arp_sysctls', NS_PREFIX.qrouter, sysctl('net.ipv4.conf.all.arp_ignore')],
  ['random_fully', NS_PREFIX.snat, fullyRandom],
  ['random_fully', NS_PREFIX.qrouter, fullyRandom],
  ['link_neighbours', NS_PREFIX.fip, ({ neighbours = [] }) => neighbours.map(linkNeighbour)],
  ['metadata_ipv6', NS_PREFIX.qrouter, line('inet6', 'nat', 'PREROUTING')],
  ['static_routes', NS_PREFIX.qrouter, ({ routes }) => (routes ?? []).map(linkDefault)],
  [
    'fip_tables',
    NS_PREFIX.fip,
    ({ rules = [] }) => rules.map(({ iif }) => (iif?.startsWith('fpr-') ? true : undefined)),
  ],
  ['link_local_18', NS_PREFIX.qrouter, linkLocals],
  ['address_scopes', NS_PREFIX.qrouter, line('inet', 'filter', 'scope')],
  [
    'short_marks',
    NS_PREFIX.qrouter,
    line('inet', 'filter', 'INPUT', `-m mark --mark ${METADATA_MARK}/${ROUTER_MARK_MASK} -j ACCEPT`),
  ],
  ['mark_chain', NS_PREFIX.qrouter, line('inet', 'mangle', 'mark')],
];

/** The default route of table 16, with a protocol or without. */
function linkDefault({ table, dst, protocol }: Route): Vote {
  return table === String(FIP_RT_TBL) && dst === 'default' ? protocol === 'static' : undefined;
}

function linkNeighbour({ dev, state }: Neighbour): Vote {
  return dev.startsWith(DEV_PREFIX.fpr) && state.includes('PERMANENT') ? true : undefined;
}

function fullyRandom({ iptables = [] }: NamespaceState): Vote[] {
  return iptables.map(({ spec, chain }) =>
    spec?.includes(' -j SNAT ') && chain.startsWith(WRAP) ? spec.endsWith(' --random-fully') : undefined,
  );
}

function linkDefault6({ routes = [] }: NamespaceState): Vote[] {
  const ofLink = routes.filter(({ dev, family }) => family === 'inet6' && dev?.startsWith(DEV_PREFIX.rfp));
  return ofLink.length === 0 ? [] : [ofLink.some(({ dst, table }) => dst === 'default' && table === undefined)];
}

function linkLocals({ addresses = [] }: NamespaceState): Vote[] {
  return addresses.map(({ ifname, prefixlen, local }) =>
    ifname.startsWith(DEV_PREFIX.rfp) && prefixlen === 31 ? contains(DVR_FIP_LL_CIDR, local) : undefined,
  );
}
