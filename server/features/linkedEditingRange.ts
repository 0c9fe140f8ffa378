/** `textDocument/linkedEditingRange`: names that change together while one of them is typed, where typing alone keeps the file right. */
import type { LinkedEditingRanges, Position } from 'vscode-languageserver';
import type { Document } from '../document.ts';
import { usesAcross } from './across.ts';
import { at, usesOf } from './at.ts';
import { Refusal, type Feature, type PlaceParams } from './feature.ts';
import { lspRange } from './range.ts';
import { renameEdits } from './rename.ts';

export const linkedEditingRange: Feature<PlaceParams> = {
  method: 'textDocument/linkedEditingRange',
  needs: ['textDocument', 'position'],
  announce: ({ textDocument }) => (textDocument?.linkedEditingRange ? { linkedEditingRangeProvider: true } : {}),
  answer: ({ textDocument, position }, { document }) => linkedRanges(document(textDocument.uri), position),
};

/** Characters that need quotes nowhere in a name; with any other one the editor stops linking. */
const WORD_PATTERN = '[A-Za-z_][A-Za-z0-9_.-]*';

/** `null` where a rename would be refused, or would have to do more than copy what is typed. */
export function linkedRanges(document: Document, position: Position): LinkedEditingRanges | null {
  const use = at(document, document.text.offsetAt(position))?.use;
  if (!use || !new RegExp(`^${WORD_PATTERN}$`).test(use.name)) return null;
  const text = document.text.getText();
  const uses = usesOf(document, use.kind, use.name);
  // What stands in another file as well does not change along.
  if (usesAcross([document], use.kind, use.name).length > uses.length) return null;
  if (uses.length < 2 || uses.some(({ range }) => text.slice(...range) !== use.name)) return null;
  return canRename(document, position, use.name)
    ? { ranges: uses.map(({ range }) => lspRange(document, range)), wordPattern: WORD_PATTERN }
    : null;
}

function canRename(document: Document, position: Position, name: string): boolean {
  try {
    // Some name that nothing has: a name longer than the text has cannot stand in it.
    return renameEdits(document, position, `${name}_${'x'.repeat(20)}`).length > 0;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}
