/**
 * The way of one packet there and back, as `trace.ts` takes it, with two differences: there is no tree of texts, and everything that the way
 * depended on is in its footprint. The passages through namespaces and the look-ups on wires are the trace's own functions.
 *
 * Where the next hop is the packet's own destination (or, on the way back, its source) each port has its own answer: neighbour entry, MAC, ARP.
 * Such a look-up is no part of the class but a `Look`, which is repeated for each address (`cover.ts`); answers are kept by place and address.
 */
import { contains, familyOf } from '../ip.ts';
import { type Taker } from '../trace/arp.ts';
import { LIMITED_BROADCAST, isMetadataOf } from '../trace/broadcast.ts';
import type { Endpoint } from '../trace/cloud.ts';
import type { Connections } from '../trace/conntrack.ts';
import type { Disposition } from '../trace/disposition.ts';
import { nexthopFrom, noAnswer, sendFromEndpoint, sendFromOutside, takes } from '../trace/ends.ts';
import type { Parcel } from '../trace/frame/passage.ts';
import { type Packet, type PacketHeader, type Protocol, answerTo, headerOf, packetOf } from '../trace/packet.ts';
import { type Decider, type End, type Pass, type PathElement, receive, send } from '../trace/pass.ts';
import type { ReadyPrefix } from '../trace/prefix.ts';
import { takenBy } from '../trace/taken.ts';
import { endBeside } from '../trace/unread.ts';
import type { NamespaceView } from '../trace/view.ts';
import { type Hop, hopFrom } from '../trace/wire.ts';
import { type Footprint, ask, footprintOf } from './footprint.ts';
import { isAskerLookedAt, isKnownOn, knownBehind, knownOn } from './known.ts';
import { type Walker, kept, senderOn } from './walker.ts';

/** The packet to follow. */
export interface Question {
  from: Endpoint | { segment: string };
  src: string;
  dst: string;
  protocol: Protocol;
  dport?: number;
  /** Bytes; absent: small enough for every device. */
  size?: number;
}

/** What became of it. */
export interface Outcome {
  disposition: Disposition;
  /** Who has it; `null` when it went nowhere. */
  end: Taker | null;
  /** As it arrived; as it was last seen when it did not. */
  final: PacketHeader;
  /** The source address as the receiver sees it. */
  sourceSeen: string | null;
  answered: boolean;
  /** Of the reply; `null` without one. */
  reply: Disposition | null;
  /** Why it, or the reply, went no further. */
  reason: string;
  /** A trace does not tell. */
  decider?: Decider;
  /** The last namespace that it was in, and the last of its reply. */
  last: PathElement | null;
  lastBack: PathElement | null;
}

/** A question that each address of a class must be asked by itself. */
export interface Look {
  side: 'src' | 'dst';
  /** Who gets what is sent for that address: from the same place, or by the port that has it. */
  to: (address: string, own: Endpoint | undefined) => Hop['to'];
  /** `owner`: the port that has the address must get it. `same`: whoever got the walked packet must. */
  must: 'owner' | 'same';
  /** In the walk. */
  walked: Hop['to'];
}

export interface Walked {
  outcome: Outcome;
  footprint: Footprint;
  looks: Look[];
}

/** `undefined` for what is no packet: an address that is none, or two families. */
export function walk(walker: Walker, { from, src, dst, protocol, dport, size }: Question): Walked | undefined {
  const bare = packetOf({ src, dst, protocol, ...(dport === undefined ? {} : { dport }) });
  if (!bare || familyOf(src) !== familyOf(dst)) return undefined;
  const footprint = footprintOf(bare.src, bare.dst);
  const packet: Packet = { ...bare, ...(size === undefined ? {} : { size }), asked: footprint.asked };
  const parcel = { zones: new Map(), noted: new Set<string>(), isSilent: true } as const;
  const work: Work = {
    walker,
    footprint,
    looks: [],
    memory: new Map(),
    parcel,
    start: 'addresses' in from ? from : undefined,
  };
  const start: Taker =
    'addresses' in from ? { type: 'endpoint', endpoint: from } : { type: 'outside', segment: from.segment };
  const there = follow(work, start, packet);
  const reply = there.end ? answer(work, there.end, there.packet) : undefined;
  const outcome: Outcome = {
    disposition: there.disposition,
    end: there.end ?? null,
    final: headerOf(there.packet),
    sourceSeen: there.end ? there.packet.src : null,
    answered: reply !== undefined && isAnswered(start, packet, reply),
    reply: reply?.disposition ?? null,
    ...reasonOf(reply ?? there),
    last: there.last,
    lastBack: reply?.last ?? null,
  };
  return { outcome, footprint, looks: work.looks };
}

interface Work {
  walker: Walker;
  footprint: Footprint;
  looks: Look[];
  /** The address that the last hop was looked up for, when it is the packet's own: who takes it is no part of the class. */
  looked?: string;
  memory: Map<NamespaceView, Connections>;
  /** The port that sends the packet, unless somebody outside does. */
  start: Endpoint | undefined;
  /** As in a trace's memory. */
  doubt?: string;
  /** What switches remember. */
  parcel: Omit<Parcel, 'packet'>;
}

interface Followed {
  disposition: Disposition;
  reason: string;
  decider?: Decider;
  packet: Packet;
  last: PathElement | null;
  end?: Taker;
}

const reasonOf = ({ reason, decider }: Followed): Pick<Outcome, 'reason' | 'decider'> => ({
  reason,
  ...(decider && { decider }),
});

function follow(work: Work, from: Taker, packet: Packet): Followed {
  const seen = new Map<string, number>();
  const state: { last: PathElement | null; packet: Packet } = { last: null, packet };
  const ended = (disposition: Disposition, reason: string, end?: Taker): Followed => ({
    disposition,
    reason,
    packet: state.packet,
    last: state.last,
    ...(end && { end }),
  });
  // What many packets lack is told in the same words.
  const failed = (end: End): Followed => {
    const { disposition, reason, missing, decider } = endBeside(end, work.doubt);
    return { ...ended(disposition, missing ?? reason), ...(decider && { decider }) };
  };
  delete work.looked;
  let to = depart(work, from, state);
  for (;;) {
    if (to.type === 'end') return failed(to);
    if (to.doubt !== undefined) work.doubt ??= to.doubt;
    if (to.type === 'outside') return ended('exits-network', `leaves on ${to.segment} as ${state.packet.src}`, to);
    if (to.type === 'endpoint') {
      if (isMetadataOf(work.walker.view, to.endpoint, state.packet.dst))
        return ended('delivered', 'the DHCP namespace serves metadata', to);
      if (work.looked !== state.packet.dst) askTakes(work, to.endpoint, state.packet.dst);
      if (takes(to.endpoint, state.packet.dst)) return ended('delivered', 'the port has the address', to);
      const reason = `${to.endpoint.name} gets it but has not the address ${state.packet.dst}`;
      return { ...ended('insufficient-info', reason), decider: 'port' };
    }
    const key = JSON.stringify([to.namespace.node, to.namespace.name, to.ifname, headerOf(state.packet)]);
    seen.set(key, (seen.get(key) ?? 0) + 1);
    if (seen.get(key)! > 2)
      return failed({ disposition: 'loop', reason: `it comes to ${to.ifname} in the same form again and again` });
    askConnections(work, to.namespace, state.packet);
    const pass = receive(to.namespace, to.ifname, state.packet, connectionsOf(work, to.namespace));
    const here = to;
    delete work.looked;
    to = onward(work, to.namespace, pass, state);
    if (pass.next.type !== 'taken') continue;
    const end = takenBy(here.namespace, pass);
    return end.disposition === 'delivered' ? ended(end.disposition, end.reason, here) : failed(end);
  }
}

/** A connection that the kernel holds goes its own way (`conntrack.ts: recall`): who has its ports and addresses is in no class with others. */
function askConnections({ footprint, walker }: Work, { traffic }: NamespaceView, packet: Packet): void {
  if (packet.protocol === 'icmp' || packet.isAnswer) return;
  for (const { protocol, original, reply } of traffic?.connections ?? [])
    for (const { src, dst, sport, dport } of protocol === packet.protocol ? [original, reply] : [])
      if (sport === packet.sport && dport === packet.dport) {
        ask(footprint, packet.src, walker.ready(src));
        ask(footprint, packet.dst, walker.ready(dst));
      }
}

function connectionsOf({ memory }: Work, namespace: NamespaceView): Connections {
  if (!memory.has(namespace)) memory.set(namespace, new Map());
  return memory.get(namespace)!;
}

type State = { last: PathElement | null; packet: Packet };

function depart(work: Work, from: Taker, state: State): Hop['to'] {
  const { packet } = state;
  if (from.type === 'namespace')
    return onward(
      work,
      from.namespace,
      send(from.namespace, packet, connectionsOf(work, from.namespace), from.ifname),
      state,
    );
  if (from.type === 'endpoint') return departEndpoint(work, from.endpoint, packet);
  const { walker } = work;
  for (const prefix of walker.view.segments.get(from.segment)?.prefixes ?? [])
    for (const address of [packet.src, packet.dst]) ask(work.footprint, address, walker.ready(prefix));
  if (isAskerLookedAt(walker.known, from.segment)) pin(work, packet.src);
  askFlows(work, packet);
  const parcel = parcelOf(work, packet);
  // Whoever asks from outside asks for one address at a time.
  pin(work, packet.dst);
  return sendFromOutside(walker.view, from.segment, packet, parcel).to;
}

/** Without flows a wire is what Neutron makes it, and a look-up needs no frame. */
const parcelOf = ({ walker, parcel }: Work, packet: Packet): Parcel | undefined =>
  walker.flows.hasFlows ? { ...parcel, packet } : undefined;

function askFlows({ walker, footprint }: Work, packet: Packet): void {
  for (const prefix of walker.flows.prefixes)
    for (const address of [packet.src, packet.dst]) ask(footprint, address, prefix);
}

function departEndpoint(work: Work, endpoint: Endpoint, packet: Packet): Hop['to'] {
  const { walker, footprint } = work;
  const { segment, addresses, advertised = [] } = endpoint;
  if (takes(endpoint, packet.dst)) {
    askTakes(work, endpoint, packet.dst);
    return { type: 'endpoint', endpoint };
  }
  // Its fixed addresses are not asked for: nobody asks a port whether it reaches itself.
  for (const text of endpoint.extraAddresses) ask(footprint, packet.dst, walker.ready(text));
  const routes = addresses.flatMap(({ hostRoutes = [] }) => hostRoutes);
  for (const { local, prefixlen } of addresses) ask(footprint, packet.dst, walker.ready(`${local}/${prefixlen}`));
  for (const { destination } of routes) ask(footprint, packet.dst, walker.ready(destination));
  for (const prefix of advertised) ask(footprint, packet.dst, walker.ready(prefix));
  if (isAskerLookedAt(walker.known, segment)) pin(work, packet.src);
  askFlows(work, packet);
  const own = [...addresses.map(({ local, prefixlen }) => `${local}/${prefixlen}`), ...advertised];
  const onLink = own.some((prefix) => contains(prefix, packet.dst));
  if (!onLink) {
    const to = sendOff(work, endpoint, packet);
    if (walker.flows.hasFlows) lookFrom(work, packet, to);
    return to;
  }
  // Frames of two ports on one network have a way of their own for each pair.
  const isFollowed = walker.flows.hasFlows && !walker.crowded.has(segment);
  if (isFollowed && endpoint === work.start) pin(work, packet.src);
  else if (isFollowed) lookFrom(work, packet, sendOff(work, endpoint, packet));
  return lookAt(
    work,
    packet.dst,
    (dst) => (isFollowed ? sendOff : sendAsAny)(work, endpoint, { ...packet, dst }),
    () => knownOn(walker.known, segment),
    segment,
  );
}

/** Each port has its own way into its switch. */
function lookFrom(work: Work, packet: Packet, then: Hop['to']): void {
  const sides = (['src', 'dst'] as const).filter((side) => work.footprint[side].address === packet.src);
  // A port that got the packet by a route, for a prefix of an allowed address pair: it sends from any address of that.
  const isOwner = sides.includes('src') || work.looks.some(({ side, must }) => side === 'dst' && must === 'owner');
  if (!isOwner && sides.length > 0)
    for (const prefix of work.walker.flows.questioned) ask(work.footprint, packet.src, prefix);
  if (!isOwner) return;
  const to: Look['to'] = (src, own) => (own ? sendOff(work, own, { ...packet, src }) : then);
  for (const side of sides) work.looks.push({ side, to, must: 'same', walked: then });
}

/** Kept by sender, source and next hop; without flows all ports of a node and network are one sender. */
function sendOff(work: Work, endpoint: Endpoint, packet: Packet): Hop['to'] {
  const { walker } = work;
  const parcel = parcelOf(work, packet);
  if (walker.flows.isStateful || isAskerLookedAt(walker.known, endpoint.segment) || takes(endpoint, packet.dst))
    return sendFromEndpoint(walker.view, endpoint, packet, parcel).to;
  const place = parcel ? endpoint : (senderOn(walker, endpoint) ?? endpoint);
  const isForAll = packet.dst === LIMITED_BROADCAST;
  const nexthop = (isForAll ? undefined : nexthopFrom(walker.view, endpoint, packet)) ?? packet.dst;
  return kept(
    walker,
    place,
    keyOf(work, packet, nexthop, packet.src),
    () => sendFromEndpoint(walker.view, endpoint, packet, parcel).to,
  );
}

/** As the first port of the node and network that is not the receiver itself. */
function sendAsAny(work: Work, endpoint: Endpoint, packet: Packet): Hop['to'] {
  const any = senderOn(work.walker, endpoint) ?? endpoint;
  const place = endpoint.addresses.findIndex(({ local }) => local === packet.src);
  const src = any.addresses[place]?.local;
  return src === undefined || takes(any, packet.dst)
    ? sendOff(work, endpoint, packet)
    : sendOff(work, any, { ...packet, src });
}

/** What of a packet its way on a wire depends on, besides what is in the footprint. */
function keyOf({ walker: { flows } }: Work, packet: Packet, nexthop: string, asker: string): string {
  if (!flows.hasFlows) return nexthop;
  const { src, dst, protocol, dport, sport, isAnswer, ttl } = packet;
  const key = [nexthop, asker];
  if (flows.prefixes.length > 0) key.push(src, dst);
  if (flows.isTransportSeen) key.push(`${protocol} ${sport} ${dport} ${isAnswer} ${ttl}`);
  return key.join(' ');
}

/** A look-up for an address of the packet: its owner is looked for again for every address; where nobody has it, all that nobody has are alike. */
function lookAt(
  work: Work,
  address: string,
  look: (address: string) => Hop['to'],
  known: () => readonly ReadyPrefix[],
  segment: string | undefined,
): Hop['to'] {
  const to = look(address);
  const { footprint } = work;
  const sides = (['src', 'dst'] as const).filter((side) => footprint[side].address === address);
  if (sides.length === 0) return to;
  if (to.type === 'endpoint' && takes(to.endpoint, address)) {
    work.looked = address;
    for (const side of sides) work.looks.push({ side, to: look, must: 'owner', walked: to });
  } else if (to.type === 'endpoint' || work.walker.flows.hasFlows) pin(work, address);
  else if (segment !== undefined && isKnownOn(work.walker.known, segment, address)) pin(work, address);
  else for (const prefix of known()) ask(footprint, address, prefix);
  return to;
}

/** The class has this one address alone. */
const pin = ({ walker, footprint }: Work, address: string): void => ask(footprint, address, walker.ready(address));

function askTakes({ footprint, walker }: Work, endpoint: Endpoint, address: string): void {
  for (const { local } of endpoint.addresses) ask(footprint, address, walker.ready(local));
  for (const text of endpoint.extraAddresses) ask(footprint, address, walker.ready(text));
}

function onward(work: Work, namespace: NamespaceView, pass: Pass, state: State): Hop['to'] {
  const { walker, footprint } = work;
  state.last = pass.element;
  state.packet = pass.packet;
  // What a translation put in is told from the packet's own addresses: no other member of the class may equal it by chance.
  const own = [footprint.src.address, footprint.dst.address];
  for (const address of [pass.packet.src, pass.packet.dst])
    if (!own.includes(address)) for (const side of own) ask(footprint, side, walker.ready(address));
  if (pass.next.type === 'end') return pass.next;
  if (pass.next.type === 'taken') return { type: 'end', disposition: 'delivered', reason: 'it is its own address' };
  const { ifname, nexthop } = pass.next;
  const segment = segmentOf(walker, ifname);
  const { src, family } = pass.packet;
  const isFree = segment === undefined || !isAskerLookedAt(walker.known, segment);
  if (!isFree) pin(work, src);
  askFlows(work, pass.packet);
  const parcel = parcelOf(work, pass.packet);
  const asker = { family, address: src, node: namespace.node, namespace, ifname, ...(parcel && { parcel }) };
  const make = (target: string): Hop['to'] => hopFrom(walker.view, namespace, ifname, target, asker).to;
  // A device asks as an address of its own (`passage.ts: sourceOf`): with the packet's source only where that is one.
  const isOwn = namespace.state.addresses?.some(({ local }) => local === src) === true;
  const key = (target: string): string => `${ifname} ${keyOf(work, pass.packet, target, isOwn ? src : '')}`;
  const look = (target: string): Hop['to'] =>
    isFree && !walker.flows.isStateful ? kept(walker, namespace, key(target), () => make(target)) : make(target);
  return lookAt(work, nexthop, look, () => knownBehind(walker.known, namespace, ifname, segment), segment);
}

const segmentOf = ({ view }: Walker, ifname: string): string | undefined => {
  const { devices } = view.cloud.wiring;
  return Object.hasOwn(devices, ifname) ? devices[ifname]!.segment : undefined;
};

function answer(work: Work, end: Taker, packet: Packet): Followed | undefined {
  const { view, ready } = work.walker;
  if (end.type === 'outside') {
    for (const prefix of view.segments.get(end.segment)?.prefixes ?? []) ask(work.footprint, packet.src, ready(prefix));
    // Whether the outside knows a way to the destination is not noted, for that would be every subnet of the cloud: destinations that are
    // asked for together are either all inside the cloud or all outside.
    if (noAnswer(view, end.segment, packet) !== undefined) return undefined;
  }
  const back = answerTo(packet);
  if (familyOf(back.dst) !== undefined) return follow(work, end, back);
  const reason = `the topology does not say the ${back.dst.replace(/[<>]/g, '')}`;
  return { disposition: 'insufficient-info', reason, packet: back, last: null };
}

function isAnswered(start: Taker, packet: Packet, { disposition, end, packet: back }: Followed): boolean {
  const isThere =
    end?.type === start.type &&
    (end.type !== 'endpoint' || start.type !== 'endpoint' || end.endpoint === start.endpoint);
  return isThere && disposition !== 'insufficient-info' && back.src === packet.dst && back.dst === packet.src;
}
