/** The items of the tree of nodes: a sign and a colour for how something is, and in words the same. */
import path from 'node:path';
import * as vscode from 'vscode';
import type { NodeStatus } from '../../shared/protocol.ts';
import type { AspectEntry, FindingEntry, NodeSummary } from '../../shared/protocolNodes.ts';
import { differencesText } from '../outcome.ts';
import { ageText } from './age.ts';
import type {
  AspectElement,
  CloudElement,
  FindingElement,
  NamespaceElement,
  NodeElement,
  TreeElement,
} from './model.ts';

/** What is done with a node at the moment. */
export type Reading = 'waiting' | 'reading' | 'collected' | 'failed';

const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
const t = vscode.l10n.t;

export function itemOf(element: TreeElement, reading: (node: string) => Reading | undefined): vscode.TreeItem {
  switch (element.kind) {
    case 'cloud':
      return cloudItem(element, element.cloud.nodes.filter(({ name }) => reading(name)).length);
    case 'node':
      return nodeItem(element, reading(element.node.name));
    case 'namespace':
      return namespaceItem(element);
    case 'aspect':
      return aspectItem(element);
    case 'finding':
      return findingItem(element);
  }
}

/** @param reading how many nodes are being read */
function cloudItem({ uri, cloud }: CloudElement, reading: number): vscode.TreeItem {
  const name = path.posix.basename(vscode.Uri.parse(uri).path);
  const item = new vscode.TreeItem(name, Expanded);
  const { nodes, isStale, errors } = cloud;
  const isCompared = nodes.some(({ status }) => status !== undefined);
  item.id = `cloud ${uri}`;
  item.iconPath = new vscode.ThemeIcon('type-hierarchy');
  const count = nodes.length === 1 ? t('1 node') : t('{0} nodes', nodes.length);
  // It stands in a narrow place: what matters most, and nothing else.
  const states = statesOf(nodes);
  item.description = [
    reading > 0 ? t('being read') : '',
    isStale ? t('changed since') : '',
    errors > 0 ? t('has errors') : '',
    isCompared ? states[0]! : t('not compared'),
  ].find((text) => text !== '')!;
  item.tooltip = [
    vscode.Uri.parse(uri).fsPath,
    isCompared ? `${count}: ${states.join(', ')}` : `${count}, ${t('not compared')}`,
    reading > 0 ? t('{0} of {1} being read', reading, nodes.length) : '',
    isStale ? t('The topology has changed since it was compared: refresh.') : '',
    errors > 0 ? t('the file has errors') : '',
  ]
    .filter(Boolean)
    .join('\n');
  item.contextValue = isCompared ? 'cloud.again' : 'cloud';
  item.accessibilityInformation = { label: `${name}, ${item.description}` };
  return item;
}

/** `1 differing`, `2 in sync`: the worst first. */
function statesOf(nodes: readonly NodeSummary[]): string[] {
  const count = (status: NodeStatus): number => nodes.filter((node) => node.status === status).length;
  const parts: [number, string][] = [
    [count('differs'), t('{0} differing', count('differs'))],
    [count('unreachable'), t('{0} unreachable', count('unreachable'))],
    [count('not-collected'), t('{0} not collected', count('not-collected'))],
    [count('in-sync'), t('{0} in sync', count('in-sync'))],
  ];
  return parts.flatMap(([number, text]) => (number > 0 ? [text] : []));
}

function nodeItem({ node, isOneOfFew }: NodeElement, reading: Reading | undefined): vscode.TreeItem {
  const item = new vscode.TreeItem(node.name, isOneOfFew ? Expanded : Collapsed);
  const state = reading ? readingText(reading) : statusText(node);
  item.id = `node ${node.name}`;
  item.description = [state || node.agent_mode, reading ? '' : readText(node)].filter(Boolean).join(' · ');
  item.iconPath = reading ? new vscode.ThemeIcon(SPINNER[reading]) : statusIcon(node.status);
  item.tooltip = nodeTooltip(node);
  item.contextValue = isCollected(node) ? 'node.compared' : 'node';
  item.accessibilityInformation = { label: `${node.name}, ${item.description}` };
  item.command = openState({ kind: 'node', node }, node.differences);
  return item;
}

/** Nodes are compared when all are read. */
const readingText = (reading: Reading): string =>
  ({ waiting: t('waiting'), reading: t('being read'), collected: t('read'), failed: t('could not be read') })[reading];

const SPINNER: Readonly<Record<Reading, string>> = {
  waiting: 'watch',
  reading: 'loading~spin',
  collected: 'check',
  failed: 'debug-disconnect',
};

function nodeTooltip(node: NodeSummary): string {
  const { name, agent_mode: mode, error, readAt, path: from } = node;
  return [
    error ?? `${name}: ${statusText(node) || t('not compared yet')}`,
    `agent_mode: ${mode}`,
    readAt === undefined ? '' : t('Read on {0}', new Date(readAt).toLocaleString()),
    from === undefined ? '' : t('From {0}', from),
  ]
    .filter(Boolean)
    .join('\n');
}

const readText = ({ readAt }: NodeSummary): string => (readAt === undefined ? '' : ageText(readAt, Date.now(), t));

export const isCollected = ({ status, readAt }: NodeSummary): boolean =>
  status === 'in-sync' || status === 'differs' || (status === 'not-collected' && readAt !== undefined);

function statusText({ status, differences = 0, silenced = 0 }: NodeSummary): string {
  if (status === 'differs') {
    const shown = differences - silenced;
    const rest = silenced > 0 ? t('{0} silenced', silenced) : '';
    return [shown > 0 || silenced === 0 ? differencesText(shown, t) : '', rest].filter(Boolean).join(', ');
  }
  return status === undefined
    ? ''
    : { 'in-sync': t('in sync'), unreachable: t('unreachable'), 'not-collected': t('not collected') }[status];
}

function namespaceItem({ node, namespace }: NamespaceElement): vscode.TreeItem {
  const differences = namespace.differences ?? 0;
  const isNode = namespace.name === '-';
  const item = new vscode.TreeItem(
    isNode ? t('the node itself') : shortName(namespace.name),
    differences > 0 ? Expanded : Collapsed,
  );
  // With another id it opens by itself when something was found in it.
  item.id = `namespace ${node.name} ${namespace.name} ${differences > 0 ? '!' : ''}`;
  item.description = [differences > 0 ? differencesText(differences, t) : '', namespace.owner]
    .filter(Boolean)
    .join(' · ');
  item.iconPath =
    differences > 0 ? statusIcon('differs') : new vscode.ThemeIcon(isNode ? 'server' : 'symbol-namespace');
  item.tooltip = isNode ? t('Open vSwitch and files of {0}', node.name) : `${namespace.name}\n${namespace.owner}`;
  item.contextValue = isCollected(node) ? 'namespace.compared' : 'namespace';
  item.command = openState({ kind: 'namespace', node, namespace }, differences);
  return item;
}

/** Enough of the id to tell namespaces apart; the rest would hide whose it is. */
const shortName = (namespace: string): string => namespace.replace(/^([a-z]+-[0-9a-f]{8})-[0-9a-f-]{27}$/, '$1');

function aspectItem({ node, namespace, aspect }: AspectElement): vscode.TreeItem {
  const count = aspect.findings.length;
  const item = new vscode.TreeItem(aspect.title, count > 0 ? Expanded : None);
  item.id = `aspect ${node.name} ${namespace.name} ${aspect.name} ${count > 0 ? '!' : ''}`;
  item.description = aspectText(aspect);
  item.iconPath = aspectIcon(aspect);
  item.tooltip = aspect.reason === undefined ? aspect.title : t('{0}: not compared: {1}', aspect.title, aspect.reason);
  item.contextValue = isCollected(node) ? 'aspect.compared' : 'aspect';
  if (!aspect.hasText) item.contextValue = 'bare';
  else item.command = openState({ kind: 'aspect', node, namespace, aspect }, count);
  return item;
}

function aspectText({ findings, reason, isUnknown }: AspectEntry): string {
  if (isUnknown) return '';
  if (findings.length > 0) return differencesText(findings.length, t);
  return reason === undefined ? t('in sync') : t('not compared');
}

function aspectIcon({ findings, reason, isUnknown }: AspectEntry): vscode.ThemeIcon {
  if (isUnknown) return new vscode.ThemeIcon('circle-outline');
  if (findings.length > 0) return statusIcon('differs');
  return statusIcon(reason === undefined ? 'in-sync' : 'not-collected');
}

function findingItem(element: FindingElement): vscode.TreeItem {
  const { finding, node, aspect } = element;
  const item = new vscode.TreeItem(finding.label, None);
  item.id = `finding ${finding.id} ${aspect?.name ?? ''}`;
  item.description = finding.fault ?? '';
  item.iconPath = severityIcon(finding);
  item.tooltip = finding.message;
  // The diff of a missing namespace is that of all that should be in it.
  const isShown = node && (aspect?.hasText || aspect?.name === 'namespaces');
  item.contextValue = ['finding', isShown ? 'compared' : '', finding.fix.length > 0 ? 'fix' : '']
    .filter(Boolean)
    .join('.');
  item.accessibilityInformation = { label: `${severityText(finding)}: ${finding.label}` };
  item.command = {
    command: 'dvrscope.goToTopology',
    title: t('Go to Topology Line'),
    arguments: [element],
  };
  return item;
}

/** A click shows the state; where a comparison found a difference, the diff. */
function openState(element: object, differences: number | undefined): vscode.Command {
  return differences
    ? { command: 'dvrscope.diff', title: t('Show Difference'), arguments: [element] }
    : { command: 'dvrscope.expect', title: t('Show Expected State'), arguments: [element] };
}

const ICONS: Record<NodeStatus, [id: string, color: string]> = {
  'in-sync': ['pass', 'testing.iconPassed'],
  differs: ['error', 'list.errorForeground'],
  unreachable: ['debug-disconnect', 'list.warningForeground'],
  'not-collected': ['question', 'list.warningForeground'],
};

function statusIcon(status: NodeStatus | undefined): vscode.ThemeIcon {
  if (status === undefined) return new vscode.ThemeIcon('server');
  return new vscode.ThemeIcon(ICONS[status][0], new vscode.ThemeColor(ICONS[status][1]));
}

const severityText = ({ severity }: FindingEntry): string =>
  ({ error: t('error'), warning: t('warning'), information: t('information'), hint: t('hint') })[severity];

const SEVERITY_ICONS: Record<FindingEntry['severity'], [id: string, color: string]> = {
  error: ['error', 'list.errorForeground'],
  warning: ['warning', 'list.warningForeground'],
  information: ['info', 'notificationsInfoIcon.foreground'],
  hint: ['lightbulb', 'notificationsInfoIcon.foreground'],
};

function severityIcon({ severity }: FindingEntry): vscode.ThemeIcon {
  const [id, color] = SEVERITY_ICONS[severity];
  return new vscode.ThemeIcon(id, new vscode.ThemeColor(color));
}
