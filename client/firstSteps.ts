/** Commands that need no topology: from an empty folder to one. Each shows its result as an open document. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { LANGUAGE_ID, REQUEST, type DemoParams, type DemoResult } from '../shared/protocol.ts';
import { importCloud } from './importCloud.ts';
import type { KeptSecrets } from './keptSecrets.ts';
import { NEW_TOPOLOGY } from './newTopology.ts';
import { say } from './say.ts';

/** `dvrscope.openDemo`, `dvrscope.newTopology`, `dvrscope.import`, `dvrscope.forgetPassphrases`. */
export function registerFirstSteps(client: LanguageClient, secrets: KeptSecrets): vscode.Disposable[] {
  const command = (id: string, run: (argument?: unknown) => Promise<unknown>): vscode.Disposable =>
    vscode.commands.registerCommand(id, (argument?: unknown) => run(argument).catch(say));
  return [
    command('dvrscope.openDemo', (where) => openDemo(client, where === 'beside')),
    command('dvrscope.newTopology', () => openUntitled('cloud', NEW_TOPOLOGY)),
    command('dvrscope.import', (argument) => importCloud(client, argument)),
    command('dvrscope.forgetPassphrases', () => forgetPassphrases(secrets)),
  ];
}

async function forgetPassphrases(secrets: KeptSecrets): Promise<void> {
  const count = await secrets.forgetAll();
  void vscode.window.showInformationMessage(
    count === 0 ? vscode.l10n.t('No passphrase was kept.') : vscode.l10n.t('Passphrases forgotten: {0}.', count),
  );
}

/** Its nodes are started only when they are compared with, which is what needs trust. */
async function openDemo(client: LanguageClient, isBeside: boolean): Promise<void> {
  const ask = (isReset: boolean): Promise<DemoResult> =>
    client.sendRequest<DemoResult>(REQUEST.demo, { isReset } satisfies DemoParams);
  const { uri, isChanged } = await ask(false);
  if (isChanged && !(await keepsChanges(() => ask(true)))) return;
  // The walkthrough stays to be seen.
  const viewColumn = isBeside ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active;
  await vscode.window.showTextDocument(vscode.Uri.parse(uri), { preview: false, viewColumn });
}

/** Whether to go on; what the user wants done with the edited topology is done. */
async function keepsChanges(reset: () => Promise<unknown>): Promise<boolean> {
  const [keep, again] = [vscode.l10n.t('Open with Your Changes'), vscode.l10n.t('Start Again')];
  const answer = await vscode.window.showInformationMessage(
    vscode.l10n.t('You have changed the demo cloud.'),
    { modal: true, detail: vscode.l10n.t('“{0}” puts its topology back to what it was at first.', again) },
    keep,
    again,
  );
  if (answer === again) await reset();
  return answer !== undefined;
}

/** A new document, to be saved in the first folder of the workspace under a name that is free, or wherever the user says. */
export async function openUntitled(name: string, text: string): Promise<vscode.TextEditor> {
  // A text that is not saved can belong to a folder on a disk only.
  const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file')?.uri;
  const uri = folder && (await freeName(folder, name));
  if (!uri) {
    const document = await vscode.workspace.openTextDocument({ language: LANGUAGE_ID, content: text });
    return vscode.window.showTextDocument(document, { preview: false });
  }
  const document = await vscode.workspace.openTextDocument(uri.with({ scheme: 'untitled' }));
  const editor = await vscode.window.showTextDocument(document, { preview: false });
  // Another one of that name may be open and not saved; it is the user's.
  if (document.getText() === '') await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), text));
  editor.selection = new vscode.Selection(0, 0, 0, 0);
  return editor;
}

/** Names are tried in turn: `cloud.dvr.yaml`, `cloud-2.dvr.yaml`, … */
async function freeName(folder: vscode.Uri, name: string): Promise<vscode.Uri | undefined> {
  for (let number = 1; number < 100; number++) {
    const uri = vscode.Uri.joinPath(folder, `${name}${number === 1 ? '' : `-${number}`}.dvr.yaml`);
    const isOpen = vscode.workspace.textDocuments.some(
      (document) => document.uri.path === uri.path && document.getText() !== '',
    );
    // oxlint-disable-next-line no-await-in-loop -- the first that is free
    if (!isOpen && !(await exists(uri))) return uri;
  }
  return undefined;
}

const exists = (uri: vscode.Uri): Promise<boolean> =>
  Promise.resolve(vscode.workspace.fs.stat(uri)).then(
    () => true,
    () => false,
  );
