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
import { isTopologyName, rootsNear } from './roots.ts';
import { findTopologies } from './scan.ts';
import { pathOf } from './uri.ts';
import type { Workspace } from './workspace.ts';

/** LSP `TextDocumentSyncKind.Incremental`. */
const INCREMENTAL = 2;
/** LSP `FileChangeType.Deleted`. */
const DELETED = 3;

/** Files that a topology may include have any name. */
export const watchers: FileSystemWatcher[] = [{ globPattern: '**/*.{yaml,yml}' }];

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

const isIn = (path: string, folder: string): boolean => path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);

/** @param tellAll what is told of any text may be something else now */
export function watchedFolders(workspace: Workspace, tellAll: () => void): WatchedFolders {
  let folders: readonly string[] = [];
  let paths = new Set<string>();
  let scan: Promise<void> | undefined;
  let isDone = false;
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
    paths = new Set(all);
    workspace.found([...paths].toSorted());
  };
  const begin = async (): Promise<void> => {
    const all = folders;
    const found = await findTopologies(all);
    // They are others by now, and somebody looks there.
    if (all !== folders) return scan;
    isDone = true;
    if (found.paths.length > 0) tell([...paths, ...found.paths]);
  };
  const ready = async (uri?: string): Promise<void> => {
    if (uri !== undefined) lookAround(uri);
    if (isDone) return;
    scan ??= begin();
    await Promise.race([
      scan,
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
      const changes = events.flatMap(({ uri, type }) => {
        const path = pathOf(uri);
        return path === undefined ? [] : [{ path, type }];
      });
      if (changes.length === 0) return;
      workspace.forget(changes.map(({ path }) => path));
      const next = new Set(paths);
      for (const { path, type } of changes)
        if (type === DELETED) next.delete(path);
        else if (isTopologyName(path.slice(path.lastIndexOf('/') + 1))) next.add(path);
      tell(next);
      tellAll();
    },
  };
}
