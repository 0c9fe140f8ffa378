// 50,000 lines: each request answers wholly right after an edit; nothing is cut off. How fast is what `npm run bench` measures.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { makeDocument, type Document } from '../../../server/document.ts';
import type { Context } from '../../../server/features/feature.ts';
import { FEATURES } from '../../../server/features/table.ts';
import { COMMAND } from '../../../shared/protocol.ts';
import { CLIENTS } from '../../support/clients.ts';
import { largeTopology } from '../../support/largeTopology.ts';

const uri = 'file:///large.dvr.yaml';
const text = largeTopology(50_000);
const lines = text.split('\n');

const lineOf = (start: string): number => {
  const line = lines.findIndex((each) => each.startsWith(start));
  assert.ok(line >= 0, start);
  return line;
};

const port = lineOf(`  port-${Math.round(lines.length / 24)}:`);
const name = { line: port + 2, character: 12 };
const external = { line: lineOf('  public:'), character: 4 };
const screenFrom = (line: number) => ({
  range: { start: { line, character: 0 }, end: { line: line + 60, character: 0 } },
});

/** `least`: characters of the answer. */
const ROWS: [title: string, method: string, params: object, least: number][] = [
  ['hover', 'textDocument/hover', { position: name }, 100],
  ['definition', 'textDocument/definition', { position: name }, 50],
  ['highlight', 'textDocument/documentHighlight', { position: name }, 1000],
  ['references of a name used 1,000 times', 'textDocument/references', { position: external }, 100_000],
  ['rename of a name used 1,000 times', 'textDocument/rename', { position: external, newName: 'outside' }, 100_000],
  ['completion of a key', 'textDocument/completion', { position: { line: port + 2, character: 4 } }, 500],
  ['completion of a name', 'textDocument/completion', { position: name }, 1000],
  ['completion of an address', 'textDocument/completion', { position: { line: port + 7, character: 20 } }, 200],
  ['completion of an entry', 'textDocument/completion', { position: { line: port, character: 2 } }, 10],
  ['symbols', 'textDocument/documentSymbol', {}, 1_000_000],
  ['search', 'workspace/symbol', { query: 'port-1' }, 100_000],
  ['tokens', 'textDocument/semanticTokens/full', {}, 100_000],
  ['tokens of a screen', 'textDocument/semanticTokens/range', screenFrom(port), 100],
  ['hints of a screen', 'textDocument/inlayHint', screenFrom(lineOf('routers:')), 200],
  ['folding', 'textDocument/foldingRange', {}, 100_000],
  ['selection', 'textDocument/selectionRange', { positions: [name] }, 100],
];

describe('at 50,000 lines', () => {
  let document: Document = makeDocument(TextDocument.create(uri, 'dvr-topology', 1, text));
  // Relations and the like are kept from version to version.
  document.problems();

  /** The next version, one letter longer, as it is when its diagnostics were made. */
  const edited = (): Document => {
    const before = document.text.getText();
    const at = before.indexOf('vm-77') + 3;
    document = makeDocument(
      TextDocument.create(uri, 'dvr-topology', document.text.version + 1, `${before.slice(0, at)}x${before.slice(at)}`),
      document,
    );
    document.problems();
    return document;
  };

  for (const [title, method, params, least] of ROWS) {
    it(title, () => {
      const feature = FEATURES.find((each) => each.method === method)!;
      const version = edited();
      const context: Context = {
        client: CLIENTS.full,
        document: () => version,
        documents: () => [version],
        comparison: () => undefined,
        commands: Object.values(COMMAND),
        isCancelled: () => false,
      };
      const answer = feature.answer({ textDocument: { uri }, ...params } as never, context);
      const size = JSON.stringify(answer).length;
      assert.ok(size >= least, `only ${size} characters: ${JSON.stringify(answer).slice(0, 200)}`);
    });
  }
});
