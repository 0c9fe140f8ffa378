/** The law of definitions: the quick way by pointer finds what a search over the text finds, after any edit. `SEED` for other edits. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { makeDocument, type Document } from '../../../server/document.ts';
import { at, usesOf, type Use } from '../../../server/features/at.ts';
import { definitionsOf } from '../../../server/features/definition.ts';
import { edited, randomOf } from '../../shared/topology/edits.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const EDITS = Number(process.env['EDITS'] ?? 400);

const FOLDER = new URL('../../../examples/', import.meta.url);
const TEXTS = [
  ...readdirSync(FOLDER).map((name) => readFileSync(new URL(name, FOLDER), 'utf8')),
  'x-s: &s {a: {cidr: 10.0.0.0/24}, "b": {cidr: 10.1.0.0/24}}\nnetworks:\n  n: {subnets: {<<: *s, c: {cidr: 10.2.0.0/24}}}\n  m: {subnets: *s}\nrouters:\n  r: {interfaces: {a: , b: , c: }}\nports:\n  "p/1": {network: n}\n  \'p~2\': {network: m}\nfloating_ips:\n  192.0.2.1: {port: p/1, router: r}\n  192.0.2.2: {port: "p~2"}\n',
];

/** Each name of a text once. */
function names(document: Document): Use[] {
  const found = new Map<string, Use>();
  for (let offset = 0; offset <= document.text.getText().length; offset += 2) {
    const use = at(document, offset)?.use;
    if (use) found.set(`${use.kind} ${use.name}`, use);
  }
  return [...found.values()];
}

const places = (uses: readonly Use[]) =>
  uses.map(({ range, whole }) => ({ range, whole })).toSorted((a, b) => a.range[0] - b.range[0]);

test(`after each of ${EDITS} random edits`, () => {
  const random = randomOf(SEED);
  let text = TEXTS[0]!;
  let document: Document | undefined;
  let compared = 0;
  for (let i = 0; i < EDITS; i++) {
    text = random.below(6) === 0 ? random.pick(TEXTS) : edited(text, random);
    document = makeDocument(TextDocument.create('file:///t.dvr.yaml', 'dvr-topology', i, text), document);
    for (const use of names(document)) {
      const searched: Use[] = usesOf(document, use.kind, use.name).filter(({ role }) => role === 'definition');
      assert.deepEqual(places(definitionsOf(document, use)), places(searched), `${use.kind} ${use.name} in ${text}`);
      compared++;
    }
  }
  assert.ok(compared > EDITS, `${compared} compared`);
});
