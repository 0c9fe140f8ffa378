/**
 * All topologies of an editor: texts that are open, files that others include, and those in its folders. A text is seen as a part of the
 * topology that includes it. Files are read from disk when they are asked for, and again when somebody says that they changed.
 */
import { isEqual } from '../shared/topology/changes.ts';
import { readEdited, readFiles, type ReadFiles, type TopologyFile } from '../shared/topology/files.ts';
import { foldersAbove, isAmong } from '../shared/topology/filePath.ts';
import { includedFiles, type Found, type Library } from '../shared/topology/include.ts';
import { isBroken, withLastGood } from '../shared/topology/lastGood.ts';
import { remembered } from '../shared/topology/kept.ts';
import { readFile, type ReadFile } from '../shared/topology/read.ts';
import { diskLibrary, MAX_INCLUDED_BYTES, MAX_ROOT_BYTES, wrongFile } from './diskLibrary.ts';
import { CLOSED, makeDocument, makeParts, type Document, type Parts } from './document.ts';
import { mayInclude } from '../shared/topology/includeOnly.ts';
import { textOf, type Text } from './text.ts';
import { keyOf, uriOf } from './uri.ts';

/** A text as the editor has it, in a version that does not change. */
type Open = Text;

export interface Workspace {
  /** A text was opened or changed. */
  put(text: Open): void;
  /** A text was closed: what is on disk counts. */
  close(uri: string): void;
  /** Files and folders changed outside of the editor; without paths any may have. */
  forget(paths?: readonly string[]): void;
  /** Paths that something was asked of, whether it is there or not, and all folders above them. */
  known(): ReadonlySet<string>;
  /** Topologies that were found in the folders. */
  found(paths: readonly string[]): void;
  /** The text in its topology; of several that include it, the first. `undefined`: neither open nor a file that can be read. */
  document(uri: string): Document | undefined;
  /** The same in each topology that includes it. */
  documents(uri: string): readonly Document[];
  /** Of all topologies, also of closed files, each text once. */
  all(): Document[];
  files: Library;
}

/** What one file says. */
interface Kept {
  text: string;
  read: ReadFile;
  /** As it was when it was YAML last; only of what somebody edits. */
  good?: ReadFile;
}

/** A topology of several files. */
interface CloudState {
  /** The counts of changes when it was read. */
  stamp: number;
  structure: number;
  read: ReadFiles;
  parts: Parts;
  byPath: ReadonlyMap<string, Document>;
  /** The number of each file. */
  numbers: ReadonlyMap<string, number>;
}

/** All maps are by path; a text that is no file has its URI instead. */
interface State {
  open: Map<string, Open>;
  kept: Map<string, Kept>;
  closed: Map<string, Text>;
  /** By path and the folder that it must be in. */
  onDisk: Map<string, Found>;
  listed: Map<string, ReturnType<Library['list']>>;
  /** By root. */
  clouds: Map<string, CloudState>;
  /** Open texts that are in no other topology. */
  alone: Map<string, Document>;
  scanned: ReadonlySet<string>;
  /** Counts changes of texts. */
  texts: number;
  /** Counts changes of which file includes which. */
  structure: number;
  members: { structure: number; rootsByPath: ReadonlyMap<string, string[]> };
  files: Library;
}

export function makeWorkspace(): Workspace {
  const state = newState();
  const documents = (uri: string): readonly Document[] => documentsOf(state, keyOf(uri));
  return {
    files: state.files,
    put: (text) => putText(state, text),
    close(uri) {
      const key = keyOf(uri);
      state.open.delete(key);
      state.alone.delete(key);
      state.clouds.delete(key);
      forgetPaths(state, [key]);
    },
    forget(paths) {
      if (paths) return forgetPaths(state, paths);
      state.onDisk.clear();
      state.listed.clear();
      state.texts++;
      state.structure++;
    },
    found(paths) {
      state.scanned = new Set(paths);
      state.structure++;
    },
    known: () => knownPaths(state),
    document: (uri) => documents(uri)[0],
    documents,
    all: () => pathsOf(state).flatMap((path) => documentsOf(state, path)[0] ?? []),
  };
}

function newState(): State {
  const state: Omit<State, 'files'> = {
    open: new Map(),
    kept: new Map(),
    closed: new Map(),
    onDisk: new Map(),
    listed: new Map(),
    clouds: new Map(),
    alone: new Map(),
    scanned: new Set(),
    texts: 0,
    structure: 0,
    members: { structure: -1, rootsByPath: new Map() },
  };
  return Object.assign(state, { files: libraryOf(state) });
}

function putText(state: State, text: Open): void {
  const { open, kept } = state;
  const key = keyOf(text.uri);
  if (!open.has(key)) state.structure++;
  open.set(key, text);
  state.texts++;
  // What it includes now may be other files.
  if (kept.has(key) || mayIncludeAny(text)) keptOf(state, key, text.getText());
}

/** Looked for once in each version. */
const mayIncludeAny = remembered((text: Open) => mayInclude(text.getText()));

function forgetPaths(state: State, paths: readonly string[]): void {
  const gone = new Set(paths);
  // Any may have been a folder, or be the first file of a new one.
  for (const key of state.onDisk.keys()) if (isAmong(pathIn(key), gone)) state.onDisk.delete(key);
  for (const folder of state.listed.keys()) if (isAmong(folder, gone)) state.listed.delete(folder);
  for (const path of paths) for (const folder of foldersAbove(path)) state.listed.delete(folder);
  state.texts++;
  state.structure++;
}

const pathIn = (key: string): string => key.slice(0, key.indexOf('\0'));

function knownPaths({ onDisk, scanned, listed }: State): Set<string> {
  const known = new Set<string>();
  for (const path of [...scanned, ...listed.keys(), ...Array.from(onDisk.keys(), pathIn)]) {
    known.add(path);
    for (const folder of foldersAbove(path)) {
      if (known.has(folder)) break;
      known.add(folder);
    }
  }
  return known;
}

/** What was read of files that are gone is not kept. */
function dropGone({ onDisk, open, kept, closed, clouds }: State): void {
  const there = new Set([...onDisk].flatMap(([key, { kind }]) => (kind === 'file' ? [pathIn(key)] : [])));
  for (const map of [kept, closed, clouds])
    for (const path of map.keys()) if (!there.has(path) && !open.has(path)) map.delete(path);
}

type Files = Omit<State, 'files'>;

function keptOf(state: Files, path: string, text: string): Kept {
  const known = state.kept.get(path);
  if (known?.text === text) return known;
  const read = readFile(text, known?.read);
  const good = !state.open.has(path) || !isBroken(read) ? read : known?.good;
  const made: Kept = { text, read, ...(good && { good }) };
  state.kept.set(path, made);
  if (!known || !isEqual(includedBy(served(known)), includedBy(served(made)))) state.structure++;
  return made;
}

/** What counts of a file for others. */
const served = ({ read, good }: Kept): ReadFile => withLastGood(read, good);

const includedBy = ({ values }: ReadFile): readonly string[] => values?.include ?? [];

/** Open texts as they are, other files from disk, each read once until it is forgotten. */
function libraryOf(state: Files): Library {
  const disk = diskLibrary('', (path, text) => keptOf(state, path, text).read);
  return {
    find(path, within) {
      const text = state.open.get(path);
      if (text) return (within === undefined ? undefined : wrongOpen(path, within)) ?? openFile(state, path, text);
      const key = `${path}\0${within ?? ''}`;
      const found = state.onDisk.get(key) ?? disk.find(path, within);
      state.onDisk.set(key, found);
      return found;
    },
    list(folder) {
      const found = state.listed.get(folder) ?? disk.list(folder);
      state.listed.set(folder, found);
      return found;
    },
  };
}

function openFile(state: Files, path: string, open: Open): Found {
  const text = open.getText();
  return {
    kind: 'file',
    text,
    get read() {
      return served(keptOf(state, path, text));
    },
  };
}

/** Whether a file that is open may be included from a folder: links are looked at on disk, where it may not be yet. */
function wrongOpen(path: string, within: string): Found | undefined {
  try {
    const wrong = wrongFile(path, within, MAX_INCLUDED_BYTES);
    return wrong?.kind === 'outside' ? wrong : undefined;
  } catch {
    return undefined;
  }
}

/** A root may be longer than what it includes. */
function rootedIn(state: State, root: string): Library {
  const { open, onDisk, files: disk } = state;
  if (open.has(root)) return disk;
  const key = `${root}\0root`;
  const read = (path: string, text: string): ReadFile => keptOf(state, path, text).read;
  const found = onDisk.get(key) ?? diskLibrary(root, read, MAX_ROOT_BYTES).find(root);
  onDisk.set(key, found);
  return { ...disk, find: (path, within) => (path === root ? found : disk.find(path, within)) };
}

/** The topologies that a path is a part of. */
function rootsOf(state: State, path: string): readonly string[] {
  if (state.members.structure !== state.structure) {
    const rootsByPath = membersOf(state);
    // What was read meanwhile for the first time changed nothing that was asked here.
    state.members = { structure: state.structure, rootsByPath };
    dropGone(state);
  }
  return state.members.rootsByPath.get(path) ?? [];
}

function membersOf(state: State): Map<string, string[]> {
  const candidates = [...new Set([...state.open.keys(), ...state.scanned])].toSorted().filter((path) => {
    if (!isPath(path)) return false;
    const found = rootedIn(state, path).find(path);
    // Of one that was read before, what it said last may still serve.
    return (
      found.kind === 'file' && (state.kept.has(path) || mayInclude(found.text)) && includedBy(found.read).length > 0
    );
  });
  const filesOf = new Map(candidates.map((root) => [root, pathsIn(root, rootedIn(state, root))]));
  const included = new Set<string>();
  for (const [root, files] of filesOf) for (const path of files) if (path !== root) included.add(path);
  const byPath = new Map<string, string[]>();
  const add = (root: string): void => {
    for (const path of filesOf.get(root)!) byPath.set(path, [...(byPath.get(path) ?? []), root]);
  };
  for (const root of candidates) if (!included.has(root)) add(root);
  // Of files that include one another in a circle none is the topmost one.
  for (const root of candidates) if (!byPath.has(root)) add(root);
  return byPath;
}

const isPath = (key: string): boolean => key.startsWith('/') || /^[a-z]:\//i.test(key);

const pathsIn = (root: string, library: Library): Set<string> =>
  new Set(includedFiles(root, library)?.files.map(({ path }) => path));

/** The version of a text that the editor has, or the one on disk, the same object as long as it says the same. */
function textAt({ open, closed }: State, { path, text }: Pick<TopologyFile, 'path' | 'text'>): Text {
  const opened = open.get(path);
  if (opened) return opened;
  const known = closed.get(path);
  if (known?.getText() === text) return known;
  const made = textOf({ uri: uriOf(path), languageId: 'dvr-topology', version: CLOSED }, text);
  closed.set(path, made);
  return made;
}

function cloudOf(state: State, root: string): CloudState | undefined {
  const { clouds, texts } = state;
  const known = clouds.get(root);
  if (known?.stamp === texts) return known;
  const library = rootedIn(state, root);
  const read = (known && editedIn(state, known)) ?? readFiles(root, library, known?.read);
  if (!read) return undefined;
  const { structure } = state;
  const isSame =
    known &&
    (read === known.read || isSameReading(known.read, read)) &&
    known.parts.documents.every(({ text }, i) => text === textAt(state, read.files[i]!));
  if (isSame) return Object.assign(known, { stamp: texts, structure });
  const again = (others: ReadonlyMap<string, string>): ReadFiles => readWith(read, library, others);
  const parts = makeParts(read, (file) => textAt(state, file), again, known?.parts);
  const byPath = new Map(parts.documents.map((document, i) => [read.files[i]!.path, document]));
  const numbers =
    read.files.length === known?.read.files.length && structure === known.structure
      ? known.numbers
      : new Map(read.files.map(({ path }, i) => [path, i]));
  const made: CloudState = { stamp: texts, structure, read, parts, byPath, numbers };
  clouds.set(root, made);
  return made;
}

/** A topology of which only texts that are open may have changed; `undefined`: the files must be looked for. */
function editedIn(state: State, { structure, read, numbers }: CloudState): ReadFiles | undefined {
  const edited = new Map<number, { text: string; read: ReadFile }>();
  for (const [path, open] of state.open) {
    const number = numbers.get(path);
    if (number === undefined) continue;
    const text = open.getText();
    const own = served(keptOf(state, path, text));
    if (own !== read.files[number]!.read) edited.set(number, { text, read: own });
  }
  if (structure !== state.structure) return undefined;
  return edited.size === 0 ? read : readEdited(read, edited);
}

const isSameReading = (a: ReadFiles, b: ReadFiles): boolean =>
  a.files.length === b.files.length &&
  a.files.every(({ read, path }, i) => read === b.files[i]!.read && path === b.files[i]!.path) &&
  isEqual(a.problems, b.problems);

/** The files of a topology, some with other texts than the editor has. */
function readWith(read: ReadFiles, disk: Library, texts: ReadonlyMap<string, string>): ReadFiles {
  const before = new Map(read.files.map((file) => [file.path, file.read]));
  const other: Library = {
    ...disk,
    find(path, within) {
      const text = texts.get(path);
      return text === undefined
        ? disk.find(path, within)
        : { kind: 'file', text, read: readFile(text, before.get(path)) };
    },
  };
  return readFiles(read.files[0]!.path, other, read) ?? read;
}

function documentsOf(state: State, key: string): readonly Document[] {
  const own = state.open.get(key);
  const isAlone = isOnlyOne(state) && !state.kept.has(key) && !(own && mayIncludeAny(own));
  const roots = isAlone ? [] : rootsOf(state, key);
  const parts = roots.flatMap((root) => cloudOf(state, root)?.byPath.get(key) ?? []);
  if (parts.length > 0) return parts;
  const single = aloneAt(state, key);
  return single ? [single] : [];
}

/** With nothing else there is nothing that could include it. */
const isOnlyOne = ({ open, scanned }: State): boolean =>
  open.size <= 1 && (scanned.size === 0 || (scanned.size === 1 && open.has([...scanned][0]!)));

function aloneAt(state: State, key: string): Document | undefined {
  const opened = state.open.get(key);
  const known = state.alone.get(key);
  if (opened) {
    if (known?.text === opened) return known;
    const made = makeDocument(opened, known);
    state.alone.set(key, made);
    return made;
  }
  // What was computed of a thousand closed files would fill the memory.
  const found = state.scanned.has(key) ? rootedIn(state, key).find(key) : undefined;
  return found?.kind === 'file' ? makeDocument(textAt(state, { path: key, text: found.text })) : undefined;
}

/** All texts that are known. */
function pathsOf(state: State): string[] {
  const paths = new Set([...state.open.keys(), ...state.scanned]);
  const roots = new Set([...paths].flatMap((path) => rootsOf(state, path)));
  for (const root of roots) for (const path of cloudOf(state, root)?.byPath.keys() ?? []) paths.add(path);
  return [...paths].toSorted();
}

/** Values of topologies: asked for by any of their files. */
export function byRoot<T>(documentAt: (uri: string) => Document | undefined): Pick<Map<string, T>, 'get' | 'set'> {
  const values = new Map<string, T>();
  // An editor writes the URI of a file in its own way, which is not known of one that was never open.
  const rootOf = (uri: string): string => keyOf(documentAt(uri)?.parts()[0]?.text.uri ?? uri);
  const store: Pick<Map<string, T>, 'get' | 'set'> = {
    get: (uri) => (values.size === 0 ? undefined : (values.get(rootOf(uri)) ?? values.get(keyOf(uri)))),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as a map's own
    set: (uri, value) => (values.set(rootOf(uri), value), store as Map<string, T>),
  };
  return store;
}
