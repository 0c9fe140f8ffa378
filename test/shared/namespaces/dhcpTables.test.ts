/** Tables and switches of a DHCP namespace: held against what a DHCP agent of Zed left, and each item against its loss. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseIptables } from '../../../shared/aspects/iptables.ts';
import { expect } from '../../../shared/expect.ts';
import { hasMetadata6, metadata6Key, metadataKey } from '../../../shared/namespaces/dhcp.ts';
import type { Family, NamespaceState, NodeState } from '../../../shared/state.ts';
import type { Topology } from '../../../shared/topology/types.ts';
import { cloud, differencesOf, healthyNode, linesOf, told } from '../../support/healthy.ts';

const NAME = 'qdhcp-55555555-aaaa-4aaa-8aaa-aaaaaaaaaaaa';

const topologyOf = (release: string, subnets = 'red-v4: {cidr: 10.0.1.0/24}'): Topology =>
  cloud(`
release: ${release}
nodes: {dhcp1: {agent_mode: none}}
networks:
  red: {id: 55555555-aaaa-4aaa-8aaa-aaaaaaaaaaaa, network_type: vxlan, subnets: {${subnets}}}
ports:
  d: {network: red, device_owner: network:dhcp, node: dhcp1, id: 3346aae6-47, mac_address: fa:16:3e:d6:18:ed, device_id: dhcp0477, status: ACTIVE, fixed_ips: [{ip_address: 10.0.1.200}]}
`);

/** As `iptables-save` printed it there; of ip6tables what differs is the chain `mark` and the port. */
const saved = (family: Family): string => `
*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:neutron-dhcp-age-FORWARD - [0:0]
:neutron-dhcp-age-INPUT - [0:0]
:neutron-dhcp-age-OUTPUT - [0:0]
:neutron-dhcp-age-POSTROUTING - [0:0]
:neutron-dhcp-age-PREROUTING - [0:0]
${family === 'inet' ? ':neutron-dhcp-age-mark - [0:0]' : ''}
-A PREROUTING -j neutron-dhcp-age-PREROUTING
-A INPUT -j neutron-dhcp-age-INPUT
-A FORWARD -j neutron-dhcp-age-FORWARD
-A OUTPUT -j neutron-dhcp-age-OUTPUT
-A POSTROUTING -j neutron-dhcp-age-POSTROUTING
-A neutron-dhcp-age-POSTROUTING -p udp -m udp --dport ${family === 'inet' ? 68 : 546} -j CHECKSUM --checksum-fill
${family === 'inet' ? '-A neutron-dhcp-age-PREROUTING -j neutron-dhcp-age-mark' : ''}
COMMIT
*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:neutron-dhcp-age-OUTPUT - [0:0]
:neutron-dhcp-age-PREROUTING - [0:0]
-A PREROUTING -j neutron-dhcp-age-PREROUTING
-A OUTPUT -j neutron-dhcp-age-OUTPUT
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:neutron-dhcp-age-FORWARD - [0:0]
:neutron-dhcp-age-INPUT - [0:0]
:neutron-dhcp-age-OUTPUT - [0:0]
:neutron-dhcp-age-local - [0:0]
:neutron-filter-top - [0:0]
-A INPUT -j neutron-dhcp-age-INPUT
-A FORWARD -j neutron-filter-top
-A FORWARD -j neutron-dhcp-age-FORWARD
-A OUTPUT -j neutron-filter-top
-A OUTPUT -j neutron-dhcp-age-OUTPUT
-A neutron-filter-top -j neutron-dhcp-age-local
COMMIT
`;

const SWITCHES = [
  'net.ipv4.conf.all.promote_secondaries = 1',
  'net.ipv4.ip_nonlocal_bind = 1',
  'net.ipv6.conf.default.accept_ra = 0',
];

const one = topologyOf('zed');

const withItems = (state: NodeState, part: NamespaceState): NodeState => ({
  ...state,
  namespaces: { ...state.namespaces, [NAME]: { ...state.namespaces[NAME], ...part } },
});

describe('zed', () => {
  const live = healthyNode(one, 'dhcp1');
  const recorded = {
    iptables: (['inet', 'inet6'] as const).flatMap((family) => parseIptables(saved(family), family).items),
    sysctls: SWITCHES.map((line) => ({ key: line.split(' ')[0]!, value: line.split(' ')[2]! })),
  };

  it('is what the agent left', () => {
    assert.deepEqual(told(differencesOf(one, withItems(live, recorded))), []);
    assert.deepEqual(linesOf(live, NAME, 'sysctls'), SWITCHES);
  });

  it('without one item, or with one twice, has one difference', () => {
    for (const i of recorded.iptables.keys()) {
      const less = { iptables: recorded.iptables.toSpliced(i, 1) };
      const more = { iptables: [...recorded.iptables, { ...recorded.iptables[i]! }] };
      // A table that the kernel shows by itself is nobody's.
      const parts = recorded.iptables[i]!.policy === 'ACCEPT' ? [less] : [less, more];
      for (const part of parts) assert.equal(differencesOf(one, withItems(live, part)).length, 1, `${i}`);
    }
    for (const i of recorded.sysctls.keys())
      for (const sysctls of [
        recorded.sysctls.toSpliced(i, 1),
        recorded.sysctls.with(i, { ...recorded.sysctls[i]!, value: '7' }),
      ])
        assert.equal(differencesOf(one, withItems(live, { sysctls })).length, 1);
  });

  it('with chains of an agent before Train, which stay until the device is plugged again', () => {
    const old = healthyNode(topologyOf('stein'), 'dhcp1');
    const { iptables } = old.namespaces[NAME]!;
    assert.ok(iptables!.some(({ table }) => table === 'nat'));
    assert.deepEqual(told(differencesOf(one, withItems(live, { iptables: iptables! }))), []);
    const less = iptables!.filter(({ chain, spec }) => !(chain === 'neutron-dhcp-age-snat' && spec === undefined));
    assert.equal(differencesOf(one, withItems(live, { iptables: less })).length, 1);
  });
});

describe('releases', () => {
  const texts = (release: string) => {
    const state = expect(topologyOf(release), 'dhcp1');
    return [...linesOf(state, NAME, 'iptables'), ...linesOf(state, NAME, 'sysctls')];
  };
  const rows: [change: string, line: string, before: string, since: string][] = [
    ['checksums', '--dport 68', 'juno', 'kilo'],
    ['checksums of IPv6', '--dport 546', 'ocata', 'pike'],
    ['no router advertisements', 'accept_ra = 0', 'mitaka', 'newton'],
    ['addresses that are not there yet', 'ip_nonlocal_bind = 1', 'ocata', 'pike'],
  ];
  for (const [change, line, before, since] of rows)
    it(`${change}: ${since}`, () => {
      assert.ok(!texts(before).some((text) => text.includes(line)));
      assert.ok(texts(since).some((text) => text.includes(line)));
    });

  it('no nat table: train', () => {
    assert.ok(texts('stein').some((text) => text.startsWith('nat ')));
    assert.ok(!texts('train').some((text) => text.startsWith('nat ')));
  });

  it('the IPv6 metadata address: victoria, and since 2025.1 only with IPv6', () => {
    const six = (release: string, subnets?: string) =>
      hasMetadata6({ release, backports: {} }, topologyOf(release, subnets).networks[0]!);
    const both = 'red-v4: {cidr: 10.0.1.0/24}, red-v6: {cidr: 2001:db8::/64, gateway_ip: 2001:db8::1}';
    assert.deepEqual([six('ussuri'), six('victoria'), six('2025.1'), six('2025.1', both)], [false, true, false, true]);
  });
});

// As `neutron-lib` has it, and as agents have had it since they do not take it from there.
for (const metadata6 of ['fe80::a9fe:a9fe/64', 'fe80::a9fe:a9fe/128'])
  it(`the IPv6 metadata address ${metadata6} is there beside the other one, and each thing that tells it is one difference`, () => {
    const port = one.ports[0]!;
    const live = healthyNode(one, 'dhcp1', ({ addresses }) => {
      addresses[metadataKey(port)] = '169.254.169.254/32';
      addresses[metadata6Key(port)] = metadata6;
    });
    assert.ok(linesOf(live, NAME, 'addresses').some((line) => line.includes(`${metadata6} scope link`)));
    assert.deepEqual(told(differencesOf(one, live)), []);
    const { addresses, routes } = live.namespaces[NAME]!;
    const isOther = (text: string) => text !== 'fe80::a9fe:a9fe';
    assert.equal(
      differencesOf(one, withItems(live, { addresses: addresses!.filter((a) => isOther(a.local)) })).length,
      1,
    );
    assert.equal(differencesOf(one, withItems(live, { routes: routes!.filter((r) => isOther(r.dst)) })).length, 1);
    const without = withItems(live, {
      addresses: addresses!.filter((a) => isOther(a.local)),
      routes: routes!.filter((r) => isOther(r.dst)),
    });
    assert.deepEqual(told(differencesOf(one, without)), []);
  });

it('the IPv6 metadata address with a length that no agent gives it is a difference', () => {
  const port = one.ports[0]!;
  const live = healthyNode(one, 'dhcp1', ({ addresses }) => {
    addresses[metadataKey(port)] = '169.254.169.254/32';
    addresses[metadata6Key(port)] = 'fe80::a9fe:a9fe/96';
  });
  assert.ok(differencesOf(one, live).length > 0);
});

it('a node with nothing but a DHCP agent on which IPv6 is off is not checked there', () => {
  const live = healthyNode(one, 'dhcp1');
  const isFour = (item: object) => !('family' in item && item.family === 'inet6');
  const { addresses, routes, rules, iptables, sysctls } = live.namespaces[NAME]!;
  const four: NamespaceState = {
    addresses: addresses!.filter(isFour),
    routes: routes!.filter(isFour),
    rules: rules!.filter(isFour),
    iptables: iptables!.filter(isFour),
    sysctls: sysctls!.filter(({ key }) => !key.startsWith('net.ipv6')),
  };
  assert.deepEqual(told(differencesOf(one, withItems(live, four))), []);
  // One family of one thing alone is missing all the same.
  const { iptables: less } = four;
  assert.notEqual(differencesOf(one, withItems(live, { iptables: less! })).length, 0);
});
