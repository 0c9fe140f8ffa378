/**
 * Which diagnosis explains where expected and live trace part: one item taken away from a recorded node, for each kind of item and by chance which; every
 * packet that parts is explained, and by the diagnosis that holds the item. `EXPLAIN_COUNT` items of each kind.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Diagnosis } from '../../../shared/faults/diagnose.ts';
import { explainDivergence } from '../../../shared/faults/explain.ts';
import type { NodeState } from '../../../shared/state.ts';
import { divergence } from '../../../shared/trace/diverge.ts';
import { traceIn } from '../../../shared/trace/trace.ts';
import { viewOf } from '../../../shared/trace/view.ts';
import { allocationsOf, expectedCloud, liveCloud } from '../../../shared/wiring.ts';
import { type Random, randomOf } from '../../judges/random.ts';
import type { ScenarioName } from '../../support/recordings.ts';
import { candidatesOf, settle } from '../trace/candidates.ts';
import { cloudOf, recordedCloud, take } from './cloud.ts';

const NAMESPACE_KINDS = ['addresses', 'iptables', 'neighbours', 'routes', 'rules'] as const;
const KINDS = [...NAMESPACE_KINDS, 'flows', 'ports'] as const;
type Kind = (typeof KINDS)[number];

/** Recordings of every sort, small enough to trace all packets of each. */
const SCENARIOS: readonly ScenarioName[] = ['S1', 'S3', 'S4', 'S5', 'S6', 'L1', 'L6', 'L9', 'L10'];

/** For how many items of each kind. */
const TAKEN = Number(process.env['EXPLAIN_COUNT'] ?? 2);

/** The lists of a kind on a node, of namespaces that packets pass. */
function listsOf(state: NodeState, kind: Kind): object[][] {
  if (kind === 'flows' || kind === 'ports') return [state[kind] ?? []];
  return Object.entries(state.namespaces).flatMap(([name, content]) =>
    /^(?:qrouter|snat|fip)-/.test(name) ? [content[kind] ?? []] : [],
  );
}

/** False where there is none. */
function takeOne(random: Random, state: NodeState, kind: Kind): boolean {
  const lists = listsOf(state, kind).filter((list) => list.length > 0);
  if (lists.length === 0) return false;
  const list = random.pick(lists);
  const item = random.pick(list);
  take(list, (each) => each === item);
  settle(state);
  return true;
}

/** Whether a diagnosis is of an item of this kind on this node. */
const isOf = (diagnosis: Diagnosis, node: string, kind: Kind): boolean =>
  diagnosis.differences.some((line) => line.node === node && line.aspect === kind) ||
  (diagnosis.node === node && diagnosis.facts.some(({ aspect }) => aspect === kind));

/** Explains the first packet that parts in a cloud with these items taken; whether one does. */
function check(random: Random, scenario: ScenarioName, kinds: readonly Kind[]): boolean {
  const cloud = cloudOf(scenario);
  const nodes = [...recordedCloud(scenario).states.keys()];
  const taken = kinds.flatMap((kind) => {
    const node = random.pick(nodes);
    return takeOne(random, cloud.states.get(node)!, kind) ? [{ node, kind }] : [];
  });
  const { topology } = cloud;
  const states = [...cloud.states.values()];
  const allocations = allocationsOf(topology, states);
  const [expected, live] = [
    viewOf(expectedCloud(topology, allocations)),
    viewOf(liveCloud(topology, states, allocations)),
  ];
  for (const request of candidatesOf(topology, states)) {
    const [there, here] = [traceIn(expected, request), traceIn(live, request)];
    const parting = divergence(there, here);
    if (!parting) continue;
    const why = explainDivergence({ topology, allocations, states, request, expected: there, live: here }, parting);
    const told = JSON.stringify({ scenario, taken, request, parting, why: why.map(({ root }) => root) });
    assert.ok(why.length > 0, told);
    assert.ok(
      why.every((diagnosis) => taken.some(({ node, kind }) => isOf(diagnosis, node, kind))),
      told,
    );
    return true;
  }
  return false;
}

/** As often as it takes to have some packets that part. */
function checkSome(random: Random, kindsOf: () => readonly Kind[]): void {
  let parted = 0;
  for (let i = 0; i < 20 * TAKEN && parted < TAKEN; i++) if (check(random, random.pick(SCENARIOS), kindsOf())) parted++;
  assert.equal(parted, TAKEN);
}

for (const kind of KINDS)
  test(`one of the ${kind} is gone`, () => checkSome(randomOf(KINDS.indexOf(kind) + 1), () => [kind]));

test('of two faults the one that the packet meets first explains it', () => {
  const random = randomOf(42);
  checkSome(random, () => [random.pick(KINDS), random.pick(KINDS)]);
});

test('rules in another order', () => {
  const { topology, states } = cloudOf('S6');
  const snat = Object.entries(states.get('net2')!.namespaces).find(([name]) => name.startsWith('snat-'))![1];
  const isSnat = (spec: string | undefined) => spec?.includes('-j SNAT') === true && spec.startsWith('-o qg-');
  const rules = snat.iptables!;
  const [moved] = take(rules, ({ chain, spec }) => chain === 'neutron-l3-agent-snat' && isSnat(spec));
  const jump = rules.findIndex(({ spec }) => spec === '-j neutron-l3-agent-float-snat');
  rules.splice(jump, 0, moved!);
  const list = [...states.values()];
  const allocations = allocationsOf(topology, list);
  const request = { from: 'c1', to: '198.51.100.10' };
  const expected = traceIn(viewOf(expectedCloud(topology, allocations)), request);
  const live = traceIn(viewOf(liveCloud(topology, list, allocations)), request);
  assert.deepEqual([expected.sourceSeen, live.sourceSeen], ['192.168.1.131', '192.168.1.21']);
  const parting = divergence(expected, live)!;
  const why = explainDivergence({ topology, allocations, states: list, request, expected, live }, parting);
  assert.deepEqual(
    why.map(({ node, root }) => [node, root?.isOrder]),
    [['net2', true]],
  );
});

test('nothing that differs explains what nobody collected', () => {
  const { topology, states } = cloudOf('S3');
  const list = [...states.values()].filter(({ node }) => node !== 'net1');
  const allocations = allocationsOf(topology, list);
  const request = { from: 'a3', to: '198.51.100.10' };
  const expected = traceIn(viewOf(expectedCloud(topology, allocations)), request);
  const live = traceIn(viewOf(liveCloud(topology, list, allocations)), request);
  const parting = divergence(expected, live)!;
  assert.match(parting.live ?? '', /^insufficient-info: /);
  assert.deepEqual(explainDivergence({ topology, allocations, states: list, request, expected, live }, parting), []);
});
