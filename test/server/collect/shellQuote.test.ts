/** Quoting, judged by the shell. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { shellQuote, shellWord, withoutControls } from '../../../server/collect/shellQuote.ts';
import { runScript } from '../../support/runScript.ts';

const HOSTILE = [
  "'",
  "''",
  "a'b",
  '$(id)',
  '`id`',
  '\\',
  '\n',
  '"',
  '',
  ' ',
  '*',
  '~',
  '-n',
  '!!',
  "'; rm -rf /; '",
  'ä€😀',
  '\u0001\u007f',
  '#x',
  '${HOME}',
];

/** The texts as the shell has them after reading each word. */
async function throughShell(words: string[]): Promise<string[]> {
  const { stdout } = await runScript(`printf '%s\\0' ${words.join(' ')}`);
  return stdout.split('\0').slice(0, -1);
}

test('a quoted text is that text to a shell', async () => {
  const random = fc
    .sample(fc.string({ unit: 'grapheme', maxLength: 30 }), { seed: 1, numRuns: 300 })
    .map((text) => text.replaceAll('\0', ''));
  const texts = [...HOSTILE, ...random];
  assert.deepEqual(await throughShell(texts.map(shellQuote)), texts);
});

test('a NUL, which no word can hold, is left out', () => {
  assert.equal(shellQuote('a\0b'), "'ab'");
});

test('a word for people is one word too, plain where that is safe, and on one line', async () => {
  const texts = HOSTILE.filter((text) => text !== '~');
  assert.deepEqual(await throughShell(texts.map(shellWord)), texts.map(withoutControls));
  assert.equal(shellWord('/etc/ssh/known_hosts'), '/etc/ssh/known_hosts');
  for (const text of [...HOSTILE, 'a\r\nb\u001b[31mc\u009bd\u2028e'])
    assert.doesNotMatch(shellWord(text), /[\p{Cc}\u2028]/u);
});
