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
  index: Map<Pointer, number>;
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
    problems: [],
    unread: [],
  };
  if (!blocks[0]!.isHead) {
    add(section, part, 0);
    section.value = part.value;
    return section;
  }
  const entries: unknown[] = [];
  for (let i = 1; i < blocks.length; i++)
    for (const thing of blocks[i]!.parts)
      if (addOnce(section, thing, i) && thing.value !== undefined) entries.push(thing.value);
  section.value = kept(entries, old?.value);
  return section;
}

function kept(entries: unknown[], old: unknown): unknown[] {
  if (!Array.isArray(old)) return entries;
  const list: unknown[] = entries.map((entry, i) => (isEqual(entry, old[i]) ? old[i] : entry));
  return list.length === old.length && list.every((entry, i) => entry === old[i]) ? old : list;
}

/** The first thing of a name counts. */
function addOnce(section: Section, part: Part, block: number): boolean {
  if (!section.index.has(part.pointer)) {
    section.index.set(part.pointer, section.placed.length);
    add(section, part, block);
    return true;
  }
  const out: Decoded = { problems: [], places: [], unread: [] };
  reportDuplicate(part, section.pointer, out);
  for (const problem of out.problems) section.problems.push({ problem, block });
  return false;
}

function add(section: Section, part: Part, block: number): void {
  section.placed.push({ part, block });
  for (const problem of part.problems) section.problems.push({ problem, block });
  for (const each of part.unread) section.unread.push(each);
}
