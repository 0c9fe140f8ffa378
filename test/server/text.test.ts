/** Our versions of a text against the text document of the LSP library. `EDITS` for more edits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { textOf, type Text } from '../../server/text.ts';
import { randomOf } from '../shared/topology/edits.ts';

const EDITS = Number(process.env['EDITS'] ?? 3000);
const PIECES = ['a', 'b\n', '\r', '\n', '\r\n', 'long words\nand lines\r\n', ''];

test(`${EDITS} random edits: every offset and position`, () => {
  const random = randomOf(3);
  let text = '';
  let ours: Text | undefined;
  for (let version = 1; version <= EDITS; version++) {
    const at = random.below(text.length + 1);
    const gone = random.below(text.length > 60 ? 40 : 4);
    text = text.slice(0, at) + random.pick(PIECES) + text.slice(at + gone);
    const of = { uri: 'file:///a', languageId: 'x', version };
    ours = textOf(of, text, ours);
    // Versions may be skipped.
    if (random.below(4) === 0) continue;
    const library = TextDocument.create(of.uri, of.languageId, version, text);
    assert.equal(ours.lineCount, library.lineCount, JSON.stringify(text));
    for (let offset = -1; offset <= text.length + 1; offset++)
      assert.deepEqual(ours.positionAt(offset), library.positionAt(offset), `${offset} in ${JSON.stringify(text)}`);
    for (let line = -1; line <= library.lineCount; line++)
      for (const character of [-1, 0, 1, 3, 99]) {
        const position = { line, character };
        assert.equal(ours.offsetAt(position), library.offsetAt(position), JSON.stringify([position, text]));
      }
  }
});
