/** Nothing is announced without a test over a pipe with a client that can all; and each request is answered to one that says nothing. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { ErrorCodes, ResponseError } from 'vscode-languageserver/node';
import { FEATURES, announced } from '../../server/features/table.ts';
import { COMMAND } from '../../shared/protocol.ts';
import { editorRows } from '../../tools/editorPage.ts';
import { CLIENTS } from '../support/clients.ts';
import { startLsp, type LspClient } from '../support/lspClient.ts';

/** What is announced by the connection itself, not by a row of the table. */
const OF_THE_CONNECTION = ['positionEncoding', 'textDocumentSync', 'workspace'];

const textOf = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Tests that ask a server process, and what they say. Fixtures are among what `fixtures.test.ts` asks. */
const overPipe = readdirSync(new URL('.', import.meta.url), { recursive: true, encoding: 'utf8' })
  .map((name) => `test/server/${name.replaceAll('\\', '/')}`)
  .filter((name) => name.endsWith('.test.ts'))
  .map(textOf)
  .filter((text) => /\bstart(?:Lsp|Faulty)\(/.test(text));

describe('what is announced', () => {
  it('is asked over a pipe by a test', () => {
    const rows = editorRows().filter(
      ({ method, proofs }) =>
        !proofs.some((proof) => proof.startsWith('test/fixtures/')) &&
        !overPipe.some((text) => text.includes(`'${method}'`)),
    );
    assert.deepEqual(
      rows.map(({ method }) => method),
      [],
    );
  });

  let full: LspClient;
  let minimal: LspClient;
  before(async () => {
    full = await startLsp({}, undefined, undefined, CLIENTS.full);
    minimal = await startLsp({}, undefined, undefined, CLIENTS.minimal);
  });
  after(async () => {
    for (const client of [full, minimal]) assert.deepEqual(await client.stop(), { status: 0, stderr: '' });
  });

  it('to a client that can all is what the table has, and nothing else', () => {
    const table: object = announced(CLIENTS.full, Object.values(COMMAND));
    const others = Object.keys(full.announced).filter((name) => !OF_THE_CONNECTION.includes(name));
    assert.deepEqual(
      others.toSorted(),
      Object.keys(table)
        .filter((name) => !OF_THE_CONNECTION.includes(name))
        .toSorted(),
    );
  });

  it('to a client that says nothing is how to send the text', () => {
    assert.deepEqual(Object.keys(minimal.announced), ['textDocumentSync']);
  });

  it('is answered also to a client that says nothing', async () => {
    const uri = 'file:///cloud.dvr.yaml';
    const text = textOf('examples/snat-two-subnets.dvr.yaml');
    await minimal.open(uri, text);
    const textDocument = { uri };
    const line = text.split('\n').findIndex((each) => each.startsWith('routers:')) + 1;
    const position = { line, character: 3 };
    const range = { start: { line: 0, character: 0 }, end: { line: 1000, character: 0 } };
    const entry = { name: 'router1', kind: 9, uri, range, selectionRange: range };
    const params = {
      textDocument,
      position,
      positions: [position],
      ranges: [range],
      newName: 'r9',
      query: 'vm',
      ch: '\n',
      options: { tabSize: 2, insertSpaces: true },
      context: { diagnostics: [] },
      previousResultId: 'none',
      previousResultIds: [],
      item: entry,
      files: [],
      label: 'nodes',
      title: 'x',
      location: { uri },
      ...entry,
    };
    for (const { method } of FEATURES) {
      const answer: unknown = await minimal.connection.sendRequest(method, params).catch((error: unknown) => error);
      assert.ok(!(answer instanceof ResponseError) || answer.code !== ErrorCodes.MethodNotFound, method);
      assert.ok(!(answer instanceof Error), `${method}: ${String(answer)}`);
    }
  });
});
