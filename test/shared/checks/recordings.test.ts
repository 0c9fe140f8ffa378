/** What a real Neutron has accepted is no mistake: imported clouds have no problem. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { importTopology } from '../../../server/neutron/import.ts';
import { writeTopology } from '../../../shared/topology/write.ts';
import { problemsOf } from './markers.ts';

const RECORDINGS = new URL('../../recordings/', import.meta.url);
const scenarios = readdirSync(RECORDINGS, { withFileTypes: true }).filter((entry) => entry.isDirectory());

function answersOf(scenario: string): Record<string, unknown> {
  const folder = new URL(`${scenario}/api/`, RECORDINGS);
  return Object.fromEntries(
    readdirSync(folder).map((file) => [
      file.replace(/\.json$/, ''),
      JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as unknown,
    ]),
  );
}

test('there are recordings', () => assert.ok(scenarios.length >= 8));

for (const { name } of scenarios)
  test(`${name}: no problem`, () => {
    const text = writeTopology(importTopology(answersOf(name), { release: 'zed' }).topology);
    assert.ok(text.length > 1000);
    assert.deepEqual(problemsOf(text), []);
  });

const EXAMPLES = new URL('../../../examples/', import.meta.url);
for (const file of readdirSync(EXAMPLES).filter((name) => name.endsWith('.dvr.yaml')))
  test(`${file}: no problem`, () => assert.deepEqual(problemsOf(readFileSync(new URL(file, EXAMPLES), 'utf8')), []));
