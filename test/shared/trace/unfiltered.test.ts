/** Where the openvswitch firewall has taken the place of flows that deliver, an expected packet passes as if it had not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Allocations, defaultAllocations } from '../../../shared/allocations.ts';
import { expect } from '../../../shared/expect.ts';
import { noOvsAllocations } from '../../../shared/ovs/allocations.ts';
import type { NodeState } from '../../../shared/state.ts';
import type { Topology } from '../../../shared/topology/types.ts';
import { trace } from '../../../shared/trace/trace.ts';
import { verify } from '../../../shared/verify/verify.ts';
import { expectedCloud } from '../../../shared/wiring.ts';
import { FLAT, VLAN, VM, VXLAN, cloud } from '../ovs/cloud.ts';

const filtered = (topology: Topology): Map<string, Allocations> =>
  new Map(
    topology.nodes.map(({ name }) => [
      name,
      { ...defaultAllocations(topology, name), ovs: { ...noOvsAllocations(), hasFlowFirewall: true } },
    ]),
  );

const delivers = ({ flows }: NodeState): boolean =>
  flows!.some(({ bridge, table, priority, match }) =>
    [bridge === 'br-int', table === 60, priority === 20, match.endsWith(`dl_dst=${VM}`)].every(Boolean),
  );

const TYPES: readonly [what: string, type: string][] = [
  ['VLAN', VLAN],
  ['flat', FLAT],
  ['VXLAN', VXLAN],
];

for (const [what, type] of TYPES)
  test(`${what}: compare does not ask for the flow that the firewall replaces, a trace does`, () => {
    const topology = cloud({ type, release: 'zed' });
    const allocations = filtered(topology);
    assert.equal(delivers(expect(topology, 'c1', allocations.get('c1'))), false);
    const expected = expectedCloud(topology, allocations);
    assert.equal(delivers(expected.states.find(({ node }) => node === 'c1')!), true);
    const traced = trace(expected, { from: topology.ports[1]!.id!, to: '10.0.0.5', protocol: 'icmp' });
    assert.deepEqual([traced.disposition, traced.answered], ['delivered', true]);
    assert.deepEqual(verify(topology, expected).broken, []);
  });
