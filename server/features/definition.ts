/** `textDocument/definition`: from a name to the thing that has it. */
import type { Location, LocationLink, Position } from 'vscode-languageserver';
import { pointer, type Pointer } from '../../shared/problem.ts';
import { unquoted } from '../../shared/topology/scalarText.ts';
import type { Document } from '../document.ts';
import { contextsOf, partsOf } from './across.ts';
import { at, usesOf, type Use } from './at.ts';
import type { Feature, PlaceParams } from './feature.ts';
import { lspRange, rangeOf } from './range.ts';

export const definition: Feature<PlaceParams> = {
  method: 'textDocument/definition',
  needs: ['textDocument', 'position'],
  announce: ({ textDocument }) => (textDocument?.definition ? { definitionProvider: true } : {}),
  answer: ({ textDocument, position }, context) => {
    const links = definitionLinks(contextsOf(textDocument.uri, context), position);
    if (context.client.textDocument?.definition?.linkSupport) return links;
    return links.map(({ targetUri: uri, targetSelectionRange: range }): Location => ({ uri, range }));
  },
};

/** Empty where no name is, and for a name that nothing has. A name that several things have leads to all of them. */
function definitionLinks(documents: readonly Document[], position: Position): LocationLink[] {
  const document = documents[0]!;
  const use = at(document, document.text.offsetAt(position))?.use;
  if (!use) return [];
  return partsOf(documents).flatMap((part) =>
    definitionsOf(part, use).map((target) => link(document, use, part, target)),
  );
}

/** In this file. Things by name stand where their pointer says; for other words the text is searched. */
export function definitionsOf(document: Document, { kind, name }: Pick<Use, 'kind' | 'name'>): Use[] {
  const pointers = pointersOf(document, kind, name);
  if (!pointers) return usesOf(document, kind, name).filter(({ role }) => role === 'definition');
  const { sourceMap } = document.reading();
  const found = new Map<number, Use>();
  for (const each of pointers) {
    const whole = sourceMap.get(each)?.key;
    if (!whole) continue;
    const range = unquoted(document.text.getText(), whole);
    // What is merged into several networks stands in one place.
    if (!found.has(range[0])) found.set(range[0], { kind, name, role: 'definition', pointer: each, range, whole });
  }
  return [...found.values()];
}

/** `undefined`: not known without a search. */
function pointersOf(document: Document, kind: Use['kind'], name: string): Pointer[] | undefined {
  if (kind === 'physical_network' || kind === 'address_scope' || name === '') return undefined;
  if (kind !== 'subnet') return [pointer(`${kind}s`, name)];
  const { topology } = document.reading();
  // Also a subnet that could not be read has its name.
  if (topology.unread?.some((each) => each === '' || each.startsWith('/networks'))) return undefined;
  return topology.networks.flatMap(({ subnets }) =>
    subnets.filter((each) => each.name === name).map((each) => each.pointer),
  );
}

function link(document: Document, from: Use, home: Document, { pointer: target, range }: Use): LocationLink {
  const targetSelectionRange = lspRange(home, range);
  const { end } = rangeOf(home, target, 'value');
  return {
    originSelectionRange: lspRange(document, from.range),
    targetUri: home.text.uri,
    // The whole entry, which an editor shows when it peeks.
    targetRange: { start: targetSelectionRange.start, end },
    targetSelectionRange,
  };
}
