import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joined, keptGroups, keptList, lazily, remembered } from '../../../shared/topology/kept.ts';

interface Thing {
  name: string;
}

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name): Thing => ({ name })) as [Thing, Thing, Thing, Thing];

/** A list, what it depends on, and the names of the things that are made for it, in turn: one list after the other. */
const steps: [list: Thing[], on: unknown[], made: string][] = [
  [[a, b, c], [1], 'abc'],
  [[a, d, c], [1], 'd'],
  [[d, a, b, c], [1], ''],
  [[a, b, c], [2], 'abc'],
  [[c, b, a], [2], ''],
  [[{ name: 'b' }, a], [2], 'b'],
  [[], [2], ''],
  [[a, a], [2], ''],
];

test('only what is new, or depends on something new, is made', () => {
  const list = keptList<Thing, { text: string }>();
  for (const [things, on, expected] of steps) {
    let made = '';
    const make = ({ name }: Thing): { text: string } => {
      made += name;
      return { text: `${name} ${String(on[0])}` };
    };
    const result = list(things, on, { make, on: () => on });
    assert.equal(made, expected);
    assert.deepEqual(
      result.map(({ text }) => text),
      things.map(({ name }) => `${name} ${String(on[0])}`),
    );
  }
});

test('what is equal to what it was stays the same object, and a list of the same objects the same list', () => {
  const list = keptList<Thing, { text: string }>();
  const making = (on: number) => ({ make: ({ name }: Thing) => ({ text: name }), on: () => [on] });
  const things = [a, b];
  const before = list(things, [1], making(1));
  assert.equal(list(things, [2], making(2)), before);
  assert.notEqual(list([a, c], [2], making(2)), before);
});

test('a function of lists runs once for the same ones', () => {
  let runs = 0;
  const count = remembered((first: Thing[], second: Thing[]) => (runs++, first.length + second.length));
  const [one, two] = [[a], [b, c]];
  assert.deepEqual([count(one, two), count(one, two), count(one, [d]), count(two, one)], [3, 3, 2, 3]);
  assert.equal(runs, 3);
});

test('fields are made when they are asked for, also those that are nothing', () => {
  let runs = 0;
  const object = lazily<{ value: number | undefined; other: number }>({
    value: () => (runs++, undefined),
    other: () => assert.fail('nobody asked'),
  });
  assert.deepEqual([object.value, object.value, runs], [undefined, undefined, 1]);
});

test('a group that has the same things is the same list', () => {
  const keep = keptGroups<Thing>();
  const groups = (...entries: [string, Thing[]][]) => keep(new Map(entries));
  const before = groups(['one', [a, b]], ['two', [c]]);
  const after = groups(['two', [c]], ['one', [b, a]], ['three', [d]]);
  assert.equal(after.get('two'), before.get('two'));
  assert.deepEqual([...after.keys()], ['two', 'one', 'three']);
  assert.deepEqual(after.get('one'), [b, a]);
});

test('what is made of another thing in the same place stays the object that it was, if it is equal', () => {
  const list = keptList<Thing, { length: number }>();
  const making = { make: ({ name }: Thing) => ({ length: name.length }), on: () => [] };
  const before = list([a, b], [], making);
  assert.equal(list([a, c], [], making), before);
});

test('lists are joined in order', () => assert.deepEqual(joined([[], [1, 2], [], [3]]), [1, 2, 3]));
