/** Live states of a topology's nodes: from snapshots, or read over SSH. One answer for each node, whatever happens to the others. */
import { readNodeState } from '../shared/live.ts';
import { parseSnapshot } from '../shared/snapshot.ts';
import type { NodeState } from '../shared/state.ts';
import type { Topology } from '../shared/topology/types.ts';
import { type CollectOptions, type CollectProgress, collectNodes } from './collect/collect.ts';
import { type TargetOptions, notesOf, targetsOf } from './collect/targets.ts';
import { newestStates } from './sources/states.ts';

/** Either `state` is set, or `failure` and `error`, which say why there is none. An `error` beside a `state`: it is not all of it. */
export interface LiveNode {
  node: string;
  state?: NodeState;
  /** `unreachable`: asked in vain. `not-collected`: nothing was given for it. */
  failure?: 'unreachable' | 'not-collected';
  error?: string;
  /** When it was read, in milliseconds since 1970; absent where nobody knows. */
  readAt?: number;
  /** The snapshot or report that it is from. */
  path?: string;
}

export interface LiveResult {
  nodes: LiveNode[];
  /** Sentences on what was given but not used: unreadable files, nodes that the topology does not have. */
  notes: string[];
  /** Of them those about files that could not be used, or not wholly. */
  problems?: string[];
}

/** From snapshots and sosreports. @param nodes names to look at; default: all of the topology */
export async function liveFromSnapshots(
  topology: Topology,
  paths: readonly string[],
  nodes?: readonly string[],
): Promise<LiveResult> {
  const wanted = topology.nodes.map(({ name }) => name).filter((name) => !nodes || nodes.includes(name));
  const known = new Set(topology.nodes.map(({ name }) => name));
  const { byNode, notes, problems } = await newestStates(paths, {
    nodeOf: (names) => names.find((name) => known.has(name)),
    isWanted: (node) => wanted.includes(node),
  });
  const found = (node: string): LiveNode | undefined => {
    const stored = byNode.get(node);
    if (!stored) return undefined;
    const { state, path, time, cut } = stored;
    return { node, state, path, ...(time !== undefined && { readAt: time }), ...(cut !== undefined && { error: cut }) };
  };
  const states = wanted.map((node) => found(node) ?? missing(node));
  return { nodes: states, notes, ...(problems.length > 0 && { problems }) };
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
  const targets = targetsOf(wanted, options);
  const collected = await collectNodes(targets, options, signal, onProgress);
  const warned = collected.flatMap(({ node, warnings, isIncomplete }) =>
    isIncomplete ? [] : warnings.map((warning) => `${node}: ${warning}`),
  );
  const notes = [...notesOf(targets), ...warned];
  return {
    nodes: collected.map(({ node, snapshot, error, isIncomplete, warnings }): LiveNode => {
      if (snapshot === undefined) return { node, failure: 'unreachable', error: error?.message ?? 'nothing was read' };
      const state = readNodeState(parseSnapshot(snapshot), node);
      // By this machine's clock: what a node takes for the time may be wrong.
      const read = { node, state, readAt: Date.now() };
      return isIncomplete ? { ...read, error: warnings.join('; ') } : read;
    }),
    notes,
  };
}
