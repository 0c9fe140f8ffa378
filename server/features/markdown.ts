/** Markdown from texts that nobody may trust: names in a topology and lines of a node. */

/** A fenced block; the fence is longer than any run of backticks inside (CommonMark, section 4.5). */
export function codeBlock(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}

/** Backslash escapes for all ASCII punctuation that means something inline (CommonMark, section 2.4). */
export const escapeMarkdown = (text: string): string => text.replace(/[\\`*_[\]<>#!|~&()]/g, '\\$&');
