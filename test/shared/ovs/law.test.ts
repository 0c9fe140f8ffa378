/**
 * The law for Open vSwitch: on a healthy node what is expected is what is there, port by port and flow by flow.
 * What is really left over of deleted objects (`stale.json`) is found, and nothing else.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NODE_ASPECTS } from '../../../shared/aspects/table.ts';
import { type Difference, compare } from '../../../shared/compare.ts';
import { expect } from '../../../shared/expect.ts';
import { readAllocations } from '../../../shared/readAllocations.ts';
import type { Flow, NodeState } from '../../../shared/state.ts';
import { SCENARIOS, type ScenarioName, liveState, nodeNames, staleOf, topologyOf } from '../../support/recordings.ts';

/** What `stale.json` tells of a node, without what ages out. */
function leftoversOf(scenario: ScenarioName, node: string) {
  const { flows, namespaces } = staleOf(scenario);
  return {
    flows: flows.filter((flow) => flow.node === node && !flow.learned),
    namespaces: namespaces.filter((entry) => entry.node === node),
  };
}

const isOwn = ({ aspect }: Difference): boolean => aspect === 'ports' || aspect === 'flows';

/** What a fip namespace of a deleted network leaves: its device on br-int, and the translation of its local VLAN on the physical bridge. */
function leftOf(live: NodeState, namespaces: string[]): string[] {
  return namespaces.flatMap((name) =>
    (live.namespaces[name]?.links ?? []).flatMap(({ ifname }) => {
      const port = live.ports!.find((candidate) => candidate.name === ifname);
      return port ? [`ports ${ifname}`, `flows br-ex 2 priority=4,in_port=2,dl_vlan=${port.tag}`] : [];
    }),
  );
}

const flowText = ({ bridge, table, priority, match }: Pick<Flow, 'bridge' | 'table' | 'priority' | 'match'>): string =>
  `flows ${bridge} ${table} priority=${priority},${match}`;

describe('ports and flows against real agents', () => {
  for (const scenario of SCENARIOS)
    for (const node of nodeNames(scenario))
      it(`${scenario} ${node}`, () => {
        const topology = topologyOf(scenario);
        const live = liveState(scenario, node);
        const { differences, notCompared } = compare(
          expect(topology, node, readAllocations(topology, node, live)),
          live,
        );
        const own = differences.filter(isOwn);
        const stale = leftoversOf(scenario, node);
        const left = leftOf(
          live,
          stale.namespaces.map(({ namespace }) => namespace),
        );
        assert.deepEqual(
          own
            .map(({ kind, aspect, live: text }) => {
              const [parsed] = NODE_ASPECTS.find(({ name }) => name === aspect)!.parse(text!).items as [
                Flow & { name: string },
              ];
              return `${kind} ${aspect === 'flows' ? flowText(parsed) : `ports ${parsed.name}`}`;
            })
            .toSorted(),
          [...stale.flows.map(({ bridge, table, match }) => `flows ${bridge} ${table} ${match}`), ...left]
            .map((text) => `unexpected ${text}`)
            .toSorted(),
        );
        assert.equal(own.filter(({ known }) => known?.startsWith('leaked-')).length, stale.flows.length);
        assert.deepEqual(
          notCompared.filter(({ aspect }) => aspect === 'ports' || aspect === 'flows'),
          [],
        );
      });
});

it('whatever is set apart says why', () => {
  const reasons = new Set<string>();
  for (const scenario of SCENARIOS)
    for (const node of nodeNames(scenario)) {
      const topology = topologyOf(scenario);
      const live = liveState(scenario, node);
      const expected = expect(topology, node, readAllocations(topology, node, live));
      for (const aspect of NODE_ASPECTS)
        for (const item of live[aspect.name] ?? []) reasons.add(aspect.dynamic(item, expected[aspect.name]!) ?? '');
    }
  assert.deepEqual([...reasons].toSorted(), [
    '',
    'Neutron does not manage this bridge',
    'a device of the host on a physical bridge',
    'the openvswitch firewall made this flow',
    'the switch learned this flow from a frame; it ages out',
  ]);
});

it('every expected port and flow says why', () => {
  for (const scenario of SCENARIOS) {
    const topology = topologyOf(scenario);
    for (const { name } of topology.nodes) {
      const expected = expect(topology, name);
      for (const item of [...expected.ports!, ...expected.flows!]) {
        assert.match(item.because?.neutron ?? '', /^\w+\.py: \w/);
        assert.ok(item.because!.sentence.length > 10 && item.because!.pointer.startsWith('/'));
      }
    }
  }
});

it('what is printed is read back', () => {
  for (const scenario of SCENARIOS)
    for (const node of nodeNames(scenario)) {
      const live = liveState(scenario, node);
      for (const aspect of NODE_ASPECTS)
        for (const item of live[aspect.name] ?? [])
          assert.deepEqual(aspect.parse(aspect.explain(item)), { items: [item], problems: [] });
    }
});
