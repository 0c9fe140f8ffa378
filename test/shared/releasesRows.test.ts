/**
 * Both sides of each change: what the last agents without it leave on a node, and the first that all have it. Texts of the specification
 * (section 10), and of the agents' own sources.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { defaultAllocations } from '../../shared/allocations.ts';
import { expect } from '../../shared/expect.ts';
import { BACKPORTED, type Change, FIRST, RELEASES, type Release, releaseMayHave } from '../../shared/releases.ts';
import type { NamespaceAspect } from '../../shared/state.ts';
import { linesOf } from '../support/healthy.ts';
import { type Added, HA, HA_PORTS, cloudAt } from '../support/releaseCloud.ts';

interface Row {
  change: Change;
  /** Of a topology: what it adds to the smallest one. */
  with?: Added;
  node?: string;
  kind: 'qrouter' | 'snat' | 'fip';
  aspect: NamespaceAspect;
  /** Which lines are looked at. */
  only: RegExp;
  before: string[];
  after: string[];
}

const ROUTE = '    routes: [{destination: 172.16.0.0/16, nexthop: 10.0.1.9}]';
const TWO =
  '    routes: [{destination: 172.16.0.0/16, nexthop: 10.0.1.8}, {destination: 172.16.0.0/16, nexthop: 10.0.1.9}]';
const SIX = {
  subnets: `, red-v6: {cidr: '2001:db8:1::/64', gateway_ip: '2001:db8:1::1'}`,
  interfaces: `      red-v6: {port_id: aaaaaaaa-66, mac_address: 'fa:16:3e:00:00:06', snat: {ip_address: '2001:db8:1::5', port_id: cccccccc-66, mac_address: 'fa:16:3e:00:00:66'}}`,
};
const OTHER = `, subnets: {public-v4: {cidr: 203.0.113.0/24}, more: {cidr: 198.51.100.0/24}}`;
const SCOPE = {
  network: ', ipv4_address_scope: outside',
  public: ', ipv4_address_scope: outside, subnets: {public-v4: {cidr: 203.0.113.0/24}}',
};
const SUBNETS = `, subnets: {public-v4: {cidr: 203.0.113.0/24}, public-v6: {cidr: '2001:db8:9::/64', gateway_ip: '2001:db8:9::1'}}`;

const MARK = '-d 169.254.169.254/32';
const ROWS: Row[] = [
  {
    change: 'snat_by_device', node: 'net1', kind: 'snat', aspect: 'iptables', only: /-j SNAT/,
    before: ['nat -A neutron-l3-agent-snat -s 10.0.1.0/24 -j SNAT --to-source 203.0.113.10'],
    after: [
      'nat -A neutron-l3-agent-snat -o qg-dddddddd-11 -j SNAT --to-source 203.0.113.10',
      'nat -A neutron-l3-agent-snat -m mark ! --mark 0x2 -m conntrack --ctstate DNAT -j SNAT --to-source 203.0.113.10',
    ],
  },
  {
    change: 'mark_chain', kind: 'fip', aspect: 'iptables', only: /mark$|mark -$|postrouting-bottom -[mj]/,
    before: ['nat -A neutron-postrouting-bottom -j neutron-l3-agent-snat'],
    after: [
      'mangle :neutron-l3-agent-mark -',
      'mangle -A neutron-l3-agent-PREROUTING -j neutron-l3-agent-mark',
      'nat -A neutron-postrouting-bottom -m comment --comment "Perform source NAT on outgoing traffic." -j neutron-l3-agent-snat',
    ],
  },
  {
    change: 'short_marks', kind: 'qrouter', aspect: 'iptables', only: /0x1\b/,
    before: [
      `mangle -A neutron-l3-agent-PREROUTING ${MARK} -p tcp -m tcp --dport 80 -j MARK --set-xmark 0x1/0xffffffff`,
      'filter -A neutron-l3-agent-INPUT -m mark --mark 0x1 -j ACCEPT',
    ],
    after: [
      `mangle -A neutron-l3-agent-PREROUTING ${MARK} -i qr-+ -p tcp -m tcp --dport 80 -j MARK --set-xmark 0x1/0xffff`,
      'filter -A neutron-l3-agent-INPUT -m mark --mark 0x1/0xffff -j ACCEPT',
    ],
  },
  {
    change: 'short_marks', node: 'net1', kind: 'snat', aspect: 'iptables', only: /0x2\b/,
    before: [
      'mangle -A neutron-l3-agent-mark -i qg-dddddddd-11 -j MARK --set-xmark 0x2/0xffffffff',
      'nat -A neutron-l3-agent-snat -m mark ! --mark 0x2 -m conntrack --ctstate DNAT -j SNAT --to-source 203.0.113.10',
    ],
    after: [
      'mangle -A neutron-l3-agent-mark -i qg-dddddddd-11 -j MARK --set-xmark 0x2/0xffff',
      'nat -A neutron-l3-agent-snat -m mark ! --mark 0x2/0xffff -m conntrack --ctstate DNAT -j SNAT --to-source 203.0.113.10',
    ],
  },
  {
    change: 'snat_extra_routes', with: { router: ROUTE }, node: 'net1', kind: 'snat', aspect: 'routes', only: /172/,
    before: [],
    after: ['172.16.0.0/16 via 10.0.1.9 dev sg-cccccccc-11'],
  },
  {
    change: 'edge_extra_routes',
    with: { router: ROUTE },
    node: 'net1',
    kind: 'qrouter',
    aspect: 'routes',
    only: /172/,
    before: [],
    after: ['172.16.0.0/16 via 10.0.1.9 dev qr-aaaaaaaa-11'],
  },
  {
    change: 'fip_nonlocal_bind', kind: 'fip', aspect: 'sysctls', only: /nonlocal/,
    before: [],
    after: ['net.ipv4.ip_nonlocal_bind = 1'],
  },
  {
    change: 'address_scopes', kind: 'qrouter', aspect: 'iptables', only: /^filter .*scope/,
    before: [],
    after: [
      'filter :neutron-l3-agent-scope -',
      'filter -A neutron-l3-agent-FORWARD -j neutron-l3-agent-scope',
      'filter -A neutron-l3-agent-scope -o qr-aaaaaaaa-11 -m mark ! --mark 0x4000000/0xffff0000 -j DROP',
      'filter -A neutron-l3-agent-scope -o rfp-11111111-a -m mark ! --mark 0x4000000/0xffff0000 -j DROP',
      'filter :neutron-l3-agent-scope -',
      'filter -A neutron-l3-agent-FORWARD -j neutron-l3-agent-scope',
    ],
  },
  {
    change: 'network_mtu', kind: 'qrouter', aspect: 'links', only: /^qr-/,
    before: ['qr-aaaaaaaa-11: <UP> mtu 1500 link/ether fa:16:3e:00:00:01'],
    after: ['qr-aaaaaaaa-11: <UP> mtu 1450 link/ether fa:16:3e:00:00:01'],
  },
  {
    change: 'link_local_18', kind: 'qrouter', aspect: 'addresses', only: /^rfp.* inet 169/,
    before: ['rfp-11111111-a    inet 169.254.30.0/31 scope global rfp-11111111-a'],
    after: ['rfp-11111111-a    inet 169.254.64.0/31 scope global rfp-11111111-a'],
  },
  {
    change: 'fip_by_device', kind: 'qrouter', aspect: 'addresses', only: /203/,
    before: ['rfp-11111111-a    inet 203.0.113.50/32 brd 203.0.113.50 scope global rfp-11111111-a'],
    after: [],
  },
  {
    change: 'fip_by_device', kind: 'qrouter', aspect: 'iptables', only: /DNAT --to/,
    before: [
      'nat -A neutron-l3-agent-PREROUTING -d 203.0.113.50/32 -j DNAT --to-destination 10.0.1.11',
      'nat -A neutron-l3-agent-OUTPUT -d 203.0.113.50/32 -j DNAT --to-destination 10.0.1.11',
    ],
    after: ['nat -A neutron-l3-agent-PREROUTING -d 203.0.113.50/32 -i rfp-11111111-a -j DNAT --to-destination 10.0.1.11'],
  },
  {
    change: 'fip_by_device', node: 'net1', kind: 'qrouter', aspect: 'iptables', only: /^nat .*float-snat$/,
    before: ['nat -A neutron-l3-agent-snat -j neutron-l3-agent-float-snat'],
    after: [],
  },
  {
    change: 'router_scope_chains', kind: 'fip', aspect: 'iptables', only: /^filter .*scope$/,
    before: ['filter -A neutron-l3-agent-FORWARD -j neutron-l3-agent-scope', 'filter -A neutron-l3-agent-FORWARD -j neutron-l3-agent-scope'],
    after: [],
  },
  {
    change: 'fip_tables', kind: 'fip', aspect: 'routes', only: /^default/,
    before: ['default via 203.0.113.1 dev fg-ffffffff-11'],
    after: ['default via 203.0.113.1 dev fg-ffffffff-11 table 2852012033'],
  },
  {
    change: 'fip_tables', kind: 'fip', aspect: 'rules', only: /iif/,
    before: [],
    after: ['2852012033:\tfrom all iif fpr-11111111-a lookup 2852012033'],
  },
  {
    change: 'fip_by_gateway', node: 'net1', kind: 'fip', aspect: 'links', only: /^fpr/,
    before: [],
    after: ['fpr-11111111-a: <UP> mtu 1500 link/ether <mac of fpr-11111111-a>'],
  },
  {
    change: 'fast_exit', with: SCOPE, kind: 'qrouter', aspect: 'rules', only: /10\.0\.1\.[01]\//,
    before: ['167772417:\tfrom 10.0.1.1/24 lookup 167772417'],
    after: ['80000:\tfrom 10.0.1.0/24 lookup 16'],
  },
  {
    change: 'central_floating_ips', with: { ports: `  vip: {network: red, device_owner: '', fixed_ips: [{ip_address: 10.0.1.99}]}`, floating: ', 203.0.113.51: {port: vip}' },
    node: 'net1', kind: 'snat', aspect: 'addresses', only: /\/32/,
    before: [],
    after: ['qg-dddddddd-11    inet 203.0.113.51/32 brd 203.0.113.51 scope global qg-dddddddd-11'],
  },
  {
    change: 'snat_float_jump', node: 'net1', kind: 'snat', aspect: 'iptables', only: /-snat -j .*float-snat$/,
    before: [],
    after: ['nat -A neutron-l3-agent-snat -j neutron-l3-agent-float-snat'],
  },
  {
    change: 'arp_sysctls', kind: 'qrouter', aspect: 'sysctls', only: /arp/,
    before: [],
    after: ['net.ipv4.conf.all.arp_ignore = 1', 'net.ipv4.conf.all.arp_announce = 2'],
  },
  {
    change: 'ipv6_network_gateway',
    with: {
      ...SIX,
      public: SUBNETS.replace(`, gateway_ip: '2001:db8:9::1'`, ''),
      gateway: `, {subnet: public-v6, ip_address: '2001:db8:9::10'}`,
    },
    node: 'net1',
    kind: 'snat',
    aspect: 'routes',
    only: /^default via 2001/,
    before: ['default via 2001:db8:9::1 dev qg-dddddddd-11 proto static metric 1024'],
    after: ['default via 2001:db8:9:: dev qg-dddddddd-11 proto static metric 1024'],
  },
  {
    change: 'gateway_ipv6_params', with: { public: SUBNETS, gateway: `, {subnet: public-v6, ip_address: '2001:db8:9::10'}` }, node: 'net1', kind: 'snat', aspect: 'sysctls', only: /qg/,
    before: [],
    after: ['net.ipv6.conf.qg-dddddddd-11.accept_ra = 0', 'net.ipv6.conf.qg-dddddddd-11.forwarding = 1'],
  },
  {
    change: 'dvr_ipv6', node: 'net1', kind: 'snat', aspect: 'sysctls', only: /qg/,
    before: [],
    after: ['net.ipv6.conf.qg-dddddddd-11.accept_ra = 2'],
  },
  {
    change: 'ha_no_forwarding', with: { router: HA, ports: HA_PORTS }, node: 'net1', kind: 'qrouter', aspect: 'sysctls', only: /all.forwarding/,
    before: ['net.ipv6.conf.all.forwarding = 1'],
    after: ['net.ipv6.conf.all.forwarding = 0'],
  },
  {
    change: 'link_neighbours', kind: 'fip', aspect: 'neighbours', only: /./,
    before: [],
    after: ['169.254.64.0 dev fpr-11111111-a lladdr <mac of rfp-11111111-a> PERMANENT'],
  },
  {
    change: 'fip_onlink', with: { public: OTHER }, kind: 'fip', aspect: 'routes', only: /198/,
    before: [],
    after: ['198.51.100.0/24 dev fg-ffffffff-11 scope link'],
  },
  {
    change: 'random_fully', kind: 'qrouter', aspect: 'iptables', only: /-j SNAT/,
    before: ['nat -A neutron-l3-agent-float-snat -s 10.0.1.11/32 -j SNAT --to-source 203.0.113.50'],
    after: ['nat -A neutron-l3-agent-float-snat -s 10.0.1.11/32 -j SNAT --to-source 203.0.113.50 --random-fully'],
  },
  {
    change: 'accept_by_out', kind: 'qrouter', aspect: 'iptables', only: /^nat -A .*ACCEPT$/,
    before: ['nat -A neutron-l3-agent-POSTROUTING ! -i rfp-11111111-a ! -o rfp-11111111-a -m conntrack ! --ctstate DNAT -j ACCEPT'],
    after: ['nat -A neutron-l3-agent-POSTROUTING ! -o rfp-11111111-a -m conntrack ! --ctstate DNAT -j ACCEPT'],
  },
  {
    change: 'static_routes', kind: 'fip', aspect: 'routes', only: /default|113\.50/,
    before: ['default via 203.0.113.1 dev fg-ffffffff-11 table 2852012033', '203.0.113.50 via 169.254.64.0 dev fpr-11111111-a'],
    after: [
      'default via 203.0.113.1 dev fg-ffffffff-11 table 2852012033 proto static',
      '203.0.113.50 via 169.254.64.0 dev fpr-11111111-a proto static',
    ],
  },
  {
    change: 'static_extra_routes', with: { router: ROUTE }, kind: 'qrouter', aspect: 'routes', only: /172/,
    before: ['172.16.0.0/16 via 10.0.1.9 dev qr-aaaaaaaa-11'],
    after: ['172.16.0.0/16 via 10.0.1.9 dev qr-aaaaaaaa-11 proto static'],
  },
  {
    change: 'ha_gateway_down', with: { router: HA, ports: HA_PORTS }, node: 'net2', kind: 'snat', aspect: 'links', only: /^qg/,
    before: ['qg-dddddddd-11: <UP> mtu 1500 link/ether fa:16:3e:00:00:10'],
    after: ['qg-dddddddd-11: <> mtu 1500 link/ether fa:16:3e:00:00:10'],
  },
  {
    change: 'ha_gateway_up', with: { router: HA, ports: HA_PORTS }, node: 'net2', kind: 'snat', aspect: 'links', only: /^qg/,
    before: ['qg-dddddddd-11: <> mtu 1500 link/ether fa:16:3e:00:00:10'],
    after: ['qg-dddddddd-11: <UP> mtu 1500 link/ether fa:16:3e:00:00:10'],
  },
  {
    change: 'metadata_ipv6', kind: 'qrouter', aspect: 'iptables', only: /fe80/,
    before: [],
    after: [
      'mangle -A neutron-l3-agent-PREROUTING -d fe80::a9fe:a9fe/128 -i qr-+ -p tcp -m tcp --dport 80 -j MARK --set-xmark 0x1/0xffff',
      'nat -A neutron-l3-agent-PREROUTING -d fe80::a9fe:a9fe/128 -i qr-+ -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 9697',
    ],
  },
  {
    change: 'rfp_scope_families', with: { public: SUBNETS, gateway: `, {subnet: public-v6, ip_address: '2001:db8:9::10'}` }, kind: 'qrouter', aspect: 'iptables', only: /^filter .*-o rfp/,
    before: ['filter -A neutron-l3-agent-scope -o rfp-11111111-a -m mark ! --mark 0x4000000/0xffff0000 -j DROP'],
    after: [
      'filter -A neutron-l3-agent-scope -o rfp-11111111-a -m mark ! --mark 0x4000000/0xffff0000 -j DROP',
      'filter -A neutron-l3-agent-scope -o rfp-11111111-a -m mark ! --mark 0x4000000/0xffff0000 -j DROP',
    ],
  },
  {
    change: 'ecmp', with: { router: TWO }, kind: 'qrouter', aspect: 'routes', only: /172/,
    before: ['172.16.0.0/16 via 10.0.1.8 dev qr-aaaaaaaa-11 proto static'],
    after: [
      '172.16.0.0/16 proto static nexthop via 10.0.1.8 dev qr-aaaaaaaa-11 weight 1 nexthop via 10.0.1.9 dev qr-aaaaaaaa-11 weight 1',
    ],
  },
  {
    change: 'pair_push', with: { ports: `  vm2: {node: compute1, network: red, mac_address: 'fa:16:3e:00:00:12', fixed_ips: [{ip_address: 10.0.1.12}], allowed_address_pairs: [{ip_address: 10.0.1.77}]}` },
    kind: 'qrouter', aspect: 'neighbours', only: /\.77 /,
    before: [],
    after: ['10.0.1.77 dev qr-aaaaaaaa-11 lladdr fa:16:3e:00:00:12 PERMANENT'],
  },
  {
    change: 'arp_of_subnet', with: { ...SIX, ports: `  vm2: {node: compute1, network: red, mac_address: 'fa:16:3e:00:00:12', fixed_ips: [{ip_address: 10.0.1.12}, {ip_address: '2001:db8:1::12'}]}` },
    kind: 'qrouter', aspect: 'neighbours', only: /[.:]12 /,
    before: [
      '10.0.1.12 dev qr-aaaaaaaa-11 lladdr fa:16:3e:00:00:12 PERMANENT',
      '2001:db8:1::12 dev qr-aaaaaaaa-11 lladdr fa:16:3e:00:00:12 PERMANENT',
      '2001:db8:1::12 dev qr-aaaaaaaa-66 lladdr fa:16:3e:00:00:12 PERMANENT',
      '10.0.1.12 dev qr-aaaaaaaa-66 lladdr fa:16:3e:00:00:12 PERMANENT',
    ],
    after: [
      '10.0.1.12 dev qr-aaaaaaaa-11 lladdr fa:16:3e:00:00:12 PERMANENT',
      '2001:db8:1::12 dev qr-aaaaaaaa-66 lladdr fa:16:3e:00:00:12 PERMANENT',
    ],
  },
  {
    change: 'rfp_ipv6_default', kind: 'qrouter', aspect: 'routes', only: /^default via </,
    before: [],
    after: ['default via <link-local address of fpr-11111111-a> dev rfp-11111111-a proto static metric 1024'],
  },
  {
    change: 'ha_no_link_local', with: { router: HA, ports: HA_PORTS }, node: 'net1', kind: 'qrouter', aspect: 'addresses', only: /^qr.*fe80/,
    before: ['qr-aaaaaaaa-11    inet6 fe80::f816:3eff:fe00:1/64 scope link qr-aaaaaaaa-11'],
    after: [],
  },
  {
    change: 'snat_nonlocal_bind', node: 'net1', kind: 'snat', aspect: 'sysctls', only: /nonlocal/,
    before: [],
    after: ['net.ipv4.ip_nonlocal_bind = 1'],
  },
  {
    change: 'tcp_be_liberal', kind: 'qrouter', aspect: 'sysctls', only: /liberal/,
    before: [],
    after: ['net.netfilter.nf_conntrack_tcp_be_liberal = 1'],
  },
]; // prettier-ignore

function lines(
  { with: added = {}, node = 'compute1', kind, aspect, only }: Row,
  release: Release,
  isFirst: boolean,
): string[] {
  const topology = cloudAt(release, added);
  const allocations = defaultAllocations(topology, node);
  if (isFirst) {
    const open = (Object.keys(BACKPORTED) as Change[]).filter((change) => releaseMayHave(release, change));
    allocations.backports = Object.fromEntries(open.map((change) => [change, false]));
    if (releaseMayHave(release, 'link_local_18')) allocations.linkLocals['r'] &&= '169.254.30.0';
  }
  const state = expect(topology, node, allocations);
  const name = Object.keys(state.namespaces).find((each) => each.startsWith(kind));
  return name === undefined ? [] : linesOf(state, name, aspect).filter((line) => only.test(line));
}

describe('both sides of a change', () => {
  for (const row of ROWS) {
    const first = FIRST[row.change];
    const before = RELEASES[RELEASES.indexOf(first) - 1]!;
    it(`${row.change}: ${row.kind} ${row.aspect}, ${before} and ${first}`, () => {
      assert.deepEqual(lines(row, before, true), row.before);
      assert.deepEqual(lines(row, first, true), row.after);
      // Late versions of the older release are as the newer one.
      if (releaseMayHave(before, row.change)) assert.deepEqual(lines(row, before, false), row.after);
    });
  }
});

it('each change that concerns the L3 agent has a test of both sides', () => {
  const files = [import.meta.filename, import.meta.filename.replace('Rows', 'Places')];
  const text = files.map((file) => readFileSync(file, 'utf8')).join('');
  const elsewhere: Record<string, string> = {
    dvr_ha: 'checks/not-in-release.ts',
    dvr_no_external: 'checks/not-in-release.ts',
    port_forwarding: 'checks/not-in-release.ts',
    fip_rules_reread: 'L3 agents read their rules again: namespaces/choices, test/shared/releasesLaw.test.ts',
    ha_extra_routes: 'keepalived and agent: either is right',
    pair_mac: 'a choice of MACs: namespaces/neighbours.ts',
  };
  const others = /^(flow|dhcp|keepalived)_/;
  const missing = Object.keys(FIRST).filter(
    (change) => !others.test(change) && !(change in elsewhere) && !text.includes(`'${change}'`),
  );
  const named = ['fip_priorities_file', 'ha_primary', 'no_lbaas_arp', 'pair_arp', 'raw_ipv6'];
  assert.deepEqual(
    missing.filter((change) => !named.includes(change)),
    [],
  );
});
