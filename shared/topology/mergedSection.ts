/** One section of a topology of several files: the things of all of them in one list. The same list as long as no file's things are others. */
import type { Pointer } from '../problem.ts';
import type { ReadFile } from './read.ts';

/** Sections that hold things by name. */
export const NAMED_SECTIONS = ['nodes', 'networks', 'routers', 'ports', 'floating_ips'] as const;

export type NamedSection = (typeof NAMED_SECTIONS)[number];

export interface MergedSection {
  /** In the order of the files, each name once. */
  list: readonly { pointer: Pointer }[];
  /** The number of the file that has each thing, also of things that could not be read. */
  owners: ReadonlyMap<Pointer, number>;
  /** Things of a name that an earlier file has. */
  again: readonly { pointer: Pointer; file: number }[];
  /** What it was made of, and of which files. */
  from: readonly OwnSection[];
  reads: readonly ReadFile[];
}

/** What one file has in a section. */
interface OwnSection {
  list: readonly { pointer: Pointer }[];
  /** Of all its things, also those that could not be read. */
  names: readonly Pointer[];
  /** Each of the names stands in the text: none is only merged into it. */
  isPlaced: boolean;
}

export function mergedSection(
  section: NamedSection,
  reads: readonly ReadFile[],
  previous?: MergedSection,
): MergedSection {
  const from = reads.map((read, i) => (previous?.reads[i] === read ? previous.from[i]! : ownSection(section, read)));
  const isSameOwn = (a: OwnSection, b: OwnSection): boolean => a === b || (a.list === b.list && a.names === b.names);
  if (previous && isSame(from, previous.from, isSameOwn)) return { ...previous, from, reads };
  const isKnown =
    previous && isSame(from, previous.from, (a, b) => isSame(a.names, b.names, (one, other) => one === other));
  const { owners, again } = isKnown ? previous : ownersOf(from);
  const isCounted = (file: number, { pointer }: { pointer: Pointer }): boolean => owners.get(pointer) === file;
  const whole = (): MergedSection['list'] =>
    from.flatMap((own, file) => (again.length === 0 ? own.list : own.list.filter((each) => isCounted(file, each))));
  const list = isKnown && again.length === 0 ? editedList(from, previous) : whole();
  return { list, owners, again, from, reads };
}

/** The list with what some files have now in place of what they had; no name is there twice. */
function editedList(from: readonly OwnSection[], { list, from: before }: MergedSection): MergedSection['list'] {
  const isOther = (own: OwnSection, i: number): boolean => own.list !== before[i]!.list;
  const [first, last] = [from.findIndex(isOther), from.findLastIndex(isOther)];
  if (first < 0) return list;
  const start = lengthOf(before.slice(0, first));
  const end = start + lengthOf(before.slice(first, last + 1));
  const between = from.slice(first, last + 1).flatMap((own) => own.list);
  return list.slice(0, start).concat(between, list.slice(end));
}

const lengthOf = (all: readonly OwnSection[]): number => all.reduce((sum, { list }) => sum + list.length, 0);

function ownersOf(from: readonly OwnSection[]): Pick<MergedSection, 'owners' | 'again'> {
  const owners = new Map<Pointer, number>();
  const again: { pointer: Pointer; file: number }[] = [];
  for (let file = 0; file < from.length; file++)
    for (const pointer of from[file]!.names)
      if (owners.has(pointer)) again.push({ pointer, file });
      else owners.set(pointer, file);
  return { owners, again };
}

const NONE: OwnSection = { list: [], names: [], isPlaced: true };
const known = new WeakMap<object, readonly Pointer[]>();

function ownSection(section: NamedSection, { values, sourceMap, assembly }: ReadFile): OwnSection {
  const list = values?.[section];
  const own = assembly?.sections.find((each) => each.section.key === section)?.section;
  if (!list && !own && !sourceMap.has(`/${section}`)) return NONE;
  // A section that was read in blocks knows its things; of another they are looked for where things stand.
  const key = own && own.value === list && own.blocks[0]!.isHead ? own : sourceMap;
  const names = known.get(key) ?? (key === own ? [...own.index.keys()] : pointersIn(section, sourceMap, list));
  if (key === own) known.set(key, names);
  return { list: list ?? NONE.list, names, isPlaced: key === own };
}

/** What is merged into a section by `<<` has no place. */
function pointersIn(
  section: NamedSection,
  sourceMap: Iterable<readonly [Pointer, unknown]>,
  list: OwnSection['list'] = [],
): Pointer[] {
  const prefix = `/${section}/`;
  const names = new Set(list.map(({ pointer }) => pointer));
  for (const [pointer] of sourceMap)
    if (pointer.startsWith(prefix) && !pointer.includes('/', prefix.length)) names.add(pointer);
  return [...names];
}

function isSame<T>(a: readonly T[], b: readonly T[], equal: (a: T, b: T) => boolean): boolean {
  if (a === b) return true;
  return a.length === b.length && a.every((each, i) => equal(each, b[i]!));
}
