// Every request at many places of broken, hostile and half-typed texts: an answer or a refusal, never an exception, and in time.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type {
  CompletionList,
  FoldingRange,
  SelectionRange,
  SemanticTokens,
  SemanticTokensDelta,
} from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { makeDocument, type Document } from '../../../server/document.ts';
import { Refusal } from '../../../server/features/feature.ts';
import { encodedTokens, semanticTokensDelta, semanticTokensFull } from '../../../server/features/semanticTokens.ts';
import { foldingRanges } from '../../../server/features/foldingRange.ts';
import { writeTopology } from '../../../shared/topology/write.ts';
import { anyTopology } from '../../shared/topology/anyTopology.ts';
import { askable, contextOf, paramsAt } from '../../support/everyRequest.ts';

const uri = 'file:///t.dvr.yaml';
const example = readFileSync(new URL('../../../examples/snat-two-subnets.dvr.yaml', import.meta.url), 'utf8');

const documentOf = (text: string, previous?: Document, at = uri): Document =>
  makeDocument(TextDocument.create(at, 'dvr-topology', (previous?.text.version ?? 0) + 1, text), previous);

/** What is kept by the URI of a text is not there. */
const freshOf = (text: string): Document => documentOf(text, undefined, 'file:///fresh.dvr.yaml');

/** All requests about one place. */
function askAll(document: Document, place: number): void {
  const position = document.text.positionAt(place);
  // Not between the two characters of a line break.
  const offset = document.text.offsetAt(position);
  const params = paramsAt(uri, position, document.text.positionAt(document.text.getText().length));
  for (const feature of askable(params)) {
    try {
      const answer = feature.answer(params as never, contextOf(document));
      inspect(feature.method, answer, document, offset);
    } catch (error) {
      if (!(error instanceof Refusal))
        throw new Error(`${feature.method} at ${offset} of ${JSON.stringify(document.text.getText())}`, {
          cause: error,
        });
    }
  }
}

/** What LSP demands of answers, whatever the text. */
function inspect(method: string, answer: unknown, document: Document, offset: number): void {
  if (method === 'textDocument/completion') {
    const { line } = document.text.positionAt(offset);
    for (const { textEdit } of (answer as CompletionList).items) {
      assert.ok(textEdit && 'range' in textEdit);
      const { start, end } = textEdit.range;
      assert.ok(start.line === line && end.line === line, 'on the line of the cursor');
      assert.ok(document.text.offsetAt(start) <= offset && offset <= document.text.offsetAt(end), 'around the cursor');
    }
  } else if (method === 'textDocument/selectionRange') {
    let size = -1;
    for (let at: SelectionRange | undefined = (answer as SelectionRange[])[0]; at; at = at.parent) {
      const [start, end] = [document.text.offsetAt(at.range.start), document.text.offsetAt(at.range.end)];
      assert.ok(start <= offset && offset <= end && end - start > size, 'each holds the one before');
      size = end - start;
    }
  } else if (method === 'textDocument/foldingRange') {
    for (const { startLine, endLine } of answer as FoldingRange[])
      assert.ok(startLine < endLine && endLine <= document.text.lineCount);
  }
}

const HOSTILE = [
  '',
  '\n',
  '\uFEFFnodes: {}\n',
  '\tnodes:\n\t  a: b\n',
  'nodes:\r\n  compute1: {agent_mode: dvr}\r\nports:\r\n  p: {node: compute1}\r\n',
  '- a\n- b\n',
  'nodes: *a\n',
  'nodes: &a\n  x: *a\n',
  '"nodes": {"a": {"agent_mode": "dvr"}}',
  '? nodes\n: ? a\n  : {agent_mode: dvr}\n',
  'nodes: {a: {agent_mode: dvr}, b: {agent_mode: dvr',
  'nodes:\n  a: {agent_mode: "dvr\nports:\n  p: {}\n',
  "nodes: {'it''s': {agent_mode: dvr}}\nports: {p: {node: 'it''s', network: |\n  x\n  }}\n",
  'networks: {n: {subnets: {s: {cidr: 0.0.0.0/0}, t: {cidr: "::/0"}, u: {cidr: 255.255.255.255/32}}}}\nports: {p: {network: n, fixed_ips: [{ip_address: ',
  '<<<<<<< HEAD\nnodes: {}\n=======\nnodes: {a: }\n>>>>>>> x\n',
  '#\n# \n  # dvrscope: ignore\n',
  '---\nnodes: {}\n---\nports: {}\n...\n',
  'a: [[[[[[[[{{{{{{\n',
  'nodes:\n  __proto__: {agent_mode: dvr}\n  constructor: {agent_mode: dvr}\nports: {toString: {node: __proto__}}\n',
  'nodes:\n  "\\ud800": {agent_mode: dvr}\n  "\\": {}\n',
];

/** A client that has the tokens of the first version, and from then on takes what changed since one of the last answers. */
function tokensByDeltas(): (document: Document, back: number) => number[] {
  const answers: { resultId?: string; data: number[] }[] = [];
  return (document, back) => {
    const params = { textDocument: { uri: document.text.uri } };
    const context = contextOf(document);
    const before = answers.at(-1 - back) ?? answers.at(-1);
    if (!before) {
      const all = semanticTokensFull.answer(params, context) as SemanticTokens;
      answers.push(all);
      return all.data;
    }
    const delta = semanticTokensDelta.answer({ ...params, previousResultId: before.resultId! }, context);
    const { resultId, edits } = delta as SemanticTokensDelta;
    const data = [...before.data];
    for (const { start, deleteCount, data: added = [] } of edits) data.splice(start, deleteCount, ...added);
    answers.push({ resultId: resultId!, data });
    return data;
  };
}

describe('requests on texts that are no good', () => {
  for (const text of HOSTILE)
    it(JSON.stringify(text.slice(0, 60)), () => {
      const document = documentOf(text);
      for (let offset = 0; offset <= text.length; offset++) askAll(document, offset);
    });

  it('on an example that is cut off anywhere', () => {
    for (let length = 400; length < example.length; length += 37) askAll(documentOf(example.slice(0, length)), length);
  });

  it('on arbitrary topologies and arbitrary texts', () => {
    const piece = fc.constantFrom(
      '\n',
      '  ',
      ': ',
      '{',
      '}',
      '[',
      ']',
      ', ',
      '- ',
      '"',
      "'",
      '#',
      'nodes',
      'ports',
      'a',
      '&a',
      '*a',
      '<<',
      '\\',
      'agent_mode',
      '?',
      '|',
      '\r\n',
      '\t',
    );
    const text = fc.oneof(
      anyTopology.map(writeTopology),
      fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
      fc
        .tuple(fc.nat(example.length), fc.array(piece, { maxLength: 5 }))
        .map(([at, pieces]) => example.slice(0, at) + pieces.join('') + example.slice(at)),
    );
    fc.assert(
      fc.property(
        text,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }),
        (all, places) => {
          const document = documentOf(all);
          for (const place of places) askAll(document, Math.floor(place * all.length));
        },
      ),
      { numRuns: 200, seed: 11, endOnFailure: true },
    );
  });

  it('what is kept from version to version says the same as a fresh one', () => {
    const edit = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      length: fc.nat(12),
      text: fc.constantFrom('', 'x', '\n', ' ', ': ', '  new: {}\n', '}', '"', '# c\n', '- '),
    });
    let document = documentOf(example);
    const tokensOf = tokensByDeltas();
    let documents = 0;
    for (const { at, length, text: inserted } of fc.sample(edit, { numRuns: 120, seed: 5, endOnFailure: true })) {
      const before = document.text.getText();
      const from = Math.floor(at * before.length);
      const text = before.slice(0, from) + inserted + before.slice(from + length);
      document = documentOf(text.length < 200 ? example : text, document);
      const fresh = freshOf(document.text.getText());
      assert.deepEqual(encodedTokens(document), encodedTokens(fresh), text);
      assert.deepEqual(foldingRanges(document), foldingRanges(fresh), text);
      assert.deepEqual(tokensOf(document, documents++ % 3), encodedTokens(fresh), text);
    }
  });

  it('on lines of a million characters, in time', () => {
    const long = `nodes: {${Array.from({ length: 40_000 }, (_, i) => `n${i}: {agent_mode: dvr}`).join(', ')}}\n`;
    for (const text of [
      long,
      `nodes:\n  a: ${'*'.repeat(300_000)}\n`,
      `ports: ${'{'.repeat(100_000)}`,
      `# ${'x'.repeat(1_000_000)}`,
      'a '.repeat(300_000),
    ]) {
      const document = documentOf(text);
      document.reading();
      const start = process.cpuUsage();
      askAll(document, Math.floor(text.length / 2));
      const took = process.cpuUsage(start).user / 1000;
      assert.ok(took < 8000, `${took} ms for ${JSON.stringify(text.slice(0, 30))}`);
    }
  });
});
