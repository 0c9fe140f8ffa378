// The map in the extension host: one panel for each topology, beside its file.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { until } from './until.ts';

const folder = vscode.workspace.workspaceFolders![0]!.uri;
const cloud = vscode.Uri.joinPath(folder, 'cloud.dvr.yaml');

const maps = (): vscode.Tab[] =>
  vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith('dvrscope.map'));

const open = async (uri: vscode.Uri): Promise<void> => {
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), {
    preview: false,
    viewColumn: vscode.ViewColumn.One,
  });
};

describe('the map', () => {
  before(() => open(cloud));
  after(() => vscode.window.tabGroups.close(maps()));

  it('DVR: Show Map opens it beside the file', async () => {
    await vscode.commands.executeCommand('dvrscope.map');
    const tab = await until('a map', () => maps()[0]);
    assert.equal(tab.label, 'Map of cloud.dvr.yaml');
    assert.notEqual(tab.group.viewColumn, vscode.ViewColumn.One);
  });

  it('comes to the front when it is asked for again, for a file or with a packet', async () => {
    await open(cloud);
    await vscode.commands.executeCommand('dvrscope.map');
    await vscode.commands.executeCommand('dvrscope.showOnMap', {
      uri: cloud.toString(),
      from: 'a3',
      to: '198.51.100.10',
    });
    await until('the map in front', () => maps()[0]?.isActive);
    assert.equal(maps().length, 1);
  });

  it('of another topology is another one', async () => {
    await open(vscode.Uri.joinPath(folder, 'snat-two-subnets.dvr.yaml'));
    await vscode.commands.executeCommand('dvrscope.map');
    await until('two maps', () => maps().length === 2);
    assert.deepEqual(
      maps()
        .map(({ label }) => label)
        .toSorted(),
      ['Map of cloud.dvr.yaml', 'Map of snat-two-subnets.dvr.yaml'],
    );
  });

  it('is not opened by something that is no packet', async () => {
    const before = maps().length;
    for (const argument of [undefined, null, 7, {}, { uri: 'x' }, { uri: cloud.toString(), from: 1, to: 2 }])
      await vscode.commands.executeCommand('dvrscope.showOnMap', argument);
    assert.equal(maps().length, before);
  });

  it('changes no file', () => {
    const files = vscode.workspace.textDocuments.filter(({ uri }) => uri.scheme === cloud.scheme);
    assert.ok(files.some(({ uri }) => uri.toString() === cloud.toString()));
    assert.deepEqual(
      files.filter(({ isDirty }) => isDirty).map(({ uri }) => uri.toString()),
      [],
    );
  });
});
