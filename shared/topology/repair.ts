/**
 * Makes text that is being typed readable: a half-typed line must not cost the lines around it. The places that keep the parser from
 * understanding the rest are blanked, character for character, so that offsets stay. Knows text only; the parser is handed in.
 */
import type { Range } from '../problem.ts';
import { quote } from './describe.ts';

export interface YamlError {
  range: Range;
  /** The parser's code. */
  code: string;
  message: string;
}

export interface ParsedText<Document> {
  document: Document;
  errors: YamlError[];
  /** The parser gave up: there is no use in trying again. */
  stopped?: true;
  /** Offset of the first quote that is not closed on its line; the rest of the text is inside it. */
  unclosed?: number;
}

export interface Repaired<Document> {
  parsed: ParsedText<Document>;
  /** What was repaired, and what is still wrong, in people's words. */
  errors: YamlError[];
  /** Text that was blanked. */
  holes: Range[];
}

/** Lines that a merge of versions leaves behind. They stand at the start of a line, where nothing of a topology looks like them. */
export function blankConflictMarkers(text: string): { text: string; errors: YamlError[] } {
  const errors: YamlError[] = [];
  if (!MARKERS.some((marker) => text.includes(marker))) return { text, errors };
  const blanked = text.replace(/^(?:<{7}|={7}|>{7}|\|{7})(?: .*)?$/gm, (marker, offset: number) => {
    const message = 'A merge conflict is not resolved here. Keep one side and delete the markers.';
    errors.push({ range: [offset, offset + marker.length], code: 'CONFLICT', message });
    return ' '.repeat(marker.length);
  });
  return { text: blanked, errors };
}

/** A line break for YAML (1.2.2, section 5.4) and LSP, and text for the library. Told once: such a file has no others. */
export function loneReturns(text: string): YamlError[] {
  const at = /\r(?!\n)/.exec(text)?.index;
  if (at === undefined) return [];
  const message =
    'This line ends with a carriage return alone, and what is behind it cannot be read. Save the file with line feeds (LF), or with CR LF.';
  return [{ range: [at, at + 1], code: 'LONE_RETURN', message }];
}

const MARKERS = ['<', '=', '>', '|'].map((character) => character.repeat(7));

/** How often a short text is parsed again; a long one less often, so that the time stays linear in its length. */
const MAX_ROUNDS = 40;
const roundsFor = ({ length }: string): number =>
  Math.min(MAX_ROUNDS, Math.max(length > 2_000_000 ? 1 : 3, Math.floor(1_000_000 / (length + 1))));

/** More errors than this are no slip of a person. */
const MAX_ERRORS = 100;

/** `colons`: offsets at which the parser shall find a colon that the text does not have. */
type Parse<Document> = (text: string, colons: ReadonlySet<number>) => ParsedText<Document>;

export function repair<Document>(text: string, parse: Parse<Document>): Repaired<Document> {
  const errors: YamlError[] = [];
  const holes: Range[] = [];
  const budget = { rounds: roundsFor(text) };
  let colons: ReadonlySet<number> = new Set();
  const again = (changed: string): ParsedText<Document> => (budget.rounds--, parse(changed, colons));
  let current = text;
  let parsed = parse(text, colons);
  while (budget.rounds > 0 && !parsed.stopped && parsed.errors.length <= MAX_ERRORS) {
    const step = simpleRepair(current, parsed);
    if (step) {
      current = step.text;
      parsed = again(current);
      errors.push(...step.errors);
      continue;
    }
    const words = parsed.errors.length > 0 && colons.size === 0 ? loneWords(current) : [];
    colons = new Set(words.map(([, end]) => end));
    const withColons = words.length > 0 ? again(current) : parsed;
    if (withColons.errors.length < parsed.errors.length) {
      parsed = withColons;
      errors.push(...words.map((word) => unfinished(current, word)));
      continue;
    }
    colons = new Set();
    const found = searchRepair(current, parsed, again);
    if (!found) break;
    ({ text: current, parsed } = found);
    errors.push(found.error);
    holes.push(found.hole);
  }
  return { parsed, errors: distinct([...errors, ...parsed.errors.map((error) => forPeople(error, text))]), holes };
}

/** Two brackets that are missing at one place are one mistake. */
export function distinct(errors: YamlError[]): YamlError[] {
  const seen = new Map(errors.map((error) => [`${error.range.join()} ${error.message}`, error]));
  return [...seen.values()];
}

interface Step {
  text: string;
  errors: YamlError[];
}

/** Repairs whose place is certain. */
function simpleRepair(text: string, { errors, unclosed }: ParsedText<unknown>): Step | undefined {
  if (unclosed !== undefined) {
    const range: Range = [unclosed, lineEnd(text, unclosed)];
    const message = `This quote is not closed on its line. Write ${text[unclosed]} at the end of the text.`;
    return { text: blank(text, [unclosed, unclosed + 1]), errors: [{ range, code: 'UNCLOSED', message }] };
  }
  const tabs = errors.filter(({ code }) => code === 'TAB_AS_INDENT');
  if (tabs.some(({ range }) => indentation(text, range[0]).includes('\t')))
    return {
      text: tabs.reduce((changed, { range }) => spaced(changed, range[0]), text),
      errors: tabs.map((tab) => forPeople(tab, text)),
    };
  return undefined;
}

/** A line of a block that is nothing but a word: a key or name whose colon is still to come. */
const LONE_WORD =
  /^[ \t]*(?![-?](?:\s|$)|---|\.\.\.)[^\s#{}[\],&*!|>'"%@`:](?:[^\s#{}[\],:]|:(?=\S)|[ \t]+(?=[^\s#]))*(?=[ \t]*(?:\r?$|[ \t]#))/;

/** Their ranges. Lines of lists and flow collections that go over several lines are none. */
function loneWords(text: string): Range[] {
  const words: Range[] = [];
  let offset = 0;
  let inFlow = false;
  for (const line of text.split('\n')) {
    const match = LONE_WORD.exec(line)?.[0];
    if (match !== undefined && !inFlow)
      words.push([offset + match.length - match.trimStart().length, offset + match.length]);
    if (/\S/.test(line)) inFlow = /[[{,]\s*(?:#.*)?$/.test(line);
    offset += line.length + 1;
  }
  return words;
}

function unfinished(text: string, range: Range): YamlError {
  const message = `${quote(text.slice(...range))} is not finished: a key needs a colon and a value behind it.`;
  return { range, code: 'UNFINISHED', message };
}

/** Errors behind which the parser loses its way. Inside of braces and brackets it does not. */
const STRUCTURAL = ['BAD_INDENT', 'UNEXPECTED_TOKEN', 'BLOCK_IN_FLOW', 'BAD_COLLECTION_TYPE', 'TAB_AS_INDENT'];
const isStructural = ({ code, message }: YamlError): boolean => STRUCTURAL.includes(code) && !/flow/i.test(message);

interface Found<Document> {
  text: string;
  parsed: ParsedText<Document>;
  error: YamlError;
  hole: Range;
}

/** Tries which line must go so that most of the rest is understood. */
function searchRepair<Document>(
  text: string,
  parsed: ParsedText<Document>,
  again: (text: string) => ParsedText<Document>,
): Found<Document> | undefined {
  const error = parsed.errors.find(isStructural);
  if (!error) return undefined;
  let best: Found<Document> | undefined;
  for (const hole of suspects(text, error.range[0])) {
    const changed = blank(text, hole);
    const result = again(changed);
    if (result.unclosed !== undefined || result.errors.length >= (best?.parsed ?? parsed).errors.length) continue;
    best = {
      text: changed,
      parsed: result,
      error: { ...forPeople(error, text), range: content(text, error.range[0]) },
      hole,
    };
    if (result.errors.length === 0) break;
  }
  return best;
}

/** The line of the error, the one before it, and the block before it that is indented more. */
function suspects(text: string, offset: number): Range[] {
  const line = content(text, offset);
  const own = indentation(text, offset).length;
  const before = content(text, previousLine(text, lineStart(text, offset)));
  let start = lineStart(text, offset);
  for (let up = previousLine(text, start); up < start; up = previousLine(text, start)) {
    const isBlank = content(text, up)[1] <= content(text, up)[0];
    if (!isBlank && indentation(text, up).length <= own) break;
    start = up;
  }
  const block: Range = [start, lineStart(text, offset)];
  return [line, before, block].filter(([from, to]) => from < to);
}

const lineStart = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1;
const previousLine = (text: string, start: number): number => (start === 0 ? 0 : lineStart(text, start - 1));

function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  return end < 0 ? text.length : end;
}

const indentation = (text: string, offset: number): string =>
  /^[ \t]*/.exec(text.slice(lineStart(text, offset), lineEnd(text, offset)))![0];

/** The line at an offset without its indentation and line end. */
function content(text: string, offset: number): Range {
  const start = lineStart(text, offset);
  const line = text.slice(start, lineEnd(text, offset)).trimEnd();
  return [start + line.length - line.trimStart().length, start + line.length];
}

const blank = (text: string, [start, end]: Range): string =>
  text.slice(0, start) + text.slice(start, end).replace(/[^\r\n]/g, ' ') + text.slice(end);

/** Tabs in the indentation become one space each: the wrong width, but mostly a level of its own. */
function spaced(text: string, offset: number): string {
  const start = lineStart(text, offset);
  const tabs = indentation(text, offset);
  return text.slice(0, start) + tabs.replaceAll('\t', ' ') + text.slice(start + tabs.length);
}

const UNCLOSED_FLOW = /end with a ([}\]])/;

/** The parser's message in words of the file that is being written. */
function forPeople(error: YamlError, text: string): YamlError {
  const bracket = UNCLOSED_FLOW.exec(error.message)?.[1];
  if (bracket === undefined)
    return { ...error, message: MESSAGES.get(error.code) ?? error.message.replace(/([^.])$/, '$1.') };
  const end = contentEnd(text, error.range[0]);
  return { ...error, range: [Math.max(0, end - 1), end], message: `A \`${bracket}\` is missing behind this.` };
}

/** So many characters of comments are looked over: there may be megabytes, once for each bracket. */
const MAX_COMMENTS = 10_000;

/** The parser notices on a later line; what is missing is missing behind the last text before it that is no comment. */
function contentEnd(text: string, offset: number): number {
  let end = offset;
  for (;;) {
    while (end > 1 && /\s/.test(text[end - 1]!)) end--;
    if (offset - end > MAX_COMMENTS) return end;
    const start = Math.max(lineStart(text, end), end - MAX_COMMENTS);
    const line = text.slice(start, end);
    // With a quote before it, it may be no comment.
    const comment = /^[^"']*?(?:^|[ \t])#/.exec(line);
    if (!comment || start + comment[0].length <= 1) return end;
    end = start + comment[0].length - 1;
  }
}

const MESSAGES = new Map([
  ['BAD_INDENT', 'This line is not indented as its neighbours: entries of one map start at the same column.'],
  [
    'BLOCK_AS_IMPLICIT_KEY',
    'There are two keys on one line. Write `{key: value}`, or put the second on a line of its own.',
  ],
  ['MULTILINE_IMPLICIT_KEY', 'A key must be on one line, with a colon behind it.'],
  ['TAB_AS_INDENT', 'YAML does not allow tabs as indentation. Use spaces.'],
  ['UNEXPECTED_TOKEN', 'This does not fit here. Look at the indentation of this line and of the ones before it.'],
]);
