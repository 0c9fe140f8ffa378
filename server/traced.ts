/** One packet over the expected state and, where there is one, the live one; where they part, and the findings that explain it. */
import { explainDivergence } from '../shared/faults/explain.ts';
import type { NodeState } from '../shared/state.ts';
import { locate } from '../shared/topology/sourceMap.ts';
import { type Divergence, divergence, withReasons } from '../shared/trace/diverge.ts';
import type { LineOf } from '../shared/trace/render.ts';
import { type Trace, type TraceRequest, trace } from '../shared/trace/trace.ts';
import type { TraceNode } from '../shared/trace/tree.ts';
import { type AllocationsByNode, expectedCloudOnDemand, liveCloud } from '../shared/wiring.ts';
import { findingOfDiagnosis, positionsOf } from './finding.ts';
import type { Finding, Reading } from './report.ts';

/** The text that is traced over, where its entries stand, and its name for a person. */
export type Source = Pick<Reading, 'file' | 'text' | 'topology' | 'sourceMap'>;

/** What became of the packet. */
export interface Traced {
  expected: Trace;
  /** Absent where no live state is known. */
  live?: Trace;
  parting: Divergence | null;
  /** What explains the parting, the first one foremost; nearly always one. */
  findings: Finding[];
}

/** @param states absent: only what is expected */
export function traced(
  source: Source,
  request: TraceRequest,
  allocations: AllocationsByNode,
  states?: NodeState[],
): Traced {
  const { topology } = source;
  const expected = trace(expectedCloudOnDemand(topology, allocations), request);
  if (!states) return { expected, parting: null, findings: [] };
  const live = trace(liveCloud(topology, states, allocations), request);
  const parting = divergence(expected, live);
  const over = { topology, allocations, states, request, expected, live };
  const position = positionsOf(source.text);
  const reading = { ...source, problems: [] };
  const findings = (parting ? explainDivergence(over, parting) : []).map((diagnosis) =>
    findingOfDiagnosis(reading, diagnosis, position),
  );
  return { expected, live: withReasons(expected, live), parting, findings };
}

/** `cloud.dvr.yaml:83`, the line counted from 1. */
export function linesOf({ file, text, sourceMap }: Source): LineOf {
  const position = positionsOf(text);
  return (pointer) => {
    const range = position(locate(sourceMap, pointer, 'key'));
    return range ? `${file}:${range.start.line + 1}` : undefined;
  };
}

/** A tree in which each reason says where its line is, as findings do. */
export function placedTree(source: Source, tree: TraceNode): unknown {
  const position = positionsOf(source.text);
  const placed = ({ because, children, ...node }: TraceNode): unknown => {
    const range = because && position(locate(source.sourceMap, because.pointer, 'key'));
    return {
      ...node,
      ...(because ? { because: { ...because, file: source.file, range } } : {}),
      children: children.map(placed),
    };
  };
  return placed(tree);
}
