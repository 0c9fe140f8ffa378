import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Answers } from '../../../server/neutron/answers.ts';
import { readApiFolder } from '../../../server/neutron/apiFolder.ts';
import { importTopology } from '../../../server/neutron/import.ts';
import { readTopology } from '../../../shared/topology/read.ts';
import { writeTopology } from '../../../shared/topology/write.ts';
import { apiFolder, scenarios } from './recordings.ts';

/** Of 10,000 changed recordings in all, so many each; reading takes longer, so that not all of them are read back. */
const RUNS = 1250;
const READ_BACK = 100;

/** What is put in the place of something else; `undefined` takes it away. */
const ODD: unknown[] = [
  undefined, null, '', 'x', 'a: b\n', '__proto__', ' ', '\ud800', 'y'.repeat(300), '0', '10.0.0.1', '10.0.0.1/24', '2001:db8::1', '::/0',
  'fa:16:3e:00:00:01', 'FA:16:3E:00:00:01', 0, -1, 1.5, 2 ** 60, 70_000, true, false, [], [null], [[]], ['x'], {}, { id: 'x' }, { ['__proto__']: 1 },
]; // prettier-ignore

interface Place {
  holder: object;
  key: string;
}

async function answersOf(scenario: string): Promise<Answers> {
  const folder = await readApiFolder(apiFolder(scenario));
  assert.ok('answers' in folder);
  return folder.answers;
}

/** Every place in a document, the agents' long lists of capabilities aside. */
function placesIn(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]): Place[] =>
    key === 'ovs_capabilities' ? [] : [{ holder: value, key }, ...placesIn(item)],
  );
}

/** Runs `use` while `place` holds `value`. */
function withChange({ holder, key }: Place, value: unknown, use: () => void): void {
  const before: unknown = Reflect.get(holder, key);
  if (value === undefined) Reflect.deleteProperty(holder, key);
  else Reflect.set(holder, key, value);
  use();
  Reflect.set(holder, key, before);
}

/** What is written reads back without problems and as the same topology; writing that changes nothing. */
function checkImport(answers: Answers): void {
  const { topology } = importTopology(answers, { release: 'zed' });
  const text = writeTopology(topology);
  const read = readTopology(text);
  assert.deepEqual(read.problems, []);
  assert.deepEqual(read.topology, topology);
  assert.equal(writeTopology(read.topology), text);
}

const changesOf = (answers: object): fc.Arbitrary<{ place: Place; value: unknown }> => {
  const places = placesIn(answers);
  const others = fc.constantFrom(...places).map(({ holder, key }): unknown => Reflect.get(holder, key));
  return fc.record({ place: fc.constantFrom(...places), value: fc.oneof(fc.constantFrom(...ODD), others) });
};

for (const scenario of scenarios) {
  test(`${scenario}: reads back as recorded, and with changes`, async () => {
    const answers = await answersOf(scenario);
    checkImport(answers);
    fc.assert(
      fc.property(changesOf(answers), ({ place, value }) => withChange(place, value, () => checkImport(answers))),
      { seed: 17, numRuns: READ_BACK, endOnFailure: true },
    );
  });

  test(`${scenario}: ${RUNS} changes make nothing throw, and many make a difference`, async () => {
    const answers = await answersOf(scenario);
    const { topology } = importTopology(answers);
    const before = JSON.stringify(topology);
    let differences = 0;
    const changed = () => {
      const { topology: after, notes } = importTopology(answers);
      if (notes.length > 0 || JSON.stringify(after) !== before) differences++;
    };
    fc.assert(
      fc.property(changesOf(answers), ({ place, value }) => withChange(place, value, changed)),
      { seed: 19, numRuns: RUNS, endOnFailure: true },
    );
    assert.ok(differences > RUNS / 10, `only ${differences} differences`);
  });
}
