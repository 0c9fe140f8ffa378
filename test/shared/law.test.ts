/**
 * The law: on a healthy node, what the engine expects (with what the agents chose read back) is what is there.
 * Judge: recordings of real Neutron agents. Nothing of a snapshot may be passed over: every item is counted.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ASPECTS } from '../../shared/aspects/table.ts';
import { compare } from '../../shared/compare.ts';
import { expect } from '../../shared/expect.ts';
import { gapFor } from '../../shared/gaps.ts';
import { readAllocations } from '../../shared/readAllocations.ts';
import type { NodeState } from '../../shared/state.ts';
import type { Topology } from '../../shared/topology/types.ts';
import { SCENARIOS, liveState, nodeNames, staleOf, topologyOf } from '../support/recordings.ts';

function check(topology: Topology, live: NodeState, leftovers: string[]): void {
  const expected = expect(topology, live.node, readAllocations(topology, live.node, live));
  const { differences, counts } = compare(expected, live);
  assert.deepEqual(
    differences.map(({ kind, aspect, live: text }) => `${kind} ${aspect} ${text}`),
    leftovers.map((name) => `unexpected namespaces ${name}`),
  );
  const { equal, different, dynamic, notCompared } = counts;
  assert.equal(different, leftovers.length);
  assert.equal(equal + different + dynamic + notCompared, itemsIn(live, expected));
}

/** Each namespace, each item of the namespaces that are compared in detail, and each line of the state files. */
function itemsIn(live: NodeState, expected: NodeState): number {
  const detailed = Object.entries(live.namespaces).filter(([name]) => Object.hasOwn(expected.namespaces, name));
  const inside = detailed.flatMap(([, state]) => ASPECTS.map(({ name }) => state[name]?.length ?? 0));
  return Object.keys(live.namespaces).length + inside.reduce((a, b) => a + b, 0) + (live.allocations?.length ?? 0);
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
  // Everything that the first four scenarios hold is modelled, but for IPv6 and the DHCP namespaces.
  for (const scenario of ['S1', 'S2', 'S3', 'S3b'] as const)
    for (const node of nodeNames(scenario))
      it(`${scenario} ${node}: only IPv6 and DHCP`, () => {
        const topology = topologyOf(scenario);
        const live = liveState(scenario, node);
        const { notCompared } = compare(expect(topology, node, readAllocations(topology, node, live)), live);
        const other = notCompared.filter(
          ({ family, namespace }) => family !== 'inet6' && !namespace.startsWith('qdhcp-'),
        );
        assert.deepEqual(other, []);
      });

  it('of an HA router what depends on who is active, and nothing else', () => {
    const topology = topologyOf('S6ha');
    const { gaps } = expect(topology, 'net1');
    const snat = `snat-${topology.routers[0]!.id}`;
    const aspects = ASPECTS.filter(({ name }) => gapFor(gaps, snat, name) !== undefined).map(({ name }) => name);
    assert.deepEqual(aspects, ['links', 'addresses', 'routes']);
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
