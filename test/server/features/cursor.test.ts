// Where a cursor is, by the text around it alone, is where the reader says that it is: at every key and value of whole files.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { cursorAt } from '../../../server/features/cursor.ts';
import { pointerKeys } from '../../../shared/problem.ts';
import { readTopology } from '../../../shared/topology/read.ts';
import { writeTopology } from '../../../shared/topology/write.ts';
import { largeTopology } from '../../support/largeTopology.ts';
import { RECORDINGS, SCENARIOS, topologyOf } from '../../support/recordings.ts';
import { anyTopology } from '../../shared/topology/anyTopology.ts';

/** Keys as a cursor has them: items of lists are not counted. */
const pathOf = (pointer: string): string[] => pointerKeys(pointer);

/** @returns how many places were looked at */
function check(text: string, most = Infinity): number {
  const { sourceMap } = readTopology(text);
  const lists = new Set(
    [...sourceMap].flatMap(([pointer, { key }]) => (key === undefined && pointer !== '' ? [pointer] : [])),
  );
  const items = (pointer: string): string[] => {
    const keys = pathOf(pointer);
    return keys.map((key, i) => (lists.has(pointerText(keys.slice(0, i + 1))) ? '-' : key));
  };
  let count = 0;
  for (const [pointer, { key, value }] of sourceMap) {
    // Short forms stand under another key.
    if (!sourceMap.has(pointer.slice(0, pointer.lastIndexOf('/')))) continue;
    if (!key || count >= most || text.slice(...key).includes('\n') || key[1] - key[0] > 500) continue;
    const path = items(pointer);
    const told = `${pointer} at ${key[0]} of\n${text.slice(Math.max(0, key[0] - 200), key[1] + 50)}`;
    for (const offset of [key[0], Math.floor((key[0] + key[1]) / 2), key[1]]) {
      const cursor = cursorAt(text, offset);
      assert.deepEqual([cursor?.on, cursor?.path, cursor?.range], ['key', path.slice(0, -1), key], `key ${told}`);
      assert.ok(cursor!.hasColon, told);
      count++;
    }
    const raw = text.slice(...value);
    if (value[0] === value[1] || /^[{[]|\n/.test(raw) || sourceMap.isOuter(pointer)) continue;
    const cursor = cursorAt(text, value[0]);
    assert.deepEqual(
      [cursor?.on, cursor?.path, cursor?.key, cursor?.range],
      ['value', path.slice(0, -1), path.at(-1), value],
      `value ${told}`,
    );
    count++;
  }
  return count;
}

const pointerText = (keys: string[]): string =>
  keys.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

describe('a cursor is where the reader says', () => {
  const folder = new URL('../../../examples/', import.meta.url);
  for (const name of readdirSync(folder))
    it(`in ${name}`, () => assert.ok(check(readFileSync(new URL(name, folder), 'utf8')) > 100));

  it('in recorded clouds', () => {
    assert.ok(RECORDINGS !== '');
    for (const scenario of SCENARIOS.slice(0, 6))
      assert.ok(check(writeTopology(topologyOf(scenario)), 600) > 300, scenario);
  });

  it('in blocks', () => assert.ok(check(largeTopology(1000)) > 1000));

  it('in arbitrary topologies', () => {
    let count = 0;
    fc.assert(
      fc.property(anyTopology, (topology) => {
        count += check(writeTopology(topology));
      }),
      { numRuns: 100, seed: 3, endOnFailure: true },
    );
    assert.ok(count > 1000);
  });
});
