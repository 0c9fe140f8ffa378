/** What a promise is, what became of a packet that tests it, and the judgement. For packets that were walked and for those that were traced. */
import type { Endpoint } from '../trace/cloud.ts';
import type { Decider } from '../trace/pass.ts';
import type { Trace } from '../trace/trace.ts';
import type { TraceNode } from '../trace/tree.ts';
import type { Outcome } from './walk.ts';

/** What promises are about, as a report counts them. */
export const PROMISES = {
  inside: 'ports reach the other ports of their subnets and of those that their router connects',
  outside: 'ports reach the outside, which sees the right address',
  'no-way-out': 'ports of routers without gateway do not get out, and are told so',
  'floating-ip': 'floating IPs and forwarded ports are reached from outside, and answer',
  'floating-inside': 'ports reach floating IPs and forwarded ports, which see the right address',
  neutron: 'ports reach gateways, SNAT and DHCP ports on the subnets of their router',
  metadata: 'metadata requests end at the proxy of the own router',
  apart: 'ports do not reach networks that no router of theirs connects, nor other address scopes',
  written: 'promises that are written down',
} as const;
export type PromiseKind = keyof typeof PROMISES;

/** The codes of what becomes of written promises, and what each is about. */
export const PROMISE_CODES = {
  'promise-broken':
    'A line of `promises` that does not hold: the message says what becomes of its packet, and the command that shows the whole way.',
  'promise-unknown':
    'A line of `promises` of which nobody can say whether it holds, because something that decides is not known.',
} as const;

/** What must come of a packet. */
export type Expectation =
  /** One of the ports gets it (at that TCP or UDP port, and from that source, where they are named), and its answer comes back. */
  | { type: 'reach'; ports: readonly string[]; dport?: number; source?: string; isUnanswered?: true }
  /** It leaves as that source (by one of the gateways, where they are named); somebody outside can answer, unless the source is a tenant's address. */
  | { type: 'exit'; source?: string; gateways?: readonly string[]; isAnswered: boolean }
  /** Its router says that there is no way. */
  | { type: 'no-way' }
  /** It does not leave. */
  | { type: 'no-exit' }
  /** A namespace of that kind takes it and answers; on that node, when one is named. */
  | { type: 'taken'; namespace: string; node?: string }
  /** Somebody takes it and answers: that port, where one is named. */
  | { type: 'answered'; port?: string; source?: string; isOwn: boolean }
  /** That port does not get it; without a port nobody does. */
  | { type: 'unreached'; port?: string }
  /** None of the foreign ports gets it. */
  | { type: 'apart'; isForeign: (port: string) => boolean };

/** Of an outcome what a judgement needs; made of a walk or of a trace. */
export interface Result extends Omit<Outcome, 'end' | 'final'> {
  end: { type: 'endpoint' | 'namespace' | 'outside'; name: string; node: string | null } | null;
  dport: number | null;
}

/** `broken` says what is wrong in a few words. */
export type Verdict =
  | { type: 'held' }
  | { type: 'unknown'; reason: string }
  | { type: 'broken'; what: string; isBack: boolean; decider?: Decider };

const HELD: Verdict = { type: 'held' };

/** When a state has so many ways that not all were looked at. */
export const TOO_MANY = {
  type: 'unknown',
  reason: 'there are too many different ways to look at all of them',
} as const;

/** Judges what became of a packet. */
export function judge(expectation: Expectation, result: Result): Verdict {
  const { disposition, reply, reason, end, decider } = result;
  // That it is delivered to the wrong port is known even when its reply is not.
  if (disposition === 'insufficient-info') return { type: 'unknown', reason };
  const wrong = wrongEnd(expectation, result);
  // Whoever has it, what became of its reply is another matter.
  if (wrong !== undefined)
    return { type: 'broken', what: wrong, isBack: false, ...(decider && end === null && { decider }) };
  const { type } = expectation;
  if (type === 'apart' || type === 'no-exit' || type === 'no-way' || type === 'unreached') return HELD;
  if (type === 'exit' && !expectation.isAnswered) return HELD;
  if (type === 'reach' && expectation.isUnanswered) return HELD;
  if (type === 'answered' && expectation.isOwn && end?.type === 'outside') return HELD;
  if (result.answered) return HELD;
  if (reply === 'insufficient-info') return { type: 'unknown', reason };
  const what = reply === null ? 'nobody answers' : `the reply does not come back as one: ${reply}: ${reason}`;
  return { type: 'broken', what, isBack: true, ...(decider && reply !== null && { decider }) };
}

function wrongEnd(expectation: Expectation, result: Result): string | undefined {
  const { disposition, end, sourceSeen, reason } = result;
  const stopped = `${disposition}: ${reason}`;
  switch (expectation.type) {
    case 'reach':
      return wrongReceiver(expectation, result);
    case 'exit':
      return wrongExit(expectation, result);
    case 'no-way':
      if (end !== null) return `it gets ${end.type === 'outside' ? 'out' : `to ${end.name}`} as ${sourceSeen ?? '?'}`;
      return disposition === 'no-route'
        ? undefined
        : `the router has no gateway, and sends it on all the same: ${stopped}`;
    case 'no-exit':
      return end?.type === 'outside' ? `it gets out as ${sourceSeen ?? '?'}` : undefined;
    case 'taken':
      if (end?.type !== 'namespace')
        return end === null ? stopped : end.type === 'outside' ? 'it leaves to the outside' : `${end.name} gets it`;
      return end.name.startsWith(expectation.namespace) && (expectation.node ?? end.node) === end.node
        ? undefined
        : `${end.name} on ${end.node} takes it`;
    case 'answered':
      if (end === null) return stopped;
      if (expectation.port !== undefined && end.name !== expectation.port)
        return `${end.name} gets it, not ${expectation.port}`;
      return expectation.source !== undefined && sourceSeen !== expectation.source
        ? `the receiver sees ${sourceSeen ?? 'nobody'}, not ${expectation.source}`
        : undefined;
    case 'unreached':
      return end !== null && (expectation.port ?? end.name) === end.name ? `${end.name} gets it` : undefined;
    default:
      return end?.type === 'endpoint' && expectation.isForeign(end.name) ? `${end.name} gets it` : undefined;
  }
}

function wrongReceiver(
  { ports, source, dport: wanted }: Extract<Expectation, { type: 'reach' }>,
  { disposition, end, sourceSeen, dport, reason }: Result,
): string | undefined {
  if (end?.type === 'outside') return 'it leaves to the outside';
  if (end?.type === 'namespace') return `${end.name} on ${end.node} takes it`;
  if (!end) return `${disposition}: ${reason}`;
  if (!ports.includes(end.name)) return `${end.name} gets it, not ${ports.join(' or ')}`;
  if (wanted !== undefined && dport !== wanted) return `it arrives at port ${dport ?? '?'}, not ${wanted}`;
  return source !== undefined && sourceSeen !== source
    ? `${end.name} sees ${sourceSeen ?? 'nobody'}, not ${source}`
    : undefined;
}

function wrongExit(
  { source, gateways }: Extract<Expectation, { type: 'exit' }>,
  { disposition, end, sourceSeen, reason, last }: Result,
): string | undefined {
  if (end?.type !== 'outside') return end?.type === 'endpoint' ? `${end.name} gets it` : `${disposition}: ${reason}`;
  if (source !== undefined && sourceSeen !== source) return `the outside sees ${sourceSeen ?? 'nobody'}, not ${source}`;
  // As `hopText` in `trace/text.ts` writes a route.
  const via = / via (\S+)/.exec(last?.route ?? '')?.[1];
  return via !== undefined && gateways !== undefined && !gateways.includes(via)
    ? `it is sent to ${via}, which is no gateway of ${end.name}`
    : undefined;
}

/** The result of a walk, as it is for one destination of its class. */
export function resultOf(outcome: Outcome, end = outcome.end): Result {
  const { final, ...rest } = outcome;
  return { ...rest, end: end && placeOf(end), dport: final.dport ?? null };
}

/** What the walked packet keeps of its own source is, for another of the class, that one's own. */
export const asSentBy = (result: Result, walked: string, own: string): Result =>
  result.sourceSeen === walked ? { ...result, sourceSeen: own } : result;

function placeOf(end: NonNullable<Outcome['end']>): Result['end'] {
  if (end.type === 'outside') return { type: 'outside', name: end.segment, node: null };
  if (end.type === 'namespace') return { type: 'namespace', name: end.namespace.name, node: end.namespace.node };
  return { type: 'endpoint', name: end.endpoint.name, node: end.endpoint.node ?? null };
}

/** The same of a trace. */
export function resultOfTrace(
  { disposition, final, tree, path, sourceSeen, answered, reply }: Trace,
  endpoints: readonly Endpoint[],
): Result {
  const at = tree.children.findIndex(({ type }) => type === 'end');
  const there = at < 0 ? tree.children : tree.children.slice(0, at);
  const back = tree.children.find(({ type }) => type === 'reply');
  const place = there.findLast(({ type }) => type === 'endpoint' || type === 'outside' || type === 'namespace');
  const isHeld = disposition === 'delivered' || disposition === 'exits-network';
  return {
    disposition,
    end: isHeld && place ? endOf(place, endpoints) : null,
    dport: final.dport ?? null,
    sourceSeen,
    answered,
    reply: reply?.disposition ?? null,
    reason: reasonOf(back ? (back.children.findLast(({ type }) => type === 'end') ?? back) : tree.children[at]),
    last: path.at(-1) ?? null,
    lastBack: reply?.path.at(-1) ?? null,
  };
}

const reasonOf = (node: TraceNode | undefined): string => node?.text.replace(/^[a-z-]+: /, '') ?? '';

function endOf({ type, text, node, namespace }: TraceNode, endpoints: readonly Endpoint[]): Result['end'] {
  if (type === 'namespace') return { type, name: namespace ?? text, node: node ?? null };
  if (type === 'outside') return { type, name: text.replace('outside, on ', ''), node: null };
  const endpoint = endpoints.find((each) => `${each.name} on ${each.node ?? 'no node'}` === text);
  return { type: 'endpoint', name: endpoint?.name ?? text, node: endpoint?.node ?? null };
}
