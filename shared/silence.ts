/**
 * What a person does not want to be told: `# dvrscope: ignore CODE` behind a line or above it, `# dvrscope: ignore-file CODE` anywhere,
 * and severities by code, `off` among them. A comment that silences nothing is itself told, so that none outlives its reason.
 * Comments are found by their word in the text: no tree is needed, and a text without the word costs one search.
 */
import { quote } from './topology/describe.ts';
import { nearest } from './topology/nearest.ts';
import { locate, type SourceMap } from './topology/sourceMap.ts';
import type { Problem, Range, Severity } from './problem.ts';

/** What a code is set to; `off` silences it. */
export type Level = Severity | 'off';

export const LEVELS: readonly Level[] = ['error', 'warning', 'information', 'hint', 'off'];

/** By code, or by the id of a fault. */
export type Severities = ReadonlyMap<string, Level>;

/** One code of one comment. */
export interface Ignore {
  code: string;
  /** Where the code stands in the text. */
  range: Range;
  /** The line, from 0, that it is about; absent: the whole file. */
  line?: number;
}

/** A comment of ours that cannot be understood. */
interface Misspelt {
  range: Range;
  message: string;
}

export interface Ignores {
  codes: Ignore[];
  misspelt: Misspelt[];
}

const WORD = 'dvrscope:';

/** So far from the start of its line nobody looks for a comment: a line may have megabytes. */
const MAX_BEFORE = 1000;

/** What is behind the word: `ignore a, b -- the reason`. */
const COMMENT = /^[ \t]*([\w-]*)([^\r\n]*)/;

/** The comments of a text, in time linear in its length. */
export function ignoresOf(text: string): Ignores {
  const found: Ignores = { codes: [], misspelt: [] };
  let lines: number[] | undefined;
  let next = 0;
  for (let at = text.indexOf(WORD); at >= 0; at = text.indexOf(WORD, at + WORD.length)) {
    lines ??= lineStarts(text);
    const line = lineAt(lines, at);
    const start = lines[line]!;
    const hash = at - start > MAX_BEFORE ? undefined : commentStart(text.slice(start, at));
    if (hash === undefined) continue;
    const isAlone = text.slice(start, start + hash).trim() === '';
    // Comments above one another are about the same line.
    if (isAlone && next <= line) next = contentLine(text, lines, line + 1);
    readComment(text, at + WORD.length, isAlone ? next : line, found);
    // The rest of the line is that comment.
    at = (lines[line + 1] ?? text.length) - WORD.length;
  }
  return found;
}

function readComment(text: string, from: number, line: number, { codes, misspelt }: Ignores): void {
  const [all, verb = '', rest = ''] = COMMENT.exec(text.slice(from, from + 2000))!;
  const verbEnd = from + all.length - rest.length;
  if (verb !== 'ignore' && verb !== 'ignore-file') {
    const message = `${quote(verb)} is nothing that a comment can ask of dvrscope. Write \`ignore CODE\` or \`ignore-file CODE\`.`;
    misspelt.push({ range: [from - WORD.length, verbEnd], message });
    return;
  }
  const listed = /^(?:(?!--).)*/.exec(rest)![0];
  for (const { 0: code, index } of listed.matchAll(/[^\s,]+/g)) {
    const range: Range = [verbEnd + index, verbEnd + index + code.length];
    codes.push({ code, range, ...(verb === 'ignore' && { line }) });
  }
  if (listed.trim() === '') {
    const message = `This comment names no code, so it silences nothing. Write \`${verb} CODE\`: codes stand behind each message.`;
    misspelt.push({ range: [from - WORD.length, verbEnd], message });
  }
}

/** Where the comment begins that a line ends in, given the line up to our word; `undefined`: the word is not the first of a comment. */
function commentStart(before: string): number | undefined {
  const hash = /(?:^|[ \t])#[ \t]*$/.exec(before);
  if (!hash) return undefined;
  const start = before.indexOf('#', hash.index);
  return isQuoted(before.slice(0, start)) ? undefined : start;
}

/** Whether a quote is open at the end of a line's beginning. Quotes inside of a plain text (`it's`) are none. */
function isQuoted(before: string): boolean {
  const quoted = /(?:^|[\s,:[{])(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')/g;
  return /(?:^|[\s,:[{])["']/.test(before.replace(quoted, ''));
}

/** The next line that is more than a comment; behind the last one when there is none. */
function contentLine(text: string, lines: readonly number[], from: number): number {
  for (let line = from; line < lines.length; line++)
    if (/^[ \t]*[^\s#]/.test(text.slice(lines[line], lines[line + 1]))) return line;
  return lines.length;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) starts.push(i + 1);
  return starts;
}

function lineAt(starts: readonly number[], offset: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** What can be silenced: a problem of a text, a finding on a node. */
export interface Told {
  code: string;
  /** Its id in the catalogue of faults. */
  fault?: string | null;
  severity: Severity;
}

export interface Silenced<T> {
  kept: T[];
  /** How many are not told. */
  silenced: number;
  /** Comments that silenced something. */
  used: Set<Ignore>;
}

/**
 * What is left of `told`, with the severities that are set.
 * @param lineOf the line, from 0, on which it is shown; `undefined`: nowhere in the file
 */
export function silence<T extends Told>(
  told: readonly T[],
  { codes }: Ignores,
  severities: Severities,
  lineOf: (told: T) => number | undefined,
): Silenced<T> {
  const used = new Set<Ignore>();
  const byName = new Map<string, Ignore[]>();
  for (const ignore of codes) {
    const key = `${ignore.line ?? 'file'} ${ignore.code}`;
    const same = byName.get(key);
    if (same) same.push(ignore);
    else byName.set(key, [ignore]);
  }
  const kept: T[] = [];
  for (const each of told) {
    const names = each.fault ? [each.code, each.fault] : [each.code];
    const level = names.map((name) => severities.get(name)).findLast((found) => found !== undefined);
    const line = byName.size > 0 ? lineOf(each) : undefined;
    const comments = names.flatMap((name) =>
      [`file ${name}`, `${line} ${name}`].flatMap((key) => byName.get(key) ?? []),
    );
    for (const comment of comments) used.add(comment);
    if (level !== 'off' && comments.length === 0)
      kept.push(level === undefined || level === each.severity ? each : { ...each, severity: level });
  }
  return { kept, silenced: told.length - kept.length, used };
}

/** Which codes there are. */
export interface Codes {
  /** Of problems of the text: a comment for one of them that silences nothing can be told. */
  ofText: ReadonlySet<string>;
  /** Of what only a comparison with nodes finds. */
  isLive: (code: string) => boolean;
}

export interface SilencedProblems {
  problems: Problem[];
  silenced: number;
}

/** Problems of a text as they are to be told, and what is wrong with its comments as hints. */
export function silenceProblems(
  { text, sourceMap, problems }: { text: string; sourceMap: SourceMap; problems: readonly Problem[] },
  severities: Severities,
  known: Codes,
): SilencedProblems {
  const ignores = ignoresOf(text);
  if (ignores.codes.length + ignores.misspelt.length + severities.size === 0)
    return { problems: [...problems], silenced: 0 };
  const lines = ignores.codes.length > 0 ? lineStarts(text) : [];
  const rangeOf = ({ range, pointer, at }: Problem) => range ?? locate(sourceMap, pointer, at);
  const lineOf = (problem: Problem): number => lineAt(lines, rangeOf(problem)?.[0] ?? 0);
  const { kept, silenced, used } = silence(problems, ignores, severities, lineOf);
  const hints = silence(hintsOf(ignores, used, known), { codes: [], misspelt: [] }, severities, () => undefined);
  return { problems: [...kept, ...hints.kept], silenced };
}

/** More comments than this that do nothing help nobody one by one. */
const MAX_HINTS = 100;

function hintsOf({ codes, misspelt }: Ignores, used: ReadonlySet<Ignore>, known: Codes): Problem[] {
  const all = [
    ...misspelt.map(({ range, message }) => hint('unknown-ignore', message, range)),
    ...codes.flatMap((ignore) => (used.has(ignore) ? [] : idle(ignore, known))),
  ];
  const rest = all.slice(MAX_HINTS);
  if (rest[0])
    rest.splice(0, rest.length, {
      ...rest[0],
      message: `There are ${rest.length} more comments here that silence nothing.`,
    });
  return [...all.slice(0, MAX_HINTS), ...rest];
}

/** A comment that did nothing: wrong, or no longer needed. One for a finding on nodes may wait for the next comparison. */
function idle({ code, range, line }: Ignore, { ofText, isLive }: Codes): Problem[] {
  if (ofText.has(code)) {
    const where = line === undefined ? 'in this file' : 'on its line';
    const message = `Nothing ${where} has the code ${quote(code)} any more. Take the comment out, so that it hides no later mistake.`;
    return [hint('unused-ignore', message, range)];
  }
  if (isLive(code)) return [];
  const near = nearest(code, ofText);
  const todo =
    near === undefined
      ? 'Codes stand behind each message; a reason goes behind `--`.'
      : `Did you mean \`${near}\`? A reason goes behind \`--\`.`;
  return [hint('unknown-ignore', `No message has the code ${quote(code)}, so this silences nothing. ${todo}`, range)];
}

const hint = (code: string, message: string, range: Range): Problem => ({
  code,
  severity: 'hint',
  message,
  pointer: '',
  range,
});

/** `CODE=LEVEL` settings from anywhere: what cannot be used is given back as sentences. */
export function severitiesFrom(entries: Iterable<readonly [string, unknown]>): {
  severities: Severities;
  wrong: string[];
} {
  const severities = new Map<string, Level>();
  const wrong: string[] = [];
  for (const [code, value] of entries) {
    const level = LEVELS.find((each) => each === value);
    if (level === undefined)
      wrong.push(`${quote(code)} is set to ${quote(String(value))}: choose ${LEVELS.join(', ')}`);
    else severities.set(code, level);
  }
  return { severities, wrong };
}
