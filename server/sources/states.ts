/** Kept states of nodes: of each node the newest one, or the newest up to some time. */
import { readNodeState } from '../../shared/live.ts';
import type { Snapshot } from '../../shared/snapshot.ts';
import type { NodeState } from '../../shared/state.ts';
import { withoutControls } from '../collect/shellQuote.ts';
import { type Found, findSources } from './find.ts';
import { mapLimit } from './mapLimit.ts';

export interface StoredState {
  path: string;
  /** When it was collected, in milliseconds since 1970; absent: it does not say. */
  time?: number;
  state: NodeState;
  /** It is not all that was there: why. */
  cut?: string;
}

export interface StoredStates {
  byNode: Map<string, StoredState>;
  /** Sentences on what was given but not used, and on which of several was chosen. */
  notes: string[];
  /** Of the notes those about files that could not be used, or not wholly. */
  problems: string[];
}

export interface Choice {
  /** The node that one of these names means; `undefined`: none. */
  nodeOf: (names: readonly string[]) => string | undefined;
  /** Which nodes are of interest; default all. */
  isWanted?: (node: string) => boolean;
  /** Which times are of interest; default all. */
  isInTime?: (time: number | undefined, node: string) => boolean;
}

interface Candidate {
  found: Found;
  time: number | undefined;
  count: number;
  isSure: boolean;
}

/** States that are read at the same time. */
const PARALLEL = 4;

/** Never rejects for what is in the files. Of thousands of snapshots only those that are chosen are read whole. */
export async function newestStates(
  paths: readonly string[],
  { nodeOf, isWanted = () => true, isInTime = () => true }: Choice,
): Promise<StoredStates> {
  const notes: string[] = [];
  const problems: string[] = [];
  const tell = (problem: string): void => {
    notes.push(problem);
    problems.push(problem);
  };
  const candidates = new Map<string, Candidate>();
  for await (const found of findSources(paths)) {
    if ('error' in found) {
      tell(found.error);
      continue;
    }
    const node = nodeOf(found.names);
    if (found.names.length === 0) tell(`${found.path}: it does not say which node it is of`);
    else if (node === undefined) notes.push(`${found.path}: the topology has no node "${found.names[0]}"`);
    else if (isWanted(node)) consider(candidates, node, found, isInTime);
  }
  const byNode = new Map<string, StoredState>();
  await mapLimit([...candidates], PARALLEL, async ([node, { found, time, count, isSure }]) => {
    const own = await readOne(node, found, tell);
    if (own) byNode.set(node, { path: found.path, ...(time === undefined ? {} : { time }), ...own });
    if (count > 1) notes.push(choiceNote(node, found, count, isSure));
  });
  return { byNode, notes: notes.map(withoutControls), problems: problems.map(withoutControls) };
}

async function readOne(
  node: string,
  found: Found,
  tell: (problem: string) => void,
): Promise<Pick<StoredState, 'state' | 'cut'> | undefined> {
  const snapshot = await found.read();
  if (typeof snapshot === 'string') {
    tell(snapshot);
    return undefined;
  }
  for (const problem of snapshot.problems) tell(`${found.path}: ${problem}`);
  const cut = cutOf(snapshot);
  return { state: detached(readNodeState(snapshot, node)), ...(cut !== undefined && { cut }) };
}

/** A copy that was broken off, or a script that was: what else the node has is not known. */
function cutOf({ sections }: Snapshot): string | undefined {
  if (sections.length === 0) return 'the snapshot has nothing but its header';
  const open = sections.find(({ status }) => status === undefined);
  return open && `the snapshot was cut short inside "${open.command}"`;
}

/** A copy: texts in a state are pieces of the snapshot, and each would keep all of it in memory. */
function detached(state: NodeState): NodeState {
  const copy: NodeState = JSON.parse(JSON.stringify(state));
  return { ...copy, namespaces: Object.assign(Object.create(null), copy.namespaces) };
}

/** Later ones take the place of older ones; without times the first stays. */
function consider(
  candidates: Map<string, Candidate>,
  node: string,
  found: Found,
  isInTime: (time: number | undefined, node: string) => boolean,
): void {
  // Without this `Date.parse` takes nearly anything with a digit in it for a date.
  const parsed = /^\d{4}-\d\d-\d\d/.test(found.collectedAt ?? '') ? Date.parse(found.collectedAt!) : NaN;
  const time = Number.isNaN(parsed) ? undefined : parsed;
  if (!isInTime(time, node)) return;
  const before = candidates.get(node);
  const isNewer = before === undefined || (time !== undefined && (before.time === undefined || time > before.time));
  const count = (before?.count ?? 0) + 1;
  const isSure = time !== undefined && (before?.isSure ?? true);
  candidates.set(node, isNewer ? { found, time, count, isSure } : { ...before, count, isSure });
}

const choiceNote = (node: string, { path, collectedAt }: Found, count: number, isSure: boolean): string =>
  isSure
    ? `${node}: of ${count} snapshots the newest is used: ${path}, collected ${collectedAt}`
    : `${node}: of ${count} snapshots, of which some do not say when they were collected, this one is used: ${path}`;
