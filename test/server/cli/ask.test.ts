/** Questions on a terminal: what is written, what is read, that secrets are not shown, and that nothing is asked without one. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { terminalAsk, type TerminalInput } from '../../../server/cli/ask.ts';
import type { Question } from '../../../shared/protocol.ts';

const HOST_KEY: Question = {
  kind: 'host-key',
  host: 'node1',
  keyType: 'ssh-ed25519',
  fingerprint: 'SHA256:abc',
  file: '/k',
  detail: 'More.',
};
const LOGIN: Question = {
  kind: 'login',
  login: 'me@node1',
  instruction: 'Hello.',
  prompts: [
    { text: 'Password:', isSecret: true },
    { text: 'Code:', isSecret: false },
  ],
  isRepeated: false,
};
const passphrase = (isRepeated: boolean): Question => ({ kind: 'passphrase', file: '/id', isRepeated });

/** A terminal on which this is typed. */
async function type(
  question: Question,
  keys: string[],
  signal?: AbortSignal,
): Promise<{ answers: string[] | undefined; shown: string; raw: boolean[] }> {
  const raw: boolean[] = [];
  let shown = '';
  const stream = new PassThrough();
  const input = Object.assign(stream, { isTTY: true, setRawMode: (mode: boolean) => raw.push(mode) && input });
  const output = { isTTY: true, write: (text: string) => (shown += text) };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a terminal's input, as far as it is used
  const answering = terminalAsk(input as unknown as TerminalInput, output)!(question, signal);
  for (const key of keys) {
    // oxlint-disable-next-line no-await-in-loop -- as somebody types
    await new Promise(setImmediate);
    stream.write(key);
  }
  return { answers: await answering, shown, raw };
}

test('answers', async () => {
  const rows: [question: Question, keys: string[], answers: string[] | undefined][] = [
    [HOST_KEY, ['yes\r'], ['remember']],
    [HOST_KEY, ['once', '\n'], ['once']],
    [HOST_KEY, [' YES \r'], ['remember']],
    [HOST_KEY, ['SHA256:abc\r'], ['remember']],
    [HOST_KEY, ['SHA256:ab\r'], ['refuse']],
    [HOST_KEY, ['no\r'], ['refuse']],
    [HOST_KEY, ['y\r'], ['refuse']],
    [HOST_KEY, ['\r'], ['refuse']],
    [HOST_KEY, ['\u0004'], undefined],
    [passphrase(false), ['se', 'X\u007f', 'cret\r'], ['secret']],
    [passphrase(false), ['pässwörd\r'], ['pässwörd']],
    [passphrase(true), ['x\r'], ['x']],
    [LOGIN, ['pw\r', '123\r'], ['pw', '123']],
    [LOGIN, ['pw\r', '\u0004'], undefined],
  ];
  for (const [question, keys, answers] of rows) {
    const typed = await type(question, keys);
    assert.deepEqual(typed.answers, answers, keys.join());
    assert.equal(typed.raw.at(-1), false, 'the terminal is as it was');
  }
});

test('what is shown', async () => {
  const key = await type(HOST_KEY, ['yes\r']);
  assert.match(
    key.shown,
    /host key of node1 is not known: ssh-ed25519 SHA256:abc\nMore\.\n.*writes it to \/k.*: yes\n$/s,
  );
  const secret = await type(passphrase(true), ['secret\r']);
  assert.equal(secret.shown, 'That was wrong. Passphrase of /id: \n');
  const login = await type(LOGIN, ['pw\r', '123\r']);
  assert.equal(login.shown, 'Hello.\n(me@node1) Password: \n(me@node1) Code: 123\n');
});

test('a cancel ends the question', async () => {
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 20);
  assert.equal((await type(passphrase(false), ['half'], abort.signal)).answers, undefined);
});

test('nobody is asked where there is no terminal', () => {
  const input = Object.assign(new PassThrough(), { isTTY: false, setRawMode: () => assert.fail() });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
  assert.equal(terminalAsk(input as unknown as TerminalInput, { isTTY: true, write: () => undefined }), undefined);
});
