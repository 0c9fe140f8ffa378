/**
 * Centralised floating IPs in the list of a node in mode dvr_snat that is not the router's SNAT node: there from the next update of the
 * router on, with two rules of iptables. Either is right; half of it is not. As agents of Zed were seen to do it.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { NodeState } from '../../../shared/state.ts';
import { cloud, differencesOf, healthyNode, linesOf, told } from '../../support/healthy.ts';

const ID = '11111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const QROUTER = `qrouter-${ID}`;
const KEY = '/routers/r floating IPs listed';

/** @param port where the machine with the floating IP is */
const topologyWith = (port: string) =>
  cloud(`
release: zed
nodes: {compute1: {agent_mode: dvr}, compute3: {agent_mode: dvr_no_external}, net1: {agent_mode: dvr_snat}, net2: {agent_mode: dvr_snat}}
networks:
  public: {id: 44444444-aaaa-4aaa-8aaa-aaaaaaaaaaaa, router:external: true, network_type: flat, subnets: {public-v4: {cidr: 203.0.113.0/24}}}
  red: {network_type: vxlan, subnets: {red-v4: {cidr: 10.0.0.0/24}}}
routers:
  r: {id: ${ID}, external_gateway: {network: public, external_fixed_ips: [{ip_address: 203.0.113.10}], node: net1}, interfaces: {red-v4: {}}}
ports:
  vm1: {node: ${port}, network: red, fixed_ips: [{ip_address: 10.0.0.11}]}
  vm2: {node: net2, network: red, fixed_ips: [{ip_address: 10.0.0.12}]}
floating_ips: {203.0.113.50: {port: vm1, router: r}}
`);

const RULES = /--ctstate DNAT -j ACCEPT$|-snat -j neutron-l3-agent-float-snat$/;
const rulesOf = (state: NodeState): string[] => linesOf(state, QROUTER, 'iptables').filter((line) => RULES.test(line));

const listedOn = (topology: ReturnType<typeof topologyWith>, node: string): NodeState =>
  healthyNode(topology, node, ({ choices }) => {
    choices[KEY] = 'listed';
  });

it('the other node in mode dvr_snat may have them or not', () => {
  const topology = topologyWith('compute3');
  const without = healthyNode(topology, 'net2');
  assert.deepEqual(rulesOf(without), []);
  assert.deepEqual(told(differencesOf(topology, without)), []);
  const listed = listedOn(topology, 'net2');
  assert.equal(rulesOf(listed).length, 2);
  assert.deepEqual(told(differencesOf(topology, listed)), []);
});

it('half of it is a difference', () => {
  const topology = topologyWith('compute3');
  for (const gone of rulesOf(listedOn(topology, 'net2'))) {
    const live = listedOn(topology, 'net2');
    const state = live.namespaces[QROUTER]!;
    const lines = linesOf(live, QROUTER, 'iptables');
    state.iptables = state.iptables!.filter((_, i) => lines[i] !== gone);
    const differences = differencesOf(topology, live);
    assert.deepEqual(
      differences.map(({ kind, expected }) => `${kind} ${expected}`),
      [`missing ${gone}`],
    );
  }
});

it('the SNAT node has them, and a node without that mode does not', () => {
  const topology = topologyWith('compute3');
  assert.equal(rulesOf(healthyNode(topology, 'net1')).length, 2);
  assert.equal(rulesOf(listedOn(topology, 'compute3')).length, 0);
});

it('a floating IP that is not central is none', () => {
  assert.deepEqual(rulesOf(listedOn(topologyWith('compute1'), 'net2')), []);
});
