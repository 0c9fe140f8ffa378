/** Live states of a topology's nodes: from snapshots, or read over SSH. One answer for each node, whatever happens to the others. */
import { basename } from 'node:path';
import { readNodeState } from '../shared/live.ts';
import { parseSnapshot } from '../shared/snapshot.ts';
import type { NodeState } from '../shared/state.ts';
import type { Topology } from '../shared/topology/types.ts';
import { type CollectOptions, type CollectProgress, collectNodes } from './collect/collect.ts';
import { readRecorded } from './collect/recorded.ts';
import { type TargetOptions, targetsOf } from './collect/targets.ts';

/** Either `state` is set, or `failure` and `error`, which say why there is none. */
export interface LiveNode {
  node: string;
  state?: NodeState;
  /** `unreachable`: asked in vain. `not-collected`: nothing was given for it. */
  failure?: 'unreachable' | 'not-collected';
  error?: string;
}

export interface LiveResult {
  nodes: LiveNode[];
  /** Sentences on what was given but not used: unreadable files, nodes that the topology does not have. */
  notes: string[];
}

/** @param nodes names to look at; default: all of the topology */
export async function liveFromSnapshots(
  topology: Topology,
  paths: readonly string[],
  nodes?: readonly string[],
): Promise<LiveResult> {
  const wanted = topology.nodes.map(({ name }) => name).filter((name) => !nodes || nodes.includes(name));
  const known = new Set(topology.nodes.map(({ name }) => name));
  const found = new Map<string, LiveNode>();
  const notes: string[] = [];
  for (const { path, text, error } of await readRecorded(paths)) {
    if (text === undefined) {
      notes.push(error ?? `${path}: cannot be read`);
      continue;
    }
    const snapshot = parseSnapshot(text);
    const stem = basename(path).replace(/\.snapshot$/, '');
    const node = [snapshot.node, stem].find((name) => name !== undefined && known.has(name));
    if (node === undefined) notes.push(`${path}: the topology has no node "${snapshot.node ?? stem}"`);
    else if (found.has(node)) notes.push(`${path}: a second snapshot of ${node}; the first one is used`);
    else found.set(node, { node, state: readNodeState(snapshot, node) });
    notes.push(...snapshot.problems.map((problem) => `${path}: ${problem}`));
  }
  return { nodes: wanted.map((node) => found.get(node) ?? missing(node)), notes };
}

const missing = (node: string): LiveNode => ({
  node,
  failure: 'not-collected',
  error: 'no snapshot of this node was given',
});

/** Reads every node over SSH at the same time. */
export async function liveFromSsh(
  topology: Topology,
  options: CollectOptions & TargetOptions,
  nodes?: readonly string[],
  signal?: AbortSignal,
  onProgress?: (progress: CollectProgress) => void,
): Promise<LiveResult> {
  const wanted = topology.nodes.filter(({ name }) => !nodes || nodes.includes(name));
  const collected = await collectNodes(targetsOf(wanted, options), options, signal, onProgress);
  const notes = collected.flatMap(({ node, warnings }) => warnings.map((warning) => `${node}: ${warning}`));
  return {
    nodes: collected.map(({ node, snapshot, error }): LiveNode => {
      if (snapshot === undefined) return { node, failure: 'unreachable', error: error?.message ?? 'nothing was read' };
      return { node, state: readNodeState(parseSnapshot(snapshot), node) };
    }),
    notes,
  };
}
