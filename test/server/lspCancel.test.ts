/** An answer that takes long is given up soon after the editor takes its question back; what is asked meanwhile is answered. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CancellationTokenSource, LSPErrorCodes, ResponseError } from 'vscode-languageserver/node';
import { CLIENTS } from '../support/clients.ts';
import { largeTopology } from '../support/largeTopology.ts';
import { startLsp, type LspClient } from '../support/lspClient.ts';

const text = largeTopology(200_000);
const uri = 'file:///large.dvr.yaml';
const textDocument = { uri };
const start = { line: 0, character: 0 };
const options = { tabSize: 2, insertSpaces: true };

/** Asked of a text that is new each time, since what was made of it is kept. */
const ROWS: [method: string, params: object][] = [
  ['textDocument/formatting', { textDocument, options }],
  ['textDocument/foldingRange', { textDocument }],
  ['textDocument/semanticTokens/full', { textDocument }],
];

describe('taken back in the middle', () => {
  let client: LspClient;
  before(async () => {
    client = await startLsp({}, undefined, undefined, CLIENTS.full);
  });
  after(async () => {
    assert.deepEqual(await client.stop(), { status: 0, stderr: '' });
  });

  /** How soon it was given up; nothing when it was answered before it could be taken back. */
  const takenBack = async (method: string, params: object): Promise<number | undefined> => {
    await client.open(uri, text);
    await client.diagnostics(uri, () => true);
    // Not within the time in which nobody types, when more is told.
    await client.connection.sendRequest('textDocument/hover', { textDocument, position: start });
    const cancel = new CancellationTokenSource();
    const answer = client.connection.sendRequest(method, params, cancel.token).then(
      () => 'answered',
      (error: unknown) => (error instanceof ResponseError ? error.code : String(error)),
    );
    await sleep(60);
    const from = performance.now();
    cancel.cancel();
    const outcome = await answer;
    const took = performance.now() - from;
    await client.connection.sendNotification('textDocument/didClose', { textDocument });
    if (outcome === 'answered') return undefined;
    assert.equal(outcome, LSPErrorCodes.RequestCancelled);
    return took;
  };

  for (const [method, params] of ROWS)
    it(method, async () => {
      // Mostly 20 ms; all of it would be a second. A machine that is busy with other things is given more than one chance.
      const seen: (number | undefined)[] = [];
      const isSoon = (): boolean => (seen.at(-1) ?? Infinity) < 400;
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      for (let i = 0; i < 8 && !isSoon(); i++) seen.push(await takenBack(method, params));
      assert.ok(isSoon(), `${seen.map((took) => took ?? 'answered').join(', ')} ms`);
    });

  it('a text that is changed while it is formatted is not changed a second time', async () => {
    await client.open(uri, text);
    await client.diagnostics(uri, () => true);
    const answer = client.connection.sendRequest('textDocument/formatting', { textDocument, options }).catch(String);
    await client.change(uri, 2, [{ range: { start, end: start }, text: '# c\n' }]);
    assert.match(String(await answer), /was changed while it was formatted/);
    await client.connection.sendNotification('textDocument/didClose', { textDocument });
  });
});
