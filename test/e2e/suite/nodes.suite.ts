// Nodes in the extension host: hover, definition and folding in states, terminals, pages of findings, what is related to a problem.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { CompareResult } from '../../../shared/protocol.ts';
import { until } from './until.ts';

const folder = vscode.workspace.workspaceFolders![0]!.uri;
const topology = vscode.Uri.joinPath(folder, 'cloud.dvr.yaml');
const LOST = '167837697:\tfrom 10.1.0.1/24 lookup 167837697';

const open = async (uri: vscode.Uri): Promise<vscode.TextEditor> =>
  vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: false });

const compare = (source: object): Thenable<CompareResult | undefined> =>
  vscode.commands.executeCommand('dvrscope.compare', source);

const diffTab = (): vscode.TabInputTextDiff | undefined => {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof vscode.TabInputTextDiff ? input : undefined;
};

const textOf = (hovers: vscode.Hover[]): string =>
  hovers.flatMap(({ contents }) => contents.map((part) => (typeof part === 'string' ? part : part.value))).join('\n');

describe('states of nodes', () => {
  let expected: vscode.TextDocument;
  let at: vscode.Position;

  before(async () => {
    await open(topology);
    await compare({ kind: 'snapshots', paths: [vscode.Uri.joinPath(folder, 'snapshots').fsPath] });
    await vscode.commands.executeCommand('dvrscope.diff', { node: { name: 'compute1' } });
    const tab = await until('the diff', diffTab);
    expected = await vscode.workspace.openTextDocument(tab.original);
    await until('the lost rule', () => expected.getText().includes(LOST));
    at = expected.positionAt(expected.getText().indexOf(LOST) + 12);
  });

  it('have a language of their own', () => {
    assert.equal(expected.languageId, 'dvr-state');
  });

  it('explain their lines', async () => {
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      expected.uri,
      at,
    );
    const text = textOf(hovers);
    assert.match(text, /This is missing on the node/);
    assert.match(text, /Expected because/);
    assert.match(text, /command:dvrscope\.explain/);
  });

  it('lead to the line of the topology', async () => {
    const [found] = await vscode.commands.executeCommand<(vscode.Location | vscode.LocationLink)[]>(
      'vscode.executeDefinitionProvider',
      expected.uri,
      at,
    );
    assert.ok(found);
    const [uri, range] = 'uri' in found ? [found.uri, found.range] : [found.targetUri, found.targetRange];
    assert.equal(uri.toString(), topology.toString());
    const document = await vscode.workspace.openTextDocument(uri);
    assert.equal(document.lineAt(range.start.line).text.trim(), 'neta-sub:');
  });

  it('fold by section', async () => {
    const ranges = await vscode.commands.executeCommand<vscode.FoldingRange[]>(
      'vscode.executeFoldingRangeProvider',
      expected.uri,
    );
    const headings = expected
      .getText()
      .split('\n')
      .flatMap((text, line) => (/^# \S+: /.test(text) ? [line] : []));
    const starts = new Set(ranges.map(({ start }) => start));
    const isShort = (line: number): boolean => expected.lineAt(line + 1).isEmptyOrWhitespace;
    assert.deepEqual(
      headings.filter((line) => !starts.has(line) && !isShort(line)),
      [],
    );
  });

  it('are what a problem is related to', async () => {
    const live = await until('the problem', () =>
      vscode.languages.getDiagnostics(topology).find(({ source }) => source === 'dvrscope live'),
    );
    const [related] = live.relatedInformation!;
    assert.equal(related!.location.uri.scheme, 'dvr-state');
    const document = await vscode.workspace.openTextDocument(related!.location.uri);
    assert.match(document.getText(), /^# qrouter-220318bd-\S+: ip rule\n/);
    assert.equal(document.getText().includes(LOST), false);
  });

  it('have findings whose commands can be copied, and names', async () => {
    await vscode.commands.executeCommand('dvrscope.copyFix', { finding: { fix: ['ip rule add', 'ip route add'] } });
    assert.equal(await vscode.env.clipboard.readText(), 'ip rule add\nip route add\n');
    await vscode.commands.executeCommand('dvrscope.copyName', { node: { name: 'compute1' }, namespace: { name: '-' } });
    assert.equal(await vscode.env.clipboard.readText(), 'compute1');
  });

  it('have findings whose page a quick fix opens', async () => {
    const live = vscode.languages.getDiagnostics(topology).find(({ source }) => source === 'dvrscope live')!;
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      topology,
      live.range,
    );
    const explain = actions.find(({ title }) => title.startsWith('Explain '));
    assert.ok(explain?.command);
    const [params] = explain.command.arguments as [{ uri: string; finding: string }];
    const page = await vscode.workspace.openTextDocument(
      vscode.Uri.from({ scheme: 'dvr-finding', path: '/Finding.md', query: JSON.stringify(params) }),
    );
    assert.equal(page.languageId, 'markdown');
    assert.match(page.getText(), /^## To mend it$/m);
  });
});

describe('a terminal on a node', () => {
  before(() => open(topology));

  it('runs ssh with each word by itself, and takes no focus', async () => {
    const editor = vscode.window.activeTextEditor;
    await vscode.commands.executeCommand('dvrscope.openTerminal', { node: { name: 'compute2' } });
    const terminal = await until('the terminal', () => vscode.window.terminals.find(({ name }) => name === 'compute2'));
    const { shellPath, shellArgs } = terminal.creationOptions as vscode.TerminalOptions;
    assert.match(shellPath ?? '', /^\/.*\/ssh$/);
    assert.ok(Array.isArray(shellArgs));
    assert.deepEqual(shellArgs.slice(-4), ['-l', 'root', '--', '127.0.0.1']);
    const port = /compute2:[^]*?ssh_port: (\d+)/.exec(editor!.document.getText())![1];
    assert.equal(shellArgs[shellArgs.indexOf('-p') + 1], port);
    assert.equal(shellArgs.filter((word) => word.startsWith('IdentityFile=')).length, 1);
    assert.equal(vscode.window.activeTextEditor, editor);
    terminal.dispose();
  });
});

describe('one node', () => {
  it('is read again alone', async () => {
    await open(topology);
    await compare({ kind: 'ssh' });
    const result = await vscode.commands.executeCommand<CompareResult>('dvrscope.refreshNode', {
      node: { name: 'compute1' },
    });
    assert.deepEqual(
      result.nodes.map(({ node, status }) => [node, status]),
      [
        ['compute1', 'differs'],
        ['compute2', 'in-sync'],
        ['net1', 'in-sync'],
      ],
    );
  });
});

describe('the timed refresh', () => {
  const settings = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration('', topology);
  const snapshot = vscode.Uri.joinPath(folder, 'snapshots/compute2.snapshot');
  let text: Uint8Array;

  before(async () => {
    text = await vscode.workspace.fs.readFile(snapshot);
  });

  after(async () => {
    await settings().update('dvrscope.live.refreshMinutes', undefined);
    await vscode.workspace.fs.writeFile(snapshot, text);
  });

  it('reads again by itself what has changed on a node', async () => {
    await open(topology);
    await compare({ kind: 'snapshots', paths: [vscode.Uri.joinPath(folder, 'snapshots').fsPath] });
    const altered = new TextDecoder().decode(text).replace('"priority":167837697', '"priority":167837698');
    await vscode.workspace.fs.writeFile(snapshot, new TextEncoder().encode(altered));
    // As good as at once; the next look comes within ten seconds.
    await settings().update('dvrscope.live.refreshMinutes', 0.01);
    await until('the new difference', () =>
      vscode.languages.getDiagnostics(topology).some(({ message }) => message.includes('compute2')),
    );
  });
});
