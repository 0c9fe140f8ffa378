import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joined, keptGroups, keptList, lazily, remembered } from '../../../shared/topology/kept.ts';
import { randomOf } from './edits.ts';

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

interface Member {
  name: string;
  group: string | undefined;
}

test('a group that has the same things is the same list', () => {
  const member = (name: string, group?: string): Member => ({ name, group });
  const [one, other, two, three] = [member('a', '1'), member('b', '1'), member('c', '2'), member('d', '3')];
  const groups = keptGroups(({ group }: Member) => group);
  const before = groups([one, other, two]);
  const after = groups([two, other, one, member('none'), three]);
  assert.equal(after.get('2'), before.get('2'));
  assert.deepEqual([...after.keys()], ['2', '1', '3']);
  assert.deepEqual(after.get('1'), [other, one]);
});

test('after any edit of a list the groups are those of the list', () => {
  const random = randomOf(Number(process.env['SEED'] ?? 1));
  const names = ['1', '2', '3', undefined];
  const groups = keptGroups(({ group }: Member) => group);
  let list: Member[] = Array.from({ length: 12 }, (_, i) => ({ name: `${i}`, group: random.pick(names) }));
  for (let i = 0; i < 2000; i++) {
    const [at, to] = [random.below(list.length), random.below(list.length)];
    const next = [...list];
    const kind = random.below(4);
    if (kind === 0) [next[at], next[to]] = [list[to]!, list[at]!];
    else if (kind === 1) next[at] = { ...list[at]!, name: `${i}` };
    else if (kind === 2) next[at] = { name: `${i}`, group: random.pick(names) };
    else next.splice(at, list.length > 8 ? 1 : 0, ...(list.length > 15 ? [] : [{ name: `${i}`, group: '1' }]));
    list = next;
    const expected = new Map<string, Member[]>();
    for (const thing of list)
      if (thing.group !== undefined) expected.set(thing.group, [...(expected.get(thing.group) ?? []), thing]);
    assert.deepEqual([...groups(list)], [...expected], `edit ${i}`);
  }
});

test('what is made of another thing in the same place stays the object that it was, if it is equal', () => {
  const list = keptList<Thing, { length: number }>();
  const making = { make: ({ name }: Thing) => ({ length: name.length }), on: () => [] };
  const before = list([a, b], [], making);
  assert.equal(list([a, c], [], making), before);
});

test('lists are joined in order', () => assert.deepEqual(joined([[], [1, 2], [], [3]]), [1, 2, 3]));
