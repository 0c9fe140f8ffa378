/**
 * Whether live nodes look like the agents of another release than the topology says. The API does not tell the release, and a wrong one
 * makes hundreds of differences that are none: so the releases themselves are compared by how many differences each would leave.
 */
import type { Difference } from './compare.ts';
import { compareAs } from './compareNode.ts';
import { RELEASES, type Release } from './releases.ts';
import type { NodeState } from './state.ts';
import type { Topology } from './topology/types.ts';

/** Code and documentation of the finding that is made of a misfit. */
export const RELEASE_MISMATCH = {
  code: 'release-mismatch',
  doc: 'Live nodes look like the agents of another release than `release:` says. The API does not tell the release; with a wrong one, hundreds of things differ that are not broken. Found only when nodes are compared: another release must make at least two kinds of differences go, and bring at most half as many new ones. Set `release:` as the message says, or leave the line out: then each node tells, by the version of its packages or by what its agents made.',
} as const;

export interface Misfit {
  /** What was expected: the topology's release, or the newest. */
  said: string;
  /** Differences with it. */
  differences: number;
  /** Releases that fit better than all others, the oldest first. */
  fits: Release[];
  /** Differences with those. */
  left: number;
  /** The nodes that were looked at. */
  nodes: string[];
}

/** Nodes that are enough to tell the release of a cloud, which may have a thousand. */
const MOST_NODES = 3;

/** One fault can look like a release; that two kinds of things fit another release better by accident is unlikely. */
const LEAST_KINDS = 2;

/**
 * @param compared nodes with their differences for the release that was expected
 * @returns `undefined` where the release fits, or no other fits clearly better: at least twice as many differences must go as come, and two kinds of them
 */
export function misfitOf(
  topology: Topology,
  compared: readonly { live: NodeState; differences: readonly Difference[] }[],
): Misfit | undefined {
  const sample = compared
    .filter(({ differences }) => differences.length >= LEAST_KINDS)
    .toSorted((a, b) => b.differences.length - a.differences.length)
    .slice(0, MOST_NODES);
  if (sample.length === 0) return undefined;
  const before = sample.flatMap(({ differences }) => differences);
  const counts = RELEASES.map((release) => {
    const differences = sample.flatMap(({ live }) => compareAs(topology, live, release).differences);
    return { release, differences };
  });
  const left = Math.min(...counts.map(({ differences }) => differences.length));
  const best = counts.filter(({ differences }) => differences.length === left);
  // What is wrong for both is a fault, or left over: it says nothing about the release.
  const remaining = best[0]!.differences;
  const texts = new Set(remaining.map(textOf));
  const gone = before.filter((difference) => !texts.has(textOf(difference)));
  const common = before.length - gone.length;
  const kinds = new Set(remaining.map(kindOf));
  const kindsGone = new Set(gone.map(kindOf).filter((kind) => !kinds.has(kind)));
  if (kindsGone.size < LEAST_KINDS || (left - common) * 2 > gone.length) return undefined;
  return {
    said: topology.release ?? RELEASES.at(-1)!,
    differences: before.length,
    fits: best.map(({ release }) => release),
    left,
    nodes: sample.map(({ live }) => live.node),
  };
}

const textOf = ({ node, namespace, aspect, expected, live }: Difference): string =>
  [node, namespace, aspect, expected, live].join('\n');

/** What a difference is about, without the numbers and names that tell one node or router from another. */
const kindOf = ({ namespace, aspect, kind, expected, live }: Difference): string =>
  [namespace.split('-')[0], aspect, kind, (expected ?? live ?? '').replaceAll(/[\w.:/-]*\d[\w.:/-]*/g, '#')].join(' ');
