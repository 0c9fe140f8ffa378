/**
 * `dvrscope verify`: what a topology promises of every port, over any state of its cloud. Nothing is asked packet by packet: one walk settles
 * a whole class of sources and destinations (`cover.ts`), and what is broken is shown by a packet that `traceIn` confirms.
 */
import type { Topology } from '../topology/types.ts';
import type { Cloud, Side } from '../trace/cloud.ts';
import { type Trace, type TraceRequest, traceIn } from '../trace/trace.ts';
import { type View, viewOf } from '../trace/view.ts';
import { entriesOf, verifyEntries } from './entries.ts';
import { verifyExits, verifyMetadata } from './exits.ts';
import { factsOf } from './facts.ts';
import { verifyFloating } from './floating.ts';
import { verifyNeutronPorts } from './neutronPorts.ts';
import { verifyPairs } from './pairs.ts';
import { portsOf } from './ports.ts';
import { type PromiseKind, judge, resultOfTrace } from './promise.ts';
import { type Case, type Group, type Tally, countsOf, leaveOut, newTally } from './tally.ts';
import { walkerOf } from './walker.ts';
import { type Written, type WrittenOutcome, verifyWritten } from './written.ts';

/** What was asked, and what is broken. */
export interface Verification {
  from: Side;
  counts: { kind: PromiseKind; asked: number; held: number; broken: number; unknown: number }[];
  /** What the topology cannot promise, and why; the most first. */
  leftOut: Reason[];
  /** What decides is not known; the most first. */
  unknown: Reason[];
  /** The most first. */
  broken: Broken[];
  /** Promises that are written down, in their order. */
  written: Line[];
}

/** A promise that is written down, and whether it holds. */
export interface Line {
  promise: string;
  pointer?: string;
  verdict: 'held' | 'broken' | 'unknown';
  /** Packets that it is about. */
  count: number;
  /** What is wrong, or what is not known. */
  what: string | null;
  witness: Witness | null;
}

export interface Reason {
  reason: string;
  count: number;
  /** One of them. */
  example: string;
}

/** Promises that one step breaks. */
export interface Broken {
  count: number;
  kinds: { kind: PromiseKind; count: number }[];
  /** `qrouter-… on compute1` */
  places: string[];
  /** What is wrong, of the witness. */
  what: string;
  witness: Witness;
}

/** A packet that shows it. */
export interface Witness {
  /** As it is written: `reach vm1 -> vm2`. */
  promise: string;
  request: TraceRequest;
  trace: Trace;
  /** The trace breaks the promise as well: so it is, or dvrscope has a fault. */
  isConfirmed: boolean;
}

/** @param written promises besides those that the topology makes by itself */
export function verify(topology: Topology, cloud: Cloud, written: readonly Written[] = []): Verification {
  const view = viewOf(cloud);
  const tally = newTally();
  const facts = factsOf(topology);
  const walker = walkerOf(view);
  const ports = portsOf(facts, cloud.wiring.endpoints, tally);
  const work = { facts, walker, tally, ports };
  for (const name of walker.crowded)
    leaveOut(
      tally,
      'networks with so many ports that frames between these are followed for one sender of each node alone',
      1,
      () => name,
    );
  verifyPairs(work);
  verifyExits(work);
  const entries = entriesOf(work);
  verifyEntries(work, entries);
  verifyFloating(work, entries);
  verifyNeutronPorts(work);
  verifyMetadata(work);
  const lines = written.map((promise) => verifyWritten({ topology, walker }, promise));
  return verificationOf(view, tally, lines);
}

/** Only what somebody wrote down: cheap enough to be asked at every edit. */
export function verifyLines(topology: Topology, cloud: Cloud, written: readonly Written[]): Line[] {
  const view = viewOf(cloud);
  const walker = walkerOf(view);
  return written.map((promise) => lineOf(view, verifyWritten({ topology, walker }, promise)));
}

function lineOf(view: View, { promise, verdict, witness, count }: WrittenOutcome): Line {
  const request = witness && requestOf(view, witness);
  return {
    promise: promise.text,
    ...(promise.pointer === undefined ? {} : { pointer: promise.pointer }),
    verdict: verdict.type,
    count,
    what: verdict.type === 'broken' ? verdict.what : verdict.type === 'unknown' ? verdict.reason : null,
    witness: witness && request && verdict.type === 'broken' ? witnessOf(view, witness, request).witness : null,
  };
}

function verificationOf(view: View, tally: Tally, lines: readonly WrittenOutcome[]): Verification {
  return {
    from: view.cloud.from,
    counts: countsOf(tally),
    leftOut: sorted(tally.leftOut.values()),
    unknown: sorted(tally.unknown.values()),
    broken: sorted(tally.groups.values()).map((group) => brokenOf(view, group)),
    written: lines.map((line) => lineOf(view, line)),
  };
}

const sorted = <T extends { count: number }>(entries: Iterable<T>): T[] =>
  [...entries].toSorted((a, b) => b.count - a.count);

function brokenOf(view: View, { count, kinds, places, what, witness }: Group): Broken {
  const shown = witnessOf(view, witness, requestOf(view, witness));
  return {
    count,
    kinds: [...kinds].map(([kind, of]) => ({ kind, count: of })),
    places: [...places],
    what: shown.what ?? what,
    witness: shown.witness,
  };
}

/** With what is wrong, as the trace has it. The size of the packet is told only where a small one passes. */
function witnessOf(view: View, one: Case, request: TraceRequest): { witness: Witness; what?: string } {
  const { size, ...small } = request;
  if (size !== undefined) {
    const found = witnessOf(view, one, small);
    if (found.witness.isConfirmed) return found;
  }
  const trace = traceIn(view, request);
  const verdict = judge(one.expectation, resultOfTrace(trace, view.cloud.wiring.endpoints));
  const isConfirmed = verdict.type === 'broken';
  return { witness: { promise: one.text, request, trace, isConfirmed }, ...(isConfirmed && { what: verdict.what }) };
}

/** The packet of a case as a trace takes it. */
function requestOf(view: View, { from, to, protocol, dport, size }: Case): TraceRequest {
  const only = 'port' in from && view.cloud.wiring.endpoints.filter(({ name }) => name === from.port);
  const isSure = only && only.length === 1 && only[0]!.addresses.length === 1;
  return {
    from: isSure && 'port' in from ? from.port : { address: from.address, segment: from.segment },
    to,
    protocol,
    ...(dport === undefined ? {} : { dport }),
    ...(size === undefined ? {} : { size }),
  };
}
