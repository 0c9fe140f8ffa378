/** DVR with HA: who is active is read back; who should be is told by the API. Judges: recording S6ha and the spec of its failover. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expect } from '../../../shared/expect.ts';
import { readNodeState } from '../../../shared/live.ts';
import { readAllocations } from '../../../shared/readAllocations.ts';
import { parseSnapshot } from '../../../shared/snapshot.ts';
import type { NodeState } from '../../../shared/state.ts';
import type { Topology } from '../../../shared/topology/types.ts';
import { cloud, differencesOf, healthyNode, linesOf, told } from '../../support/healthy.ts';
import { liveState, snapshotText, topologyOf } from '../../support/recordings.ts';

const ROUTER = 'f0ca63ab-7df9-4fef-a7c3-b5eca16d90ca';
const SNAT = `snat-${ROUTER}`;

/** The same cloud after a failover, as the API tells it. */
function withActive(node: string | undefined): Topology {
  const topology = topologyOf('S6ha');
  const [router] = topology.routers;
  for (const agent of router!.l3_agents!) agent.ha_state = agent.node === node ? 'active' : 'standby';
  if (node === undefined) delete router!.external_gateway!.node;
  else router!.external_gateway!.node = node;
  return topology;
}

/** A node with the other role, all of it: state file, addresses, routes. */
function withRole(node: string, role: 'active' | 'standby'): NodeState {
  const topology = withActive(role === 'active' ? node : node === 'net1' ? 'net2' : 'net1');
  const choice = { role, vrid: 220, protocols: {}, broadcasts: [] };
  const made = healthyNode(topology, node, (allocations) => {
    Object.assign(allocations, readAllocations(topology, node, liveState('S6ha', node)));
    allocations.ha['dvrha'] = choice;
  });
  const live = liveState('S6ha', node);
  const namespaces = { ...live.namespaces, [SNAT]: { ...live.namespaces[SNAT]!, ...made.namespaces[SNAT]! } };
  return { ...live, namespaces, allocations: made.allocations! };
}

describe('what is read back', () => {
  it('roles, VRID, who wrote the routes, and which address the agent itself added', () => {
    const ha = (node: string) => readAllocations(topologyOf('S6ha'), node, liveState('S6ha', node)).ha['dvrha'];
    assert.deepEqual({ ...ha('net1'), protocols: {} }, { role: 'standby', vrid: 220, protocols: {}, broadcasts: [] });
    const active = { role: 'active', vrid: 220, protocols: {}, broadcasts: ['192.168.1.114/32'] };
    assert.deepEqual({ ...ha('net2'), protocols: {} }, active);
    assert.equal(ha('net2')!.protocols['default'], 'keepalived');
    assert.equal(ha('compute1'), undefined);
  });

  it('the state file of each router', () => {
    const line = { file: 'ha-state', key: ROUTER, value: 'primary' };
    assert.deepEqual(
      liveState('S6ha', 'net2').allocations?.filter(({ file }) => file === 'ha-state'),
      [line],
    );
    const failed = snapshotText('S6ha', 'net2').replace(/(\/state\nprimary\n?@@ end )0/, '$11');
    const { allocations, gaps } = readNodeState(parseSnapshot(failed));
    assert.equal(allocations, undefined);
    assert.equal(gaps.filter(({ aspect }) => aspect === 'allocations').length, 1);
  });
});

describe('after a failover', () => {
  for (const node of ['net1', 'net2'])
    for (const role of ['active', 'standby'] as const)
      it(`${node} is ${role}, and the API agrees`, () => {
        const other = node === 'net1' ? 'net2' : 'net1';
        assert.deepEqual(told(differencesOf(withActive(role === 'active' ? node : other), withRole(node, role))), []);
      });

  it('a floating IP that keepalived set has no broadcast address, nor the route for it', () => {
    const live = withRole('net1', 'active');
    const ofFloatingIp = (line: string) => line.includes('192.168.1.114');
    assert.deepEqual(linesOf(live, SNAT, 'addresses').filter(ofFloatingIp), [
      'qg-cca04641-77    inet 192.168.1.114/32 scope global qg-cca04641-77',
    ]);
    assert.deepEqual(
      linesOf(live, SNAT, 'routes')
        .filter(ofFloatingIp)
        .map((line) => line.split(' ')[0]),
      ['local'],
    );
  });
});

describe('an active node that is not as the API says is one difference', () => {
  const line = (expected: string, live: string) =>
    `different allocations: ha-state: ${ROUTER},${expected} | ha-state: ${ROUTER},${live}`;

  it('another node is active: one on each', () => {
    assert.deepEqual(told(differencesOf(withActive('net1'), liveState('S6ha', 'net1'))), [line('primary', 'backup')]);
    assert.deepEqual(told(differencesOf(withActive('net1'), liveState('S6ha', 'net2'))), [line('backup', 'primary')]);
  });

  it('two are active: one on the node that should not be', () => {
    assert.deepEqual(told(differencesOf(withActive('net2'), withRole('net1', 'active'))), [line('backup', 'primary')]);
    assert.deepEqual(told(differencesOf(withActive('net2'), liveState('S6ha', 'net2'))), []);
  });

  it('none is active: one on the node that should be', () => {
    assert.deepEqual(told(differencesOf(withActive('net2'), withRole('net2', 'standby'))), [line('primary', 'backup')]);
    assert.deepEqual(told(differencesOf(withActive('net2'), liveState('S6ha', 'net1'))), []);
  });

  it('the API names two or none: the binding of the gateway port decides', () => {
    const topology = withActive('net2');
    for (const agent of topology.routers[0]!.l3_agents!) agent.ha_state = 'active';
    assert.deepEqual(told(differencesOf(topology, withRole('net1', 'active'))), [line('backup', 'primary')]);
    for (const agent of topology.routers[0]!.l3_agents!) agent.ha_state = 'standby';
    assert.deepEqual(told(differencesOf(topology, withRole('net2', 'standby'))), [line('primary', 'backup')]);
  });

  it('without any word of the API the node is as it says', () => {
    for (const node of ['net1', 'net2'])
      assert.deepEqual(told(differencesOf(withActive(undefined), liveState('S6ha', node))), []);
  });
});

describe('a cloud in which ids, MACs and the release are left out', () => {
  const topology = cloud(`
nodes: {net1: {agent_mode: dvr_snat}, net2: {agent_mode: dvr_snat}}
networks:
  public: {router:external: true, network_type: flat, subnets: {public-v4: {cidr: 203.0.113.0/24}, more-v4: {cidr: 198.51.100.0/24}}}
  red: {network_type: vxlan, subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  blue: {network_type: vxlan, subnets: {blue-v4: {cidr: 10.0.1.0/24}}}
  ha-net: {network_type: vxlan, subnets: {ha-v4: {cidr: 169.254.192.0/18, gateway_ip: null}}}
routers:
  r:
    id: 11111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa
    ha: true
    external_gateway: {network: public, ip_address: 203.0.113.10}
    interfaces: {red-v4: {snat: {ip_address: 10.0.0.3}}, blue-v4: {snat: {ip_address: 10.0.1.3}}}
    routes: [{destination: 172.16.0.0/16, nexthop: 10.0.0.9}]
    l3_agents: [{node: net1, ha_state: active}, {node: net2, ha_state: standby}]
ports:
  ha1: {node: net1, network: ha-net, device_owner: network:router_ha_interface, device_id: r, fixed_ips: [{ip_address: 169.254.192.1}]}
  ha2: {node: net2, network: ha-net, device_owner: network:router_ha_interface, device_id: r, fixed_ips: [{ip_address: 169.254.192.2}]}
`);
  const snat = 'snat-11111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
  const virtual = (node: string, release: string, active = true) =>
    linesOf(
      healthyNode({ ...topology, release }, node, (allocations) => {
        allocations.ha['r'] = { role: active ? 'active' : 'standby', vrid: 7, protocols: {}, broadcasts: [] };
      }),
      snat,
      'routes',
    ).filter((line) => / proto (static|keepalived)/.test(line));

  it('routes are those of keepalived, with its own protocol or with `static`', () => {
    assert.deepEqual(
      virtual('net1', 'zed').map((line) => line.replace(/<[^>]*>/g, '…').trimEnd()),
      [
        '198.51.100.0/24 dev qg-… proto keepalived scope link',
        'default via 203.0.113.1 dev qg-… proto keepalived',
        '172.16.0.0/16 via 10.0.0.9 dev sg-… proto keepalived',
      ],
    );
    assert.ok(virtual('net1', '2023.1').every((line) => line.includes('proto static')));
    assert.deepEqual(virtual('net1', 'zed', false), []);
  });

  it('the state file says master before Victoria', () => {
    const value = (release: string) => expect({ ...topology, release }, 'net1').allocations?.at(-1)?.value;
    assert.equal(value('ussuri'), 'master');
    assert.equal(value('victoria'), 'primary');
  });

  it('names of the devices of a standby are read back, although nothing tells which is which', () => {
    const ids = { 'qg-': 'qg-dddddddd-11', 'sg-': ['sg-cccccccc-11', 'sg-cccccccc-22'], 'ha-': 'ha-eeeeeeee-11' };
    for (const [node, role] of [['net1', 'active'] as const, ['net2', 'standby'] as const]) {
      const made = JSON.stringify(
        healthyNode({ ...topology, release: 'zed' }, node, (allocations) => {
          allocations.ha['r'] = { role, vrid: 7, protocols: {}, broadcasts: [] };
        }),
      )
        .replaceAll(/qg-<[^>]*>/g, ids['qg-'])
        .replaceAll('sg-<red-v4>', ids['sg-'][0]!)
        .replaceAll('sg-<blue-v4>', ids['sg-'][1]!)
        .replaceAll(/ha-<[^>]*>/g, ids['ha-']);
      const { namespaces } = JSON.parse(made) as NodeState;
      const live = { ...(JSON.parse(made) as NodeState), namespaces: { [snat]: namespaces[snat]! } };
      const differences = differencesOf({ ...topology, release: 'zed' }, live).filter(
        ({ namespace }) => namespace === snat,
      );
      assert.deepEqual(told(differences), [], node);
    }
  });
});
