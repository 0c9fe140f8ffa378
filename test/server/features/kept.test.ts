/**
 * The law of the editor: after any edit each request answers as if the text had just been opened, and so do the diagnostics.
 * `EDITS=10000` for more of them, `SEED` for others.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { makeDocument, type Document } from '../../../server/document.ts';
import { diagnostics } from '../../../server/features/diagnostics.ts';
import { Refusal } from '../../../server/features/feature.ts';
import { textOf, type Text } from '../../../server/text.ts';
import { edited, randomOf } from '../../shared/topology/edits.ts';
import { askable, contextOf, paramsAt } from '../../support/everyRequest.ts';

const EDITS = Number(process.env['EDITS'] ?? 150);
const SEED = Number(process.env['SEED'] ?? 1);

const uri = 'file:///t.dvr.yaml';
const FOLDER = new URL('../../../examples/', import.meta.url);
const TEXTS = [
  ...readdirSync(FOLDER).map((name) => readFileSync(new URL(name, FOLDER), 'utf8')),
  'nodes:\n  a: &a {agent_mode: dvr}\n  b: {<<: *a, agent_mode: dvr_snat} # dvrscope: ignore no-snat-node\nnetworks:\n  n:\n    subnets:\n      s: {cidr: 10.0.0.0/24}\nports:\n  p: {network: n, node: a, fixed_ips: [{ip_address: 10.0.0.5}]}\nfloating_ips:\n  192.0.2.1: {port: p}\npromises:\n  - reach p -> 8.8.8.8\n',
];

/** What an editor sees of a document, asked at one place and for all of it. */
async function answers(document: Document, offset: number): Promise<Record<string, unknown>> {
  const { text } = document;
  const told = diagnostics(document, undefined);
  const end = text.positionAt(text.getText().length);
  const params = { ...paramsAt(uri, text.positionAt(offset), end), context: { diagnostics: told } };
  const all: Record<string, unknown> = { diagnostics: told };
  // Those about one document.
  for (const feature of askable(params).filter(({ method }) => method !== 'workspace/diagnostic'))
    all[feature.method] = await answered(() => feature.answer(params as never, contextOf(document)));
  return all;
}

/** Numbers of answers differ. */
async function answered(ask: () => unknown): Promise<unknown> {
  try {
    const answer = await ask();
    return typeof answer === 'object' && answer !== null && 'resultId' in answer
      ? { ...answer, resultId: undefined }
      : answer;
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

test(`after each of ${EDITS} random edits everything is as it is when the text is opened`, async () => {
  const random = randomOf(SEED);
  let text = TEXTS[0]!;
  let version: Text | undefined;
  let document: Document | undefined;
  for (let i = 0; i < EDITS; i++) {
    text = random.below(10) === 0 ? random.pick(TEXTS) : edited(text, random);
    const of = TextDocument.create(uri, 'dvr-topology', i, text);
    version = textOf(of, text, version);
    document = makeDocument(version, document);
    // Not after each: what is made in between would be what the next version starts from.
    if (random.below(3) === 0) continue;
    const offset = random.below(text.length + 1);
    const fresh = await answers(makeDocument(of), offset);
    for (const [method, answer] of Object.entries(await answers(document, offset)))
      assert.deepEqual(answer, fresh[method], `${method} at ${offset} of ${JSON.stringify(text)}`);
  }
});
