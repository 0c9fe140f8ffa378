/** What look-ups on a wire compare whole addresses with: where nobody answers for one address, nobody answers for any other that is none of these. */
import type { Flow, NodeState } from '../state.ts';
import { type ReadyPrefix, readyPrefix } from '../trace/prefix.ts';
import { remembered } from '../trace/remembered.ts';
import { type Attachment, type NamespaceView, type View, deviceSysctl, namespacesOn } from '../trace/view.ts';

interface KnownSegment {
  prefixes: ReadyPrefix[];
  /** The same as texts. */
  texts: ReadonlySet<string>;
  isAskerLookedAt: boolean;
}

/** Prefixes by segment. */
export interface Known {
  view: View;
  bySegment: Map<string, KnownSegment>;
}

export const knownOf = (view: View): Known => ({ view, bySegment: new Map() });

/** Every address and route that an answer on the segment depends on. */
export const knownOn = (known: Known, segment: string): readonly ReadyPrefix[] => segmentOf(known, segment).prefixes;

/** Whether an address is itself one of them: then no other address is like it. */
export const isKnownOn = (known: Known, segment: string, address: string): boolean =>
  segmentOf(known, segment).texts.has(address);

/** Whether the answer may depend on who asks: a device answers for others (`proxy_arp`) by rules that look at the asker. */
export const isAskerLookedAt = (known: Known, segment: string): boolean => segmentOf(known, segment).isAskerLookedAt;

function segmentOf(known: Known, name: string): KnownSegment {
  const found = known.bySegment.get(name);
  if (found) return found;
  const { attachments, endpoints, segments } = known.view;
  const devices = attachments.get(name) ?? [];
  const proxies = devices.filter(mayBeProxy);
  const { gateways = [], reserved = [] } = segments.get(name) ?? {};
  const texts = new Set([
    ...devices.flatMap(({ namespace, ifname }) => localsOf(namespace, ifname)),
    ...proxies.flatMap(({ namespace }) =>
      (namespace.state.routes ?? []).map(({ dst }) => (dst === 'default' ? '0.0.0.0/0' : dst)),
    ),
    ...(endpoints.get(name) ?? []).flatMap((each) => [
      ...each.addresses.map(({ local }) => local),
      ...each.extraAddresses,
    ]),
    ...gateways,
    ...reserved,
  ]);
  const made = {
    prefixes: [...texts].map(readyPrefix),
    texts,
    isAskerLookedAt: proxies.some(({ namespace }) => namespace.state.rules?.some(({ src }) => src !== 'all') === true),
  };
  known.bySegment.set(name, made);
  return made;
}

const localsOf = ({ state }: NamespaceView, ifname: string): string[] =>
  (state.addresses ?? []).flatMap((each) => (each.ifname === ifname ? [each.local] : []));

/** As `arp.ts: isProxy` has it: without the sysctl only a device of a fip namespace. */
function mayBeProxy({ namespace, ifname }: Attachment): boolean {
  const setting = deviceSysctl(namespace, ifname, 'proxy_arp');
  return setting === undefined ? ifname.startsWith('fg-') : setting !== 0;
}

/** The same of a device of a namespace: its neighbour entries, and behind a veth pair the addresses of the node's other namespaces. */
export function knownBehind(
  known: Known,
  namespace: NamespaceView,
  ifname: string,
  segment: string | undefined,
): ReadyPrefix[] {
  const entries = (namespace.state.neighbours ?? []).filter(({ dev }) => dev === ifname).map(({ dst }) => dst);
  const near = entries.map(readyPrefix);
  if (segment !== undefined) return [...near, ...knownOn(known, segment)];
  const others = namespacesOn(known.view, namespace.node).flatMap(({ state }) => state.addresses ?? []);
  return [...near, ...others.map(({ local }) => readyPrefix(local))];
}

/** What flows of the cloud look at beyond ports and MACs. */
export interface FlowInterest {
  /** Some node's flows are known. */
  hasFlows: boolean;
  /** Addresses of IP packets. */
  prefixes: ReadyPrefix[];
  /** Addresses of ARP and neighbour discovery. */
  questioned: ReadyPrefix[];
  /** Connections: what was sent before matters. */
  isStateful: boolean;
  /** What tells packets of the same addresses from each other: protocol, ports, flags, type of ICMP, TTL. */
  isTransportSeen: boolean;
}

/** Made once for each cloud. */
export const flowInterest = remembered((states: readonly NodeState[]): FlowInterest => {
  const texts = new Set<string>();
  const questioned = new Set<string>();
  let isStateful = false;
  let hasFlows = false;
  let isTransportSeen = false;
  // Most of millions of flows say what another one says, too.
  const [matches, actions] = [new Set<string>(), new Set<string>()];
  for (const { flows } of states)
    for (const flow of flows ?? []) {
      hasFlows = true;
      if (!actions.has(flow.actions)) {
        actions.add(flow.actions);
        isStateful ||= flow.actions.includes('ct(');
        isTransportSeen ||= TRANSPORT_CHANGED.test(flow.actions);
      }
      if (matches.has(flow.match)) continue;
      matches.add(flow.match);
      isStateful ||= flow.match.includes('ct_');
      isTransportSeen ||= TRANSPORT_MATCHED.test(flow.match);
      for (const text of addressesIn(flow)) texts.add(text);
      for (const [, text] of flow.match.matchAll(/(?:arp_[st]pa|nd_target)=([^,]+)/g)) questioned.add(text!);
    }
  const [prefixes, asked] = [[...texts], [...questioned]].map((all) => all.map(readyPrefix));
  return { hasFlows, isStateful, isTransportSeen, prefixes: prefixes!, questioned: asked! };
});

/** Types of ICMP other than echo and echo reply, as neighbour discovery has them, tell no packet that is walked from another. */
const TRANSPORT_MATCHED =
  /(?:tp_(?:src|dst)|(?:tcp|udp|sctp)|ttl|_proto=|\bicmp\b|icmp6(?!.*icmp(?:v6)?_type)|icmp(?:v6)?_code|icmp(?:v6)?_type=(?:0x|0\b|8\b|12[89]\b))/i;
const TRANSPORT_CHANGED = /(?:tp_(?:src|dst)|(?:tcp|udp|sctp)_|ttl|icmp)/i;

function addressesIn({ match }: Flow): string[] {
  if (!match.includes('nw_src') && !match.includes('nw_dst') && !match.includes('ipv6_')) return [];
  return [...match.matchAll(/(?:nw|ipv6)_(?:src|dst)=([^,]+)/g)].map(([, value]) => value!);
}
