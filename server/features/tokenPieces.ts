/**
 * Semantic tokens as LSP sends them ("Semantic Tokens": five numbers each, the place counted from the token before), in pieces that an
 * edit elsewhere leaves as they are: what changed between two answers is found by comparing pieces, not numbers.
 */
import type { Position, SemanticTokensEdit } from 'vscode-languageserver';
import { sameEnds } from '../../shared/topology/kept.ts';
import type { Name } from './at.ts';
import { replaced } from './edited.ts';

/** A token by lines, counted from where its chunk begins. */
export interface Placed {
  line: number;
  character: number;
  length: number;
  type: number;
  name?: Name;
}

/** The tokens of a chunk, and how many lines end in it. */
export interface ChunkTokens {
  tokens: readonly Placed[];
  lines: number;
}

/** The tokens of a chunk as numbers, whichever chunks are before it. */
export interface Piece {
  /** Of the first token the line is counted from the beginning of the chunk. */
  numbers: readonly number[];
  /** How many lines end behind the last token; all, where there is none. */
  behind: number;
}

/** The tokens of a text. */
export interface Pieces {
  /** Where the first piece begins. */
  start: Position;
  /** One for each chunk, the same object as long as it says the same. */
  pieces: readonly Piece[];
}

/** The same function in all versions in which it says the same. */
export type IsDefined = (name: Name) => boolean;

/** What pieces were made of. */
interface From {
  chunks: readonly ChunkTokens[];
  isDefined: IsDefined;
}

/** @param before those of an earlier version */
export function piecesOf({ chunks, isDefined }: From, before?: From & Pick<Pieces, 'pieces'>): readonly Piece[] {
  if (!before) return chunks.map((chunk) => pieceOf(chunk, isDefined));
  const { head, tail } = sameEnds(before.chunks, chunks);
  const others = chunks.slice(head, chunks.length - tail).map((chunk) => pieceOf(chunk, isDefined));
  const pieces = replaced(before.pieces, head, tail, others);
  if (before.isDefined === isDefined) return pieces;
  const isOther = ({ name }: Placed): boolean =>
    name?.role === 'reference' && before.isDefined(name) !== isDefined(name);
  return pieces.map((piece, i) => (chunks[i]!.tokens.some(isOther) ? pieceOf(chunks[i]!, isDefined) : piece));
}

function pieceOf({ tokens, lines }: ChunkTokens, isDefined: IsDefined): Piece {
  const numbers: number[] = [];
  let before: Position = { line: 0, character: 0 };
  for (const token of tokens) {
    addToken(numbers, before, token, isDefined);
    before = token;
  }
  return { numbers, behind: lines - before.line };
}

/** Appends the five numbers of a token. */
export function addToken(numbers: number[], before: Position, token: Placed, isDefined: IsDefined): void {
  const { line, character, length, type } = token;
  const column = line === before.line ? character - before.character : character;
  numbers.push(line - before.line, column, length, type, modifiersOf(token, isDefined));
}

/** By place in the legend: `declaration`, `unknown`. */
const modifiersOf = ({ name }: Placed, isDefined: IsDefined): number =>
  name === undefined ? 0 : name.role === 'definition' ? 1 : isDefined(name) ? 0 : 2;

/** All tokens, or those of some pieces, the first counted from the one before these. */
export function numbersOf({ start, pieces }: Pieces, from = 0, to = pieces.length): number[] {
  let lines = 0;
  let first = from;
  while (first > 0) {
    first--;
    lines += pieces[first]!.behind;
    if (pieces[first]!.numbers.length > 0) break;
  }
  const isFirst = first === 0 && (from === 0 || pieces[0]!.numbers.length === 0);
  if (isFirst) lines += start.line;
  const all: number[] = [];
  for (let i = from; i < to; i++) {
    const { numbers, behind } = pieces[i]!;
    if (numbers.length === 0) {
      lines += behind;
      continue;
    }
    const at = all.length;
    for (const each of numbers) all.push(each);
    all[at]! += lines;
    // Before the first token of the file may be a byte order mark.
    if (at === 0 && isFirst && all[0] === start.line) all[1]! += start.character;
    lines = behind;
  }
  return all;
}

/** One edit, or none: what lies between the same beginning and the same end. */
export function editsBetween(before: Pieces, after: Pieces): SemanticTokensEdit[] {
  const ends = sameEnds(before.pieces, after.pieces);
  const isMoved = before.start.line !== after.start.line || before.start.character !== after.start.character;
  const head = isMoved ? 0 : ends.head;
  // The first token behind what changed is counted from what changed.
  let tail = ends.tail;
  while (tail > 0 && after.pieces[after.pieces.length - tail--]!.numbers.length === 0);
  let start = 0;
  for (let i = 0; i < head; i++) start += before.pieces[i]!.numbers.length;
  const old = numbersOf(before, head, before.pieces.length - tail);
  const now = numbersOf(after, head, after.pieces.length - tail);
  const inner = sameEnds(old, now);
  const deleteCount = old.length - inner.head - inner.tail;
  const data = now.slice(inner.head, now.length - inner.tail);
  return deleteCount === 0 && data.length === 0 ? [] : [{ start: start + inner.head, deleteCount, data }];
}
