/**
 * The text of a topology as blocks, each read once: after an edit, those before and behind it are taken over as they are, and a section
 * of which no block changed is too. What a file says is put together from them; offsets are made only for what is asked.
 */
import { commonEnds } from '../commonEnds.ts';
import type { Pointer, Problem } from '../problem.ts';
import { contextOf, readBlock, shifted, type Block } from './block.ts';
import { cut, type Cut } from './cut.ts';
import { reportDuplicate, type Decoded } from './decode.ts';
import type { YamlError } from './repair.ts';
import { makeSection, type Section } from './section.ts';
import { MAX_ALIASED } from './yamlTree.ts';

export interface Assembly {
  text: string;
  blocks: Block[];
  /** Where each block stands. */
  starts: number[];
  /** In the order of the file, each key once. `first`: the number of the section's first block. */
  sections: { section: Section; first: number }[];
  /** Sections that are in the file a second time. */
  duplicates: { problem: Problem; block: number }[];
}

/** More blocks than this that are no YAML are no slip of a person; and to mend them one by one would take time. */
const MAX_BROKEN = 100;
const MAX_BROKEN_TEXT = 100_000;

/**
 * `undefined`: the text must be read as a whole.
 * @param previous what was made of an earlier version
 */
export function assemble(text: string, previous?: Assembly): Assembly | undefined {
  const cuts = cut(text);
  if (!cuts) return undefined;
  const blocks = readBlocks(text, cuts, previous ?? NOTHING);
  if (!blocks) return undefined;
  const assembly: Assembly = { text, blocks, starts: cuts.map(({ start }) => start), sections: [], duplicates: [] };
  addSections(assembly, previous);
  return assembly;
}

const NOTHING: Assembly = { text: '', blocks: [], starts: [], sections: [], duplicates: [] };

function readBlocks(
  text: string,
  cuts: readonly Cut[],
  { text: oldText, blocks: old, starts }: Assembly,
): Block[] | undefined {
  const { head, tail } = commonEnds(oldText, text);
  const isSame = (at: Cut, i: number, by: number): boolean =>
    at.start === starts[i]! + by &&
    at.end - at.start === old[i]!.text.length &&
    at.section === old[i]!.section &&
    at.isHead === old[i]!.isHead;
  const shorter = Math.min(cuts.length, old.length);
  let front = 0;
  while (front < shorter && cuts[front]!.end <= head && isSame(cuts[front]!, front, 0)) front++;
  let back = 0;
  const [by, more] = [text.length - oldText.length, cuts.length - old.length];
  for (let i = cuts.length - 1; back < shorter - front && cuts[i]!.start >= text.length - tail; i--, back++)
    if (!isSame(cuts[i]!, i - more, by)) break;
  const blocks = old.slice(0, front);
  const kept = back === 0 ? [] : old.slice(-back);
  // Those behind the edit that have aliases are read anew when these mean something else now.
  const broken = [...blocks, ...kept].filter((block) => isBroken(block) && !block.hasAliases);
  let context = contextsOf(blocks);
  for (const { section, isHead, start, end } of cuts.slice(front, cuts.length - back)) {
    const block = readBlock(section, isHead, ownText(text, start, end), context);
    if (cuts.length > MOST_KEPT) block.pairs = undefined;
    if (isBroken(block)) broken.push(block);
    if (block.hasAnchors) context += contextOf(block);
    if (block.isWhole || isTooBroken(broken) || context.length > MAX_CONTEXT) return undefined;
    blocks.push(block);
  }
  return withContext([...blocks, ...kept]);
}

/** Of more blocks than this what they say is not kept until somebody asks: it would take more time to keep it than to read it again. */
const MOST_KEPT = 20_000;

/** The blocks with aliases read with what is anchored before them. */
function withContext(blocks: Block[]): Block[] | undefined {
  let context = '';
  let aliased = 0;
  for (let i = 0; i < blocks.length; i++) {
    let block = blocks[i]!;
    if (block.hasAliases && block.context !== context) {
      block = readBlock(block.section, block.isHead, block.text, context);
      blocks[i] = block;
    }
    if (block.hasAnchors) context += contextOf(block);
    aliased += block.aliased;
    if (block.isWhole || aliased > MAX_ALIASED || context.length > MAX_CONTEXT) return undefined;
    // A mistake in a text that others are read with would be theirs as well.
    if (block.hasAnchors && isBroken(block)) return undefined;
  }
  return isTooBroken(blocks.filter(isBroken)) ? undefined : blocks;
}

const contextsOf = (blocks: readonly Block[]): string =>
  blocks
    .filter(({ hasAnchors }) => hasAnchors)
    .map(contextOf)
    .join('');

/** More text than this with anchors is not read again for each alias. */
const MAX_CONTEXT = 4000;

const isTooBroken = (broken: readonly Block[]): boolean =>
  broken.length > MAX_BROKEN || broken.reduce((sum, { text }) => sum + text.length, 0) > MAX_BROKEN_TEXT;

const isBroken = ({ errors, holes }: Block): boolean => errors.length > 0 || holes.length > 0;

/** A copy: a slice would keep the whole text of this version in memory. */
const ownText = (text: string, start: number, end: number): string => ` ${text.slice(start, end)}`.slice(1);

function addSections(assembly: Assembly, previous: Assembly | undefined): void {
  const { blocks, sections, duplicates } = assembly;
  const known = new Map(previous?.sections.map(({ section }) => [section.key, section]));
  const keys = new Set<string>();
  for (let first = 0; first < blocks.length;) {
    let end = first + 1;
    while (end < blocks.length && blocks[end]!.section !== undefined) end++;
    for (const part of blocks[first]!.parts) {
      if (keys.has(part.key)) {
        const out: Decoded = { problems: [], places: [], unread: [] };
        reportDuplicate(part, '', out);
        for (const problem of out.problems) duplicates.push({ problem, block: first });
        continue;
      }
      keys.add(part.key);
      const old = known.get(part.key);
      const own = blocks.slice(first, end);
      sections.push({ section: old && isEqual(old.blocks, own) ? old : makeSection(own, part, old), first });
    }
    first = end;
  }
}

const isEqual = (a: readonly Block[], b: readonly Block[]): boolean =>
  a.length === b.length && a.every((block, i) => block === b[i]);

/** What the file says under each of its keys. */
export function valuesIn({ sections }: Assembly): Record<string, unknown> {
  // Without prototype: the keys come from a file, though only those of the vocabulary have a value.
  const values: Record<string, unknown> = Object.create(null);
  values['pointer'] = '';
  for (const { section } of sections) if (section.value !== undefined) values[section.key] = section.value;
  return values;
}

/** What is wrong, where it stands now. */
export function problemsIn({ sections, duplicates, starts }: Assembly): Problem[] {
  const placed = ({ problem, block }: { problem: Problem; block: number }, first: number): Problem =>
    problem.range ? { ...problem, range: shifted(problem.range, starts[first + block]!) } : problem;
  return [
    ...sections.flatMap(({ section, first }) => section.problems.map((each) => placed(each, first))),
    ...duplicates.map((each) => placed(each, 0)),
  ];
}

export const unreadIn = ({ sections }: Assembly): Pointer[] => sections.flatMap(({ section }) => section.unread);

/** What is no YAML, and offsets of what was blanked for it. */
export function errorsIn({ blocks, starts }: Assembly): { errors: YamlError[]; holes: number[] } {
  const errors: YamlError[] = [];
  const holes: number[] = [];
  for (let i = 0; i < blocks.length; i++) {
    const block = blocks[i]!;
    if (!isBroken(block)) continue;
    for (const error of block.errors) errors.push({ ...error, range: shifted(error.range, starts[i]!) });
    for (const hole of block.holes) holes.push(starts[i]! + hole[0]);
  }
  return { errors, holes };
}
