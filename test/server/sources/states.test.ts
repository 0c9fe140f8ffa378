/** Which of several kept states of a node is taken, by time; thousands of snapshots in a folder; hostile content. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Choice, newestStates } from '../../../server/sources/states.ts';

let folder: string;

/** A snapshot that differs by the name of its one namespace. */
const snapshot = (name: string, time?: string, node?: string): string =>
  `dvrscope-snapshot 1\n${node ? `node: ${node}\n` : ''}${time ? `collected_at: ${time}\n` : ''}\n@@ begin - ip netns list\n${name}\n@@ end 0\n`;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dvrscope-states-'));
  const files: Record<string, string> = {
    'net1/2026-11-20T08:00:00Z.snapshot': snapshot('second'),
    'net1/2026-11-21T08:00:00+02:00.snapshot': snapshot('newest'),
    'net1/2026-11-19T08:00:00Z.snapshot': snapshot('first'),
    'mixed/a.snapshot': snapshot('a', undefined, 'net1'),
    'mixed/b.snapshot': snapshot('b', '2026-11-21T08:00:00Z', 'net1'),
    'mixed/c.snapshot': snapshot('c', 'day 1 of 2031', 'net1'),
    'timeless/a.snapshot': snapshot('a', undefined, 'net1'),
    'timeless/b.snapshot': snapshot('b', undefined, 'net1'),
    'other/x.snapshot': snapshot('x', undefined, 'x\u001b[2J'),
  };
  for (let i = 0; i < 3000; i++) files[`fleet/n${i}.snapshot`] = snapshot(`ns${i}`, '2026-11-21T08:00:00Z', `n${i}`);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, dirname(name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
});
after(async () => rm(folder, { recursive: true }));

const known = (names: readonly string[]) => names.find((name) => /^(net1|n\d+)$/.test(name));

async function check(
  path: string,
  choice: Partial<Choice>,
  expected: Record<string, string>,
  notes: string[],
): Promise<void> {
  const result = await newestStates([join(folder, path)], { nodeOf: known, ...choice });
  const shown = [...result.byNode].map(([node, { state }]) => [node, Object.keys(state.namespaces).join(' ')]);
  assert.deepEqual(Object.fromEntries(shown), expected);
  assert.deepEqual(
    result.notes.map((note) => note.replaceAll(`${folder}/`, '')),
    notes,
  );
}

describe('of several states of a node', () => {
  it('the newest is taken, and said', async () =>
    check('net1', {}, { net1: 'newest' }, [
      'net1: of 3 snapshots the newest is used: net1/2026-11-21T08:00:00+02:00.snapshot, collected 2026-11-21T08:00:00+02:00',
    ]));

  it('the newest up to a time', async () => {
    const isInTime = (time: number | undefined) => time !== undefined && time <= Date.parse('2026-11-19T09:00:00Z');
    await check('net1', { isInTime }, { net1: 'first' }, []);
  });

  it('one that says its time comes before those that do not', async () =>
    check('mixed', {}, { net1: 'b' }, [
      'net1: of 3 snapshots, of which some do not say when they were collected, this one is used: mixed/b.snapshot',
    ]));

  it('without any time the first is taken', async () =>
    check('timeless', {}, { net1: 'a' }, [
      'net1: of 2 snapshots, of which some do not say when they were collected, this one is used: timeless/a.snapshot',
    ]));
});

it('a node that nobody knows is named, with nothing in its name that a terminal would obey', async () =>
  check('other', {}, {}, ['other/x.snapshot: the topology has no node "x [2J"']));

describe('a folder of thousands', () => {
  it('is read', async () => {
    const { byNode, notes } = await newestStates([join(folder, 'fleet')], { nodeOf: known });
    assert.deepEqual([byNode.size, notes], [3000, []]);
    assert.deepEqual(Object.keys(byNode.get('n2999')!.state.namespaces), ['ns2999']);
  });

  it('of which only one is wanted', async () =>
    check('fleet', { isWanted: (node) => node === 'n17' }, { n17: 'ns17' }, []));
});
