/** Formatting over a pipe, of a document, of ranges, on Enter, and by the command line. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { TextEdit } from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { dvrscope } from '../../support/cli.ts';
import { startLsp, type LspClient } from '../../support/lspClient.ts';

const uri = 'file:///cloud.dvr.yaml';
const GIVEN = 'nodes:\n    a: { agent_mode: dvr }\n\n\nnetworks:\n    red: { mtu: 1400 }\n';
const WANTED = 'nodes:\n  a: {agent_mode: dvr}\n\nnetworks:\n  red: {mtu: 1400}\n';
const CLIENT = { textDocument: { formatting: {}, rangeFormatting: { rangesSupport: true }, onTypeFormatting: {} } };
const at = (line: number, character: number) => ({ line, character });

describe('formatting', () => {
  let client: LspClient;
  let version = 1;
  before(async () => {
    client = await startLsp({}, undefined, undefined, CLIENT);
    await client.open(uri, GIVEN);
  });
  after(() => client.stop());

  const ask = async (text: string, method: string, params: object): Promise<string> => {
    await client.change(uri, ++version, [{ text }]);
    const options = { tabSize: 4, insertSpaces: true };
    const edits = await client.connection.sendRequest<TextEdit[]>(method, {
      textDocument: { uri },
      options,
      ...params,
    });
    return TextDocument.applyEdits(TextDocument.create(uri, '', version, text), edits);
  };

  it('is announced to who can use it', async () => {
    const { documentFormattingProvider, documentRangeFormattingProvider, documentOnTypeFormattingProvider } =
      client.announced;
    assert.deepEqual(
      [documentFormattingProvider, documentRangeFormattingProvider, documentOnTypeFormattingProvider],
      [true, { rangesSupport: true }, { firstTriggerCharacter: '\n' }],
    );
    const small = await startLsp({}, undefined, undefined, {});
    assert.equal(small.announced.documentFormattingProvider, undefined);
    assert.equal(small.announced.documentOnTypeFormattingProvider, undefined);
    await small.stop();
  });

  it('of the document', async () => {
    assert.equal(await ask(GIVEN, 'textDocument/formatting', {}), WANTED);
    assert.equal(await ask(WANTED, 'textDocument/formatting', {}), WANTED);
  });

  it('of a text with YAML errors does nothing', async () => {
    for (const broken of [GIVEN.replace('}', ''), GIVEN.replace('    a', '\ta'), `${GIVEN}  "x: 1\n`])
      assert.equal(await ask(broken, 'textDocument/formatting', {}), broken);
  });

  it('of a text with other mistakes is done', async () => {
    assert.equal(
      await ask(GIVEN.replace('dvr }', 'dvrr }'), 'textDocument/formatting', {}),
      WANTED.replace('dvr}', 'dvrr}'),
    );
  });

  it('of a range, and of several', async () => {
    const first = { start: at(0, 0), end: at(2, 0) };
    const last = { start: at(4, 0), end: at(5, 10) };
    const half = 'nodes:\n  a: {agent_mode: dvr}\n\n\nnetworks:\n    red: { mtu: 1400 }\n';
    assert.equal(await ask(GIVEN, 'textDocument/rangeFormatting', { range: first }), half);
    assert.equal(
      await ask(GIVEN, 'textDocument/rangesFormatting', { ranges: [first, last] }),
      WANTED.replace('\n\n', '\n\n\n'),
    );
  });

  const entered: [what: string, before: string, current: string, wanted: string][] = [
    ['behind a key', '  red:', '', '    '],
    ['behind an entry', '    mtu: 1400', '', '    '],
    ['behind a flow map', '  a: {b: 1}', '', '  '],
    ['behind an open bracket', '  a: {', '', '    '],
    ['behind an item', '  - a: 1', '', '    '],
    ['behind an item that opens a map', '  - a:', '', '      '],
    ['behind a comment', '  a: # what', '', '    '],
    ['spaces at the end of the line before go', '  red:  ', '      ', '    '],
    ['what was split off stays', '  a:', 'b: 1', 'b: 1'],
    ['on an empty line nothing is known', '', '  ', '  '],
  ];
  for (const [what, line, current, wanted] of entered)
    it(`on Enter, ${what}`, async () => {
      const text = `x:\n${line}\n${current}\n`;
      const position = at(2, current.length);
      const found = await ask(text, 'textDocument/onTypeFormatting', { position, ch: '\n' });
      assert.equal(found, `x:\n${line.trimEnd()}\n${wanted}\n`);
    });

  it('by the command line', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'dvrscope-format-'));
    const [file, good, bad] = ['a', 'b', 'c'].map((name) => path.join(folder, `${name}.dvr.yaml`)) as [
      string,
      string,
      string,
    ];
    await writeFile(file, GIVEN);
    await writeFile(good, WANTED);
    await writeFile(bad, 'nodes: {');
    assert.deepEqual(await dvrscope('format', '--check', file, good), { status: 1, out: `${file}\n`, err: '' });
    assert.equal(await readFile(file, 'utf8'), GIVEN);
    assert.deepEqual(await dvrscope('format', file, good), { status: 0, out: `${file}\n`, err: '' });
    assert.equal(await readFile(file, 'utf8'), WANTED);
    assert.deepEqual(await dvrscope('format', '--check', file), { status: 0, out: '', err: '' });
    const broken = await dvrscope('format', bad);
    assert.equal(broken.status, 2);
    assert.match(broken.err, /c\.dvr\.yaml:1:8: not formatted: /);
    assert.equal(await readFile(bad, 'utf8'), 'nodes: {');
    for (const wrong of [['format'], ['format', '--chek', file], ['format', path.join(folder, 'none')]])
      assert.equal((await dvrscope(...wrong)).status, 2);
    await rm(folder, { recursive: true });
  });
});
