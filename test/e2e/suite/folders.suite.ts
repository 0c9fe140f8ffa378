// Which files of the open folder are told of: those that nobody excluded in the settings.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { until } from './until.ts';

const folder = vscode.workspace.workspaceFolders![0]!.uri;
const topology = vscode.Uri.joinPath(folder, 'cloud.dvr.yaml');
const kept = vscode.Uri.joinPath(folder, 'kept/wrong.dvr.yaml');
const left = vscode.Uri.joinPath(folder, 'left/wrong.dvr.yaml');
const WRONG = 'dvr: 1\nnodes:\n  other: {agent_mode: wrong}\n';

const problems = (uri: vscode.Uri): vscode.Diagnostic[] => vscode.languages.getDiagnostics(uri);

describe('closed files of the folder', () => {
  const exclude = (section: 'files.exclude' | 'search.exclude', value: object | undefined): Thenable<void> =>
    vscode.workspace.getConfiguration('', topology).update(section, value);

  before(async () => {
    for (const uri of [kept, left]) await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(WRONG));
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(topology), { preview: false });
  });

  after(async () => {
    await exclude('files.exclude', undefined);
    await exclude('search.exclude', undefined);
    for (const name of ['kept', 'left'])
      await vscode.workspace.fs.delete(vscode.Uri.joinPath(folder, name), { recursive: true });
    await until('no problem', () => problems(kept).length === 0 && problems(left).length === 0);
  });

  it('are told of', async () => {
    await until('problems of both', () => problems(kept).length > 0 && problems(left).length > 0);
  });

  for (const section of ['files.exclude', 'search.exclude'] as const)
    it(`are not, once ${section} has their folder, until it has it no more`, async () => {
      await exclude(section, { '**/left': true });
      await until('no problem', () => problems(left).length === 0);
      assert.equal(problems(kept).length, 1);
      await exclude(section, undefined);
      await until('problems again', () => problems(left).length > 0);
    });
});
