/** One live node against a topology: what it chose is read back, the expected state follows, and both are compared. */
import type { Allocations } from './allocations.ts';
import { type Comparison, compare } from './compare.ts';
import { expect } from './expect.ts';
import { readAllocations } from './readAllocations.ts';
import { RELEASES, type Release } from './releases.ts';
import type { NodeState } from './state.ts';
import type { Topology } from './topology/types.ts';

export interface ComparedNode {
  live: NodeState;
  expected: NodeState;
  allocations: Allocations;
  comparison: Comparison;
  /** The release whose agents were expected; absent: neither the topology nor the node tells. */
  release?: string;
}

/** Where nobody said the release, the one is expected that leaves the fewest differences; of equal ones the newest. */
export function compareNode(topology: Topology, live: NodeState): ComparedNode {
  const first = comparedAs(topology, live);
  if (topology.release !== undefined || first.comparison.differences.length === 0) return first;
  const others = RELEASES.toReversed().map((release) => comparedAs(withRelease(topology, release), live));
  return others.reduce(
    (best, other) => (other.comparison.differences.length < best.comparison.differences.length ? other : best),
    first,
  );
}

function comparedAs(topology: Topology, live: NodeState): ComparedNode {
  const allocations = readAllocations(topology, live.node, live);
  const expected = expect(topology, live.node, allocations);
  const release = topology.release ?? allocations.release;
  return {
    live,
    expected,
    allocations,
    comparison: compare(expected, live),
    ...(release === undefined ? {} : { release }),
  };
}

/** @param release taken in the place of the topology's */
export const compareAs = (topology: Topology, live: NodeState, release: Release): Comparison =>
  comparedAs(withRelease(topology, release), live).comparison;

const variants = new WeakMap<Topology, Map<Release, Topology>>();

/** The same object each time, so that what is derived from a topology is made once for each release. */
function withRelease(topology: Topology, release: Release): Topology {
  const known = variants.get(topology) ?? new Map<Release, Topology>();
  variants.set(topology, known);
  const made = known.get(release) ?? { ...topology, release };
  known.set(release, made);
  return made;
}
