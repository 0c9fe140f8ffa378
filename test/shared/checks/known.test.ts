/** Known faults of Neutron: told where the topology meets them, and never as a finding. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KNOWN_FAULTS, knownFaultsOf } from '../../../shared/checks/known/table.ts';
import { readTopology } from '../../../shared/topology/read.ts';
import { locate } from '../../../shared/topology/sourceMap.ts';
import { SCENARIOS, topologyOf } from '../../support/recordings.ts';
import { markersOf, problemsOf } from './markers.ts';

for (const { code, wrong, right } of KNOWN_FAULTS)
  describe(code, () => {
    it('is told of the one example at its place, which has no problem else', () => {
      const { topology, sourceMap } = readTopology(wrong);
      const places = knownFaultsOf(topology).map(({ pointer, at }) => {
        const [start, end] = locate(sourceMap, pointer, at)!;
        const before = wrong.slice(0, start).split('\n');
        return `${before.length}:${before.at(-1)!.length + 1} ${wrong.slice(start, end)} ${code}`;
      });
      assert.deepEqual(places, markersOf(wrong));
      assert.deepEqual(problemsOf(wrong), []);
    });

    it('is not told of the other', () => {
      assert.deepEqual(knownFaultsOf(readTopology(right).topology), []);
      assert.deepEqual(problemsOf(right), []);
    });
  });

describe('ipv6-not-routed', () => {
  const told = (text: string) => knownFaultsOf(readTopology(text).topology).length;
  const [{ wrong }] = KNOWN_FAULTS as [(typeof KNOWN_FAULTS)[number]];

  it('since zed; of a cloud whose release nobody said nothing is told', () => {
    const of = (release: string) => told(wrong.replace('release: zed', release));
    assert.deepEqual(['release: yoga', 'release: 2025.1', ''].map(of), [0, 1, 0]);
  });

  it('only with IPv6 on both sides, on nodes that have a way out, without NDP proxies', () => {
    const edits: [string, string][] = [
      ["public-v6: {cidr: '2001:db8::/64'}", ''],
      ["red-v6: {cidr: '2001:db8:a::/64'}", 'red-v6: {cidr: 10.0.0.0/24}'],
      ['router1:\n', 'router1:\n    distributed: false\n'],
      ['router1:\n', 'router1:\n    enable_ndp_proxy: true\n'],
    ];
    for (const [from, to] of edits) assert.equal(told(wrong.replace(from, to)), 0, to);
  });

  it('of the recorded clouds those with IPv6 on both sides', () => {
    const clouds = SCENARIOS.filter((scenario) => knownFaultsOf(topologyOf(scenario)).length > 0);
    assert.ok(clouds.includes('S5'));
    assert.ok(!clouds.includes('S3'));
  });
});
