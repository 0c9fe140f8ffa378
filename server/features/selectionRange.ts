/** `textDocument/selectionRange`: from the word under the cursor outwards: key or value, the entry, the thing, the section, the file. */
import type { Position, SelectionRange } from 'vscode-languageserver';
import type { Pointer, Range } from '../../shared/problem.ts';
import { unquoted } from '../../shared/topology/scalarText.ts';
import { pointerAt } from '../../shared/topology/sourceMap.ts';
import type { Document } from '../document.ts';
import type { Feature, TextParams } from './feature.ts';
import { lspRange } from './range.ts';

export const selectionRange: Feature<TextParams & { positions: Position[] }> = {
  method: 'textDocument/selectionRange',
  needs: ['textDocument', 'positions'],
  announce: ({ textDocument }) => (textDocument?.selectionRange ? { selectionRangeProvider: true } : {}),
  answer: ({ textDocument, positions }, { document }) =>
    positions.map((position) => selectionAt(document(textDocument.uri), position)),
};

/** Each range is larger than the one in it; the last is the whole text. */
function selectionAt(document: Document, position: Position): SelectionRange {
  const offset = document.text.offsetAt(position);
  const text = document.text.getText();
  const ranges = rangesAround(document, pointerAt(document.reading().sourceMap, offset), offset);
  let result: SelectionRange = { range: lspRange(document, [0, text.length]) };
  let outer: Range = [0, text.length];
  for (const range of ranges.toReversed()) {
    const isInside = outer[0] <= range[0] && range[1] <= outer[1] && range[1] - range[0] < outer[1] - outer[0];
    if (!isInside || offset < range[0] || range[1] < offset) continue;
    result = { range: lspRange(document, range), parent: result };
    outer = range;
  }
  return result;
}

/** From the inside out; some may be equal. */
function rangesAround(document: Document, pointer: Pointer, offset: number): Range[] {
  const { sourceMap } = document.reading();
  const text = document.text.getText();
  const ranges: Range[] = [];
  for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const place = sourceMap.get(at);
    if (!place) continue;
    const { key, value } = place;
    if (key && key[0] <= offset && offset <= key[1]) ranges.push(unquoted(text, [key[0], key[1]]), key);
    else ranges.push(unquoted(text, [value[0], value[1]]), value);
    ranges.push([key?.[0] ?? value[0], Math.max(value[1], key?.[1] ?? 0)]);
  }
  return ranges;
}
