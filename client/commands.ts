/** The commands of the palette, the editor title and the tree. Each also takes its answers as an argument, for keybindings and tasks. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import {
  REQUEST,
  type CompareResult,
  type LiveSource,
  type NodeEntry,
  type Side,
  type TraceParams,
} from '../shared/protocol.ts';
import { compare, summaryOf } from './compare.ts';
import type { CurrentTopology } from './currentTopology.ts';
import { pick } from './pick.ts';
import { stateUri, traceUri } from './stateDocuments.ts';
import type { TreeElement } from './topologyTree.ts';
import { askTrace } from './traceWizard.ts';

/** Everything that package.json lists under `contributes.commands`. */
export function registerCommands(client: LanguageClient, topology: CurrentTopology): vscode.Disposable[] {
  /** Registers a command that needs a topology; its errors become one message. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- says at each command what it may be given
  const command = <A>(id: string, run: (uri: string, argument?: A) => Promise<unknown>): vscode.Disposable =>
    vscode.commands.registerCommand(id, async (argument?: A | vscode.Uri) => {
      const uri = topology.uri();
      if (!uri) return void vscode.window.showInformationMessage('Open a topology file (*.dvr.yaml) first.');
      try {
        // A button in an editor's title hands over the editor's URI, which answers none of our questions.
        return await run(uri.toString(), argument instanceof vscode.Uri ? undefined : argument);
      } catch (error) {
        return void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
      }
    });
  return [
    command<Partial<TraceParams>>('dvrscope.trace', (uri, argument) => traceCommand(client, uri, argument)),
    command<LiveSource>('dvrscope.compare', (uri, argument) => compareCommand(client, uri, argument)),
    command<TreeElement>('dvrscope.expect', (uri, argument) => showState(client, uri, argument)),
    command<TreeElement>('dvrscope.diff', (uri, argument) => showDiff(client, uri, argument)),
    vscode.commands.registerCommand('dvrscope.restartServer', () => client.restart()),
  ];
}

async function traceCommand(client: LanguageClient, uri: string, given?: Partial<TraceParams>): Promise<void> {
  const params =
    given?.from && given.to ? { ...given, from: given.from, to: given.to } : await askTrace(client, uri, given?.from);
  if (params) await show(traceUri({ ...params, uri }));
}

async function compareCommand(
  client: LanguageClient,
  uri: string,
  source?: LiveSource,
): Promise<CompareResult | undefined> {
  const result = await compare(client, uri, source);
  if (result) void offerResult(client, uri, result);
  return result;
}

/** Not waited for: a notification may stay for as long as it likes. */
async function offerResult(client: LanguageClient, uri: string, result: CompareResult): Promise<void> {
  const differing = result.nodes.filter((node) => node.status === 'differs');
  const actions = [
    ...(result.differences > 0 ? ['Show Problems'] : []),
    ...(differing.length > 0 ? ['Open Diff'] : []),
  ];
  const isFine = result.nodes.every((node) => node.status === 'in-sync');
  const notify = isFine ? vscode.window.showInformationMessage : vscode.window.showWarningMessage;
  const action = await notify(summaryOf(result), ...actions);
  if (action === 'Show Problems') await vscode.commands.executeCommand('workbench.actions.view.problems');
  if (action === 'Open Diff') {
    const only = differing.length === 1 ? differing[0]!.node : await askNode(client, uri, 'live');
    if (only) await openDiff({ uri, node: only });
  }
}

async function showState(client: LanguageClient, uri: string, element?: TreeElement): Promise<void> {
  const node = element?.node.name ?? (await askNode(client, uri, 'expected'));
  if (node) await show(stateUri({ uri, node, ...namespaceOf(element), side: 'expected' }));
}

async function showDiff(client: LanguageClient, uri: string, element?: TreeElement): Promise<void> {
  const node = element?.node.name ?? (await askNode(client, uri, 'live'));
  if (node) await openDiff({ uri, node, ...namespaceOf(element) });
}

const namespaceOf = (element?: TreeElement): { namespace?: string } =>
  element?.namespace ? { namespace: element.namespace.name } : {};

async function openDiff(params: { uri: string; node: string; namespace?: string }): Promise<void> {
  const side = (name: Side): vscode.Uri => stateUri({ ...params, side: name, isDiff: true });
  const title = `${params.node}${params.namespace ? ` ${params.namespace}` : ''}: Expected ↔ Live`;
  await vscode.commands.executeCommand('vscode.diff', side('expected'), side('live'), title, { preview: true });
}

/** Nodes to choose from; for the live side, those that the last comparison reached. */
async function askNode(client: LanguageClient, uri: string, side: Side): Promise<string | undefined> {
  const all = await client.sendRequest<NodeEntry[]>(REQUEST.nodes, { uri });
  const nodes =
    side === 'expected' ? all : all.filter((node) => node.status === 'in-sync' || node.status === 'differs');
  if (nodes.length === 0) {
    throw new Error(
      side === 'expected'
        ? 'This topology has no nodes.'
        : 'No live state yet: run "DVR: Compare with Live Nodes" first.',
    );
  }
  const title = side === 'expected' ? 'Show Expected State' : 'Open Expected-Live Diff';
  const items = nodes.map((node) => ({
    label: node.name,
    description: [node.agent_mode, node.differences ? `${node.differences} differences` : '']
      .filter(Boolean)
      .join(' · '),
  }));
  return pick({ title, placeholder: 'Node', items });
}

const show = async (uri: vscode.Uri): Promise<void> => {
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
};
