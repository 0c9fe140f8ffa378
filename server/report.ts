/**
 * What `dvrscope check` says: problems of the topology and differences of its nodes as one list of findings.
 * The JSON is a contract (fields may be added, none renamed); the language server makes diagnostics of the same findings.
 */
import { type Comparison, type Difference, type NotCompared, compare } from '../shared/compare.ts';
import { expect } from '../shared/expect.ts';
import type { Pointer, Problem, Range, Severity } from '../shared/problem.ts';
import { readAllocations } from '../shared/readAllocations.ts';
import type { NodeStatus } from '../shared/protocol.ts';
import type { NodeState } from '../shared/state.ts';
import { type SourceMap, locate } from '../shared/topology/sourceMap.ts';
import type { Topology } from '../shared/topology/types.ts';
import { shellWord } from './collect/shellQuote.ts';
import { groupKnown } from './known.ts';
import type { LiveNode } from './live.ts';

export interface Position {
  /** Both from 0, in UTF-16 units, as in LSP. */
  line: number;
  character: number;
}

export interface Finding {
  code: string;
  severity: Severity;
  message: string;
  kind: 'invalid' | Difference['kind'] | 'not-collected';
  node: string | null;
  namespace: string | null;
  aspect: string | null;
  expected: string | null;
  live: string | null;
  /** Id in the catalogue of faults, or null. */
  fault: string | null;
  /** Commands that a person may run on the node. */
  fix: string[];
  pointer: Pointer | null;
  file: string;
  range: { start: Position; end: Position } | null;
  /** Why the item was expected: a sentence and Neutron's identifier. */
  because: { sentence: string; neutron: string } | null;
  /** Of a finding that groups several differences under one reason: each of them. */
  differences?: Finding[];
}

export interface NodeReport {
  node: string;
  status: NodeStatus;
  error: string | null;
}

export interface Report {
  topology: string;
  nodes: NodeReport[];
  findings: Finding[];
  /** What was not compared and why: not modelled yet, or not collected. */
  notChecked: {
    node: string;
    namespace: string;
    aspect: string;
    family: string | null;
    side: string;
    reason: string;
  }[];
  summary: Record<Severity, number> & { differences: number };
}

export interface Reading {
  file: string;
  text: string;
  topology: Topology;
  sourceMap: SourceMap;
  problems: Problem[];
}

/** @param live one entry for each node that was to be compared; none when only the topology is checked */
export function makeReport(reading: Reading, live: readonly LiveNode[]): Report {
  const position = positionsOf(reading.text);
  const comparisons = live.map((entry) => ({
    entry,
    comparison: entry.state && compareNode(reading.topology, entry.state),
  }));
  const findings = [
    ...reading.problems.map((problem) => findingOfProblem(reading, problem, position)),
    ...comparisons.flatMap(({ comparison }) => [
      ...groupKnown(
        (comparison?.differences ?? []).map((difference) => ({
          known: difference.known,
          finding: findingOfDifference(reading, difference, position),
        })),
      ),
      ...(comparison?.notCompared ?? []).flatMap((gap) => findingOfGap(reading, gap)),
    ]),
  ];
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
  return {
    topology: reading.file,
    nodes: comparisons.map(({ entry, comparison }) => nodeReport(entry, comparison)),
    findings,
    notChecked: comparisons.flatMap(({ comparison }) => (comparison?.notCompared ?? []).map(notChecked)),
    summary: {
      error: count('error'),
      warning: count('warning'),
      information: count('information'),
      differences: comparisons.reduce((sum, { comparison }) => sum + (comparison?.differences.length ?? 0), 0),
    },
  };
}

export const compareNode = (topology: Topology, live: NodeState): Comparison =>
  compare(expect(topology, live.node, readAllocations(topology, live.node, live)), live);

function nodeReport({ node, failure, error }: LiveNode, comparison: Comparison | undefined): NodeReport {
  if (comparison) return { node, status: comparison.differences.length > 0 ? 'differs' : 'in-sync', error: null };
  return { node, status: failure ?? 'not-collected', error: error ?? null };
}

type PositionAt = (range: Range | undefined) => Finding['range'];

/** Offsets into lines and columns. */
function positionsOf(text: string): PositionAt {
  const starts = [0];
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) starts.push(i + 1);
  const position = (offset: number): Position => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low, character: offset - starts[low]! };
  };
  return (range) => (range ? { start: position(range[0]), end: position(range[1]) } : null);
}

function findingOfProblem({ file, sourceMap }: Reading, problem: Problem, position: PositionAt): Finding {
  const { code, severity, message, pointer, at, range } = problem;
  return {
    code,
    severity,
    message,
    kind: 'invalid',
    node: null,
    namespace: null,
    aspect: null,
    expected: null,
    live: null,
    fault: null,
    fix: [],
    pointer,
    file,
    range: position(range ?? locate(sourceMap, pointer, at ?? 'value')),
    because: null,
  };
}

/** A namespace or state file that is left over harms less than one that is wrong. */
const severityOf = ({ kind, aspect }: Difference): Severity =>
  aspect === 'allocations' || (kind === 'unexpected' && aspect === 'namespaces') ? 'warning' : 'error';

function findingOfDifference({ file, sourceMap }: Reading, difference: Difference, position: PositionAt): Finding {
  const { node, namespace, aspect, kind, noun, expected, live, because, repair } = difference;
  return {
    code: `${noun}-${kind}`,
    severity: severityOf(difference),
    message: messageOf(difference),
    kind,
    node,
    namespace,
    aspect,
    expected,
    live,
    fault: null,
    fix: repair.map((words) => [...inNamespace(namespace), ...words].map(shellWord).join(' ')),
    pointer: because?.pointer ?? null,
    file,
    range: because ? position(locate(sourceMap, because.pointer, 'key')) : null,
    because: because ? { sentence: because.sentence, neutron: because.neutron } : null,
  };
}

/** What a command is run by: `-` is the node itself. */
const inNamespace = (namespace: string): string[] => (namespace === '-' ? [] : ['ip', 'netns', 'exec', namespace]);

const SENTENCE: Record<Difference['kind'], string> = {
  missing: 'is missing',
  unexpected: 'should not be there',
  different: 'is different',
  misplaced: 'is on the wrong node',
};

function messageOf({ node, namespace, aspect, kind, noun, expected, live, because }: Difference): string {
  const where = namespace === '-' || aspect === 'namespaces' ? node : `${node} ${namespace}`;
  const what = noun.replaceAll('-', ' ');
  const item = kind === 'different' ? `expected "${expected}", live "${live}"` : `"${expected ?? live}"`;
  const why = because ? ` Expected because ${because.sentence}.` : ' Nothing in the topology asks for it.';
  return `${where}: ${what} ${SENTENCE[kind]}: ${item.replaceAll('\t', ' ')}.${why}`;
}

/** Only what was to be collected and was not; what the engine does not model stands in `notChecked` alone. */
function findingOfGap({ file }: Reading, gap: NotCompared): Finding[] {
  if (gap.side !== 'live') return [];
  const { node, namespace, aspect, reason } = gap;
  const family = gap.family === 'inet6' ? 'IPv6 ' : gap.family === 'inet' ? 'IPv4 ' : '';
  if (gap.family === 'inet6') return [];
  // DHCP namespaces decide nothing about routed packets: what is not known of them stands in `notChecked`, too.
  if (namespace.startsWith('qdhcp-')) return [];
  const where = namespace === '-' ? node : `${node} ${namespace}`;
  return [
    {
      code: 'not-collected',
      severity: 'information',
      message: `${where}: ${family}${aspect} were not collected, so they were not compared: ${reason}`,
      kind: 'not-collected',
      node,
      namespace: namespace === '-' ? null : namespace,
      aspect,
      expected: null,
      live: null,
      fault: null,
      fix: [],
      pointer: null,
      file,
      range: null,
      because: null,
    },
  ];
}

const notChecked = ({ node, namespace, aspect, family, side, reason }: NotCompared): Report['notChecked'][number] => ({
  node,
  namespace,
  aspect,
  family: family ?? null,
  side,
  reason,
});
