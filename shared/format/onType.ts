/** What Enter does: the new line begins where the next entry would, and the line before loses its spaces at the end. */
import type { FormatEdit } from './format.ts';

/** A line with where it starts in the text; without its line break. */
export interface TextLine {
  start: number;
  text: string;
}

/** The text around is not read, since it is not finished. A new line that is not blank was split off another one: it stays. */
export function onNewLine(before: TextLine, current: TextLine): FormatEdit[] {
  const trimmed = before.text.trimEnd();
  const edits: FormatEdit[] = [];
  // Elsewhere the spaces may belong to a text.
  if (trimmed.length < before.text.length && (trimmed === '' || /[:,{}[\]]$/.test(trimmed)))
    edits.push({ range: [before.start + trimmed.length, before.start + before.text.length], text: '' });
  if (current.text.trim() !== '' || trimmed === '') return edits;
  const wanted = ' '.repeat(indentAfter(trimmed));
  if (current.text !== wanted)
    edits.push({ range: [current.start, current.start + current.text.length], text: wanted });
  return edits;
}

/** Two deeper behind a key without a value and behind an open bracket; else as deep as the key of the line. */
function indentAfter(line: string): number {
  const entry = /^[ ]*(?:- +)*/.exec(line)![0].length;
  const content = line
    .slice(entry)
    .replace(/[ \t]#.*$/, '')
    .trimEnd();
  const opens = (content.match(/[{[]/g) ?? []).length - (content.match(/[}\]]/g) ?? []).length;
  return /:(?:[ \t]+[|>][-+\d]*)?$/.test(content) || opens > 0 ? entry + 2 : entry;
}
