/** The law of editing: what is kept from an earlier version and what is computed anew gives the same state. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseDocument, visit, type Pair, type Scalar } from 'yaml';
import { cloud as bigCloud } from '../../bench/cloud.ts';
import { cloudOf, stateOf } from '../../shared/cloud.ts';
import { expect } from '../../shared/expect.ts';
import { readTopology } from '../../shared/topology/read.ts';
import type { Topology } from '../../shared/topology/types.ts';
import { writeTopology } from '../../shared/topology/write.ts';
import { SCENARIOS, topologyOf } from '../support/recordings.ts';

const EDITS = 60;

/** Numbers that are the same each time (Numerical Recipes' generator). */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state;
  }
}

/** Another value of the same kind: an address or a number that nobody has, the other truth, another name. */
function altered(value: unknown): unknown {
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return value + 1;
  const address = /^(\d+\.\d+\.\d+\.)(\d+)(.*)$/.exec(String(value));
  return address ? `${address[1]}${(Number(address[2]) + 77) % 250}${address[3]}` : `${String(value)}x`;
}

/** The text with one entry taken out or one value altered; `pick` says which. */
function edited(text: string, pick: number): { text: string; what: string } {
  const document = parseDocument(text);
  const pairs: Pair<Scalar>[] = [];
  visit(document, { Pair: (_, pair) => void pairs.push(pair as Pair<Scalar>) });
  const target = pairs[Math.floor(pick / 2) % pairs.length]!;
  const isScalar = (value: unknown): value is Scalar =>
    typeof value === 'object' && value !== null && 'source' in value;
  if (pick % 2 === 0 || !isScalar(target.value)) {
    visit(document, { Pair: (_, pair) => (pair === target ? visit.REMOVE : undefined) });
    return { text: String(document), what: `without ${String(target.key.value)}` };
  }
  const before = String(target.value.value);
  target.value.value = altered(target.value.value);
  return { text: String(document), what: `${String(target.key.value)}: ${before} -> ${String(target.value.value)}` };
}

suite('after an edit every node has the state that it would have had from the start', () => {
  for (const scenario of SCENARIOS)
    test(scenario, () => {
      const text = writeTopology(topologyOf(scenario));
      const pick = numbers(scenario.length + scenario.charCodeAt(scenario.length - 1));
      let reading = readTopology(text);
      let cloud = cloudOf(reading.topology);
      for (let i = 0; i < EDITS; i++) {
        for (const { name } of cloud.topology.nodes) stateOf(cloud, name);
        // There and back: what was kept over an edit must be right after the next one too.
        const { text: next, what } = i % 2 === 0 ? edited(text, pick.next().value) : { text, what: 'back' };
        reading = readTopology(next, reading);
        cloud = cloudOf(reading.topology, cloud);
        const fresh = readTopology(next).topology;
        for (const { name } of cloud.topology.nodes)
          assert.deepEqual(stateOf(cloud, name), expect(fresh, name), `${name} after ${what}`);
      }
    });
});

suite('an edit of one router leaves the others', () => {
  const before = bigCloud(12);
  const states = cloudOf(before);
  for (const { name } of before.nodes) stateOf(states, name);
  const after: Topology = structuredClone(before);
  after.routers[7]!.interfaces[0]!.mac_address = 'fa:16:3e:00:00:01';
  const next = cloudOf(after, states);
  const holders = before.nodes.filter(
    ({ name }) => `qrouter-${before.routers[7]!.id}` in stateOf(states, name).namespaces,
  );

  test('nodes that do not hold it keep their state', () => {
    const others = before.nodes.filter((node) => !holders.includes(node));
    assert.ok(holders.length >= 5 && others.length >= 5, `${holders.length} hold it, ${others.length} do not`);
    for (const { name } of others) assert.equal(stateOf(next, name), stateOf(states, name));
  });

  test('on nodes that hold it other routers keep their items', () => {
    for (const { name } of holders) {
      const [was, is] = [stateOf(states, name).namespaces, stateOf(next, name).namespaces];
      for (const router of before.routers) {
        const namespace = `qrouter-${router.id}`;
        if (!(namespace in was)) continue;
        assert.equal(
          was[namespace]!.routes === is[namespace]!.routes,
          router !== before.routers[7],
          `${name} ${namespace}`,
        );
      }
    }
  });
});
