// The first steps and what package.json promises, in the extension's host.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { pageHtml, webviewOptions } from '../../../client/webviewPanel.ts';
import type { CompareResult } from '../../../shared/protocol.ts';
import { until } from './until.ts';

const extension = vscode.extensions.getExtension('dvrscope.dvrscope')!;
const manifest = extension.packageJSON as {
  contributes: {
    commands: { command: string }[];
    configuration: { properties: Record<string, { default: unknown }> };
  };
};

const activeText = (wanted: string): Promise<vscode.TextDocument> =>
  until(`a topology with "${wanted}"`, () => {
    const document = vscode.window.activeTextEditor?.document;
    return document?.languageId === 'dvr-topology' && document.getText().includes(wanted) ? document : undefined;
  });

const errors = (uri: vscode.Uri): string[] =>
  vscode.languages
    .getDiagnostics(uri)
    .filter(({ severity }) => severity === vscode.DiagnosticSeverity.Error)
    .map(({ message }) => message);

describe('the first steps', () => {
  before(async () => {
    await extension.activate();
  });

  it('every command of package.json is there', async () => {
    const registered = new Set(await vscode.commands.getCommands(true));
    const missing = manifest.contributes.commands.filter(({ command }) => !registered.has(command));
    assert.deepEqual(missing, []);
  });

  it('every setting has the default of package.json', () => {
    for (const [name, { default: value }] of Object.entries(manifest.contributes.configuration.properties))
      assert.deepEqual(vscode.workspace.getConfiguration().inspect(name)?.defaultValue, value, name);
  });

  it('a new topology is a document without a problem, to be saved in the folder', async () => {
    await vscode.commands.executeCommand('dvrscope.newTopology');
    const document = await activeText('agent_mode: dvr_snat');
    assert.equal(document.uri.scheme, 'untitled');
    assert.equal(path.posix.dirname(document.uri.path), vscode.workspace.workspaceFolders![0]!.uri.path);
    const symbols = await vscode.commands.executeCommand<vscode.DocumentSymbol[]>(
      'vscode.executeDocumentSymbolProvider',
      document.uri,
    );
    assert.ok(symbols.some(({ name }) => name === 'routers'));
    assert.deepEqual(errors(document.uri), []);
  });

  it('snippets are offered', async () => {
    const document = await vscode.workspace.openTextDocument({ language: 'dvr-topology', content: '' });
    const { items } = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      document.uri,
      new vscode.Position(0, 0),
    );
    const labels = items
      .filter(({ kind }) => kind === vscode.CompletionItemKind.Snippet)
      .map(({ label }) => (typeof label === 'string' ? label : label.label));
    assert.ok(labels.includes('topology'), labels.join(' '));
  });

  it('the demo cloud opens, and its nodes are compared with over SSH', async () => {
    await vscode.commands.executeCommand('dvrscope.openDemo');
    const document = await activeText('# The demo cloud');
    assert.deepEqual(errors(document.uri), []);
    const { nodes } = await vscode.commands.executeCommand<CompareResult>('dvrscope.compare', { kind: 'ssh' });
    assert.deepEqual(
      nodes.map(({ node, status, differences }) => [node, status, differences]),
      [
        ['compute1', 'differs', 1],
        ['compute2', 'in-sync', 0],
        ['net1', 'in-sync', 0],
      ],
    );
    await until('the difference as a problem', () =>
      errors(document.uri).some((message) => message.includes('compute1')),
    );
  });

  it('a cloud is imported from saved answers', async () => {
    const saved = path.join(extension.extensionPath, 'test/recordings/S4/api');
    await vscode.commands.executeCommand('dvrscope.import', { kind: 'api', path: saved });
    const document = await activeText('nodes:');
    assert.equal(path.posix.basename(document.uri.path), 'api.dvr.yaml');
    assert.deepEqual(errors(document.uri), []);
  });
});

describe('pages of web views', () => {
  const folder = path.join(extension.extensionPath, 'dist/webview');
  const pages = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.js'))
        .map((name) => path.basename(name, '.js'))
    : [];
  const html = (page: string, panel: vscode.WebviewPanel): string =>
    pageHtml(panel.webview, extension.extensionUri, { page, title: '</title><script>alert("it\'s")</script>' });

  it('run one script of ours, by a nonce that is new each time, and load and reach nothing else', () => {
    assert.ok(pages.length > 0);
    const panel = vscode.window.createWebviewPanel(
      'test',
      'test',
      vscode.ViewColumn.One,
      webviewOptions(extension.extensionUri),
    );
    for (const page of pages) {
      const text = html(page, panel);
      const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(text) ?? [];
      const [, nonce] = /script-src 'nonce-([^']+)'/.exec(policy!) ?? [];
      assert.equal(Buffer.from(nonce!, 'base64').length, 16, page);
      const source = panel.webview.cspSource;
      assert.deepEqual(
        policy!.split(';').map((directive) => directive.trim()),
        [`default-src 'none'`, `style-src ${source}`, `font-src ${source}`, `script-src 'nonce-${nonce}'`],
        page,
      );
      assert.ok(text.indexOf('Content-Security-Policy') < text.indexOf('<link'), 'the policy comes first');
      assert.equal(text.match(/<script/g)?.length, 1, page);
      assert.ok(text.includes(`<script nonce="${nonce}" src="`), page);
      assert.doesNotMatch(text, /\sstyle=|\son\w+=|javascript:/, page);
      assert.notEqual(html(page, panel), text, 'another nonce');
      assert.ok(existsSync(path.join(folder, `${page}.css`)), page);
    }
    panel.dispose();
  });

  it('may load from their folder only, and run no commands', () => {
    const options = webviewOptions(extension.extensionUri);
    assert.deepEqual(
      options.localResourceRoots?.map(({ fsPath }) => fsPath),
      [folder],
    );
    assert.equal(options.enableCommandUris, false);
  });

  it('have no code that would make text into code, or ask the network', () => {
    for (const page of pages) {
      const script = readFileSync(path.join(folder, `${page}.js`), 'utf8');
      assert.doesNotMatch(
        script,
        /\.(?:inner|outer)HTML\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function|\bfetch\(|XMLHttpRequest|WebSocket|importScripts/,
        page,
      );
      assert.doesNotMatch(readFileSync(path.join(folder, `${page}.css`), 'utf8'), /@import|url\((?!["']?data:)/, page);
    }
  });
});
