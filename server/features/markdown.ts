/** Markdown from texts that nobody may trust: names in a topology and lines of a node. */

import type { MarkupContent, MarkupKind } from 'vscode-languageserver';

/** What a client shows that said which formats it knows; one that said nothing is taken to know markdown, as most do. */
export const markup = (markdown: string, formats?: readonly MarkupKind[]): MarkupContent =>
  !formats || formats.includes('markdown')
    ? { kind: 'markdown', value: markdown }
    : { kind: 'plaintext', value: plainText(markdown) };

/** Our own markdown without its marks: fences, emphasis, code quotes and backslash escapes. */
const plainText = (markdown: string): string =>
  markdown
    .replace(/^`{3,}.*\n?/gm, '')
    .replace(/\*\*(.*?)\*\*/g, '$1')
    .replace(/(?<!\\)`/g, '')
    .replace(/\\([\\`*_[\]<>#!|~&()])/g, '$1');

/** A fenced block; the fence is longer than any run of backticks inside (CommonMark, section 4.5). */
export function codeBlock(text: string, language = 'text'): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

/** Backslash escapes for all ASCII punctuation that means something inline (CommonMark, section 2.4). */
export const escapeMarkdown = (text: string): string => text.replace(/[\\`*_[\]<>#!|~&()]/g, '\\$&');

const MOST_NAMES = 8;

/** Names, and of many how many more. */
export function fewNames(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).map(escapeMarkdown).join(', ');
  return names.length > MOST_NAMES ? `${shown} and ${names.length - MOST_NAMES} more` : shown;
}
