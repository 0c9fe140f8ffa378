/** Comments that silence: one put behind the line of a problem, and one taken out that silences nothing. */
import type { Range } from '../problem.ts';
import { type Edits, newlineOf } from './edits.ts';

/** Silences a code on the line of an offset: behind the line, or above it where a comment is there already or would cut a text in two. */
export function ignoreHere(text: string, offset: number, code: string): Edits {
  const [start, end] = lineAt(text, offset);
  const line = text.slice(start, end);
  const known =
    /^(.*(?:^|[ \t])#[ \t]*dvrscope:[ \t]*ignore[ \t]+[\w-]+(?:[ \t]*,?[ \t]*[\w-]+)*?)(?=[ \t]*(?:--|$))/.exec(line);
  if (known) {
    const at = start + known[1]!.length;
    return [{ range: [at, at], text: `, ${code}` }];
  }
  if (/(?:^|[ \t])#/.test(line) || mayGoOn(line, text.slice(end, end + MOST_AHEAD))) {
    const margin = /^[ \t]*/.exec(line)![0];
    return [{ range: [start, start], text: `${margin}# dvrscope: ignore ${code}${newlineOf(text)}` }];
  }
  const at = start + line.trimEnd().length;
  return [{ range: [at, end], text: ` # dvrscope: ignore ${code}` }];
}

/** So far the next line is looked for. */
const MOST_AHEAD = 1000;

/** Whether a text without quotes that the line ends in may go on behind it (YAML 1.2.2, section 7.3.3): a comment would end it. */
function mayGoOn(line: string, behind: string): boolean {
  if (/[:,{[|>]\s*$/.test(line)) return false;
  const next = /^(?:[ \t]*\r?\n)+( *)([^\s}\],#])/.exec(behind);
  if (!next) return false;
  const [, margin = '', dashes = '', rest = ''] = /^( *)((?:- +)*)(.*)$/s.exec(line)!;
  const isEntry = /^(?:"[^"]*"|'[^']*'|[^"'#]*?):\s/.test(rest);
  if (!isEntry && dashes === '') return true;
  const column = margin.length + (isEntry ? dashes.length : dashes.lastIndexOf('-'));
  return next[1]!.length > column;
}

/** Takes a code out of its comment, and the whole comment when it was the only one. */
export function dropIgnore(text: string, [from, to]: Range): Edits {
  const [start, end] = lineAt(text, from);
  const [before, behind] = [text.slice(start, from), text.slice(to, end)];
  const next = /^[ \t]*,?[ \t]*(?=[\w-])(?!--)/.exec(behind);
  if (next && next[0] !== '') return [{ range: [from, to + next[0].length], text: '' }];
  const last = /[\w-][ \t]*,[ \t]*$/.exec(before);
  if (last) return [{ range: [start + last.index + 1, to], text: '' }];
  const comment = /[ \t]*#[ \t]*dvrscope:[ \t]*ignore(?:-file)?[ \t]*$/.exec(before);
  if (!comment) return undefined;
  const isAlone = comment.index === 0;
  return [{ range: [start + comment.index, isAlone ? Math.min(text.length, nextLine(text, end)) : end], text: '' }];
}

/** From the start of a line to before its line break. */
function lineAt(text: string, offset: number): Range {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const found = text.indexOf('\n', offset);
  const end = found < 0 ? text.length : found;
  return [start, end > start && text[end - 1] === '\r' ? end - 1 : end];
}

function nextLine(text: string, end: number): number {
  const found = text.indexOf('\n', end);
  return found < 0 ? text.length : found + 1;
}
