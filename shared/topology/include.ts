/**
 * Which files make up a topology: those that `include` names, and those that they name. Nothing is read here: a `Library` says what is
 * behind a path, so that the same walk serves a disk, an editor's unsaved texts and a test.
 * Paths have `/` between their parts, whatever the system.
 */
import { pointer, type Problem, type Range } from '../problem.ts';
import { quote } from './describe.ts';
import { folderOf, joinPath, nameOf, relativePath } from './filePath.ts';
import { fileOf, rangeIn } from './fileSpan.ts';
import { nearest } from './nearest.ts';
import { isPattern, matches, MAX_NAMES } from './pathPattern.ts';
import type { ReadFile } from './read.ts';

/** What is behind a path. */
export type Found =
  | { kind: 'file'; text: string; read: ReadFile }
  | { kind: 'missing' }
  /** `why`: a phrase behind "it". */
  | { kind: 'unreadable'; why: string }
  /** By way of a link it is elsewhere than it seems. */
  | { kind: 'outside' };

export interface Library {
  /** @param within a folder that the file must really be in */
  find(path: string, within?: string): Found;
  /** What is in a folder, by name; links to folders are not among them. */
  list(folder: string): readonly { name: string; isFolder: boolean }[];
}

/** One file of a topology. */
export interface IncludedFile {
  path: string;
  text: string;
  read: ReadFile;
}

export interface Included {
  /** The root, and behind each file those that it includes. */
  files: IncludedFile[];
  /** What is wrong with paths. */
  problems: Problem[];
  /** Something that is included could not be read, so that anything may be in it. */
  isPartial: boolean;
  /** How many names patterns may still look at. */
  budget: { names: number };
}

/** Nobody has more; and a pattern in a wrong folder would take in a whole disk. */
export const MAX_FILES = 10_000;

/** A path in `include`, or one of those that a pattern there found. */
interface Entry {
  path: string;
  /** As written. */
  text: string;
  pointer: string;
  /** Of the entry, over all files. */
  range: Range;
  /** One of many: no mistake when it is there already. */
  isMatched: boolean;
  within?: string;
}

/** A file whose entries are being followed. */
interface Open {
  path: string;
  entries: readonly Entry[];
  next: number;
}

/** `undefined`: the root itself is no text that can be read. */
export function includedFiles(root: string, library: Library): Included | undefined {
  const found = library.find(root);
  if (found.kind !== 'file') return undefined;
  const included: Included = { files: [], problems: [], isPartial: false, budget: { names: MAX_NAMES } };
  /** By which entry each file came. */
  const known = new Map<string, Entry | undefined>();
  const way: Open[] = [];
  const add = (path: string, { text, read }: { text: string; read: ReadFile }, by?: Entry): void => {
    known.set(path, by);
    included.files.push({ path, text, read });
    way.push({ path, entries: entriesOf(included, library), next: 0 });
  };
  add(root, found);
  for (let open = way.at(-1); open; open = way.at(-1)) {
    const entry = open.entries[open.next++];
    if (!entry) way.pop();
    else if (known.has(entry.path)) reportAgain(included, entry, way, known.get(entry.path));
    else if (included.files.length >= MAX_FILES) reportTooMany(included, entry, open);
    else {
      const next = library.find(entry.path, entry.within);
      if (next.kind === 'file') add(entry.path, next, entry);
      else reportFailure(included, entry, next, library);
    }
  }
  return included;
}

/** What the file that was found last includes. */
function entriesOf(included: Included, library: Library): Entry[] {
  const { path, read } = included.files.at(-1)!;
  const folder = folderOf(path);
  return (read.values?.include ?? []).flatMap((text, i): Entry[] => {
    const at = pointer('include', i);
    const own = read.sourceMap.get(at)?.value ?? read.sourceMap.get('/include')?.key ?? [0, 0];
    const range = rangeIn(own, included.files.length - 1);
    const entry = { text, pointer: at, range, ...(!text.split('/').includes('..') && { within: folder }) };
    const wrong = wrongPath(text);
    if (wrong !== undefined) report(included, 'include-path', `${quote(text)} ${wrong}`, entry);
    else if (!isPattern(text)) return [{ ...entry, path: joinPath(folder, text), isMatched: false }];
    else return matched(included, path, entry, library);
    included.isPartial = true;
    return [];
  });
}

function matched(included: Included, by: string, entry: Omit<Entry, 'path' | 'isMatched'>, library: Library): Entry[] {
  const { paths, isCut } = matches(folderOf(by), entry.text, library, included.budget);
  // A pattern for the folder of the file fits the file as well.
  const others = paths.filter((path) => path !== by);
  if (isCut) {
    const message = `${quote(entry.text)} leads through more files and folders than are looked at, so that some may be left out. Begin the pattern with the folder that the files are in.`;
    report(included, 'include-unreadable', message, entry);
    included.isPartial = true;
  } else if (others.length === 0) {
    const message = `No file fits ${quote(entry.text)}. Patterns take files that end in \`.yaml\` or \`.yml\`, and begin in the folder of this file.`;
    included.problems.push({ ...problemOf('include-missing', message, entry), severity: 'warning' });
  }
  return others.map((path) => ({ ...entry, path, isMatched: true }));
}

/** Why a path cannot be followed, behind it; `undefined`: it can. */
export function wrongPath(path: string): string | undefined {
  if (path.trim() === '') return 'is no path. Name a file, such as `tenants/red.dvr.yaml`.';
  if (/\p{Cc}/u.test(path)) return 'has control characters, so it is no path.';
  if (/^[a-z][a-z0-9+.-]+:\//i.test(path))
    return 'is a URL, and nothing is fetched for an `include`. Keep the file beside this one and name it by its path.';
  if (/^(?:[/\\~]|[a-z]:)/i.test(path))
    return 'is an absolute path, which is another file, or none, on the next machine. Write the path from the folder of this file; `..` leads up.';
  if (path.includes('\\')) return 'has backslashes. Write `/` between folders, on all systems.';
  return undefined;
}

type Place = Pick<Entry, 'pointer' | 'range'>;

const problemOf = (code: string, message: string, at: Place): Problem => ({
  code,
  severity: 'error',
  message,
  pointer: at.pointer,
  range: at.range,
});

const report = ({ problems }: Included, code: string, message: string, at: Place): void =>
  void problems.push(problemOf(code, message, at));

/** A file that is there already: on the way here, or somewhere else. */
function reportAgain(included: Included, entry: Entry, way: readonly Open[], by: Entry | undefined): void {
  if (entry.isMatched) return;
  const start = way.findIndex(({ path }) => path === entry.path);
  if (start >= 0) {
    const circle = [...way.slice(start).map(({ path }) => path), entry.path];
    const names = circle.length > 6 ? [...circle.slice(0, 3), '…', ...circle.slice(-2)] : circle;
    const message = `${quote(entry.text)} leads back to where it comes from: ${names.map((path) => quote(nameOf(path))).join(' includes ')}. It is read once. Take this line out.`;
    return report(included, 'include-cycle', message, entry);
  }
  const message = `${quote(entry.text)} is included already. It is read once, so this line does nothing. Take it out.`;
  const related = by && [{ pointer: by.pointer, range: by.range, message: 'included here' }];
  included.problems.push({
    ...problemOf('include-twice', message, entry),
    severity: 'warning',
    ...(related && { related }),
  });
}

function reportTooMany(included: Included, entry: Entry, open: Open): void {
  const message = `A topology is made of at most ${MAX_FILES} files, and there are that many already: ${quote(entry.text)} is not read, nor is what follows. Is the pattern too wide?`;
  report(included, 'include-unreadable', message, entry);
  included.isPartial = true;
  open.next = open.entries.length;
}

function reportFailure(
  included: Included,
  entry: Entry,
  found: Exclude<Found, { kind: 'file' }>,
  library: Library,
): void {
  included.isPartial = true;
  const name = entry.isMatched
    ? `${quote(relativePath(folderOf(included.files[0]!.path), entry.path))}, which fits ${quote(entry.text)},`
    : quote(entry.text);
  if (found.kind === 'missing') {
    const hint = included.problems.length < MAX_SUGGESTIONS ? nearPath(entry, included, library) : '';
    const message = `There is no file ${name}.${hint} Paths begin in the folder of this file. What it should add is missing from the cloud.`;
    report(included, 'include-missing', message, entry);
  } else if (found.kind === 'outside') {
    const message = `${name} leads out of the folder by way of a link, so it is not read. Name the file by where it really is; \`..\` leads up.`;
    report(included, 'include-path', message, entry);
  } else report(included, 'include-unreadable', `${name} is not read: it ${found.why}`, entry);
}

/** To look for what was meant takes time: of many files that are missing, something else is wrong. */
const MAX_SUGGESTIONS = 20;

/** A file in the same folder whose name is nearly that. */
function nearPath(entry: Entry, { files }: Included, library: Library): string {
  const folder = folderOf(entry.path);
  const names = library
    .list(folder)
    .flatMap(({ name, isFolder }) => (isFolder || !/\.ya?ml$/.test(name) ? [] : [name]));
  const near = nearest(nameOf(entry.path), names);
  if (near === undefined) return '';
  const by = folderOf(files[fileOf(entry.range[0])]!.path);
  return ` Did you mean ${quote(relativePath(by, joinPath(folder, near)))}?`;
}
