// Forms of answers that depend on what a client can, one capability at a time.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type {
  ClientCapabilities,
  CompletionList,
  FoldingRange,
  Hover,
  LocationLink,
  MarkupContent,
  ServerCapabilities,
  WorkspaceEdit,
  WorkspaceSymbol,
} from 'vscode-languageserver';
import { announced } from '../../../server/features/table.ts';
import { functionSession } from '../../support/sessions.ts';

const uri = 'file:///t.dvr.yaml';
const TEXT = `dvr: 1
release: zed
nodes:
  compute1:
    agent_mode: dvr
ports:
  vm1: {node: compute1, network: red}
networks:
  red:
    network_type: vxlan
    subnets:
      red-v4: {cidr: 10.0.0.0/24}
`;
const onNode = { textDocument: { uri }, position: { line: 6, character: 16 } };

/** The answer that a client gets which can so much and no more. */
function ask<T>(client: ClientCapabilities, method: string, params: object): Promise<T> {
  const fixture = { name: 't', path: 't', files: [{ uri, text: TEXT, markers: [] }] };
  return functionSession([fixture], client).ask(method, params) as Promise<T>;
}

describe('a client that can', () => {
  it('follow links is given where the name was, too', async () => {
    const [link] = await ask<LocationLink[]>(
      { textDocument: { definition: { linkSupport: true } } },
      'textDocument/definition',
      onNode,
    );
    assert.deepEqual(link, {
      targetUri: uri,
      targetRange: { start: { line: 3, character: 2 }, end: { line: 4, character: 19 } },
      targetSelectionRange: { start: { line: 3, character: 2 }, end: { line: 3, character: 10 } },
      originSelectionRange: { start: { line: 6, character: 14 }, end: { line: 6, character: 22 } },
    });
  });

  it('check versions is given that of the document', async () => {
    const client = { workspace: { workspaceEdit: { documentChanges: true } } };
    const edit = await ask<WorkspaceEdit>(client, 'textDocument/rename', { ...onNode, newName: 'kvm-1' });
    assert.deepEqual(edit.changes, undefined);
    const [change] = edit.documentChanges!;
    assert.deepEqual(change && 'textDocument' in change && change.textDocument, { uri, version: 1 });
    assert.equal(change && 'edits' in change && change.edits.length, 2);
  });

  it('share the range of completions is given it once', async () => {
    const client = { textDocument: { completion: { completionList: { itemDefaults: ['editRange'] } } } };
    const { items, itemDefaults } = await ask<CompletionList>(client, 'textDocument/completion', onNode);
    assert.deepEqual(itemDefaults?.editRange, { start: { line: 6, character: 14 }, end: { line: 6, character: 22 } });
    assert.deepEqual(
      items.map(({ textEdit, textEditText }) => [textEdit, textEditText]),
      [[undefined, 'compute1']],
    );
  });

  it('not keep lines as they are is given keys on one line', async () => {
    const at = { textDocument: { uri }, position: { line: 9, character: 4 } };
    const plain = await ask<CompletionList>({}, 'textDocument/completion', at);
    assert.ok(
      plain.items.every(({ textEdit }) => textEdit && !textEdit.newText.includes('\n')),
      'no line breaks otherwise',
    );
  });

  it('show plain text alone is given no marks', async () => {
    const client: ClientCapabilities = { textDocument: { hover: { contentFormat: ['plaintext'] } } };
    const hover = await ask<Hover>(client, 'textDocument/hover', { ...onNode, position: { line: 4, character: 6 } });
    const { kind, value } = hover.contents as MarkupContent;
    assert.equal(kind, 'plaintext');
    assert.match(value, /^agent_mode \(legacy, dvr, /);
    assert.doesNotMatch(value, /[`*\\]/);
  });

  it('ask for ranges of symbols later is given none; another one is', async () => {
    const lazy: ClientCapabilities = { workspace: { symbol: { resolveSupport: { properties: ['location.range'] } } } };
    const [later] = await ask<WorkspaceSymbol[]>(lazy, 'workspace/symbol', { query: 'vm1' });
    assert.ok(later && !('range' in later.location));
    const [now] = await ask<WorkspaceSymbol[]>({ workspace: { symbol: {} } }, 'workspace/symbol', { query: 'vm1' });
    assert.ok(now && 'range' in now.location && !now.data);
  });

  it('show only the first kinds of symbols is given no others', async () => {
    const kinds = async (symbol: object): Promise<Record<string, number>> => {
      const client: ClientCapabilities = { workspace: { symbol }, textDocument: { documentSymbol: symbol } };
      const found = await ask<WorkspaceSymbol[]>(client, 'workspace/symbol', { query: '' });
      const outline = await ask<WorkspaceSymbol[]>(client, 'textDocument/documentSymbol', { textDocument: { uri } });
      const all = Object.fromEntries(outline.map(({ name, kind }) => [name, kind]));
      for (const { name, kind } of found) assert.equal(all[name], kind, name);
      return all;
    };
    const all = Array.from({ length: 26 }, (_, i) => i + 1);
    const known = await kinds({ symbolKind: { valueSet: all } });
    assert.equal(known['red'], 19);
    assert.ok(Object.values(await kinds({})).every((kind) => kind <= 18));
    assert.deepEqual((await kinds({}))['red'], 5);
  });

  it('show so many folds is given the outermost ones', async () => {
    const client = { textDocument: { foldingRange: { rangeLimit: 2 } } };
    const folds = await ask<FoldingRange[]>(client, 'textDocument/foldingRange', { textDocument: { uri } });
    assert.deepEqual(folds, [
      { startLine: 2, endLine: 4 },
      { startLine: 7, endLine: 11 },
    ]);
  });

  const ANNOUNCED: [title: string, ClientCapabilities, ServerCapabilities][] = [
    ['rename without asking first', { textDocument: { rename: {} } }, { renameProvider: true }],
    [
      'rename after asking',
      { textDocument: { rename: { prepareSupport: true } } },
      { renameProvider: { prepareProvider: true } },
    ],
    ['hints with tooltips at once', { textDocument: { inlayHint: {} } }, { inlayHintProvider: true }],
    ['symbols at once', { workspace: { symbol: {} } }, { workspaceSymbolProvider: true }],
    ['no lenses without commands', { textDocument: { codeLens: {} } }, {}],
  ];
  for (const [title, client, expected] of ANNOUNCED)
    it(`is announced ${title}`, () => {
      const { documentFormattingProvider: _, ...found } = announced(client);
      assert.deepEqual(found, expected);
    });

  it('show tokens is announced only the forms that it asks for', () => {
    const tokens = (requests: { full?: boolean | { delta?: boolean }; range?: boolean }): unknown => {
      const client = {
        textDocument: {
          semanticTokens: { requests, tokenTypes: [], tokenModifiers: [], formats: ['relative' as const] },
        },
      };
      const { semanticTokensProvider: provider } = announced(client);
      return provider && { full: provider.full, range: provider.range };
    };
    assert.deepEqual(tokens({ full: { delta: true }, range: true }), { full: { delta: true }, range: true });
    assert.deepEqual(tokens({ full: true }), { full: true, range: false });
    assert.deepEqual(tokens({ range: true }), { full: false, range: true });
    assert.deepEqual(tokens({}), undefined);
  });
});
