/** What differs between two clouds, as classes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareReach } from '../../../shared/verify/differ.ts';
import { SCENARIOS } from '../../support/recordings.ts';
import { namespaces, take } from '../faults/cloud.ts';
import { expectedOf, liveOf, recorded } from './clouds.ts';

for (const scenario of SCENARIOS)
  test(`${scenario}: nothing differs between the live and the expected state`, () => {
    const cloud = recorded(scenario);
    const { topology } = cloud;
    for (const expected of expectedOf(cloud)) {
      const { changes, asked, onlyBefore, onlyAfter } = compareReach(
        { topology, cloud: expected },
        { topology, cloud: liveOf(cloud) },
      );
      assert.deepEqual([changes, onlyBefore, onlyAfter], [[], [], []]);
      assert.ok(asked > 0);
    }
  });

type Alter = (cloud: ReturnType<typeof recorded>) => void;
const onCompute1 =
  (alter: (cloud: ReturnType<typeof recorded>['states'][number]) => void): Alter =>
  (cloud) =>
    alter(cloud.states.find(({ node }) => node === 'compute1')!);

const ROWS: readonly [
  what: string,
  alter: Alter,
  changes: [kind: string, from: string, to: string, example: string, before: string, after: string][],
][] = [
  [
    'the rule to the SNAT node is gone',
    onCompute1((state) => {
      for (const [, { rules }] of namespaces(state, 'qrouter'))
        take(rules, ({ src, srclen }) => src === '10.1.0.1' && srclen === 24);
    }),
    [
      ['lost', 'neta', 'public', 'reach a3 -> 192.168.1.101', 'reached as 192.168.1.21', 'not reached'],
      ['lost', 'neta', 'outside', 'reach a3 -> 8.8.8.8', 'reached as 192.168.1.21', 'not reached'],
    ],
  ],
  [
    'the rule of a floating IP is gone',
    onCompute1((state) => {
      for (const [, { rules }] of namespaces(state, 'qrouter')) take(rules, ({ src }) => src === '10.1.0.11');
    }),
    [
      ['source', 'neta', 'public', 'reach a1 -> 192.168.1.101', 'reached as 192.168.1.101', 'reached as 192.168.1.21'],
      ['source', 'neta', 'outside', 'reach a1 -> 8.8.8.8', 'reached as 192.168.1.101', 'reached as 192.168.1.21'],
    ],
  ],
];

for (const [what, alter, expected] of ROWS)
  test(what, () => {
    const [before, after] = [recorded('S3'), recorded('S3')];
    alter(after);
    const side = (cloud: typeof before) => ({ topology: cloud.topology, cloud: liveOf(cloud) });
    const { changes } = compareReach(side(before), side(after));
    assert.deepEqual(
      changes.map(({ kind, from, to, example, before: old, after: now }) => [kind, from, to, example, old, now]),
      expected,
    );
    const back = compareReach(side(after), side(before)).changes.map(({ kind }) => kind);
    assert.deepEqual(
      back,
      expected.map(([kind]) => (kind === 'lost' ? 'gained' : kind)),
    );
  });

test('an allowed address pair that nobody answers for any more is told by its address', () => {
  const [before, after] = [recorded('S4'), recorded('S4')];
  for (const { namespaces: all } of after.states)
    for (const { neighbours } of Object.values(all)) {
      const found = neighbours?.find(({ dst }) => dst === '10.4.0.100');
      if (found) found.lladdr = 'fa:16:3e:00:00:99';
    }
  const side = (cloud: typeof before) => ({ topology: cloud.topology, cloud: liveOf(cloud) });
  const { changes } = compareReach(side(before), side(after));
  assert.ok(changes.some(({ kind, example }) => kind === 'lost' && example === 'reach v1b -> 10.4.0.100@n1'));
});

test('a forwarded port that is not translated any more is told', () => {
  const [before, after] = [recorded('L8'), recorded('L8')];
  for (const { namespaces: all } of after.states)
    for (const { iptables } of Object.values(all))
      take(iptables, ({ spec }) => spec?.includes('--dport 2222') === true);
  const side = (cloud: typeof before) => ({ topology: cloud.topology, cloud: liveOf(cloud) });
  const { changes } = compareReach(side(before), side(after));
  const told = changes.map(({ kind, example }) => `${kind} ${example}`);
  // The router takes the packets from outside itself.
  assert.ok(told.includes('source reach outside -> 192.168.1.161 tcp 2222'), JSON.stringify(told));
  assert.ok(told.includes('lost reach c1 -> 192.168.1.161 tcp 2222'), JSON.stringify(told));
});

test('ports that one side does not have are told', () => {
  const [before, after] = [recorded('S3'), recorded('S3')];
  after.topology = { ...after.topology, ports: after.topology.ports.filter(({ name }) => name !== 'a3') };
  const side = (cloud: typeof before) => ({ topology: cloud.topology, cloud: liveOf(cloud) });
  const { onlyBefore, onlyAfter, changes } = compareReach(side(before), side(after));
  assert.deepEqual([onlyBefore, onlyAfter, changes], [['a3'], [], []]);
});
