/** `textDocument/linkedEditingRange`: names that change together while one of them is typed, where typing alone keeps the file right. */
import type { LinkedEditingRanges, Position } from 'vscode-languageserver';
import type { Document } from '../document.ts';
import { contextsOf, usesAcross } from './across.ts';
import { at, usesOf } from './at.ts';
import { Refusal, type Feature, type PlaceParams } from './feature.ts';
import { lspRange } from './range.ts';
import { renameEditsIn } from './rename.ts';

export const linkedEditingRange: Feature<PlaceParams> = {
  method: 'textDocument/linkedEditingRange',
  needs: ['textDocument', 'position'],
  announce: ({ textDocument }) => (textDocument?.linkedEditingRange ? { linkedEditingRangeProvider: true } : {}),
  answer: ({ textDocument, position }, context) => linkedRanges(contextsOf(textDocument.uri, context), position),
};

/** Characters that need quotes nowhere in a name; with any other one the editor stops linking. */
const WORD_PATTERN = '[A-Za-z_][A-Za-z0-9_.-]*';

/**
 * `null` where a rename would be refused, or would have to do more than copy what is typed.
 * @param documents the file in each topology that includes it
 */
function linkedRanges(documents: readonly Document[], position: Position): LinkedEditingRanges | null {
  const document = documents[0]!;
  const use = at(document, document.text.offsetAt(position))?.use;
  if (!use || !new RegExp(`^${WORD_PATTERN}$`).test(use.name)) return null;
  const text = document.text.getText();
  const uses = usesOf(document, use.kind, use.name);
  // What stands in another file as well does not change along.
  if (usesAcross(documents, use.kind, use.name).length > uses.length) return null;
  if (uses.length < 2 || uses.some(({ range }) => text.slice(...range) !== use.name)) return null;
  return canRename(documents, position, use.name)
    ? { ranges: uses.map(({ range }) => lspRange(document, range)), wordPattern: WORD_PATTERN }
    : null;
}

function canRename(documents: readonly Document[], position: Position, name: string): boolean {
  try {
    // Some name that nothing is likely to have: where something has, the names are not linked.
    return renameEditsIn(documents, position, `${name}_${'x'.repeat(20)}`).size > 0;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}
