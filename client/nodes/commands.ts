/** The commands about nodes and findings, of the palette and of the tree. Each takes its answers as an argument, too. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { COMMAND, REQUEST, type EndpointEntry, type LiveSource } from '../../shared/protocol.ts';
import type { CloudEntry, FindingParams, NodeSummary } from '../../shared/protocolNodes.ts';
import { compare } from '../compare.ts';
import type { CurrentTopology } from '../currentTopology.ts';
import { showFinding } from '../findingDocuments.ts';
import { pick } from '../pick.ts';
import { topologyCommands } from '../topologyCommand.ts';
import type { FindingElement, NodeArgument, TreeElement } from './model.ts';
import type { Reader } from './reader.ts';
import { showDiff, showState } from './show.ts';
import { openTerminal } from './terminal.ts';

export function registerNodeCommands(
  client: LanguageClient,
  topology: CurrentTopology,
  reader: Reader,
): vscode.Disposable[] {
  const command = topologyCommands(topology);
  return [
    command<LiveSource>('dvrscope.compare', (uri, source) =>
      compare(client, reader, uri, { source: isSource(source) ? source : undefined }),
    ),
    command('dvrscope.refreshNodes', (uri) => compare(client, reader, uri, { source: reader.last(uri)?.source })),
    command<NodeArgument>('dvrscope.refreshNode', (uri, element) =>
      refreshNode(client, reader, element?.uri ?? uri, element),
    ),
    vscode.commands.registerCommand('dvrscope.stopReading', () => reader.stop()),
    command<NodeArgument>('dvrscope.expect', (uri, element) => showState(client, element?.uri ?? uri, element)),
    command<NodeArgument>(COMMAND.diff, (uri, element) => showDiff(client, element?.uri ?? uri, element)),
    command<FindingParams | FindingElement>(COMMAND.explain, explain),
    command<FindingElement>('dvrscope.copyFix', async (_, element) => {
      if (element) await vscode.env.clipboard.writeText(`${element.finding.fix.join('\n')}\n`);
    }),
    command<NodeArgument>('dvrscope.copyName', async (_, element) => {
      const name = element?.namespace && element.namespace.name !== '-' ? element.namespace.name : element?.node?.name;
      if (name !== undefined) await vscode.env.clipboard.writeText(name);
    }),
    command<TreeElement>('dvrscope.goToTopology', (uri, element) => goToTopology(uri, element)),
    command<NodeArgument>('dvrscope.traceFromNode', (uri, element) => traceFrom(client, element?.uri ?? uri, element)),
    command<NodeArgument>('dvrscope.openTerminal', async (uri, element) => {
      const node = element?.node?.name ?? (await askNode(client, uri, vscode.l10n.t('Open Terminal on Node')));
      if (node) await openTerminal(client, { uri: element?.uri ?? uri, node });
    }),
    vscode.commands.registerCommand('dvrscope.showLog', () => client.outputChannel.show()),
  ];
}

/** A keybinding may hand over anything; a button of the tree hands over an element. */
const isSource = (given: LiveSource | undefined): boolean => given?.kind === 'ssh' || given?.kind === 'snapshots';

async function refreshNode(
  client: LanguageClient,
  reader: Reader,
  uri: string,
  element: NodeArgument | undefined,
): Promise<unknown> {
  const node = element?.node?.name ?? (await askNode(client, uri, vscode.l10n.t('Refresh This Node')));
  return node && compare(client, reader, uri, { nodes: [node], source: reader.last(uri)?.source });
}

async function askNode(client: LanguageClient, uri: string, title: string): Promise<string | undefined> {
  const { nodes } = await client.sendRequest<CloudEntry>(REQUEST.cloud, { uri });
  if (nodes.length === 0) throw new Error(vscode.l10n.t('This topology has no nodes.'));
  const items = nodes.map(({ name, agent_mode }) => ({ label: name, description: agent_mode }));
  return pick({ title, placeholder: vscode.l10n.t('Node'), items });
}

/** From the tree, or by the name that a quick fix or a hover knows. */
async function explain(current: string, given: FindingParams | FindingElement | undefined): Promise<void> {
  if (!given) return;
  const uri = given.uri ?? current;
  const finding = typeof given.finding === 'string' ? given.finding : given.finding.id;
  const label = typeof given.finding === 'string' ? undefined : given.finding;
  const title = label ? [label.node, label.fault ?? label.code].filter(Boolean).join(' ') : vscode.l10n.t('Finding');
  await showFinding({ uri, finding }, title);
}

async function goToTopology(current: string, element: TreeElement | undefined): Promise<void> {
  const place =
    element?.kind === 'finding'
      ? element.finding
      : { uri: element?.uri ?? current, line: 0, ...(element && 'node' in element && lineOf(element.node)) };
  const at = new vscode.Position(place.line, 0);
  await vscode.window.showTextDocument(vscode.Uri.parse(place.uri), { selection: new vscode.Range(at, at) });
}

const lineOf = (node: NodeSummary | undefined): Partial<{ uri: string; line: number }> =>
  node ? { line: node.line, ...(node.uri !== undefined && { uri: node.uri }) } : {};

/** "DVR: Trace a Packet" from one of the ports of the node. */
async function traceFrom(client: LanguageClient, uri: string, element: NodeArgument | undefined): Promise<void> {
  const node = element?.node?.name;
  const endpoints = await client.sendRequest<EndpointEntry[]>(REQUEST.endpoints, { uri });
  const here = endpoints.filter((endpoint) => node === undefined || endpoint.node === node);
  if (here.length === 0) throw new Error(vscode.l10n.t('No port is on {0}.', node ?? ''));
  const items = here.map(({ name, addresses, network }) => ({
    label: name,
    description: [addresses.join(', '), network].join(' · '),
  }));
  const title = vscode.l10n.t('Trace from {0}', node ?? '');
  const from =
    here.length === 1 ? here[0]!.name : await pick({ title, placeholder: vscode.l10n.t('From: a port'), items });
  if (from !== undefined) await vscode.commands.executeCommand(COMMAND.trace, { uri, from });
}
