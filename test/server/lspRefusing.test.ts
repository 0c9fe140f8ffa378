/** An editor that refuses what it is asked, for all that it said of itself, does without it: the server goes on. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ErrorCodes, ResponseError, type ClientCapabilities } from 'vscode-languageserver/node';
import { REQUEST, type CompareResult } from '../../shared/protocol.ts';
import { startLsp } from '../support/lspClient.ts';

const uri = 'file:///cloud.dvr.yaml';
const text = 'dvr: 1\nnodes:\n  compute1: {agent_mode: dvr}\n';

const SAID: ClientCapabilities = {
  textDocument: { diagnostic: {}, codeLens: {} },
  workspace: {
    codeLens: { refreshSupport: true },
    diagnostics: { refreshSupport: true },
    didChangeConfiguration: { dynamicRegistration: true },
    didChangeWatchedFiles: { dynamicRegistration: true },
  },
};

const REFUSED = ['client/registerCapability', 'workspace/codeLens/refresh', 'workspace/diagnostic/refresh'];

it('a server that is refused what it asks goes on', { timeout: 240_000 }, async () => {
  const asked = new Set<string>();
  const refuse = (method: string) => (): ResponseError => {
    asked.add(method);
    return new ResponseError(ErrorCodes.InternalError, 'no');
  };
  const answers = Object.fromEntries(REFUSED.map((method) => [method, refuse(method)]));
  const client = await startLsp({}, undefined, undefined, SAID, {}, null, answers);
  await client.open(uri, text);
  const params = { uri, source: { kind: 'snapshots', paths: [] } };
  for (let i = 0; i < 2; i++) {
    const { nodes } = await client.connection.sendRequest<CompareResult>(REQUEST.compare, params);
    assert.deepEqual(
      nodes.map(({ status }) => status),
      ['not-collected'],
    );
  }
  assert.deepEqual([...asked].toSorted(), REFUSED);
  assert.deepEqual(await client.stop(), { status: 0, stderr: '' });
});
