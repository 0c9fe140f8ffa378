/** `textDocument/documentSymbol`: the outline. Sections of the file, and the named things in each. */
import type { DocumentSymbol } from 'vscode-languageserver';
import { pointer } from '../../shared/problem.ts';
import type { Network, Router } from '../../shared/topology/types.ts';
import type { Document } from '../document.ts';
import { rangeOf } from './range.ts';

/** LSP `SymbolKind`. */
const KIND = { section: 3, node: 2, network: 19, router: 9, port: 8, floatingIp: 21, part: 7 } as const;

interface Entry {
  name: string;
  pointer: string;
}

export function documentSymbols(document: Document): DocumentSymbol[] {
  const { topology } = document.reading();
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
    ['nodes', topology.nodes.map((node) => leaf('node', node, node.agent_mode))],
    ['networks', topology.networks.map(networkSymbol)],
    ['routers', topology.routers.map(routerSymbol)],
    ['ports', topology.ports.map((port) => leaf('port', port, port.fixed_ips.map((ip) => ip.ip_address).join(', ')))],
    ['floating_ips', topology.floating_ips.map((floatingIp) => leaf('floatingIp', floatingIp, floatingIp.port))],
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
