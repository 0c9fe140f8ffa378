/** Follows a packet from its sender to its end, and the answer back. */
import { familyOf } from '../ip.ts';
import type { Taker } from './arp.ts';
import { LIMITED_BROADCAST, isMetadataOf, offerOf, offerTo } from './broadcast.ts';
import type { Cloud, Side } from './cloud.ts';
import type { Connections } from './conntrack.ts';
import type { Disposition } from './disposition.ts';
import { noAnswer, sendFromEndpoint, sendFromOutside, takes } from './ends.ts';
import type { Parcel } from './frame/passage.ts';
import { type Packet, type PacketHeader, answerTo, headerOf, packetText, protocolOf } from './packet.ts';
import { type End, type Pass, type PathElement, receive, send } from './pass.ts';
import { type Start, startOf } from './start.ts';
import { takenBy } from './taken.ts';
import { type TraceNode, traceNode } from './tree.ts';
import { endBeside } from './unread.ts';
import { type NamespaceView, type View, namespaceText, viewOf } from './view.ts';
import { type Hop, hopFrom } from './wire.ts';

/** Which packet to trace. */
export interface TraceRequest {
  /** Name or id of an endpoint, or an address on a segment: of an endpoint there, or of somebody outside. */
  from: string | { address: string; segment: string };
  /** An address. */
  to: string;
  /** `icmp` when absent. */
  protocol?: string;
  sport?: number;
  dport?: number;
  /** Whom the outside sends to what is not on its own wire: of its routes nobody here knows. Absent: it has none. */
  via?: string;
  /** Bytes of the IP packet, which may not be cut (DF). Absent: small enough for every device. */
  size?: number;
}

/** One way, there or back. */
export interface Leg {
  disposition: Disposition;
  /** As sent. */
  packet: PacketHeader;
  /** As it was at its end. */
  final: PacketHeader;
  /** One element for each namespace passed, in order. */
  path: PathElement[];
}

/** There and back. The reply is traced with the connections that the packet there left in each namespace. */
export interface Trace extends Leg {
  from: Side;
  tree: TraceNode;
  /** `null` when nobody answers; the tree says why. Whoever has the address outside is taken to answer. */
  reply: Leg | null;
  /** The source address as the receiver sees it; `null` when nobody received it. */
  sourceSeen: string | null;
  /** The reply reaches the sender, from the address that it sent to. */
  answered: boolean;
}

/** Traces one packet. Total: whatever the states hold, a trace comes out. */
export const trace = (cloud: Cloud, request: TraceRequest): Trace => traceIn(viewOf(cloud), request);

/** As `trace`, for many packets over one cloud. */
export function traceIn(view: View, request: TraceRequest): Trace {
  const start = startOf(view, request);
  const root = traceNode('packet', '');
  if ('reason' in start) {
    const protocol = protocolOf(request.protocol ?? 'icmp') ?? 'icmp';
    const packet: PacketHeader = {
      src: typeof request.from === 'string' ? '' : request.from.address,
      dst: request.to,
      protocol,
    };
    root.text = packetText(packet);
    root.children.push(endNode('insufficient-info', start.reason));
    const leg: Leg = { disposition: 'insufficient-info', packet, final: packet, path: [] };
    return { from: view.cloud.from, ...leg, tree: root, reply: null, sourceSeen: null, answered: false };
  }
  root.text = packetText(start.packet);
  const memory: Memory = { connections: new Map(), zones: new Map(), noted: new Set() };
  if (request.via !== undefined) memory.via = request.via;
  const there = follow(view, memory, start.place, start.packet, root.children);
  const reply = there.end && answer(view, memory, start, there.end, there.packet, root.children);
  if (reply?.end) noteOtherWay(there.leg, reply.leg, root.children.at(-1)!.children);
  return {
    from: view.cloud.from,
    ...there.leg,
    tree: root,
    reply: reply?.leg ?? null,
    sourceSeen: there.end ? there.packet.src : null,
    answered: reply !== undefined && isAnswered(start, reply, root.children),
  };
}

/** A reply that passes other namespaces than the packet did: healthy in DVR, but no firewall or conntrack on the way sees both. */
function noteOtherWay(there: Leg, reply: Leg, nodes: TraceNode[]): void {
  const placesOf = ({ path }: Leg) => path.map(({ node, namespace }) => `${namespace} on ${node}`);
  const [way, back] = [placesOf(there), placesOf(reply).toReversed()];
  const [only, other] = [way.filter((place) => !back.includes(place)), back.filter((place) => !way.includes(place))];
  if (only.length + other.length === 0) return;
  const words = [
    ...(only.length > 0 ? [`not through ${[...new Set(only)].join(', ')}`] : []),
    ...(other.length > 0 ? [`through ${[...new Set(other)].join(', ')}`] : []),
  ];
  nodes.push(traceNode('detail', `asymmetric: the reply comes ${words.join(', but ')}`));
}

/** Where a packet is: its sender, or who has it at the end. */
type Place = Taker;

/** What is remembered of the packets of one trace. */
interface Memory extends Omit<Parcel, 'packet'> {
  /** Of each namespace. */
  connections: Map<NamespaceView, Connections>;
  /** As in the request. */
  via?: string;
  /** Why somebody else may have got the packet, or its answer, on the way so far. */
  doubt?: string;
}

interface Followed {
  leg: Leg;
  packet: Packet;
  /** Who has the packet, when it arrived somewhere that may answer. */
  end?: Place;
}

/** From hop to hop, until somebody takes the packet or nothing goes on. */
function follow(view: View, memory: Memory, from: Place, packet: Packet, nodes: TraceNode[]): Followed {
  const leg: Leg = { disposition: 'delivered', packet: headerOf(packet), final: headerOf(packet), path: [] };
  const seen = new Map<string, number>();
  let now = packet;
  let at = from;
  let hop = depart(view, memory, from, packet, leg, nodes);
  for (;;) {
    now = hop.packet;
    leg.final = headerOf(now);
    const { to } = hop;
    if (to.type === 'end') return finish(leg, now, nodes, endBeside(to, memory.doubt));
    if (to.doubt !== undefined) memory.doubt ??= to.doubt;
    at = to;
    if (to.type !== 'namespace') return arrive(view, leg, now, nodes, at);
    if (isCircle(seen, to.namespace, to.ifname, now)) {
      const reason = `it comes to ${to.ifname} in the same form again and again`;
      return finish(leg, now, nodes, endBeside({ disposition: 'loop', reason }, memory.doubt));
    }
    const pass = receive(to.namespace, to.ifname, now, connectionsOf(memory, to.namespace));
    hop = onward(view, memory, to.namespace, pass, leg, nodes);
    if (pass.next.type === 'taken') return taken(memory, leg, to.namespace, pass, nodes, at);
  }
}

type Onward = { to: Hop['to']; packet: Packet };

const connectionsOf = ({ connections }: Memory, namespace: NamespaceView): Connections => {
  if (!connections.has(namespace)) connections.set(namespace, new Map());
  return connections.get(namespace)!;
};

/**
 * The same packet at the same device for the third time: the first time its connection was new, the second time known,
 * so that from now on everything repeats itself.
 */
function isCircle(seen: Map<string, number>, { node, name }: NamespaceView, ifname: string, packet: Packet): boolean {
  const key = JSON.stringify([node, name, ifname, headerOf(packet)]);
  const count = (seen.get(key) ?? 0) + 1;
  seen.set(key, count);
  return count > 2;
}

/** The sender's own part. */
function depart(view: View, memory: Memory, from: Place, packet: Packet, leg: Leg, nodes: TraceNode[]): Onward {
  if (from.type === 'namespace')
    return onward(
      view,
      memory,
      from.namespace,
      send(from.namespace, packet, connectionsOf(memory, from.namespace), from.ifname),
      leg,
      nodes,
    );
  const parcel = { packet, zones: memory.zones, noted: memory.noted };
  const hop =
    from.type === 'endpoint'
      ? sendFromEndpoint(view, from.endpoint, packet, parcel)
      : sendFromOutside(view, from.segment, packet, parcel, memory.via);
  nodes.push(placeNode(from, hop.nodes));
  return { to: hop.to, packet };
}

/** Notes a passage, and finds who gets the packet next. */
function onward(
  view: View,
  { zones, noted }: Memory,
  namespace: NamespaceView,
  pass: Pass,
  leg: Leg,
  nodes: TraceNode[],
): Onward {
  const { packet, next, element } = pass;
  leg.path.push(element);
  const text = element.in === null ? namespaceText(namespace) : `${namespaceText(namespace)}, in by ${element.in}`;
  const node: TraceNode = {
    ...traceNode('namespace', text, pass.nodes),
    node: namespace.node,
    namespace: namespace.name,
  };
  nodes.push(node);
  if (next.type === 'end') return { to: next, packet };
  // A namespace that sends to itself: nothing is on any wire.
  if (next.type === 'taken')
    return { to: { type: 'end', disposition: 'delivered', reason: 'it is its own address' }, packet };
  const { family, src: address } = packet;
  const parcel = { packet, zones, noted };
  const asker = { family, address, node: namespace.node, namespace, ifname: next.ifname, parcel };
  const hop = hopFrom(view, namespace, next.ifname, next.nexthop, asker);
  node.children.push(...hop.nodes);
  return { to: hop.to, packet };
}

function finish(leg: Leg, packet: Packet, nodes: TraceNode[], { disposition, reason }: End): Followed {
  leg.disposition = disposition;
  nodes.push(endNode(disposition, reason));
  return { leg, packet };
}

function taken(
  { doubt }: Memory,
  leg: Leg,
  namespace: NamespaceView,
  pass: Pass,
  nodes: TraceNode[],
  end: Place,
): Followed {
  const { packet } = pass;
  const { disposition, reason, warning } = takenBy(namespace, pass);
  leg.final = headerOf(packet);
  if (disposition !== 'delivered') return finish(leg, packet, nodes, endBeside({ disposition, reason }, doubt));
  nodes.push(endNode(disposition, reason));
  if (warning !== undefined) nodes.push(traceNode('warning', warning));
  return { leg, packet, end };
}

function arrive(view: View, leg: Leg, packet: Packet, nodes: TraceNode[], end: Place): Followed {
  nodes.push(placeNode(end, []));
  if (end.type === 'outside') {
    leg.disposition = 'exits-network';
    nodes.push(endNode('exits-network', `leaves on ${end.segment} as ${packet.src}`));
  } else if (packet.dst === LIMITED_BROADCAST) {
    nodes.push(endNode('delivered', 'the port hears what is for all'));
  } else if (end.type === 'endpoint' && isMetadataOf(view, end.endpoint, packet.dst)) {
    nodes.push(endNode('delivered', 'the DHCP namespace serves metadata'));
  } else if (end.type === 'endpoint' && !takes(end.endpoint, packet.dst)) {
    const { name, node } = end.endpoint;
    const unread = view.unseen.find((each) => each.node === node)?.reason ?? 'whether it forwards is not known';
    const reason = `${name} gets it but has not the address ${packet.dst}: ${unread}`;
    return finish(leg, packet, nodes, { disposition: 'insufficient-info', reason });
  } else nodes.push(endNode('delivered', 'the port has the address'));
  return { leg, packet, end };
}

function placeNode(place: Place, children: TraceNode[]): TraceNode {
  if (place.type === 'outside') return traceNode('outside', `outside, on ${place.segment}`, children);
  if (place.type === 'endpoint') {
    const { name, node } = place.endpoint;
    return {
      ...traceNode('endpoint', `${name} on ${node ?? 'no node'}`, children),
      ...(node === undefined ? {} : { node }),
    };
  }
  return traceNode('namespace', namespaceText(place.namespace), children);
}

const endNode = (disposition: Disposition, reason: string): TraceNode => ({
  ...traceNode('end', `${disposition}: ${reason}`),
  disposition,
});

/** The way back, from whoever has the packet. */
function answer(
  view: View,
  memory: Memory,
  start: Start,
  end: Place,
  packet: Packet,
  nodes: TraceNode[],
): Followed | undefined {
  if (packet.dst === LIMITED_BROADCAST) return answerToAll(view, memory, start, end, nodes);
  const silence = end.type === 'outside' ? noAnswer(view, end.segment, packet, memory.via) : undefined;
  if (silence !== undefined) {
    nodes.push(traceNode('reply', `no reply: ${silence}`));
    return undefined;
  }
  const back = answerTo(packet);
  const node = traceNode('reply', `reply: ${packetText(back)}`);
  nodes.push(node);
  if (familyOf(back.dst) === undefined) return unknownReceiver(back, node.children);
  return follow(view, memory, end, back, node.children);
}

/** To what was for all only a DHCP server is known to answer. */
function answerToAll(
  view: View,
  memory: Memory,
  { place }: Start,
  end: Place,
  nodes: TraceNode[],
): Followed | undefined {
  const isServed = end.type === 'endpoint' && place.type === 'endpoint' && end.endpoint.servesDhcp === true;
  const offer = isServed ? offerOf(end.endpoint, place.endpoint) : undefined;
  if (!isServed || !offer) {
    const why = isServed
      ? `${end.endpoint.name} has no address in a subnet of ${place.endpoint.name}`
      : 'who answers a broadcast is not known';
    nodes.push(traceNode('reply', `no reply: ${why}`));
    return undefined;
  }
  const node = traceNode('reply', `reply: ${packetText(offer)}`);
  nodes.push(node);
  const parcel = { packet: offer, zones: memory.zones, noted: memory.noted };
  const hop = offerTo(view, end.endpoint, place.endpoint, offer, parcel);
  const leg: Leg = { disposition: 'delivered', packet: headerOf(offer), final: headerOf(offer), path: [] };
  node.children.push(placeNode(end, hop.nodes));
  return hop.to.type === 'end'
    ? finish(leg, offer, node.children, hop.to)
    : arrive(view, leg, offer, node.children, hop.to);
}

/** An address that the topology leaves out and nobody could read: where the reply goes cannot be said. */
function unknownReceiver(packet: Packet, nodes: TraceNode[]): Followed {
  const leg: Leg = { disposition: 'insufficient-info', packet: headerOf(packet), final: headerOf(packet), path: [] };
  return finish(leg, packet, nodes, {
    disposition: 'insufficient-info',
    reason: `the topology does not say the ${packet.dst.replace(/[<>]/g, '')}: with it the reply can be traced`,
  });
}

function isAnswered({ place, packet }: Start, { leg, packet: back, end }: Followed, nodes: TraceNode[]): boolean {
  const isThere =
    end?.type === place.type &&
    (end.type !== 'endpoint' || place.type !== 'endpoint' || end.endpoint === place.endpoint);
  if (!isThere || leg.disposition === 'insufficient-info') return false;
  if (packet.dst === LIMITED_BROADCAST) return true;
  const isMirrored = back.src === packet.dst && back.dst === packet.src;
  if (!isMirrored)
    nodes.push(
      traceNode(
        'warning',
        `the reply comes from ${back.src}, not from ${packet.dst}: the sender does not take it for an answer`,
      ),
    );
  return isMirrored;
}
