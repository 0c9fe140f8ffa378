/** One passage through a namespace: netfilter, routing, netfilter again. What happens on the wire is in `wire.ts`. */
import type { Nexthop, Traffic } from '../state.ts';
import { type Connections, forget, recall, saidOf, track, translate, translatedPacket } from './conntrack.ts';
import type { Disposition } from './disposition.ts';
import { type FibResult, lookup } from './fib.ts';
import type { Seen } from './match.ts';
import { HALF, type Hook, STEPS, runTable } from './netfilter.ts';
import { type OwnAddress, masqueradeAddress, redirectAddress } from './ownAddress.ts';
import { type Packet, type PacketHeader, headerOf } from './packet.ts';
import { badSource, forwardingOff, isLinkLocal, isLoopbackSource, martian, unsent } from './source.ts';
import { hopText, routeText, ruleText } from './text.ts';
import { type TraceNode, itemNode, traceNode } from './tree.ts';
import { type NamespaceView, fibView, rulesetView } from './view.ts';

/** What a trace says of one namespace; texts are as the tools print them, `null` where there was none. */
export interface PathElement {
  node: string;
  namespace: string;
  /** `null` for a packet that the namespace sends itself. */
  in: string | null;
  rule: string | null;
  /** Destination and next hop of the chosen route. */
  route: string | null;
  /** `null` when the packet ends here. */
  out: string | null;
  /** Translations, joined by `; `: `SNAT --to-source 192.168.1.21`; of an answer `reverse of SNAT …`. */
  nat: string | null;
  /** As it leaves, or as it was when it ended here. */
  packet: PacketHeader;
}

/** Why a packet goes no further. */
export interface End {
  disposition: Disposition;
  reason: string;
  /** Which nodes would have to be read to say more: the part of the reason that is the same for all packets. */
  missing?: string;
  decider?: Decider;
}

/** Who decided, where no topology says what is right: security groups, or a port that gets what is for an address that it has not. */
export type Decider = 'security-groups' | 'port';

/** What became of a packet in a namespace. */
export interface Pass {
  element: PathElement;
  packet: Packet;
  nodes: TraceNode[];
  /** On to `nexthop` out of `ifname`; taken by the namespace itself; or the end. */
  next: { type: 'out'; ifname: string; nexthop: string } | { type: 'taken' } | ({ type: 'end' } & End);
}

interface Work {
  namespace: NamespaceView;
  connections: Connections;
  seen: Seen;
  element: PathElement;
  nodes: TraceNode[];
  nat: string[];
  /** Where it leaves; known behind the routing decision. */
  nexthop: string;
}

/** A packet comes in by a device. */
export function receive(namespace: NamespaceView, ifname: string, packet: Packet, connections: Connections): Pass {
  const work = workOf(namespace, ifname, packet, connections);
  remember(work);
  const stopped = runHook(work, 'PREROUTING');
  noteOthers(work, packet.dst);
  const end = stopped ?? routeIn(work);
  if (end) return passOf(work, end === 'taken' ? { type: 'taken' } : { type: 'end', ...end });
  return leave(work, runHook(work, 'FORWARD'));
}

/** On live state: a packet of a connection that the kernel holds goes the way of that connection. */
function remember({ namespace: { traffic }, connections, seen: { packet }, nodes }: Work): void {
  if (!traffic?.connections || packet.protocol === 'icmp' || packet.isAnswer) return;
  if (recall(connections, traffic.connections, packet))
    nodes.push(
      traceNode('warning', 'conntrack holds this very connection: the nat table is not asked for it any more'),
    );
  else if (traffic.connectionsLeftOut !== undefined)
    nodes.push(
      traceNode('detail', `${traffic.connectionsLeftOut} connections of conntrack are not looked at one by one`),
    );
}

/**
 * Connections that the namespace knows already keep their translation (`nf_nat_core.c: nf_nat_packet`), whatever the rules say now: packets of theirs
 * go elsewhere than the first one of a new connection.
 */
function noteOthers({ namespace, seen, nodes }: Work, dst: string): void {
  if (seen.packet.isAnswer) return;
  for (const { to, count } of otherTranslations(namespace.traffic, seen.packet, dst)) {
    const connections = count === 1 ? '1 connection' : `${count} connections`;
    const go = count === 1 ? 'goes' : 'go';
    nodes.push(traceNode('warning', `conntrack holds ${connections} to ${dst} that still ${go} to ${to}`));
  }
}

/** Of an address with forwarded ports only connections to the same port are of this kind; a ping has none, and counts where it is translated itself. */
function otherTranslations(traffic: Traffic | undefined, packet: Packet, dst: string): { to: string; count: number }[] {
  const { protocol, dport } = packet;
  const others = (traffic?.translations ?? []).filter((each) => each.dst === dst && each.to !== packet.dst);
  if (protocol === 'icmp') return packet.dst === dst ? [] : others;
  if (!traffic?.connections) return others;
  const counts = new Map<string, number>();
  for (const { protocol: its, original, reply } of traffic.connections)
    if (its === protocol && original.dst === dst && original.dport === dport && reply.src !== packet.dst)
      counts.set(reply.src, (counts.get(reply.src) ?? 0) + 1);
  return [...counts].map(([to, count]) => ({ to, count }));
}

/**
 * The namespace sends a packet itself.
 * @param cameBy of an answer: the device that the request came by, which is that of a link-local destination (`tcp_ipv6.c: tcp_v6_iif`)
 */
export function send(namespace: NamespaceView, packet: Packet, connections: Connections, cameBy?: string): Pass {
  const work = workOf(namespace, null, packet, connections);
  remember(work);
  const first = routeOut(work, isLinkLocal(packet, 'dst') ? cameBy : undefined);
  if (first) return passOf(work, { type: 'end', ...first });
  const { dst, mark } = work.seen.packet;
  const end = runHook(work, 'OUTPUT');
  if (end) return passOf(work, { type: 'end', ...end });
  const again = routeAgain(work, dst, mark);
  if (again) return passOf(work, { type: 'end', ...again });
  return work.seen.out === LOOPBACK ? toItself(work) : leave(work, undefined);
}

/**
 * `ip_route_me_harder`, `ip6_route_me_harder`: a new destination or mark in OUTPUT means a new choice of route; to a link-local address the packet
 * stays on the device that it was to leave by. The mangle table comes before the nat table: a mark has its say about the old destination first.
 */
function routeAgain(work: Work, dst: string, mark: number): End | undefined {
  const changed = work.seen.packet;
  if (changed.dst === dst && changed.mark === mark) return undefined;
  if (changed.dst !== dst && changed.mark !== mark && isLinkLocal(changed, 'dst')) {
    work.seen.packet = { ...changed, dst };
    const end = routeOut(work, isLinkLocal(work.seen.packet, 'dst') ? work.seen.out : undefined);
    if (end) return end;
    work.seen.packet = changed;
  }
  return routeOut(work, isLinkLocal(changed, 'dst') ? work.seen.out : undefined);
}

const LOOPBACK = 'lo';

/** A packet to the namespace itself leaves by the loopback device and comes in there, with its route and its connection (`loopback.c: loopback_xmit`). */
function toItself(work: Work): Pass {
  const left = runHook(work, 'POSTROUTING');
  work.seen.in = LOOPBACK;
  work.seen.out = '';
  const end = left ?? runHook(work, 'PREROUTING') ?? runHook(work, 'INPUT');
  return passOf(work, end ? { type: 'end', ...end } : { type: 'taken' });
}

function workOf(namespace: NamespaceView, ifname: string | null, packet: Packet, connections: Connections): Work {
  return {
    namespace,
    connections,
    seen: { packet: { ...packet, mark: 0 }, in: ifname ?? '', out: '', tracking: { state: 'invalid' } },
    element: {
      node: namespace.node,
      namespace: namespace.name,
      in: ifname,
      rule: null,
      route: null,
      out: null,
      nat: null,
      packet: headerOf(packet),
    },
    nodes: [],
    nat: [],
    nexthop: '',
  };
}

function passOf(work: Work, next: Pass['next']): Pass {
  work.element.nat = work.nat.length > 0 ? work.nat.join('; ') : null;
  work.element.packet = headerOf(work.seen.packet);
  return { element: work.element, packet: work.seen.packet, nodes: work.nodes, next };
}

function leave(work: Work, stopped: End | undefined): Pass {
  const end = stopped ?? runHook(work, 'POSTROUTING');
  if (end) return passOf(work, { type: 'end', ...end });
  work.element.out = work.seen.out;
  return passOf(work, { type: 'out', ifname: work.seen.out, nexthop: work.nexthop });
}

function runHook(work: Work, hook: Hook): End | undefined {
  const ruleset = rulesetView(work.namespace, work.seen.packet.family);
  if ('missing' in ruleset) return { disposition: 'insufficient-info', reason: ruleset.missing };
  const { seen } = work;
  for (const step of STEPS[hook]) {
    if (step === 'track') {
      // What comes over the loopback device is tracked already (nf_conntrack_core.c: nf_conntrack_in).
      if (seen.tracking.state === 'invalid') seen.tracking = track(work.connections, seen.packet);
      continue;
    }
    if (step === 'translate' && !('connection' in seen.tracking)) continue;
    const table = step === 'translate' ? 'nat' : step;
    if (step !== 'translate' || isFirst(work, hook)) {
      const children: TraceNode[] = [];
      const outcome = runTable(ruleset.value, table, hook, seen, children);
      if (children.length > 0) work.nodes.push(traceNode('table', `${table} ${hook}`, children));
      if (outcome.verdict !== 'accept') {
        return { disposition: outcome.verdict === 'drop' ? 'dropped' : 'insufficient-info', reason: outcome.reason };
      }
    }
    const end = step === 'translate' ? translateHalf(work, hook) : undefined;
    if (end) return end;
  }
  return undefined;
}

/** The nat table is asked once for each half of a connection, for its first packet. */
function isFirst({ seen: { tracking } }: Work, hook: Hook): boolean {
  if (!('connection' in tracking) || tracking.state !== 'new' || tracking.direction !== 'original') return false;
  return !tracking.connection.isSet[HALF[hook]];
}

function translateHalf(work: Work, hook: Hook): End | undefined {
  const { seen } = work;
  const { tracking, request } = seen;
  if (!('connection' in tracking)) return undefined;
  const half = HALF[hook];
  if (isFirst(work, hook)) {
    tracking.connection.isSet[half] = true;
    delete seen.request;
    if (request) {
      const to =
        typeof request.to === 'string' ? ownAddress(work, hook) : { value: request.to.address ?? seen.packet[half] };
      if ('missing' in to) return { disposition: 'insufficient-info', reason: to.missing };
      if ('none' in to) return { disposition: 'dropped', reason: to.none };
      const port = request.port ?? (typeof request.to === 'string' ? undefined : request.to.port);
      translate(work.connections, tracking.connection, half, {
        address: to.value,
        ...(port === undefined ? {} : { port }),
        ...(request.isRandom ? { isRandom: true } : {}),
      });
      if (request.to === 'masquerade') tracking.connection.masqueradedBy = seen.out;
      tracking.connection.said[half] = request.text;
      work.nat.push(request.text);
    }
  } else {
    const { masqueradedBy } = tracking.connection;
    // nf_nat_core.c: nf_nat_oif_changed
    if (hook === 'POSTROUTING' && tracking.direction === 'original' && (masqueradedBy ?? seen.out) !== seen.out) {
      forget(work.connections, tracking.connection);
      const reason = `the connection is masqueraded as ${masqueradedBy}, and now leaves by ${seen.out}`;
      return { disposition: 'dropped', reason };
    }
    const said = saidOf(tracking, half);
    const text = said && (tracking.direction === 'original' ? said : `reverse of ${said}`);
    if (text) {
      work.nat.push(text);
      work.nodes.push(traceNode('nat', `known connection: ${text}`));
    }
  }
  seen.packet = translatedPacket(seen.packet, tracking, half);
  return undefined;
}

function ownAddress({ namespace, seen, nexthop }: Work, hook: Hook): OwnAddress {
  const { family } = seen.packet;
  return hook === 'POSTROUTING'
    ? masqueradeAddress(namespace, family, seen.out, nexthop, seen.packet.dst, seen.packet.asked)
    : redirectAddress(namespace, family, hook === 'OUTPUT' ? undefined : seen.in, isLinkLocal(seen.packet, 'dst'));
}

/** Looks up the route and notes rule, route, and the rules that led nowhere. */
function look(work: Work, iif: string, oif?: string): FibResult | End {
  const { packet } = work.seen;
  const fib = fibView(work.namespace, packet.family);
  if ('missing' in fib) return { disposition: 'insufficient-info', reason: fib.missing };
  const result = lookup(fib.value, { ...packet, iif, ...(oif !== undefined && { oif }) });
  for (const rule of result.missed)
    work.nodes.push(traceNode('detail', `${ruleText(rule)}: no route to ${packet.dst}`));
  if (result.type === 'route' || result.type === 'refused') {
    const { rule, route } = result;
    work.nodes.push(itemNode('rule', ruleText(rule), rule));
    if (route) work.nodes.push(itemNode('route', routeText(route), route));
    work.element.rule = ruleText(rule);
    work.element.route = route ? hopText(route, result.type === 'route' ? result.nexthop : {}) : null;
  }
  if (result.type === 'route' && result.note) work.nodes.push(traceNode('warning', result.note));
  return result;
}

/** What a lookup means for the packet, when it does not mean a way on. */
function refusal(work: Work, result: FibResult | End): End | undefined {
  const { dst } = work.seen.packet;
  if ('disposition' in result) return result;
  if (result.type === 'unknown') return { disposition: 'insufficient-info', reason: result.reason };
  if (result.type === 'none') return { disposition: 'no-route', reason: `no rule leads to a route to ${dst}` };
  if (result.type === 'route') return undefined;
  const what = result.route ? `the route is of type ${result.action}` : `the rule is of type ${result.action}`;
  return { disposition: result.action === 'blackhole' ? 'blackhole' : 'no-route', reason: what };
}

/** `ip_route_input_slow`: to the namespace itself (`taken`), on (`undefined`), or the end. */
function routeIn(work: Work): End | 'taken' | undefined {
  const { seen, namespace } = work;
  const strange = martian(namespace, seen.in, seen.packet);
  if (strange !== undefined) return { disposition: 'dropped', reason: strange };
  const result = look(work, seen.in);
  const refused = refusal(work, result);
  const off = forwardingOff(namespace, seen.in, seen.packet.family);
  // Where nothing is forwarded anyway, the kernel says that first.
  if (refused && off !== undefined && refused.disposition !== 'insufficient-info')
    return { disposition: 'dropped', reason: off };
  if (refused) return refused;
  if ('disposition' in result || result.type !== 'route') return undefined;
  const isOwn = result.kind === 'local' || result.kind === 'anycast';
  if (!isOwn && result.kind !== 'unicast')
    return { disposition: 'dropped', reason: `${seen.packet.dst} is a ${result.kind} address: it is not forwarded` };
  const out = isOwn ? undefined : result.nexthop.dev;
  const bad = (isOwn ? undefined : off) ?? badSource(namespace, seen.packet, seen.in, out);
  if (bad !== undefined) return { disposition: 'dropped', reason: bad };
  if (isOwn) return runHook(work, 'INPUT') ?? 'taken';
  if (isLinkLocal(seen.packet) && out !== seen.in)
    return { disposition: 'dropped', reason: `the source ${seen.packet.src} is link-local: it is not forwarded` };
  if (seen.packet.ttl <= 1) return { disposition: 'loop', reason: 'the TTL ran out' };
  const tooLarge = largerThan(work, out);
  if (tooLarge !== undefined) return { disposition: 'dropped', reason: tooLarge };
  seen.packet = { ...seen.packet, ttl: seen.packet.ttl - 1 };
  return takeRoute(work, result.nexthop);
}

/** `ip_forward.c: ip_exceeds_mtu`, `ip6_output.c: ip6_pkt_too_big`: the sender is told, in IPv4 because of DF. */
function largerThan({ namespace, seen }: Work, out: string | undefined): string | undefined {
  const { size } = seen.packet;
  const mtu = size === undefined ? undefined : namespace.state.links?.find(({ ifname }) => ifname === out)?.mtu;
  return size !== undefined && mtu !== undefined && size > mtu
    ? `it has ${size} bytes, and the MTU of ${out} is ${mtu}: it is refused with an ICMP error`
    : undefined;
}

function routeOut(work: Work, oif?: string): End | undefined {
  const stopped = unsent(work.seen.packet);
  if (stopped !== undefined) return { disposition: 'dropped', reason: stopped };
  const result = look(work, 'lo', oif);
  const refused = refusal(work, result);
  if (refused) return refused;
  if ('disposition' in result || result.type !== 'route') return undefined;
  const isOwn = result.kind === 'local' || result.kind === 'anycast';
  if (!isOwn && result.kind !== 'unicast')
    return {
      disposition: 'dropped',
      reason: `${work.seen.packet.dst} is a ${result.kind} address: whom it reaches is not followed`,
    };
  const { dev } = result.nexthop;
  if (!isOwn && dev !== undefined && isLoopbackSource(work.namespace, work.seen.packet, dev))
    return { disposition: 'dropped', reason: 'a loopback address is not sent out of another device' };
  return takeRoute(work, isOwn ? { dev: LOOPBACK } : result.nexthop);
}

function takeRoute(work: Work, { dev, gateway }: Nexthop): End | undefined {
  if (dev === undefined) return { disposition: 'insufficient-info', reason: 'the chosen route names no device' };
  work.seen.out = dev;
  work.nexthop = gateway ?? work.seen.packet.dst;
  return undefined;
}
