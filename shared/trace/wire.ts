/** From an output device to who gets the packet: by the neighbour entry's MAC, else by ARP. */
import type { Neighbour } from '../state.ts';
import { type Asker, type Taker, endpointTaker, hears, taker, takerText, whoAnswers } from './arp.ts';
import type { End } from './pass.ts';
import { hasFlows, openBetween, openEnd, unreadBetween } from './frame/onTrust.ts';
import { type Addressed, ask, deliver } from './frame/passage.ts';
import { devicesWithMac, endpointsWithMac, isReserved } from './segment.ts';
import { neighbourText } from './text.ts';
import { type TraceNode, itemNode, traceNode } from './tree.ts';
import { endBeside, isOwner, missingText, reasonsText, unreadFor } from './unread.ts';
import {
  type NamespaceView,
  type Unseen,
  type View,
  aspectOf,
  isDown,
  knownText,
  namespacesOn,
  neighbourOf,
} from './view.ts';

/** Where a packet goes next, and the steps that say so. */
export interface Hop {
  to: Reached | ({ type: 'end' } & End);
  nodes: TraceNode[];
}

/** `doubt`: why somebody on a node that nobody read may rather be whom it is for; without that nobody may. */
export type Reached = Taker & { doubt?: string };

/** From a device of a namespace to its next hop. */
export function hopFrom(
  view: View,
  namespace: NamespaceView,
  ifname: string,
  nexthop: string,
  asker: Omit<Asker, 'segment'>,
): Hop {
  if (isDown(namespace, ifname)) return endHop({ disposition: 'dropped', reason: `${ifname} is down` });
  const neighbours = aspectOf(namespace, 'neighbours', asker.family);
  if ('missing' in neighbours) return endHop({ disposition: 'insufficient-info', reason: neighbours.missing });
  const entry = neighbourOf(namespace, asker.family, ifname, nexthop);
  const peer = vethPeer(ifname);
  if (peer !== undefined) return vethHop(view, namespace, peer, nexthop, entry);
  const device = Object.hasOwn(view.cloud.wiring.devices, ifname) ? view.cloud.wiring.devices[ifname] : undefined;
  if (!device)
    return endHop({ disposition: 'insufficient-info', reason: `what ${ifname} is connected to is not known` });
  return neighbourHop(view, { ...asker, segment: device.segment }, nexthop, entry);
}

/** From a VM or from outside, whose neighbour tables nobody knows: they ask. */
export const askHop = (view: View, asker: Asker, target: string): Hop => arpHop(view, asker, target, []);

const endHop = (end: End, nodes: TraceNode[] = []): Hop => ({ to: { type: 'end', ...end }, nodes });

/** `dvr_fip_ns.py: ROUTER_2_FIP_DEV_PREFIX, FIP_2_ROUTER_DEV_PREFIX`: the two ends of a veth pair, the rest of the name is the same. */
function vethPeer(ifname: string): string | undefined {
  if (ifname.startsWith('rfp-')) return `fpr-${ifname.slice(4)}`;
  if (ifname.startsWith('fpr-')) return `rfp-${ifname.slice(4)}`;
  return undefined;
}

function vethHop(view: View, from: NamespaceView, peer: string, nexthop: string, entry: Neighbour | undefined): Hop {
  const nodes = entry?.state.includes('PERMANENT') ? [itemNode('neighbour', neighbourText(entry), entry)] : [];
  const namespace = namespacesOn(view, from.node).find((n) => n !== from && hasDevice(n, peer));
  if (!namespace) {
    const missing = view.unseen.find(({ node }) => node === from.node);
    if (missing) return endHop({ disposition: 'insufficient-info', reason: missing.reason }, nodes);
    return endHop({ disposition: 'neighbour-unreachable', reason: `there is no ${peer} on ${from.node}` }, nodes);
  }
  if (isDown(namespace, peer))
    return endHop({ disposition: 'neighbour-unreachable', reason: `${peer} is down` }, nodes);
  const mac = knownText(namespace.state.links?.find((link) => link.ifname === peer)?.address);
  const lladdr = entry?.state.includes('PERMANENT') ? knownText(entry.lladdr) : undefined;
  if (lladdr !== undefined) {
    if (mac === undefined || mac === lladdr) return takerHop({ type: 'namespace', namespace, ifname: peer }, nodes);
    return endHop({ disposition: 'neighbour-unreachable', reason: `${peer} has the MAC ${mac}, not ${lladdr}` }, nodes);
  }
  const addresses = aspectOf(namespace, 'addresses', nexthop.includes(':') ? 'inet6' : 'inet');
  if ('missing' in addresses) return endHop({ disposition: 'insufficient-info', reason: addresses.missing }, nodes);
  if (addresses.value.some((address) => address.ifname === peer && address.local === nexthop)) {
    return takerHop({ type: 'namespace', namespace, ifname: peer }, nodes);
  }
  return endHop({ disposition: 'neighbour-unreachable', reason: `${peer} has not the address ${nexthop}` }, nodes);
}

const hasDevice = ({ state }: NamespaceView, ifname: string): boolean =>
  [...(state.links ?? []), ...(state.addresses ?? [])].some((item) => item.ifname === ifname);

/** Entries in these states are asked for again before they are used (`net/core/neighbour.c: NUD_VALID`). */
const INVALID_STATES = ['FAILED', 'INCOMPLETE', 'NONE'];

function neighbourHop(view: View, asker: Asker, target: string, entry: Neighbour | undefined): Hop {
  const mac = knownText(entry?.lladdr);
  const isFixed = entry?.state.some((state) => state === 'PERMANENT' || state === 'NOARP') === true;
  const nodes = entry ? [itemNode(isFixed ? 'neighbour' : 'detail', neighbourText(entry), entry)] : [];
  if (!entry || entry.state.some((state) => INVALID_STATES.includes(state))) return arpHop(view, asker, target, nodes);
  if (mac === undefined) {
    // The topology leaves the MAC open: it is that of who has the address, and nobody is asked.
    const { takers } = isFixed && entry.lladdr !== undefined ? whoAnswers(view, asker, target) : { takers: [] };
    const to = { takers, mac: entry.lladdr!, target };
    return takers.length > 0 ? handOver(view, asker, to, nodes) : arpHop(view, asker, target, nodes);
  }
  const owners = ownersOf(view, asker, mac, target);
  if (owners.length > 0) return handOver(view, asker, { takers: owners, mac: entry.lladdr!, target }, nodes);
  // A learned entry whose owner is gone fails when it is probed, and ARP finds the new one.
  if (!isFixed) return arpHop(view, asker, target, nodes);
  const { takers, missing } = whoAnswers(view, asker, target);
  const nameless = takers.find((who) => who.type === 'outside' || macOf(view, asker, who) === undefined);
  if (nameless) return handOver(view, asker, { takers: [nameless], mac: entry.lladdr!, target }, nodes);
  if (missing.length > 0) return endHop({ disposition: 'insufficient-info', reason: reasonsText(missing) }, nodes);
  return endHop(
    { disposition: 'neighbour-unreachable', reason: `nobody on ${asker.segment} has the MAC ${mac} of ${target}` },
    nodes,
  );
}

/**
 * Who has a MAC on the segment. A distributed one means the device on the same node; of the two ends of a highly available router, which share
 * theirs, the one that has addresses routes on (the frame is flooded to both).
 */
function ownersOf(view: View, asker: Asker, mac: string, target: string): Taker[] {
  const attachments = devicesWithMac(view, asker.segment, mac).filter((a) => hears(a, asker));
  const rank = (namespace: NamespaceView, ifname: string): number =>
    (namespace.state.addresses?.some((a) => a.ifname === ifname && a.local === target) ? 0 : 2) +
    (namespace.node === asker.node ? 0 : 1);
  return [
    ...attachments.toSorted((a, b) => rank(a.namespace, a.ifname) - rank(b.namespace, b.ifname)).map(taker),
    ...endpointsWithMac(view, asker.segment, mac).map(endpointTaker),
  ];
}

function macOf(view: View, asker: Asker, who: Taker): string | undefined {
  if (who.type === 'endpoint') return knownText(who.endpoint.mac);
  if (who.type === 'outside') return undefined;
  return view.attachments.get(asker.segment)?.find((a) => a.namespace === who.namespace && a.ifname === who.ifname)
    ?.mac;
}

function arpHop(view: View, asker: Asker, target: string, before: TraceNode[]): Hop {
  const { takers, missing } = whoAnswers(view, asker, target);
  const protocol = asker.family === 'inet' ? 'ARP' : 'neighbour discovery';
  const nodes = [...before, traceNode('question', `${target} is asked for by ${protocol} on ${asker.segment}`)];
  if (takers.length > 1) {
    nodes.push(
      traceNode(
        'warning',
        `several answer for ${target}: ${takers.map(takerText).join(', ')}; this trace takes the first`,
      ),
    );
  }
  if (takers.length > 0) return askedHop(view, asker, takers, target, nodes);
  if (view.segments.get(asker.segment)?.external && !isReserved(view, asker.segment, target)) {
    nodes.push(traceNode('detail', `${target} is not an address of Neutron's: a host outside may have it`));
    return askedHop(view, asker, [{ type: 'outside', segment: asker.segment }], target, nodes);
  }
  if (missing.length > 0) return endHop({ disposition: 'insufficient-info', reason: reasonsText(missing) }, nodes);
  return endHop(
    { disposition: 'neighbour-unreachable', reason: `nobody on ${asker.segment} answers for ${target}` },
    nodes,
  );
}

/** The question and its answer on their way through Open vSwitch, and then the packet. @param nodes the question is one of them */
function askedHop(view: View, asker: Asker, takers: readonly Taker[], target: string, nodes: TraceNode[]): Hop {
  if (!asker.parcel) return unlookedHop(view, asker, { takers, target }, undefined, nodes);
  const asked = ask(view, asker, takers, target, asker.parcel);
  nodes.find(({ type }) => type === 'question')!.children.push(...asked.nodes);
  if (asked.type === 'unlooked') return unlookedHop(view, asker, { takers, target }, asked.missing, nodes);
  if (asked.type === 'lost') return endHop(asked.end, nodes);
  const { by, mac, isAssumed } = asked;
  // That he heard the question is not sure: a frame to that MAC may come to another one who has it.
  const owners = !by || isAssumed ? ownersOf(view, asker, mac, target) : [];
  if (by) owners.unshift(...(owners.some((who) => isSamePlace(who, by)) ? [] : [by]));
  const reason = `nobody on ${asker.segment} has the MAC ${mac} that a switch answers for ${target}`;
  if (owners.length === 0)
    return endHop(endBeside({ disposition: 'neighbour-unreachable', reason }, missingText(view.unseen)), nodes);
  return handOver(view, asker, { takers: owners, mac, target }, nodes);
}

const isSamePlace = (a: Taker, b: Taker): boolean =>
  a.type === 'namespace' && b.type === 'namespace'
    ? a.namespace === b.namespace && a.ifname === b.ifname
    : a.type === 'endpoint' && b.type === 'endpoint' && a.endpoint === b.endpoint;

/** The packet's frame to a MAC. */
export function handOver(view: View, asker: Asker, to: Addressed, nodes: TraceNode[]): Hop {
  if (!asker.parcel) return unlookedHop(view, asker, to, undefined, nodes);
  const delivery = deliver(view, asker, to, asker.parcel);
  const all = [...nodes, ...delivery.nodes];
  if (delivery.type === 'lost') return endHop(delivery.end, all);
  return delivery.type === 'arrived'
    ? besideHop(delivery.to, delivery.beside, all)
    : unlookedHop(view, asker, to, delivery.missing, all);
}

/** The end of a hop. */
export const takerHop = (to: Taker, nodes: TraceNode[]): Hop => besideHop(to, [], nodes);

/** The same on a wire that nobody looked at: a copy may go to any node, and to whichever of those that are alike. @param missing why */
function unlookedHop(
  view: View,
  { endpoint }: Asker,
  { takers, target }: Pick<Addressed, 'takers' | 'target'>,
  missing: Unseen | undefined,
  nodes: TraceNode[],
): Hop {
  const [first, ...others] = takers;
  const nothing = unreadBetween(view, endpoint, first!);
  if (nothing) return endHop(nothing, nodes);
  const open = openBetween(view, endpoint, first!);
  if (missing && open !== undefined) return endHop(openEnd(open, missing), nodes);
  const isOpen = missing && hasFlows(view) && others.some((who) => isOwner(who, target));
  return besideHop(first!, [...unreadFor(view, [first!], target), ...(isOpen ? [missing] : [])], nodes);
}

/** @param beside why it may rather be for somebody else */
function besideHop(to: Taker, beside: readonly Unseen[], nodes: TraceNode[]): Hop {
  const all = [...nodes, traceNode('wire', `to ${takerText(to)}`)];
  const doubt = missingText(beside);
  if (doubt === undefined) return { to, nodes: all };
  return { to: { ...to, doubt }, nodes: [...all, traceNode('detail', `it may be for somebody else: ${doubt}`)] };
}
