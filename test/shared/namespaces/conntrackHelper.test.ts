/** Conntrack helpers: chains of the raw tables of the central namespace, in both families. Vectors: the specification, 5.5. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expect } from '../../../shared/expect.ts';
import { helperChoice } from '../../../shared/namespaces/conntrackHelper.ts';
import type { IptablesItem, NodeState } from '../../../shared/state.ts';
import type { Topology } from '../../../shared/topology/types.ts';
import { cloud, differencesOf, healthyNode, linesOf, told } from '../../support/healthy.ts';

const ID = '11111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa';

const topologyWith = (router: string): Topology =>
  cloud(`
release: zed
nodes: {compute1: {agent_mode: dvr}, net1: {agent_mode: dvr_snat}}
networks:
  public: {id: 44444444-aaaa-4aaa-8aaa-aaaaaaaaaaaa, router:external: true, network_type: flat, subnets: {public-v4: {cidr: 203.0.113.0/24}}}
  red: {network_type: vxlan, subnets: {red-v4: {cidr: 10.0.1.0/24}}}
routers:
  r:
    id: ${ID}
    external_gateway: {network: public, ip_address: 203.0.113.10, port_id: dddddddd-11, mac_address: fa:16:3e:00:00:10, node: net1}
    interfaces: {red-v4: {port_id: aaaaaaaa-11, mac_address: fa:16:3e:00:00:01, snat: {ip_address: 10.0.1.3, port_id: cccccccc-11, mac_address: fa:16:3e:00:00:03}}}
    ${router}
ports:
  vm1: {node: compute1, network: red, mac_address: fa:16:3e:00:00:11, fixed_ips: [{ip_address: 10.0.1.11}]}
`);

const helper = (id: string) => `conntrack_helpers: [{${id}protocol: udp, port: 69, helper: tftp}]`;
const one = topologyWith(helper('id: 7f0c3ab1-aaaa-4aaa-8aaa-aaaaaaaaaaaa, '));
const none = topologyWith('conntrack_helpers: []');
const unsaid = topologyWith('');
const snat = (kind = 'snat') => `${kind}-${ID}`;

const helperLines = (state: NodeState, kind?: string) =>
  linesOf(state, snat(kind), 'iptables').filter((line) => line.includes('-cth'));

const FIVE = [
  'raw :neutron-l3-agent-cth -',
  'raw -A neutron-l3-agent-PREROUTING -j neutron-l3-agent-cth',
  'raw :neutron-l3-agent-cth-7f0c3ab -',
  'raw -A neutron-l3-agent-cth -j neutron-l3-agent-cth-7f0c3ab',
  'raw -A neutron-l3-agent-cth-7f0c3ab -p udp -m udp --dport 69 -j CT --helper tftp',
];

describe('a conntrack helper', () => {
  it('has its chain in both families of the snat namespace, and nowhere else', () => {
    assert.deepEqual(helperLines(expect(one, 'net1')), [...FIVE, ...FIVE]);
    for (const node of ['compute1', 'net1']) assert.deepEqual(helperLines(expect(one, node), 'qrouter'), []);
  });

  it('is in the qrouter namespace of a router that is not distributed', () => {
    const central = topologyWith(`distributed: false\n    l3_agents: [{node: net1}]\n    ${helper('')}`);
    assert.equal(helperLines(expect(central, 'net1'), 'qrouter').length, 10);
  });

  it('each line missing, altered or twice is one difference', () => {
    const live = healthyNode(one, 'net1');
    assert.deepEqual(told(differencesOf(one, live)), []);
    const all = live.namespaces[snat()]!.iptables!;
    const check = (items: IptablesItem[], what: string) => {
      live.namespaces[snat()]!.iptables = items;
      assert.equal(differencesOf(one, live).length, 1, what);
    };
    for (const [i, item] of all.entries()) {
      if (!JSON.stringify(item).includes('-cth')) continue;
      check(all.toSpliced(i, 1), `without ${JSON.stringify(item)}`);
      check([...all, { ...item }], `twice ${JSON.stringify(item)}`);
      if (item.spec?.includes('--dport')) check(all.with(i, { ...item, spec: item.spec.replace('69', '70') }), 'port');
    }
  });

  it('without an id in the topology is read back by its rule', () => {
    assert.deepEqual(told(differencesOf(topologyWith(helper('')), healthyNode(one, 'net1'))), []);
  });

  it('that the topology does not have is unexpected, but the empty chain stays', () => {
    assert.equal(differencesOf(none, healthyNode(one, 'net1')).length, 6);
    const live = healthyNode(none, 'net1', ({ choices }) => {
      choices[helperChoice(none.routers[0]!).key] = 'cth';
    });
    assert.equal(helperLines(live).length, 4);
    assert.deepEqual(told(differencesOf(none, live)), []);
  });

  it('is taken as it is where the topology says nothing of helpers', () => {
    assert.deepEqual(told(differencesOf(unsaid, healthyNode(one, 'net1'))), []);
    assert.deepEqual(helperLines(expect(unsaid, 'net1')), []);
  });
});
