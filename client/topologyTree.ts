/** The tree view of the current topology: nodes, and the namespaces that each should have; after a comparison, how they are. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import {
  REQUEST,
  type NamespaceEntry,
  type NodeEntry,
  type NodeStatus,
  type TopologyParams,
} from '../shared/protocol.ts';
import type { CurrentTopology } from './currentTopology.ts';

/** What the commands of a tree item are given. */
export interface TreeElement {
  node: NodeEntry;
  namespace?: NamespaceEntry;
}

const VIEW = 'dvrscope.topology';

/** Made anew whenever `onDidChange` says that the server would answer differently, or another topology becomes the current one. */
export function showTopologyTree(
  client: LanguageClient,
  topology: CurrentTopology,
  onDidChange: vscode.Event<TopologyParams>,
): vscode.Disposable {
  const changed = new vscode.EventEmitter<void>();
  const provider: vscode.TreeDataProvider<TreeElement> = {
    onDidChangeTreeData: changed.event,
    getTreeItem: (element) =>
      element.namespace ? namespaceItem(element.node, element.namespace) : nodeItem(element.node),
    getChildren: (element) => (element ? namespacesOf(element) : nodesOf(client, topology)),
  };
  const view = vscode.window.createTreeView(VIEW, { treeDataProvider: provider, showCollapseAll: true });
  const refresh = (): void => {
    const uri = topology.uri();
    view.description = uri ? vscode.workspace.asRelativePath(uri) : '';
    changed.fire();
  };
  refresh();
  return vscode.Disposable.from(changed, view, topology.onDidChange(refresh), onDidChange(refresh));
}

async function nodesOf(client: LanguageClient, topology: CurrentTopology): Promise<TreeElement[]> {
  const uri = topology.uri();
  // An empty tree shows the welcome text of package.json.
  if (!uri || !client.isRunning()) return [];
  const nodes = await client.sendRequest<NodeEntry[]>(REQUEST.nodes, { uri: uri.toString() });
  return nodes.map((node) => ({ node }));
}

const namespacesOf = ({ node, namespace }: TreeElement): TreeElement[] =>
  namespace ? [] : node.namespaces.map((child) => ({ node, namespace: child }));

function nodeItem(node: NodeEntry): vscode.TreeItem {
  const item = new vscode.TreeItem(node.name, vscode.TreeItemCollapsibleState.Expanded);
  item.id = node.name;
  item.description = [node.agent_mode, statusText(node)].filter(Boolean).join(' · ');
  item.iconPath = node.status ? statusIcon(node.status) : new vscode.ThemeIcon('server');
  item.tooltip = node.error ?? `${node.name}: ${node.namespaces.length} namespaces expected`;
  item.contextValue = isCollected(node) ? 'node.compared' : 'node';
  item.command = opening({ node });
  return item;
}

function namespaceItem(node: NodeEntry, namespace: NamespaceEntry): vscode.TreeItem {
  const item = new vscode.TreeItem(shortName(namespace.name), vscode.TreeItemCollapsibleState.None);
  item.id = `${node.name} ${namespace.name}`;
  item.description = [namespace.owner, countText(namespace.differences)].filter(Boolean).join(' · ');
  item.iconPath = namespace.differences ? statusIcon('differs') : new vscode.ThemeIcon('symbol-namespace');
  item.tooltip = [namespace.name, `of ${namespace.owner}`, `on ${node.name}`].join('\n');
  item.contextValue = isCollected(node) ? 'namespace.compared' : 'namespace';
  item.command = opening({ node, namespace });
  return item;
}

/** Enough of the id to tell namespaces apart; the rest would hide whose it is. */
const shortName = (namespace: string): string => namespace.replace(/^([a-z]+-[0-9a-f]{8})-[0-9a-f-]{27}$/, '$1');

/** A click shows the state; where a comparison found a difference, the diff. */
function opening(element: TreeElement): vscode.Command {
  const differs = (element.namespace ?? element.node).differences;
  return differs
    ? { command: 'dvrscope.diff', title: 'Open Expected-Live Diff', arguments: [element] }
    : { command: 'dvrscope.expect', title: 'Show Expected State', arguments: [element] };
}

const isCollected = (node: NodeEntry): boolean => node.status === 'in-sync' || node.status === 'differs';

function statusText(node: NodeEntry): string {
  if (node.status === 'differs') return countText(node.differences);
  return node.status
    ? { 'in-sync': 'in sync', unreachable: 'unreachable', 'not-collected': 'not collected' }[node.status]
    : '';
}

const countText = (differences: number | undefined): string =>
  differences ? `${differences} difference${differences === 1 ? '' : 's'}` : '';

const ICONS: Record<NodeStatus, [id: string, color: string]> = {
  'in-sync': ['pass', 'testing.iconPassed'],
  differs: ['error', 'list.errorForeground'],
  unreachable: ['debug-disconnect', 'list.warningForeground'],
  'not-collected': ['question', 'list.warningForeground'],
};

const statusIcon = (status: NodeStatus): vscode.ThemeIcon =>
  new vscode.ThemeIcon(ICONS[status][0], new vscode.ThemeColor(ICONS[status][1]));
