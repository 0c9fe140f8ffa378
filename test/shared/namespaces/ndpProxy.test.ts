/** NDP proxies in the central namespace of a router: the law holds it on a recording (L6), here is what that lacks. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expect } from '../../../shared/expect.ts';
import type { IptablesItem, NodeState } from '../../../shared/state.ts';
import type { Topology } from '../../../shared/topology/types.ts';
import { cloud, differencesOf, healthyNode, linesOf, told } from '../../support/healthy.ts';

const ID = '11111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const SNAT = `snat-${ID}`;

const topologyWith = (router: string): Topology =>
  cloud(`
release: zed
nodes: {compute1: {agent_mode: dvr}, compute2: {agent_mode: dvr_no_external}, net1: {agent_mode: dvr_snat}}
networks:
  public: {id: 44444444-aaaa-4aaa-8aaa-aaaaaaaaaaaa, router:external: true, network_type: flat, ipv6_address_scope: six, subnets: {public-v6: {cidr: '2001:db8::/64', gateway_ip: '2001:db8::1'}}}
  red: {network_type: vxlan, ipv6_address_scope: six, subnets: {red-v6: {cidr: '2001:db8:a::/64', gateway_ip: '2001:db8:a::1'}}}
  blue: {network_type: vxlan, subnets: {blue-v6: {cidr: '2001:db8:b::/64', gateway_ip: '2001:db8:b::1'}}}
routers:
  r:
    id: ${ID}
    external_gateway: {network: public, ip_address: '2001:db8::10', port_id: dddddddd-11, mac_address: fa:16:3e:00:00:10, node: net1}
    interfaces:
      red-v6: {port_id: aaaaaaaa-11, mac_address: fa:16:3e:00:00:01, snat: {ip_address: '2001:db8:a::3', port_id: cccccccc-11, mac_address: fa:16:3e:00:00:03}}
      blue-v6: {port_id: aaaaaaaa-22, mac_address: fa:16:3e:00:00:02, snat: {ip_address: '2001:db8:b::3', port_id: cccccccc-22, mac_address: fa:16:3e:00:00:04}}
    ${router}
ports:
  vm1: {node: compute1, network: red, mac_address: fa:16:3e:00:00:11, fixed_ips: [{ip_address: '2001:db8:a::11'}]}
  vm2: {node: compute2, network: red, mac_address: fa:16:3e:00:00:12, fixed_ips: [{ip_address: '2001:db8:a::12'}]}
`);

const PROXIES = "ndp_proxies: [{ip_address: '2001:db8:a::11', port: vm1}, {ip_address: '2001:db8:a::12', port: vm2}]";
const on = topologyWith(`enable_ndp_proxy: true\n    ${PROXIES}`);

const ndpLines = (state: NodeState) => linesOf(state, SNAT, 'iptables').filter((line) => /NDP/.test(line));

const FOUR = [
  'filter :neutron-l3-agent-NDP -',
  'filter -A neutron-l3-agent-FORWARD -d 2001:db8:a::/64 -i qg-dddddddd-11 -j neutron-l3-agent-NDP',
  'filter -A neutron-l3-agent-NDP -d 2001:db8:a::12/128 -i qg-dddddddd-11 -j ACCEPT',
  'filter -A neutron-l3-agent-NDP -i qg-dddddddd-11 -j DROP',
];

describe('NDP proxies of a distributed router', () => {
  it('in the snat namespace: subnets of the address scope of outside, addresses of nodes without a way out', () => {
    assert.deepEqual(ndpLines(expect(on, 'net1')), FOUR);
    assert.ok(linesOf(expect(on, 'net1'), SNAT, 'sysctls').includes('net.ipv6.conf.qg-dddddddd-11.proxy_ndp = 1'));
  });

  it('each line missing, altered or twice is one difference', () => {
    const live = healthyNode(on, 'net1');
    assert.deepEqual(told(differencesOf(on, live)), []);
    const all = live.namespaces[SNAT]!.iptables!;
    const check = (items: IptablesItem[]) => {
      live.namespaces[SNAT]!.iptables = items;
      assert.equal(differencesOf(on, live).length, 1, JSON.stringify(items.at(-1)));
    };
    for (const [i, item] of all.entries()) {
      if (!JSON.stringify(item).includes('NDP')) continue;
      check(all.toSpliced(i, 1));
      check([...all, { ...item }]);
      if (item.spec?.includes('2001')) check(all.with(i, { ...item, spec: item.spec.replace('2001', '2002') }));
    }
  });

  it('that are off, or of addresses that the topology does not have, are unexpected', () => {
    const off = topologyWith('enable_ndp_proxy: false');
    assert.equal(differencesOf(off, healthyNode(on, 'net1')).length, 4);
    const none = topologyWith('enable_ndp_proxy: true\n    ndp_proxies: []');
    assert.deepEqual(told(differencesOf(none, healthyNode(on, 'net1'))), [`unexpected iptables: null | ${FOUR[2]}`]);
  });

  it('are taken as they are where the topology does not say', () => {
    for (const unsaid of [topologyWith(''), topologyWith('enable_ndp_proxy: true')])
      assert.deepEqual(told(differencesOf(unsaid, healthyNode(on, 'net1'))), []);
  });
});
