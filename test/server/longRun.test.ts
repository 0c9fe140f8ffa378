/** A language server lives as long as the editor: what it holds does not grow with edits, and it does nothing when nobody does. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { CLIENTS } from '../support/clients.ts';
import { startLsp, type LspClient } from '../support/lspClient.ts';

/** `EDITS=100000` for a long day. */
const EDITS = Number(process.env['EDITS'] ?? 3000);

/** After the first edits everything that is made once is there. */
const WARM_UP = 1000;
/** Growth that is no leak: what the compiler learns. A hundred bytes an edit would be more after 100,000. */
const MOST_MIB = 4;

const uri = 'file:///long.dvr.yaml';
const example = readFileSync(new URL('../../examples/snat-two-subnets.dvr.yaml', import.meta.url), 'utf8');
const lineOfPorts = example.split('\n').indexOf('ports:');

describe('a server that runs for long', { skip: process.platform !== 'linux' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'dvrscope-heap-'));
  const file = join(folder, 'heap');
  let client: LspClient;
  let version = 1;

  before(async () => {
    const preload = pathToFileURL(join(import.meta.dirname, '../support/heapOnSignal.ts')).href;
    Object.assign(process.env, { NODE_OPTIONS: `--import=${preload}`, HEAP_FILE: file });
    client = await startLsp({}, undefined, undefined, CLIENTS.full);
    delete process.env['NODE_OPTIONS'];
    await client.open(uri, example);
  });
  after(async () => {
    assert.deepEqual(await client.stop(), { status: 0, stderr: '' });
    rmSync(folder, { recursive: true });
  });

  const heapMiB = async (): Promise<number> => {
    rmSync(file, { force: true });
    process.kill(client.pid, 'SIGUSR2');
    while (!existsSync(file)) await sleep(20);
    return Number(readFileSync(file, 'utf8')) / 2 ** 20;
  };

  const change = (line: number, from: number, to: number, text: string): Promise<void> =>
    client.change(uri, ++version, [
      { range: { start: { line, character: from }, end: { line, character: to } }, text },
    ]);

  /** A port with a name of its own comes and goes; other documents, too. */
  const edit = async (i: number): Promise<void> => {
    const line = `  p${i}: {network: n${i}, mac_address: x, fixed_ips: [{ip_address: 10.0.${i % 250}.5}]}\n`;
    await change(lineOfPorts + 1, 0, 0, line);
    const position = { line: lineOfPorts + 1, character: 20 };
    await client.connection.sendRequest('textDocument/hover', { textDocument: { uri }, position });
    if (i % 50 === 0)
      await client.connection.sendRequest('textDocument/semanticTokens/full', { textDocument: { uri } });
    await client.change(uri, ++version, [
      {
        range: { start: { line: lineOfPorts + 1, character: 0 }, end: { line: lineOfPorts + 2, character: 0 } },
        text: '',
      },
    ]);
    if (i % 100 > 0) return;
    const other = { uri: `file:///other-${i}.dvr.yaml` };
    await client.open(other.uri, `${example}# ${i}\n`);
    await client.connection.sendRequest('textDocument/semanticTokens/full', { textDocument: other });
    await client.connection.sendNotification('textDocument/didClose', { textDocument: other });
  };

  it(`holds after ${EDITS} edits what it held before`, { timeout: 3_600_000 }, async () => {
    for (let i = 0; i < WARM_UP; i++) await edit(i);
    const first = await heapMiB();
    for (let i = WARM_UP; i < EDITS; i++) await edit(i);
    const last = await heapMiB();
    assert.ok(last < first + MOST_MIB, `${first.toFixed(1)} MiB, then ${last.toFixed(1)} MiB`);
  });

  it('does nothing when nobody does', async () => {
    const used = async (milliseconds: number): Promise<number> => {
      const earlier = ticks(client.pid);
      await sleep(milliseconds);
      return ticks(client.pid) - earlier;
    };
    // Until what waits for the end of the typing was told, which a busy machine does later.
    for (let i = 0; i < 40 && (await used(1500)) > 0; i++);
    const all = await used(5000);
    assert.ok(all <= 1, `${all} ticks of a hundredth of a second`);
  });
});

/** `proc_pid_stat(5)`: `utime` and `stime`; the name of the program before them is in brackets. */
function ticks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '').trim().split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
