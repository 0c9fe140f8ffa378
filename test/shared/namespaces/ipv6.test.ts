/** IPv6 in the L3 namespaces beyond what the recordings show. Vectors: the specification (3.1, 3.2, 4.1, 4.3, 4.5, 6.2, 9.11). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addresses as addressAspect } from '../../../shared/aspects/addresses.ts';
import { routes as routeAspect } from '../../../shared/aspects/routes.ts';
import { compare } from '../../../shared/compare.ts';
import { expect } from '../../../shared/expect.ts';
import { readAllocations } from '../../../shared/readAllocations.ts';
import type { NodeState } from '../../../shared/state.ts';
import type { Topology } from '../../../shared/topology/types.ts';
import { cloud, differencesOf, healthyNode, linesOf, told } from '../../support/healthy.ts';
import { liveState, nodeNames, topologyOf } from '../../support/recordings.ts';

const ID = '11111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const QROUTER = `qrouter-${ID}`;
const SNAT = `snat-${ID}`;
const FIP = 'fip-44444444-aaaa-4aaa-8aaa-aaaaaaaaaaaa';

/** @param outside IPv6 subnets of the external network */
const topologyWith = (outside: string, fixed: string): Topology =>
  cloud(`
release: zed
nodes: {compute1: {agent_mode: dvr}, compute2: {agent_mode: dvr_no_external}, net1: {agent_mode: dvr_snat}}
networks:
  public: {id: 44444444-aaaa-4aaa-8aaa-aaaaaaaaaaaa, router:external: true, network_type: flat, subnets: {public-v4: {cidr: 203.0.113.0/24}${outside}}}
  six: {network_type: vxlan, subnets: {six-a: {cidr: '2001:db8:a::/64', gateway_ip: '2001:db8:a::1'}, six-b: {cidr: '2001:db8:b::/64', gateway_ip: '2001:db8:b::1'}}}
routers:
  r:
    id: ${ID}
    external_gateway: {network: public, external_fixed_ips: [{ip_address: 203.0.113.10}${fixed}], node: net1, port_id: dddddddd-11, mac_address: fa:16:3e:00:00:10}
    interfaces:
      six-a: {port_id: aaaaaaaa-11, mac_address: fa:16:3e:00:00:01, snat: {ip_address: '2001:db8:a::5', port_id: cccccccc-11, mac_address: fa:16:3e:00:00:05}}
      six-b: {port_id: aaaaaaaa-11, mac_address: fa:16:3e:00:00:01, snat: {ip_address: '2001:db8:b::5', port_id: cccccccc-11, mac_address: fa:16:3e:00:00:05}}
    routes: [{destination: '2001:db8:f1::/48', nexthop: '2001:db8:a::9'}, {destination: '2001:db8:f2::/48', nexthop: '2001:db8:e::9'}]
ports:
  vm1: {node: compute1, network: six, mac_address: fa:16:3e:00:00:11, fixed_ips: [{ip_address: '2001:db8:a::11'}, {ip_address: '2001:db8:b::11'}], allowed_address_pairs: [{ip_address: '2001:db8:b::77'}, {ip_address: '2001:db8:a:0:8000::/65'}]}
  vm2: {node: compute2, network: six, mac_address: fa:16:3e:00:00:12, fixed_ips: [{ip_address: '2001:db8:b::12'}]}
`);

const dual = topologyWith(
  ", public-v6: {cidr: '2001:db8:e::/64', gateway_ip: '2001:db8:e::1'}",
  ", {ip_address: '2001:db8:e::10'}",
);
const four = topologyWith('', '');
const routesOf = (state: NodeState, namespace: string, pattern: RegExp): string[] =>
  linesOf(state, namespace, 'routes').filter((line) => pattern.test(line));

describe('IPv6 subnets that share a port', () => {
  const state = expect(dual, 'compute2');

  it('are on one device, each with its rule', () => {
    assert.deepEqual(
      linesOf(state, QROUTER, 'links').map((line) => line.split(':')[0]),
      ['lo', 'qr-aaaaaaaa-11'],
    );
    assert.deepEqual(
      linesOf(state, QROUTER, 'addresses').filter((line) => line.includes('inet6')),
      [
        'lo    inet6 ::1/128 scope host lo',
        'qr-aaaaaaaa-11    inet6 2001:db8:a::1/64 scope global qr-aaaaaaaa-11',
        'qr-aaaaaaaa-11    inet6 2001:db8:b::1/64 scope global qr-aaaaaaaa-11',
        'qr-aaaaaaaa-11    inet6 fe80::f816:3eff:fe00:1/64 scope link qr-aaaaaaaa-11',
      ],
    );
    assert.equal(
      linesOf(state, QROUTER, 'rules').filter((line) => /from 2001:db8:[ab]::1\/64 lookup/.test(line)).length,
      2,
    );
  });

  it('have one gateway, the last address of the SNAT port, unless the node says otherwise', () => {
    const gateways = (node: NodeState) =>
      routesOf(node, QROUTER, /^default via .* table \d{6,}/).map((line) => line.split(' ')[2]);
    assert.deepEqual(gateways(state), ['2001:db8:b::5', '2001:db8:b::5']);
    const live = healthyNode(dual, 'compute2', ({ addresses }) => {
      addresses[`${dual.routers[0]!.interfaces[0]!.pointer} gateway`] = '2001:db8:a::5';
    });
    assert.deepEqual(gateways(live), ['2001:db8:a::5', '2001:db8:a::5']);
    assert.deepEqual(told(differencesOf(dual, live)), []);
  });

  it('know the ports of both, and single pairs', () => {
    assert.deepEqual(linesOf(state, QROUTER, 'neighbours').toSorted(), [
      '2001:db8:a::11 dev qr-aaaaaaaa-11 lladdr fa:16:3e:00:00:11 PERMANENT',
      '2001:db8:a::5 dev qr-aaaaaaaa-11 lladdr fa:16:3e:00:00:05 PERMANENT',
      '2001:db8:b::11 dev qr-aaaaaaaa-11 lladdr fa:16:3e:00:00:11 PERMANENT',
      '2001:db8:b::12 dev qr-aaaaaaaa-11 lladdr fa:16:3e:00:00:12 PERMANENT',
      '2001:db8:b::5 dev qr-aaaaaaaa-11 lladdr fa:16:3e:00:00:05 PERMANENT',
      '2001:db8:b::77 dev qr-aaaaaaaa-11 lladdr fa:16:3e:00:00:11 PERMANENT',
    ]);
  });
});

describe('IPv6 routes', () => {
  it('to the outside: a default by rfp wherever the fip link is, and only there; it says that it is a known fault', () => {
    const byLink = (node: string) =>
      (
        healthyNode(dual, node, ({ macs }) => Object.assign(macs, { 'fpr-11111111-a': '96:34:19:40:0b:7e' }))
          .namespaces[QROUTER]?.routes ?? []
      ).filter(({ dst, family, table }) => dst === 'default' && family === 'inet6' && table === undefined);
    const [route] = byLink('compute1');
    assert.equal(
      routeAspect.explain(route!),
      'default via fe80::9434:19ff:fe40:b7e dev rfp-11111111-a proto static metric 1024',
    );
    assert.match(route!.because!.sentence, /known fault/);
    assert.deepEqual(byLink('compute2'), []);
  });

  it('of the SNAT node, and extra routes by next hop', () => {
    const state = expect(dual, 'net1');
    assert.deepEqual(routesOf(state, SNAT, /^(default|2001:db8:f\d).* proto static metric/), [
      'default via 2001:db8:e::1 dev qg-dddddddd-11 proto static metric 1024',
      '2001:db8:f1::/48 via 2001:db8:a::9 dev sg-cccccccc-11 proto static metric 1024',
      '2001:db8:f2::/48 via 2001:db8:e::9 dev qg-dddddddd-11 proto static metric 1024',
    ]);
    assert.deepEqual(routesOf(state, QROUTER, /^2001:db8:f\d/), [
      '2001:db8:f1::/48 via 2001:db8:a::9 dev qr-aaaaaaaa-11 proto static metric 1024',
    ]);
  });

  it('of the fip namespace: the gateway in the table of each router, by which nothing leads', () => {
    const live = healthyNode(dual, 'compute1', ({ addresses }) => {
      addresses['/networks/public/fg/compute1 IPv6'] = '2001:db8:e::20/64';
    });
    const fg = live.namespaces[FIP]!.links!.at(-1)!.ifname;
    assert.deepEqual(routesOf(live, FIP, /^(default|2001:db8).*metric 1024/), [
      `default via 2001:db8:e::1 dev ${fg} table 2852012033 proto static metric 1024`,
      `2001:db8:f2::/48 via 2001:db8:e::9 dev ${fg} table 2852012033 metric 1024`,
    ]);
    assert.deepEqual(
      linesOf(live, FIP, 'rules').filter((_, i) => live.namespaces[FIP]!.rules![i]!.family === 'inet6'),
      ['0:\tfrom all lookup local', '32766:\tfrom all lookup main'],
    );
  });

  it('to another external subnet are on the link, without a scope', () => {
    const two = topologyWith(
      ", e-v6: {cidr: '2001:db8:e::/64', gateway_ip: '2001:db8:e::1'}, f-v6: {cidr: '2001:db8:f::/64', gateway_ip: '2001:db8:f::1'}",
      ", {ip_address: '2001:db8:e::10'}",
    );
    assert.deepEqual(routesOf(expect(two, 'net1'), SNAT, /^2001:db8:f::/), [
      '2001:db8:f::/64 dev qg-dddddddd-11 proto static metric 1024',
    ]);
  });
});

describe('the gateway device', () => {
  const settings = (topology: Topology) =>
    linesOf(expect(topology, 'net1'), SNAT, 'sysctls').filter((line) => line.startsWith('net.ipv6.conf.qg'));

  it('accepts router advertisements only where no IPv6 gateway is known', () => {
    assert.deepEqual(settings(dual), [
      'net.ipv6.conf.qg-dddddddd-11.accept_ra = 0',
      'net.ipv6.conf.qg-dddddddd-11.forwarding = 1',
    ]);
    assert.deepEqual(settings(four), [
      'net.ipv6.conf.qg-dddddddd-11.accept_ra = 2',
      'net.ipv6.conf.qg-dddddddd-11.forwarding = 1',
    ]);
  });

  it('may have the gateway of an option, which no API tells', () => {
    const live = healthyNode(four, 'net1', (allocations) => {
      allocations.ipv6Gateway = 'fe80::99';
    });
    assert.deepEqual(routesOf(live, SNAT, /^(default|fe80::99)/), [
      'default via 203.0.113.1 dev qg-dddddddd-11 proto static',
      'default via fe80::99 dev qg-dddddddd-11 proto static metric 1024',
    ]);
    assert.ok(linesOf(live, SNAT, 'sysctls').includes('net.ipv6.conf.qg-dddddddd-11.accept_ra = 0'));
    assert.deepEqual(told(differencesOf(four, live)), []);
  });

  it('may have learned addresses and routes', () => {
    const live = healthyNode(four, 'net1');
    const at = { family: 'inet6', dev: 'qg-dddddddd-11' } as const;
    const state = live.namespaces[SNAT]!;
    state.addresses!.push({
      family: 'inet6',
      ifname: at.dev,
      local: '2001:db8:e::7',
      prefixlen: 64,
      scope: 'global',
      flags: ['dynamic'],
    });
    state.routes!.push(
      { ...at, dst: 'default', gateway: 'fe80::1', protocol: 'ra', metric: 1024 },
      { ...at, dst: '2001:db8:e::/64', protocol: 'kernel', metric: 256, expires: true },
      { ...at, type: 'local', dst: '2001:db8:e::7', table: 'local', protocol: 'kernel', metric: 0 },
      { ...at, type: 'anycast', dst: '2001:db8:e::', table: 'local', protocol: 'kernel', metric: 0 },
    );
    assert.deepEqual(told(differencesOf(four, live)), []);
    state.addresses!.at(-1)!.flags = [];
    assert.notDeepEqual(told(differencesOf(four, live)), []);
  });
});

describe('the state of an address', () => {
  const text = (flag: string) =>
    JSON.stringify([
      {
        ifname: 'qr-1',
        addr_info: [{ family: 'inet6', local: 'fe80::1', prefixlen: 64, scope: 'link', [flag]: true }],
      },
    ]);
  const lineOf = (flag: string) => addressAspect.explain(addressAspect.parse(text(flag), 'ip -j addr').items[0]!);

  it('`tentative` passes by itself; a duplicate is another thing than an address', () => {
    assert.equal(lineOf('tentative'), 'qr-1    inet6 fe80::1/64 scope link qr-1');
    assert.equal(lineOf('dadfailed'), 'qr-1    inet6 fe80::1/64 scope link dadfailed qr-1');
  });

  it('reads the same from text', () => {
    const line =
      '2: qr-1    inet6 fe80::1/64 scope link tentative dadfailed \\       valid_lft forever preferred_lft forever';
    assert.deepEqual(
      addressAspect.parse(line, 'ip -o addr').items,
      addressAspect.parse(text('dadfailed'), 'ip -j addr').items,
    );
  });
});

describe('kernels differ', () => {
  it('older ones do not call the multicast route one, and keep ::1 in table main', () => {
    const parsed = routeAspect.parse(
      'ff00::/8 dev qr-1 table local metric 256 pref medium\n::1 dev lo proto kernel metric 256 pref medium',
      'ip -6 route show table all',
    );
    assert.deepEqual(
      parsed.items.map((route) => routeAspect.explain(route)),
      ['multicast ff00::/8 dev qr-1 table local proto kernel metric 256', '::1 dev lo proto kernel metric 256'],
    );
    assert.match(routeAspect.dynamic!(parsed.items[1]!) ?? '', /kernels/);
  });
});

/** What is left of a node where `net.ipv6.conf.default.disable_ipv6` is 1 on the host. */
function withoutIpv6(node: string): NodeState {
  const live = liveState('S1', node);
  const isFour = ({ family }: { family: string }) => family === 'inet';
  for (const state of Object.values(live.namespaces)) {
    if (state.iptables) state.iptables = state.iptables.filter(isFour);
    if (state.addresses) state.addresses = state.addresses.filter(isFour);
    if (state.routes) state.routes = state.routes.filter(isFour);
    for (const sysctl of state.sysctls ?? []) if (sysctl.key === 'net.ipv6.conf.all.forwarding') sysctl.value = '0';
  }
  return live;
}

describe('a node whose agent leaves IPv6 alone', () => {
  it('is not compared there, and says why', () => {
    const topology = topologyOf('S1');
    for (const node of nodeNames('S1')) {
      const live = withoutIpv6(node);
      assert.deepEqual(told(differencesOf(topology, live)), []);
      const { notCompared } = compare(expect(topology, node, readAllocations(topology, node, live)), live);
      assert.ok(notCompared.some(({ family, reason }) => family === 'inet6' && reason.includes('disable_ipv6')));
    }
  });

  it('but rules that are gone from one namespace are missing', () => {
    const topology = topologyOf('S1');
    const live = liveState('S1', 'net1');
    const [state] = Object.values(live.namespaces).filter(({ iptables }) => iptables);
    state!.iptables = state!.iptables!.filter(({ family }) => family === 'inet');
    assert.ok(differencesOf(topology, live).length > 30);
  });
});

it('host routes of NDP proxies are not compared, and only where there are some', () => {
  const live = healthyNode(dual, 'net1');
  const state = live.namespaces[FIP]!;
  const fg = state.links!.at(-1)!.ifname;
  const route = { family: 'inet6', dst: '2001:db8:a::11', gateway: 'fe80::1', dev: 'fpr-11111111-a' } as const;
  state.routes!.push({ ...route, protocol: 'static', metric: 1024 });
  assert.equal(differencesOf(dual, live).length, 1);
  state.sysctls!.push({ key: `net.ipv6.conf.${fg}.proxy_ndp`, value: '1' });
  assert.deepEqual(told(differencesOf(dual, live)), []);
  const { gaps } = expect(dual, 'net1', readAllocations(dual, 'net1', live));
  const own = gaps.filter(({ reason }) => reason.includes('NDP proxies'));
  assert.deepEqual(
    own.map(({ namespace, aspect, family }) => [namespace, aspect, family]),
    [[FIP, 'routes', 'inet6']],
  );
});

it('what the topology leaves out is read back from the node', () => {
  const topology = topologyOf('S5');
  const bare = JSON.parse(
    JSON.stringify(topology, (key, value: unknown) =>
      ['port_id', 'mac_address', 'release'].includes(key) ? undefined : value,
    ),
  ) as Topology;
  for (const { snat } of bare.routers[0]!.interfaces) delete snat!.ip_address;
  bare.routers[0]!.external_gateway!.external_fixed_ips = [];
  for (const node of nodeNames('S5')) {
    const differences = differencesOf(bare, liveState('S5', node));
    assert.deepEqual(told(differences), [], node);
  }
});
