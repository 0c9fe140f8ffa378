/**
 * The law: on a healthy node, what the engine expects (with what the agents chose read back) is what is there.
 * Judge: recordings of real Neutron agents. Nothing of a snapshot may be passed over: every item is counted.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ASPECTS } from '../../shared/aspects/table.ts';
import { type NotCompared, compare } from '../../shared/compare.ts';
import { expect } from '../../shared/expect.ts';
import { readAllocations } from '../../shared/readAllocations.ts';
import type { NodeState } from '../../shared/state.ts';
import type { Topology } from '../../shared/topology/types.ts';
import { SCENARIOS, liveState, nodeNames, staleOf, topologyOf } from '../support/recordings.ts';

function check(topology: Topology, live: NodeState, leftovers: string[]): void {
  const expected = expect(topology, live.node, readAllocations(topology, live.node, live));
  const { differences: all, counts } = compare(expected, live);
  // Open vSwitch has leftovers of its own: `ovs/law.test.ts`.
  const differences = all.filter(({ aspect }) => aspect !== 'ports' && aspect !== 'flows');
  assert.deepEqual(
    differences.map(({ kind, aspect, live: text }) => `${kind} ${aspect} ${text}`),
    leftovers.map((name) => `unexpected namespaces ${name}`),
  );
  const { equal, different, dynamic, notCompared } = counts;
  assert.equal(different, all.length);
  assert.equal(equal + different + dynamic + notCompared, itemsIn(live, expected));
}

/** Each namespace, each item of the namespaces that are compared in detail, each line of the state files, each port and flow. */
function itemsIn(live: NodeState, expected: NodeState): number {
  const detailed = Object.entries(live.namespaces).filter(([name]) => Object.hasOwn(expected.namespaces, name));
  const inside = detailed.flatMap(([, state]) => ASPECTS.map(({ name }) => state[name]?.length ?? 0));
  const ofNode = [live.allocations, live.ports, live.flows, live.keepalived].map((items) => items?.length ?? 0);
  return Object.keys(live.namespaces).length + [...inside, ...ofNode].reduce((a, b) => a + b, 0);
}

describe('expected state against real agents', () => {
  for (const scenario of SCENARIOS)
    for (const node of nodeNames(scenario))
      it(`${scenario} ${node}`, () => {
        const leftovers = staleOf(scenario).namespaces.filter((entry) => entry.node === node);
        check(
          topologyOf(scenario),
          liveState(scenario, node),
          leftovers.map(({ namespace }) => namespace),
        );
      });
});

describe('what is not compared', () => {
  // Of the DHCP namespaces the recordings hold addresses and routes; the rest was not collected.
  const isOfDhcp = ({ namespace, aspect }: NotCompared) =>
    namespace.startsWith('qdhcp-') && aspect !== 'addresses' && aspect !== 'routes' && aspect !== 'namespaces';
  // Of two external networks on one node: nobody can say which of the allocators wrote last.
  const isOfAllocators = ({ aspect, reason }: NotCompared) =>
    aspect === 'allocations' && reason.endsWith('the last to write wins');
  for (const scenario of SCENARIOS)
    for (const node of nodeNames(scenario))
      it(`${scenario} ${node}: only what the recording leaves out`, () => {
        const topology = topologyOf(scenario);
        const live = liveState(scenario, node);
        const { notCompared } = compare(expect(topology, node, readAllocations(topology, node, live)), live);
        const other = notCompared.filter(
          (gap) => !isOfDhcp(gap) && !isOfAllocators(gap) && !(gap.side === 'live' && gap.aspect === 'allocations'),
        );
        assert.deepEqual(other, []);
      });
});

it('what is dynamic says why', () => {
  const reasons = new Set<string>();
  for (const scenario of SCENARIOS)
    for (const node of nodeNames(scenario))
      for (const state of Object.values(liveState(scenario, node).namespaces))
        for (const aspect of ASPECTS)
          for (const item of state[aspect.name] ?? []) reasons.add(aspect.dynamic?.(item) ?? '');
  assert.deepEqual(
    [...reasons].toSorted(),
    [
      '',
      'Neutron does not set this key: the namespace has it from the kernel or the host',
      'the kernel learned this entry',
    ].toSorted(),
  );
});
