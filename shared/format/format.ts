/**
 * Formats a topology: indentation, spaces between tokens, blank lines, the end of the file. Nothing else: keys stay in their order, quotes
 * as they are, what is on one line stays on one line, and spaces that line things up in columns stay.
 * Laws: formatting twice changes nothing; only white space changes; what the text means does not.
 */
import type { Range } from '../problem.ts';
import { finished, PIECE, type Steps } from '../steps.ts';
import { layout, type Line } from './layout.ts';

export interface FormatEdit {
  range: Range;
  text: string;
}

/** Lines, counted from 0; both ends are meant. */
export interface LineRange {
  first: number;
  last: number;
}

/**
 * The edits that format a text without YAML errors, one for each line that changes.
 * @param only lines that may be changed. Where a block is only partly among them its indentation stays as it is.
 */
export function* formatSteps(text: string, only?: LineRange): Steps<FormatEdit[]> {
  const lines = yield* layout(text);
  const isMeant = (i: number): boolean => !only || (only.first <= i && i <= only.last);
  const frozen = only ? frozenBlocks(text, lines, isMeant) : new Set<number>();
  const edits: FormatEdit[] = [];
  let block = 0;
  for (const [i, line] of lines.entries()) {
    if (i % PIECE === 0) yield;
    if (isRoot(line)) block = i;
    if (!isMeant(i) || line.kind === 'blank') continue;
    const raw = text.slice(line.start, line.end);
    const prefix = frozen.has(block) ? prefixAsIs(raw, line) : line.prefix;
    const edit = difference(raw, prefix + line.key + gapOf(lines, i) + line.rest, line.start);
    if (edit) edits.push(edit);
  }
  edits.push(...blankEdits(text, lines, isMeant));
  return edits.toSorted((a, b) => a.range[0] - b.range[0]);
}

/** The same at once. */
export const formatEdits = (text: string, only?: LineRange): FormatEdit[] => finished(formatSteps(text, only));

/** The text as it should be. */
export function formatted(text: string): string {
  let result = '';
  let at = 0;
  for (const { range, text: inserted } of formatEdits(text)) {
    result += text.slice(at, range[0]) + inserted;
    at = range[1];
  }
  return result + text.slice(at);
}

/** One space behind a colon, or as many as line the value up with that of a neighbour. */
function gapOf(lines: readonly Line[], i: number): string {
  const { key, gap, rest, column } = lines[i]!;
  if (gap === '' || key === '' || gap === ' ') return gap;
  const isBeside = (other: Line | undefined): boolean =>
    other !== undefined &&
    other.key !== '' &&
    other.rest !== '' &&
    other.column === column &&
    other.key.length + other.gap.length === key.length + gap.length;
  if (rest.startsWith('#')) return gap;
  return !gap.includes('\t') && (isBeside(lines[i - 1]) || isBeside(lines[i + 1])) ? gap : ' ';
}

/** The part of a line that differs. */
function difference(before: string, after: string, offset: number): FormatEdit | undefined {
  if (before === after) return undefined;
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  let [left, right] = [before.length, after.length];
  while (left > start && right > start && before[left - 1] === after[right - 1]) {
    left--;
    right--;
  }
  return { range: [offset + start, offset + left], text: after.slice(start, right) };
}

/** A key at the first column. */
const isRoot = ({ kind, prefix, key }: Line): boolean =>
  kind === 'structure' && key !== '' && (prefix === '' || prefix === '\uFEFF');

/** Blocks of which a line that is not meant would have to be indented anew: then none of them is. By their first line. */
function frozenBlocks(text: string, lines: readonly Line[], isMeant: (i: number) => boolean): Set<number> {
  const frozen = new Set<number>();
  let block = 0;
  for (const [i, line] of lines.entries()) {
    if (isRoot(line)) block = i;
    const isMoved = line.kind !== 'blank' && prefixAsIs(text.slice(line.start, line.end), line) !== line.prefix;
    if (!isMeant(i) && isMoved) frozen.add(block);
  }
  return frozen;
}

/** Indentation and dashes as they are written. */
function prefixAsIs(raw: string, { kind, column }: Line): string {
  if (kind !== 'structure') return /^[ \t]*/.exec(raw)![0];
  return raw.slice(0, column);
}

/** Several blank lines become one; none at the start; the file ends in one line break. */
function blankEdits(text: string, lines: readonly Line[], isMeant: (i: number) => boolean): FormatEdit[] {
  const edits: FormatEdit[] = [];
  for (let i = 0; i < lines.length; i++) {
    if (lines[i]!.kind !== 'blank') continue;
    let last = i;
    while (lines[last + 1]?.kind === 'blank') last++;
    if (isMeant(i) && isMeant(last)) edits.push(...blankRun(text, lines, i, last));
    i = last;
  }
  const end = lines.at(-1)!;
  const isOpen = end.kind === 'structure' || end.kind === 'comment';
  if (isOpen && isMeant(lines.length - 1))
    edits.push({ range: [text.length, text.length], text: text[lines[0]!.end] === '\r' ? '\r\n' : '\n' });
  return edits;
}

function blankRun(text: string, lines: readonly Line[], first: number, last: number): FormatEdit[] {
  const [before, after] = [lines[first - 1], lines[last + 1]];
  const start = lines[first]!.start;
  const end = after?.start ?? text.length;
  // In the middle of a text over several lines each of them counts.
  if (after?.kind === 'inside' || (before?.kind === 'inside' && !after)) return [];
  const isEdge = !before || !after;
  const kept = isEdge ? '' : text[lines[first]!.end] === '\r' ? '\r\n' : '\n';
  return text.slice(start, end) === kept ? [] : [{ range: [start, end], text: kept }];
}
