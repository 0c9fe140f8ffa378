/**
 * Watches what a YAML lexer puts out, for signs that the text is no topology, or that a quote was forgotten.
 * The parser makes an object of each oddity and an exception with a stack of each error: a few megabytes of them would take minutes.
 */

export interface Seen {
  lexemes: number;
  /** Anchors, tags, directives, open quotes, lines that are nothing but a word, and what fits nowhere. */
  oddities: number;
  /** Offset of the first quote that is not closed on its line. */
  unclosed?: number;
  /** The lexeme before. */
  before: string;
  /** What the current line has so far. */
  line: 'nothing' | 'a word' | 'more';
}

export const nothingSeen = (): Seen => ({ lexemes: 0, oddities: 0, before: '', line: 'nothing' });

/** The lexer's sign that a plain scalar comes next; what begins with a quote or `&` behind it is no quote or anchor. */
const SCALAR = '\x1f';

/**
 * A text with colons put in at the given offsets. They shall have no width for the parser, so that offsets stay those of the text:
 * `added` tells for each lexeme, in turn, how many of its characters were put in.
 */
export function withColons(text: string, colons: ReadonlySet<number>): { text: string; added(lexeme: string): number } {
  if (colons.size === 0) return { text, added: () => 0 };
  const offsets = [...colons].toSorted((a, b) => a - b);
  const pieces = offsets.map((offset, i) => text.slice(offsets[i - 1] ?? 0, offset));
  // Where they are in the new text.
  const places = offsets.map((offset, i) => offset + i);
  let position = 0;
  let next = 0;
  const added = (lexeme: string): number => {
    if (!CONTROL.includes(lexeme)) position += lexeme.length;
    const before = next;
    while (next < places.length && places[next]! < position) next++;
    return next - before;
  };
  return { text: `${pieces.join(':')}:${text.slice(offsets.at(-1))}`, added };
}

/** Lexemes that are no text: a document begins, a flow collection ends, a plain scalar comes. */
const CONTROL = ['\x02', '\x18', SCALAR];

/** Takes the next lexeme in, which stands at `offset`. */
export function see(seen: Seen, lexeme: string, offset: number): void {
  const isPlain = seen.before === SCALAR;
  seen.before = lexeme;
  seen.lexemes++;
  if (!isPlain && /^["']/.test(lexeme) && isUnclosed(lexeme)) {
    seen.unclosed ??= offset;
    seen.oddities++;
  }
  if (!isPlain && /^[&!%]/.test(lexeme)) seen.oddities++;
  if (!isPlain && /^\r?\n/.test(lexeme)) {
    if (seen.line === 'a word') seen.oddities++;
    seen.line = 'nothing';
  } else if (lexeme !== SCALAR && !/^[ \t]/.test(lexeme)) {
    seen.line = isPlain && seen.line === 'nothing' ? 'a word' : 'more';
  }
}

/** About what a topology of 200,000 lines has; beyond it the parser would need gigabytes. */
const MAX_LEXEMES = 2_000_000;
const MAX_ODDITIES = 5_000;
/** A list is read so far that it can be said what it is. */
const MAX_OF_LIST = 10_000;
/** The vocabulary needs nine levels; the composer is recursive. */
export const MAX_DEPTH = 64;

/**
 * Why to read no further, if so.
 * @param isList the text as a whole is one
 */
export function tooMuch({ lexemes, oddities }: Seen, depth: number, isList: boolean): string | undefined {
  if (isList && lexemes > MAX_OF_LIST)
    return 'This is a long list, and a topology is a map of sections; the rest is not read.';
  if (lexemes > MAX_LEXEMES) return 'This is more than a topology file can hold; the rest is not read.';
  if (oddities > MAX_ODDITIES) return 'There is too much here that no topology has; the rest is not read.';
  return depth > MAX_DEPTH ? 'This is nested too deeply; the rest is not read.' : undefined;
}

/** Whether a quoted text as the lexer cuts it has no quote at the end of its line. */
function isUnclosed(lexeme: string): boolean {
  const quote = lexeme[0];
  if (lexeme.length < 2 || lexeme.at(-1) !== quote || lexeme.includes('\n')) return true;
  return quote === '"' && trailingBackslashes(lexeme.slice(0, -1)) % 2 === 1;
}

function trailingBackslashes(text: string): number {
  let count = 0;
  while (text[text.length - 1 - count] === '\\') count++;
  return count;
}
