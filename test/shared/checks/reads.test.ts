/** That no check looks at a part of a topology which `READS` does not say: what it found would be kept when that part changes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filesOf } from '../../../bench/lspFiles.ts';
import { READS } from '../../../shared/checks/reads.ts';
import { CHECKS } from '../../../shared/checks/table.ts';
import { readTopology } from '../../../shared/topology/read.ts';
import { SCENARIOS, topologyOf } from '../../support/recordings.ts';

const TOPOLOGIES = [
  readTopology(filesOf(1000).topology).topology,
  ...SCENARIOS.map(topologyOf),
  ...CHECKS.flatMap(({ wrong, right }) => [wrong, right]).map((text) => readTopology(text).topology),
];

for (const { code, check } of CHECKS.filter((each) => READS[each.code]))
  test(code, () => {
    const seen = new Set<PropertyKey>();
    for (const topology of TOPOLOGIES) {
      const watched = new Proxy(
        { ...topology },
        {
          get(target, key) {
            seen.add(key);
            return Reflect.get(target, key);
          },
        },
      );
      check(watched, () => undefined);
    }
    const known: readonly PropertyKey[] = READS[code]!;
    assert.deepEqual(
      [...seen].filter((key) => !known.includes(key)),
      [],
    );
  });

test('every row is about a check', () => {
  const codes = CHECKS.map(({ code }) => code);
  assert.deepEqual(
    Object.keys(READS).filter((code) => !codes.includes(code)),
    [],
  );
});
