/** What one file includes, and nothing else of it: for who looks through many files for those that include some other one. */
import { cut } from './cut.ts';
import { readFile, type ReadFile } from './read.ts';

/** Whether a text may include others: the key may be written in many ways, and who escapes its letters hides it. */
export const mayInclude = (text: string): boolean => text.includes(INCLUDE);

/** The word that such a text has. */
export const INCLUDE = 'include';

/**
 * Law: `values.include` is that of `readFile`, of a text without mistakes. Only the blocks that have the word are read; where the text
 * cannot be cut into blocks, or what is in one needs the others, the whole.
 */
export function readIncluded(text: string): ReadFile {
  if (!mayInclude(text)) return readFile('');
  const blocks = cut(text)?.filter(({ section }) => section === undefined);
  if (!blocks) return readFile(text);
  const own = blocks.map(({ start, end }) => text.slice(start, end)).filter(mayInclude);
  const read = readFile(own.join(''));
  // An alias of what is anchored elsewhere is an error here.
  return read.problems.some(({ code }) => code === 'yaml-error') ? readFile(text) : read;
}
