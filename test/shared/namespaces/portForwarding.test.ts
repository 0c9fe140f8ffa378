/** Port forwardings: chains, DNAT and addresses in the central namespace, and nothing elsewhere. Vectors: the specification, 5.5. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expect } from '../../../shared/expect.ts';
import type { NodeState } from '../../../shared/state.ts';
import type { Topology } from '../../../shared/topology/types.ts';
import { cloud, differencesOf, healthyNode, linesOf, told } from '../../support/healthy.ts';

const ID = '11111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const SNAT = `snat-${ID}`;
const QROUTER = `qrouter-${ID}`;

const forwarding = (external: number, id = '') =>
  `{${id}protocol: tcp, external_port: ${external}, internal_port: 22, internal_ip_address: 10.0.1.11}`;

const topologyWith = (forwardings: string[], router = ''): Topology =>
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
floating_ips:
  203.0.113.60: {port_forwardings: [${forwardings.join(', ')}]}
`);

const two = topologyWith([
  forwarding(2222, 'id: 66666666-aaaa-4aaa-8aaa-aaaaaaaaaaaa, '),
  forwarding(80, 'id: 77777777-aaaa-4aaa-8aaa-aaaaaaaaaaaa, '),
]);

const ofForwarding = (state: NodeState, namespace: string) =>
  linesOf(state, namespace, 'iptables').filter((line) => /pf-|fip-pf/.test(line));

describe('port forwardings of a distributed router', () => {
  it('one chain for all and one for each, in the snat namespace', () => {
    assert.deepEqual(ofForwarding(expect(two, 'net1'), SNAT), [
      'nat :neutron-l3-agent-fip-pf -',
      'nat :neutron-l3-agent-pf-66666666 -',
      'nat :neutron-l3-agent-pf-77777777 -',
      'nat -A neutron-l3-agent-PREROUTING -j neutron-l3-agent-fip-pf',
      'nat -A neutron-l3-agent-fip-pf -j neutron-l3-agent-pf-66666666',
      'nat -A neutron-l3-agent-pf-66666666 -d 203.0.113.60/32 -p tcp -m tcp --dport 2222 -j DNAT --to-destination 10.0.1.11:22',
      'nat -A neutron-l3-agent-fip-pf -j neutron-l3-agent-pf-77777777',
      'nat -A neutron-l3-agent-pf-77777777 -d 203.0.113.60/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.1.11:22',
    ]);
  });

  it('one address on the gateway device, however many forwardings', () => {
    const lines = linesOf(expect(two, 'net1'), SNAT, 'addresses').filter((line) => line.includes('203.0.113.60'));
    assert.deepEqual(lines, ['qg-dddddddd-11    inet 203.0.113.60/32 brd 203.0.113.60 scope global qg-dddddddd-11']);
  });

  it('nothing in the qrouter namespaces: the floating IP does not count there', () => {
    for (const node of ['compute1', 'net1']) {
      const lines = linesOf(expect(two, node), QROUTER, 'iptables');
      assert.deepEqual(ofForwarding(expect(two, node), QROUTER), []);
      assert.deepEqual(
        lines.filter((line) => /nat -A neutron-l3-agent-(POSTROUTING|snat) /.test(line)),
        [],
      );
    }
  });

  it('healthy nodes have no difference, each missing line is one', () => {
    for (const node of ['compute1', 'net1'])
      assert.deepEqual(told(differencesOf(two, healthyNode(two, node))), [], node);
    const live = healthyNode(two, 'net1');
    const { iptables = [] } = live.namespaces[SNAT]!;
    for (const [index, item] of iptables.entries()) {
      live.namespaces[SNAT]!.iptables = iptables.toSpliced(index, 1);
      assert.equal(differencesOf(two, live).length, 1, JSON.stringify(item));
    }
  });

  it('the order in which forwardings came is no difference', () => {
    const live = healthyNode(two, 'net1');
    const all = live.namespaces[SNAT]!.iptables!;
    const jumps = all.filter(({ chain, spec }) => chain.endsWith('fip-pf') && spec !== undefined);
    assert.equal(jumps.length, 2);
    live.namespaces[SNAT]!.iptables = [...all.filter((item) => !jumps.includes(item)), ...jumps.toReversed()];
    assert.deepEqual(told(differencesOf(two, live)), []);
  });
});

describe('what the topology leaves out', () => {
  it('an id is shown as unknown, and read back by the rule', () => {
    const topology = topologyWith([forwarding(2222), forwarding(80)]);
    assert.ok(ofForwarding(expect(topology, 'net1'), SNAT).some((line) => line.includes('pf-<id of tcp 2222>')));
    assert.deepEqual(told(differencesOf(topology, healthyNode(two, 'net1'))), []);
  });

  it('the chain for all stays, empty, when the last forwarding is gone', () => {
    const none = topologyWith([]);
    const live = healthyNode(none, 'net1', (allocations) => {
      allocations.leftForwardingChains['r'] = true;
    });
    assert.deepEqual(ofForwarding(live, SNAT), [
      'nat :neutron-l3-agent-fip-pf -',
      'nat -A neutron-l3-agent-PREROUTING -j neutron-l3-agent-fip-pf',
    ]);
    assert.deepEqual(told(differencesOf(none, live)), []);
    assert.equal(differencesOf(none, healthyNode(two, 'net1')).length > 0, true);
  });

  it('a range of ports is one rule, mapped from its first port on', () => {
    const inside = 'internal_ip_address: 10.0.1.11';
    const rows: [ports: string, rule: string][] = [
      ['external_port_range: "8000:8010", internal_port_range: "9000:9010"', '8000:8010 9000-9010/8000'],
      ['external_port_range: "8000:8010", internal_port: 80', '8000:8010 80'],
      ['external_port_range: "8000:8000", internal_port_range: "9000:9000"', '8000 9000'],
    ];
    for (const [ports, rule] of rows) {
      const [dport, to] = rule.split(' ');
      const topology = topologyWith([`{id: 88888888-aaaa-4aaa-8aaa-aaaaaaaaaaaa, protocol: tcp, ${ports}, ${inside}}`]);
      assert.equal(
        ofForwarding(expect(topology, 'net1'), SNAT).at(-1),
        `nat -A neutron-l3-agent-pf-88888888 -d 203.0.113.60/32 -p tcp -m tcp --dport ${dport} -j DNAT --to-destination 10.0.1.11:${to}`,
      );
      const open = topologyWith([`{protocol: tcp, ${ports}, ${inside}}`]);
      assert.deepEqual(told(differencesOf(open, healthyNode(topology, 'net1'))), []);
    }
    // One that the topology does not have is unexpected.
    const other = topologyWith([`{protocol: tcp, ${rows[0]![0]}, ${inside}}`]);
    assert.notEqual(differencesOf(two, healthyNode(other, 'net1')).length, 0);
  });

  it('of several routers that could serve it none is chosen: not checked', () => {
    const topology = structuredClone(topologyWith([forwarding(2222)]));
    topology.routers.push({
      ...topology.routers[0]!,
      name: 's',
      id: '22222222-aaaa-4aaa-8aaa-aaaaaaaaaaaa',
      pointer: '/routers/s',
    });
    const reasons = expect(topology, 'net1').gaps.filter(({ namespace }) => namespace.startsWith('snat-'));
    assert.equal(reasons.length, 6);
  });
});

it('of a router that is not distributed they are in its qrouter namespace', () => {
  const topology = topologyWith(
    [forwarding(2222, 'id: 66666666-aaaa-4aaa-8aaa-aaaaaaaaaaaa, ')],
    'distributed: false\n    l3_agents: [{node: net1}]',
  );
  const state = expect(topology, 'net1');
  assert.equal(ofForwarding(state, QROUTER).length, 5);
  assert.ok(linesOf(state, QROUTER, 'addresses').some((line) => line.includes('203.0.113.60/32')));
});
