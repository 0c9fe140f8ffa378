/** Where something is looked for that a thing of the topology causes: on every node that has any of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodesConcerned } from '../../shared/cloud.ts';
import { expect } from '../../shared/expect.ts';
import { pointer, pointerKeys } from '../../shared/problem.ts';
import type { Item, NodeState } from '../../shared/state.ts';
import { cloud } from '../../bench/cloud.ts';
import { SCENARIOS, topologyOf } from '../support/recordings.ts';

/** The things that cause what is in the namespaces of a node. */
function causesOn({ namespaces }: NodeState): Set<string> {
  const items: Item[] = Object.values(namespaces).flatMap((namespace) => [
    namespace,
    ...Object.values(namespace).flatMap((list) => (Array.isArray(list) ? list : [])),
  ]);
  const pointers = items.flatMap(({ because }) => because?.pointer ?? []);
  return new Set(pointers.map((each) => pointer(...pointerKeys(each).slice(0, 2))));
}

const TOPOLOGIES = [
  ...SCENARIOS.map((name) => ({ name, topology: topologyOf(name) })),
  { name: 'a generated cloud', topology: cloud(12, 10) },
];

for (const { name, topology } of TOPOLOGIES)
  test(`${name}: a node that holds something of a thing is concerned by it`, () => {
    const known = new Map<string, readonly string[]>();
    for (const { name: node } of topology.nodes)
      for (const cause of causesOn(expect(topology, node))) {
        const nodes = known.get(cause) ?? nodesConcerned(topology, cause);
        known.set(cause, nodes);
        assert.ok(nodes.includes(node), `${cause} on ${node}`);
      }
    assert.ok(known.size > 0);
  });

test('a router concerns the nodes that hold it, no others', () => {
  const topology = cloud(12, 10);
  const nodes = nodesConcerned(topology, '/routers/router-0');
  assert.ok(nodes.length > 1 && nodes.length < 8, nodes.join(' '));
});
