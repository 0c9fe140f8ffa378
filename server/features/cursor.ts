/**
 * Where in the structure of a YAML text a cursor is, read from the text around it: by indentation, and inside of flow collections
 * by brackets. No tree is needed, so that it works on what is half typed: behind a bare key, in `{agent_mode: |}`, on an empty line.
 */
import { scalarText } from '../../shared/topology/scalarText.ts';
import { scanFlow, tokenOf, type FlowPlace } from './flowScan.ts';

/** The path is from the top of the file on. */
export interface Cursor extends FlowPlace {
  style: 'block' | 'flow';
  /** Column of the keys of the map. */
  column: number;
}

/** One line: its dashes, its key, and where its value starts; columns. */
interface Line {
  start: number;
  text: string;
  indent: number;
  dashes: number[];
  key?: { column: number; end: number; name: string };
  /** Column of what comes behind dashes and key; the line's length if nothing does. */
  rest: number;
}

/** `undefined` in comments, and where the structure allows nothing. */
export function cursorAt(text: string, offset: number): Cursor | undefined {
  const line = readLine(text, lineStart(text, offset));
  const column = offset - line.start;
  const lines = ancestors(text, line, column);
  for (const [i, each] of lines.entries()) {
    const begin = each.start + each.rest;
    if (begin >= offset || !/[{[]/.test(text[begin] ?? '')) continue;
    const limit = blockEnd(text, offset, each.key?.column ?? each.indent);
    const place = scanFlow(text, begin, offset, limit);
    if (place === 'comment') return undefined;
    if (place) return inFlow(place, pathOf(lines.slice(0, i + 1)), each);
  }
  return /(?:^|\s)#/.test(line.text.slice(0, column)) && isComment(line, column)
    ? undefined
    : inBlock(text, line, column, lines);
}

const lineStart = (text: string, offset: number): number => (offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1);

function lineEnd(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end < 0 ? text.length : end;
}

function readLine(text: string, start: number): Line {
  const line = text.slice(start, lineEnd(text, start)).replace(/\r$/, '');
  const indent = indentOf(line);
  const dashes: number[] = [];
  let rest = indent;
  while (line[rest] === '-' && (rest + 1 === line.length || line[rest + 1] === ' ')) {
    dashes.push(rest++);
    while (line[rest] === ' ') rest++;
  }
  const key = readKey(line, rest);
  if (!key) return { start, text: line, indent, dashes, rest };
  let value = line.indexOf(':', key.end) + 1;
  while (line[value] === ' ') value++;
  return { start, text: line, indent, dashes, key, rest: value };
}

function indentOf(line: string): number {
  let indent = 0;
  while (line[indent] === ' ') indent++;
  return indent;
}

const QUOTED_KEY = /("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')\s*:(?=\s|$)/y;
/** YAML 1.2.2, section 7.3.3: what a plain scalar does not begin with. */
const NO_PLAIN = /[\s#{}[\],"'&*!|>%@`]/;
const COLON = /:(?=\s|$)/g;

function readKey(line: string, column: number): Line['key'] {
  QUOTED_KEY.lastIndex = column;
  const raw = QUOTED_KEY.exec(line)?.[1] ?? plainKey(line, column);
  if (raw === undefined || / #/.test(raw)) return undefined;
  return { column, end: column + raw.length, name: scalarText(raw) ?? raw };
}

function plainKey(line: string, column: number): string | undefined {
  if (NO_PLAIN.test(line[column] ?? ' ')) return undefined;
  COLON.lastIndex = column + 1;
  const colon = COLON.exec(line);
  return colon ? line.slice(column, colon.index).trimEnd() : undefined;
}

const isBlank = (line: Line): boolean => line.indent === line.text.length || line.text[line.indent] === '#';

/** A `#` before the column that is not inside of quotes. */
function isComment(line: Line, column: number): boolean {
  const before = line.text
    .slice(0, column)
    .replace(/"(?:[^"\\]|\\.)*"|'[^']*'/g, (quoted) => ' '.repeat(quoted.length));
  return /(?:^|\s)#/.test(before);
}

/** The lines that hold the cursor, outermost first; its own line is the last where it begins something. */
function ancestors(text: string, own: Line, column: number): Line[] {
  const found: Line[] = own.dashes.length > 0 || own.key ? [own] : [];
  let limit = own.dashes[0] ?? own.key?.column ?? (isBlank(own) ? column : own.indent);
  // The dashes of a list may stand in the column of its key.
  let isList = own.dashes.length > 0;
  for (let end = own.start - 1; end > 0 && (limit > 0 || isList);) {
    const start = lineStart(text, end);
    end = start - 1;
    const indent = indentAt(text, start);
    if (indent > limit || (indent === limit && !isList)) continue;
    const line = readLine(text, start);
    const first = line.dashes[0] ?? line.key?.column;
    if (isBlank(line) || first === undefined) continue;
    if (indent === limit && line.dashes.length > 0) continue;
    found.unshift(within(line, limit));
    limit = first;
    isList = line.dashes.length > 0;
  }
  return found;
}

/** Without the parts of a line that are not left of a column: `- subnet: x` holds the keys below it as an item, not as a key. */
function within(line: Line, limit: number): Line {
  if (!line.key || line.key.column < limit || line.dashes.length === 0) return line;
  const { key: _, ...rest } = line;
  return { ...rest, dashes: line.dashes.filter((dash) => dash < limit), rest: line.text.length };
}

function indentAt(text: string, start: number): number {
  let at = start;
  while (text[at] === ' ') at++;
  return at - start;
}

const pathOf = (lines: readonly Line[]): string[] =>
  lines.flatMap(({ dashes, key }) => [...dashes.map(() => '-'), ...(key ? [key.name] : [])]);

/** Where the block ends that begins in a column: the first line behind the cursor that is not further in. */
function blockEnd(text: string, offset: number, column: number): number {
  for (let start = lineEnd(text, offset) + 1; start < text.length; start = lineEnd(text, start) + 1) {
    const indent = indentAt(text, start);
    if (indent <= column && !/[\r\n#}\]]/.test(text[start + indent] ?? '\n')) return start;
  }
  return text.length;
}

const inFlow = (place: FlowPlace, path: string[], { indent }: Line): Cursor => ({
  ...place,
  path: [...path, ...place.path],
  style: 'flow',
  column: indent,
});

function inBlock(text: string, line: Line, column: number, lines: Line[]): Cursor | undefined {
  const { key, dashes } = line;
  const content = line.text.length > line.indent;
  if (content && column < (dashes[0] ?? line.indent)) return undefined;
  const start = dashes.length > 0 && !key ? line.rest : (key?.column ?? (content ? line.indent : column));
  const around = { style: 'block' as const, column: start, needsSpace: isBehindDash(line, column) };
  if (key && column > key.end) return onValue(text, line, column, lines);
  if (column < start) return undefined;
  const above = key || dashes.length > 0 ? pathOf(lines).slice(0, key ? -1 : undefined) : pathOf(lines);
  const parent = lines.at(-1);
  if (!key && parent && parent !== line && parent.key && parent.rest < parent.text.length && !isOpen(parent))
    return undefined;
  const end = key ? key.end : trimmedEnd(line.text);
  const token = tokenOf(
    text,
    line.start + Math.min(start, column),
    line.start + column,
    line.start + Math.max(end, column),
  );
  return {
    ...around,
    ...token,
    path: above,
    on: 'key',
    hasColon: key !== undefined,
    siblings: siblingsOf(text, line, start),
  };
}

/** A key whose value is an anchor or comment still takes entries below. */
const isOpen = ({ text, rest }: Line): boolean => /^(?:[&!]\S*\s*)?(?:#.*)?$/.test(text.slice(rest));

const isBehindDash = ({ key, dashes }: Line, column: number): boolean => !key && dashes.at(-1) === column - 1;

function onValue(text: string, line: Line, column: number, lines: Line[]): Cursor {
  const key = line.key!;
  const colon = line.text.indexOf(':', key.end);
  const start = Math.min(line.rest, column);
  const end = Math.max(column, valueEnd(line));
  return {
    ...tokenOf(text, line.start + start, line.start + column, line.start + end),
    path: pathOf(lines).slice(0, -1),
    on: 'value',
    key: key.name,
    hasColon: false,
    needsSpace: column === colon + 1,
    siblings: siblingsOf(text, line, key.column),
    style: 'block',
    column: key.column,
  };
}

const trimmedEnd = (text: string): number => text.trimEnd().length;

function valueEnd({ text, rest }: Line): number {
  // From one `#` to the next: a pattern that begins with spaces would begin anew at each of them.
  for (let at = text.indexOf('#', rest + 1); at >= 0; at = text.indexOf('#', at + 1))
    if (/\s/.test(text[at - 1]!)) return Math.max(rest, trimmedEnd(text.slice(0, at)));
  return Math.max(rest, trimmedEnd(text));
}

/** The other keys in a column, up and down to where the block ends. */
function siblingsOf(text: string, own: Line, column: number): Map<string, string> {
  const siblings = new Map<string, string>();
  const take = (line: Line): void => {
    if (line.key?.column === column)
      siblings.set(line.key.name, scalarText(line.text.slice(line.rest, valueEnd(line))) ?? '');
  };
  if (own.dashes.length === 0)
    for (let end = own.start - 1; end > 0;) {
      const start = lineStart(text, end);
      end = start - 1;
      const indent = indentAt(text, start);
      if (indent > column) continue;
      const line = readLine(text, start);
      if (isBlank(line)) continue;
      take(line);
      if (indent < column) break;
    }
  for (let start = lineEnd(text, own.start) + 1; start < text.length; start = lineEnd(text, start) + 1) {
    const indent = indentAt(text, start);
    if (indent > column) continue;
    const line = readLine(text, start);
    if (isBlank(line)) continue;
    if (indent < column || line.dashes.length > 0) break;
    take(line);
  }
  return siblings;
}
