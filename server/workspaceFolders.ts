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
import { findTopologies, foldersAmong, isPassedOver, MAX_FOUND, MAX_NAMES } from './scan.ts';
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

export interface WatchedFolders {
  set(folders: readonly string[]): void;
  /** Folders were added or taken out. @param open texts that are open */
  replace(event: WorkspaceFoldersChangeEvent, open: readonly string[]): void;
  /** Whether it is known which topology a text is a part of. Without a text: of all. */
  isReady(uri?: string): boolean;
  ready(uri?: string): Promise<void>;
  /** Files changed; without events, any may have. */
  changed(events?: readonly FileEvent[]): void;
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

/** Whether what has that path would be found by looking through folders. */
const isFoundIn = (folders: readonly string[], path: string): boolean =>
  folders.some((folder) => isIn(path, folder) && !path.slice(folder.length).split('/').some(isPassedOver));

/**
 * Changes that may be something to a topology: of many thousand files that a program writes, nearly none is.
 * @param known paths that something was asked of, and folders above them
 */
const newsAmong = (changes: readonly Change[], folders: readonly string[], known: ReadonlySet<string>): Change[] =>
  changes.filter(({ path }) =>
    isYaml(path) ? isFoundIn(folders, path) || known.has(path) || known.has(folderOf(path)) : known.has(path),
  );

/** The topologies that are there after changes. */
function pathsAfter(paths: ReadonlySet<string>, changes: readonly Change[], folders: readonly string[]): string[] {
  const gone = new Set(changes.flatMap(({ path, type }) => (type === DELETED ? [path] : [])));
  const came = changes.filter(
    ({ path, type }) => type !== DELETED && isTopologyName(nameOf(path)) && isFoundIn(folders, path),
  );
  return [...[...paths].filter((path) => !isAmong(path, gone)), ...came.map(({ path }) => path)];
}

const cutNote = (within: readonly string[]): string =>
  `There is more in ${within.join(', ')} than is looked at (${MAX_FOUND} topologies, ${MAX_NAMES} files and folders): not all topologies are known. Open a folder that has less in it.`;

/**
 * @param tellAll what is told of any text may be something else now
 * @param log says something to whoever looks why a file is not there
 */
export function watchedFolders(
  workspace: Workspace,
  tellAll: () => void,
  log: (message: string) => void,
): WatchedFolders {
  let folders: readonly string[] = [];
  let paths = new Set<string>();
  let scan: Promise<void> | undefined;
  let isDone = false;
  /** Folders that came are being looked through. */
  let looking: Promise<void> | undefined;
  /** Texts outside of the folders, whose neighbours were looked at. */
  const looked = new Set<string>();

  const lookAround = (uri: string): void => {
    const path = pathOf(uri);
    if (path === undefined || looked.has(path) || folders.some((folder) => isIn(path, folder))) return;
    looked.add(path);
    const roots = rootsNear(path).filter((root) => !paths.has(root));
    if (roots.length > 0) tell([...paths, ...roots]);
  };
  const tell = (all: Iterable<string>): void => {
    const next = new Set(all);
    if (next.size === paths.size && [...next].every((path) => paths.has(path))) return;
    paths = next;
    workspace.found([...paths].toSorted());
  };
  const find = async (within: readonly string[]): Promise<string[]> => {
    const found = await findTopologies(within);
    if (found.isCut) log(cutNote(within));
    return found.paths;
  };
  const begin = async (): Promise<void> => {
    const all = folders;
    const found = await find(all);
    // They are others by now, and somebody looks there.
    if (all !== folders) return scan;
    isDone = true;
    if (found.length > 0) tell([...paths, ...found]);
  };
  const lookInto = async (came: readonly string[]): Promise<void> => {
    const within = await foldersAmong(came);
    if (within.length === 0) return;
    const found = await find(within);
    workspace.forget(within);
    tell([...paths, ...found.filter((path) => isFoundIn(folders, path))]);
    tellAll();
  };
  const ready = async (uri?: string): Promise<void> => {
    if (uri !== undefined) lookAround(uri);
    if (isDone && !looking) return;
    if (!isDone) scan ??= begin();
    await Promise.race([
      Promise.all([isDone ? undefined : scan, looking]),
      new Promise<void>((resolve) => {
        setTimeout(resolve, MOST_WAIT_MS).unref();
      }),
    ]);
  };
  return {
    set(all) {
      folders = all;
      isDone = all.length === 0;
    },
    replace(event, open) {
      const added = foldersOf({ workspaceFolders: event.added });
      const removed = foldersOf({ workspaceFolders: event.removed });
      const stays = folders.filter((folder) => !removed.includes(folder));
      folders = [...stays, ...added.filter((folder) => !stays.includes(folder))];
      isDone = folders.length === 0;
      looked.clear();
      tell([...paths].filter((path) => folders.some((folder) => isIn(path, folder))));
      scan = scan && !isDone ? begin() : undefined;
      void Promise.all(open.map(ready)).then(tellAll);
    },
    isReady(uri) {
      if (uri !== undefined) lookAround(uri);
      return isDone;
    },
    ready,
    changed(events) {
      if (!events) {
        looked.clear();
        workspace.forget();
        return tellAll();
      }
      const changes = changesOf(events);
      const news = newsAmong(changes, folders, workspace.known());
      if (news.length > 0) {
        workspace.forget(news.map(({ path }) => path));
        tell(pathsAfter(paths, news, folders));
        tellAll();
      }
      const came = changes.filter(({ path, type }) => type === CREATED && !isYaml(path) && isFoundIn(folders, path));
      if (came.length === 0) return;
      const now = Promise.resolve(looking)
        .then(async () => lookInto(came.map(({ path }) => path)))
        .finally(() => (looking = looking === now ? undefined : looking));
      looking = now;
    },
  };
}
