/** One block of a topology's text (`cut.ts`), read by itself: nothing in it depends on what stands before or behind it. */
import { pointer as join, type Pointer, type Problem, type Range } from '../problem.ts';
import { decodeEntry, decodeSection, type Decoded } from './decode.ts';
import { plainPairs } from './plainYaml.ts';
import type { YamlError } from './repair.ts';
import { gatewayProblems, shortForms } from './shortForms.ts';
import type { Place } from './sourceMap.ts';
import type { Pair, Tree } from './tree.ts';
import { yamlTree } from './yamlTree.ts';

/** All offsets are from the start of the block, so that it may move. */
export interface Block {
  section: string | undefined;
  isHead: boolean;
  text: string;
  /** One, unless something is wrong with the text. */
  parts: Part[];
  /** What is no YAML in it, and what was blanked to read the rest. */
  errors: YamlError[];
  holes: Range[];
  /** It can be understood only with the rest of the file: a mistake that reaches beyond it. */
  isWhole: boolean;
  /** Blocks before it that have anchors, as one text: what its aliases mean depends on them. Empty, when it has none. */
  context: string;
  hasAnchors: boolean;
  hasAliases: boolean;
  /** How much its aliases mean, in entries. */
  aliased: number;
  /** The entries of a plain one as they are written, until somebody made something of them: all of them kept would take much memory. */
  pairs?: Pair[] | undefined;
}

/** A key of the file and its value, or a thing in a section. */
export interface Part {
  key: string;
  pointer: Pointer;
  keyRange: Range;
  /** Of the value; of a head, whose value is in the blocks behind it, just behind the key. */
  range: Range;
  /** As `decode` made it; absent when it cannot be used. */
  value?: unknown;
  problems: Problem[];
  unread: Pointer[];
}

export function readBlock(section: string | undefined, isHead: boolean, text: string, context = ''): Block {
  const block: Block = {
    section,
    isHead,
    text,
    parts: [],
    errors: [],
    holes: [],
    isWhole: false,
    ...BY_ITSELF,
    // Without a star there is no alias.
    context: text.includes('*') ? context : '',
  };
  if (isHead) {
    const end = text.indexOf(':');
    const key = text.slice(0, end);
    block.parts.push({ key, pointer: join(key), keyRange: [0, end], range: [end, end], problems: [], unread: [] });
    return block;
  }
  block.pairs = plainPairs(text);
  const pairs = block.pairs ?? pairsInContext(block);
  if (!block.isWhole) block.parts = pairs.map((pair) => readPart(section, pair));
  return block;
}

const BY_ITSELF = { context: '', hasAnchors: false, hasAliases: false, aliased: 0 };

/** What a block adds to the context of those behind it. */
export const contextOf = ({ section, text }: Block): string =>
  `${section === undefined ? '' : `${BEFORE}:\n`}${text}${text.endsWith('\n') ? '' : '\n'}`;

function readPart(section: string | undefined, pair: Pair): Part {
  const out: Decoded = { problems: [], unread: [] };
  const value = decodePair(section, pair, out);
  const { key, keyRange } = pair;
  const pointer = section === undefined ? join(key) : join(section, key);
  const part: Part = { key, pointer, keyRange, range: pair.value.range, problems: out.problems, unread: out.unread };
  if (value === undefined) return part;
  if (isOfRouters(section, key)) part.problems = part.problems.concat(gatewayProblems(value));
  return { ...part, value };
}

const decodePair = (section: string | undefined, pair: Pair, out: Decoded): unknown =>
  section === undefined ? decodeSection(pair, out) : decodeEntry(section, pair, out);

const isOfRouters = (section: string | undefined, key: string): boolean => (section ?? key) === 'routers';

const known = new WeakMap<Block, Map<Part, Places>>();

type Places = [Pointer, Place][];

/** Where the entries of a part stand in its block. The block is read once more for it: few are ever asked, and places take memory. */
export function placesOf(block: Block, part: Part): Places {
  const places = known.get(block) ?? readPlaces(block);
  known.set(block, places);
  return places.get(part) ?? [];
}

function readPlaces(block: Block): Map<Part, Places> {
  const { section, text, parts } = block;
  const pairs = block.pairs ?? plainPairs(text) ?? pairsByLibrary({ ...block });
  block.pairs = undefined;
  return new Map(
    pairs.map((pair, i) => {
      const places: Places = [];
      const isRouter = isOfRouters(section, pair.key);
      const value = decodePair(section, pair, { problems: [], unread: [], places, isForPlaces: !isRouter });
      return [parts[i]!, isRouter ? [...shortForms(value, places), ...places] : places];
    }),
  );
}

/** The entry that a part was made of, when its places are those of all that is in it: nothing was left out, put in or merged. */
export function pairOf(block: Block, part: Part): { section: string; pair: Pair } | undefined {
  const { section, text, parts, errors } = block;
  if (section === undefined || isOfRouters(section, part.key)) return undefined;
  if (errors.length + part.problems.length + part.unread.length > 0) return undefined;
  const pair = (block.pairs ?? plainPairs(text))?.[parts.indexOf(part)];
  block.pairs = undefined;
  return pair && { section, pair };
}

/** What has no aliases depends on no other block: a mistake in it is not mended otherwise because of what has anchors before it. */
function pairsInContext(block: Block): Pair[] {
  const pairs = pairsByLibrary(block);
  if (block.hasAliases || block.context === '') return pairs;
  block.context = '';
  return pairsByLibrary(block);
}

/** The entries by the YAML library, which sees the text behind an entry of the same depth, as it is in the file. */
function pairsByLibrary(block: Block): Pair[] {
  const { text, section, context } = block;
  const margin = /^ */.exec(text)![0];
  const before = `${context}${BEFORE}:\n${section === undefined ? '' : `${margin}${BEFORE}:\n`}`;
  const { tree, errors, holes, isStopped, anchored, hasAliases, aliased } = yamlTree(before + text);
  const isOwn = ([start]: Range): boolean => start >= context.length;
  const back = (range: Range): Range => shifted(range, -before.length);
  block.errors = errors.filter(({ range }) => isOwn(range)).map((error) => ({ ...error, range: back(error.range) }));
  block.holes = holes.filter(isOwn).map(back);
  block.hasAnchors = anchored >= before.length;
  block.hasAliases = hasAliases;
  block.aliased = aliased;
  const outer = pairsIn(tree, isOwn);
  const inner = section === undefined ? outer : outer?.length === 1 ? pairsIn(outer[0]!.value, isOwn) : undefined;
  // What is merged into the file itself, or into a section of it, may stand before any entry.
  block.isWhole = isStopped || !inner || inner.some(({ merged }) => merged);
  return (inner ?? []).slice(1).map((pair) => shiftedPair(pair, -before.length));
}

/** A key that no file has. */
const BEFORE = '_';

function pairsIn(tree: Tree, isOwn: (range: Range) => boolean): Pair[] | undefined {
  const pairs = tree.kind === 'map' ? tree.pairs.filter(({ keyRange }) => isOwn(keyRange)) : [];
  return pairs[0]?.key === BEFORE ? pairs : undefined;
}

/** A range so many characters further on; an error may begin at what only stands in for the text before. */
export const shifted = ([start, end]: Range, by: number): Range => [Math.max(0, start + by), Math.max(0, end + by)];

const shiftedPair = (pair: Pair, by: number): Pair => ({
  ...pair,
  keyRange: shifted(pair.keyRange, by),
  value: shiftedTree(pair.value, by),
});

function shiftedTree(tree: Tree, by: number): Tree {
  const range = shifted(tree.range, by);
  if (tree.kind === 'map') return { ...tree, range, pairs: tree.pairs.map((pair) => shiftedPair(pair, by)) };
  if (tree.kind === 'list') return { ...tree, range, items: tree.items.map((item) => shiftedTree(item, by)) };
  return { ...tree, range };
}
