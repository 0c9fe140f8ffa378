/** Default routes that an extra route replaced, and subnets that came after the devices: what the history of a node decides. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Allocations } from '../../../shared/allocations.ts';
import type { NodeState, Route } from '../../../shared/state.ts';
import type { Topology } from '../../../shared/topology/types.ts';
import { cloud, differencesOf, healthyNode, linesOf, told } from '../../support/healthy.ts';

const ID = '11111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const NET = '44444444-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const [QROUTER, SNAT, FIP] = [`qrouter-${ID}`, `snat-${ID}`, `fip-${NET}`] as const;

/** @param routes of the router, as YAML; @param later another subnet of the external network */
const topologyWith = (routes: string, later = ''): Topology =>
  cloud(`
release: zed
nodes: {compute1: {agent_mode: dvr}, net1: {agent_mode: dvr_snat}}
networks:
  public: {id: ${NET}, router:external: true, network_type: flat, subnets: {public-v4: {cidr: 203.0.113.0/24}, public-v6: {cidr: '2001:db8:e::/64', gateway_ip: '2001:db8:e::1'}${later}}}
  red: {network_type: vxlan, subnets: {red-v4: {cidr: 10.0.1.0/24}, red-v6: {cidr: '2001:db8:a::/64', gateway_ip: '2001:db8:a::1'}}}
routers:
  r:
    id: ${ID}
    external_gateway: {network: public, external_fixed_ips: [{ip_address: 203.0.113.10}, {ip_address: '2001:db8:e::10'}], node: net1, port_id: dddddddd-11, mac_address: fa:16:3e:00:00:10}
    interfaces:
      red-v4: {port_id: aaaaaaaa-11, mac_address: fa:16:3e:00:00:01, snat: {ip_address: 10.0.1.3, port_id: cccccccc-11, mac_address: fa:16:3e:00:00:05}}
      red-v6: {port_id: aaaaaaaa-12, mac_address: fa:16:3e:00:00:02, snat: {ip_address: '2001:db8:a::3', port_id: cccccccc-12, mac_address: fa:16:3e:00:00:06}}
    routes: [${routes}]
ports:
  vm1: {node: compute1, network: red, mac_address: fa:16:3e:00:00:11, fixed_ips: [{ip_address: 10.0.1.11}, {ip_address: '2001:db8:a::11'}]}
  fg1: {node: compute1, network: public, id: eeeeeeee-11aa-4aaa-8aaa-aaaaaaaaaaaa, device_owner: 'network:floatingip_agent_gateway', mac_address: fa:16:3e:00:00:21, fixed_ips: [{ip_address: 203.0.113.21}]}
  fg2: {node: net1, network: public, id: eeeeeeee-22aa-4aaa-8aaa-aaaaaaaaaaaa, device_owner: 'network:floatingip_agent_gateway', mac_address: fa:16:3e:00:00:22, fixed_ips: [{ip_address: 203.0.113.22}]}
floating_ips:
  203.0.113.50: {port: vm1}
`);

const defaults = (state: NodeState, namespace: string): string[] =>
  linesOf(state, namespace, 'routes').filter((line) => line.startsWith('default '));

/** The routes of one namespace changed. */
function withRoutes(state: NodeState, namespace: string, edit: (routes: Route[]) => Route[]): NodeState {
  const content = state.namespaces[namespace]!;
  return {
    ...state,
    namespaces: { ...state.namespaces, [namespace]: { ...content, routes: edit(content.routes ?? []) } },
  };
}

const via = (gateway: string, protocol?: string) => (route: Route) => {
  if (route.dst !== 'default') return route;
  const { protocol: _, ...rest } = route;
  return { ...rest, gateway, ...(protocol === undefined ? {} : { protocol }) };
};

describe('an extra route to everywhere', () => {
  const outside = topologyWith('{destination: 0.0.0.0/0, nexthop: 203.0.113.9}');

  it("takes the place of the gateway's default route, in snat and in the table of the router in fip", () => {
    const net1 = healthyNode(outside, 'net1');
    assert.deepEqual(
      defaults(net1, SNAT).filter((line) => !line.includes('2001:')),
      ['default via 203.0.113.9 dev qg-dddddddd-11 proto static'],
    );
    const [inFip, ...others] = defaults(net1, FIP);
    assert.match(inFip ?? '', /^default via 203\.0\.113\.9 dev fg-eeeeeeee-22 table \d+$/);
    assert.deepEqual(others, []);
  });

  it('is gone again, rightly, when the agent wrote the default route of the gateway after it', () => {
    const net1 = healthyNode(outside, 'net1');
    const rewritten = withRoutes(net1, SNAT, (routes) =>
      routes.map((route) => (route.family === 'inet' ? via('203.0.113.1', 'static')(route) : route)),
    );
    assert.deepEqual(told(differencesOf(outside, rewritten)), []);
    const inFip = withRoutes(net1, FIP, (routes) => routes.map(via('203.0.113.1', 'static')));
    assert.deepEqual(told(differencesOf(outside, inFip)), []);
  });

  it('is one difference where neither of the two is there', () => {
    const net1 = healthyNode(outside, 'net1');
    const isFour = ({ dst, family }: Route) => dst === 'default' && family === 'inet';
    const none = withRoutes(net1, SNAT, (routes) => routes.filter((route) => !isFour(route)));
    assert.deepEqual(
      differencesOf(outside, none).map(({ kind, expected }) => [kind, expected]),
      [['missing', 'default via 203.0.113.9 dev qg-dddddddd-11 proto static']],
    );
    const other = withRoutes(net1, SNAT, (routes) =>
      routes.map((route) => (isFour(route) ? via('203.0.113.77', 'static')(route) : route)),
    );
    assert.deepEqual(
      differencesOf(outside, other).map(({ kind, live }) => [kind, live]),
      [['different', 'default via 203.0.113.77 dev qg-dddddddd-11 proto static']],
    );
  });

  it('is gone with the default route after it was taken away: what is missing then is missing', () => {
    const plain = topologyWith('');
    const net1 = withRoutes(healthyNode(plain, 'net1'), SNAT, (routes) =>
      routes.filter(({ dst, family }) => dst !== 'default' || family !== 'inet'),
    );
    assert.deepEqual(
      differencesOf(plain, net1).map(({ kind, expected }) => [kind, expected]),
      [['missing', 'default via 203.0.113.1 dev qg-dddddddd-11 proto static']],
    );
  });

  it('of IPv6 competes with the way to the fip namespace in qrouter', () => {
    const six = topologyWith("{destination: '::/0', nexthop: '2001:db8:a::11'}");
    const mac = (allocations: Allocations) => void (allocations.macs['fpr-11111111-a'] = '02:00:00:00:00:07');
    const compute1 = healthyNode(six, 'compute1', mac);
    const main = (state: NodeState) => defaults(state, QROUTER).filter((line) => !line.includes(' table '));
    assert.deepEqual(main(compute1), ['default via 2001:db8:a::11 dev qr-aaaaaaaa-12 proto static metric 1024']);
    const bare = healthyNode(topologyWith(''), 'compute1', mac);
    assert.match(main(bare).join('\n'), /^default via fe80::ff:fe00:7 dev rfp-11111111-a proto static metric 1024$/);
    const rewritten = withRoutes(compute1, QROUTER, () => bare.namespaces[QROUTER]!.routes!);
    assert.deepEqual(told(differencesOf(six, rewritten)), []);
  });
});

describe('a subnet of the external network that came after the devices', () => {
  const later = topologyWith('', ', public-b: {cidr: 198.51.100.0/24}');
  const isLink = ({ dst }: Route) => dst === '198.51.100.0/24';
  const without = (state: NodeState, ...names: string[]) =>
    names.reduce((node, name) => withRoutes(node, name, (routes) => routes.filter((route) => !isLink(route))), state);

  it('is on the link, where the agent has looked at the router since', () => {
    const net1 = healthyNode(later, 'net1');
    const links = (name: string) => linesOf(net1, name, 'routes').filter((line) => line.startsWith('198.51.100.0/24'));
    assert.deepEqual(links(SNAT), ['198.51.100.0/24 dev qg-dddddddd-11 proto static scope link']);
    assert.deepEqual(links(FIP), ['198.51.100.0/24 dev fg-eeeeeeee-22 proto static scope link']);
    assert.deepEqual(told(differencesOf(later, net1)), []);
  });

  it('is not where it has not: several devices are without it', () => {
    assert.deepEqual(told(differencesOf(later, without(healthyNode(later, 'net1'), SNAT, FIP))), []);
  });

  it('is missing where a single device is without it', () => {
    for (const [node, name] of [
      ['net1', SNAT],
      ['net1', FIP],
      ['compute1', FIP],
    ] as const)
      assert.deepEqual(
        differencesOf(later, without(healthyNode(later, node), name)).map(({ kind, aspect }) => [kind, aspect]),
        [['missing', 'routes']],
      );
  });
});

describe('lines of the state files', () => {
  it('of routers and floating IPs that are gone are a known leak', () => {
    const topology = topologyWith('');
    const compute1 = healthyNode(topology, 'compute1');
    const lines = [
      { file: 'fip-linklocal-networks', key: '99999999-aaaa-4aaa-8aaa-aaaaaaaaaaaa', value: '169.254.77.2/31' },
      { file: 'fip-priorities', key: '203.0.113.99', value: '40000' },
    ] as const;
    const found = differencesOf(topology, { ...compute1, allocations: [...(compute1.allocations ?? []), ...lines] });
    assert.deepEqual(
      found.map(({ kind, known, live }) => [kind, known, live]),
      lines.map(({ file, key, value }) => ['unexpected', 'leaked-allocation', `${file}: ${key},${value}`]),
    );
  });
});
