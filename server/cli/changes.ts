/** `dvrscope diff` without a topology: two kept states of the same nodes, and what changed between them. */
import { createTwoFilesPatch } from 'diff';
import { changesBetween } from '../../shared/changes.ts';
import { withoutControls } from '../collect/shellQuote.ts';
import { type StoredState, type StoredStates, newestStates } from '../sources/states.ts';
import { type Io, UsageError } from './io.ts';
import { paintDiff } from './terminal.ts';

export interface ChangesValues {
  snapshot?: string[] | undefined;
  node?: string | undefined;
  since?: string | undefined;
}

/** Exit status: 0 nothing changed; 1 something did; 3 some node has no two states. */
export async function diffOfSnapshots(values: ChangesValues, io: Io): Promise<number> {
  const { before, after } = await readBoth(values);
  for (const note of new Set([...before.notes, ...after.notes])) io.err(`${note}\n`);
  const nodes = [...new Set([...before.byNode.keys(), ...after.byNode.keys()])].toSorted();
  if (nodes.length === 0)
    throw new UsageError(`no snapshot${values.node === undefined ? '' : ` of ${values.node}`} was found`, false);
  let [count, alone] = [0, 0];
  for (const node of nodes) {
    const [older, newer] = [before.byNode.get(node), after.byNode.get(node)];
    if (older && newer) count += printChanges(node, older, newer, io);
    else alone++;
    if (!older || !newer) io.err(`${node}: there is no ${older ? 'newer' : 'older'} state of it to compare with\n`);
  }
  return count > 0 ? 1 : alone > 0 ? 3 : 0;
}

/** Two paths are older and newer; of one path the newest is held against the one before it, or the last one up to `--since`. */
async function readBoth({
  snapshot = [],
  node,
  since,
}: ChangesValues): Promise<{ before: StoredStates; after: StoredStates }> {
  const [first, second, ...rest] = snapshot;
  if (first === undefined)
    throw new UsageError('without TOPOLOGY two snapshots are compared: give --snapshot OLD --snapshot NEW');
  if (rest.length > 0) throw new UsageError('two snapshots can be compared, not more');
  if (second !== undefined && since !== undefined)
    throw new UsageError('--since chooses among the snapshots of one --snapshot');
  const until = since === undefined ? undefined : timeOf(since);
  // The likeliest name is the node's, as no topology tells which one it goes by.
  const choice = {
    nodeOf: (names: readonly string[]) => (node !== undefined && names.includes(node) ? node : names[0]),
    isWanted: (name: string) => node === undefined || name === node,
  };
  const after = await newestStates([second ?? first], choice);
  if (second !== undefined) return { before: await newestStates([first], choice), after };
  const isInTime = (time: number | undefined, name: string): boolean => {
    const end = after.byNode.get(name)?.time;
    return time !== undefined && (until === undefined ? end !== undefined && time < end : time <= until);
  };
  return { before: await newestStates([first], { ...choice, isInTime }), after };
}

function timeOf(text: string): number {
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(time))
    throw new UsageError(`--since is a time such as 2026-11-17 or 2026-11-17T08:00:00Z, not "${text}"`);
  return time;
}

function printChanges(node: string, older: StoredState, newer: StoredState, io: Io): number {
  const { changes, notCompared } = changesBetween(older.state, newer.state);
  for (const { namespace, title, before, after } of changes) {
    const name = `${node} ${namespace} ${title}`;
    io.out(patchOf(`${labelOf(older)} ${name}`, `${labelOf(newer)} ${name}`, before, after), paintDiff);
  }
  for (const [reason, count] of notCompared)
    io.err(`${node}: not compared: ${withoutControls(reason)}${count > 1 ? ` (${count} namespaces)` : ''}\n`);
  return changes.length;
}

const labelOf = ({ time, path }: StoredState): string => (time === undefined ? path : new Date(time).toISOString());

/** A unified diff in which nothing that came from a node can move a cursor. */
export const patchOf = (leftName: string, rightName: string, left: string, right: string): string =>
  createTwoFilesPatch(withoutControls(leftName), withoutControls(rightName), left, right, undefined, undefined, {
    context: 2,
  })
    .replace(/^=+\n/, '')
    .split('\n')
    .map((line) => line.split('\t').map(withoutControls).join('\t'))
    .join('\n');
