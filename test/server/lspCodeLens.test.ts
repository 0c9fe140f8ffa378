// Lenses over a pipe: none of differences before a comparison; after one, above each node that differs, and the editor is told to ask again.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { CodeLens } from 'vscode-languageserver';
import { COMMAND, REQUEST } from '../../shared/protocol.ts';
import { faultyCloud, NODES, type FaultyCloud } from '../support/faultyCloud.ts';
import { startLsp, type LspClient } from '../support/lspClient.ts';

const uri = 'file:///cloud.dvr.yaml';

describe('lenses', () => {
  let cloud: FaultyCloud;
  let folder: string;
  let client: LspClient;
  let refreshed: Promise<void>;
  const lenses = async (): Promise<string[]> => {
    const found = await client.connection.sendRequest<CodeLens[]>('textDocument/codeLens', { textDocument: { uri } });
    const lines = cloud.topology.split('\n');
    return found.map(
      ({ range, command }) =>
        `${lines[range.start.line]!.trim().split(':')[0]}: ${command!.title} ${command!.command} ${JSON.stringify(command!.arguments)}`,
    );
  };

  before(async () => {
    cloud = await faultyCloud();
    folder = await mkdtemp(path.join(tmpdir(), 'dvrscope-lenses-'));
    await Promise.all(NODES.map((node) => writeFile(path.join(folder, `${node}.snapshot`), cloud.snapshots[node])));
    const capabilities = { textDocument: { codeLens: {} }, workspace: { codeLens: { refreshSupport: true } } };
    client = await startLsp({}, undefined, undefined, capabilities);
    refreshed = new Promise((resolve) => {
      client.connection.onRequest('workspace/codeLens/refresh', () => {
        resolve();
        return null;
      });
    });
    await client.open(uri, cloud.topology);
  });

  after(async () => {
    assert.deepEqual(await client.stop(), { status: 0, stderr: '' });
    await rm(folder, { recursive: true, force: true });
  });

  it('start traces from VMs, and know of no differences at first', async () => {
    const found = await lenses();
    assert.ok(found.includes(`a3: Trace from here ${COMMAND.trace} [{"from":"a3"}]`), found.join('\n'));
    assert.ok(found.every((lens) => lens.includes('Trace from here')));
  });

  it('count the differences of each node that was compared', async () => {
    await client.connection.sendRequest(REQUEST.compare, { uri, source: { kind: 'snapshots', paths: [folder] } });
    await refreshed;
    const found = await lenses();
    assert.deepEqual(
      found.filter((lens) => !lens.includes('Trace from here')),
      [`compute1: 1 difference on compute1 ${COMMAND.diff} [{"node":{"name":"compute1"}}]`],
    );
  });
});
