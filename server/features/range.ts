/** From pointers and offsets to LSP's lines and columns. */
import type { Location, Range as LspRange } from 'vscode-languageserver';
import type { Pointer, Range } from '../../shared/problem.ts';
import { locate } from '../../shared/topology/sourceMap.ts';
import type { Document } from '../document.ts';

export const lspRange = (document: Document, [start, end]: Range): LspRange => ({
  start: document.text.positionAt(start),
  end: document.text.positionAt(end),
});

/** Where a pointer stands; for one that is gone, the nearest place above it that is still there; in an empty file, its start. */
export const rangeOf = (document: Document, pointer: Pointer, at?: 'key' | 'value'): LspRange =>
  lspRange(document, locate(document.reading().sourceMap, pointer, at) ?? [0, 0]);

/** The same in the file of the topology that has it. */
export function locationOf(document: Document, pointer: Pointer, at?: 'key' | 'value'): Location {
  const home = document.home(pointer);
  return { uri: home.text.uri, range: rangeOf(home, pointer, at) };
}
