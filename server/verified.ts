/** What `dvrscope verify` says, as data: the JSON of the command line (a contract: fields may be added, none renamed) and findings for other formats. */
import type { Problem } from '../shared/problem.ts';
import type { Topology } from '../shared/topology/types.ts';
import type { Cloud } from '../shared/trace/cloud.ts';
import { locate } from '../shared/topology/sourceMap.ts';
import type { Trace, TraceRequest } from '../shared/trace/trace.ts';
import type { PromiseKind } from '../shared/verify/promise.ts';
import {
  type Broken,
  type Line,
  type Reason,
  type Verification,
  type Witness,
  verifyLines,
} from '../shared/verify/verify.ts';
import { allocationsOf, expectedCloudWithoutSwitches, liveCloud, wiringOf, withoutSwitch } from '../shared/wiring.ts';
import type { NodeState } from '../shared/state.ts';
import { shellWord } from './collect/shellQuote.ts';
import { placesOf } from './place.ts';
import { BLANK, type Finding, type Reading } from './report.ts';

/** A packet that breaks a promise, and how to see its way. */
export interface WitnessReport {
  promise: string;
  from: TraceRequest['from'];
  to: string;
  protocol: string;
  dport: number | null;
  /** Bytes, where the largest packet that may pass is asked for. */
  size: number | null;
  /** The command that shows it. */
  command: string;
  /** The trace breaks the promise as well. */
  isConfirmed: boolean;
  /** As `trace --format json` has it. */
  trace: Trace;
}

/** `verify --format json`. */
export interface VerifyReport {
  topology: string;
  from: 'expected' | 'live';
  nodes: { node: string; error: string | null }[];
  counts: Verification['counts'];
  leftOut: Reason[];
  unknown: Reason[];
  broken: (Omit<Broken, 'witness'> & { witness: WitnessReport })[];
  written: (Omit<Line, 'witness' | 'pointer'> & {
    pointer: string | null;
    file: string | null;
    range: Finding['range'];
    witness: WitnessReport | null;
  })[];
  summary: Record<'asked' | 'held' | 'broken' | 'unknown', number>;
}

/** What a state was read from, as options of the command line: `--snapshot DIR`. */
export type SourceWords = readonly string[];

export function verifyReport(
  reading: Reading,
  verification: Verification,
  nodes: VerifyReport['nodes'],
  source: SourceWords,
): VerifyReport {
  const { from, counts, leftOut, unknown, broken, written } = verification;
  const place = placesOf(reading);
  const told = (witness: Witness): WitnessReport => witnessReport(reading.file, witness, source);
  const lines = written.map(({ pointer, witness, ...line }) => ({
    ...line,
    pointer: pointer ?? null,
    ...(pointer === undefined ? { file: null, range: null } : place(locate(reading.sourceMap, pointer, 'value'))),
    witness: witness && told(witness),
  }));
  const all = [...counts, ...writtenCounts(written)];
  const sum = (key: 'asked' | 'held' | 'broken' | 'unknown') => all.reduce((total, count) => total + count[key], 0);
  return {
    topology: reading.file,
    from,
    nodes,
    counts: all,
    leftOut,
    unknown,
    broken: broken.map(({ witness, ...rest }) => ({ ...rest, witness: told(witness) })),
    written: lines,
    summary: { asked: sum('asked'), held: sum('held'), broken: sum('broken'), unknown: sum('unknown') },
  };
}

function writtenCounts(lines: readonly Line[]): Verification['counts'] {
  if (lines.length === 0) return [];
  const count = (verdict: Line['verdict']) => lines.filter((line) => line.verdict === verdict).length;
  const kind: PromiseKind = 'written';
  return [{ kind, asked: lines.length, held: count('held'), broken: count('broken'), unknown: count('unknown') }];
}

function witnessReport(
  file: string,
  { promise, request, trace, isConfirmed }: Witness,
  source: SourceWords,
): WitnessReport {
  const { from, to, protocol = 'icmp', dport, size } = request;
  return {
    promise,
    from,
    to,
    protocol,
    dport: dport ?? null,
    size: size ?? null,
    command: traceCommand(file, request, source),
    isConfirmed,
    trace,
  };
}

/** `dvrscope trace cloud.dvr.yaml --from vm1 --to 8.8.8.8 --live` */
export function traceCommand(
  file: string,
  { from, to, protocol = 'icmp', dport, size }: TraceRequest,
  source: SourceWords,
): string {
  const words = [
    'dvrscope',
    'trace',
    file,
    '--from',
    typeof from === 'string' ? from : `${from.address}@${from.segment}`,
    '--to',
    to,
  ];
  if (protocol !== 'icmp') words.push('--protocol', protocol);
  if (dport !== undefined) words.push('--dport', String(dport));
  if (size !== undefined) words.push('--size', String(size));
  return [...words, ...source].map(shellWord).join(' ');
}

/** Written promises over one state. */
function linesOver(topology: Topology, cloud: Cloud): Line[] {
  return verifyLines(topology, cloud, topology.promises ?? []);
}

/** Those that cannot be read are told already. */
const isTold = (problems: readonly Problem[], pointer: string | undefined): boolean =>
  problems.some(({ code, pointer: other }) => code === 'bad-promise' && other === pointer);

/** What the expected state breaks, for the editor: only of a file that has promises. @param expected asked for only then */
export function promiseProblems(
  topology: Topology,
  problems: readonly Problem[],
  expected: () => NodeState[],
): Problem[] {
  if (!topology.promises) return [];
  const cloud: Cloud = {
    from: 'expected',
    states: expected().map(withoutSwitch),
    wiring: wiringOf(topology, new Map()),
  };
  return linesOver(topology, cloud).flatMap((line): Problem[] => {
    const { verdict, pointer = '' } = line;
    if (verdict === 'held' || isTold(problems, pointer)) return [];
    return [{ ...codeOf(verdict), message: messageOfLine(line, 'expected', undefined), pointer }];
  });
}

/** Of what was found in an earlier version, what is about lines that still stand where they stood. */
export const toldPromises = ({ promises = [] }: Topology, found: readonly Problem[] = []): Problem[] =>
  found.filter(({ pointer, message }) =>
    promises.some(({ pointer: other, text }) => other === pointer && message.includes(`"${text}"`)),
  );

const codeOf = (verdict: 'broken' | 'unknown'): Pick<Problem, 'code' | 'severity'> =>
  verdict === 'broken'
    ? { code: 'promise-broken', severity: 'error' }
    : { code: 'promise-unknown', severity: 'information' };

/** What breaks, or cannot be decided, as a problem of the line that promises it. */
function messageOfLine(
  { promise, verdict, what, witness }: Line,
  side: 'expected' | 'live',
  command: string | undefined,
): string {
  const state = side === 'expected' ? 'what this file makes of the cloud' : 'the live state';
  if (verdict === 'unknown') return `Whether "${promise}" holds over ${state} is not known: ${what}.`;
  const see = witness && command !== undefined ? ` To see it: ${command}` : '';
  return `The promise "${promise}" does not hold over ${state}: ${what}.${see}`;
}

/** Findings `promise-broken`, and `promise-unknown` for what cannot be decided: over the expected state, and over the live one where there is one. */
export function promiseFindings(
  reading: Reading,
  states: NodeState[] | undefined,
  source: SourceWords,
  sides: readonly ('expected' | 'live')[] = ['expected', 'live'],
): Finding[] {
  const { topology } = reading;
  if (!topology.promises) return [];
  const allocations = states ? allocationsOf(topology, states) : new Map();
  const found = (side: 'expected' | 'live', cloud: Cloud): Finding[] =>
    linesOver(topology, cloud).flatMap((line) => findingOfLine(reading, line, side, source));
  return [
    ...(sides.includes('expected') ? found('expected', expectedCloudWithoutSwitches(topology, allocations)) : []),
    ...(states && sides.includes('live') ? found('live', liveCloud(topology, states, allocations)) : []),
  ];
}

function findingOfLine(reading: Reading, line: Line, side: 'expected' | 'live', source: SourceWords): Finding[] {
  const { verdict, pointer = '', witness } = line;
  if (verdict === 'held' || isTold(reading.problems, pointer)) return [];
  const command = witness ? traceCommand(reading.file, witness.request, side === 'live' ? source : []) : undefined;
  const last = side === 'live' ? witness?.trace.path.at(-1) : undefined;
  return [
    {
      ...BLANK,
      ...codeOf(verdict),
      message: messageOfLine(line, side, command),
      kind: 'invalid',
      node: last?.node ?? null,
      namespace: last?.namespace ?? null,
      pointer,
      ...placesOf(reading)(locate(reading.sourceMap, pointer, 'value')),
      show: command === undefined ? [] : [command],
    },
  ];
}
