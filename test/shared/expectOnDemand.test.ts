/** Expected state of which Open vSwitch is made when somebody looks: the same state, and nothing made before. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { expect, expectOnDemand } from '../../shared/expect.ts';
import { allocationsOf, expectedCloud, expectedCloudOnDemand } from '../../shared/wiring.ts';
import { SCENARIOS, liveState, nodeNames, topologyOf } from '../support/recordings.ts';

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

for (const scenario of SCENARIOS)
  it(`${scenario}: is what is expected at once`, () => {
    const topology = topologyOf(scenario);
    const live = nodeNames(scenario).map((node) => liveState(scenario, node));
    const allocations = allocationsOf(topology, live);
    for (const { name } of topology.nodes)
      assert.deepEqual(
        plain(expectOnDemand(topology, name, allocations.get(name))),
        plain(expect(topology, name, allocations.get(name))),
      );
    assert.deepEqual(plain(expectedCloudOnDemand(topology)), plain(expectedCloud(topology)));
  });

it('a node that is not there holds nothing', () => {
  const topology = topologyOf('S1');
  assert.deepEqual(plain(expectOnDemand(topology, 'nobody')), plain(expect(topology, 'nobody')));
});

it('nothing is made before somebody looks, and then once', () => {
  const state = expectOnDemand(topologyOf('S1'), 'compute1');
  assert.equal(typeof Object.getOwnPropertyDescriptor(state, 'flows')?.get, 'function');
  assert.ok(state.flows!.length > 0);
  assert.equal(state.flows, state.flows);
});
