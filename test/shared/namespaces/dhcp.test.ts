/** DHCP namespaces: what of them the recordings hold is judged by the law; here what they do not hold. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expect } from '../../../shared/expect.ts';
import { readAllocations } from '../../../shared/readAllocations.ts';
import type { NodeState } from '../../../shared/state.ts';
import type { Topology } from '../../../shared/topology/types.ts';
import { cloud, differencesOf, healthyNode, linesOf, told } from '../../support/healthy.ts';
import { liveState, topologyOf } from '../../support/recordings.ts';

const NAME = 'qdhcp-55555555-aaaa-4aaa-8aaa-aaaaaaaaaaaa';

const topologyWith = (
  port: string,
  subnets = 'red-v4: {cidr: 10.0.1.0/24}',
  id = 'id: 55555555-aaaa-4aaa-8aaa-aaaaaaaaaaaa,',
): Topology =>
  cloud(`
release: zed
nodes: {dhcp1: {agent_mode: none}, dhcp2: {agent_mode: none}}
networks:
  red: {${id} network_type: vxlan, subnets: {${subnets}}}
ports:
  d: {network: red, device_owner: network:dhcp, ${port}}
`);

const full =
  'node: dhcp1, id: 3346aae6-47, mac_address: fa:16:3e:d6:18:ed, device_id: dhcp0477, status: ACTIVE, fixed_ips: [{ip_address: 10.0.1.200}]';
const one = topologyWith(full);

const routesOf = (state: NodeState) =>
  linesOf(state, NAME, 'routes')
    .filter((line) => line.includes('proto static'))
    .map((line) => line.trimEnd());

describe('a DHCP namespace', () => {
  it('has its port as a tap device, the address in the subnet, the gateway as default route, and no rules of its own', () => {
    const state = expect(one, 'dhcp1');
    assert.deepEqual(Object.keys(state.namespaces), [NAME]);
    assert.ok(linesOf(state, NAME, 'links').includes('tap3346aae6-47: <UP> mtu 1450 link/ether fa:16:3e:d6:18:ed'));
    assert.deepEqual(
      linesOf(state, NAME, 'addresses').filter((line) => line.includes(' inet 10.')),
      ['tap3346aae6-47    inet 10.0.1.200/24 brd 10.0.1.255 scope global tap3346aae6-47'],
    );
    assert.deepEqual(routesOf(state), ['default via 10.0.1.1 dev tap3346aae6-47 proto static']);
    assert.ok(linesOf(state, NAME, 'rules').every((line) => line.includes('from all lookup')));
    assert.deepEqual(told(differencesOf(one, healthyNode(one, 'dhcp1'))), []);
  });

  it('is on the node of its port alone; elsewhere, or without a port, it is unexpected', () => {
    const live = healthyNode(one, 'dhcp1');
    assert.deepEqual(told(differencesOf(one, { ...live, node: 'dhcp2' })), [`unexpected namespaces: null | ${NAME}`]);
    const reserved = topologyWith(full.replace('dhcp0477', 'reserved_dhcp_port'));
    assert.deepEqual(told(differencesOf(reserved, live)), [`unexpected namespaces: null | ${NAME}`]);
    assert.deepEqual(told(differencesOf(one, { ...live, namespaces: {} })), [`missing namespaces: ${NAME} | null`]);
  });

  it('of a port that is not ACTIVE may be there or not', () => {
    const down = topologyWith(full.replace('ACTIVE', 'DOWN'));
    const live = healthyNode(one, 'dhcp1');
    assert.deepEqual(told(differencesOf(down, live)), []);
    assert.deepEqual(told(differencesOf(down, { ...live, namespaces: {} })), []);
  });

  it('is not checked in a topology that holds no DHCP port at all', () => {
    const silent = { ...one, ports: [] };
    assert.deepEqual(told(differencesOf(silent, healthyNode(one, 'dhcp1'))), []);
  });

  it('has the metadata address when the agent serves isolated networks, and only then', () => {
    const topology = topologyOf('S1');
    const live = liveState('S1', 'net1');
    const name = Object.keys(live.namespaces).find((each) => each.startsWith('qdhcp-'))!;
    assert.ok(!linesOf(live, name, 'addresses').some((line) => line.includes('169.254.169.254')));
    for (const length of ['32', '16']) {
      const port = topology.ports.find(({ device_owner: owner, network }) => {
        const { id } = topology.networks.find((each) => each.name === network)!;
        return owner === 'network:dhcp' && name.endsWith(id!);
      })!;
      const allocations = readAllocations(topology, 'net1', live);
      allocations.addresses[`${port.pointer}/metadata`] = `169.254.169.254/${length}`;
      const made = JSON.parse(
        JSON.stringify(expect(topology, 'net1', allocations).namespaces[name]),
      ) as NodeState['namespaces'][string];
      const [addresses, routes] = [made.addresses!, made.routes!];
      assert.ok(addresses.some(({ local, prefixlen }) => local === '169.254.169.254' && String(prefixlen) === length));
      const isolated = (change: Partial<typeof made>) => {
        const namespaces = { ...live.namespaces, [name]: { ...live.namespaces[name]!, addresses, routes, ...change } };
        return differencesOf(topology, { ...live, namespaces });
      };
      assert.deepEqual(told(isolated({})), [], length);
      for (const index of addresses.keys())
        assert.equal(isolated({ addresses: addresses.toSpliced(index, 1) }).length, 1);
      for (const index of routes.keys()) assert.equal(isolated({ routes: routes.toSpliced(index, 1) }).length, 1);
    }
  });

  it('with several subnets has one default route: the first gateway that the server named', () => {
    const subnets = 'a: {cidr: 10.0.1.0/24}, b: {cidr: 10.0.2.0/24}, c: {cidr: 10.0.3.0/24, enable_dhcp: false}';
    const topology = topologyWith(full.replace('10.0.1.200}', '10.0.1.200}, {ip_address: 10.0.2.200}'), subnets);
    assert.deepEqual(routesOf(expect(topology, 'dhcp1')), ['default via 10.0.1.1 dev tap3346aae6-47 proto static']);
    const to = (gateway: string) => {
      const live = healthyNode(topology, 'dhcp1');
      for (const route of live.namespaces[NAME]!.routes!) if (route.dst === 'default') route.gateway = gateway;
      return differencesOf(topology, live).length;
    };
    assert.equal(to('10.0.1.1'), 0);
    assert.equal(to('10.0.2.1'), 0);
    // No DHCP there, so never its gateway.
    assert.equal(to('10.0.3.1'), 1);
  });

  it('of a network without gateway has no default route; a gateway outside of the subnet is on the link', () => {
    assert.deepEqual(routesOf(expect(topologyWith(full, 'a: {cidr: 10.0.1.0/24, gateway_ip: null}'), 'dhcp1')), []);
    const outside = topologyWith(full, 'a: {cidr: 10.0.1.0/24, gateway_ip: 192.0.2.1}');
    assert.deepEqual(routesOf(expect(outside, 'dhcp1')), [
      '192.0.2.1 dev tap3346aae6-47 proto static scope link',
      'default via 192.0.2.1 dev tap3346aae6-47 proto static',
    ]);
  });

  it('ids, MAC and address that the topology leaves out are read back', () => {
    const bare = topologyWith('node: dhcp1', undefined, '');
    assert.deepEqual(told(differencesOf(bare, healthyNode(one, 'dhcp1'))), []);
  });
});
