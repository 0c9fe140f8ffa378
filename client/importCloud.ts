/** "DVR: Import a Cloud": a topology from what the cloud's own API or an inventory said. Nothing is connected to: only files are read. */
import path from 'node:path';
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { REQUEST, type ImportParams, type ImportResult, type TextResult } from '../shared/protocol.ts';
import { openUntitled } from './firstSteps.ts';
import { pick } from './pick.ts';
import { errorWithWay, messageOf } from './say.ts';

/** Asks what to import unless it is given; the topology opens as a document that is not saved yet. */
export async function importCloud(client: LanguageClient, given?: unknown): Promise<void> {
  const params = isParams(given) ? given : await askWhat(client);
  if (!params) return;
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: vscode.l10n.t('Importing {0}', path.basename(params.path)),
    cancellable: true,
  };
  const result = await vscode.window.withProgress(options, (_progress, cancel) => request(client, params, cancel));
  if (!result) return;
  await openUntitled(path.basename(params.path, path.extname(params.path)) || 'cloud', result.text);
  for (const note of result.notes) client.warn(note);
  if (result.notes.length > 0) void offerNotes(client, result.notes.length);
}

/** A keybinding or a task may hand over anything. */
const isParams = (given: unknown): given is ImportParams =>
  typeof given === 'object' &&
  given !== null &&
  'kind' in given &&
  (given.kind === 'api' || given.kind === 'inventory') &&
  'path' in given &&
  typeof given.path === 'string';

async function askWhat(client: LanguageClient): Promise<ImportParams | undefined> {
  const answers = vscode.l10n.t('Saved Answers of the Neutron API…');
  const inventory = vscode.l10n.t('Ansible Inventory…');
  const script = vscode.l10n.t('How to Save the Answers');
  const chosen = await pick({
    title: vscode.l10n.t('Import a Cloud'),
    placeholder: vscode.l10n.t('What to make the topology of'),
    items: [
      { label: answers, description: vscode.l10n.t('a folder with networks.json, ports.json, routers.json, …') },
      { label: inventory, description: vscode.l10n.t('what “ansible-inventory --list” printed: the nodes only') },
      { label: script, description: vscode.l10n.t('a script to run where the API can be reached') },
    ],
  });
  if (chosen === answers) return askPath('api', { canSelectFolders: true, canSelectFiles: false });
  if (chosen === inventory) return askPath('inventory', { filters: { JSON: ['json'] } });
  if (chosen === script) await showScript(client);
  return undefined;
}

async function askPath(
  kind: ImportParams['kind'],
  options: vscode.OpenDialogOptions,
): Promise<ImportParams | undefined> {
  const openLabel = vscode.l10n.t('Import');
  const title = kind === 'api' ? vscode.l10n.t('Folder of Saved Answers') : vscode.l10n.t('Ansible Inventory');
  const [chosen] = (await vscode.window.showOpenDialog({ title, openLabel, ...options })) ?? [];
  return chosen && { kind, path: chosen.fsPath };
}

async function showScript(client: LanguageClient): Promise<void> {
  const { text } = await client.sendRequest<TextResult>(REQUEST.importScript);
  const document = await vscode.workspace.openTextDocument({ language: 'shellscript', content: text });
  await vscode.window.showTextDocument(document, { preview: false });
}

async function request(
  client: LanguageClient,
  params: ImportParams,
  cancel: vscode.CancellationToken,
): Promise<ImportResult | undefined> {
  try {
    const result = await client.sendRequest<ImportResult>(REQUEST.import, params, cancel);
    return cancel.isCancellationRequested ? undefined : result;
  } catch (error) {
    if (cancel.isCancellationRequested) return undefined;
    const way = { title: vscode.l10n.t('Choose Something Else'), command: 'dvrscope.import' };
    throw errorWithWay(messageOf(error), way);
  }
}

/** What was left out is in the log, one line each. */
async function offerNotes(client: LanguageClient, count: number): Promise<void> {
  const show = vscode.l10n.t('Show Log');
  const message =
    count === 1
      ? vscode.l10n.t('The import left a note on what is not in the topology.')
      : vscode.l10n.t('The import left {0} notes on what is not in the topology.', count);
  if ((await vscode.window.showInformationMessage(message, show)) === show) client.outputChannel.show();
}
