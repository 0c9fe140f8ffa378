/** `textDocument/references`: every place of a name, file by file, in the order of each. */
import type { Location, Position, ReferenceContext } from 'vscode-languageserver';
import type { Document } from '../document.ts';
import { contextsOf, usesAcross } from './across.ts';
import { at } from './at.ts';
import type { Feature, PlaceParams } from './feature.ts';
import { lspRange } from './range.ts';

export const references: Feature<PlaceParams & { context?: Partial<ReferenceContext> }> = {
  method: 'textDocument/references',
  needs: ['textDocument', 'position'],
  announce: ({ textDocument }) => (textDocument?.references ? { referencesProvider: true } : {}),
  answer: ({ textDocument, position, context }, given) =>
    referenceLocations(contextsOf(textDocument.uri, given), position, context?.includeDeclaration !== false),
};

function referenceLocations(documents: readonly Document[], position: Position, withDefinition: boolean): Location[] {
  const document = documents[0]!;
  const use = at(document, document.text.offsetAt(position))?.use;
  if (!use) return [];
  return usesAcross(documents, use.kind, use.name)
    .filter((each) => withDefinition || each.use.role === 'reference')
    .map((each) => ({ uri: each.document.text.uri, range: lspRange(each.document, each.use.range) }));
}
