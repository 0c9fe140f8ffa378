/**
 * The YAML that nearly every line of a topology is written in, read without a parser: block maps and lists, flow collections on one
 * line, plain and quoted scalars on one line, comments. Whatever else a text has (anchors, tags, block scalars, escapes, continued
 * lines, mistakes, …) makes it give up, and the YAML library decides. Law: where it does not give up, the library says the same.
 */
import type { Range } from '../problem.ts';
import type { ListTree, MapTree, Pair, ScalarTree, Tree } from './tree.ts';

/** The state of reading one text. */
interface Cursor {
  text: string;
  /** Start of the line that comes next. */
  line: number;
  /** Where its content begins; `text.length` behind the last line. */
  at: number;
}

/** Thrown nowhere but here: something that is not plain. */
const GIVE_UP = Symbol('give up');

/** The entries of a text that is one block map, or `undefined`: ask the library. `text` begins at the start of a line. */
export function plainPairs(text: string): Pair[] | undefined {
  const cursor: Cursor = { text, line: 0, at: 0 };
  try {
    toContent(cursor);
    if (cursor.at >= text.length) return undefined;
    const { pairs } = blockMap(cursor, cursor.at - cursor.line, 0);
    return cursor.at >= text.length ? pairs : undefined;
  } catch (reason) {
    if (reason !== GIVE_UP) throw reason;
    return undefined;
  }
}

function giveUp(): never {
  // oxlint-disable-next-line typescript/only-throw-error -- no error, and no stack: a way out of the depth, taken often
  throw GIVE_UP;
}

const SPACE = 32;
const NEWLINE = 10;
const RETURN = 13;
const HASH = 35;
const COLON = 58;
const DASH = 45;

/** Deeper than any topology; the library has a limit of its own for what is. */
const MAX_DEPTH = 24;
/** YAML 1.2.2, section 7.4.2: an implicit key has at most 1024 characters. */
const MAX_KEY = 1000;

/** Moves to the first content at or behind the cursor's line, over empty lines and comments. */
function toContent(cursor: Cursor): void {
  const { text } = cursor;
  for (let line = cursor.line; line < text.length;) {
    let at = line;
    while (text.charCodeAt(at) === SPACE) at++;
    const code = text.charCodeAt(at);
    if (code !== NEWLINE && code !== RETURN && code !== HASH && at < text.length) {
      cursor.line = line;
      cursor.at = at;
      return;
    }
    line = nextLine(text, at);
  }
  cursor.line = text.length;
  cursor.at = text.length;
}

/** The start of the line behind an offset. A carriage return alone ends no line here, so it is not plain. */
function nextLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  const stop = end < 0 ? text.length : end;
  for (let at = from; at < stop; at++) if (text.charCodeAt(at) === RETURN && (end < 0 || at < end - 1)) giveUp();
  return end < 0 ? text.length : end + 1;
}

/** Goes on behind a value that ends at `from`: nothing but spaces and a comment may follow on its line. */
function endLine(cursor: Cursor, from: number): void {
  const { text } = cursor;
  let at = from;
  while (text.charCodeAt(at) === SPACE) at++;
  const code = text.charCodeAt(at);
  const isEnd = at >= text.length || code === NEWLINE || code === RETURN || (code === HASH && at > from);
  if (!isEnd) giveUp();
  cursor.line = nextLine(text, at);
  toContent(cursor);
}

const column = (cursor: Cursor): number => (cursor.at >= cursor.text.length ? -1 : cursor.at - cursor.line);

const startsItem = ({ text, at }: Cursor): boolean => text.charCodeAt(at) === DASH && text.charCodeAt(at + 1) === SPACE;

function blockMap(cursor: Cursor, indent: number, depth: number): MapTree {
  if (depth > MAX_DEPTH) giveUp();
  const pairs: Pair[] = [];
  const start = cursor.at;
  do {
    // The end of a document (YAML 1.2.2, section 9.1.2).
    if (indent === 0 && cursor.text.startsWith('...', cursor.at)) giveUp();
    const key = keyScalar(cursor.text, cursor.at);
    const keyRange: Range = [cursor.at, key.end];
    pairs.push({ key: key.text, keyRange, value: valueOf(cursor, key.end + 1, indent, depth) });
  } while (column(cursor) === indent);
  if (column(cursor) > indent) giveUp();
  return { kind: 'map', pairs, range: [start, pairs.at(-1)!.value.range[1]] };
}

/** What stands behind the colon that ends at `from`, on its line or on the next ones. */
function valueOf(cursor: Cursor, from: number, indent: number, depth: number): Tree {
  const { text } = cursor;
  let at = from;
  while (text.charCodeAt(at) === SPACE) at++;
  const code = text.charCodeAt(at);
  if (at < text.length && code !== NEWLINE && code !== RETURN && (code !== HASH || at === from)) {
    const value = inline(text, at, depth);
    endLine(cursor, value.range[1]);
    // A more indented line goes on with the scalar.
    if (column(cursor) > indent) giveUp();
    return value;
  }
  endLine(cursor, from);
  if (column(cursor) > indent)
    return startsItem(cursor)
      ? blockList(cursor, column(cursor), depth + 1)
      : blockMap(cursor, column(cursor), depth + 1);
  if (column(cursor) === indent && startsItem(cursor)) return blockList(cursor, indent, depth + 1);
  return { kind: 'scalar', text: '', plain: true, range: [at, at] };
}

function blockList(cursor: Cursor, indent: number, depth: number): ListTree {
  if (depth > MAX_DEPTH) giveUp();
  const items: Tree[] = [];
  const start = cursor.at;
  do {
    let at = cursor.at + 1;
    while (cursor.text.charCodeAt(at) === SPACE) at++;
    items.push(item(cursor, at, indent, depth));
  } while (column(cursor) === indent && startsItem(cursor));
  if (column(cursor) > indent) giveUp();
  return { kind: 'list', items, range: [start, items.at(-1)!.range[1]] };
}

/** An item that begins at `at`, on the line of its dash: a map of which the first key stands there, or a value on that line. */
function item(cursor: Cursor, at: number, indent: number, depth: number): Tree {
  const { text } = cursor;
  const code = text.charCodeAt(at);
  if (code !== OPEN_MAP && code !== OPEN_LIST && isKey(text, at)) {
    cursor.at = at;
    return blockMap(cursor, at - cursor.line, depth + 1);
  }
  const value = inline(text, at, depth);
  endLine(cursor, value.range[1]);
  if (column(cursor) > indent) giveUp();
  return value;
}

const OPEN_LIST = 91;
const CLOSE_LIST = 93;
const OPEN_MAP = 123;
const CLOSE_MAP = 125;
const COMMA = 44;
const SINGLE = 39;
const DOUBLE = 34;

/** A value that ends on the line on which it begins. */
function inline(text: string, at: number, depth: number): Tree {
  const code = text.charCodeAt(at);
  if (code === OPEN_MAP) return flowMap(text, at, depth + 1);
  if (code === OPEN_LIST) return flowList(text, at, depth + 1);
  return scalar(text, at, BLOCK_PLAIN);
}

function scalar(text: string, at: number, plain: Uint8Array): ScalarTree {
  const code = text.charCodeAt(at);
  if (code === SINGLE || code === DOUBLE) {
    const end = quotedEnd(text, at, code);
    return { kind: 'scalar', text: text.slice(at + 1, end - 1), plain: false, range: [at, end] };
  }
  const end = plainEnd(text, at, plain);
  return { kind: 'scalar', text: text.slice(at, end), plain: true, range: [at, end] };
}

function flowMap(text: string, start: number, depth: number): MapTree {
  if (depth > MAX_DEPTH) giveUp();
  const pairs: Pair[] = [];
  let at = skipSpaces(text, start + 1);
  while (text.charCodeAt(at) !== CLOSE_MAP) {
    const key = scalar(text, at, FLOW_KEY);
    let from = key.range[1];
    if (from - at > MAX_KEY || text.charCodeAt(from) !== COLON || text.charCodeAt(from + 1) !== SPACE) giveUp();
    from = skipSpaces(text, from + 1);
    const value = inlineInFlow(text, from, depth);
    pairs.push({ key: key.text, keyRange: key.range, value });
    at = behindItem(text, value.range[1], CLOSE_MAP);
  }
  return { kind: 'map', pairs, range: [start, at + 1] };
}

function flowList(text: string, start: number, depth: number): ListTree {
  if (depth > MAX_DEPTH) giveUp();
  const items: Tree[] = [];
  let at = skipSpaces(text, start + 1);
  while (text.charCodeAt(at) !== CLOSE_LIST) {
    const value = inlineInFlow(text, at, depth);
    items.push(value);
    at = behindItem(text, value.range[1], CLOSE_LIST);
  }
  return { kind: 'list', items, range: [start, at + 1] };
}

function inlineInFlow(text: string, at: number, depth: number): Tree {
  const code = text.charCodeAt(at);
  if (code === OPEN_MAP) return flowMap(text, at, depth + 1);
  if (code === OPEN_LIST) return flowList(text, at, depth + 1);
  return scalar(text, at, FLOW_PLAIN);
}

/** From the end of an item to the next one or to what closes the collection. */
function behindItem(text: string, from: number, close: number): number {
  const at = skipSpaces(text, from);
  if (text.charCodeAt(at) === close) return at;
  if (text.charCodeAt(at) !== COMMA) giveUp();
  return skipSpaces(text, at + 1);
}

function skipSpaces(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === SPACE) at++;
  return at;
}

/** The key at an offset, which a colon must follow and then a space or the end of the line. `end`: where that colon is. */
function keyScalar(text: string, at: number): { text: string; end: number } {
  const code = text.charCodeAt(at);
  const key = scalar(text, at, BLOCK_KEY);
  const end = key.range[1];
  if (text.charCodeAt(end) !== COLON || !endsKey(text, end + 1) || end - at > MAX_KEY) giveUp();
  // A key that is quoted is no merge key, and a plain one cannot begin with `<` here.
  return { text: code === SINGLE || code === DOUBLE ? key.text : text.slice(at, end), end };
}

function endsKey(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return at >= text.length || code === SPACE || code === NEWLINE || code === RETURN;
}

/** Whether a key, rather than a value, begins at an offset. */
function isKey(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  const end = code === SINGLE || code === DOUBLE ? quotedEnd(text, at, code) : plainEnd(text, at, BLOCK_KEY);
  return text.charCodeAt(end) === COLON && endsKey(text, end + 1);
}

/** Behind the closing quote. A quote inside or an escape is not plain. */
function quotedEnd(text: string, at: number, quote: number): number {
  for (let end = at + 1; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === quote) {
      if (text.charCodeAt(end + 1) === quote) giveUp();
      return end + 1;
    }
    if (code < SPACE || code > LAST || code === BACKSLASH) giveUp();
  }
  return giveUp();
}

const BACKSLASH = 92;
/** The last character that is plain: `~`. Others may be, but the library knows which. */
const LAST = 126;

/** What a character is in a plain scalar. */
const INSIDE = 1;
/** Inside, and it may come first. */
const FIRST = 2;
/** A colon: the end of a key where a space or the end of the line follows, else inside. */
const MAYBE_KEY_END = 3;
/** A space: inside where something plain follows; a comment may follow too. */
const GAP = 4;
/** Ends the scalar. */
const END = 5;

/** Kinds of characters by code; 0: not plain. */
function kinds(end: string): Uint8Array {
  const table = new Uint8Array(LAST + 1);
  for (const character of '!"#$%&\'()*+-;<=>?@[]^`{|},\\') table[character.charCodeAt(0)] = INSIDE;
  for (const character of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./~')
    table[character.charCodeAt(0)] = FIRST;
  table[COLON] = MAYBE_KEY_END;
  table[SPACE] = GAP;
  for (const character of end) table[character.charCodeAt(0)] = END;
  return table;
}

const BLOCK_PLAIN = kinds('\n\r');
const BLOCK_KEY = kinds('\n\r');
const FLOW_PLAIN = kinds(',]}');
const FLOW_KEY = kinds(',]}');
// In a flow collection these begin another one; inside of a scalar they are a mistake.
for (const table of [FLOW_PLAIN, FLOW_KEY]) for (const character of '[{') table[character.charCodeAt(0)] = 0;

/** Behind the last character of the plain scalar at an offset; for a key that is its colon. */
function plainEnd(text: string, at: number, table: Uint8Array): number {
  if (table[text.charCodeAt(at)] !== FIRST) giveUp();
  const isKeyTable = table === BLOCK_KEY || table === FLOW_KEY;
  let end = at + 1;
  for (let i = end; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const kind = code > LAST ? 0 : table[code];
    if (kind === INSIDE || kind === FIRST) {
      end = i + 1;
      continue;
    }
    if (kind === END) return end;
    if (kind === GAP) {
      const next = text.charCodeAt(i + 1);
      if (next === HASH) return end;
      continue;
    }
    if (kind !== MAYBE_KEY_END) giveUp();
    const next = text.charCodeAt(i + 1);
    const isEnd = next !== next || next === SPACE || next === NEWLINE || next === RETURN;
    if (isEnd) return isKeyTable && end === i ? i : giveUp();
    // Next to these a colon may end the key of a flow map.
    if (table === FLOW_PLAIN || table === FLOW_KEY)
      if (next === COMMA || next > LAST || table[next] === END || table[next] === 0) giveUp();
    end = i + 1;
  }
  return end;
}
