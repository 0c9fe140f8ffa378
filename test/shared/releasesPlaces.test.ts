/** Both sides of changes that concern where things are, and what only a healthy node tells. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expect } from '../../shared/expect.ts';
import { BACKPORTED, type Change, FIRST, RELEASES, type Release } from '../../shared/releases.ts';
import type { Topology } from '../../shared/topology/types.ts';
import { cloud, differencesOf, healthyNode, told } from '../support/healthy.ts';
import { HA, HA_PORTS, cloudAt } from '../support/releaseCloud.ts';

/** Which nodes hold a router, and what follows for floating IPs and state files, by release. */
describe('both sides of a change of places', () => {
  const namespaces = (topology: Topology, node: string) =>
    Object.keys(expect(topology, node).namespaces).map((name) => name.replace(/-.*<(.*)>$/, '-$1'));
  const place = (release: Release) =>
    cloud(`
release: ${release}
nodes: {compute1: {agent_mode: dvr}, compute2: {agent_mode: dvr}, compute3: {agent_mode: dvr}, compute4: {agent_mode: dvr}}
networks:
  red: {network_type: vxlan, subnets: {red-v4: {cidr: 10.0.1.0/24}}}
  shared: {network_type: vxlan, subnets: {shared-v4: {cidr: 10.0.9.0/24}}}
  green: {network_type: vxlan, subnets: {green-v4: {cidr: 10.0.2.0/24}}}
  blue: {network_type: vxlan, subnets: {blue-v4: {cidr: 10.0.3.0/24}}}
routers:
  r1: {interfaces: {red-v4: , shared-v4: {ip_address: 10.0.9.1, port_id: aaaaaaaa-91}}}
  r2: {interfaces: {green-v4: , shared-v4: {ip_address: 10.0.9.2, port_id: aaaaaaaa-92}}}
  r3: {interfaces: {blue-v4: }}
ports:
  vm1: {node: compute1, network: red, fixed_ips: [{ip_address: 10.0.1.11}]}
  vm2: {node: compute1, migrating_to: compute4, network: blue, fixed_ips: [{ip_address: 10.0.3.13}]}
  sub1: {node: compute2, network: blue, device_owner: 'trunk:subport', fixed_ips: [{ip_address: 10.0.3.11}]}
  lb1: {node: compute3, network: blue, device_owner: 'neutron:LOADBALANCERV2', fixed_ips: [{ip_address: 10.0.3.12}]}
`);
  const rows: [change: Change, node: string, before: string[], after: string[]][] = [
    ['related_routers', 'compute1', ['qrouter-r1', 'qrouter-r3'], ['qrouter-r1', 'qrouter-r2', 'qrouter-r3']],
    ['trunk_subports', 'compute2', [], ['qrouter-r3']],
    ['no_lbaas', 'compute3', ['qrouter-r3'], []],
    ['live_migration', 'compute4', [], ['qrouter-r3']],
  ];
  for (const [change, node, before, after] of rows)
    it(change, () => {
      const oldest = (BACKPORTED as Partial<Record<Change, Release>>)[change] ?? FIRST[change];
      const last = RELEASES[RELEASES.indexOf(oldest) - 1]!;
      assert.deepEqual(namespaces(place(last), node), before);
      assert.deepEqual(namespaces(place(FIRST[change]), node), after);
      if (oldest === FIRST[change]) return;
      // In between either is right: a router that is not there is not missed, one that is there is compared.
      const topology = place(oldest);
      assert.deepEqual(namespaces(topology, node), after);
      const { namespaces: all, ...rest } = healthyNode(topology, node);
      const kept = Object.fromEntries(
        Object.entries(all).filter(([name]) => before.includes(name.replace(/-.*<(.*)>$/, '-$1'))),
      );
      assert.deepEqual(told(differencesOf(topology, { ...rest, namespaces: kept })), []);
    });

  it('the file of priorities begins with Liberty', () => {
    const files = (release: Release) =>
      (expect(cloudAt(release), 'compute1').allocations ?? []).map(({ file }) => file);
    assert.deepEqual(files('kilo'), ['fip-linklocal-networks']);
    assert.deepEqual(files('liberty'), ['fip-linklocal-networks', 'fip-priorities']);
  });

  it('the state of an HA router is primary from Victoria on', () => {
    const states = (release: Release) =>
      (expect(cloudAt(release, { router: HA, ports: HA_PORTS }), 'net1').allocations ?? []).flatMap(({ file, value }) =>
        file === 'ha-state' ? [value] : [],
      );
    assert.deepEqual([states('ussuri'), states('victoria')], [['master'], ['primary']]);
  });

  it('a load balancer address is permanent on all nodes until Queens', () => {
    const ports = `  lb: {node: net1, network: red, device_owner: 'neutron:LOADBALANCERV2', mac_address: 'fa:16:3e:00:00:44', fixed_ips: [{ip_address: 10.0.1.44}]}`;
    const isSure = (release: Release) => {
      const topology = cloudAt(release, { ports });
      const live = healthyNode(topology, 'compute1');
      for (const state of Object.values(live.namespaces))
        state.neighbours = (state.neighbours ?? []).filter(({ dst }) => dst !== '10.0.1.44');
      return differencesOf(topology, live).length > 0;
    };
    assert.deepEqual([isSure('pike'), isSure('queens')], [true, false]);
  });

  it('a pair that the agent takes since Xena must be there', () => {
    const ports = `  vm2: {node: compute1, network: red, mac_address: 'fa:16:3e:00:00:12', fixed_ips: [{ip_address: 10.0.1.12}], allowed_address_pairs: [{ip_address: 10.0.1.77}]}`;
    const isSure = (release: Release) => {
      const topology = cloudAt(release, { ports });
      const live = healthyNode(topology, 'compute1');
      for (const state of Object.values(live.namespaces))
        state.neighbours = (state.neighbours ?? []).filter(({ dst }) => dst !== '10.0.1.77');
      return differencesOf(topology, live).length > 0;
    };
    assert.deepEqual([isSure('wallaby'), isSure('xena')], [false, true]);
  });
});

it('IPv6 has a raw table since Liberty', () => {
  const has = (release: Release) =>
    Object.values(expect(cloudAt(release), 'compute1').namespaces).every(({ iptables }) =>
      (iptables ?? []).some(({ family, table }) => family === 'inet6' && table === 'raw'),
    );
  assert.deepEqual([has('kilo'), has('liberty')], [false, true]);
});
