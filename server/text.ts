/**
 * One version of an open text, which never changes: the manager of the connection changes its documents in place. Where its lines begin is
 * worked out when somebody asks, for the part that differs from the version before.
 */
import type { Position, Range } from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { commonEnds } from '../shared/commonEnds.ts';
import type { Range as OffsetRange } from '../shared/problem.ts';

/** What is asked of a text. */
export type AnyText = Omit<TextDocument, 'getLineRange' | 'getEOLCharacters'>;

export interface Text extends AnyText {
  /** Offsets at which lines begin; lines end as LSP has it, with `\n`, `\r\n` or `\r`. */
  lines(): Uint32Array;
  /** Whether that was worked out. */
  hasLines(): boolean;
}

/** @param previous an earlier version of the same text */
export function textOf(of: Pick<TextDocument, 'uri' | 'languageId' | 'version'>, text: string, previous?: Text): Text {
  // Else versions of which nobody asked would keep each other in memory.
  let earlier = previous?.hasLines() ? previous : undefined;
  let known: Uint32Array | undefined;
  const lines = (): Uint32Array => {
    known ??= earlier ? changedLines(earlier.getText(), earlier.lines(), text) : Uint32Array.from(lineStarts(text));
    earlier = undefined;
    return known;
  };
  const offsetAt = ({ line, character }: Position): number => {
    const starts = lines();
    if (line >= starts.length) return text.length;
    if (line < 0) return 0;
    const [start, next] = [starts[line]!, starts[line + 1] ?? text.length];
    return withoutEnd(text, start, Math.max(start, Math.min(start + character, next)));
  };
  return {
    uri: of.uri,
    languageId: of.languageId,
    version: of.version,
    get lineCount() {
      return lines().length;
    },
    lines,
    hasLines: () => known !== undefined,
    getText: (range?: Range) => (range ? text.slice(offsetAt(range.start), offsetAt(range.end)) : text),
    offsetAt,
    positionAt(offset) {
      const starts = lines();
      const at = Math.max(0, Math.min(offset, text.length));
      const line = lastUpTo(starts, at);
      return { line, character: withoutEnd(text, starts[line]!, at) - starts[line]! };
    },
  };
}

const NEWLINE = 10;
const RETURN = 13;

/** Positions are never inside or behind the end of a line. */
function withoutEnd(text: string, start: number, offset: number): number {
  let at = offset;
  while (at > start && (text.charCodeAt(at - 1) === NEWLINE || text.charCodeAt(at - 1) === RETURN)) at--;
  return at;
}

/** Offsets at which lines begin, by LSP's rules. Mostly they end with a newline alone, which is found sooner. */
export function lineStarts(text: string): number[] {
  if (text.includes('\r')) return linesIn(text, 0, text.length, [0]);
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** Appends to `starts` where lines begin whose ends before are in the text from `from` up to `to`. */
function linesIn(text: string, from: number, to: number, starts: number[]): number[] {
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code === NEWLINE || (code === RETURN && text.charCodeAt(at + 1) !== NEWLINE)) starts.push(at + 1);
  }
  return starts;
}

function changedLines(before: string, old: Uint32Array, text: string): Uint32Array {
  const { head, tail } = commonEnds(before, text);
  // A return at the end of what is common may have got or lost its newline.
  const kept = lastUpTo(old, Math.max(0, head - 1)) + 1;
  const fresh = linesIn(text, Math.max(0, head - 1), text.length - tail, []);
  const behind = lastUpTo(old, before.length - tail) + 1;
  const starts = new Uint32Array(kept + fresh.length + old.length - behind);
  starts.set(old.subarray(0, kept));
  starts.set(fresh, kept);
  const by = text.length - before.length;
  for (let from = behind, to = kept + fresh.length; from < old.length; from++, to++) starts[to] = old[from]! + by;
  return starts;
}

/** Index of the last number up to `limit`; -1: none. */
function lastUpTo(numbers: Uint32Array, limit: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The lines of a text that differ from an earlier version; `undefined` when none does. */
export function changedRange(before: string, text: string): OffsetRange | undefined {
  const { head, tail } = commonEnds(before, text);
  if (head === text.length && head === before.length) return undefined;
  const start = head === 0 ? 0 : text.lastIndexOf('\n', head - 1) + 1;
  const end = text.indexOf('\n', text.length - tail);
  return [start, end < 0 ? text.length : end];
}
