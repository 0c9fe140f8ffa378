/**
 * Where in the text each entry of the topology stands: pointer → ranges of its key and value, in the order of the file.
 * Offsets are UTF-16 units of the text that was read; only the editor's side turns them into lines and columns.
 */
import type { Pointer, Range } from '../problem.ts';
import type { Pair } from './tree.ts';

export interface Place {
  /** The key; absent for the whole file and for items of a list. */
  key?: Range;
  value: Range;
}

/** Outer entries come before inner ones. Items of a list that could not be read are not in it, nor counted in the indices of the others. */
export interface SourceMap extends Iterable<[Pointer, Place]> {
  get(pointer: Pointer): Place | undefined;
  has(pointer: Pointer): boolean;
  /** All entries that have an offset in them, and perhaps others; outer ones before inner ones. */
  around(offset: number): Iterable<[Pointer, Place]>;
  /** Whether an entry has entries of its own. */
  isOuter(pointer: Pointer): boolean;
  /** Of several files, the number of the one in which a thing stands and all that is in it; `undefined`: `locate` tells. */
  fileAt?(pointer: Pointer): number | undefined;
}

/** Of one text. */
export interface TextMap extends SourceMap {
  chunks(): Chunks;
}

/** A text in pieces that follow each other without a gap, with all entries but the keys of sections. What is asked of one goes by its number. */
export interface Chunks {
  /** Where the first one begins; there is no entry before. */
  start: number;
  /** For each an object that is the same in all versions in which the chunk is the same. */
  identities: readonly object[];
  text(i: number): string;
  /** Offsets are from the start of the chunk. Read when they are asked for. */
  places(i: number): readonly [Pointer, Place][];
  /** Of a thing of which all could be read, the entry as it is written, which is there sooner than its places; in all else that is the same. */
  tree(i: number): { section: string; pair: Pair } | undefined;
}

/** Of places in the order of the file. */
export function sourceMapOf(places: readonly [Pointer, Place][], text: string): TextMap {
  const map = new Map(places);
  return {
    get: (pointer) => map.get(pointer),
    has: (pointer) => map.has(pointer),
    around: () => map,
    isOuter: (pointer) => hasInner(places, pointer),
    chunks: () => ({
      start: 0,
      identities: [places],
      text: () => text,
      places: () => places,
      tree: () => undefined,
    }),
    [Symbol.iterator]: () => map[Symbol.iterator](),
  };
}

export const hasInner = (places: readonly [Pointer, Place][], pointer: Pointer): boolean =>
  places.some(([other]) => other.startsWith(`${pointer}/`));

/**
 * The range of an entry's key or value. An entry that has none (a key that was left out, the inside of an alias)
 * is placed at its nearest ancestor, there at the key, which is short. `undefined` only for an empty map.
 */
export function locate(sourceMap: SourceMap, pointer: Pointer, at: 'key' | 'value' = 'value'): Range | undefined {
  const place = sourceMap.get(pointer);
  if (place) return at === 'key' ? (place.key ?? place.value) : place.value;
  for (let up = parent(pointer); up !== undefined; up = parent(up)) {
    const ancestor = sourceMap.get(up);
    if (ancestor) return ancestor.key ?? ancestor.value;
  }
  return undefined;
}

/** The innermost entry whose key, value or what lies between them is at an offset; its end counts as inside. The whole file is `''`. */
export function pointerAt(sourceMap: SourceMap, offset: number): Pointer {
  let found: Pointer = '';
  // Outer entries come first, so the last hit is the innermost.
  for (const [pointer, { key, value }] of sourceMap.around(offset)) {
    const start = key?.[0] ?? value[0];
    const end = Math.max(key?.[1] ?? value[1], value[1]);
    if (start <= offset && offset <= end) found = pointer;
  }
  return found;
}

function parent(pointer: Pointer): Pointer | undefined {
  return pointer === '' ? undefined : pointer.slice(0, pointer.lastIndexOf('/'));
}
