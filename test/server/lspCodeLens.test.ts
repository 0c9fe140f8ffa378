// Lenses over a pipe: none of differences before a comparison; after one, above each node that differs, and the editor is told to ask again.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { CodeLens } from 'vscode-languageserver';
import { COMMAND } from '../../shared/protocol.ts';
import { FAULTY_URI as uri, startFaulty, type FaultySession } from '../support/faultySession.ts';

describe('lenses', () => {
  let session: FaultySession;
  let refreshed: Promise<void>;
  const lenses = async (): Promise<string[]> => {
    const found = await session.ask<CodeLens[]>('textDocument/codeLens', { textDocument: { uri } });
    const lines = session.cloud.topology.split('\n');
    return found.map(
      ({ range, command }) =>
        `${lines[range.start.line]!.trim().split(':')[0]}: ${command!.title} ${command!.command} ${JSON.stringify(command!.arguments)}`,
    );
  };

  before(async () => {
    const capabilities = { textDocument: { codeLens: {} }, workspace: { codeLens: { refreshSupport: true } } };
    session = await startFaulty(capabilities);
    refreshed = new Promise((resolve) => {
      session.client.connection.onRequest('workspace/codeLens/refresh', () => {
        resolve();
        return null;
      });
    });
  });

  after(async () => {
    assert.deepEqual(await session.stop(), { status: 0, stderr: '' });
  });

  it('start traces from VMs, and know of no differences at first', async () => {
    const found = await lenses();
    assert.ok(found.includes(`a3: Trace from here ${COMMAND.trace} [{"from":"a3"}]`), found.join('\n'));
    assert.ok(found.every((lens) => lens.includes('Trace from here')));
  });

  it('count the differences of each node that was compared', async () => {
    await session.compare();
    await refreshed;
    const found = await lenses();
    assert.deepEqual(
      found.filter((lens) => !lens.includes('Trace from here')),
      [`compute1: 1 difference on compute1 ${COMMAND.diff} [{"node":{"name":"compute1"}}]`],
    );
  });
});
