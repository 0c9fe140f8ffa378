/** `textDocument/foldingRange`: things that go over several lines, and comments of several lines. */
import type { FoldingRange } from 'vscode-languageserver';
import { pointer, type Range } from '../../shared/problem.ts';
import { fieldsOf } from '../../shared/topology/fields.ts';
import type { Document } from '../document.ts';
import { lineStarts } from '../text.ts';
import { lastUpTo } from './at.ts';
import { byChunk } from './byChunk.ts';
import type { Feature, TextParams } from './feature.ts';

export const foldingRange: Feature<TextParams> = {
  method: 'textDocument/foldingRange',
  needs: ['textDocument'],
  announce: ({ textDocument }) => (textDocument?.foldingRange ? { foldingRangeProvider: true } : {}),
  answer: ({ textDocument }, { client, document }) =>
    foldingRanges(document(textDocument.uri), client.textDocument?.foldingRange?.rangeLimit),
  *steps(params, context) {
    yield* foldsIn.steps(context.document(params.textDocument.uri));
    return foldingRange.answer(params, context);
  },
};

interface Fold extends FoldingRange {
  depth: number;
}

/** In the order of the text. With a limit the outermost ones are kept. */
export function foldingRanges(document: Document, limit = Infinity): FoldingRange[] {
  const folds = [...entryFolds(document), ...commentFolds(document.text.getText())];
  const kept = folds.length <= limit ? folds : folds.toSorted((a, b) => a.depth - b.depth).slice(0, limit);
  return kept.toSorted((a, b) => a.startLine - b.startLine).map(rangeOf);
}

function rangeOf(fold: Fold): FoldingRange {
  const { depth: _, ...range } = fold;
  return range;
}

/** One fold on a line: that of the outermost thing which begins there. */
function entryFolds(document: Document): Fold[] {
  const byLine = new Map<number, Fold>();
  const add = (fold: Fold): void => {
    if (fold.endLine > fold.startLine && !byLine.has(fold.startLine)) byLine.set(fold.startLine, fold);
  };
  for (const key of new Set([...fieldsOf('topology')!.keys(), ...ownSections(document.text.getText())])) {
    const place = document.reading().sourceMap.get(pointer(key));
    if (!place?.key) continue;
    const { line: startLine } = document.text.positionAt(place.key[0]);
    add({ startLine, endLine: document.text.positionAt(endIn(document.text.getText(), place.value)).line, depth: 1 });
  }
  for (const { value, line } of foldsIn(document))
    for (const { startLine, endLine, depth } of value)
      add({ startLine: line + startLine, endLine: line + endLine, depth });
  return [...byLine.values()];
}

/** A text in a block ends with its line breaks. */
function endIn(text: string, [start, end]: Range): number {
  let last = end;
  while (last > start && /\s/.test(text[last - 1]!)) last--;
  return last;
}

/** Keys that the user made up, as the reader permits: anchors stand there, and notes. */
const ownSections = (text: string): string[] => Array.from(text.matchAll(/^x-[^\s:]*(?=:)/gm), ([key]) => key);

/** Entries of several lines, by lines of their chunk. */
const foldsIn = byChunk((places, text): Fold[] => {
  const lines = lineStarts(text);
  const folds: Fold[] = [];
  for (const [at, { key, value }] of places) {
    const start = key?.[0] ?? value[0];
    const newLine = text.indexOf('\n', start);
    if (at === '' || newLine < 0 || newLine >= value[1]) continue;
    folds.push({
      startLine: lastUpTo(lines, start),
      endLine: lastUpTo(lines, value[1]),
      depth: at.split('/').length - 1,
    });
  }
  return folds;
});

function commentFolds(text: string): Fold[] {
  const folds: Fold[] = [];
  let start = -1;
  const lines = text.split('\n');
  for (let line = 0; line <= lines.length; line++) {
    const isComment = line < lines.length && /^\s*#/.test(lines[line]!);
    if (isComment && start < 0) start = line;
    if (isComment || start < 0) continue;
    if (line - 1 > start) folds.push({ startLine: start, endLine: line - 1, kind: 'comment', depth: 1 });
    start = -1;
  }
  return folds;
}
