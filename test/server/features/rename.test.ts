// Every name of arbitrary topologies and of the examples, renamed from every character of every place: the file means the same.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { makeDocument, type Document } from '../../../server/document.ts';
import { at, usesOf, type Use } from '../../../server/features/at.ts';
import { Refusal } from '../../../server/features/feature.ts';
import { applied, renameEdits } from '../../../server/features/rename.ts';
import { readTopology } from '../../../shared/topology/read.ts';
import { promiseWord } from '../../../shared/topology/promiseNames.ts';
import { renamedTopology, sameMeaning } from '../../../shared/topology/renamed.ts';
import type { Topology } from '../../../shared/topology/types.ts';
import { writeTopology } from '../../../shared/topology/write.ts';
import { yamlScalar } from '../../../shared/topology/yamlText.ts';
import { anyTopology } from '../../shared/topology/anyTopology.ts';

const documentOf = (text: string): Document =>
  makeDocument(TextDocument.create('file:///t.dvr.yaml', 'dvr-topology', 1, text));

/** Every name in a text where it is given or used. */
function usesIn(document: Document): Use[] {
  const found = new Map<number, Use>();
  for (let offset = 0; offset <= document.text.getText().length; offset++) {
    const use = at(document, offset)?.use;
    if (use) found.set(use.range[0], use);
  }
  return [...found.values()];
}

/** The file says the same but for the name, and has the same faults; or the rename was refused, which is told by `false`. */
function check(document: Document, offset: number, use: Use, newName: string): boolean {
  let edits;
  try {
    edits = renameEdits(document, document.text.positionAt(offset), newName);
  } catch (error) {
    assert.ok(error instanceof Refusal, String(error));
    return false;
  }
  const before = document.reading();
  const after = readTopology(applied(document, edits));
  const told = `${use.kind} ${JSON.stringify(use.name)} → ${JSON.stringify(newName)} at ${offset}`;
  assert.deepEqual(
    after.problems.map(({ code }) => code),
    before.problems.map(({ code }) => code),
    told,
  );
  assert.ok(
    use.kind !== 'floating_ip' &&
      sameMeaning(after.topology, renamedTopology(before.topology, use.kind, use.name, newName)),
    told,
  );
  return true;
}

const NEW_NAMES = [
  'fresh',
  'yes',
  '1e3',
  'a: b',
  '#x',
  '*a',
  "it's",
  '"',
  'x:',
  '- y',
  '{',
  '',
  'a\nb',
  '\\',
  'über',
  '<x>',
];

/** The file with promises about its ports and networks, whatever they are called. */
function withPromises(topology: Topology): string {
  const words = topology.ports.map(({ name }) => promiseWord(name, { kind: 'port' })!);
  const networks = topology.networks.map(({ name }) => promiseWord(name, { kind: 'network' })!);
  const lines = [
    ...words.map((word, i) => `reach ${word} -> ${words[i + 1] ?? 'outside'} tcp 80`),
    ...networks.slice(1).map((word, i) => `isolated ${word} ${networks[i]}`),
  ];
  const { promises: _, ...rest } = topology;
  const items = lines.map((line) => `  - ${yamlScalar(line)}\n`);
  return writeTopology(rest) + (items.length > 0 ? `promises:\n${items.join('')}` : '');
}

describe('rename', () => {
  const folder = new URL('../../../examples/', import.meta.url);
  for (const name of readdirSync(folder)) {
    it(`at every character of every name of ${name}`, () => {
      const document = documentOf(readFileSync(new URL(name, folder), 'utf8'));
      let renamed = 0;
      for (const use of usesIn(document).filter(({ kind }) => kind !== 'floating_ip')) {
        for (let offset = use.range[0]; offset <= use.range[1]; offset++)
          assert.ok(check(document, offset, use, 'fresh name') && ++renamed);
        for (const newName of NEW_NAMES) check(document, use.range[0], use, newName);
      }
      assert.ok(renamed > 100);
    });
  }

  it('of names of arbitrary topologies', () => {
    let done = 0;
    const newName = fc.oneof(fc.constantFrom(...NEW_NAMES), fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }));
    fc.assert(
      fc.property(anyTopology, fc.array(newName, { minLength: 3, maxLength: 3 }), fc.nat(), (topology, names, seed) => {
        const document = documentOf(withPromises(topology));
        const uses = usesIn(document);
        for (const [i, name] of names.entries()) {
          const use = uses[(seed + i * 7919) % Math.max(1, uses.length)];
          if (use && use.kind !== 'floating_ip')
            done += Number(check(document, use.range[0] + (seed % (use.range[1] - use.range[0] + 1)), use, name));
        }
      }),
      { numRuns: 50, seed: 42, endOnFailure: true },
    );
    assert.ok(done > 30, `${done} renames were made`);
  });

  it('finds the places that the topology knows of', () => {
    fc.assert(
      fc.property(anyTopology, (topology) => {
        const document = documentOf(writeTopology(topology));
        for (const node of document.reading().topology.nodes) {
          const definitions = usesOf(document, 'node', node.name).filter(({ role }) => role === 'definition');
          assert.deepEqual(
            definitions.map(({ pointer }) => pointer),
            [node.pointer],
          );
        }
      }),
      { numRuns: 50, seed: 7, endOnFailure: true },
    );
  });
});
