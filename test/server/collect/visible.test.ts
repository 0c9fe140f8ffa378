/** What could move a cursor, colour a terminal or reorder a line is shown. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { visible, visibleLines } from '../../../server/collect/visible.ts';

test('carets for C0, escapes for the others, everything else as it is', () => {
  const rows: [text: string, shown: string][] = [
    ['plain ä € 👍', 'plain ä € 👍'],
    ['\u001b[31mred\u0007', '^[[31mred^G'],
    ['\u0000\u007f', '^@^?'],
    ['a\nb\tc\r', 'a^Jb^Ic^M'],
    ['\u009b31m', String.raw`\u009b31m`],
    ['\u202eabc\u2066', String.raw`\u202eabc\u2066`],
    ['\u2028', String.raw`\u2028`],
    ['\u{e0001}', String.raw`\udb40\udc01`],
  ];
  for (const [text, shown] of rows) assert.equal(visible(text), shown);
  assert.equal(visibleLines('a\n\tb\r\u001b'), 'a\n\tb^M^[');
});

test('of any text nothing is left that a terminal obeys, and JSON stays the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.doesNotMatch(visible(text), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      assert.deepEqual(JSON.parse(visibleLines(JSON.stringify({ text }, null, 2))), { text });
    }),
    { seed: 1, numRuns: 500 },
  );
});
