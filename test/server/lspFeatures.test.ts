// What is announced to which client, and what the server makes of clients that say nothing, take requests back, or send nonsense.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import {
  CancellationTokenSource,
  ErrorCodes,
  LSPErrorCodes,
  ResponseError,
  type CompletionList,
  type Hover,
  type InlayHint,
  type Location,
  type MarkupContent,
  type SemanticTokens,
  type SemanticTokensDelta,
  type SymbolInformation,
  type WorkspaceEdit,
} from 'vscode-languageserver/node';
import { FEATURES } from '../../server/features/table.ts';
import { CLIENTS } from '../support/clients.ts';
import { largeTopology } from '../support/largeTopology.ts';
import { startLsp, type LspClient } from '../support/lspClient.ts';

const uri = 'file:///cloud.dvr.yaml';
const textDocument = { uri };
const start = { line: 0, character: 0 };
const everything = { start, end: { line: 10_000, character: 0 } };

let text: string;
let full: LspClient;
let minimal: LspClient;

const placeOf = (needle: string): { line: number; character: number } => {
  const lines = text.slice(0, text.indexOf(needle)).split('\n');
  return { line: lines.length - 1, character: lines.at(-1)!.length };
};

before(async () => {
  text = await readFile(new URL('../../examples/snat-two-subnets.dvr.yaml', import.meta.url), 'utf8');
  full = await startLsp({}, undefined, undefined, CLIENTS.full);
  minimal = await startLsp({}, undefined, undefined, CLIENTS.minimal);
  for (const client of [full, minimal]) await client.open(uri, text);
});

after(async () => {
  for (const client of [full, minimal]) assert.deepEqual(await client.stop(), { status: 0, stderr: '' });
});

describe('a client that says nothing', () => {
  const ask = <T>(method: string, params: object): Promise<T> => minimal.connection.sendRequest<T>(method, params);

  it('is announced nothing but how to send the text', () => {
    assert.deepEqual(minimal.announced, { textDocumentSync: 2 });
  });

  it('gets plain forms of what it asks for all the same', async () => {
    const position = placeOf('node: network1');
    const place = { textDocument, position: { ...position, character: position.character + 8 } };
    const definition = await ask<Location[]>('textDocument/definition', place);
    assert.deepEqual(
      definition.map((each) => ({ ...each, range: each.range.start })),
      [{ uri, range: placeOf('network1: {') }],
    );
    const symbols = await ask<SymbolInformation[]>('textDocument/documentSymbol', { textDocument });
    assert.deepEqual(symbols.find(({ name }) => name === 'subnet-a')?.containerName, 'net-a');
    const rename = await ask<WorkspaceEdit>('textDocument/rename', { ...place, newName: 'n1' });
    assert.equal(rename.changes?.[uri]?.length, 2);
    const { items, itemDefaults } = await ask<CompletionList>('textDocument/completion', place);
    assert.equal(itemDefaults, undefined);
    assert.ok(items.every((item) => item.textEdit && item.insertTextFormat === undefined));
    const hover = await ask<Hover>('textDocument/hover', place);
    assert.match((hover.contents as MarkupContent).value, /The node that the gateway port is bound to/);
    const [hint] = await ask<InlayHint[]>('textDocument/inlayHint', { textDocument, range: everything });
    assert.ok(hint?.tooltip && !hint.data, 'nothing is left for later');
    assert.deepEqual(await ask('textDocument/codeLens', { textDocument }), []);
  });

  it('is offered no whole entries, which are snippets', async () => {
    const { items } = await ask<CompletionList>('textDocument/completion', {
      textDocument,
      position: { line: 11, character: 2 },
    });
    assert.deepEqual(
      items.filter(({ insertTextFormat }) => insertTextFormat === 2),
      [],
    );
  });
});

describe('a client that can all', () => {
  it('is announced all that the table has', () => {
    const { textDocumentSync, completionProvider, ...others } = full.announced;
    assert.equal(textDocumentSync, 2);
    assert.equal(completionProvider?.resolveProvider, true);
    const names = Object.keys(others);
    for (const name of [
      'codeLensProvider',
      'definitionProvider',
      'documentHighlightProvider',
      'documentLinkProvider',
      'documentSymbolProvider',
      'foldingRangeProvider',
      'hoverProvider',
      'inlayHintProvider',
      'linkedEditingRangeProvider',
      'referencesProvider',
      'renameProvider',
      'selectionRangeProvider',
      'semanticTokensProvider',
      'workspaceSymbolProvider',
    ])
      assert.ok(names.includes(name), name);
    assert.ok(!names.includes('declarationProvider'));
  });

  it('gets of tokens only what an edit changed', async () => {
    const ask = <T>(method: string, params: object): Promise<T> => full.connection.sendRequest<T>(method, params);
    const method = 'textDocument/semanticTokens/full';
    const deltaMethod = 'textDocument/semanticTokens/full/delta';
    const whole = await ask<SemanticTokens>(method, { textDocument });
    const same = await ask<SemanticTokensDelta>(deltaMethod, { textDocument, previousResultId: whole.resultId });
    assert.deepEqual(same.edits, []);
    const changed = text.replace('network: net-b', 'network: unknown-net');
    await full.change(uri, 2, [{ text: changed }]);
    const delta = await ask<SemanticTokensDelta>(deltaMethod, { textDocument, previousResultId: same.resultId });
    assert.ok(delta.edits.length === 1 && delta.edits[0]!.deleteCount < 20, JSON.stringify(delta));
    const applied = [...whole.data];
    for (const edit of delta.edits) applied.splice(edit.start, edit.deleteCount, ...(edit.data ?? []));
    assert.deepEqual(applied, (await ask<SemanticTokens>(method, { textDocument })).data);
    const stale = await ask<SemanticTokens>(deltaMethod, { textDocument, previousResultId: 'no such' });
    assert.deepEqual(stale.data, applied);
    const { line } = placeOf('ports:');
    const range = { start: { line, character: 0 }, end: { line: line + 2, character: 0 } };
    const part = await ask<SemanticTokens>('textDocument/semanticTokens/range', { textDocument, range });
    assert.equal(part.data[0], line + 1, 'the first token is on the first line with one');
    assert.ok(part.data.length > 0 && part.data.length < applied.length);
    await full.change(uri, 3, [{ text }]);
  });

  it('is told that a request was taken back, without it being worked off', async () => {
    // So that the server is busy when the others come.
    const large = { uri: 'file:///large.dvr.yaml' };
    await full.open(large.uri, largeTopology(20_000));
    const busy = full.connection.sendRequest('textDocument/semanticTokens/full', { textDocument: large });
    const asked = Array.from({ length: 30 }, () => {
      const cancel = new CancellationTokenSource();
      const answer = full.connection
        .sendRequest('textDocument/documentSymbol', { textDocument: large }, cancel.token)
        .then(
          () => 'answered',
          (error: unknown) => (error instanceof ResponseError ? error.code : error),
        );
      return { cancel, answer };
    });
    for (const { cancel } of asked) cancel.cancel();
    const outcomes = await Promise.all(asked.map(({ answer }) => answer));
    assert.equal(outcomes.at(-1), LSPErrorCodes.RequestCancelled);
    assert.ok(
      outcomes.filter((outcome) => outcome === LSPErrorCodes.RequestCancelled).length >= 20,
      outcomes.join(' '),
    );
    assert.ok(await busy, 'what was not taken back is answered');
  });
});

describe('nonsense', () => {
  const NONSENSE: unknown[] = [
    {},
    { textDocument: 5 },
    { textDocument: { uri: 7 }, position: start },
    { textDocument, position: { line: -1, character: 0 } },
    { textDocument, ranges: [everything, null] },
    {
      textDocument,
      position: { line: '1', character: {} },
      range: 3,
      positions: {},
      ranges: [5],
      newName: 1,
      previousResultId: null,
    },
    { query: 5, label: [], name: {} },
  ];

  for (const { method, needs } of FEATURES) {
    it(`for ${method} is answered with what is wrong`, async () => {
      if (needs.length > 0) await assert.rejects(full.connection.sendRequest(method, {}), /needs a valid/);
      for (const params of needs.length > 0 ? NONSENSE : []) {
        const answer: unknown = await full.connection.sendRequest(method, params).catch((error: unknown) => error);
        if (!(answer instanceof ResponseError)) continue;
        assert.equal(answer.code, ErrorCodes.InvalidParams, answer.message);
        assert.match(answer.message, /needs a valid `\w+`/);
      }
      const whole = { textDocument, position: start, positions: [start], range: everything, newName: 'x', query: '' };
      const unknown = { ...whole, textDocument: { uri: 'file:///other.dvr.yaml' } };
      if (!needs.includes('textDocument')) return;
      const answer: unknown = await full.connection.sendRequest(method, unknown).catch((error: unknown) => error);
      if (answer instanceof ResponseError) assert.match(answer.message, /is not open|needs/);
      else assert.ok(answer === null || (Array.isArray(answer) && answer.length === 0), JSON.stringify(answer));
    });
  }

  it('far outside of the text is answered', async () => {
    const position = { line: 2 ** 31 - 1, character: 2 ** 31 - 1 };
    for (const { method, needs } of FEATURES.filter(
      (feature) => feature.needs.includes('position') && feature.needs.includes('textDocument'),
    )) {
      const params = { textDocument, position, ...(needs.includes('newName') && { newName: 'x' }) };
      const answer: unknown = await full.connection.sendRequest(method, params).catch((error: unknown) => error);
      if (answer instanceof ResponseError)
        assert.equal(answer.code, LSPErrorCodes.RequestFailed, `${method}: ${answer.message}`);
    }
  });
});
