/** A section of a topology's text, put together from its blocks. It stays the same object as long as they do, wherever they stand. */
import type { Pointer, Problem } from '../problem.ts';
import type { Block, Part } from './block.ts';
import { isEqual } from './changes.ts';
import { reportDuplicate, type Decoded } from './decode.ts';

export interface Section {
  key: string;
  pointer: Pointer;
  /** The head and the things, or the one block. */
  blocks: Block[];
  /** Of a section that holds things by name, the list of them; of another, what it says. */
  value?: unknown;
  /** The things, each name once, and the section itself when it is one block; with the number of the block. */
  placed: { part: Part; block: number }[];
  /** Where among `placed` the things are, by pointer. */
  index: ReadonlyMap<Pointer, number>;
  /** Whether some name is there twice. */
  hasDuplicates: boolean;
  /** What is wrong, with the number of the block that ranges are relative to. */
  problems: { problem: Problem; block: number }[];
  unread: Pointer[];
}

/**
 * The section that begins with a block of which `part` says the key.
 * @param old that section before the edit: a thing that still says the same stays the same object
 */
export function makeSection(blocks: Block[], part: Part, old?: Section): Section {
  const section: Section = {
    key: part.key,
    pointer: part.pointer,
    blocks,
    placed: [],
    index: new Map(),
    hasDuplicates: false,
    problems: [],
    unread: [],
  };
  if (!blocks[0]!.isHead) {
    add(section, part, 0);
    section.value = part.value;
    return section;
  }
  if (old && hasSameNames(blocks, old)) section.index = old.index;
  else section.index = indexOf(blocks, section);
  const entries: unknown[] = [];
  for (let i = 1; i < blocks.length; i++)
    for (const thing of blocks[i]!.parts) {
      // The first thing of a name counts.
      if (section.hasDuplicates && section.index.get(thing.pointer) !== section.placed.length) {
        addDuplicate(section, thing, i);
        continue;
      }
      add(section, thing, i, old?.placed);
      if (thing.value !== undefined) entries.push(thing.value);
    }
  section.value = kept(entries, old?.value);
  return section;
}

/** Whether each block holds things of the same names as before, none of them twice: then all of them are where they were. */
function hasSameNames(blocks: readonly Block[], { blocks: old, hasDuplicates }: Section): boolean {
  const isAlike = ({ parts }: Block, before: Block): boolean =>
    parts.length === before.parts.length && parts.every(({ pointer }, i) => pointer === before.parts[i]!.pointer);
  return (
    !hasDuplicates &&
    blocks.length === old.length &&
    blocks.every((block, i) => block === old[i] || isAlike(block, old[i]!))
  );
}

function indexOf(blocks: readonly Block[], section: Section): Map<Pointer, number> {
  const index = new Map<Pointer, number>();
  for (let i = 1; i < blocks.length; i++)
    for (const { pointer } of blocks[i]!.parts)
      if (index.has(pointer)) section.hasDuplicates = true;
      else index.set(pointer, index.size);
  return index;
}

function kept(entries: unknown[], old: unknown): unknown[] {
  if (!Array.isArray(old)) return entries;
  const list: unknown[] = entries.map((entry, i) => (isEqual(entry, old[i]) ? old[i] : entry));
  return list.length === old.length && list.every((entry, i) => entry === old[i]) ? old : list;
}

function addDuplicate(section: Section, part: Part, block: number): void {
  const out: Decoded = { problems: [], places: [], unread: [] };
  reportDuplicate(part, section.pointer, out);
  for (const problem of out.problems) section.problems.push({ problem, block });
}

/** @param old where things were before an edit */
function add(section: Section, part: Part, block: number, old: Section['placed'] = []): void {
  const before = old[section.placed.length];
  section.placed.push(before?.part === part && before.block === block ? before : { part, block });
  for (const problem of part.problems) section.problems.push({ problem, block });
  for (const each of part.unread) section.unread.push(each);
}
