/** `workspace/symbol`: things of all topologies by their name, also of closed files. */
import type { SymbolKind, WorkspaceSymbol } from 'vscode-languageserver';
import { finished } from '../../shared/steps.ts';
import { isOpen, type Document } from '../document.ts';
import { thingsIn } from './across.ts';
import { KIND, knownKind } from './documentSymbol.ts';
import type { Feature } from './feature.ts';
import { rangeOf } from './range.ts';

export const workspaceSymbol: Feature<{ query: string }> = {
  method: 'workspace/symbol',
  needs: ['query'],
  announce: ({ workspace }) =>
    workspace?.symbol
      ? { workspaceSymbolProvider: workspace.symbol.resolveSupport ? { resolveProvider: true } : true }
      : {},
  answer: (params, context) => finished(workspaceSymbol.steps!(params, context)),
  // An editor takes its question back with each character that is typed.
  *steps({ query }, { client, documents, everyDocument = documents }) {
    const isLazy = client.workspace?.symbol?.resolveSupport?.properties.includes('location.range') === true;
    const known = client.workspace?.symbol?.symbolKind?.valueSet;
    const found: WorkspaceSymbol[] = [];
    for (const document of everyDocument()) {
      for (const symbol of symbolsOf(document, query)) {
        const named = { ...symbol, kind: knownKind(symbol.kind, known) };
        found.push(isLazy ? named : located(named, document));
      }
      yield;
    }
    return found;
  },
};

export const workspaceSymbolResolve: Feature<WorkspaceSymbol> = {
  method: 'workspaceSymbol/resolve',
  needs: ['name', 'location'],
  announce: () => ({}),
  answer: (symbol, { document }) => located(symbol, document(symbol.location.uri)),
};

interface Thing {
  name: string;
  pointer: string;
  kind: SymbolKind;
  containerName: string;
}

/** Without ranges: those are made of what is looked at. */
function symbolsOf(document: Document, query: string): WorkspaceSymbol[] {
  const wanted = query.toLowerCase();
  return thingsOf(document)
    .filter(({ name }) => hasInOrder(name.toLowerCase(), wanted))
    .map(({ name, pointer, kind, containerName }) => ({
      name: name || '(no name)',
      kind,
      containerName,
      location: { uri: document.text.uri },
      data: { pointer },
    }));
}

/** Of files that are closed and stand by themselves: nothing else that was computed of them is kept. */
const closedThings = new WeakMap<object, Thing[]>();

function thingsOf(document: Document): Thing[] {
  if (isOpen(document) || document.parts().length > 1) return allThings(document);
  const known = closedThings.get(document.text) ?? allThings(document);
  closedThings.set(document.text, known);
  return known;
}

function allThings(document: Document): Thing[] {
  const { nodes, networks, routers, ports, floating_ips } = document.reading().topology;
  const each = (kind: SymbolKind, containerName: string, list: readonly { name: string; pointer: string }[]): Thing[] =>
    thingsIn(document, list).map(({ name, pointer }) => ({ name, pointer, kind, containerName }));
  return [
    ...each(KIND.node, 'nodes', nodes),
    ...networks.flatMap((network) => [
      ...each(KIND.network, 'networks', [network]),
      ...each(KIND.part, network.name, network.subnets),
    ]),
    ...each(KIND.router, 'routers', routers),
    ...each(KIND.port, 'ports', ports),
    ...each(KIND.floatingIp, 'floating_ips', floating_ips),
  ];
}

function located(symbol: WorkspaceSymbol, document: Document): WorkspaceSymbol {
  const data: unknown = symbol.data;
  const pointer = typeof data === 'object' && data !== null && 'pointer' in data ? String(data.pointer) : '';
  const { data: _, ...rest } = symbol;
  return { ...rest, location: { uri: document.text.uri, range: rangeOf(document, pointer, 'key') } };
}

/** Whether the characters of a query are in a name in that order, as editors match what is typed. */
function hasInOrder(name: string, query: string): boolean {
  let at = 0;
  for (const character of query) {
    at = name.indexOf(character, at) + 1;
    if (at === 0) return false;
  }
  return true;
}
