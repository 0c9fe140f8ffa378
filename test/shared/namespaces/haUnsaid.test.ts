/** HA routers of which the topology does not say all: no HA port, and DVR with HA before the router has a gateway. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expect } from '../../../shared/expect.ts';
import { readAllocations } from '../../../shared/readAllocations.ts';
import type { Gap, NodeState } from '../../../shared/state.ts';
import type { Topology } from '../../../shared/topology/types.ts';
import { cloud, differencesOf, healthyNode, told } from '../../support/healthy.ts';
import { liveState, topologyOf } from '../../support/recordings.ts';

const gapsOf = (topology: Topology, live: NodeState): Gap[] =>
  expect(topology, live.node, readAllocations(topology, live.node, live)).gaps.filter(
    ({ aspect }) => aspect === 'links' || aspect === 'iptables' || aspect === 'keepalived',
  );

describe('a topology without HA ports', () => {
  const whole = topologyOf('S6ha');
  const topology = {
    ...whole,
    ports: whole.ports.filter((port) => port.device_owner !== 'network:router_ha_interface'),
  };

  for (const node of ['net1', 'net2'])
    it(`${node}: its device, address, VRID and MTU are read back from the node`, () => {
      const live = liveState('S6ha', node);
      assert.deepEqual(gapsOf(topology, live), []);
      const differences = differencesOf(topology, live).filter(({ aspect }) => aspect !== 'iptables');
      assert.deepEqual(told(differences), []);
    });

  it('says that the MTU is not known where no node told it', () => {
    const gaps = expect(topology, 'net1').gaps.filter(({ aspect }) => aspect === 'links');
    assert.match(gaps[0]!.reason, /nor is its MTU/);
  });
});

describe('DVR with HA before it has a gateway', () => {
  const ROUTER = '66666666-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
  const topology = cloud(`
release: zed
nodes: {net1: {agent_mode: dvr_snat}}
networks:
  red: {network_type: vxlan, subnets: {red-v4: {cidr: 10.0.1.0/24}}}
  hanet: {network_type: vxlan, subnets: {ha-v4: {cidr: 169.254.192.0/18, enable_dhcp: false}}}
routers:
  r1:
    id: ${ROUTER}
    ha: true
    l3_agents: [{node: net1, ha_state: active}]
    interfaces: {red-v4: {port_id: cccccccc-11, mac_address: fa:16:3e:00:0e:cd}}
ports:
  ha1: {id: 12345678-90, network: hanet, node: net1, mac_address: fa:16:3e:00:00:aa, device_owner: network:router_ha_interface, device_id: ${ROUTER}, fixed_ips: [{ip_address: 169.254.192.5}]}
  vm: {network: red, node: net1, device_owner: compute:nova, fixed_ips: [{ip_address: 10.0.1.5}]}
`);
  const NAME = `snat-${ROUTER}`;

  it('the namespace has no tables, and a chain in it is one difference', () => {
    const live = healthyNode(topology, 'net1');
    assert.deepEqual(live.namespaces[NAME]?.iptables, []);
    assert.deepEqual(told(differencesOf(topology, live)), []);
    const stray = { family: 'inet' as const, table: 'filter', chain: 'FORWARD', spec: '-j DROP' };
    live.namespaces[NAME].iptables = [stray];
    assert.deepEqual(told(differencesOf(topology, live)), ['unexpected iptables: null | filter -A FORWARD -j DROP']);
  });

  it('what an earlier gateway left is not checked', () => {
    const live = healthyNode(topology, 'net1');
    live.namespaces[NAME]!.iptables = live.namespaces[`qrouter-${ROUTER}`]!.iptables!;
    assert.deepEqual(
      gapsOf(topology, live).map(({ namespace, reason }) => [namespace, reason]),
      [[NAME, 'chains of r1 that an earlier gateway left are not modelled']],
    );
    assert.deepEqual(told(differencesOf(topology, live)), []);
  });
});
