// Traces in the extension host: what the commands open, what they make of arguments, what is remembered, and the text of old.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { until } from './until.ts';

const folder = vscode.workspace.workspaceFolders![0]!.uri;
const uri = vscode.Uri.joinPath(folder, 'cloud.dvr.yaml');

/** Titles of the panels of traces. */
const panels = (): string[] =>
  vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith('dvrscope.trace'))
    .map(({ label }) => label);

const text = async (scheme: string, path: string, query: object): Promise<string> =>
  (await vscode.workspace.openTextDocument(vscode.Uri.from({ scheme, path, query: JSON.stringify(query) }))).getText();

describe('traces', () => {
  before(async () => {
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: false });
    await until('activation', () => vscode.extensions.getExtension('dvrscope.dvrscope')!.isActive);
  });
  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: false });
  });

  it('open a view for a packet, and one for another; the same packet comes to the front', async () => {
    const ask = (from: string, protocol?: string): Thenable<unknown> =>
      vscode.commands.executeCommand('dvrscope.trace', { from, to: '198.51.100.10', ...(protocol && { protocol }) });
    await ask('a3');
    await until('the view', () => panels().length === 1);
    await ask('a1');
    await until('the other view', () => panels().length === 2);
    await ask('a3', 'icmp');
    await until('the first view', () => vscode.window.tabGroups.activeTabGroup.activeTab?.label.startsWith('a3'));
    assert.deepEqual(panels().toSorted(), ['a1 → 198.51.100.10', 'a3 → 198.51.100.10']);
  });

  it('do not take arguments of other shapes for answers', async () => {
    void vscode.commands.executeCommand('dvrscope.trace', { from: 7, to: ['x'], dport: 'none' });
    await new Promise((resolve) => {
      setTimeout(resolve, 500);
    });
    await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
    assert.deepEqual(panels(), []);
  });

  it('are still there as text', async () => {
    const there = await text('dvr-trace', '/a1 → 8.8.8.8', { uri: uri.toString(), from: 'a1', to: '8.8.8.8' });
    assert.match(there, /exits-network as 192\.168\.1\.101, answered/);
    const gone = await text('dvr-trace', '/nobody → 8.8.8.8', { uri: uri.toString(), from: 'nobody', to: '8.8.8.8' });
    assert.match(gone, /^There is no port "nobody"/);
  });
});
