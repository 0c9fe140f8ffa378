/** "DVR: Compare with Live Nodes": where live states come from, what must be there before, and what is said after. */
import { homedir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { REQUEST, type CompareResult, type LiveSource } from '../shared/protocol.ts';
import type { CloudEntry } from '../shared/protocolNodes.ts';
import { showDiff } from './nodes/show.ts';
import type { Reader } from './nodes/reader.ts';
import { outcomeOf, type Way } from './outcome.ts';
import { settingsFolder } from './paths.ts';
import { pick } from './pick.ts';
import { errorWithWay, say, trustWay } from './say.ts';

export interface CompareOptions {
  /** Only these nodes; of the others what is known is kept. */
  nodes?: string[];
  source?: LiveSource | undefined;
  /** Nobody asked for it: nothing is asked and nothing said. */
  isUnattended?: boolean;
}

/** `undefined` when the user turned away or cancelled. */
export async function compare(
  client: LanguageClient,
  reader: Reader,
  uri: string,
  { nodes, source: given, isUnattended }: CompareOptions = {},
): Promise<CompareResult | undefined> {
  const cloud = await cloudOf(client, uri);
  if (cloud.nodes.length === 0) return isUnattended ? undefined : sayEmpty(uri, cloud);
  if (cloud.errors > 0 && !given && !(await acceptsErrors(uri, cloud.errors))) return undefined;
  const source = given ?? (await askSource(uri));
  if (!source) return undefined;
  if (source.kind === 'ssh' && !vscode.workspace.isTrusted) {
    throw errorWithWay(
      vscode.l10n.t('Connecting to nodes over SSH needs a trusted workspace. Snapshots can be compared without.'),
      trustWay(),
    );
  }
  const names = cloud.nodes.map(({ name }) => name).filter((name) => nodes?.includes(name) ?? true);
  const order = { uri, source, nodes: names, isWhole: nodes === undefined, files: cloud.files ?? [uri] };
  const result = await reader.read({ ...order, ...(isUnattended && { isUnattended }) });
  if (result && !isUnattended)
    sayOutcome(client, reader, uri, source, nodes ? partOf(result, names) : result).catch(say);
  return result;
}

const cloudOf = (client: LanguageClient, uri: string): Promise<CloudEntry> =>
  client.sendRequest<CloudEntry>(REQUEST.cloud, { uri });

/** Of what was read again only that is told. */
function partOf(result: CompareResult, names: readonly string[]): CompareResult {
  const nodes = result.nodes.filter(({ node }) => names.includes(node));
  const older = (result.older ?? []).filter((node) => names.includes(node));
  return { ...result, nodes, older, differences: nodes.reduce((sum, { differences }) => sum + differences, 0) };
}

const fileOf = (uri: string): string => path.posix.basename(vscode.Uri.parse(uri).path);

const PROBLEMS = vscode.l10n.t('Show Problems');

/** Not waited for: a notification may stay for as long as it likes. */
function sayEmpty(uri: string, { errors }: CloudEntry): undefined {
  const text =
    errors > 0
      ? vscode.l10n.t('No node of {0} could be read, so there is nothing to compare: the file has errors.', fileOf(uri))
      : vscode.l10n.t('{0} has no nodes, so there is nothing to compare. Add them under “nodes:”.', fileOf(uri));
  const way = errors > 0 ? PROBLEMS : vscode.l10n.t('Show the File');
  void vscode.window.showErrorMessage(text, way).then((chosen) => {
    if (chosen !== undefined && errors > 0) return showProblems();
    if (chosen !== undefined) return vscode.window.showTextDocument(vscode.Uri.parse(uri));
    return undefined;
  }, say);
  return undefined;
}

/** What the lines with errors ask for is not known, and would look like too much on the nodes. */
async function acceptsErrors(uri: string, errors: number): Promise<boolean> {
  const text =
    errors === 1
      ? vscode.l10n.t('{0} has an error, so what it asks for may not be all.', fileOf(uri))
      : vscode.l10n.t('{0} has {1} errors, so what it asks for may not be all.', fileOf(uri), errors);
  const anyway = vscode.l10n.t('Compare Anyway');
  const chosen = await vscode.window.showWarningMessage(text, PROBLEMS, anyway);
  if (chosen === PROBLEMS) await showProblems();
  return chosen === anyway;
}

const showProblems = (): Thenable<unknown> => vscode.commands.executeCommand('workbench.actions.view.problems');

/** Not waited for. */
async function sayOutcome(
  client: LanguageClient,
  reader: Reader,
  uri: string,
  source: LiveSource,
  result: CompareResult,
): Promise<void> {
  const { nodes } = await cloudOf(client, uri);
  const circumstances = { source, nodes, canConnect: vscode.workspace.isTrusted, now: Date.now() };
  const { text, isFine, ways } = outcomeOf(result, circumstances, vscode.l10n.t);
  const titles: Readonly<Record<Way, string>> = {
    problems: PROBLEMS,
    diff: vscode.l10n.t('Open Diff'),
    retry: vscode.l10n.t('Try Again'),
    folder: vscode.l10n.t('Another Folder…'),
    ssh: vscode.l10n.t('Read over SSH'),
    log: vscode.l10n.t('Show Log'),
  };
  const notify = isFine ? vscode.window.showInformationMessage : vscode.window.showWarningMessage;
  const chosen = await notify(text, ...ways.map((way) => titles[way]));
  const way = ways.find((each) => titles[each] === chosen);
  const failed = result.nodes.filter(({ status }) => status === 'unreachable').map(({ node }) => node);
  const differing = result.nodes.filter(({ status }) => status === 'differs').map(({ node }) => node);
  if (way === 'problems') await showProblems();
  if (way === 'log') client.outputChannel.show();
  if (way === 'retry') await compare(client, reader, uri, { source, nodes: failed });
  if (way === 'ssh') await compare(client, reader, uri, { source: { kind: 'ssh' } });
  if (way === 'diff') await showDiff(client, uri, differing.length === 1 ? { node: { name: differing[0]! } } : {});
  if (way !== 'folder') return;
  const other = await askFolder();
  if (other) await compare(client, reader, uri, { source: other });
}

async function askSource(uri: string): Promise<LiveSource | undefined> {
  const configured = snapshotsFolder(vscode.Uri.parse(uri));
  const [own, ssh, folder] = [
    vscode.l10n.t('Snapshots of This Workspace'),
    vscode.l10n.t('Nodes over SSH'),
    vscode.l10n.t('Folder of Snapshots…'),
  ];
  const items = [
    // The setting `dvrscope.snapshots.folder`.
    ...(configured ? [{ label: own, description: configured }] : []),
    ...(vscode.workspace.isTrusted
      ? [{ label: ssh, description: vscode.l10n.t('reads every node of the topology, writes nothing') }]
      : []),
    { label: folder, description: vscode.l10n.t('written by "dvrscope collect" or the collector script') },
  ];
  const chosen = await pick({
    title: vscode.l10n.t('Compare with Live Nodes'),
    placeholder: vscode.l10n.t('Where the live state comes from'),
    items,
  });
  if (chosen === ssh) return { kind: 'ssh' };
  if (chosen === own) return { kind: 'snapshots', paths: [configured!] };
  return chosen === folder ? askFolder() : undefined;
}

async function askFolder(): Promise<LiveSource | undefined> {
  const folders = await vscode.window.showOpenDialog({
    title: vscode.l10n.t('Folder of Snapshots'),
    canSelectFolders: true,
    canSelectFiles: false,
    openLabel: vscode.l10n.t('Compare'),
  });
  return folders?.[0] && { kind: 'snapshots', paths: [folders[0].fsPath] };
}

/** The setting, relative to the workspace folder of the topology; `undefined` when it is not set. */
function snapshotsFolder(topology: vscode.Uri): string | undefined {
  const folder = vscode.workspace.getConfiguration('dvrscope', topology).get<string>('snapshots.folder', '');
  // A text that was never saved may have no folder of its own.
  const own = topology.path.startsWith('/') ? vscode.Uri.joinPath(topology, '..') : undefined;
  const base = vscode.workspace.getWorkspaceFolder(topology)?.uri ?? own ?? vscode.workspace.workspaceFolders?.[0]?.uri;
  return folder === '' ? undefined : settingsFolder(folder, base?.fsPath ?? homedir(), homedir());
}
