/** `keepalived.conf` as text into lines: total, whatever the text. */
import type { KeepalivedLine } from '../state.ts';

/** In place of a password: it is no matter of ours, and nobody should find it in a report. */
export const HIDDEN = '<hidden>';

export function linesOfFile(router: string, text: string): { lines: KeepalivedLine[]; problem?: string } {
  const lines: KeepalivedLine[] = [];
  const blocks: string[] = [];
  for (const printed of text.split('\n')) {
    const line = printed.trim().replace(/\s+/g, ' ');
    if (line === '') continue;
    if (line === '}') {
      if (blocks.pop() === undefined) return { lines, problem: 'a block is closed that nobody opened' };
      continue;
    }
    const isPassword = line.startsWith('auth_pass ');
    lines.push({ router, blocks: blocks.join(' / '), line: isPassword ? `auth_pass ${HIDDEN}` : line });
    if (line.endsWith('{')) blocks.push(line.split(' ')[0]!);
  }
  return blocks.length > 0 ? { lines, problem: `the block ${blocks.at(-1)} is not closed` } : { lines };
}
