/** `textDocument/documentSymbol`: the outline. Sections of the file, and the named things in each. */
import type { DocumentSymbol, SymbolInformation, SymbolKind } from 'vscode-languageserver';
import { pointer } from '../../shared/problem.ts';
import type { Network, Router } from '../../shared/topology/types.ts';
import type { Document } from '../document.ts';
import { thingsIn } from './across.ts';
import type { Feature, TextParams } from './feature.ts';
import { rangeOf } from './range.ts';

export const documentSymbol: Feature<TextParams> = {
  method: 'textDocument/documentSymbol',
  needs: ['textDocument'],
  announce: ({ textDocument }) => (textDocument?.documentSymbol ? { documentSymbolProvider: true } : {}),
  answer: ({ textDocument }, { client, document }) => {
    const { symbolKind } = client.textDocument?.documentSymbol ?? {};
    const symbols = documentSymbols(document(textDocument.uri)).map((each) => withKinds(each, symbolKind?.valueSet));
    const isHierarchical = client.textDocument?.documentSymbol?.hierarchicalDocumentSymbolSupport === true;
    return isHierarchical ? symbols : symbols.flatMap((each) => flatSymbols(textDocument.uri, each));
  },
};

/** LSP: a client that does not say which kinds it knows knows those up to `Array`. */
const LAST_OF_ALL: SymbolKind = 18;

/** A kind that the client knows, else the class or constant that it is most like. */
export function knownKind(kind: SymbolKind, known: readonly SymbolKind[] | undefined): SymbolKind {
  if (known ? known.includes(kind) : kind <= LAST_OF_ALL) return kind;
  return kind === KIND.floatingIp ? 14 : 5;
}

const withKinds = (each: DocumentSymbol, known: readonly SymbolKind[] | undefined): DocumentSymbol => ({
  ...each,
  kind: knownKind(each.kind, known),
  children: (each.children ?? []).map((child) => withKinds(child, known)),
});

/** For clients that know no trees: each thing with the name of what holds it. */
function flatSymbols(
  uri: string,
  { name, kind, range, children = [] }: DocumentSymbol,
  containerName?: string,
): SymbolInformation[] {
  const own = { name, kind, location: { uri, range }, ...(containerName !== undefined && { containerName }) };
  return [own, ...children.flatMap((child) => flatSymbols(uri, child, name))];
}

/** LSP `SymbolKind`. */
export const KIND = { section: 3, node: 2, network: 19, router: 9, port: 8, floatingIp: 21, part: 7 } as const;

interface Entry {
  name: string;
  pointer: string;
}

export function documentSymbols(document: Document): DocumentSymbol[] {
  const { topology } = document.reading();
  const own = <T extends Entry>(things: readonly T[]): readonly T[] => thingsIn(document, things);
  const leaf = (kind: keyof typeof KIND, entry: Entry, detail = '', children: DocumentSymbol[] = []): DocumentSymbol =>
    symbol(document, kind, entry, detail, children);

  const networkSymbol = (network: Network): DocumentSymbol => {
    const subnets = network.subnets.map((subnet) => leaf('part', subnet, subnet.cidr));
    return leaf('network', network, network.network_type, subnets);
  };
  const routerSymbol = (router: Router): DocumentSymbol => {
    const interfaces = router.interfaces.map((i) => leaf('part', { name: i.subnet, pointer: i.pointer }, i.ip_address));
    return leaf('router', router, router.distributed ? 'distributed' : 'centralised', interfaces);
  };

  const sections: [string, DocumentSymbol[]][] = [
    ['nodes', own(topology.nodes).map((node) => leaf('node', node, node.agent_mode))],
    ['networks', own(topology.networks).map(networkSymbol)],
    ['routers', own(topology.routers).map(routerSymbol)],
    [
      'ports',
      own(topology.ports).map((port) => leaf('port', port, port.fixed_ips.map((ip) => ip.ip_address).join(', '))),
    ],
    ['floating_ips', own(topology.floating_ips).map((floatingIp) => leaf('floatingIp', floatingIp, floatingIp.port))],
  ];
  return sections
    .filter(([, children]) => children.length > 0)
    .map(([name, children]) => leaf('section', { name, pointer: pointer(name) }, '', children));
}

/** LSP demands that the range of a symbol holds its selection range; children need not be inside. */
function symbol(
  document: Document,
  kind: keyof typeof KIND,
  entry: Entry,
  detail: string,
  children: DocumentSymbol[],
): DocumentSymbol {
  const selectionRange = rangeOf(document, entry.pointer, 'key');
  const value = rangeOf(document, entry.pointer, 'value');
  const isBehind =
    value.end.line > selectionRange.end.line ||
    (value.end.line === selectionRange.end.line && value.end.character >= selectionRange.end.character);
  return {
    // An empty name is refused by VS Code, and a person may well have typed one.
    name: entry.name || '(no name)',
    detail,
    kind: KIND[kind],
    range: { start: selectionRange.start, end: isBehind ? value.end : selectionRange.end },
    selectionRange,
    children,
  };
}
