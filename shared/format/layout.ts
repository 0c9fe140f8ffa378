/**
 * Every line of a YAML text as it should be, from one pass over the lines: two spaces for each level, one behind a dash and a colon.
 * Lines of texts over several lines are only moved along with the line that they begin on. The text must be without YAML errors.
 */
import { PIECE, type Steps } from '../steps.ts';
import { closing, isTidy, nothingOpen, scanFlow, type Scan } from './scan.ts';

export interface Line {
  /** Offsets of the line without its line break. */
  start: number;
  end: number;
  kind: 'blank' | 'comment' | 'structure' | 'inside';
  /** Indentation and dashes. */
  prefix: string;
  /** Key and colon of a block map; empty without. */
  key: string;
  /** Spaces between them and what follows. */
  gap: string;
  rest: string;
  /** Where the key stands in the text as it is; tells neighbours of one map. */
  column: number;
}

/** A column of the text, and where it should be. */
interface Level {
  column: number;
  indent: number;
}

interface State {
  levels: Level[];
  scan: Scan;
  /** How far lines that belong to the one before are moved. */
  delta: number;
  /** A block text (`|`, `>`): lines that are indented more than this are its own. */
  literal: number | undefined;
  /** A plain text that may go on in lines that are indented more than this. */
  plain: number | undefined;
  /** Comments, whose place the next line tells. */
  comments: Line[];
}

/** All lines; the last one is empty when the text ends in a line break. */
export function* layout(text: string): Steps<Line[]> {
  const state: State = {
    levels: [],
    scan: nothingOpen(),
    delta: 0,
    literal: undefined,
    plain: undefined,
    comments: [],
  };
  const lines: Line[] = [];
  for (let start = 0; start <= text.length;) {
    const found = text.indexOf('\n', start);
    const next = found < 0 ? text.length + 1 : found + 1;
    const end = found > start && text[found - 1] === '\r' ? found - 1 : next - 1;
    lines.push(lineOf(text.slice(start, end), start, state));
    if (lines.length % PIECE === 0) yield;
    start = next;
  }
  placeComments(state, state.levels);
  return lines;
}

function lineOf(raw: string, start: number, state: State): Line {
  const lead = leadOf(raw);
  const base = { start, end: start + raw.length, prefix: '', key: '', gap: '', rest: '', column: lead };
  const isBlank = raw.length === 0 || raw.trim() === '';
  if (state.scan.quote) return { ...base, kind: 'inside', ...continued(raw, lead, state) };
  if (state.literal !== undefined) {
    if (isBlank || lead > state.literal)
      return { ...base, kind: 'inside', prefix: moved(lead, state), rest: raw.slice(lead) };
    state.literal = undefined;
  }
  if (state.scan.depth > 0) return { ...base, kind: 'inside', ...continued(raw, lead, state) };
  if (isBlank) return { ...base, kind: 'blank' };
  if (raw[lead] === '#') {
    const line: Line = { ...base, kind: 'comment', rest: raw.slice(lead).trimEnd() };
    state.comments.push(line);
    state.plain = undefined;
    return line;
  }
  if (state.plain !== undefined && lead > state.plain) {
    if (/[ \t]#/.test(raw)) state.plain = undefined;
    return { ...base, kind: 'inside', prefix: moved(lead, state), rest: raw.slice(lead).trimEnd() };
  }
  if (lead === 0 && /^(?:---|\.\.\.)(?:[ \t]|$)|^%/.test(raw)) {
    placeComments(state, state.levels);
    state.levels = [];
    state.plain = undefined;
    return { ...base, kind: 'structure', rest: raw.trimEnd() };
  }
  return { ...base, kind: 'structure', ...structure(raw, lead, state) };
}

function leadOf(raw: string): number {
  let lead = 0;
  while (raw[lead] === ' ' || (lead === 0 && raw[0] === BYTE_ORDER_MARK)) lead++;
  return lead;
}

const BYTE_ORDER_MARK = '\uFEFF';

const moved = (lead: number, { delta }: State): string => ' '.repeat(Math.max(0, lead + delta));

/** A further line of a quoted text or a flow collection. */
function continued(raw: string, lead: number, state: State): Pick<Line, 'prefix' | 'rest'> {
  if (raw.trim() === '') return { prefix: '', rest: state.scan.quote ? raw : '' };
  const { text, end } = scanFlow(raw, lead, state.scan);
  // Behind the end there is at most a comment, or the colon of a key.
  const rest = text + raw.slice(end);
  return { prefix: moved(lead, state), rest: state.scan.quote ? rest : rest.trimEnd() };
}

type Written = Pick<Line, 'prefix' | 'key' | 'gap' | 'rest' | 'column'>;

/** A line of block maps and lists: finds its level, then what stands there. */
function structure(raw: string, lead: number, state: State): Written {
  const before = state.comments.length > 0 ? [...state.levels] : state.levels;
  const { levels } = state;
  enter(levels, lead);
  const own = levels.at(-1)!.indent;
  let prefix = (raw[0] === BYTE_ORDER_MARK ? BYTE_ORDER_MARK : '') + ' '.repeat(own);
  let at = lead;
  while (isIndicator(raw, at)) {
    const indicator = raw[at]!;
    const next = at + 1 + /^[ \t]*/.exec(raw.slice(at + 1))![0].length;
    if (next >= raw.length || raw[next] === '#') {
      placeComments(state, before, own);
      state.delta = levels.at(-1)!.indent - levels.at(-1)!.column;
      state.plain = undefined;
      const rest = next >= raw.length ? indicator : raw.slice(at).trimEnd();
      return { prefix, key: '', gap: '', rest, column: at };
    }
    prefix += `${indicator} `;
    levels.push({ column: next, indent: levels.at(-1)!.indent + 2 });
    at = next;
  }
  placeComments(state, before, own);
  const inner = levels.at(-1)!;
  state.delta = inner.indent - inner.column;
  state.plain = undefined;
  state.scan = nothingOpen();
  return { prefix, column: at, ...entry(raw, at, state) };
}

/** A dash, or the marks of a key and value that are written apart. */
const isIndicator = (raw: string, at: number): boolean =>
  (raw[at] === '-' || raw[at] === '?' || raw[at] === ':') &&
  (raw[at + 1] === undefined || raw[at + 1] === ' ' || raw[at + 1] === '\t');

/** The level of a column: a known one, or one deeper than the last. */
function enter(levels: Level[], column: number): void {
  while (levels.length > 0 && levels.at(-1)!.column > column) levels.pop();
  const top = levels.at(-1);
  if (top?.column !== column) levels.push({ column, indent: top ? top.indent + 2 : 0 });
}

/** A key with its value, or a value alone. */
function entry(raw: string, at: number, state: State): Pick<Line, 'key' | 'gap' | 'rest'> {
  const colon = keyColon(raw, at);
  if (colon === undefined) {
    const outer = state.levels.at(-2)?.column ?? -1;
    return { key: '', gap: '', rest: value(raw, at, outer, state) };
  }
  const key = `${raw.slice(at, colon).trimEnd()}:`;
  const gap = /^[ \t]*/.exec(raw.slice(colon + 1))![0];
  const from = colon + 1 + gap.length;
  if (from >= raw.length) return { key, gap: '', rest: '' };
  return { key, gap, rest: value(raw, from, state.levels.at(-1)!.column, state) };
}

/** The colon behind the key of a block map. */
function keyColon(raw: string, at: number): number | undefined {
  let i = at;
  // Anchors and tags of the key, or of the map that begins with it.
  i = behindProperties(raw, i);
  const quote = raw[i];
  if (quote === '"' || quote === "'") {
    const end = closing(raw, i + 1, quote);
    const behind = end < 0 ? null : /^[ \t]*:(?=[ \t]|$)/.exec(raw.slice(end));
    return behind ? end + behind[0].length - 1 : undefined;
  }
  if (quote === '{' || quote === '[' || quote === '|' || quote === '>') return undefined;
  for (; i < raw.length; i++) {
    const isSpaced = raw[i + 1] === undefined || raw[i + 1] === ' ' || raw[i + 1] === '\t';
    if (raw[i] === ':' && isSpaced) return i;
    if (raw[i] === '#' && (raw[i - 1] === ' ' || raw[i - 1] === '\t')) return undefined;
  }
  return undefined;
}

/** Behind anchors and tags. */
function behindProperties(raw: string, at: number): number {
  let from = at;
  while (raw[from] === '&' || raw[from] === '!') {
    const property = /^[^\s]+[ \t]+/.exec(raw.slice(from));
    if (!property) return from;
    from += property[0].length;
  }
  return from;
}

/**
 * What a value is decides what the next lines are.
 * @param column lines that are indented more belong to it, where it goes over several
 */
function value(raw: string, at: number, column: number, state: State): string {
  const from = behindProperties(raw, at);
  const first = raw[from];
  const head = raw.slice(at, from);
  if ((first === '{' || first === '[') && isTidy(raw, from)) return raw.slice(at);
  if (first === '{' || first === '[' || first === '"' || first === "'") {
    const { text, end } = scanFlow(raw, from, state.scan);
    const rest = head + text + raw.slice(end);
    return state.scan.quote ? rest : rest.trimEnd();
  }
  if ((first === '|' || first === '>') && /^[|>][-+\d]*(?:[ \t]+#.*)?[ \t]*$/.test(raw.slice(from)))
    state.literal = column;
  else if (first !== '#' && first !== '*' && !/[ \t]#/.test(raw.slice(from))) state.plain = column;
  return raw.slice(at).trimEnd();
}

/** Comments stand where the lines around them do: with the next line, or with the block before. */
function placeComments(state: State, before: readonly Level[], own?: number): void {
  for (const comment of state.comments) {
    const level =
      state.levels.find(({ column }) => column === comment.column) ??
      before.find(({ column }) => column === comment.column);
    const near = own ?? before.findLast(({ column }) => column <= comment.column)?.indent ?? 0;
    comment.prefix = ' '.repeat(level?.indent ?? near);
  }
  state.comments = [];
}
