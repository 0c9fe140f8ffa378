/**
 * A router's own interface among its permanent neighbours: there where its addresses changed while the node held the router (in L12 a second
 * IPv6 subnet came to the network when net1 had it and the compute nodes had not). Both are right; another MAC is not.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { compareNode } from '../../../shared/compareNode.ts';
import type { NamespaceState, Neighbour } from '../../../shared/state.ts';
import { liveState, topologyOf } from '../../support/recordings.ts';

const topology = topologyOf('L12');
const OWN = /^2001:db8:a1?::1$/;

/** The router's namespace, and its own addresses among its neighbours. */
function routerOn(node: string) {
  const live = liveState('L12', node);
  const namespace = Object.values(live.namespaces).find(({ addresses = [] }) =>
    addresses.some(({ local }) => OWN.test(local ?? '')),
  )!;
  return { live, namespace, own: (namespace.neighbours ?? []).filter(({ dst }) => OWN.test(dst)) };
}

const entries: Neighbour[] = routerOn('net1').own;

function check(node: string, change: (namespace: NamespaceState) => void, wanted: string[]): void {
  const { live, namespace } = routerOn(node);
  change(namespace);
  const { differences } = compareNode(topology, live).comparison;
  assert.deepEqual(
    differences.map(({ kind, aspect, live: text }) => `${kind} ${aspect} ${text?.split(' ')[0]}`),
    wanted,
  );
}

it('the recording has them on one node only', () => {
  assert.equal(entries.length, 2);
  assert.deepEqual([...routerOn('compute1').own, ...routerOn('compute2').own], []);
});

it('a node may have them, or one of them, or none', () => {
  check('compute1', (namespace) => namespace.neighbours!.push(...entries), []);
  check('compute1', (namespace) => namespace.neighbours!.push(entries[0]!), []);
  const without = (namespace: NamespaceState) => {
    namespace.neighbours = namespace.neighbours!.filter(({ dst }) => !OWN.test(dst));
  };
  check('net1', without, []);
});

it('with another MAC it is a difference', () => {
  const wrong = { ...entries[0]!, lladdr: 'fa:16:3e:00:00:99' };
  check('compute1', (namespace) => namespace.neighbours!.push(wrong), [`unexpected neighbours ${wrong.dst}`]);
});
