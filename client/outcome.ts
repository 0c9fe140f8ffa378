/** What is said after a comparison, and which ways on are offered. Knows no editor, so that it is tested without one. */
import type { CompareResult, LiveSource } from '../shared/protocol.ts';
import type { NodeSummary } from '../shared/protocolNodes.ts';
import { ageText, DAY, type Translate } from './nodes/age.ts';

/** What a button does. */
export type Way = 'problems' | 'diff' | 'retry' | 'folder' | 'ssh' | 'log';

export interface Outcome {
  text: string;
  /** Everything is in sync, and nothing was left out. */
  isFine: boolean;
  ways: Way[];
}

/** What the outcome is told from, besides the result. */
export interface Circumstances {
  source: LiveSource;
  /** As `dvrscope/cloud` has them after the comparison. */
  nodes: readonly NodeSummary[];
  /** Nodes over SSH may be read: the workspace is trusted. */
  canConnect: boolean;
  now: number;
}

/** Nodes that are named one by one. */
const MOST_NAMED = 3;

export function outcomeOf(result: CompareResult, circumstances: Circumstances, t: Translate): Outcome {
  const { source, canConnect } = circumstances;
  const isKept = source.kind === 'snapshots';
  const failed = result.nodes.filter(({ status }) => status === 'unreachable' || status === 'not-collected');
  const nothing = isKept && failed.length === result.nodes.length;
  const old = isKept ? oldText(circumstances, t) : undefined;
  const before = isKept ? beforeText(result.older ?? [], old !== undefined, circumstances, t) : undefined;
  const broken = result.problems ?? [];
  const parts = [
    nothing ? nothingText(source.paths, broken, t) : isKept ? keptSummary(result, t) : summaryOf(result, t),
    ...(old === undefined ? [] : [old]),
    ...(before === undefined ? [] : [before]),
  ];
  const ways: [way: Way, isOffered: boolean][] = [
    ['problems', result.differences > 0],
    ['diff', result.nodes.some(({ status }) => status === 'differs')],
    ['retry', failed.length > 0 && !isKept],
    ['folder', nothing],
    ['ssh', isKept && canConnect && (nothing || old !== undefined || before !== undefined)],
    ['log', failed.length > 0 || broken.length > 0],
  ];
  return {
    text: sentences(parts),
    isFine: result.nodes.every(({ status }) => status === 'in-sync') && broken.length === 0 && old === undefined,
    ways: ways.flatMap(([way, isOffered]) => (isOffered ? [way] : [])),
  };
}

/** Of nodes without a snapshot one sentence for all of them: whether theirs is missing or cannot be used, the log says. */
function keptSummary(result: CompareResult, t: Translate): string {
  const broken = result.problems ?? [];
  const missing = result.nodes.filter(({ status, error }) => status === 'not-collected' && error === MISSING);
  const rest = summaryOf({ ...result, nodes: result.nodes.filter((node) => !missing.includes(node)) }, t);
  const names = namesText(
    missing.map(({ node }) => node),
    t,
  );
  if (missing.length === 0) return sentences([rest, ...(broken.length > 0 ? [brokenText(broken, t)] : [])]);
  const text =
    broken.length > 0
      ? t('Not compared: {0}, of which no snapshot could be used. The log says why.', names)
      : t('Not compared: {0}, of which there is no snapshot.', names);
  return sentences([rest, text]);
}

/** `2 nodes in sync, compute1 differs (1 difference). net1 (192.0.2.3, port 22): …`. */
function summaryOf({ nodes, differences }: CompareResult, t: Translate): string {
  const inSync = nodes.filter((node) => node.status === 'in-sync').length;
  const differing = nodes.filter((node) => node.status === 'differs');
  const failed = nodes.filter((node) => node.status !== 'in-sync' && node.status !== 'differs');
  const named = differing
    .slice(0, MOST_NAMED)
    .map((node) => t('{0} differs ({1})', node.node, differencesText(node.differences, t)));
  const more = differing.length - named.length;
  const rest = more > 0 ? [t('{0} more ({1} in all)', more, differencesText(differences, t))] : [];
  const good = inSync === 1 ? t('1 node in sync') : t('{0} nodes in sync', inSync);
  const compared = [...(inSync > 0 || nodes.length === 0 ? [good] : []), ...named, ...rest].join(', ');
  return sentences([...(compared === '' ? [] : [compared]), ...failedTexts(failed, t)]);
}

/** With a full stop between them; one alone has none. */
const sentences = (parts: readonly string[]): string =>
  parts.map((part, i) => (i < parts.length - 1 ? ended(part) : part)).join(' ');

const ended = (text: string): string => (/[.?!]$/.test(text) ? text : `${text}.`);

/** The first one with all that is known of it; the others say it in the tree and in the log. */
function failedTexts([first, ...others]: CompareResult['nodes'], t: Translate): string[] {
  if (!first) return [];
  const text = errorText(first.node, first.error ?? t('not collected'));
  if (others.length === 0) return [ended(text)];
  const names = namesText(
    others.map(({ node }) => node),
    t,
  );
  return [ended(text), t('Not read either: {0}. The tree and the log say why.', names)];
}

/** The first of them, and how many more there are. */
function namesText(all: readonly string[], t: Translate): string {
  const more = all.length - MOST_NAMED;
  return [...all.slice(0, MOST_NAMED), ...(more > 0 ? [t('{0} more', more)] : [])].join(', ');
}

/** What went wrong, with the name of the node in front, whatever word the error begins with. */
export const errorText = (node: string, error: string): string =>
  error.startsWith(node) && !/^[\w.-]/.test(error.slice(node.length)) ? error : `${node}: ${error}`;

export const differencesText = (count: number, t: Translate): string =>
  count === 1 ? t('1 difference') : t('{0} differences', count);

/** `server/live.ts` says it of a node that none of the files is of. */
const MISSING = 'no snapshot of this node was given';

/** `server/sources/find.ts: findSources` says it of a folder that has nothing of ours. */
const EMPTY = 'a folder without snapshots and sosreports';

function nothingText(paths: readonly string[], broken: readonly string[], t: Translate): string {
  const where = paths.join(', ');
  const isEmpty = broken.every((problem) => paths.some((each) => problem === `${each}: ${EMPTY}`));
  if (!isEmpty)
    return broken.length === 1
      ? t('No snapshot can be used. {0}.', broken[0]!)
      : t('No snapshot in {0} can be used. The log says why.', where);
  return t('{0} holds no snapshot of these nodes. "dvrscope collect" writes them, a sosreport will do, too.', where);
}

const brokenText = (broken: readonly string[], t: Translate): string =>
  broken.length === 1
    ? t('Not used: {0}.', broken[0]!)
    : t('{0} files could not be used. The log says why.', broken.length);

/** Of those that are older than a day the oldest one. */
function oldText({ nodes, now }: Circumstances, t: Translate): string | undefined {
  const old = nodes
    .filter(({ readAt }) => readAt !== undefined && now - readAt > DAY)
    .toSorted((a, b) => a.readAt! - b.readAt!);
  if (old.length === 0) return undefined;
  const age = ageText(old[0]!.readAt!, now, t);
  return old.length === 1
    ? t('The snapshot of {0} is old: it was read {1}.', old[0]!.name, age)
    : t('{0} snapshots are old: that of {1} was read {2}.', old.length, old[0]!.name, age);
}

/** A difference may then be what the topology has got since; that is no fault, so it is said calmly. */
function beforeText(
  older: readonly string[],
  isToldOld: boolean,
  { nodes, now }: Circumstances,
  t: Translate,
): string | undefined {
  const [oldest] = nodes
    .filter(({ name, readAt }) => readAt !== undefined && older.includes(name))
    .toSorted((a, b) => a.readAt! - b.readAt!);
  if (!oldest) return undefined;
  if (isToldOld) return t('The topology was changed since then.');
  const age = ageText(oldest.readAt!, now, t);
  return older.length === 1
    ? t('The topology was changed after the snapshot of {0} was read ({1}).', oldest.name, age)
    : t('The topology was changed after {0} snapshots were read (that of {1} {2}).', older.length, oldest.name, age);
}
