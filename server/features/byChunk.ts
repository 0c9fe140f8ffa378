/** Something made of every entry of a document, kept for the things that an edit does not touch: one mechanism for whole-file requests. */
import type { Pointer, Range } from '../../shared/problem.ts';
import { PIECE, type Steps } from '../../shared/steps.ts';
import { sameEnds } from '../../shared/topology/kept.ts';
import type { Chunks, Place } from '../../shared/topology/sourceMap.ts';
import type { Document } from '../document.ts';
import { recent, replaced } from './edited.ts';

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
  /** The same without places: one value for each chunk, the same object while the chunk is the same. */
  values: (document: Document) => readonly T[];
  /** Makes all of it, so that then it is there. */
  steps: (document: Document) => Steps<void>;
}

/** What a chunk is of which its places need not be worked out. */
export type Entry = NonNullable<ReturnType<Chunks['tree']>>;

/**
 * @param make must depend on nothing but the places and the text of the chunk
 * @param makeOfEntry makes the same of a thing of which all is well
 */
export function byChunk<T extends object>(
  make: (places: Places, text: string) => T,
  makeOfEntry?: (entry: Entry, text: string) => T,
): ByChunk<T> {
  const known = recent<Kept<object, T>>();
  const makeOf = (chunks: Chunks, i: number): T => {
    const entry = makeOfEntry && chunks.tree(i);
    return entry ? makeOfEntry(entry, chunks.text(i)) : make(chunks.places(i), chunks.text(i));
  };
  const keptOf = ({ text: { uri } }: Document, { identities }: Chunks): Kept<object, T> => {
    const kept = keptEnds(known.get(uri), identities);
    known.set(uri, kept);
    return kept;
  };
  const makeSome = (chunks: Chunks, kept: Kept<object, T>, most: number): boolean => {
    const end = Math.min(kept.end, kept.start + most);
    for (; kept.start < end; kept.start++) kept.made[kept.start] ??= makeOf(chunks, kept.start);
    return kept.start < kept.end;
  };
  const all = (document: Document, within?: Range): Made<T>[] => {
    const chunks = document.reading().sourceMap.chunks();
    const { made } = keptOf(document, chunks);
    const some: Made<T>[] = [];
    let end = chunks.start;
    for (let i = 0; i < chunks.identities.length; i++) {
      const start = end;
      end += chunks.text(i).length;
      if (within && (end < within[0] || start > within[1])) continue;
      const value = (made[i] ??= makeOf(chunks, i));
      some.push({ value, ...document.text.positionAt(start) });
    }
    return some;
  };
  const values = (document: Document): readonly T[] => {
    const chunks = document.reading().sourceMap.chunks();
    const kept = keptOf(document, chunks);
    makeSome(chunks, kept, Infinity);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- none is missing
    return kept.made as T[];
  };
  const steps = function* (document: Document): Steps<void> {
    const chunks = document.reading().sourceMap.chunks();
    const kept = keptOf(document, chunks);
    while (makeSome(chunks, kept, PIECE)) yield;
  };
  return Object.assign(all, { values, steps });
}

/** What was made of each of some things, as far as anybody asked. */
interface Kept<From, T> {
  from: readonly From[];
  made: (T | undefined)[];
  /** Before `start` and from `end` on nothing is missing. */
  start: number;
  end: number;
}

/** After an edit what was made of the things at both ends is kept. */
function keptEnds<From, T>(before: Kept<From, T> | undefined, from: readonly From[]): Kept<From, T> {
  if (before?.from === from) return before;
  if (!before) return { from, made: Array.from<T | undefined>({ length: from.length }), start: 0, end: from.length };
  const { head, tail } = sameEnds(before.from, from);
  const between = from.length - head - tail;
  const made = replaced(before.made, head, tail, Array.from<undefined>({ length: between }));
  const isWhole = before.start >= before.end;
  const more = from.length - before.from.length;
  return {
    from,
    made,
    start: isWhole ? head : Math.min(head, before.start),
    end: isWhole ? head + between : Math.max(head + between, before.end + more),
  };
}
