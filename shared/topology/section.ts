/** A section of a topology's text, put together from its blocks. It stays the same object as long as they do, wherever they stand. */
import type { Pointer, Problem } from '../problem.ts';
import type { Block, Part } from './block.ts';
import { isEqual } from './changes.ts';
import { reportDuplicate, type Decoded } from './decode.ts';
import { sameEnds } from './kept.ts';

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
  /** Which of `placed` cannot be used, so that they are not in `value`. */
  unusable: number[];
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
    unusable: [],
    hasDuplicates: false,
    problems: [],
    unread: [],
  };
  if (!blocks[0]!.isHead) {
    add(section, part, 0);
    section.value = part.value;
    return section;
  }
  const edited = old && editedSection(blocks, old);
  if (edited) return edited;
  section.index = indexOf(blocks, section);
  const entries: unknown[] = [];
  for (let i = 1; i < blocks.length; i++)
    for (const thing of blocks[i]!.parts) {
      // The first thing of a name counts.
      if (section.hasDuplicates && section.index.get(thing.pointer) !== section.placed.length) {
        addDuplicate(section, thing, i);
        continue;
      }
      if (thing.value !== undefined) entries.push(thing.value);
      else section.unusable.push(section.placed.length);
      add(section, thing, i, old?.placed);
    }
  section.value = kept(entries, old?.value);
  return section;
}

/** The section after an edit that changed what things say, and nothing of which things there are; `undefined`: it was another one. */
function editedSection(blocks: Block[], old: Section): Section | undefined {
  const { value: before, hasDuplicates } = old;
  if (hasDuplicates || blocks.length !== old.blocks.length || !Array.isArray(before)) return undefined;
  const { head, tail } = sameEnds(old.blocks, blocks);
  const end = blocks.length - tail;
  const placed = old.placed.slice();
  const values: unknown[] = before.slice();
  const problems = old.problems.filter(({ block }) => block < head);
  let [isOther, hasUnread] = [false, old.unread.length > 0];
  for (let block = head; block < end; block++) {
    const i = block - 1;
    const [known, part] = [old.placed[i], onlyPart(blocks[block]!)];
    if (
      part?.value === undefined ||
      known?.block !== block ||
      known.part !== onlyPart(old.blocks[block]!) ||
      known.part.value === undefined
    )
      return undefined;
    if (known.part.pointer !== part.pointer) return undefined;
    placed[i] = { part, block };
    for (const problem of part.problems) problems.push({ problem, block });
    hasUnread ||= part.unread.length > 0;
    const at = i - old.unusable.filter((each) => each < i).length;
    if (isEqual(part.value, values[at])) continue;
    values[at] = part.value;
    isOther = true;
  }
  for (const problem of old.problems) if (problem.block >= end) problems.push(problem);
  const unread = hasUnread ? placed.flatMap(({ part }) => part.unread) : [];
  return { ...old, blocks, placed, value: isOther ? values : before, problems, unread };
}

const onlyPart = ({ parts }: Block): Part | undefined => (parts.length === 1 ? parts[0] : undefined);

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
