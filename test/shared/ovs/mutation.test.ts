/** Every single port and flow of healthy nodes, removed, added or altered in turn, is exactly one difference, and that one names it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NODE_ASPECTS } from '../../../shared/aspects/table.ts';
import { type Difference, compare } from '../../../shared/compare.ts';
import { expect } from '../../../shared/expect.ts';
import { readAllocations } from '../../../shared/readAllocations.ts';
import type { Item, NodeAspectName, NodeState } from '../../../shared/state.ts';
import type { Topology } from '../../../shared/topology/types.ts';
import { SCENARIOS, type ScenarioName, liveState, nodeNames, topologyOf } from '../../support/recordings.ts';

/** `DVRSCOPE_MUTATE_EVERY=1` takes all items of every node. */
const EVERY = process.env['DVRSCOPE_MUTATE_EVERY'];

/** Two healthy nodes whole; of two with leftovers every fifth item, since leftovers must not hide what is missing. */
const SOME: readonly [scenario: ScenarioName, node: string, step: number][] = [
  ['S3', 'compute1', 1],
  ['S5', 'net1', 1],
  ['S3b', 'net1', 5],
  ['S6ha', 'net1', 5],
  ['L2', 'compute1', 19],
  ['L6', 'net1', 29],
  ['L7', 'net2', 37],
  ['L8', 'net1', 37],
  ['L10', 'net1', 29],
];

const NODES =
  EVERY === undefined
    ? SOME
    : SCENARIOS.flatMap((scenario) => nodeNames(scenario).map((node) => [scenario, node, Number(EVERY)] as const));

const differencesOf = (topology: Topology, live: NodeState): Difference[] =>
  compare(expect(topology, live.node, readAllocations(topology, live.node, live)), live).differences;

const textOf = ({ kind, expected, live }: Difference): string => `${kind} ${expected} ${live}`;

function checkOne(
  { topology, before }: { topology: Topology; before: ReadonlySet<string> },
  live: NodeState,
  name: NodeAspectName,
  texts: string[],
  what: string,
): void {
  const differences = differencesOf(topology, live).filter((difference) => !before.has(textOf(difference)));
  const told = differences.map(({ kind, expected, live: there }) => ({ kind, expected, there }));
  assert.equal(differences.length, 1, `${what}: ${JSON.stringify(told, null, 1)}`);
  const [{ namespace, aspect, expected, live: there }] = differences as [Difference];
  assert.deepEqual([namespace, aspect], ['-', name], what);
  assert.ok(
    texts.some((text) => text === expected || text === there),
    `${what}: ${JSON.stringify(told)}`,
  );
}

/** Another text of the same kind: the last digit is another one. */
const otherText = (text: string): string => {
  const last = /\d(?=\D*$)/.exec(text);
  return last ? `${text.slice(0, last.index)}${(Number(last[0]) + 1) % 10}${text.slice(last.index + 1)}` : `${text}x`;
};

const NEW_MATCH = { match: 'dl_vlan=99,dl_dst=02:00:00:00:00:99' };
const NEW_PORT = { name: 'tap02000000-99', external_ids: { 'iface-id': '02000000-9900-4000-8000-000000000000' } };

/** All ways to alter an item: each of its fields, and each key of its maps, gets another value. */
function alterations(item: Item): Item[] {
  return Object.entries(item).flatMap(([key, value]): Item[] => {
    const alter = (other: unknown) => ({ ...item, [key]: other });
    if (typeof value === 'number') return [alter(value + 1)];
    if (typeof value === 'string') return [alter(value === '' ? 'dl_vlan=9' : otherText(value))];
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value as Record<string, string>).map(([inner, text]) =>
      alter({ ...(value as Record<string, string>), [inner]: otherText(text) }),
    );
  });
}

for (const [scenario, node, step] of NODES)
  describe(`${scenario} ${node}`, () => {
    const topology = topologyOf(scenario);
    const leftovers = differencesOf(topology, liveState(scenario, node));
    const judge = { topology, before: new Set(leftovers.map(textOf)) };
    const isLeft = (text: string) => leftovers.some(({ live }) => live === text);
    for (const aspect of NODE_ASPECTS.filter(({ name }) => name !== 'keepalived')) {
      const live = liveState(scenario, node);
      const expected = expect(topology, node, readAllocations(topology, node, live))[aspect.name]!;
      const items: readonly Item[] = live[aspect.name]!;
      const own = items
        .map((item, i) => [i, item] as const)
        .filter(([, item]) => aspect.dynamic(item, expected) === undefined && !isLeft(aspect.explain(item)))
        .filter((_, i) => i % step === 0);
      const changed = (others: Item[]): NodeState => ({ ...live, [aspect.name]: others });

      it(`${aspect.name}: each one removed`, () => {
        for (const [i, item] of own)
          checkOne(
            judge,
            changed(items.filter((_, at) => at !== i)),
            aspect.name,
            [aspect.explain(item)],
            `removed ${aspect.explain(item)}`,
          );
      });

      it(`${aspect.name}: each one altered`, () => {
        for (const [i, item] of own)
          for (const other of alterations(item)) {
            const texts = [aspect.explain(item), aspect.explain(other)];
            checkOne(judge, changed(items.with(i, other)), aspect.name, texts, `${texts[0]} altered to ${texts[1]}`);
          }
      });

      it(`${aspect.name}: one more like each`, () => {
        for (const [, item] of own) {
          const other = Object.assign({}, item, aspect.name === 'flows' ? NEW_MATCH : NEW_PORT);
          checkOne(
            judge,
            changed([...items, other]),
            aspect.name,
            [aspect.explain(other)],
            `added ${aspect.explain(other)}`,
          );
        }
      });
    }
  });
