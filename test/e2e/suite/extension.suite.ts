// The extension in its host: a diagnostic that appears and goes, hover, outline, and every command with what it opens.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { CompareResult } from '../../../shared/protocol.ts';
import { serverPid } from './serverPid.ts';
import { until } from './until.ts';

const folder = vscode.workspace.workspaceFolders![0]!.uri;

async function open(name: string): Promise<vscode.TextEditor> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder, name));
  return vscode.window.showTextDocument(document, { preview: false });
}

/** The text of the active editor, as soon as it is a document of this scheme and `wanted` is in it. */
const documentText = (scheme: string, wanted: string): Promise<string> =>
  until(`${scheme} with "${wanted}"`, () => {
    const document = vscode.window.activeTextEditor?.document;
    return document?.uri.scheme === scheme && document.getText().includes(wanted) ? document.getText() : undefined;
  });

const lines = async (uri: vscode.Uri): Promise<string[]> =>
  (await vscode.workspace.openTextDocument(uri)).getText().split('\n');

const diffTab = (): vscode.TabInputTextDiff | undefined => {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof vscode.TabInputTextDiff ? input : undefined;
};

describe('an example', () => {
  let editor: vscode.TextEditor;
  before(async () => {
    editor = await open('snat-two-subnets.dvr.yaml');
  });

  it('is a topology and starts the extension', async () => {
    assert.equal(editor.document.languageId, 'dvr-topology');
    await until('activation', () => vscode.extensions.getExtension('dvrscope.dvrscope')!.isActive);
  });

  it('has no problem; an edit makes one, undoing it takes it away', async () => {
    const { document } = editor;
    const problems = (): vscode.Diagnostic[] => vscode.languages.getDiagnostics(document.uri);
    const text = document.getText();
    const at = document.positionAt(text.indexOf('10.0.0.0/24'));
    const range = new vscode.Range(at, at.translate(0, '10.0.0.0/24'.length));
    await editor.edit((edit) => edit.replace(range, '10.0.0.0/33'));
    const [problem] = await until('a diagnostic', () => (problems().length > 0 ? problems() : undefined));
    assert.equal(problem!.severity, vscode.DiagnosticSeverity.Error);
    assert.equal(problem!.source, 'dvrscope');
    assert.equal(problem!.range.start.line, at.line);
    await vscode.commands.executeCommand('undo');
    assert.equal(document.getText(), text);
    await until('no diagnostic', () => problems().length === 0);
  });

  it('answers a hover on a router interface with the lines that it causes', async () => {
    const { document } = editor;
    const at = document.positionAt(document.getText().indexOf('port_id: c2e43983-5c'));
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      at,
    );
    const text = hovers
      .flatMap(({ contents }) => contents.map((part) => (typeof part === 'string' ? part : part.value)))
      .join('\n');
    assert.match(text, /167772161:\tfrom 10\.0\.0\.1\/24 lookup 167772161/);
    assert.match(text, /default via 10\.0\.0\.3 dev qr-c2e43983-5c table 167772161/);
  });

  it('has an outline', async () => {
    const symbols = await vscode.commands.executeCommand<vscode.DocumentSymbol[]>(
      'vscode.executeDocumentSymbolProvider',
      editor.document.uri,
    );
    assert.ok(symbols.some((symbol) => symbol.name === 'routers' && symbol.children.length > 0));
  });
});

describe('the commands', () => {
  before(() => open('cloud.dvr.yaml'));
  afterEach(() => open('cloud.dvr.yaml'));

  it('DVR: Show Expected State opens the state of a node', async () => {
    await vscode.commands.executeCommand('dvrscope.expect', { node: { name: 'compute1' } });
    const text = await documentText('dvr-state', 'from 10.1.0.1/24 lookup 167837697');
    assert.match(text, /qrouter-220318bd-a72b-4bbc-86fa-9eae5a90acdb/);
  });

  it('DVR: Open Expected-Live Diff says what is missing before a comparison', async () => {
    await vscode.commands.executeCommand('dvrscope.diff', { node: { name: 'compute1' } });
    const tab = await until('the diff', diffTab);
    const live = await vscode.workspace.openTextDocument(tab.modified);
    assert.match(live.getText(), /Compare with Live Nodes/);
  });

  it('DVR: Compare with Live Nodes finds the one difference, on the line that caused it', async () => {
    const paths = [vscode.Uri.joinPath(folder, 'snapshots').fsPath];
    const result = await vscode.commands.executeCommand('dvrscope.compare', { kind: 'snapshots', paths });
    assert.deepEqual(result, {
      nodes: [
        { node: 'compute1', status: 'differs', differences: 1 },
        { node: 'compute2', status: 'in-sync', differences: 0 },
        { node: 'net1', status: 'in-sync', differences: 0 },
      ],
      differences: 1,
      notes: [],
      // They were recorded long before the file was written.
      older: ['compute1', 'compute2', 'net1'],
    });
    const { document } = await open('cloud.dvr.yaml');
    const live = await until('the difference', () => {
      const found = vscode.languages.getDiagnostics(document.uri).filter(({ source }) => source === 'dvrscope live');
      return found.length > 0 ? found : undefined;
    });
    assert.equal(live.length, 1);
    assert.match(live[0]!.message, /compute1/);
    assert.match(live[0]!.message, /167837697/);
  });

  it('DVR: Open Expected-Live Diff shows the line that is not on the node', async () => {
    await vscode.commands.executeCommand('dvrscope.diff', { node: { name: 'compute1' } });
    const tab = await until('the diff', diffTab);
    // The document may have been open before the comparison; then it is given its new text a moment later.
    const live = await until('the live text', async () => {
      const text = await lines(tab.modified);
      return text.length > 10 ? text : undefined;
    });
    const expected = await lines(tab.original);
    const missing = expected.filter((line) => !live.includes(line));
    assert.deepEqual(missing, ['167837697:\tfrom 10.1.0.1/24 lookup 167837697']);
  });

  it('a trace as text shows both states and where they part', async () => {
    const uri = vscode.Uri.joinPath(folder, 'cloud.dvr.yaml').toString();
    const query = JSON.stringify({ uri, from: 'a3', to: '198.51.100.10', protocol: 'icmp' });
    const trace = vscode.Uri.from({ scheme: 'dvr-trace', path: '/a3 → 198.51.100.10', query });
    const text = (await vscode.workspace.openTextDocument(trace)).getText();
    assert.match(text, /167837697: from 10\.1\.0\.1\/24 lookup 167837697/);
    assert.match(text, /^Expected and live state part in qrouter-220318bd-\S+ on compute1:/);
  });

  it('DVR: Compare with Live Nodes reads the nodes over SSH, with the settings of the workspace', async () => {
    const result = await vscode.commands.executeCommand<CompareResult>('dvrscope.compare', { kind: 'ssh' });
    assert.deepEqual(
      result.nodes.map(({ node, status, error }) => [node, status, error]),
      [
        ['compute1', 'differs', undefined],
        ['compute2', 'in-sync', undefined],
        ['net1', 'in-sync', undefined],
      ],
    );
  });

  it('go on after the language server was killed', async () => {
    const server = await serverPid();
    process.kill(server);
    await until('another server', async () => (await serverPid().catch(() => server)) !== server);
    await vscode.commands.executeCommand('dvrscope.expect', { node: { name: 'compute2' } });
    await documentText('dvr-state', 'from 10.1.0.1/24 lookup 167837697');
  });
});
