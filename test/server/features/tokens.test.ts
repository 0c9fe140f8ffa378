// Semantic tokens of things are made without working out where all in them stands: they are those that the places give.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { SemanticTokensDelta, SemanticTokensEdit } from 'vscode-languageserver';
import { makeDocument, type Document } from '../../../server/document.ts';
import { encodedTokens, semanticTokensDelta, semanticTokensFull } from '../../../server/features/semanticTokens.ts';
import { foldingRanges } from '../../../server/features/foldingRange.ts';
import { textOf, type Text } from '../../../server/text.ts';
import type { Chunks } from '../../../shared/topology/sourceMap.ts';
import { contextOf } from '../../support/everyRequest.ts';
import { edited, randomOf } from '../../shared/topology/edits.ts';

const EDITS = Number(process.env['EDITS'] ?? 300);

const FOLDER = new URL('../../../examples/', import.meta.url);
const TEXTS = [
  'nodes:\n  a: {agent_mode: dvr, bridge_mappings: {physnet1: br-ex}}\nnetworks:\n  "n/1":\n    subnets:\n      s: {cidr: 10.0.0.0/24, gateway_ip: null}\nports:\n  p: {network: "n/1", node: a, fixed_ips: [{ip_address: 10.0.0.5}, {ip_address: x}]}\nfloating_ips:\n  192.0.2.1: {port: p}\n',
  'x-a: &a {agent_mode: dvr}\nnodes:\n  a: *a\n  b: {<<: *a, agent_mode: dvr_snat}\nports:\n  p: {network: n, node: a, node: b, fixed_ips: [1, {}, {subnet: s}]}\n',
  ...readdirSync(FOLDER).map((name) => readFileSync(new URL(name, FOLDER), 'utf8')),
];

function withoutTrees(document: Document): Document {
  const { text } = document;
  const reading = document.reading();
  const chunks = (): Chunks => ({ ...reading.sourceMap.chunks(), tree: () => undefined });
  const sourceMap = Object.assign({}, reading.sourceMap, { chunks });
  return { ...document, text: { ...text, uri: `${text.uri}#places` }, reading: () => ({ ...reading, sourceMap }) };
}

test(`${EDITS} random edits: tokens with and without places`, () => {
  const random = randomOf(Number(process.env['SEED'] ?? 1));
  let text = TEXTS[0]!;
  let found = 0;
  for (let i = 0; i < EDITS; i++) {
    text = random.below(10) === 0 ? random.pick(TEXTS) : edited(text, random);
    const document = makeDocument(
      textOf({ uri: 'file:///w/a.dvr.yaml', languageId: 'dvr-topology', version: i }, text),
    );
    const tokens = encodedTokens(document);
    assert.deepEqual(tokens, encodedTokens(withoutTrees(document)), text);
    found += tokens.length;
  }
  assert.ok(found > EDITS * 10, `${found}`);
});

/** The whole text of an earlier answer with an edit of tokens in it. */
function taken(data: readonly number[], edits: readonly SemanticTokensEdit[]): number[] {
  const all = [...data];
  for (const { start, deleteCount, data: added = [] } of edits) all.splice(start, deleteCount, ...added);
  return all;
}

const KEPT_EDITS = Math.ceil(EDITS / 3);

test(`${KEPT_EDITS} random edits: tokens and folds, put together from what is kept, are those of a fresh document`, () => {
  const random = randomOf(Number(process.env['SEED'] ?? 1) + 1);
  const uri = 'file:///w/kept.dvr.yaml';
  const fresh = (text: string): Document =>
    makeDocument(textOf({ uri: 'file:///w/fresh.dvr.yaml', languageId: 'dvr-topology', version: 0 }, text));
  let document: Document | undefined;
  let version: Text | undefined;
  let last: { resultId: string; data: number[] } | undefined;
  let kept = 0;
  for (let i = 0; i < KEPT_EDITS; i++) {
    const text = !version || random.below(50) === 0 ? random.pick(TEXTS) : edited(version.getText(), random);
    version = textOf({ uri, languageId: 'dvr-topology', version: i }, text, version);
    document = makeDocument(version, document);
    const context = contextOf(document);
    const params = { textDocument: { uri } };
    const expected = encodedTokens(fresh(text));
    if (last && random.below(10) > 0) {
      const delta = semanticTokensDelta.answer({ ...params, previousResultId: last.resultId }, context);
      assert.ok(delta && typeof delta === 'object' && 'edits' in delta);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked above
      const { edits } = delta as SemanticTokensDelta;
      const data = taken(last.data, edits);
      assert.deepEqual(data, expected, JSON.stringify(text));
      if (data.length > 5 * (edits[0]?.data?.length ?? 0)) kept++;
    }
    // Sometimes some of it is made before anybody asks for all.
    const line = random.below(version.lineCount);
    const range = { start: { line, character: 0 }, end: { line: line + 3, character: 0 } };
    assert.deepEqual(encodedTokens(document, range), encodedTokens(fresh(text), range), JSON.stringify(text));
    assert.deepEqual(foldingRanges(document), foldingRanges(fresh(text)), JSON.stringify(text));
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as the feature has it
    last = semanticTokensFull.answer(params, context) as { resultId: string; data: number[] };
    assert.deepEqual(last.data, expected, JSON.stringify(text));
  }
  assert.ok(kept > KEPT_EDITS / 3, `${kept}: most edits leave most tokens as they are`);
});
