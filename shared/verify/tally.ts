/** Counts what was asked, and groups what is broken: promises that break by the same step at the same place are one finding. */
import type { Packet } from '../trace/packet.ts';
import type { PathElement } from '../trace/pass.ts';
import type { Expectation, PromiseKind, Result, Verdict } from './promise.ts';

/** The packet that a promise is about: enough to trace it. */
export interface Case {
  kind: PromiseKind;
  /** Name of a port, with the address that it sends from; or an address outside, with its segment. */
  from: { port: string; address: string; segment: string } | { address: string; segment: string };
  to: string;
  protocol: Packet['protocol'];
  dport?: number;
  /** Bytes, where the largest packet that may pass is asked for. */
  size?: number;
  expectation: Expectation;
  /** The promise in the words in which one is written: `reach vm1 -> vm2`. */
  text: string;
}

/** Promises that are broken in the same way. */
export interface Group {
  count: number;
  kinds: Map<PromiseKind, number>;
  /** Where: `qrouter-… on compute1`, each once. */
  places: Set<string>;
  /** The first. */
  witness: Case;
  what: string;
  disposition: string;
}

export interface Count {
  held: number;
  broken: number;
  unknown: number;
}

export interface Tally {
  counts: Map<PromiseKind, Count>;
  leftOut: Map<string, { reason: string; count: number; example: string }>;
  groups: Map<string, Group>;
  unknown: Map<string, { reason: string; count: number; example: string }>;
}

export const newTally = (): Tally => ({ counts: new Map(), leftOut: new Map(), groups: new Map(), unknown: new Map() });

/** Only who writes a promise down says that security groups should permit it. */
export const NOT_PERMITTED =
  'ways that the openvswitch firewall does not permit: what security groups say is not in the topology';

/** @param count for how many promises of the kind the case stands */
export function settle(
  tally: Tally,
  verdict: Verdict,
  result: Result | undefined,
  one: () => Case,
  kind: PromiseKind,
  count: number,
): void {
  if (count === 0) return;
  if (verdict.type === 'broken' && kind !== 'written' && verdict.decider === 'security-groups')
    return leaveOut(tally, NOT_PERMITTED, count, () => one().text);
  if (!tally.counts.has(kind)) tally.counts.set(kind, { held: 0, broken: 0, unknown: 0 });
  tally.counts.get(kind)![verdict.type] += count;
  if (verdict.type === 'unknown') noteReason(tally.unknown, verdict.reason, count, () => one().text);
  if (verdict.type === 'broken') noteBroken(tally, verdict, result, one(), count);
}

export function leaveOut(tally: Tally, reason: string, count: number, example: () => string): void {
  if (count > 0) noteReason(tally.leftOut, reason, count, example);
}

function noteReason(reasons: Tally['leftOut'], reason: string, count: number, example: () => string): void {
  const known = reasons.get(reason);
  if (known) known.count += count;
  else reasons.set(reason, { reason, count, example: example() });
}

type Broken = Extract<Verdict, { type: 'broken' }>;

function noteBroken(tally: Tally, broken: Broken, result: Result | undefined, witness: Case, count: number): void {
  const last = (broken.isBack ? result?.lastBack : undefined) ?? result?.last ?? null;
  const key = keyOf(broken, result, last, witness);
  const place = last ? `${last.namespace} on ${last.node}` : `network ${witness.from.segment}`;
  const group = tally.groups.get(key) ?? {
    count: 0,
    kinds: new Map(),
    places: new Set(),
    witness,
    what: broken.what,
    disposition: result?.disposition ?? '',
  };
  tally.groups.set(key, group);
  group.count += count;
  group.kinds.set(witness.kind, (group.kinds.get(witness.kind) ?? 0) + count);
  group.places.add(place);
}

/** Kind of a namespace or device: `qrouter`, `qg`. */
const kindOf = (name: string | null | undefined): string => name?.split('-')[0] ?? '';

/**
 * The step: which way, how it ended, the node, and the kinds of namespace and devices there. Of namespaces of one kind on one node each may be
 * broken in the same way, by one cause: they are listed as places of one finding.
 */
function keyOf({ isBack }: Broken, result: Result | undefined, last: PathElement | null, { kind, text }: Case): string {
  if (!result || kind === 'written') return `written ${text}`;
  const { disposition, reply, end } = result;
  const at = last ? [last.node, kindOf(last.namespace), kindOf(last.in), kindOf(last.out)] : [];
  return JSON.stringify([isBack, disposition, reply, end?.type, kind === 'apart', ...at]);
}

/** Kinds in the order of their table, with their counts. */
export const countsOf = ({ counts }: Tally): ({ kind: PromiseKind; asked: number } & Count)[] =>
  ORDER.flatMap((kind) => {
    const count = counts.get(kind);
    return count ? [{ kind, asked: count.held + count.broken + count.unknown, ...count }] : [];
  });

const ORDER: readonly PromiseKind[] = [
  'inside',
  'outside',
  'no-way-out',
  'floating-ip',
  'floating-inside',
  'neutron',
  'metadata',
  'apart',
];
