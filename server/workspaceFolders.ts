/** The folders that an editor has open: which topologies are in them, and how it is known that one changed. */
import type {
  ClientCapabilities,
  FileEvent,
  FileSystemWatcher,
  InitializeParams,
  ServerCapabilities,
  TextDocumentSyncKind,
  TextDocumentSyncOptions,
  WorkspaceFoldersChangeEvent,
} from 'vscode-languageserver';
import { folderOf, isAmong, nameOf } from '../shared/topology/filePath.ts';
import { isTopologyName, rootsNear } from './roots.ts';
import { excludedIn, NO_EXCLUDES, type Excludes, type OpenFolder } from './excludes.ts';
import { findTopologies, foldersAmong, isPassedOver, MAX_FOUND, MAX_NAMES, type Place } from './scan.ts';
import { pathOf } from './uri.ts';
import type { Workspace } from './workspace.ts';

/** LSP `TextDocumentSyncKind.Incremental`. */
const INCREMENTAL = 2;
/** LSP `FileChangeType`. */
const [CREATED, DELETED] = [1, 3];
/** LSP `WatchKind`. */
const [CREATE, CHANGE, DELETE] = [1, 2, 4];

/** Of a folder that comes or goes editors say no more than that, and it may have any name. */
export const watchers: FileSystemWatcher[] = [
  { globPattern: '**/*.{yaml,yml}', kind: CHANGE },
  { globPattern: '**/*', kind: CREATE + DELETE },
];

export const canWatch = ({ workspace }: ClientCapabilities): boolean =>
  workspace?.didChangeWatchedFiles?.dynamicRegistration === true;

/** Who cannot watch files says when it saves one: then all are looked at again. */
export const syncFor = (client: ClientCapabilities): TextDocumentSyncKind | TextDocumentSyncOptions =>
  canWatch(client) || client.textDocument?.synchronization?.didSave !== true
    ? INCREMENTAL
    : { openClose: true, change: INCREMENTAL, save: true };

/** What is announced, with that folders are followed while they are added and taken out. */
export const withFolders = (all: ServerCapabilities, client: ClientCapabilities): ServerCapabilities =>
  client.workspace?.workspaceFolders
    ? { ...all, workspace: { ...all.workspace, workspaceFolders: { supported: true, changeNotifications: true } } }
    : all;

export const foldersOf = ({
  workspaceFolders,
  rootUri,
}: Pick<InitializeParams, 'workspaceFolders'> & { rootUri?: string | null }): string[] => {
  const uris = workspaceFolders?.map(({ uri }) => uri) ?? (typeof rootUri === 'string' ? [rootUri] : []);
  return uris.flatMap((uri) => pathOf(uri) ?? []).map((path) => path.replace(/(?<=.)\/$/, ''));
};

/** So long a text waits to be told whose part it is; behind that it is told again. */
const MOST_WAIT_MS = 2000;

/** So long folders are not looked through because the editor has not said what is excluded. It answers at once, or never. */
const MOST_WAIT_FOR_SETTINGS_MS = 10_000;

export interface WatchedFolders {
  set(folders: readonly string[]): void;
  /** Folders were added or taken out. @param open texts that are open */
  replace(event: WorkspaceFoldersChangeEvent, open: readonly string[]): void;
  /** Whether it is known which topology a text is a part of. Without a text: of all. */
  isReady(uri?: string): boolean;
  ready(uri?: string): Promise<void>;
  /** Files changed; without events, any may have. */
  changed(events?: readonly FileEvent[]): void;
  /** What is excluded may be something else now. */
  settingsChanged(): void;
}

const isYaml = (path: string): boolean => /\.ya?ml$/.test(path);

const isIn = (path: string, folder: string): boolean => path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);

interface Change {
  path: string;
  type: number;
}

const changesOf = (events: readonly FileEvent[]): Change[] =>
  events.flatMap(({ uri, type }) => {
    const path = pathOf(uri);
    return path === undefined ? [] : [{ path, type }];
  });

/** Says of paths whether they would be found by looking through the folders. */
function finderIn(folders: readonly OpenFolder[]): (path: string) => boolean {
  /** By folder: a program that writes a thousand files writes them side by side. */
  const known = new Map<string, readonly ((name: string) => boolean)[]>();
  const exclusionsIn = (folder: string): readonly ((name: string) => boolean)[] =>
    folders.flatMap((open) => {
      if (folder !== open.path && !isIn(folder, open.path)) return [];
      const isHidden = folder.slice(open.path.length).split('/').some(isPassedOver);
      return (isHidden ? undefined : excludedIn(open, folder)) ?? [];
    });
  return (path) => {
    const [folder, name] = [folderOf(path), nameOf(path)];
    if (isPassedOver(name)) return false;
    const exclusions = known.get(folder) ?? exclusionsIn(folder);
    known.set(folder, exclusions);
    return exclusions.some((isExcluded) => !isExcluded(name));
  };
}

/**
 * Changes that may be something to a topology: of many thousand files that a program writes, nearly none is.
 * @param isFound whether folders are looked through for what has that path
 * @param known paths that something was asked of, and folders above them
 */
const newsAmong = (
  changes: readonly Change[],
  isFound: (path: string) => boolean,
  known: ReadonlySet<string>,
): Change[] =>
  changes.filter(({ path }) => known.has(path) || (isYaml(path) && (known.has(folderOf(path)) || isFound(path))));

/** The topologies that are there after changes. */
function pathsAfter(
  paths: ReadonlySet<string>,
  changes: readonly Change[],
  isFound: (path: string) => boolean,
): string[] {
  const gone = new Set(changes.flatMap(({ path, type }) => (type === DELETED ? [path] : [])));
  const came = changes.filter(({ path, type }) => type !== DELETED && isTopologyName(nameOf(path)) && isFound(path));
  return [...[...paths].filter((path) => !isAmong(path, gone)), ...came.map(({ path }) => path)];
}

const cutNote = (within: readonly string[]): string =>
  `There is more in ${within.join(', ')} than is looked at (${MAX_FOUND} topologies, ${MAX_NAMES} files and folders): not all topologies are known. Open a folder that has less in it, or exclude folders with \`files.exclude\`.`;

/** So many patterns are named, each up to that length. */
const [MAX_SHOWN, MAX_SHOWN_LENGTH] = [3, 80];

function unusedNote({ path, excludes: { unused } }: OpenFolder): string {
  const shown = unused
    .slice(0, MAX_SHOWN)
    .map((each) => (each.length > MAX_SHOWN_LENGTH ? `${each.slice(0, MAX_SHOWN_LENGTH)}…` : each));
  const all = unused.length > MAX_SHOWN ? [...shown, `${unused.length - MAX_SHOWN} more`] : shown;
  return `Of \`files.exclude\` and \`search.exclude\` in ${path} these are not obeyed, since they are too long or too many: ${all.join(', ')}.`;
}

/** What is excluded in each of some folders. It always answers, but that may take long. */
export type AskExcludes = (folders: readonly string[]) => Promise<readonly Excludes[]>;

interface State {
  workspace: Workspace;
  /** What is told of any text may be something else now. */
  tellAll: () => void;
  /** Says something to whoever looks why a file is not there. */
  log: (message: string) => void;
  ask: AskExcludes;
  folders: readonly OpenFolder[];
  /** Topologies that were found. */
  paths: ReadonlySet<string>;
  /** Whoever looks through the folders; it was begun for a text. */
  scan: Promise<void> | undefined;
  isDone: boolean;
  /** How often it was begun to look: only the last one finds something. */
  looks: number;
  /** Whoever asks what is excluded, and how often it was asked: only the last answer counts. */
  asking: Promise<void> | undefined;
  questions: number;
  /** It is no longer waited for what is excluded: who learns it looks again. */
  isLooking: boolean;
  /** Somebody was told something before it was known what there is. */
  isLate: boolean;
  /** Folders that came are being looked through. */
  coming: Promise<void> | undefined;
  /** Texts outside of the folders, whose neighbours were looked at. */
  looked: Set<string>;
}

/** @param ask without it nothing is excluded */
export function watchedFolders(
  workspace: Workspace,
  tellAll: () => void,
  log: (message: string) => void,
  ask: AskExcludes = async (folders) => folders.map(() => NO_EXCLUDES),
): WatchedFolders {
  const state: State = {
    workspace,
    tellAll,
    log,
    ask,
    folders: [],
    paths: new Set(),
    scan: undefined,
    isDone: false,
    looks: 0,
    asking: undefined,
    questions: 0,
    isLooking: false,
    isLate: false,
    coming: undefined,
    looked: new Set(),
  };
  return {
    set(all) {
      state.folders = all.map((path) => ({ path, excludes: NO_EXCLUDES }));
      state.isDone = all.length === 0;
    },
    replace: (event, open) => replaceFolders(state, event, open),
    isReady(uri) {
      if (uri !== undefined) lookAround(state, uri);
      return state.isDone;
    },
    ready: async (uri) => whenReady(state, uri),
    changed(events) {
      if (events) return filesChanged(state, changesOf(events));
      state.looked.clear();
      workspace.forget();
      tellAll();
    },
    settingsChanged() {
      // Before that it is asked anyway.
      if (state.scan) void settle(state);
    },
  };
}

const isInOne = ({ folders }: State, path: string): boolean => folders.some((folder) => isIn(path, folder.path));

function lookAround(state: State, uri: string): void {
  const path = pathOf(uri);
  if (path === undefined || state.looked.has(path) || isInOne(state, path)) return;
  state.looked.add(path);
  const roots = rootsNear(path).filter((root) => !state.paths.has(root));
  if (roots.length > 0) tell(state, [...state.paths, ...roots]);
}

function tell(state: State, all: Iterable<string>): void {
  const next = new Set(all);
  if (next.size === state.paths.size && [...next].every((path) => state.paths.has(path))) return;
  state.paths = next;
  state.workspace.found([...next].toSorted());
}

async function find({ log }: State, places: readonly Place[], isWanted: () => boolean): Promise<string[]> {
  const found = await findTopologies(places, isWanted);
  if (found.isCut) log(cutNote(places.map(({ path }) => path)));
  return found.paths;
}

async function whenReady(state: State, uri?: string): Promise<void> {
  if (uri !== undefined) lookAround(state, uri);
  if (state.isDone && !state.coming) return;
  if (!state.isDone) state.scan ??= begin(state);
  const all = Promise.all([state.isDone ? undefined : state.scan, state.coming]);
  if (!(await isInTime(all, MOST_WAIT_MS))) state.isLate = true;
}

/** Whether something is over before that time is. */
const isInTime = async (work: Promise<unknown>, time: number): Promise<boolean> =>
  Promise.race([
    work.then(() => true),
    new Promise<boolean>((resolve) => {
      setTimeout(resolve, time, false).unref();
    }),
  ]);

async function begin(state: State): Promise<void> {
  const own = ++state.looks;
  state.isLooking = false;
  await isInTime(settle(state), MOST_WAIT_FOR_SETTINGS_MS);
  // They are others by now, and somebody looks there.
  return own === state.looks ? look(state) : state.scan;
}

/** Asks what is excluded. Folders that were looked through before it is known are looked through again. */
async function settle(state: State): Promise<void> {
  const asking = learn(state);
  state.asking = asking;
  return asking;
}

async function learn(state: State): Promise<void> {
  const own = ++state.questions;
  const asked = state.folders.map(({ path }) => path);
  const answers = await state.ask(asked);
  if (own !== state.questions) return state.asking;
  const byPath = new Map(asked.map((path, i) => [path, answers[i]]));
  const before = state.folders;
  state.folders = before.map((open) => {
    const excludes = byPath.get(open.path) ?? open.excludes;
    return excludes.said === open.excludes.said ? open : { ...open, excludes };
  });
  const others = state.folders.filter((open, i) => open !== before[i]);
  for (const open of others) if (open.excludes.unused.length > 0) state.log(unusedNote(open));
  if (others.length > 0 && state.isLooking) state.scan = look(state);
}

async function look(state: State): Promise<void> {
  const own = ++state.looks;
  state.isLooking = true;
  const places = state.folders.map((open) => ({ path: open.path, open }));
  const found = await find(state, places, () => own === state.looks);
  if (own !== state.looks) return state.scan;
  const isFound = finderIn(state.folders);
  const gone = new Set([...state.paths].filter((path) => isInOne(state, path) && !isFound(path)));
  // What is not wanted any more does not stay in the memory.
  if (gone.size > 0) state.workspace.forget([...gone]);
  tell(state, [...[...state.paths].filter((path) => !gone.has(path)), ...found]);
  const isTold = state.isDone || state.isLate;
  state.isDone = true;
  if (isTold) state.tellAll();
}

function replaceFolders(state: State, event: WorkspaceFoldersChangeEvent, open: readonly string[]): void {
  const added = foldersOf({ workspaceFolders: event.added });
  const removed = foldersOf({ workspaceFolders: event.removed });
  const stays = state.folders.filter(({ path }) => !removed.includes(path));
  const come = added.filter((folder) => !stays.some(({ path }) => path === folder));
  state.folders = [...stays, ...come.map((path) => ({ path, excludes: NO_EXCLUDES }))];
  state.isDone = state.folders.length === 0;
  state.looks++;
  state.looked.clear();
  tell(
    state,
    [...state.paths].filter((path) => isInOne(state, path)),
  );
  state.scan = state.scan && !state.isDone ? begin(state) : undefined;
  void Promise.all(open.map(async (uri) => whenReady(state, uri))).then(state.tellAll);
}

function filesChanged(state: State, changes: readonly Change[]): void {
  const isFound = finderIn(state.folders);
  const news = newsAmong(changes, isFound, state.workspace.known());
  if (news.length > 0) {
    state.workspace.forget(news.map(({ path }) => path));
    tell(state, pathsAfter(state.paths, news, isFound));
    state.tellAll();
  }
  const came = changes.filter(({ path, type }) => type === CREATED && !isYaml(path) && isFound(path));
  if (came.length === 0) return;
  const now = Promise.resolve(state.coming)
    .then(async () =>
      lookInto(
        state,
        came.map(({ path }) => path),
      ),
    )
    .finally(() => (state.coming = state.coming === now ? undefined : state.coming));
  state.coming = now;
}

async function lookInto(state: State, came: readonly string[]): Promise<void> {
  const within = await foldersAmong(came);
  const places = within.flatMap((path) =>
    state.folders.flatMap((open) => (isIn(path, open.path) ? [{ path, open }] : [])),
  );
  if (places.length === 0) return;
  const found = await find(state, places, () => true);
  state.workspace.forget(within);
  const isFound = finderIn(state.folders);
  tell(state, [...state.paths, ...found.filter((path) => isFound(path))]);
  state.tellAll();
}
