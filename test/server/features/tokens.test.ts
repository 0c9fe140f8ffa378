// Semantic tokens of things are made without working out where all in them stands: they are those that the places give.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { makeDocument, type Document } from '../../../server/document.ts';
import { encodedTokens } from '../../../server/features/semanticTokens.ts';
import { textOf } from '../../../server/text.ts';
import type { Chunk } from '../../../shared/topology/sourceMap.ts';
import { edited, randomOf } from '../../shared/topology/edits.ts';

const EDITS = Number(process.env['EDITS'] ?? 300);

const FOLDER = new URL('../../../examples/', import.meta.url);
const TEXTS = [
  'nodes:\n  a: {agent_mode: dvr, bridge_mappings: {physnet1: br-ex}}\nnetworks:\n  "n/1":\n    subnets:\n      s: {cidr: 10.0.0.0/24, gateway_ip: null}\nports:\n  p: {network: "n/1", node: a, fixed_ips: [{ip_address: 10.0.0.5}, {ip_address: x}]}\nfloating_ips:\n  192.0.2.1: {port: p}\n',
  'x-a: &a {agent_mode: dvr}\nnodes:\n  a: *a\n  b: {<<: *a, agent_mode: dvr_snat}\nports:\n  p: {network: n, node: a, node: b, fixed_ips: [1, {}, {subnet: s}]}\n',
  ...readdirSync(FOLDER).map((name) => readFileSync(new URL(name, FOLDER), 'utf8')),
];

function withoutTrees(document: Document): Document {
  const reading = document.reading();
  function* chunks(): Generator<Chunk> {
    for (const { start, places } of reading.sourceMap.chunks()) yield { start, places, identity: {} };
  }
  const sourceMap = Object.assign({}, reading.sourceMap, { chunks });
  return { ...document, reading: () => ({ ...reading, sourceMap }) };
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
