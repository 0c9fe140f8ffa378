/** Packets that were really sent, over the live state of the nodes and over the one that the engine expects. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { divergence } from '../../../shared/trace/diverge.ts';
import { allocationsOf, expectedCloud, liveCloud } from '../../../shared/wiring.ts';
import { checkPacket, packetTitle, packetsOf } from '../../support/checkPacket.ts';
import { recordedCloud, recordedRows, recordedScenario } from '../../support/recordedCloud.ts';
import {
  FIREWALL_SCENARIOS,
  LAB_SCENARIOS,
  SCENARIOS,
  liveState,
  nodeNames,
  topologyOf,
} from '../../support/recordings.ts';

for (const name of SCENARIOS) {
  const cloud = recordedCloud(name);
  for (const row of packetsOf(recordedRows(name))) {
    test(`${packetTitle(name, row)} (live)`, () => void checkPacket(cloud, recordedScenario(name), row));
  }
}

/** The engine models these wholly; the others have features of which it says so. */
for (const name of ['S1', 'S2', 'S3', 'S3b', 'S4', 'S5', 'S6', ...LAB_SCENARIOS] as const) {
  test(`${name}: the expected state takes every packet the same way as the live one`, () => {
    const topology = topologyOf(name);
    const states = nodeNames(name).map((node) => liveState(name, node));
    const allocations = allocationsOf(topology, states);
    const expected = expectedCloud(topology, allocations);
    const live = liveCloud(topology, states, allocations);
    const rows = packetsOf(recordedRows(name));
    assert.ok(rows.length > 0);
    for (const row of rows) {
      const scenario = recordedScenario(name);
      const there = checkPacket(expected, scenario, row);
      assert.equal(divergence(there, checkPacket(live, scenario, row)), null, packetTitle(name, row));
      checkPacket(expectedCloud(topology), scenario, row);
    }
  });
}

for (const name of FIREWALL_SCENARIOS) {
  test(`${name}: expected and live state part only where the firewall drops a packet`, () => {
    const topology = topologyOf(name);
    const states = nodeNames(name).map((node) => liveState(name, node));
    const allocations = allocationsOf(topology, states);
    const expected = expectedCloud(topology, allocations);
    const live = liveCloud(topology, states, allocations);
    const scenario = recordedScenario(name);
    for (const row of packetsOf(recordedRows(name))) {
      const { path: _path, ...asked } = row;
      const wanted = checkPacket(expected, scenario, row.delivered ? row : { ...asked, delivered: true });
      const parting = divergence(wanted, checkPacket(live, scenario, row));
      assert.equal(
        parting?.apart,
        row.delivered ? undefined : 'the openvswitch firewall made this flow',
        packetTitle(name, row),
      );
      assert.equal(
        parting?.live ?? '',
        row.delivered ? '' : 'table=93, priority=0 actions=drop',
        packetTitle(name, row),
      );
      assert.equal(parting === null, row.delivered, packetTitle(name, row));
    }
  });
}
