/** `textDocument/definition`: from a name to the thing that has it. */
import type { Location, LocationLink, Position } from 'vscode-languageserver';
import type { Document } from '../document.ts';
import { at, usesOf, type Use } from './at.ts';
import type { Feature, PlaceParams } from './feature.ts';
import { lspRange, rangeOf } from './range.ts';

export const definition: Feature<PlaceParams> = {
  method: 'textDocument/definition',
  needs: ['textDocument', 'position'],
  announce: ({ textDocument }) => (textDocument?.definition ? { definitionProvider: true } : {}),
  answer: ({ textDocument, position }, { client, document }) => {
    const links = definitionLinks(document(textDocument.uri), position);
    if (client.textDocument?.definition?.linkSupport) return links;
    return links.map(({ targetUri: uri, targetSelectionRange: range }): Location => ({ uri, range }));
  },
};

/** Empty where no name is, and for a name that nothing has. A name that several things have leads to all of them. */
export function definitionLinks(document: Document, position: Position): LocationLink[] {
  const use = at(document, document.text.offsetAt(position))?.use;
  return use ? definitionsOf(document, use).map((target) => link(document, use, target)) : [];
}

export const definitionsOf = (document: Document, { kind, name }: Pick<Use, 'kind' | 'name'>): Use[] =>
  usesOf(document, kind, name).filter(({ role }) => role === 'definition');

function link(document: Document, from: Use, { pointer, range }: Use): LocationLink {
  const targetSelectionRange = lspRange(document, range);
  const { end } = rangeOf(document, pointer, 'value');
  return {
    originSelectionRange: lspRange(document, from.range),
    targetUri: document.text.uri,
    // The whole entry, which an editor shows when it peeks.
    targetRange: { start: targetSelectionRange.start, end },
    targetSelectionRange,
  };
}
