/** One passage through a namespace: netfilter, routing, netfilter again. What happens on the wire is in `wire.ts`. */
import type { Nexthop } from '../state.ts';
import { type Connections, forget, saidOf, track, translate, translatedPacket } from './conntrack.ts';
import type { Disposition } from './disposition.ts';
import { type FibResult, lookup } from './fib.ts';
import type { Seen } from './match.ts';
import { HALF, type Hook, STEPS, runTable } from './netfilter.ts';
import { type OwnAddress, masqueradeAddress, redirectAddress } from './ownAddress.ts';
import type { Packet } from './packet.ts';
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
}

/** Why a packet goes no further. */
export interface End {
  disposition: Disposition;
  reason: string;
}

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
  const stopped = runHook(work, 'PREROUTING');
  noteOthers(work, packet.dst);
  const end = stopped ?? routeIn(work);
  if (end) return passOf(work, end === 'taken' ? { type: 'taken' } : { type: 'end', ...end });
  return leave(work, runHook(work, 'FORWARD'));
}

/**
 * Connections that the namespace knows already keep their translation (`nf_nat_core.c: nf_nat_packet`), whatever the rules say now: packets of theirs
 * go elsewhere than the first one of a new connection.
 */
function noteOthers({ namespace, seen, nodes }: Work, dst: string): void {
  if (seen.packet.isAnswer) return;
  for (const { dst: from, to, count } of namespace.traffic?.translations ?? []) {
    if (from === dst && to !== seen.packet.dst)
      nodes.push(traceNode('warning', `conntrack holds ${count} connections to ${dst} that still go to ${to}`));
  }
}

/** The namespace sends a packet itself. */
export function send(namespace: NamespaceView, packet: Packet, connections: Connections): Pass {
  const work = workOf(namespace, null, packet, connections);
  const first = routeOut(work);
  if (first) return passOf(work, first === 'taken' ? { type: 'taken' } : { type: 'end', ...first });
  const { dst, mark } = packet;
  const end = runHook(work, 'OUTPUT');
  if (end) return passOf(work, { type: 'end', ...end });
  // `ip_route_me_harder`: a new destination or mark in OUTPUT means a new choice of route.
  const isChanged = work.seen.packet.dst !== dst || work.seen.packet.mark !== mark;
  const again = isChanged ? routeOut(work) : undefined;
  if (again) return passOf(work, again === 'taken' ? { type: 'taken' } : { type: 'end', ...again });
  return leave(work, undefined);
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
    },
    nodes: [],
    nat: [],
    nexthop: '',
  };
}

function passOf(work: Work, next: Pass['next']): Pass {
  work.element.nat = work.nat.length > 0 ? work.nat.join('; ') : null;
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
      if (seen.tracking.state !== 'untracked') seen.tracking = track(work.connections, seen.packet);
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
    ? masqueradeAddress(namespace, family, seen.out, nexthop)
    : redirectAddress(namespace, family, hook === 'OUTPUT' ? undefined : seen.in);
}

/** Looks up the route and notes rule, route, and the rules that led nowhere. */
function look(work: Work, iif: string): FibResult | End {
  const { packet } = work.seen;
  const fib = fibView(work.namespace, packet.family);
  if ('missing' in fib) return { disposition: 'insufficient-info', reason: fib.missing };
  const result = lookup(fib.value, { ...packet, iif });
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
  if (refused) return refused;
  if ('disposition' in result || result.type !== 'route') return undefined;
  const isOwn = result.kind === 'local' || result.kind === 'anycast';
  if (!isOwn && result.kind !== 'unicast')
    return { disposition: 'dropped', reason: `${seen.packet.dst} is a ${result.kind} address: it is not forwarded` };
  const out = isOwn ? undefined : result.nexthop.dev;
  const bad =
    (isOwn ? undefined : forwardingOff(namespace, seen.in, seen.packet.family)) ??
    badSource(namespace, seen.packet, seen.in, out);
  if (bad !== undefined) return { disposition: 'dropped', reason: bad };
  if (isOwn) return runHook(work, 'INPUT') ?? 'taken';
  if (isLinkLocal(seen.packet) && out !== seen.in)
    return { disposition: 'dropped', reason: `the source ${seen.packet.src} is link-local: it is not forwarded` };
  if (seen.packet.ttl <= 1) return { disposition: 'loop', reason: 'the TTL ran out' };
  seen.packet = { ...seen.packet, ttl: seen.packet.ttl - 1 };
  return takeRoute(work, result.nexthop);
}

function routeOut(work: Work): End | 'taken' | undefined {
  const stopped = unsent(work.seen.packet);
  if (stopped !== undefined) return { disposition: 'dropped', reason: stopped };
  const result = look(work, 'lo');
  const refused = refusal(work, result);
  if (refused) return refused;
  if ('disposition' in result || result.type !== 'route') return undefined;
  const isOwn = result.kind === 'local' || result.kind === 'anycast';
  if (!isOwn && result.kind !== 'unicast')
    return {
      disposition: 'dropped',
      reason: `${work.seen.packet.dst} is a ${result.kind} address: whom it reaches is not followed`,
    };
  if (!isOwn && isLoopbackSource(work.seen.packet, result.nexthop.dev))
    return { disposition: 'dropped', reason: 'a loopback address is not sent out of another device' };
  return isOwn ? 'taken' : takeRoute(work, result.nexthop);
}

function takeRoute(work: Work, { dev, gateway }: Nexthop): End | undefined {
  if (dev === undefined) return { disposition: 'insufficient-info', reason: 'the chosen route names no device' };
  work.seen.out = dev;
  work.nexthop = gateway ?? work.seen.packet.dst;
  return undefined;
}
