/** Promises that are written down, over a healthy cloud and over one that breaks them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verifyLines } from '../../../shared/verify/verify.ts';
import { namespaces, take } from '../faults/cloud.ts';
import { liveOf, recorded } from './clouds.ts';

type Verdict = 'held' | 'broken' | 'unknown';

/** S3: a1 (floating IP 192.168.1.101) and a3 in neta, b1 in netb of another router; addresses of a network each. */
const S3: readonly [text: string, verdict: Verdict, what?: RegExp][] = [
  ['reach a1 -> a3', 'held'],
  ['reach a1 -> a3 tcp 22', 'held'],
  ['reach a1 -> 8.8.8.8 as 192.168.1.101', 'held'],
  ['reach a3 -> 8.8.8.8 as 192.168.1.21', 'held'],
  ['reach a3 -> outside as 192.168.1.21', 'held'],
  ['reach a3 -> 8.8.8.8 as 192.168.1.101', 'broken', /sees 192\.168\.1\.21, not 192\.168\.1\.101/],
  ['reach a3 -> outside as 192.168.1.99', 'broken', /the outside sees 192\.168\.1\.21/],
  ['reach outside -> 192.168.1.101', 'held'],
  ['reach outside -> 192.168.1.101 tcp 443', 'held'],
  ['reach outside -> 192.168.1.99', 'broken', /./],
  ['unreachable outside -> 192.168.1.99', 'held'],
  ['unreachable a1 -> a3', 'broken', /a3 gets it/],
  ['unreachable a1 -> b1', 'held'],
  ['unreachable a3 -> outside', 'broken', /gets out as 192\.168\.1\.21/],
  ['isolated neta netb', 'held'],
  ['reach a1 -> b1', 'broken', /./],
  ['reach 192.168.1.1@public -> 192.168.1.101', 'held'],
  ['reach nobody -> a1', 'unknown', /no bound port/],
  ['reach a1', 'unknown', /two ends/],
  ['isolated neta nowhere', 'unknown', /no bound port/],
];

for (const [text, verdict, what] of S3)
  test(`${text}: ${verdict}`, () => {
    const cloud = recorded('S3');
    const [line] = verifyLines(cloud.topology, liveOf(cloud), [{ text, pointer: '/promises/0' }]);
    assert.equal(line!.verdict, verdict, line!.what ?? '');
    assert.equal(line!.pointer, '/promises/0');
    if (what) assert.match(line!.what!, what);
    assert.equal(line!.witness !== null, verdict === 'broken');
    if (line!.witness) assert.ok(line!.witness.isConfirmed);
  });

test('a promise breaks with the live state, and the witness is the packet that was promised', () => {
  const cloud = recorded('S3');
  const state = cloud.states.find(({ node }) => node === 'compute1')!;
  for (const [, namespace] of namespaces(state, 'qrouter')) take(namespace.rules, ({ src }) => src === '10.1.0.1');
  const [line] = verifyLines(cloud.topology, liveOf(cloud), [{ text: 'reach a3 -> 8.8.8.8 as 192.168.1.21' }]);
  assert.equal(line!.verdict, 'broken');
  assert.match(line!.what!, /no-route/);
  assert.deepEqual(line!.witness!.request, { from: 'a3', to: '8.8.8.8', protocol: 'icmp' });
});
