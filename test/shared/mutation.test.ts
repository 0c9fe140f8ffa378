/** Every single item of healthy nodes, removed, added or altered in turn, is exactly one difference, and that one names it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ASPECTS } from '../../shared/aspects/table.ts';
import { type Difference, compare } from '../../shared/compare.ts';
import { expect, namespacesOf } from '../../shared/expect.ts';
import { gapFor } from '../../shared/gaps.ts';
import { readAllocations } from '../../shared/readAllocations.ts';
import type { AllocationLine, Item, NamespaceAspect, NodeState } from '../../shared/state.ts';
import type { Topology } from '../../shared/topology/types.ts';
import { heldByHistory } from '../support/heldByHistory.ts';
import {
  SCENARIOS,
  type ScenarioName,
  liveState as recordedState,
  nodeNames,
  staleOf,
  topologyOf,
} from '../support/recordings.ts';

/** Without what is left over: a namespace, and Open vSwitch, which holds flows of it; `ovs/mutation.test.ts` alters what is there. */
function liveState(scenario: ScenarioName, node: string): NodeState {
  const { ports: _ports, flows: _flows, ...live } = recordedState(scenario, node);
  for (const stale of staleOf(scenario).namespaces) if (stale.node === node) delete live.namespaces[stale.namespace];
  return live;
}

const differencesOf = (topology: Topology, live: NodeState): Difference[] =>
  compare(expect(topology, live.node, readAllocations(topology, live.node, live)), live).differences;

/** @param texts of which the one difference must hold at least one */
function checkOne(
  topology: Topology,
  live: NodeState,
  where: [namespace: string, aspect: string],
  texts: string[],
  what: string,
): void {
  const differences = differencesOf(topology, live);
  const told = differences.map(({ kind, namespace, aspect, expected, live: there }) => ({
    kind,
    namespace,
    aspect,
    expected,
    there,
  }));
  assert.equal(differences.length, 1, `${what}: ${JSON.stringify(told, null, 1)}`);
  const [{ namespace, aspect, expected, live: there }] = differences as [Difference];
  if (isOtherWitness(texts, [expected, there])) return;
  assert.deepEqual([namespace, aspect], where, what);
  assert.ok(
    texts.some((text) => text === expected || text === there),
    `${what}: ${JSON.stringify(told)}`,
  );
}

/**
 * In the qrouter namespace of DVR with HA `rfp` has no link-local address, so that two things alone tell its MAC, the link and the
 * neighbour of the other end: when they contradict each other, either may be named.
 */
function isOtherWitness(texts: string[], told: (string | null)[]): boolean {
  const macsOf = (text: string | null) => text?.match(/([0-9a-f]{2}:){5}[0-9a-f]{2}/g) ?? [];
  const altered = texts.flatMap(macsOf);
  const named = told.flatMap(macsOf);
  return (
    texts.some((text) => text.startsWith('rfp-') && text.includes('link/ether')) &&
    told.every((text) => text?.startsWith('169.254.')) &&
    altered.length === 2 &&
    named.length === 2 &&
    altered.every((mac) => named.includes(mac))
  );
}

/** All ways to alter an item: each of its fields gets another value. */
function alterations(item: Item): Item[] {
  return Object.entries(item).flatMap(([key, value]): Item[] => {
    const alter = (other: unknown) => ({ ...item, [key]: other });
    if (key === 'family' || key === 'because') return [];
    if (typeof value === 'number') return [alter(value + 1)];
    if (typeof value === 'string') return [alter(otherText(value))];
    if (Array.isArray(value) && value.every((word) => typeof word === 'string'))
      return [alter(value.length > 0 ? [] : ['UP'])];
    return [];
  });
}

/** Another text of the same kind. */
function otherText(text: string): string {
  const address = /^(\d+\.\d+\.\d+)\.(\d+)(\/\d+)?$/.exec(text);
  if (address) return `${address[1]}.${(Number(address[2]) + 77) % 256}${address[3] ?? ''}`;
  if (/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(text)) return `02${text.slice(2, -2)}99`;
  if (/^\d+$/.test(text)) return String(Number(text) + 1);
  return `${text}x`;
}

type State = Record<NamespaceAspect, Item[]>;

type Visit = (namespace: string, aspect: NamespaceAspect, index: number, item: Item) => void;

function eachItemOf(live: NodeState, expected: NodeState, visit: Visit): void {
  for (const [namespace, state] of Object.entries(live.namespaces)) {
    if (!Object.hasOwn(expected.namespaces, namespace)) continue;
    for (const aspect of ASPECTS)
      for (const [index, item] of (state[aspect.name] ?? []).entries()) {
        const gap = gapFor(expected.gaps, namespace, aspect.name, aspect.family(item));
        if (!gap && aspect.dynamic?.(item) === undefined) visit(namespace, aspect.name, index, item);
        else if (!gap && isExpected(expected, namespace, aspect.name, item)) visit(namespace, aspect.name, index, item);
      }
  }
}

const explain = (aspect: NamespaceAspect, item: Item) => ASPECTS.find(({ name }) => name === aspect)!.explain(item);

/** A sysctl would be no difference by itself; one that Neutron sets is expected all the same. */
const isExpected = (expected: NodeState, namespace: string, aspect: NamespaceAspect, item: Item): boolean =>
  (expected.namespaces[namespace]![aspect] ?? []).some(
    (other: Item) => explain(aspect, other) === explain(aspect, item),
  );

function withItems(
  live: NodeState,
  namespace: string,
  aspect: NamespaceAspect,
  edit: (items: Item[]) => Item[],
): NodeState {
  const state = live.namespaces[namespace] as unknown as State;
  const namespaces = Object.assign(Object.create(null), live.namespaces) as NodeState['namespaces'];
  namespaces[namespace] = { ...state, [aspect]: edit(state[aspect]) } as unknown as NodeState['namespaces'][string];
  return { ...live, namespaces };
}

/** Of recordings made later a part is enough each time; `DVRSCOPE_MUTATE_EVERY=1` takes all of them, which is half an hour. */
const EVERY = Number(process.env['DVRSCOPE_MUTATE_EVERY'] ?? 41);

/** Nodes of which every item is altered each time; of all others every so many. */
const WHOLE: Partial<Record<ScenarioName, string[]>> = {
  S3: ['compute1', 'net1'],
  S4: ['net1'],
  S5: ['compute1', 'net1'],
  S6: ['net2'],
  S6ha: ['net1', 'net2'],
};

const CASES = SCENARIOS.flatMap((scenario) =>
  nodeNames(scenario).map((node) => [scenario, node, WHOLE[scenario]?.includes(node) ? 1 : EVERY] as const),
);

for (const [scenario, node, step] of CASES)
  describe(`${scenario} ${node}${step === 1 ? '' : `, one item in ${step}`}`, () => {
    const topology = topologyOf(scenario);
    const live = liveState(scenario, node);
    const allocations = readAllocations(topology, node, live);
    const expected = expect(topology, node, allocations);
    const isHeld = heldByHistory(namespacesOf(topology, node, allocations));
    const eachItem = (visit: Visit): void => {
      let number = 0;
      eachItemOf(live, expected, (...item) => {
        if (number++ % step === 0 && !isHeld(item[0], item[1], item[3])) visit(...item);
      });
    };

    it('an item is removed', () => {
      let count = 0;
      eachItem((namespace, aspect, index, item) => {
        const less = withItems(live, namespace, aspect, (items) => items.toSpliced(index, 1));
        checkOne(topology, less, [namespace, aspect], [explain(aspect, item)], `without ${explain(aspect, item)}`);
        count++;
      });
      // The smallest node, one of mode dvr_no_external with one router, has 175.
      assert.ok(count > 150 / step, `only ${count} items`);
    });

    it('an item is there twice, or a new one like it', () => {
      eachItem((namespace, aspect, _index, item) => {
        if (aspect === 'sysctls') return;
        const twice = withItems(live, namespace, aspect, (items) => [...items, { ...item }]);
        checkOne(topology, twice, [namespace, aspect], [explain(aspect, item)], `twice ${explain(aspect, item)}`);
        for (const other of alterations(item).slice(0, 2)) {
          if (ASPECTS.find(({ name }) => name === aspect)!.dynamic?.(other) !== undefined) continue;
          const more = withItems(live, namespace, aspect, (items) => [...items, other]);
          checkOne(topology, more, [namespace, aspect], [explain(aspect, other)], `with ${explain(aspect, other)}`);
        }
      });
    });

    it('an item is altered in one field', () => {
      let count = 0;
      eachItem((namespace, aspect, index, item) => {
        for (const other of alterations(item)) {
          if (explain(aspect, other) === explain(aspect, item)) continue;
          const altered = withItems(live, namespace, aspect, (items) => items.with(index, other));
          const texts = [explain(aspect, item), explain(aspect, other)];
          checkOne(topology, altered, [namespace, aspect], texts, `${texts[0]} became ${texts[1]}`);
          count++;
        }
      });
      assert.ok(count > 400 / step, `only ${count} alterations`);
    });

    it('a namespace is removed or added', () => {
      for (const name of Object.keys(expected.namespaces)) {
        const namespaces = Object.assign(Object.create(null), live.namespaces) as NodeState['namespaces'];
        delete namespaces[name];
        const differences = differencesOf(topology, { ...live, namespaces });
        assert.deepEqual(
          differences.map((d) => [d.kind, d.aspect, d.expected]),
          [['missing', 'namespaces', name]],
        );
        const stranger = `${name.split('-')[0]}-00000000-1111-4222-8333-444444444444`;
        const more = Object.assign(Object.create(null), live.namespaces, {
          [stranger]: live.namespaces[name],
        }) as NodeState['namespaces'];
        const others = differencesOf(topology, { ...live, namespaces: more });
        assert.deepEqual(
          others.map((d) => [d.kind, d.aspect, d.live]),
          [['unexpected', 'namespaces', stranger]],
        );
      }
    });

    it('a line of a state file is removed, added or altered', () => {
      if (gapFor(expected.gaps, '-', 'allocations')) return;
      for (const [index, line] of (live.allocations ?? []).entries()) {
        const edit = (lines: AllocationLine[]) => differencesOf(topology, { ...live, allocations: lines });
        const all = live.allocations!;
        assert.deepEqual(
          edit(all.toSpliced(index, 1)).map((d) => [d.kind, d.aspect]),
          [['missing', 'allocations']],
        );
        const stranger = { ...line, key: '203.0.113.99', value: '32768' };
        assert.deepEqual(
          edit([...all, stranger]).map((d) => [d.kind, d.aspect]),
          [['unexpected', 'allocations']],
        );
        const value = line.file === 'fip-priorities' ? '99' : '10.0.0.0/31';
        const altered = edit(all.with(index, { ...line, value }));
        assert.deepEqual(
          altered.map((d) => [d.kind, d.aspect]),
          [['different', 'allocations']],
        );
      }
    });
  });

it('rules of an ordered chain in another order are one difference', () => {
  const topology = topologyOf('S3');
  const live = liveState('S3', 'net1');
  const snat = Object.keys(live.namespaces).find((name) => name.startsWith('snat-'))!;
  const inChain = (item: Item) => 'spec' in item && (item as { chain?: string }).chain === 'neutron-l3-agent-snat';
  const swapped = withItems(live, snat, 'iptables', (items) => {
    const [first, second] = items.flatMap((item, i) => (inChain(item) ? [i] : [])) as [number, number];
    return items.with(first, items[second]!).with(second, items[first]!);
  });
  const differences = differencesOf(topology, swapped);
  assert.deepEqual(
    differences.map(({ kind, aspect }) => [kind, aspect]),
    [['different', 'iptables']],
  );
});

it('two floating IPs with one priority, and a priority out of range, are differences', () => {
  const topology = topologyOf('S3');
  const rule = (live: NodeState, priority: number) => {
    const name = Object.keys(live.namespaces).find((n) =>
      live.namespaces[n]!.rules?.some((r) => r.priority === 44418),
    )!;
    const state = withItems(live, name, 'rules', (items) =>
      items.map((item) => ((item as { priority?: number }).priority === 44418 ? { ...item, priority } : item)),
    );
    const allocations = state.allocations!.map((line) =>
      line.value === '44418' ? { ...line, value: String(priority) } : line,
    );
    return differencesOf(topology, { ...state, allocations });
  };
  assert.notEqual(rule(liveState('S3', 'compute1'), 37683).length, 0);
  assert.notEqual(rule(liveState('S3', 'compute1'), 72768).length, 0);
  assert.equal(rule(liveState('S3', 'compute1'), 40000).length, 0);
});
