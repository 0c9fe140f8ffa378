/** Routers that are not distributed, on nodes beside distributed ones. Vectors: the texts of the specification (5.5, 4.3, 8.4). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expect } from '../../../shared/expect.ts';
import type { NodeState } from '../../../shared/state.ts';
import type { Topology } from '../../../shared/topology/types.ts';
import { cloud, differencesOf, healthyNode, linesOf, told } from '../../support/healthy.ts';

const NAME = 'qrouter-11111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa';

/** @param router further keys of the router, as YAML */
const topologyWith = (router: string, ports = ''): Topology =>
  cloud(`
release: zed
nodes:
  compute1: {agent_mode: dvr}
  net1: {agent_mode: dvr_snat}
  net2: {agent_mode: legacy}
networks:
  public: {id: 44444444-aaaa-4aaa-8aaa-aaaaaaaaaaaa, router:external: true, network_type: flat, subnets: {public-v4: {cidr: 203.0.113.0/24}}}
  red: {network_type: vxlan, subnets: {red-v4: {cidr: 10.0.1.0/24}}}
  ha-net: {network_type: vxlan, subnets: {ha-v4: {cidr: 169.254.192.0/18, gateway_ip: null}}}
routers:
  r:
    id: 11111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa
    distributed: false
    external_gateway: {network: public, ip_address: 203.0.113.10, port_id: dddddddd-11, mac_address: fa:16:3e:00:00:10}
    interfaces: {red-v4: {port_id: aaaaaaaa-11, mac_address: fa:16:3e:00:00:01}}
    routes: [{destination: 172.16.0.0/16, nexthop: 10.0.1.9}, {destination: 172.17.0.0/16, nexthop: 203.0.113.9}]
    ${router}
ports:
  vm1: {node: compute1, network: red, mac_address: fa:16:3e:00:00:11, fixed_ips: [{ip_address: 10.0.1.11}]}
  ${ports}
floating_ips:
  203.0.113.50: {port: vm1}
`);

const plain = topologyWith('l3_agents: [{node: net2}]');

const natOf = (state: NodeState, chain: string): string[] =>
  linesOf(state, NAME, 'iptables').filter((line) => line.startsWith(`nat -A neutron-l3-agent-${chain} `));

describe('a router that is neither distributed nor HA', () => {
  const state = expect(plain, 'net2');

  it('is on the node that it is bound to, and on no other', () => {
    const placed = (topology: Topology) =>
      topology.nodes.map(({ name }) => Object.keys(expect(topology, name).namespaces));
    assert.deepEqual(placed(plain), [[], [], [NAME]]);
    assert.deepEqual(placed(topologyWith('l3_agents: [{node: net1}]')), [[], [NAME], []]);
    // An agent in mode dvr takes none, whatever the API says.
    assert.deepEqual(placed(topologyWith('l3_agents: [{node: compute1}]')), [[], [], []]);
    assert.deepEqual(placed(topologyWith('l3_agents: [{node: net2}]\n    admin_state_up: false')), [[], [], []]);
  });

  it('translates as a snat namespace, every floating IP as a centralised one', () => {
    const qg = 'qg-dddddddd-11';
    const lines = linesOf(state, NAME, 'iptables').filter((line) => / -A neutron-l3-agent/.test(line));
    assert.deepEqual(lines.filter((line) => line.startsWith('nat ') && !line.includes('REDIRECT')).toSorted(), [
      'nat -A neutron-l3-agent-OUTPUT -d 203.0.113.50/32 -j DNAT --to-destination 10.0.1.11',
      `nat -A neutron-l3-agent-POSTROUTING ! -o ${qg} -m conntrack ! --ctstate DNAT -j ACCEPT`,
      'nat -A neutron-l3-agent-PREROUTING -d 203.0.113.50/32 -j DNAT --to-destination 10.0.1.11',
      'nat -A neutron-l3-agent-float-snat -s 10.0.1.11/32 -j SNAT --to-source 203.0.113.50 --random-fully',
      'nat -A neutron-l3-agent-snat -j neutron-l3-agent-float-snat',
      'nat -A neutron-l3-agent-snat -m mark ! --mark 0x2/0xffff -m conntrack --ctstate DNAT -j SNAT --to-source 203.0.113.10 --random-fully',
      `nat -A neutron-l3-agent-snat -o ${qg} -j SNAT --to-source 203.0.113.10 --random-fully`,
    ]);
    for (const line of [
      `mangle -A neutron-l3-agent-POSTROUTING -o ${qg} -m connmark --mark 0x0/0xffff0000 -j CONNMARK --save-mark --nfmask 0xffff0000 --ctmask 0xffff0000`,
      `mangle -A neutron-l3-agent-mark -i ${qg} -j MARK --set-xmark 0x2/0xffff`,
      'mangle -A neutron-l3-agent-scope -i qr-aaaaaaaa-11 -j MARK --set-xmark 0x4000000/0xffff0000',
      `mangle -A neutron-l3-agent-scope -i ${qg} -j MARK --set-xmark 0x4000000/0xffff0000`,
      'filter -A neutron-l3-agent-scope -o qr-aaaaaaaa-11 -m mark ! --mark 0x4000000/0xffff0000 -j DROP',
      // The metadata lines of a qrouter namespace.
      'mangle -A neutron-l3-agent-PREROUTING -d 169.254.169.254/32 -i qr-+ -p tcp -m tcp --dport 80 -j MARK --set-xmark 0x1/0xffff',
      'filter -A neutron-l3-agent-INPUT -m mark --mark 0x1/0xffff -j ACCEPT',
      'filter -A neutron-l3-agent-INPUT -p tcp -m tcp --dport 9697 -j DROP',
      'nat -A neutron-l3-agent-PREROUTING -d 169.254.169.254/32 -i qr-+ -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 9697',
    ])
      assert.ok(lines.includes(line), line);
  });

  it('has its addresses, routes in table main alone, no permanent neighbours', () => {
    assert.deepEqual(
      linesOf(state, NAME, 'addresses').filter((line) => line.includes(' inet ')),
      [
        'lo    inet 127.0.0.1/8 scope host lo',
        'qr-aaaaaaaa-11    inet 10.0.1.1/24 brd 10.0.1.255 scope global qr-aaaaaaaa-11',
        'qg-dddddddd-11    inet 203.0.113.10/24 brd 203.0.113.255 scope global qg-dddddddd-11',
        'qg-dddddddd-11    inet 203.0.113.50/32 brd 203.0.113.50 scope global qg-dddddddd-11',
      ],
    );
    assert.deepEqual(
      linesOf(state, NAME, 'routes')
        .filter((line) => line.includes('proto static'))
        .map((line) => line.trimEnd()),
      [
        'default via 203.0.113.1 dev qg-dddddddd-11 proto static',
        '172.16.0.0/16 via 10.0.1.9 dev qr-aaaaaaaa-11 proto static',
        '172.17.0.0/16 via 203.0.113.9 dev qg-dddddddd-11 proto static',
      ],
    );
    assert.deepEqual(
      linesOf(state, NAME, 'rules').filter((line) => !line.includes('from all')),
      [],
    );
    assert.deepEqual(linesOf(state, NAME, 'neighbours'), []);
    const sysctls = linesOf(state, NAME, 'sysctls');
    assert.ok(sysctls.includes('net.ipv4.ip_forward = 1'));
    assert.ok(!sysctls.some((line) => line.includes('send_redirects') || line.includes('nonlocal_bind')));
  });

  it('without gateway only the jump to float-snat is left in nat', () => {
    const topology = structuredClone(topologyWith('l3_agents: [{node: net2}]'));
    delete topology.routers[0]!.external_gateway;
    const inside = expect(topology, 'net2');
    assert.deepEqual(natOf(inside, 'snat'), ['nat -A neutron-l3-agent-snat -j neutron-l3-agent-float-snat']);
    assert.deepEqual(natOf(inside, 'POSTROUTING'), []);
    assert.deepEqual(
      linesOf(inside, NAME, 'links').map((line) => line.split(':')[0]),
      ['lo', 'qr-aaaaaaaa-11'],
    );
  });

  it('a node that holds it as expected has no difference, one without it exactly one', () => {
    assert.deepEqual(told(differencesOf(plain, healthyNode(plain, 'net2'))), []);
    const empty = { ...healthyNode(plain, 'net2'), namespaces: {} };
    assert.deepEqual(told(differencesOf(plain, empty)), [`missing namespaces: ${NAME} | null`]);
    const misplaced = { ...healthyNode(plain, 'net2'), node: 'net1' };
    assert.deepEqual(told(differencesOf(plain, misplaced)), [`unexpected namespaces: null | ${NAME}`]);
  });

  it('when nobody says which agent holds it, it is not checked', () => {
    const topology = topologyWith('');
    for (const { name } of topology.nodes)
      assert.deepEqual(told(differencesOf(topology, { ...healthyNode(plain, 'net2'), node: name })), []);
    assert.match(expect(topology, 'net2').gaps.find(({ namespace }) => namespace === NAME)!.reason, /l3_agents/);
  });
});

describe('a router with HA that is not distributed', () => {
  const ports = [1, 2].map(
    (n) =>
      `ha${n}: {id: eeeeeeee-1${n}, node: net${n}, network: ha-net, mac_address: 'fa:16:3e:00:01:0${n}', device_owner: network:router_ha_interface, device_id: 11111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa, fixed_ips: [{ip_address: 169.254.192.${n}}]}`,
  );
  const topology = topologyWith(
    'ha: true\n    l3_agents: [{node: net1, ha_state: active}, {node: net2, ha_state: standby}]',
    ports.join('\n  '),
  );
  const chosen = (role: 'active' | 'standby') => ({ role, vrid: 33, protocols: {}, broadcasts: [] });
  const made = (node: string, role: 'active' | 'standby') =>
    healthyNode(topology, node, (allocations) => {
      allocations.ha['r'] = chosen(role);
    });

  it('is on every node that it is bound to, with addresses on the active one alone', () => {
    const ipv4 = (node: string, role: 'active' | 'standby') =>
      linesOf(made(node, role), NAME, 'addresses').filter((line) => / inet (?!127)/.test(line));
    assert.deepEqual(ipv4('net1', 'active'), [
      'ha-eeeeeeee-11    inet 169.254.192.1/18 brd 169.254.255.255 scope global ha-eeeeeeee-11',
      'ha-eeeeeeee-11    inet 169.254.0.33/24 scope global ha-eeeeeeee-11',
      'qr-aaaaaaaa-11    inet 10.0.1.1/24 scope global qr-aaaaaaaa-11',
      'qg-dddddddd-11    inet 203.0.113.10/24 scope global qg-dddddddd-11',
      'qg-dddddddd-11    inet 203.0.113.50/32 scope global qg-dddddddd-11',
    ]);
    assert.deepEqual(ipv4('net2', 'standby'), [
      'ha-eeeeeeee-12    inet 169.254.192.2/18 brd 169.254.255.255 scope global ha-eeeeeeee-12',
    ]);
    const chains = (node: string, role: 'active' | 'standby') =>
      linesOf(made(node, role), NAME, 'iptables').filter((line) => line.startsWith('nat '));
    assert.deepEqual(chains('net2', 'standby'), chains('net1', 'active'));
  });

  it('whoever is active, the nodes have no difference but that the API says otherwise', () => {
    assert.deepEqual(told(differencesOf(topology, made('net1', 'active'))), []);
    assert.deepEqual(told(differencesOf(topology, made('net2', 'standby'))), []);
    const taken = { ...made('net2', 'active') };
    const id = NAME.slice('qrouter-'.length);
    taken.allocations = [{ file: 'ha-state', key: id, value: 'primary' }];
    assert.deepEqual(told(differencesOf(topology, taken)), [
      `different allocations: ha-state: ${id},backup | ha-state: ${id},primary`,
    ]);
  });

  it('with another release also binds addresses that are not there', () => {
    const sysctls = (release: string) => linesOf(expect({ ...topology, release }, 'net1'), NAME, 'sysctls');
    assert.ok(!sysctls('zed').includes('net.ipv4.ip_nonlocal_bind = 1'));
    assert.ok(sysctls('2023.1').includes('net.ipv4.ip_nonlocal_bind = 1'));
  });
});
