/** Where in a flow collection (`{a: 1, b: [2]}`) an offset is. The collection need not be closed. */
import type { Range } from '../../shared/problem.ts';
import { scalarText } from '../../shared/topology/scalarText.ts';

export interface FlowPlace extends Token {
  /** Keys from the collection to the innermost one around the offset; an item of a list is `-`. */
  path: string[];
  on: 'key' | 'value';
  /** On a value in a map: its key. */
  key?: string;
  /** A colon follows already. */
  hasColon: boolean;
  /** Right behind a colon or dash, where a space must come first. */
  needsSpace: boolean;
  /** The other entries of the same map: key → text of its value, empty if that is no scalar. */
  siblings: ReadonlyMap<string, string>;
}

/** What is typed at a place, to be replaced. */
export interface Token {
  /** Offsets, quotes included. */
  range: Range;
  /** Text of the range up to the offset, without quotes. */
  typed: string;
  quote: '' | '"' | "'";
}

export function tokenOf(text: string, start: number, offset: number, end: number): Token {
  const before = text.slice(start, offset);
  const quote = before[0] === '"' || before[0] === "'" ? before[0] : '';
  return { range: [start, end], typed: before.slice(quote.length), quote };
}

interface Frame {
  isMap: boolean;
  /** The key whose value comes now. */
  key: string | undefined;
  /** Where the scalar begins that is being read; -1: none yet. */
  token: number;
  keys: Map<string, string>;
}

const newFrame = (isMap: boolean): Frame => ({ isMap, key: undefined, token: -1, keys: new Map() });

/**
 * Reads from `begin`, where the collection opens.
 * @param limit where to stop looking for the keys behind the offset
 * @returns `undefined` when the collection is closed before the offset
 */
export function scanFlow(
  text: string,
  begin: number,
  offset: number,
  limit: number,
): FlowPlace | 'comment' | undefined {
  const stack: Frame[] = [];
  let i = begin;
  while (i < offset) {
    const next = readOne(text, i, stack, offset);
    if (next === 'comment') return 'comment';
    i = next;
    if (stack.length === 0) return undefined;
  }
  const top = stack.at(-1)!;
  const { key, token } = top;
  const start = token < 0 ? offset : token;
  const end = tokenEnd(text, start, offset, limit);
  return {
    ...tokenOf(text, start, offset, end),
    path: stack.slice(0, -1).map((frame) => (frame.isMap ? (frame.key ?? '') : '-')),
    on: top.isMap && key === undefined ? 'key' : 'value',
    ...(top.isMap && key !== undefined && { key }),
    hasColon: /^\s*:/.test(text.slice(end, end + 8)),
    needsSpace: text[offset - 1] === ':' && token < 0,
    siblings: allKeys(text, stack, start, end, limit),
  };
}

/** Reads one character, or one quoted text or comment, into the frames; gives where to go on. */
function readOne(text: string, i: number, stack: Frame[], offset: number): number | 'comment' {
  const c = text[i]!;
  const frame = stack.at(-1);
  if (c === '#' && /\s/.test(text[i - 1] ?? ' ')) {
    const end = text.indexOf('\n', i);
    return end < 0 || end >= offset ? 'comment' : end;
  }
  if ((c === '"' || c === "'") && frame && frame.token < 0) {
    frame.token = i;
    return quotedEnd(text, i, offset);
  }
  if (c === '{' || c === '[') stack.push(newFrame(c === '{'));
  else if (c === '}' || c === ']') {
    if (frame) finish(text, frame, i);
    stack.pop();
    const outer = stack.at(-1);
    if (outer) outer.token = -1;
  } else if (c === ',') {
    if (frame) finish(text, frame, i);
  } else if (c === ':' && frame?.isMap && frame.key === undefined && isColon(text, i, frame)) {
    frame.key = frame.token < 0 ? '' : textOf(text, frame.token, i);
    frame.keys.set(frame.key, '');
    frame.token = -1;
  } else if (frame && frame.token < 0 && !/\s/.test(c)) frame.token = i;
  return i + 1;
}

/** YAML 1.2.2, section 7.4: a colon before a space or bracket, or right behind a quoted key. */
const isColon = (text: string, i: number, { token }: Frame): boolean =>
  /[\s,{}[\]]|^$/.test(text[i + 1] ?? '') || text[token] === '"' || text[token] === "'";

function quotedEnd(text: string, start: number, limit: number): number {
  const quote = text[start]!;
  for (let i = start + 1; i < limit; i++) {
    if (quote === '"' && text[i] === '\\') i++;
    else if (text[i] === quote) return i + 1;
  }
  return limit;
}

const textOf = (text: string, start: number, end: number): string => {
  const raw = text.slice(start, end).trim();
  return scalarText(raw) ?? raw;
};

/** An entry ends. */
function finish(text: string, frame: Frame, end: number): void {
  if (frame.isMap && frame.token >= 0) {
    const said = textOf(text, frame.token, end);
    if (frame.key === undefined) frame.keys.set(said, '');
    else frame.keys.set(frame.key, said);
  }
  frame.key = undefined;
  frame.token = -1;
}

function tokenEnd(text: string, start: number, offset: number, limit: number): number {
  if (text[start] === '"' || text[start] === "'") {
    const end = quotedEnd(text, start, limit);
    // A quote that is not closed on its line is still being typed.
    return end < limit && end > offset && !text.slice(start, end).includes('\n') ? end : offset;
  }
  let end = offset;
  while (
    end < limit &&
    !/[\s,{}[\]]/.test(text[end]!) &&
    !(text[end] === ':' && /[\s,{}[\]]/.test(text[end + 1] ?? ' '))
  )
    end++;
  return end;
}

/** Keys before the offset, and those behind it up to the end of the collection; not the one that is being typed. */
function allKeys(text: string, stack: Frame[], start: number, end: number, limit: number): Map<string, string> {
  const top = stack.at(-1)!;
  const keys = new Map(top.keys);
  if (top.key !== undefined) keys.delete(top.key);
  // What stands at the cursor is passed over with its colon.
  const behind: Frame = { ...newFrame(top.isMap), key: top.isMap ? '' : undefined, token: start < end ? start : -1 };
  const rest = [behind];
  for (let i = end; i < limit && rest.length > 0;) {
    const next = readOne(text, i, rest, limit);
    if (next === 'comment') break;
    i = next;
  }
  for (const [key, value] of behind.keys) if (key !== '') keys.set(key, value);
  return keys;
}
