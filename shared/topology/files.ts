/**
 * A topology of several files: what each says, read by itself, is put together and made one. What comes first counts, as it does in one
 * file. After an edit only what the edited file says is read anew, and of the lists only those that it changed are put together again.
 */
import { pointer as join, type Pointer, type Problem } from '../problem.ts';
import { buildTopology } from './build.ts';
import { describe, quote } from './describe.ts';
import type { Values } from './fields.ts';
import { folderOf, relativePath } from './filePath.ts';
import { filesMap, ownerAt } from './filesMap.ts';
import { promisePointer, rangeIn } from './fileSpan.ts';
import { includedFiles, type Included, type IncludedFile, type Library } from './include.ts';
import { readFile, topologyOf, type ReadFile, type ReadTopology } from './read.ts';
import { locate, type SourceMap } from './sourceMap.ts';
import { NAMED_SECTIONS, mergedSection, type MergedSection, type NamedSection } from './mergedSection.ts';

/** A file of a topology, and which of its lines of `promises` is the first among those of all files. */
export interface TopologyFile extends IncludedFile {
  promises: number;
}

/** Offsets are over all files (`fileSpan.ts`); in a topology of one file they are those of its text. */
export interface ReadFiles extends ReadTopology {
  /** The root first. */
  files: TopologyFile[];
  merged?: Merged;
}

/** What the next version is made from. */
interface Merged {
  sections: Record<NamedSection, MergedSection>;
  /** What following `include` told, besides the files. */
  included: Pick<Included, 'problems' | 'isPartial'>;
}

/**
 * Law: the same things are found and expected as of one file with all that is in these.
 * @param previous an earlier version of the same topology
 * @returns `undefined` when the root cannot be read
 */
export function readFiles(root: string, library: Library, previous?: ReadFiles): ReadFiles | undefined {
  const included = includedFiles(root, library);
  if (!included) return undefined;
  const files = numbered(included.files);
  const [first] = files;
  if (files.length === 1 && included.problems.length === 0 && !included.isPartial)
    return { ...topologyOf(first!.read, previous?.topology), files };
  return ofFiles(files, included, previous);
}

/**
 * The same after edits of files that include nothing, while everything else is as it was: nobody looks again which files there are.
 * @param edited what is read in place of some files, by their numbers
 * @returns `undefined` when `readFiles` must look
 */
export function readEdited(
  previous: ReadFiles,
  edited: ReadonlyMap<number, Pick<IncludedFile, 'text' | 'read'>>,
): ReadFiles | undefined {
  if (!previous.merged) return undefined;
  const files = [...previous.files];
  let isRenumbered = false;
  for (const [i, { text, read }] of edited) {
    const before = files[i]!;
    if (includesAny(before.read) || includesAny(read)) return undefined;
    files[i] = { ...before, text, read };
    isRenumbered ||= promisesIn(before.read).length !== promisesIn(read).length;
  }
  return ofFiles(isRenumbered ? numbered(files) : files, previous.merged.included, previous);
}

const includesAny = ({ values }: ReadFile): boolean => values?.include !== undefined;

const promisesIn = ({ values }: ReadFile): readonly string[] => values?.promises ?? [];

function ofFiles(files: TopologyFile[], included: Merged['included'], previous?: ReadFiles): ReadFiles {
  const sections = sectionsOf(files, previous?.merged);
  const { release, unread, values, problems } = together(files, sections);
  if (included.isPartial) unread.unshift('');
  const topology = buildTopology(values, release, [...new Set(unread)], previous?.topology);
  const sourceMap = filesMap(files, sections);
  return {
    topology,
    problems: [...problems, ...included.problems].toSorted((a, b) => (a.range?.[0] ?? 0) - (b.range?.[0] ?? 0)),
    sourceMap,
    files,
    merged: { sections, included: { problems: included.problems, isPartial: included.isPartial } },
  };
}

/** A topology from texts by path, for whoever has them all. */
export function readTexts(
  root: string,
  texts: ReadonlyMap<string, string>,
  previous?: ReadFiles,
): ReadFiles | undefined {
  const old = new Map(previous?.files.map((file) => [file.path, file]));
  return readFiles(
    root,
    textLibrary(texts, (path, text) => {
      const known = old.get(path);
      return known?.text === text ? known.read : readFile(text, known?.read);
    }),
    previous,
  );
}

/** Files that are there by their texts alone. */
export function textLibrary(
  texts: ReadonlyMap<string, string>,
  read: (path: string, text: string) => ReadFile,
): Library {
  return {
    find(path) {
      const text = texts.get(path);
      return text === undefined ? { kind: 'missing' } : { kind: 'file', text, read: read(path, text) };
    },
    list(folder) {
      const prefix = folder === '' || folder === '/' ? folder : `${folder}/`;
      const names = new Map<string, boolean>();
      for (const path of texts.keys())
        if (path.startsWith(prefix)) {
          const [name = '', ...rest] = path.slice(prefix.length).split('/');
          names.set(name, rest.length > 0);
        }
      return [...names].map(([name, isFolder]) => ({ name, isFolder }));
    },
  };
}

function numbered(files: readonly IncludedFile[]): TopologyFile[] {
  let promises = 0;
  return files.map((file) => {
    const numberedFile = { ...file, promises };
    promises += promisesIn(file.read).length;
    return numberedFile;
  });
}

function sectionsOf(files: readonly TopologyFile[], previous: Merged | undefined): Record<NamedSection, MergedSection> {
  const reads = files.map(({ read }) => read);
  const entries = NAMED_SECTIONS.map((name) => [name, mergedSection(name, reads, previous?.sections[name])]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one entry for each name
  return Object.fromEntries(entries) as Record<NamedSection, MergedSection>;
}

interface Together {
  values: Values<'topology'>;
  release: string | undefined;
  unread: Pointer[];
  problems: Problem[];
}

function together(files: readonly TopologyFile[], sections: Record<NamedSection, MergedSection>): Together {
  const lists = Object.fromEntries(NAMED_SECTIONS.map((name) => [name, sections[name].list]));
  const promises = files.flatMap(({ read }) => promisesIn(read));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each list is of entries that the reader made for that section
  const values = { pointer: '', ...lists, promises } as unknown as Values<'topology'>;
  const sayer = files.findIndex(({ read }) => read.release !== undefined);
  const release = files[sayer]?.read.release;
  const result: Together = { values, release, unread: [], problems: [] };
  const again = duplicatesByFile(sections);
  for (let i = 0; i < files.length; i++) {
    const file = files[i]!;
    const names = again.get(i) ?? [];
    const isOf = (pointer: Pointer): boolean => names.some((name) => isWithin(pointer, name));
    for (const each of file.read.unread) if (names.length === 0 || !isOf(each)) result.unread.push(each);
    for (const problem of placedProblems(file, i))
      // Of a thing that does not count only that is told.
      if (names.length === 0 || KEPT.has(problem.code) || !isOf(problem.pointer)) result.problems.push(problem);
    for (const name of names) result.problems.push(duplicate(files, sections, name, i));
    if (file.read.release !== undefined && file.read.release !== release)
      result.problems.push(differs(files, sayer, i));
  }
  return result;
}

const KEPT: ReadonlySet<string> = new Set(['yaml-error', 'duplicate-key']);

const isWithin = (pointer: Pointer, outer: Pointer): boolean => pointer === outer || pointer.startsWith(`${outer}/`);

function duplicatesByFile(sections: Record<NamedSection, MergedSection>): Map<number, Pointer[]> {
  const byFile = new Map<number, Pointer[]>();
  for (const name of NAMED_SECTIONS)
    for (const { pointer, file } of sections[name].again) byFile.set(file, [...(byFile.get(file) ?? []), pointer]);
  return byFile;
}

const places = new WeakMap<ReadFile, { file: number; promises: number; problems: Problem[] }>();

/** What is wrong with one file, with offsets over all files. The same objects as long as nothing is different. */
function placedProblems({ read, promises }: TopologyFile, file: number): Problem[] {
  const known = places.get(read);
  if (known?.file === file && known.promises === promises) return known.problems;
  const placed = (problem: Problem): Problem => {
    const range = problem.range ?? locate(read.sourceMap, problem.pointer, problem.at) ?? [0, 0];
    const pointer = promisePointer(problem.pointer, promises);
    const related = problem.related?.map((other) => {
      const at = other.range ?? locate(read.sourceMap, other.pointer, 'key') ?? [0, 0];
      return { ...other, pointer: promisePointer(other.pointer, promises), range: rangeIn(at, file) };
    });
    return { ...problem, pointer, range: rangeIn(range, file), ...(related && { related }) };
  };
  const problems = read.problems.map(placed);
  places.set(read, { file, promises, problems });
  return problems;
}

const keyRange = (map: SourceMap, pointer: Pointer) => map.get(pointer)?.key ?? locate(map, pointer, 'key') ?? [0, 0];

function duplicate(
  files: readonly TopologyFile[],
  sections: Record<NamedSection, MergedSection>,
  pointer: Pointer,
  file: number,
): Problem {
  const first = ownerAt(files, sections, pointer)!;
  const message = `${capital(describe(pointer))} is already in ${quote(nameIn(files, first))}; the first one counts, this one does not. Rename or remove one.`;
  const related = [
    { pointer, message: 'the first one', range: rangeIn(keyRange(files[first]!.read.sourceMap, pointer), first) },
  ];
  const range = rangeIn(keyRange(files[file]!.read.sourceMap, pointer), file);
  return { code: 'duplicate-key', severity: 'error', message, pointer, range, related };
}

/** How the root would call a file. */
const nameIn = (files: readonly TopologyFile[], file: number): string =>
  relativePath(folderOf(files[0]!.path), files[file]!.path);

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function differs(files: readonly TopologyFile[], first: number, file: number): Problem {
  const [said, here] = [files[first]!, files[file]!];
  const message = `\`release\` is ${quote(here.read.release!)} here and ${quote(said.read.release!)} in ${quote(nameIn(files, first))}, which counts for the whole cloud. Take this line out.`;
  const at = join('release');
  const related = [{ pointer: at, message: 'this counts', range: rangeIn(keyRange(said.read.sourceMap, at), first) }];
  const range = rangeIn(here.read.sourceMap.get(at)?.value ?? [0, 0], file);
  return { code: 'include-differs', severity: 'error', message, pointer: at, range, related };
}
