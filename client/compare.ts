/** "DVR: Compare with Live Nodes": where live states come from, the request with progress and cancel, and its summary. */
import path from 'node:path';
import * as vscode from 'vscode';
import { WorkDoneProgress, type LanguageClient } from 'vscode-languageclient/node';
import { REQUEST, type CompareParams, type CompareResult, type LiveSource } from '../shared/protocol.ts';
import { pick } from './pick.ts';

/** Asks for the source unless it is given; `undefined` when the user turned away or cancelled. */
export async function compare(
  client: LanguageClient,
  uri: string,
  given?: LiveSource,
): Promise<CompareResult | undefined> {
  const source = given ?? (await askSource(uri));
  if (!source) return undefined;
  if (source.kind === 'ssh' && !vscode.workspace.isTrusted) {
    throw new Error('Connecting to nodes over SSH needs a trusted workspace. Snapshots can be compared without.');
  }
  const title = source.kind === 'ssh' ? 'Comparing with live nodes' : 'Comparing with snapshots';
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return vscode.window.withProgress(options, (progress, token) => request(client, { uri, source }, progress, token));
}

/** One sentence for a notification: `2 nodes in sync, compute1 differs (1 difference), net1 unreachable: …`. */
export function summaryOf({ nodes, differences }: CompareResult): string {
  const inSync = nodes.filter((node) => node.status === 'in-sync').length;
  const others = nodes.filter((node) => node.status !== 'in-sync');
  const shown = others.slice(0, 3).map((node) => {
    if (node.status === 'differs') return `${node.node} differs (${count(node.differences, 'difference')})`;
    return `${node.node} ${node.status.replace('-', ' ')}${node.error ? `: ${node.error}` : ''}`;
  });
  const rest = others.length > 3 ? [`${others.length - 3} more (${count(differences, 'difference')} in all)`] : [];
  return [...(inSync > 0 || others.length === 0 ? [`${count(inSync, 'node')} in sync`] : []), ...shown, ...rest].join(
    ', ',
  );
}

const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;

/** The setting `dvrscope.snapshots.folder`. */
const CONFIGURED = 'Snapshots of This Workspace';
const SSH = 'Nodes over SSH';
const FOLDER = 'Folder of Snapshots…';

async function askSource(uri: string): Promise<LiveSource | undefined> {
  const configured = snapshotsFolder(vscode.Uri.parse(uri));
  const items = [
    ...(configured ? [{ label: CONFIGURED, description: configured }] : []),
    ...(vscode.workspace.isTrusted
      ? [{ label: SSH, description: 'reads every node of the topology, writes nothing' }]
      : []),
    { label: FOLDER, description: 'written by "dvrscope collect" or the collector script' },
  ];
  const chosen = await pick({
    title: 'Compare with Live Nodes',
    placeholder: 'Where the live state comes from',
    items,
  });
  if (chosen === SSH) return { kind: 'ssh' };
  if (chosen === CONFIGURED) return { kind: 'snapshots', paths: [configured!] };
  if (chosen !== FOLDER) return undefined;
  const folders = await vscode.window.showOpenDialog({
    title: 'Folder of Snapshots',
    canSelectFolders: true,
    canSelectFiles: false,
    openLabel: 'Compare',
  });
  return folders?.[0] && { kind: 'snapshots', paths: [folders[0].fsPath] };
}

/** The setting, relative to the workspace folder of the topology; `undefined` when it is not set. */
function snapshotsFolder(topology: vscode.Uri): string | undefined {
  const folder = vscode.workspace.getConfiguration('dvrscope', topology).get<string>('snapshots.folder', '');
  const base = vscode.workspace.getWorkspaceFolder(topology)?.uri ?? vscode.Uri.joinPath(topology, '..');
  return folder === '' ? undefined : path.resolve(base.fsPath, folder);
}

let lastToken = 0;

async function request(
  client: LanguageClient,
  params: CompareParams,
  progress: vscode.Progress<{ message?: string; increment?: number }>,
  cancel: vscode.CancellationToken,
): Promise<CompareResult | undefined> {
  const workDoneToken = `dvrscope-compare-${++lastToken}`;
  let done = 0;
  const reports = client.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
    if (value.kind !== 'report') return;
    const percentage = value.percentage ?? done;
    progress.report({ ...(value.message && { message: value.message }), increment: percentage - done });
    done = percentage;
  });
  try {
    const result = await client.sendRequest<CompareResult>(REQUEST.compare, { ...params, workDoneToken }, cancel);
    for (const note of result.notes) client.warn(note);
    return result;
  } catch (error) {
    if (cancel.isCancellationRequested) return undefined;
    throw error;
  } finally {
    reports.dispose();
  }
}
