/** One packet over the expected state and, where there is one, the live one; where they part, and the findings that explain it. */
import { explainDivergence } from '../shared/faults/explain.ts';
import type { NodeState } from '../shared/state.ts';
import { locate } from '../shared/topology/sourceMap.ts';
import { type Divergence, divergence, withReasons } from '../shared/trace/diverge.ts';
import type { LineOf } from '../shared/trace/render.ts';
import { type Trace, type TraceRequest, traceIn } from '../shared/trace/trace.ts';
import type { TraceNode } from '../shared/trace/tree.ts';
import type { AllocationsByNode } from '../shared/wiring.ts';
import { findingOfDiagnosis } from './finding.ts';
import { placesOf } from './place.ts';
import type { Finding, Reading } from './report.ts';
import { expectedView, liveView } from './tracedViews.ts';

/** The text that is traced over, where its entries stand, and its name for a person. */
export type Source = Pick<Reading, 'file' | 'text' | 'topology' | 'sourceMap' | 'files'>;

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
  const expected = traceIn(expectedView(topology, allocations), request);
  if (!states) return { expected, parting: null, findings: [] };
  const live = traceIn(liveView(topology, states, allocations), request);
  const parting = divergence(expected, live);
  const over = { topology, allocations, states, request, expected, live };
  const place = placesOf(source);
  const reading = { ...source, problems: [] };
  const findings = (parting ? explainDivergence(over, parting) : []).map((diagnosis) =>
    findingOfDiagnosis(reading, diagnosis, place),
  );
  return { expected, live: withReasons(expected, live), parting, findings };
}

/** `cloud.dvr.yaml:83`, the line counted from 1. */
export function linesOf(source: Source): LineOf {
  const place = placesOf(source);
  return (pointer) => {
    const { file, range } = place(locate(source.sourceMap, pointer, 'key'));
    return range ? `${file}:${range.start.line + 1}` : undefined;
  };
}

/** A tree in which each reason says where its line is, as findings do. */
function placedTree(source: Source, tree: TraceNode): unknown {
  const place = placesOf(source);
  const placed = ({ because, children, ...node }: TraceNode): unknown => {
    return {
      ...node,
      ...(because ? { because: { ...because, ...place(locate(source.sourceMap, because.pointer, 'key')) } } : {}),
      children: children.map(placed),
    };
  };
  return placed(tree);
}

/** What `dvrscope trace --format json` prints: a contract, as the findings are. Ends in a newline. */
export function tracedJson(source: Source, { expected, live, parting, findings }: Traced): string {
  const placed = (one: Trace) => ({ ...one, tree: placedTree(source, one.tree) });
  const where = parting && { ...parting, finding: findings[0] ?? null, findings };
  const value = live ? { ...placed(live), expected: placed(expected), divergence: where } : placed(expected);
  return `${JSON.stringify(value, null, 2)}\n`;
}
