/** Problems written into a topology as comments: `# ^^^ code` marks what is underlined in the line above. */
import { runChecks } from '../../../shared/checks/table.ts';
import type { Problem } from '../../../shared/problem.ts';
import { readTopology } from '../../../shared/topology/read.ts';
import { locate } from '../../../shared/topology/sourceMap.ts';

/** A problem as it is compared: where, which words, which code. */
type Marked = string;

const MARKER = /^(\s*#\s*)(\^+) (\S+)$/;

/** What the comments of a text say. */
export function markersOf(text: string): Marked[] {
  const lines = text.split('\n');
  let marked = 0;
  return lines
    .flatMap((line, i) => {
      const match = MARKER.exec(line);
      if (!match) {
        marked = i;
        return [];
      }
      const start = match[1]!.length;
      return [show(marked, start, lines[marked]!.slice(start, start + match[2]!.length), match[3]!)];
    })
    .toSorted();
}

/** What the reader and the checks find in a text, in the same form. */
export function problemsOf(text: string): Marked[] {
  const { topology, problems, sourceMap } = readTopology(text);
  const found: Problem[] = [...problems, ...runChecks(topology)];
  return found
    .map(({ code, pointer, at, range = locate(sourceMap, pointer, at) }) => {
      if (!range) return `nowhere: ${code}`;
      const before = text.slice(0, range[0]).split('\n');
      return show(before.length - 1, before.at(-1)!.length, text.slice(...range), code);
    })
    .toSorted();
}

const show = (line: number, column: number, words: string, code: string): Marked =>
  `${line + 1}:${column + 1} ${words} ${code}`;
