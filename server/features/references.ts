/** `textDocument/references`: every place of a name, in the order of the file. */
import type { Location, Position, ReferenceContext } from 'vscode-languageserver';
import type { Document } from '../document.ts';
import { at, usesOf } from './at.ts';
import type { Feature, PlaceParams } from './feature.ts';
import { lspRange } from './range.ts';

export const references: Feature<PlaceParams & { context?: Partial<ReferenceContext> }> = {
  method: 'textDocument/references',
  needs: ['textDocument', 'position'],
  announce: ({ textDocument }) => (textDocument?.references ? { referencesProvider: true } : {}),
  answer: ({ textDocument, position, context }, { document }) =>
    referenceLocations(document(textDocument.uri), position, context?.includeDeclaration !== false),
};

export function referenceLocations(document: Document, position: Position, withDefinition: boolean): Location[] {
  const use = at(document, document.text.offsetAt(position))?.use;
  if (!use) return [];
  return usesOf(document, use.kind, use.name)
    .filter(({ role }) => withDefinition || role === 'reference')
    .map(({ range }) => ({ uri: document.text.uri, range: lspRange(document, range) }));
}
