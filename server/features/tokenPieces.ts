/**
 * Semantic tokens as LSP sends them ("Semantic Tokens": five numbers each, the place counted from the token before), in pieces that an
 * edit elsewhere leaves as they are: what changed between two answers is found by comparing pieces, not numbers.
 */
import type { Position, SemanticTokensEdit } from 'vscode-languageserver';
import type { Name } from './at.ts';
import type { Made } from './byChunk.ts';

/** A token by lines, counted from where its chunk begins. */
export interface Placed {
  line: number;
  character: number;
  length: number;
  type: number;
  name?: Name;
}

export type Chunk = Made<readonly Placed[]>;

/** The tokens of a chunk, the first counted from the last one before. The same object while nothing of it changed. */
export type Piece = readonly number[];

/** The same function in all versions in which it says the same. */
export type IsDefined = (name: Name) => boolean;

const START: Position = { line: 0, character: 0 };

interface Kept {
  isDefined: IsDefined;
  /** What the first token says of its place. */
  first: Position;
  piece: Piece;
}

const keptOf = new WeakMap<readonly Placed[], Kept>();

export function piecesOf(chunks: readonly Chunk[], isDefined: IsDefined): Piece[] {
  const pieces: Piece[] = [];
  let before = START;
  for (const chunk of chunks) {
    const [token, last] = [chunk.value[0], chunk.value.at(-1)];
    if (!token || !last) continue;
    const first = between(before, placeOf(chunk, token));
    let kept = keptOf.get(chunk.value);
    if (kept?.isDefined !== isDefined || kept.first.line !== first.line || kept.first.character !== first.character) {
      kept = { isDefined, first, piece: encoded([chunk], isDefined, before) };
      keptOf.set(chunk.value, kept);
    }
    pieces.push(kept.piece);
    before = placeOf(chunk, last);
  }
  return pieces;
}

/** @param lines the first and the last line wanted; all without */
export function encoded(
  chunks: readonly Chunk[],
  isDefined: IsDefined,
  from: Position = START,
  [firstLine, lastLine]: readonly [number, number] = [0, Infinity],
): number[] {
  const data: number[] = [];
  let before = from;
  for (const chunk of chunks) {
    for (const token of chunk.value) {
      const place = placeOf(chunk, token);
      if (place.line < firstLine || place.line > lastLine) continue;
      const { line, character } = between(before, place);
      data.push(line, character, token.length, token.type, modifiersOf(token, isDefined));
      before = place;
    }
  }
  return data;
}

const placeOf = (chunk: Chunk, { line, character }: Placed): Position => ({
  line: chunk.line + line,
  character: line === 0 ? chunk.character + character : character,
});

const between = (before: Position, place: Position): Position => ({
  line: place.line - before.line,
  character: place.line === before.line ? place.character - before.character : place.character,
});

/** By place in the legend: `declaration`, `unknown`. */
const modifiersOf = ({ name }: Placed, isDefined: IsDefined): number =>
  name === undefined ? 0 : name.role === 'definition' ? 1 : isDefined(name) ? 0 : 2;

/** One edit, or none: what lies between the same beginning and the same end. */
export function editsBetween(before: readonly Piece[], after: readonly Piece[]): SemanticTokensEdit[] {
  const { head, tail } = commonEndsOf(before, after);
  const start = before.slice(0, head).reduce((sum, piece) => sum + piece.length, 0);
  const old = before.slice(head, before.length - tail).flat();
  const now = after.slice(head, after.length - tail).flat();
  const inner = commonEndsOf(old, now);
  const deleteCount = old.length - inner.head - inner.tail;
  const data = now.slice(inner.head, now.length - inner.tail);
  return deleteCount === 0 && data.length === 0 ? [] : [{ start: start + inner.head, deleteCount, data }];
}

/** How many there are at the beginning that are the same in both, and how many others at the end. */
function commonEndsOf<T>(before: readonly T[], after: readonly T[]): { head: number; tail: number } {
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < most - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  return { head, tail };
}
