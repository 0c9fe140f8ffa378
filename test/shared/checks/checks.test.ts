import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { CHECKS } from '../../../shared/checks/table.ts';
import { READER_CODES } from '../../../shared/topology/codes.ts';
import { markersOf, problemsOf } from './markers.ts';

for (const { code, wrong, right } of CHECKS) {
  test(`${code}: the wrong example has the marked problems and no other`, () => {
    const markers = markersOf(wrong);
    assert.ok(markers.length > 0 && markers.every((marker) => marker.endsWith(` ${code}`)));
    assert.deepEqual(problemsOf(wrong), markers);
  });
  test(`${code}: the right example has no problem`, () => assert.deepEqual(problemsOf(right), []));
}

test('every check is a file named after its code, and in the table in order', () => {
  const helpers = ['check.ts', 'holders.ts', 'reads.ts', 'reserved.ts', 'table.ts', 'unchecked.ts'];
  const folder = new URL('../../../shared/checks/', import.meta.url);
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && !helpers.includes(file));
  const codes = CHECKS.map(({ code }) => code);
  assert.deepEqual(codes, codes.toSorted());
  assert.deepEqual(
    codes.map((code) => `${code}.ts`),
    files.toSorted(),
  );
  assert.ok(codes.every((code) => !Object.hasOwn(READER_CODES, code)));
});
