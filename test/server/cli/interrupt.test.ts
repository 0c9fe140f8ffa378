/** Ctrl-C while nodes are read ends the reading; behind it, the program, whatever it computes then. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { interruptible } from '../../../server/cli/source.ts';

const BIN = path.resolve(import.meta.dirname, '../../../server/bin.ts');
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const listeners = (): number[] => SIGNALS.map((name) => process.listenerCount(name));

describe('interruptible', () => {
  for (const name of SIGNALS)
    it(`${name} aborts it once, and then ends the program again`, async () => {
      const before = listeners();
      const ended = await interruptible(async (signal) => {
        assert.notDeepEqual(listeners(), before);
        process.emit(name);
        assert.deepEqual(listeners(), before);
        return Promise.resolve(signal.aborted);
      });
      assert.ok(ended);
    });

  it('leaves nothing behind, also when it fails', async () => {
    const before = listeners();
    assert.equal(await interruptible(async () => Promise.resolve(5)), 5);
    await assert.rejects(interruptible(async () => Promise.reject(new Error('no'))));
    assert.deepEqual(listeners(), before);
  });
});

describe('Ctrl-C while nodes are silent', { skip: process.platform === 'win32' }, () => {
  const rows: [verb: string, ...rest: string[]][] = [
    ['check', '--live'],
    ['verify', '--live'],
    ['diff', '--live', '--node', 'a'],
    ['collect', '-o', 'snapshots'],
  ];
  for (const [verb, ...rest] of rows)
    it(`${verb} ${rest.join(' ')}: says which nodes are missing, with status 3`, async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'dvrscope-interrupt-'));
      const silent = createServer().listen(0, '127.0.0.1');
      const connected = once(silent, 'connection');
      await once(silent, 'listening');
      const { port } = silent.address() as AddressInfo;
      const file = path.join(folder, 'cloud.dvr.yaml');
      writeFileSync(file, `nodes: {a: {agent_mode: dvr, address: 127.0.0.1, ssh_port: ${port}}}\n`);
      const own = ['--ssh-config', 'none', '--known-hosts', '/dev/null'];
      const child = spawn(process.execPath, [BIN, verb, file, ...rest, ...own], { cwd: folder });
      let text = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (text += data.toString()));
      const closed = once(child, 'close') as Promise<[number | null]>;
      await connected;
      child.kill('SIGINT');
      const [status] = await closed;
      silent.close();
      rmSync(folder, { recursive: true });
      assert.equal(status, 3, text);
      assert.match(text, /a \(127\.0\.0\.1, port \d+\): cancelled/);
      assert.doesNotMatch(text, /\n {4}at |reading nodes/);
    });
});
