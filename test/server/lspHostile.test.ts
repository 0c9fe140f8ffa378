/**
 * Files that other servers choke on, over a pipe: every request of the table on each is answered or refused with a sentence, in bounded
 * time and memory, and what is wrong with the file is said in words.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { LSPErrorCodes, ResponseError } from 'vscode-languageserver/node';
import { wrongParams } from '../../server/features/feature.ts';
import { FEATURES } from '../../server/features/table.ts';
import { CLIENTS } from '../support/clients.ts';
import { largeTopology } from '../support/largeTopology.ts';
import { startLsp, type LspClient } from '../support/lspClient.ts';

const example = readFileSync(new URL('../../examples/snat-two-subnets.dvr.yaml', import.meta.url), 'utf8');
const many = (count: number, piece: string): string => piece.repeat(count);
const list = (count: number, make: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => make(i)).join('');

/** `says`: what a message about the file must match; none for files of which nothing is wrong. */
const FILES: readonly { name: string; text: string; says?: RegExp }[] = [
  {
    name: 'merge conflict',
    text: example.replace('nodes:\n', '<<<<<<< HEAD\nnodes:\n=======\nnodes: # theirs\n>>>>>>> topic\n'),
    says: /merge conflict is not resolved/,
  },
  {
    name: 'many merge conflicts',
    text: many(2000, `<<<<<<< HEAD\n=======\n>>>>>>> x\n`) + example,
    says: /merge conflict/,
  },
  { name: 'tabs', text: example.replaceAll('\n  ', '\n\t'), says: /[Tt]ab/ },
  { name: 'byte order mark', text: `\uFEFF${example}` },
  { name: 'CRLF', text: example.replaceAll('\n', '\r\n') },
  { name: 'lone returns', text: example.replaceAll('\n', '\r'), says: /carriage return/ },
  { name: 'a line of 100,000 characters', text: `${example}# ${many(100_000, 'x')}\n` },
  {
    name: 'a flow map of 100,000 characters',
    text: `nodes: {${list(4000, (i) => `n${i}: {agent_mode: dvr}, `)}}\n`,
  },
  {
    name: 'a value of 100,000 characters',
    text: `nodes:\n  a: {agent_mode: ${many(100_000, 'x')}}\n`,
    says: /agent_mode/,
  },
  {
    name: 'an open quote and 100,000 characters',
    text: `nodes:\n  a: {agent_mode: "${many(100_000, 'x')}\nports:\n`,
    says: /quote/,
  },
  {
    name: 'anchors and merge keys',
    text: `x-node: &n {agent_mode: dvr}\nnodes:\n${list(3000, (i) => `  n${i}:\n    <<: *n\n    address: 192.0.2.1\n`)}`,
  },
  {
    name: 'an alias bomb',
    text: `nodes:\n${list(12, (i) => `  n${i}: &a${i} {agent_mode: [${i === 0 ? 'x' : many(12, `*a${i - 1}, `)}]}\n`)}`,
    says: /./,
  },
  { name: 'deep blocks', text: list(1500, (i) => `${many(i, ' ')}a:\n`), says: /./ },
  { name: 'deep brackets', text: `nodes: ${many(100_000, '[')}`, says: /./ },
  { name: 'deep braces', text: `nodes: ${many(50_000, '{a: ')}`, says: /./ },
  {
    name: 'binary',
    text: Array.from({ length: 20_000 }, (_, i) => String.fromCharCode((i * 7919) % 256)).join(''),
    says: /./,
  },
  { name: '10 MB', text: largeTopology(500_000) },
  {
    name: '10 MB of something else',
    text: list(150_000, (i) => `- {id: ${i}, name: "some other thing", tags: [a, b]}\n`),
    says: /./,
  },
];

/** Of the processor, since a machine may be busy; minutes and gigabytes are what is to be noticed. */
const LIMIT_MS = 20_000;
const LIMIT_MIB = 1500;

/** `proc_pid_status(5)`; nothing where there is no `/proc`. */
const peakMiB = (pid: number): number =>
  process.platform === 'linux'
    ? Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
    : 0;

/** `proc_pid_stat(5)`: `utime` and `stime`, in ticks of 10 ms; the name of the program before them is in brackets. */
function usedMs(pid: number): number {
  if (process.platform !== 'linux') return 0;
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '').trim().split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

const START = { line: 0, character: 0 };

describe('a file with', () => {
  let client: LspClient;
  before(async () => {
    client = await startLsp({}, undefined, undefined, CLIENTS.full);
  });
  after(async () => {
    assert.deepEqual(await client.stop(), { status: 0, stderr: '' });
  });

  for (const { name, text, says } of FILES)
    it(name, { timeout: 300_000 }, async () => {
      const uri = `file:///${name.replaceAll(/\W/g, '-')}.dvr.yaml`;
      let start = usedMs(client.pid);
      await client.open(uri, text);
      // The client waits for diagnostics only so long.
      await client.connection.sendRequest('textDocument/hover', { textDocument: { uri }, position: START });
      const told = await client.diagnostics(uri, () => true);
      const opened = usedMs(client.pid) - start;
      const messages = told.map(({ message }) => (typeof message === 'string' ? message : message.value));
      if (says)
        assert.ok(
          messages.some((message) => says.test(message)),
          messages.slice(0, 5).join('\n'),
        );
      else assert.deepEqual(messages, []);
      const lines = text.split('\n');
      const line = Math.floor(lines.length / 2);
      const position = { line, character: Math.floor((lines[line] ?? '').length / 2) };
      const range = { start: { line: 0, character: 0 }, end: { line: lines.length, character: 0 } };
      const params = {
        textDocument: { uri },
        position,
        positions: [position],
        range,
        newName: 'x1',
        query: 'a',
        ch: '\n',
        options: { tabSize: 2, insertSpaces: true },
        context: { diagnostics: told.slice(0, 10) },
      };
      assert.ok(opened < LIMIT_MS, `open: ${opened} ms`);
      for (const feature of FEATURES.filter((each) => wrongParams(each, params) === undefined)) {
        start = usedMs(client.pid);
        const answer: unknown = await client.connection
          .sendRequest(feature.method, params)
          .catch((error: unknown) => error);
        const took = usedMs(client.pid) - start;
        assert.ok(took < LIMIT_MS, `${feature.method}: ${took} ms`);
        if (answer instanceof ResponseError)
          assert.equal(answer.code, LSPErrorCodes.RequestFailed, `${feature.method}: ${answer.message}`);
        else assert.ok(!(answer instanceof Error), `${feature.method}: ${String(answer)}`);
      }
      assert.ok(peakMiB(client.pid) < LIMIT_MIB, `${peakMiB(client.pid)} MiB`);
      await client.connection.sendNotification('textDocument/didClose', { textDocument: { uri } });
    });
});
