// What goes on around the extension: older versions of a file, a server that dies or is started again, files that go, arguments of others.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { CompareResult } from '../../../shared/protocol.ts';
import { serverPid } from './serverPid.ts';
import { until } from './until.ts';

const folder = vscode.workspace.workspaceFolders![0]!.uri;
const topology = vscode.Uri.joinPath(folder, 'cloud.dvr.yaml');
const WRONG = 'dvr: 1\nnodes:\n  other: {agent_mode: dvr}\n  wrong: {agent_mode: wrong}\n';

const open = async (uri: vscode.Uri): Promise<vscode.TextEditor> =>
  vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: false });

const snapshots = { kind: 'snapshots', paths: [vscode.Uri.joinPath(folder, 'snapshots').fsPath] };

const compared = async (): Promise<string[]> => {
  const result = await vscode.commands.executeCommand<CompareResult | undefined>('dvrscope.compare', snapshots);
  return result?.nodes.map(({ node }) => node) ?? [];
};

const NODES = ['compute1', 'compute2', 'net1'];

describe('an older version of a topology, as source control shows it', () => {
  const old = vscode.Uri.from({ scheme: 'old-version', path: '/cloud.dvr.yaml' });
  let provider: vscode.Disposable;

  before(async () => {
    provider = vscode.workspace.registerTextDocumentContentProvider(old.scheme, {
      provideTextDocumentContent: () => WRONG,
    });
    await open(topology);
    await open(old);
  });

  after(() => provider.dispose());

  it('is read, but its mistakes are of the past', async () => {
    const document = await vscode.workspace.openTextDocument(old);
    assert.equal(document.languageId, 'dvr-topology');
    await until('an outline', async () =>
      vscode.commands.executeCommand<unknown[] | undefined>('vscode.executeDocumentSymbolProvider', old),
    );
    // What is wrong with a file that is opened after it is told; then what is wrong with this one would have been told, too.
    const probe = await vscode.workspace.openTextDocument({ language: 'dvr-topology', content: WRONG });
    await until('a mistake', () => vscode.languages.getDiagnostics(probe.uri).length > 0);
    assert.deepEqual(vscode.languages.getDiagnostics(old), []);
  });

  it('is not what commands are about', async () => {
    await open(topology);
    await open(old);
    assert.deepEqual(await compared(), NODES);
  });
});

describe('the language server', () => {
  before(() => open(topology));

  it('is started again by a command, also while it is starting', async () => {
    const first = await serverPid();
    await Promise.all([1, 2, 3].map(() => vscode.commands.executeCommand('dvrscope.restartServer')));
    assert.notEqual(await until('one server', () => serverPid().catch(() => undefined)), first);
    assert.deepEqual(await compared(), NODES);
  });

  it('is started again by a command, also when it has just died', async () => {
    process.kill(await serverPid(), 'SIGKILL');
    for (let i = 0; i < 10; i++) {
      await vscode.commands.executeCommand('dvrscope.restartServer');
      await new Promise((resolve) => {
        setTimeout(resolve, 20);
      });
    }
    assert.deepEqual(await until('an answer', async () => (await compared().catch(() => [])).slice(0, 3)), NODES);
  });
});

describe('a topology', () => {
  it('is the one whose button was pressed, whichever editor has the focus', async () => {
    const other = vscode.Uri.joinPath(folder, 'snat-two-subnets.dvr.yaml');
    await open(topology);
    await open(other);
    const result = await vscode.commands.executeCommand<CompareResult | undefined>('dvrscope.refreshNodes', topology);
    assert.deepEqual(
      result?.nodes.map(({ node }) => node),
      NODES,
    );
  });

  it('that takes another language is none any more', async () => {
    const document = await vscode.workspace.openTextDocument({ language: 'dvr-topology', content: WRONG });
    await vscode.window.showTextDocument(document);
    await vscode.languages.setTextDocumentLanguage(document, 'plaintext');
    const nodes = await compared();
    assert.ok(nodes.length > 1, 'another one that is open');
    assert.equal(nodes.includes('other'), false);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  });
});

describe('a topology of several files', () => {
  const part = vscode.Uri.joinPath(folder, 'several', 'networks.dvr.yaml');
  const root = vscode.Uri.joinPath(folder, 'several', 'root.dvr.yaml');

  before(async () => {
    const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(topology));
    const at = text.indexOf('\nnetworks:') + 1;
    const write = (uri: vscode.Uri, content: string): Thenable<void> =>
      vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(content));
    await write(part, `dvr: 1\n${text.slice(at)}`);
    await write(root, `${text.slice(0, at)}include: [networks.dvr.yaml]\n`);
  });

  after(() => vscode.workspace.fs.delete(vscode.Uri.joinPath(folder, 'several'), { recursive: true }));

  it('is one cloud: what was read of it is read again from the same place, whichever file is looked at', async () => {
    await open(root);
    assert.deepEqual(await compared(), NODES);
    await open(part);
    const result = await vscode.commands.executeCommand<CompareResult | undefined>('dvrscope.refreshNodes');
    assert.deepEqual(
      result?.nodes.map(({ node }) => node),
      NODES,
    );
  });
});
