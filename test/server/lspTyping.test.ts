/** What an editor is told while somebody types: what is wrong at once, what is only not finished when the typing stops. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startLsp, type LspClient } from '../support/lspClient.ts';

const URI = 'file:///typing.dvr.yaml';
const TEXT = 'nodes:\n  a:\n    agent_mode: dvr\n  b:\n    agent_mode: dvr\n';

let client: LspClient;
before(async () => {
  client = await startLsp();
  await client.open(URI, TEXT);
  await client.diagnostics(URI, (diagnostics) => diagnostics.length === 0);
});
after(() => client.stop());

/** Every list of codes that is published until one is `last`. */
async function told(text: string, line: number, last: string[], version: number): Promise<string[][]> {
  const lists: string[][] = [];
  const published = client.diagnostics(URI, (diagnostics) => {
    const codes = diagnostics.map(({ code }) => String(code));
    lists.push(codes);
    return lists.length > 1 && String(codes) === String(last);
  });
  const range = { start: { line, character: 0 }, end: { line, character: 0 } };
  await client.change(URI, version, [{ range, text }]);
  await published;
  return lists;
}

test('half a key is not called wrong before the typing stops', async () => {
  const lists = await told('    tunnel\n', 3, ['unknown-key', 'yaml-error'], 2);
  assert.deepEqual(lists.at(-2), []);
});

test('a thing without what it needs elsewhere is told at once', async () => {
  // The text was still, so the line above is what it is; now a value is wrong in another place.
  const lists = await told('    ssh_port: x\n', 2, ['wrong-type', 'unknown-key', 'yaml-error'], 3);
  assert.equal(lists.length, 2);
});
