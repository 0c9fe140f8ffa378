/** No network but what the user asked for: language server and command line under strace(1), each call that leads out of a process. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { REQUEST, type CompareResult, type DemoResult } from '../../shared/protocol.ts';
import { packedDemo } from '../../tools/demoRecordings.ts';
import { clientFiles, sourceOf } from '../../tools/l10n.ts';
import { faultyCloud, NODES } from '../support/faultyCloud.ts';
import { startLsp } from '../support/lspClient.ts';

const run = promisify(execFile);
const straced = path.resolve(import.meta.dirname, '../support/straced.mjs');
const URI = 'file:///cloud.dvr.yaml';

describe('on the network', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'dvrscope-network-'));
    process.env['STRACE_OUT'] = path.join(folder, 'strace');
    const { topology, snapshots } = await faultyCloud();
    await writeFile(path.join(folder, 'cloud.dvr.yaml'), topology);
    await writeFile(path.join(folder, 'demo.br'), await packedDemo());
    await Promise.all(NODES.map((node) => writeFile(path.join(folder, `${node}.snapshot`), snapshots[node])));
  });
  after(async () => {
    delete process.env['STRACE_OUT'];
    await rm(folder, { recursive: true, force: true });
  });

  it('the command line does nothing', async () => {
    const verbs = [
      ['check', '--snapshot', '.'],
      ['expect', '--node', 'compute1'],
      ['trace', '--from', 'a3', '--to', '198.51.100.10', '--snapshot', '.'],
      ['verify'],
      ['diff', '--node', 'compute1', '--snapshot', '.'],
      ['format', '--check'],
    ];
    for (const [verb, ...args] of verbs) {
      // oxlint-disable-next-line no-await-in-loop -- one file for strace to write
      await run(process.execPath, [straced, verb!, 'cloud.dvr.yaml', ...args], { cwd: folder }).catch(() => undefined);
      // oxlint-disable-next-line no-await-in-loop -- as above
      assert.deepEqual(await calls(folder), [], verb);
    }
  });

  it('the language server does nothing, though the user writes, asks, imports and compares with snapshots', async () => {
    const client = await startLsp({}, straced);
    await client.open(URI, await readFile(path.join(folder, 'cloud.dvr.yaml'), 'utf8'));
    await client.diagnostics(URI, () => true);
    const position = { line: 6, character: 4 };
    for (const method of ['hover', 'completion', 'definition'])
      // oxlint-disable-next-line no-await-in-loop -- as a user asks
      await client.connection.sendRequest(`textDocument/${method}`, { textDocument: { uri: URI }, position });
    const source = { kind: 'snapshots', paths: [folder] };
    const { differences } = await client.connection.sendRequest<CompareResult>(REQUEST.compare, { uri: URI, source });
    assert.equal(differences, 1);
    await client.connection.sendRequest(REQUEST.trace, { uri: URI, from: 'a3', to: '198.51.100.10' });
    const saved = path.resolve(import.meta.dirname, '../recordings/S3/api');
    await client.connection.sendRequest(REQUEST.import, { kind: 'api', path: saved });
    assert.equal((await client.stop()).status, 0);
    assert.deepEqual(await calls(folder), []);
  });

  it('the demo listens and connects on loopback, once for each node', async () => {
    const place = { folder: path.join(folder, 'demo'), recordings: path.join(folder, 'demo.br') };
    const client = await startLsp({}, straced, undefined, undefined, { demo: place });
    const { uri } = await client.connection.sendRequest<DemoResult>(REQUEST.demo, { isReset: false });
    await client.open(uri, await readFile(fileURLToPath(uri), 'utf8'));
    assert.deepEqual(await calls(folder), [], 'nothing before it is compared with');
    await client.connection.sendRequest(REQUEST.compare, { uri, source: { kind: 'ssh' } });
    assert.equal((await client.stop()).status, 0);
    assert.deepEqual(
      await calls(folder),
      ['bind 127.0.0.1', 'connect 127.0.0.1'].flatMap((call) => [call, call, call]),
    );
  });
});

test('the extension itself has no way to the network', () => {
  const ways =
    /from '(?:node:)?(?:https?|http2|dgram|dns|tls|undici|ws|net)(?:\/\w+)?'|\bfetch\(|XMLHttpRequest|WebSocket\(/;
  const found = clientFiles().flatMap((file) =>
    sourceOf(file)
      .split('\n')
      .filter((line) => ways.test(line) && !/^import \{ isIP \} from 'node:net';$/.test(line))
      .map((line) => `${file}: ${line}`),
  );
  assert.deepEqual(found, []);
});

/** What the last run did with addresses of the internet, sorted: `connect 192.0.2.1`. Sockets inside the machine (unix) are left out. */
async function calls(folder: string): Promise<string[]> {
  const text = await readFile(path.join(folder, 'strace'), 'utf8');
  assert.match(text, /^\d+ +socketpair\(AF_UNIX|^\d+ /m, 'strace wrote something');
  return text
    .split('\n')
    .flatMap((line) => {
      const [, call, family] = /\b(bind|connect|sendto|sendmsg|sendmmsg)\(.*?sa_family=(AF_\w+)/.exec(line) ?? [];
      if (call === undefined || family === 'AF_UNIX' || family === 'AF_NETLINK') return [];
      const [, address] = /inet_(?:addr\(|pton\(AF_INET6, )"([^"]+)"/.exec(line) ?? [];
      return [`${call} ${address ?? line}`];
    })
    .toSorted();
}
