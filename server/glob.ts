/**
 * Patterns of paths as VS Code reads them in `files.exclude`: `src/vs/base/common/glob.ts` of its sources, and "Glob Patterns Reference"
 * of its documentation. They are another language than the patterns of `include`: braces and brackets count, and no name is hidden.
 */

/** A character, `*` for any number of them, or which ones may stand there. */
type Token = string | ((char: string) => boolean);

/** What one name of a path must be: just this, `**` for any number of names, or what fits. */
export type Part = string | readonly Token[];

export const ANY_FOLDERS = '**';

/** More of one pattern nobody wrote by hand; the second one is with all choices of its braces written out. */
const MAX_LENGTH = 1000;
const MAX_WRITTEN_OUT = 20_000;

/** What the parts of a path must be, in each of the ways that braces leave open; `undefined`: it is too long. */
export function partsOf(pattern: string): Part[][] | undefined {
  if (pattern.length > MAX_LENGTH) return undefined;
  return withoutBraces(pattern.replace(/\/$/, ''))?.flatMap((text) => {
    const parts = splitAt(text, '/').map(partOf);
    // A name is never empty: nothing has such a path.
    return parts.includes('') ? [] : [parts.filter((part, i) => part !== ANY_FOLDERS || parts[i - 1] !== ANY_FOLDERS)];
  });
}

function withoutBraces(pattern: string): string[] | undefined {
  let made = [''];
  for (let rest = pattern; rest !== '';) {
    const { before, inside, behind } = firstBraces(rest);
    const choices = inside === undefined ? [''] : choicesOf(inside, behind === '');
    if (made.length * choices.length * pattern.length > MAX_WRITTEN_OUT) return undefined;
    made = made.flatMap((text) => choices.map((choice) => text + before + choice));
    rest = behind;
  }
  return made;
}

function firstBraces(text: string): { before: string; inside?: string; behind: string } {
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '[') i = endOfBrackets(text, i);
    // What never ends counts as not written.
    const end = text[i] === '{' ? text.indexOf('}', i) : undefined;
    if (end === -1) return { before: text.slice(0, i), behind: '' };
    if (end !== undefined)
      return { before: text.slice(0, i), inside: text.slice(i + 1, end), behind: text.slice(end + 1) };
    if (text[i] === '}') return { before: text.slice(0, i), behind: text.slice(i + 1) };
  }
  return { before: text, behind: '' };
}

/** Of `{a,}` the last one is not there, of `{,a}` the first one is. Braces in braces are not known: the first `}` ended both. */
function choicesOf(inside: string, isLast: boolean): string[] {
  const choices = splitAt(inside.replace(/\{.*$/s, ''), ',');
  if (choices.length > 1 && choices.at(-1) === '') choices.pop();
  return choices.map((choice) => (isLast ? choice.replace(/(?<=.)\/$/, '') : choice));
}

function splitAt(text: string, separator: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '[') i = endOfBrackets(text, i);
    else if (text[i] === separator) {
      pieces.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...pieces, text.slice(start)];
}

/** `[]a]` has a bracket and an `a`. Brackets that never end go to the end of the text. */
function endOfBrackets(text: string, start: number): number {
  const end = text.indexOf(']', start + 2);
  return end < 0 ? text.length : end;
}

function partOf(text: string): Part {
  if (text === ANY_FOLDERS) return text;
  const tokens: Token[] = [];
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    const end = char === '[' ? endOfBrackets(text, i) : i;
    if (end === text.length) break;
    if (char === '[') tokens.push(oneOf(text.slice(i + 1, end)));
    else if (char === ']') tokens.push(() => false);
    else tokens.push(char === '?' ? () => true : char);
    i = end;
  }
  return tokens.every((token) => typeof token === 'string' && token !== '*') ? tokens.join('') : tokens;
}

function oneOf(inside: string): Token {
  const isNegated = /^[!^]/.test(inside);
  const text = inside.slice(isNegated ? 1 : 0).replaceAll('/', '');
  const ranges: [string, string][] = [];
  for (let i = 0; i < text.length; i++) {
    const isRange = text[i + 1] === '-' && i + 2 < text.length;
    ranges.push([text[i]!, text[isRange ? i + 2 : i]!]);
    if (isRange) i += 2;
  }
  return (char) => ranges.some(([from, to]) => from <= char && char <= to) !== isNegated;
}

/** Whether a name is what a part says, in time that is at most the product of their lengths. */
export function isFit(name: string, part: Part): boolean {
  if (typeof part === 'string') return name === part;
  let [at, i, star, retry] = [0, 0, -1, 0];
  while (at < name.length) {
    const token = part[i];
    if (token === '*') [star, retry] = [i++, at];
    else if (typeof token === 'function' ? token(name[at]!) : token === name[at]) [at, i] = [at + 1, i + 1];
    else if (star >= 0) [i, at] = [star + 1, ++retry];
    else return false;
  }
  while (part[i] === '*') i++;
  return i === part.length;
}
