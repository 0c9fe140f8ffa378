/** With nodes missing a promise is kept, or nobody can say; it is broken only where it is broken over all nodes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { traceIn } from '../../../shared/trace/trace.ts';
import { viewOf } from '../../../shared/trace/view.ts';
import { compareReach } from '../../../shared/verify/differ.ts';
import { resultOfTrace } from '../../../shared/verify/promise.ts';
import { type Verification, verify } from '../../../shared/verify/verify.ts';
import { liveCloud } from '../../../shared/wiring.ts';
import { randomOf } from '../../judges/random.ts';
import { SCENARIOS } from '../../support/recordings.ts';
import { type Loss, leftOf, lossText, lossesOf } from '../../support/unread.ts';
import { alter, expectedOf, liveOf, recorded } from './clouds.ts';

const SEED = Number(process.env['JUDGE_SEED'] ?? 1);
const LOSSES = Number(process.env['UNREAD_LOSSES'] ?? 2);

/** What is not known is for want of a node that is missing. */
function checkUnknown({ unknown }: Pick<Verification, 'unknown'>, loss: Loss): void {
  for (const { reason, example } of unknown)
    assert.ok(
      loss.nodes.some((node) => reason.includes(node)),
      `${lossText(loss)}: ${example}: ${reason}`,
    );
}

for (const name of SCENARIOS)
  test(`${name}: with nodes missing no promise is broken`, () => {
    const random = randomOf(SEED + SCENARIOS.indexOf(name));
    const { topology, states } = recorded(name);
    const all = lossesOf(states);
    for (let i = 0; i < LOSSES; i++) {
      const loss = random.pick(all);
      const found = verify(topology, liveCloud(topology, leftOf(states, loss)));
      const broken = found.broken.map(({ witness, what }) => `${witness.promise}: ${what}`);
      assert.deepEqual(broken, [], lossText(loss));
      checkUnknown(found, loss);
      assert.ok(found.counts.some(({ held, unknown }) => held + unknown > 0));
    }
  });

for (const name of ['S3', 'S6ha', 'L7'] as const)
  test(`${name}: with nodes missing and something broken, what is broken is so over all nodes`, () => {
    const random = randomOf(SEED + 50 + SCENARIOS.indexOf(name));
    for (let i = 0; i < LOSSES; i++) {
      const { topology, states } = recorded(name);
      const said = alter(random.pick(states), random);
      const loss = random.pick(lossesOf(states));
      const view = viewOf(liveCloud(topology, states));
      const { endpoints } = view.cloud.wiring;
      for (const { witness } of verify(topology, liveCloud(topology, leftOf(states, loss))).broken) {
        const [whole, less] = [traceIn(view, witness.request), witness.trace].map((traced) => {
          const { end, sourceSeen, answered } = resultOfTrace(traced, endpoints);
          return { end, sourceSeen, answered };
        });
        assert.deepEqual(less, whole, `${said}; ${lossText(loss)}: ${witness.promise}`);
      }
    }
  });

test('what the outside sees of a router whose active node is missing is not known', () => {
  const { topology, states } = recorded('S6ha');
  const loss: Loss = { nodes: ['net2'], how: 'without a state' };
  const found = verify(topology, liveCloud(topology, leftOf(states, loss)), [
    { text: 'reach h3 -> 8.8.8.8' },
    { text: 'reach h3 -> h4' },
    { text: 'unreachable h3 -> 8.8.8.8' },
  ]);
  const outside = found.counts.find(({ kind }) => kind === 'outside')!;
  assert.deepEqual([outside.broken, outside.unknown > 0], [0, true]);
  assert.deepEqual(
    found.unknown.map(({ reason }) => reason),
    ['there is no state of node net2: collect it and ask again'],
  );
  assert.deepEqual(
    found.written.map(({ verdict }) => verdict),
    ['unknown', 'held', 'unknown'],
  );
});

for (const name of ['S3', 'S6ha', 'L7', 'L12'] as const)
  test(`${name}: with nodes missing nothing is lost or gained that is not known`, () => {
    const cloud = recorded(name);
    const { topology, states } = cloud;
    const random = randomOf(SEED + 80 + SCENARIOS.indexOf(name));
    const expected = expectedOf(cloud)[0]!;
    for (let i = 0; i < LOSSES; i++) {
      const loss = random.pick(lossesOf(states));
      const less = liveCloud(topology, leftOf(states, loss));
      for (const [before, after] of [
        [name === 'L12' ? liveOf(cloud) : expected, less],
        [less, liveOf(cloud)],
      ] as const) {
        const { changes, unknown, asked } = compareReach({ topology, cloud: before }, { topology, cloud: after });
        assert.deepEqual(changes, [], lossText(loss));
        checkUnknown({ unknown }, loss);
        assert.ok(asked + unknown.length > 0);
      }
    }
  });
