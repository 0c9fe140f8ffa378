/** A topology that gives no ids is kept as well as one that does: names with placeholders are names. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Topology } from '../../../shared/topology/types.ts';
import { readIptablesRule } from '../../../shared/trace/iptablesRule.ts';
import { verify } from '../../../shared/verify/verify.ts';
import { expectedOf, recorded } from './clouds.ts';

function withoutIds(topology: Topology): Topology {
  const isId = (key: string): boolean => key === 'id' || key === 'port_id';
  return JSON.parse(JSON.stringify(topology, (key, value: unknown) => (isId(key) ? undefined : value))) as Topology;
}

for (const scenario of ['S3', 'S6ha', 'L7', 'L8'] as const)
  test(`${scenario} without ids: every promise holds in the expected state`, () => {
    const cloud = recorded(scenario);
    cloud.topology = withoutIds(cloud.topology);
    for (const expected of expectedOf(cloud)) {
      const found = verify(cloud.topology, expected);
      assert.deepEqual([found.broken.map(({ what }) => what), found.unknown], [[], []]);
      assert.ok(found.counts.length > 0);
    }
  });

const TARGETS: readonly [spec: string, name: string][] = [
  ['-j neutron-l3-agent-cth-<id of tftp>', 'neutron-l3-agent-cth-<id of tftp>'],
  ['-i <qr of <port of a b>> -g chain-<a <b c> d>-x', 'chain-<a <b c> d>-x'],
  ['-m comment --comment "a < b > c" -j ACCEPT', 'ACCEPT'],
  ['-j <open without end', '<open'],
  ['-m comment --comment a<b -j DROP', 'DROP'],
];

for (const [spec, name] of TARGETS)
  test(`the target of ${spec}`, () => {
    const { target } = readIptablesRule({ family: 'inet', table: 'filter', chain: 'FORWARD', spec });
    assert.equal(target.name, name);
  });

test('brackets without end are read soon', () => {
  for (const part of ['<', '< ', '<a <b> ', '> ', '<>', 'a<b '])
    assert.ok(readIptablesRule({ family: 'inet', table: 'filter', chain: 'FORWARD', spec: part.repeat(50_000) }));
});
