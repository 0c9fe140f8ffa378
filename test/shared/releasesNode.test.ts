/** What a node of an old release has besides what its agents write: kernels, tools, upgrades and options of their time. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { IptablesItem, NodeState, Route } from '../../shared/state.ts';
import { readAllocations } from '../../shared/readAllocations.ts';
import { differencesOf, healthyNode, told } from '../support/healthy.ts';
import { HA, HA_PORTS, cloudAt } from '../support/releaseCloud.ts';

const topology = cloudAt('ussuri', { router: '    routes: [{destination: 172.16.0.0/16, nexthop: 10.0.1.9}]' });
const namespaceOf = (live: NodeState, kind: string) =>
  Object.entries(live.namespaces).find(([name]) => name.startsWith(kind))![1];
const chain = (family: 'inet' | 'inet6', table: string, name: string, policy: string): IptablesItem => ({
  family,
  table,
  chain: name,
  policy,
});

describe('iptables-legacy', () => {
  const legacy = (): NodeState => {
    const live = healthyNode(topology, 'compute1');
    for (const state of Object.values(live.namespaces))
      state.iptables?.push(
        ...['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'].map((name) => chain('inet6', 'nat', name, 'ACCEPT')),
        ...['INPUT', 'FORWARD', 'OUTPUT'].map((name) => chain('inet', 'security', name, 'ACCEPT')),
      );
    return live;
  };

  it('tables that nobody filled are the business of the kernel', () => {
    assert.deepEqual(told(differencesOf(topology, legacy())), []);
  });

  it('a rule or another policy in one of them is a difference', () => {
    const live = legacy();
    const { iptables = [] } = namespaceOf(live, 'qrouter');
    iptables.push({ family: 'inet6', table: 'nat', chain: 'POSTROUTING', spec: '-j MASQUERADE' });
    assert.deepEqual(told(differencesOf(topology, live)), [
      'unexpected iptables: null | nat -A POSTROUTING -j MASQUERADE',
    ]);
    const closed = legacy();
    namespaceOf(closed, 'fip').iptables!.find(
      ({ table, chain: name }) => table === 'security' && name === 'INPUT',
    )!.policy = 'DROP';
    assert.deepEqual(told(differencesOf(topology, closed)), [
      'different iptables: security :INPUT ACCEPT | security :INPUT DROP',
    ]);
  });

  it('an iptables without --random-fully, or the option off, is not one difference for each rule', () => {
    const live = healthyNode(cloudAt('ussuri'), 'net1');
    const { iptables = [] } = namespaceOf(live, 'snat');
    const some = iptables.filter(({ spec }) => spec?.endsWith(' --random-fully'));
    assert.equal(some.length, 2);
    some[0]!.spec = some[0]!.spec!.replace(' --random-fully', '');
    assert.equal(differencesOf(cloudAt('ussuri'), live).length, 1);
    some[1]!.spec = some[1]!.spec!.replace(' --random-fully', '');
    assert.deepEqual(told(differencesOf(cloudAt('ussuri'), live)), []);
  });
});

describe('routes', () => {
  it('of the agent before an upgrade have no protocol until the node is started anew', () => {
    const live = healthyNode(topology, 'compute1');
    const { routes = [] } = namespaceOf(live, 'fip');
    for (const route of routes) if (route.protocol === 'static') delete route.protocol;
    assert.deepEqual(told(differencesOf(topology, live)), []);
    // Nobody upgrades from Stein to Zed without that.
    const zed = cloudAt('zed');
    const other = healthyNode(zed, 'compute1');
    for (const route of namespaceOf(other, 'fip').routes ?? []) if (route.protocol === 'static') delete route.protocol;
    assert.equal(differencesOf(zed, other).length, 2);
  });

  it('for network addresses are those of kernels before 5.14, whatever the length of the prefix', () => {
    const live = healthyNode(topology, 'compute1');
    const old = (dst: string, prefsrc: string, dev: string): Route => ({
      family: 'inet',
      type: 'broadcast',
      dst,
      dev,
      table: 'local',
      protocol: 'kernel',
      scope: 'link',
      prefsrc,
    });
    const { routes = [] } = namespaceOf(live, 'fip');
    routes.push(
      old('203.0.113.0', '203.0.113.21', 'fg-ffffffff-11'),
      old('203.0.113.16', '203.0.113.21', 'fg-ffffffff-11'),
    );
    assert.deepEqual(told(differencesOf(topology, live)), []);
    routes.push(old('203.0.113.127', '203.0.113.21', 'fg-ffffffff-11'));
    assert.equal(differencesOf(topology, live).length, 1);
  });

  it('of keepalived may have its number, its name or the word of its configuration', () => {
    const cloud = cloudAt('ussuri', { router: HA, ports: HA_PORTS });
    for (const protocol of ['keepalived', '18', 'static', undefined]) {
      const live = healthyNode(cloud, 'net1');
      const route = namespaceOf(live, 'snat').routes!.find(
        ({ dst, family }) => dst === 'default' && family === 'inet',
      )!;
      delete route.protocol;
      if (protocol !== undefined) route.protocol = protocol;
      assert.deepEqual(told(differencesOf(cloud, live)), [], protocol);
    }
  });
});

it('the gateway device of an Ussuri standby is down, and one that is up is a difference', () => {
  const cloud = cloudAt('ussuri', { router: HA, ports: HA_PORTS });
  const live = healthyNode(cloud, 'net2');
  assert.deepEqual(told(differencesOf(cloud, live)), []);
  namespaceOf(live, 'snat').links!.find(({ ifname }) => ifname.startsWith('qg-'))!.flags = ['UP'];
  assert.equal(differencesOf(cloud, live).length, 1);
});

it('before Mitaka one MTU of the agent is that of all devices, and one that differs is a difference', () => {
  const cloud = cloudAt('kilo');
  const live = healthyNode(cloud, 'compute1');
  for (const { links = [] } of Object.values(live.namespaces))
    for (const link of links) if (link.ifname !== 'lo') link.mtu = 1454;
  assert.deepEqual(told(differencesOf(cloud, live)), []);
  namespaceOf(live, 'fip').links!.find(({ ifname }) => ifname.startsWith('fg-'))!.mtu = 1500;
  assert.equal(differencesOf(cloud, live).length, 1);
});

it('chains of neutron-vpn-agent are not checked', () => {
  const cloud = cloudAt('kilo');
  const live = JSON.parse(
    JSON.stringify(healthyNode(cloud, 'compute1')).replaceAll('neutron-l3-agent-', 'neutron-vpn-agen-'),
  ) as NodeState;
  assert.deepEqual(told(differencesOf(cloud, live)), []);
  assert.equal(readAllocations(cloud, 'compute1', live).vpnAgents.length, 2);
});
