/** `textDocument/documentHighlight`: every place of the name under the cursor; where it is given counts as written. */
import type { DocumentHighlight, Position } from 'vscode-languageserver';
import type { Document } from '../document.ts';
import { at, usesOf } from './at.ts';
import type { Feature, PlaceParams } from './feature.ts';
import { lspRange } from './range.ts';

export const documentHighlight: Feature<PlaceParams> = {
  method: 'textDocument/documentHighlight',
  needs: ['textDocument', 'position'],
  announce: ({ textDocument }) => (textDocument?.documentHighlight ? { documentHighlightProvider: true } : {}),
  answer: ({ textDocument, position }, { document }) => highlights(document(textDocument.uri), position),
};

/** LSP `DocumentHighlightKind`. */
const KIND = { reference: 2, definition: 3 } as const;

function highlights(document: Document, position: Position): DocumentHighlight[] {
  const use = at(document, document.text.offsetAt(position))?.use;
  if (!use) return [];
  return usesOf(document, use.kind, use.name).map(({ range, role }) => ({
    range: lspRange(document, range),
    kind: KIND[role],
  }));
}
