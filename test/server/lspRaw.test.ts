/** A client that is broken or means harm, byte by byte: every request has its answer, and the server ends rather than be deaf. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { framesOf } from '../../server/stdio/frames.ts';

const SERVER = path.resolve(import.meta.dirname, '../../server/bin.ts');

interface Answer {
  id?: string | number | null;
  method?: string;
  error?: { code: number };
  result?: unknown;
}

const framed = (text: string): string => `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
const message = (fields: object): string => framed(JSON.stringify({ jsonrpc: '2.0', ...fields }));
const INIT = message({ id: 'init', method: 'initialize', params: { processId: null, capabilities: {} } });
const SYMBOLS = { method: 'workspace/symbol', params: { query: '' } };
const EXIT = message({ method: 'exit' });
const text = (uri: unknown, content: unknown): object => ({
  method: 'textDocument/didOpen',
  params: { textDocument: { uri, languageId: 'dvr-topology', version: 1, text: content } },
});

/** What the server answered and how it ended. Where `input` is all that comes, the pipe is closed behind it. */
async function talk(input: string): Promise<{ status: number | null; stderr: string; answers: Answer[] }> {
  const child = spawn(process.execPath, [SERVER, 'lsp', '--stdio']);
  const frames = framesOf();
  const answers: Answer[] = [];
  let stderr = '';
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  child.stdout.on('data', (data: Buffer) => {
    for (const frame of frames(data)) {
      assert.ok('text' in frame, JSON.stringify(frame));
      answers.push(JSON.parse(frame.text) as Answer);
    }
  });
  child.stdin.on('error', () => undefined);
  child.stdin.write(input);
  const closed = once(child, 'close') as Promise<[number | null]>;
  const limit = AbortSignal.timeout(240_000);
  limit.addEventListener('abort', () => child.kill());
  const [status] = await closed;
  assert.ok(!limit.aborted, 'it did not end');
  return { status, stderr, answers };
}

const codes = (answers: readonly Answer[]): Record<string, number | 'ok'> =>
  Object.fromEntries(answers.flatMap(({ id, method, error }) => (method ? [] : [[String(id), error?.code ?? 'ok']])));

describe('what is wrong is answered, and spoils nothing', () => {
  const rows: [name: string, messages: string[], answered: Record<string, number | 'ok'>][] = [
    ['no JSON', [framed('{bad'), framed('')], { null: -32_700 }],
    ['requests before initialize', [message({ id: 1, ...SYMBOLS }), INIT], { 1: -32_002, init: 'ok' }],
    ['texts that are none', [INIT, message(text(5, 5)), message(text('file:///a', null))], { init: 'ok' }],
    ['an unknown method', [INIT, message({ id: 1, method: 'foo/bar' })], { init: 'ok', 1: -32_601 }],
    [
      'wrong parameters',
      [INIT, message({ id: 1, method: 'workspace/symbol', params: {} })],
      { init: 'ok', 1: -32_602 },
    ],
    [
      'deep nesting',
      [INIT, framed(`{"jsonrpc":"2.0","id":1,"method":"x","params":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)],
      { init: 'ok', 1: -32_601 },
    ],
  ];
  for (const [name, messages, answered] of rows)
    it(name, async () => {
      const last = `${name === 'no JSON' ? INIT : ''}${message({ id: 'last', ...SYMBOLS })}`;
      const { answers, stderr } = await talk(
        `${messages.join('')}${last}${message({ id: 'end', method: 'shutdown' })}${EXIT}`,
      );
      assert.equal(stderr, '');
      const { end: _, ...got } = codes(answers);
      assert.deepEqual({ ...got, ...answered, last: 'ok' }, got);
    });
});

describe('how it ends', () => {
  const rows: [name: string, input: string, status: number, says: RegExp][] = [
    ['shutdown and exit', `${INIT}${message({ id: 1, method: 'shutdown' })}${EXIT}`, 0, /^$/],
    ['exit without shutdown', `${INIT}${EXIT}`, 1, /^$/],
    ['exit before initialize', EXIT, 1, /^$/],
    ['a header without a length', `${INIT}Foo: 1\r\n\r\n${EXIT}`, 1, /^dvrscope lsp: the header .* Content-Length\n$/],
    ['a length that is none', `${INIT}Content-Length: -5\r\n\r\n{}`, 1, /^dvrscope lsp: Content-Length is no number/],
    ['a length that is too small', `Content-Length: 5\r\n\r\n${INIT.slice(22)}`, 1, /^dvrscope lsp: /],
    ['another protocol', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', 1, /^dvrscope lsp: this is no header/],
  ];
  for (const [name, input, status, says] of rows)
    it(name, async () => {
      const ended = await talk(input);
      assert.equal(ended.status, status);
      assert.match(ended.stderr, says);
    });

  it('the other end goes away', async () => {
    const child = spawn(process.execPath, [SERVER, 'lsp', '--stdio'], { stdio: ['pipe', 'ignore', 'ignore'] });
    child.stdin.end(INIT);
    const [status] = (await once(child, 'close')) as [number];
    assert.equal(status, 1);
  });

  it('the client dies and somebody else holds the pipe', { skip: process.platform === 'win32' }, async () => {
    const client = spawn('sleep', ['60']);
    const child = spawn(process.execPath, [SERVER, 'lsp', '--stdio'], { stdio: ['pipe', 'ignore', 'ignore'] });
    const closed = once(child, 'close') as Promise<[number]>;
    child.stdin.write(message({ id: 1, method: 'initialize', params: { processId: client.pid, capabilities: {} } }));
    await sleep(500);
    client.kill();
    const [status] = await closed;
    assert.equal(status, 1);
  });
});
