// What the extension host itself must offer. Under code-server these say whether the install is complete.
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { until } from './until.ts';

describe('the extension host', () => {
  const folder = vscode.workspace.workspaceFolders![0]!.uri;

  it('is the Node that the extension is built for, or newer', () => {
    assert.ok(Number(process.versions.node.split('.')[0]) >= 20, process.versions.node);
  });

  it('sees a file that another program makes in a subfolder', async () => {
    const dir = vscode.Uri.joinPath(folder, 'made-outside');
    const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, '**/*.txt'));
    const created: string[] = [];
    watcher.onDidCreate((uri) => created.push(uri.fsPath));
    await mkdir(dir.fsPath, { recursive: true });
    try {
      let tries = 0;
      await until('the event', async () => {
        // The watcher says nowhere that it is ready: make new files until it is.
        await writeFile(vscode.Uri.joinPath(dir, `new${++tries}.txt`).fsPath, 'a: 1\n');
        await new Promise((resolve) => {
          setTimeout(resolve, 500);
        });
        return created.length > 0;
      });
    } finally {
      watcher.dispose();
      await rm(dir.fsPath, { recursive: true, force: true });
    }
  });

  it('writes an output channel', async () => {
    const channel = vscode.window.createOutputChannel('Suite Log', { log: true });
    channel.info('a line');
    channel.show(true);
    await until('the line', () =>
      vscode.workspace.textDocuments.some((d) => d.uri.scheme === 'output' && d.getText().includes('a line')),
    );
    channel.dispose();
  });
});
