/** Where everything stands in a text that was read block by block. Nothing is made in advance: a place is moved when somebody asks for it. */
import type { Pointer, Range } from '../problem.ts';
import type { Assembly } from './assembly.ts';
import { pairOf, placesOf, shifted, type Block, type Part } from './block.ts';
import type { Section } from './section.ts';
import { hasInner, type Chunks, type Place, type TextMap } from './sourceMap.ts';

export function assemblyMap(assembly: Assembly): TextMap {
  const byPointer = new Map(assembly.sections.map((entry) => [entry.section.pointer, entry]));
  const partAt = (pointer: Pointer): Spot | undefined => {
    const cut = pointer.indexOf('/', 1);
    const entry = byPointer.get(cut < 0 ? pointer : pointer.slice(0, cut));
    if (!entry) return undefined;
    const next = cut < 0 ? -1 : pointer.indexOf('/', cut + 1);
    const isOne = !isHeaded(entry.section);
    const i = isOne ? 0 : entry.section.index.get(next < 0 ? pointer : pointer.slice(0, next));
    const found = i === undefined ? undefined : entry.section.placed[i];
    return found && spotOf(assembly, entry, found);
  };
  const get = (pointer: Pointer): Place | undefined => {
    if (pointer === '') return { value: rootRange(assembly) };
    const entry = byPointer.get(pointer);
    if (entry && isHeaded(entry.section)) return headPlace(assembly, entry);
    const spot = partAt(pointer);
    const place = spot && placeIn(spot, pointer);
    return place && moved(place, spot.start);
  };
  function* places(entry: Entry, placed: Section['placed']): Generator<[Pointer, Place]> {
    if (isHeaded(entry.section)) yield [entry.section.pointer, headPlace(assembly, entry)];
    for (const each of placed) {
      const { block, part, start } = spotOf(assembly, entry, each);
      for (const [pointer, place] of placesOf(block, part)) yield [pointer, moved(place, start)];
    }
  }
  return {
    get,
    has: (pointer) => get(pointer) !== undefined,
    isOuter(pointer) {
      if (pointer === '') return assembly.sections.length > 0;
      const entry = byPointer.get(pointer);
      if (entry && isHeaded(entry.section)) return entry.section.placed.length > 0;
      const spot = partAt(pointer);
      return spot !== undefined && hasInner(placesOf(spot.block, spot.part), pointer);
    },
    chunks: () => chunksOf(assembly),
    around(offset) {
      const all: [Pointer, Place][] = [['', { value: rootRange(assembly) }]];
      for (const entry of entriesAt(assembly, offset)) {
        if (isHeaded(entry.section)) all.push([entry.section.pointer, headPlace(assembly, entry)]);
        for (const placed of near(assembly, entry, offset)) addUpTo(all, spotOf(assembly, entry, placed), offset);
      }
      return all;
    },
    *[Symbol.iterator]() {
      yield ['', { value: rootRange(assembly) }];
      for (const entry of assembly.sections) yield* places(entry, entry.section.placed);
    },
  };
}

/** A thousand places of a name are asked for, one by one: what begins behind the offset is not moved. */
function addUpTo(all: [Pointer, Place][], { block, part, start }: Spot, offset: number): void {
  for (const [pointer, place] of placesOf(block, part))
    if ((place.key?.[0] ?? place.value[0]) <= offset - start) all.push([pointer, moved(place, start)]);
}

/** The blocks. Of what is in the file twice only the first counts: such a block is another chunk in each version. */
function chunksOf({ blocks, starts, sections, duplicates }: Assembly): Chunks {
  const hasDuplicates = duplicates.length > 0 || sections.some(({ section }) => section.hasDuplicates);
  const counted = hasDuplicates
    ? new Set(sections.flatMap(({ section }) => section.placed.map(({ part }) => part)))
    : undefined;
  const partsOf = ({ isHead, parts }: Block): readonly Part[] =>
    isHead ? [] : counted ? parts.filter((part) => counted.has(part)) : parts;
  return {
    start: starts[0]!,
    identities: counted ? blocks.map((block) => (partsOf(block).length < block.parts.length ? {} : block)) : blocks,
    text: (i) => blocks[i]!.text,
    places: (i) => partsOf(blocks[i]!).flatMap((part) => placesOf(blocks[i]!, part)),
    tree(i) {
      const [part, ...others] = partsOf(blocks[i]!);
      return part && others.length === 0 ? pairOf(blocks[i]!, part) : undefined;
    },
  };
}

interface Spot {
  block: Block;
  part: Part;
  /** Of the block. */
  start: number;
}

const spotOf = ({ starts }: Assembly, { section, first }: Entry, { part, block }: Section['placed'][number]): Spot => ({
  block: section.blocks[block]!,
  part,
  start: starts[first + block]!,
});

/** Sections that begin in the last block up to an offset that begins any. */
function entriesAt({ sections, starts }: Assembly, offset: number): Entry[] {
  const last = sections.findLast(({ first }) => starts[first]! <= offset);
  return last ? sections.filter(({ first }) => first === last.first) : [];
}

type Entry = Assembly['sections'][number];

const isHeaded = ({ blocks }: Section): boolean => blocks[0]!.isHead;

const moved = ({ key, value }: Place, by: number): Place => ({
  ...(key && { key: shifted(key, by) }),
  value: shifted(value, by),
});

/** Parts of the block that holds an offset, and of the one that ends there. */
function near({ starts }: Assembly, { section, first }: Entry, offset: number): Section['placed'] {
  const { placed } = section;
  let [low, high] = [0, placed.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[first + placed[middle]!.block]! <= offset) low = middle + 1;
    else high = middle;
  }
  let from = Math.max(0, low - 1);
  if (from > 0 && starts[first + placed[from]!.block] === offset) from--;
  // A broken block may hold several.
  while (from > 0 && placed[from - 1]!.block === placed[from]!.block) from--;
  return placed.slice(from, low);
}

/** Longer lists of places than this are looked up in a map. */
const MANY = 64;
const maps = new WeakMap<Part, Map<Pointer, Place>>();

function placeIn({ block, part }: Spot, pointer: Pointer): Place | undefined {
  if (pointer === part.pointer) return { key: part.keyRange, value: part.range };
  const places = placesOf(block, part);
  if (places.length < MANY) return places.find((each) => each[0] === pointer)?.[1];
  const map = maps.get(part) ?? new Map(places);
  maps.set(part, map);
  return map.get(pointer);
}

/** From its first thing to its last one. */
function headPlace({ starts }: Assembly, { section, first }: Entry): Place {
  const head = section.blocks[0]!.parts[0]!;
  const key = shifted(head.keyRange, starts[first]!);
  const range = thingsRange(section, (block) => starts[first + block]!);
  return { key, value: range ?? [key[1], key[1]] };
}

function thingsRange({ blocks }: Section, startOf: (block: number) => number): Range | undefined {
  let [from, to] = [1, blocks.length - 1];
  while (from < blocks.length && blocks[from]!.parts.length === 0) from++;
  while (to > 0 && blocks[to]!.parts.length === 0) to--;
  if (from > to) return undefined;
  const [first, last] = [blocks[from]!.parts[0]!, blocks[to]!.parts.at(-1)!];
  return [startOf(from) + first.keyRange[0], startOf(to) + last.range[1]];
}

function rootRange({ blocks, starts }: Assembly): Range {
  const start = blocks.findIndex(({ parts }) => parts.length > 0);
  const end = blocks.findLastIndex(({ parts }) => parts.length > 0);
  if (start < 0) return [0, 0];
  const last = blocks[end]!.parts.at(-1)!;
  return [starts[start]! + blocks[start]!.parts[0]!.keyRange[0], starts[end]! + last.range[1]];
}
