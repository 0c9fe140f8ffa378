/** Nodes as agents would have left them, made of what is expected with chosen allocations: for what no recording shows. */
import assert from 'node:assert/strict';
import type { Allocations } from '../../shared/allocations.ts';
import { defaultAllocations } from '../../shared/allocations.ts';
import { type Difference, compare } from '../../shared/compare.ts';
import { aspectNamed } from '../../shared/aspects/table.ts';
import { expect } from '../../shared/expect.ts';
import { readAllocations } from '../../shared/readAllocations.ts';
import type { NamespaceAspect, NodeState } from '../../shared/state.ts';
import { readTopology } from '../../shared/topology/read.ts';
import type { Topology } from '../../shared/topology/types.ts';

/** The topology of a text that has no problems. */
export function cloud(text: string): Topology {
  const { topology, problems } = readTopology(text);
  assert.deepEqual(
    problems.filter(({ severity }) => severity === 'error'),
    [],
  );
  return topology;
}

export function healthyNode(
  topology: Topology,
  node: string,
  choose: (allocations: Allocations) => void = () => {},
): NodeState {
  const allocations = defaultAllocations(topology, node);
  choose(allocations);
  const state = JSON.parse(JSON.stringify(expect(topology, node, allocations))) as NodeState;
  return { ...state, gaps: [] };
}

/** Differences of namespaces and state files; flows have their own tests, and recordings hold leftovers there. */
export const differencesOf = (topology: Topology, live: NodeState): Difference[] =>
  compare(expect(topology, live.node, readAllocations(topology, live.node, live)), live).differences.filter(
    ({ aspect }) => aspect !== 'flows' && aspect !== 'ports',
  );

/** One line for each difference: kind, aspect, expected, live. */
export const told = (differences: Difference[]): string[] =>
  differences.map(({ kind, aspect, expected, live }) => `${kind} ${aspect}: ${expected} | ${live}`);

/** The items of one aspect as their tool prints them. */
export const linesOf = (state: NodeState, namespace: string, name: NamespaceAspect): string[] =>
  (state.namespaces[namespace]?.[name] ?? []).map((item) => aspectNamed(name).explain(item));
