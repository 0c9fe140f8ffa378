/**
 * Where the topology leaves out MACs (and ids), those that the nodes tell are the real ones.
 * Judge: what Neutron's API says in the recordings. Some have overlapping prefixes, allowed address pairs, standbys without addresses.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compare } from '../../shared/compare.ts';
import { expect } from '../../shared/expect.ts';
import { readAllocations } from '../../shared/readAllocations.ts';
import type { NodeState } from '../../shared/state.ts';
import type { Topology } from '../../shared/topology/types.ts';
import { SCENARIOS, liveState, nodeNames, topologyOf } from '../support/recordings.ts';

/** Without the values of some keys, wherever they are. */
const without = (topology: Topology, keys: readonly string[]): Topology =>
  JSON.parse(JSON.stringify(topology, (key, value: unknown) => (keys.includes(key) ? undefined : value))) as Topology;

/** MACs by the pointer of what has them. */
function macsOf(thing: unknown, found: Record<string, string> = {}): Record<string, string> {
  if (typeof thing !== 'object' || thing === null) return found;
  if ('pointer' in thing && 'mac_address' in thing) found[String(thing.pointer)] = String(thing.mac_address);
  for (const part of Object.values(thing)) macsOf(part, found);
  return found;
}

function check(topology: Topology, keys: readonly string[], live: NodeState): void {
  const real = macsOf(topology);
  const { macs } = readAllocations(without(topology, keys), live.node, live);
  const told = Object.keys(macs).filter((key) => Object.hasOwn(real, key));
  assert.deepEqual(
    told.map((key) => `${key} ${macs[key]}`),
    told.map((key) => `${key} ${real[key]}`),
  );
}

const LEFT_OUT: readonly (readonly string[])[] = [
  ['mac_address'],
  ['mac_address', 'port_id'],
  ['mac_address', 'port_id', 'id'],
];

for (const keys of LEFT_OUT)
  describe(`a topology without ${keys.join(', ')}`, () => {
    for (const scenario of SCENARIOS)
      for (const node of nodeNames(scenario))
        it(`${scenario} ${node}`, () => check(topologyOf(scenario), keys, liveState(scenario, node)));
  });

describe('a VM is the device that it is with all ids', () => {
  const devicesOf = (topology: Topology, live: NodeState) => {
    const devices = readAllocations(topology, live.node, live).ovs?.devices ?? {};
    return Object.entries(devices).map(([key, { name }]) => `${key} ${name}`);
  };
  for (const scenario of SCENARIOS)
    for (const node of nodeNames(scenario))
      it(`${scenario} ${node}`, () => {
        const topology = topologyOf(scenario);
        const live = liveState(scenario, node);
        const real = devicesOf(topology, live);
        const told = devicesOf(without(topology, ['mac_address', 'port_id', 'id']), live);
        assert.deepEqual(
          told.filter((each) => !real.includes(each)),
          [],
        );
      });
});

it('a cloud without ids and MACs is compared with its switches', () => {
  const topology = without(topologyOf('S1'), ['mac_address', 'port_id', 'id']);
  for (const node of ['compute1', 'compute2']) {
    const live = liveState('S1', node);
    assert.deepEqual(compare(expect(topology, node, readAllocations(topology, node, live)), live).differences, []);
  }
});

it('devices of a standby without addresses are told apart by their MACs', () => {
  const topology = without(topologyOf('S6ha'), ['port_id']);
  const live = liveState('S6ha', 'net1');
  const { differences } = compare(expect(topology, 'net1', readAllocations(topology, 'net1', live)), live);
  assert.deepEqual(
    differences.filter(({ aspect }) => aspect === 'links' || aspect === 'keepalived'),
    [],
  );
});
