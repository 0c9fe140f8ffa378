/** What the operating system says, in words: no code of its reaches a person where we know what it means. */
import assert from 'node:assert/strict';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectionErrorText, errorCode, fileErrorText } from '../../../server/collect/errorCode.ts';
import { hintFor } from '../../../server/collect/hints.ts';

const TARGET = { node: 'net1', host: 'net1.example', port: 22, username: 'root' };
const thrown = async (make: Promise<unknown>): Promise<unknown> =>
  make.then(
    () => undefined,
    (error: unknown) => error,
  );
const systemError = (code: string): Error => Object.assign(new Error(`${code}: of the system`), { code });

test('files and folders', async () => {
  const missing = join(tmpdir(), 'dvrscope-there-is-no-such-file');
  const rows: [error: unknown, words: string][] = [
    [await thrown(readFile(missing)), 'no such file or folder'],
    [await thrown(readFile(tmpdir())), 'it is a folder'],
    [await thrown(readdir(process.execPath)), 'a part of the path is no folder'],
    [await thrown(writeFile(join(tmpdir(), 'x'.repeat(300)), '')), 'the name is too long'],
    [systemError('EACCES'), 'permission denied'],
    [systemError('ENOSPC'), 'the disk is full'],
    [systemError('EWHATEVER'), 'EWHATEVER: of the system'],
    [new Error('no gzip'), 'no gzip'],
    ['thrown', 'thrown'],
  ];
  for (const [error, words] of rows) assert.equal(fileErrorText(error), words);
});

test('connections, and what to do about them', async () => {
  const refused = await new Promise((resolve) => {
    connect({ host: '127.0.0.1', port: 1 }).on('error', resolve);
  });
  const rows: [error: unknown, words: RegExp, hint: RegExp][] = [
    [refused, /^connection refused$/, /is the port right/],
    [systemError('ENOTFOUND'), /^this machine knows no address for the name net1\.example$/, /^Give its address in/],
    [systemError('EAI_AGAIN'), /^the name net1\.example could not be looked up/, /^Give its address in/],
    [systemError('EHOSTUNREACH'), /^the host does not answer/, /^Is it up, /],
    [systemError('ENETUNREACH'), /^this machine has no route/, /^Is it up, /],
    [systemError('ETIMEDOUT'), /^no answer$/, /^Is it up, /],
  ];
  for (const [error, words, hint] of rows) {
    const said = connectionErrorText(error, TARGET.host);
    assert.match(said ?? '', words);
    assert.match(hintFor('connection', TARGET, said), hint);
  }
  assert.equal(connectionErrorText(new Error('Handshake failed')), undefined);
  assert.equal(errorCode(refused), 'ECONNREFUSED');
});
