/** Healthy clouds keep every promise, live and expected; and what is not promised is said. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Verification, verify } from '../../../shared/verify/verify.ts';
import { FIREWALL_SCENARIOS, SCENARIOS } from '../../support/recordings.ts';
import { expectedOf, liveOf, recorded, withoutFlows } from './clouds.ts';

const asked = ({ counts }: Verification): Record<string, number> =>
  Object.fromEntries(counts.map((count) => [count.kind, count.asked]));

function check(found: Verification): void {
  assert.deepEqual(
    found.broken.map(({ what, witness }) => `${witness.promise}: ${what}`),
    [],
  );
  assert.deepEqual(found.unknown, []);
  assert.ok(found.counts.every((count) => count.held === count.asked));
}

for (const scenario of SCENARIOS)
  test(`${scenario} holds every promise, live and expected`, () => {
    const cloud = recorded(scenario);
    const live = verify(cloud.topology, liveOf(cloud));
    check(live);
    assert.ok(live.counts.length > 0);
    const refused =
      live.leftOut.find(({ reason }) => reason.startsWith('ways that the openvswitch firewall'))?.count ?? 0;
    const isRefusing = FIREWALL_SCENARIOS.some((name) => name === scenario);
    assert.equal(refused > 0, isRefusing);
    for (const over of [...expectedOf(cloud), withoutFlows(liveOf(cloud))]) {
      const found = verify(cloud.topology, over);
      check(found);
      const of = asked(live);
      assert.deepEqual(asked(found), refused > 0 ? { ...of, inside: of['inside']! + refused } : of);
    }
  });

const ASKED: readonly [(typeof SCENARIOS)[number], Record<string, number>][] = [
  ['S1', { inside: 6, outside: 3, neutron: 18, metadata: 3 }],
  ['S3', { inside: 14, outside: 6, 'floating-ip': 4, 'floating-inside': 24, neutron: 30, metadata: 6, apart: 24 }],
  [
    'S4',
    {
      inside: 12,
      outside: 6,
      'no-way-out': 2,
      'floating-ip': 3,
      'floating-inside': 18,
      neutron: 35,
      metadata: 8,
      apart: 84,
    },
  ],
  ['L6', { inside: 8, outside: 5, 'floating-ip': 3, 'floating-inside': 14, neutron: 22, metadata: 5, apart: 15 }],
  ['L8', { inside: 12, outside: 7, 'floating-ip': 11, 'floating-inside': 75, neutron: 16, metadata: 7, apart: 34 }],
];

for (const [scenario, expected] of ASKED)
  test(`${scenario}: so many promises of each kind`, () => {
    const cloud = recorded(scenario);
    assert.deepEqual(asked(verify(cloud.topology, liveOf(cloud))), expected);
  });

const LEFT_OUT: readonly [(typeof SCENARIOS)[number], RegExp][] = [
  ['S3', /ports of Neutron itself/],
  ['S3', /floating IPs that nobody serves: it is not associated with a port/],
  ['S4', /allowed address pairs/],
  ['S5', /known fault of Neutron since Zed \(ipv6-not-routed\)/],
  ['L1', /allowed address pairs with a MAC that is not that of the port/],
  ['L1', /allowed address pairs outside of the subnets of the network/],
  ['L4', /to floating IPs of another external network/],
  ['L8', /to floating IPs of the same router, from addresses of tenants/],
  ['L4', /bound to no node/],
  ['L5', /nobody owns/],
  ['L6', /between address scopes/],
];

for (const [scenario, reason] of LEFT_OUT)
  test(`${scenario}: says that it leaves out ${reason.source}`, () => {
    const cloud = recorded(scenario);
    const { leftOut } = verify(cloud.topology, liveOf(cloud));
    const found = leftOut.find((each) => reason.test(each.reason));
    assert.ok(found, JSON.stringify(leftOut, null, 1));
    assert.ok(found.count > 0 && found.example !== '');
  });
