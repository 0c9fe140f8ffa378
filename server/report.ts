/**
 * What `dvrscope check` says: problems of the topology and differences of its nodes as one list of findings.
 * The JSON is a contract (fields may be added, none renamed); the language server makes diagnostics of the same findings.
 */
import { knownFaultsOf } from '../shared/checks/known/table.ts';
import type { Comparison, Difference, NotCompared } from '../shared/compare.ts';
import { compareNode } from '../shared/compareNode.ts';
import { type Ranked, diagnoseNode, worstFirst } from '../shared/faults/diagnose.ts';
import { RELEASE_MISMATCH, misfitOf } from '../shared/fitRelease.ts';
import { pointer as join, type Pointer, type Problem, type Severity } from '../shared/problem.ts';
import type { NodeStatus } from '../shared/protocol.ts';
import type { NodeState } from '../shared/state.ts';
import { type Severities, type Silenced, ignoresOf, silence } from '../shared/silence.ts';
import type { TopologyFile } from '../shared/topology/files.ts';
import { type SourceMap, locate } from '../shared/topology/sourceMap.ts';
import type { Topology } from '../shared/topology/types.ts';
import { findingOfDiagnosis, findingOfDifference } from './finding.ts';
import { groupKnown } from './known.ts';
import type { LiveNode } from './live.ts';
import { type PlaceAt, placesOf } from './place.ts';

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
  /** Name of the fault; null without one. */
  title: string | null;
  /** What it breaks, in one sentence without a full stop; null of what is no difference. */
  breaks: string | null;
  /** Commands that only read and show it. */
  show: string[];
  /** The other nodes that have the same. */
  alsoOn: string[];
  /** Evidence that is no difference by itself. */
  facts?: { namespace: string; aspect: string; expected: string | null; live: string | null }[];
  /** Other places of the file that have to do with it: the subnet that overlaps, the port that has the address. */
  related?: { message: string; pointer: Pointer; file: string; range: Finding['range'] }[];
  /** Of a finding that groups several differences under one reason: each of them. */
  differences?: Finding[];
}

/** Of what is not known or does not apply; each finding says what does. */
export const BLANK = {
  node: null,
  namespace: null,
  aspect: null,
  expected: null,
  live: null,
  fault: null,
  fix: [] as string[],
  pointer: null,
  range: null,
  because: null,
  title: null,
  breaks: null,
  show: [] as string[],
  alsoOn: [] as string[],
};

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
  /** Faults of Neutron itself that this cloud meets: nobody's mistake, so no findings. */
  knownFaults: { code: string; message: string; file: string; range: Finding['range']; pointer: Pointer }[];
  /** `silenced`: findings that comments or settings silence, problems of the text among them; they are counted nowhere else but in `differences`. */
  summary: Record<Severity, number> & { differences: number; silenced: number };
}

export interface Reading {
  /** The root, where it is made of several. */
  file: string;
  text: string;
  topology: Topology;
  sourceMap: SourceMap;
  /** All files, the root first; offsets are over all of them. Absent: `text` is all there is. */
  files?: readonly TopologyFile[];
  problems: Problem[];
  /** Of `problems`, those that are not told. */
  silenced?: number;
}

/** What is silenced of what is found on nodes: by comments of the text, or by settings. */
export interface Silencing {
  severities: Severities;
}

/**
 * @param live one entry for each node that was to be compared; none when only the topology is checked
 * @param silencing absent: all is told, and whoever shows it leaves out what is silenced
 * @param promised promises of the file that do not hold (`verified.ts`)
 */
export function makeReport(
  reading: Reading,
  live: readonly LiveNode[],
  silencing?: Silencing,
  promised: readonly Finding[] = [],
): Report {
  const place = placesOf(reading);
  const states = new Map(live.flatMap(({ node, state }) => (state ? [[node, state] as const] : [])));
  const judged = live.map((entry) => ({ entry, ...(entry.state && judge(reading, entry.state, states, place)) }));
  const diagnoses = worstFirst(judged.flatMap(({ ranked = [] }) => ranked));
  const onNodes = [
    ...promised,
    ...releaseProblem(reading, judged).map((problem) => findingOfProblem(reading, problem, place)),
    ...diagnoses.map((diagnosis) => findingOfDiagnosis(reading, diagnosis, place)),
    ...judged.flatMap(({ known = [], comparison }) => [
      ...known,
      ...(comparison?.notCompared ?? []).flatMap((gap) => findingOfGap(reading, gap)),
    ]),
  ];
  const { kept, silenced } = silencing
    ? silenceFindings(onNodes, reading, silencing.severities)
    : { kept: onNodes, silenced: 0 };
  const findings = [
    ...kept.filter(({ kind }) => kind === 'invalid'),
    ...reading.problems.map((problem) => findingOfProblem(reading, problem, place)),
    ...kept.filter(({ kind }) => kind !== 'invalid'),
  ];
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
  return {
    topology: reading.file,
    nodes: judged.map(({ entry, comparison, ranked = [] }) => nodeReport(entry, comparison, ranked.length > 0)),
    findings,
    notChecked: judged.flatMap(({ comparison }) => (comparison?.notCompared ?? []).map(notChecked)),
    knownFaults: knownFaultsOf(reading.topology).map(({ code, message, pointer, at }) => {
      const { file, range } = place(locate(reading.sourceMap, pointer, at));
      return { code, message, file, range, pointer };
    }),
    summary: {
      error: count('error'),
      warning: count('warning'),
      information: count('information'),
      hint: count('hint'),
      differences: judged.reduce((sum, { comparison }) => sum + (comparison?.differences.length ?? 0), 0),
      silenced: silenced + (reading.silenced ?? 0),
    },
  };
}

/** What is found on nodes and to be told. Nothing of it says whether a comment is in vain: the next comparison may need it. */
/** What is left of findings on nodes, or over them, by comments of the text and by settings. */
function silenceFindings(findings: readonly Finding[], reading: Reading, severities: Severities): Silenced<Finding> {
  const place = placesOf(reading);
  // What nothing in the topology asks for stands at its node.
  const spotOf = (finding: Finding): Pick<Finding, 'file' | 'range'> =>
    finding.range ? finding : place(locate(reading.sourceMap, join('nodes', finding.node ?? ''), 'key'));
  const spots = new Map(findings.map((finding) => [finding, spotOf(finding)]));
  const lineOf = (finding: Finding): number | undefined => spots.get(finding)!.range?.start.line;
  const used: Silenced<Finding>['used'] = new Set();
  // The comments of each file are about that file.
  const kept = ownTexts(reading).flatMap(({ file, text }) => {
    const own = findings.filter((finding) => spots.get(finding)!.file === file);
    const silenced = silence(own, ignoresOf(text), severities, lineOf);
    for (const each of silenced.used) used.add(each);
    return silenced.kept;
  });
  return { kept, silenced: findings.length - kept.length, used };
}

const ownTexts = ({ file, text, files }: Reading): { file: string; text: string }[] =>
  files?.map((each, i) => ({ file: i === 0 ? file : each.path, text: each.text })) ?? [{ file, text }];

interface Judged {
  comparison: Comparison;
  ranked: Ranked[];
  /** What Neutron itself always leaves behind. */
  known: Finding[];
}

/** What is expected is not kept: of a thousand nodes it would not fit. */
function judge(reading: Reading, live: NodeState, nodes: ReadonlyMap<string, NodeState>, place: PlaceAt): Judged {
  const { topology } = reading;
  const { expected, comparison } = compareNode(topology, live);
  const { differences } = comparison;
  const { ranked, known } = diagnoseNode({ topology, node: live.node, expected, live, differences, nodes });
  const entries = known.map((difference) => ({
    known: difference.known,
    finding: findingOfDifference(reading, difference, place),
  }));
  return { comparison, ranked, known: groupKnown(entries) };
}

/** One look at the whole cloud, before anybody believes hundreds of differences: its agents may be of another release than the file says. */
function releaseProblem({ topology }: Reading, judged: readonly Partial<Judged & { entry: LiveNode }>[]): Problem[] {
  const compared = judged.flatMap(({ entry, comparison }) =>
    entry?.state && comparison ? [{ live: entry.state, differences: comparison.differences }] : [],
  );
  const misfit = topology.release === undefined ? undefined : misfitOf(topology, compared);
  if (!misfit) return [];
  const { said, differences, fits, left, nodes } = misfit;
  const better = fits.length > 1 ? `${fits[0]} to ${fits.at(-1)}` : fits[0]!;
  const message = `${nodes.join(', ')} look like agents of ${better}, not of ${said}: ${differences} differences with ${said}, ${left} with ${fits.at(-1)}. Set "release: ${fits.at(-1)}", or leave the line out and the nodes tell.`;
  return [{ code: RELEASE_MISMATCH.code, severity: 'warning', message, pointer: '/release', at: 'value' }];
}

/** A fault may be seen without a difference: then the node differs as well. */
function nodeReport(
  { node, failure, error }: LiveNode,
  comparison: Comparison | undefined,
  isFaulty: boolean,
): NodeReport {
  if (!comparison) return { node, status: failure ?? 'not-collected', error: error ?? null };
  if (comparison.differences.length > 0 || isFaulty) return { node, status: 'differs', error: error ?? null };
  // Of what did not come nobody knows whether it is in sync.
  return { node, status: error === undefined ? 'in-sync' : 'not-collected', error: error ?? null };
}

function findingOfProblem({ sourceMap }: Reading, problem: Problem, place: PlaceAt): Finding {
  const { code, severity, message, pointer, at, range, related = [] } = problem;
  return {
    ...BLANK,
    code,
    severity,
    message,
    kind: 'invalid',
    pointer,
    ...place(range ?? locate(sourceMap, pointer, at ?? 'value')),
    ...(related.length > 0 && {
      related: related.map((other) => ({
        ...other,
        ...place(other.range ?? locate(sourceMap, other.pointer, 'key')),
      })),
    }),
  };
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
      ...BLANK,
      code: 'not-collected',
      severity: 'information',
      message: `${where}: ${family}${aspect} were not collected, so they were not compared: ${reason}`,
      kind: 'not-collected',
      node,
      namespace: namespace === '-' ? null : namespace,
      aspect,
      file,
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
