/** Something made of every entry of a document, kept for the things that an edit does not touch: one mechanism for whole-file requests. */
import type { Pointer, Range } from '../../shared/problem.ts';
import type { Steps } from '../../shared/steps.ts';
import type { Chunk, Place } from '../../shared/topology/sourceMap.ts';
import type { Document } from '../document.ts';

export type Places = readonly [Pointer, Place][];

export interface Made<T> {
  value: T;
  /** Where the chunk begins. */
  line: number;
  character: number;
}

export interface ByChunk<T> {
  /** What was made of each chunk, in the order of the file; of those that may have something within a range, if one is given. */
  (document: Document, within?: Range): Made<T>[];
  /** Makes all of it, so that then it is there. */
  steps: (document: Document) => Steps<void>;
}

/** What a chunk is of which its places need not be worked out. */
export type Entry = NonNullable<ReturnType<NonNullable<Chunk['tree']>>>;

/**
 * @param make must depend on nothing but the places and the text from the start of the chunk on, as far as its places reach
 * @param makeOfEntry makes the same of a thing of which all is well
 */
export function byChunk<T>(
  make: (places: Places, text: string) => T,
  makeOfEntry?: (entry: Entry, text: string) => T,
): ByChunk<T> {
  const known = new WeakMap<object, T>();
  const fromPlaces = (text: string, { start, places }: Chunk): T => {
    const all = places();
    return make(all, text.slice(start, start + lengthOf(all)));
  };
  const makeOf = (text: string, chunk: Chunk): T => {
    const { start, identity, tree } = chunk;
    const entry = makeOfEntry && tree?.();
    const value = entry
      ? makeOfEntry(entry, text.slice(start, start + Math.max(entry.pair.keyRange[1], entry.pair.value.range[1])))
      : fromPlaces(text, chunk);
    known.set(identity, value);
    return value;
  };
  const valueOf = (text: string, chunk: Chunk): T => known.get(chunk.identity) ?? makeOf(text, chunk);
  const all = (document: Document, within?: Range): Made<T>[] => {
    const { text } = document;
    const chunks = [...document.reading().sourceMap.chunks()];
    const made: Made<T>[] = [];
    for (const [i, chunk] of chunks.entries()) {
      const next = chunks[i + 1]?.start ?? Infinity;
      // Several things may begin at one place when something is wrong with the text.
      if (within && (chunk.start > within[1] || (next < within[0] && next > chunk.start))) continue;
      made.push({ value: valueOf(text.getText(), chunk), ...text.positionAt(chunk.start) });
    }
    return made;
  };
  const steps = function* (document: Document): Steps<void> {
    for (const chunk of document.reading().sourceMap.chunks()) {
      valueOf(document.text.getText(), chunk);
      yield;
    }
  };
  return Object.assign(all, { steps });
}

function lengthOf(places: Places): number {
  let end = 0;
  // By index, here and elsewhere where each entry is looked at: taken apart as lists they cost twice the time when a file was just opened.
  for (const entry of places) end = Math.max(end, entry[1].value[1], entry[1].key?.[1] ?? 0);
  return end;
}
