/** What the operating system refuses reaches an editor in words, with what it is about, and without its codes. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { REQUEST, type CompareResult } from '../../shared/protocol.ts';
import { startLsp, type LspClient } from '../support/lspClient.ts';

let folder: string;
let client: LspClient;
const uri = 'file:///cloud.dvr.yaml';
const TOPOLOGY = `dvr: 1
nodes:
  down: {agent_mode: dvr, address: 127.0.0.1, ssh_port: 1}
  unknown: {agent_mode: dvr, address: no-such-host.invalid}
`;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dvrscope-errors-'));
  await writeFile(join(folder, 'file'), '');
  const demo = { folder: join(folder, 'file', 'demo'), recordings: join(folder, 'file') };
  client = await startLsp({ ssh: { user: 'root', configFile: 'none' } }, undefined, undefined, undefined, { demo });
  await client.open(uri, TOPOLOGY);
});

after(async () => {
  await client.stop();
  await rm(folder, { recursive: true });
});

const CODE = /\bE[A-Z]{3,}\b|getaddrinfo|Request \S+ failed/;

it('requests', async () => {
  const rows: [method: string, params: object, message: RegExp][] = [
    [REQUEST.demo, { isReset: false }, /^The demo cloud cannot be made: /],
    [REQUEST.import, { kind: 'inventory', path: join(folder, 'none') }, /none cannot be read: no such file or folder$/],
    [REQUEST.import, { kind: 'inventory', path: folder }, /cannot be read: it is a folder$/],
    [REQUEST.import, { kind: 'api', path: join(folder, 'file') }, /a part of the path is no folder$/],
  ];
  for (const [method, params, message] of rows)
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await assert.rejects(client.connection.sendRequest(method, params), (error: Error) => {
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, CODE);
      return true;
    });
});

it('nodes', async () => {
  const source = { kind: 'ssh' };
  const { nodes } = await client.connection.sendRequest<CompareResult>(REQUEST.compare, { uri, source });
  const [down, unknown] = nodes.map(({ error }) => error ?? '');
  assert.match(down!, /^down \(127\.0\.0\.1, port 1\): connection refused\. No SSH server listens there/);
  assert.match(
    unknown!,
    /^unknown \(no-such-host\.invalid, port 22\): .*name no-such-host\.invalid.*\. Give its address/,
  );
  for (const { error } of nodes) assert.doesNotMatch(error ?? '', CODE);
});

it('snapshots', async () => {
  const source = { kind: 'snapshots', paths: [join(folder, 'none'), join(folder, 'file', 'x')] };
  const { problems = [] } = await client.connection.sendRequest<CompareResult>(REQUEST.compare, { uri, source });
  assert.deepEqual(problems, [
    `${join(folder, 'none')}: no such file or folder`,
    `${join(folder, 'file', 'x')}: cannot be read: a part of the path is no folder`,
  ]);
});
