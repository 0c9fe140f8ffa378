/** What a node's history and configuration decide, each by a small cloud: it is read back, and what really is wrong stays a difference. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compare } from '../../../shared/compare.ts';
import { peerName, trunkPeer, trunkPort, tunnelName } from '../../../shared/ovs/names.ts';
import { base32Of, hexOf, sha1 } from '../../../shared/ovs/sha1.ts';
import { readAllocations } from '../../../shared/readAllocations.ts';
import type { Flow, NodeState } from '../../../shared/state.ts';
import { readTopology } from '../../../shared/topology/read.ts';
import type { Topology } from '../../../shared/topology/types.ts';
import { VLAN, VM, VXLAN, checkEachRemoved, cloud, differencesOf, healthy, stateOf, textOf } from './cloud.ts';

const MACS = { b: 'fa:16:3e:00:01:02', c: 'fa:16:3e:00:01:03' };

/** Three routers in a chain: a and b share `ab`, b and c share `bc`. c1 hosts b and c, c3 hosts a, and b because it is related. */
function chain(): Topology {
  const { topology, problems } = readTopology(`
dvr: 1
release: zed
nodes:
  c1: {agent_mode: dvr, tunnel_ip: 10.251.0.1}
  c2: {agent_mode: dvr, tunnel_ip: 10.251.0.2}
  c3: {agent_mode: dvr, tunnel_ip: 10.251.0.3}
networks:
  aa: {network_type: vxlan, segmentation_id: 99, subnets: {aa-v4: {cidr: 10.9.0.0/24, gateway_ip: 10.9.0.1}}}
  ab: {network_type: vxlan, segmentation_id: 100, subnets: {ab-v4: {cidr: 10.1.0.0/24, gateway_ip: 10.1.0.1}}}
  bc: {network_type: vxlan, segmentation_id: 101, subnets: {bc-v4: {cidr: 10.2.0.0/24, gateway_ip: 10.2.0.1}}}
  cd: {network_type: vxlan, segmentation_id: 102, subnets: {cd-v4: {cidr: 10.3.0.0/24, gateway_ip: 10.3.0.1}}}
routers:
  a: {id: 22222222-2222-4222-8222-22222222222a, interfaces: {ab-v4: {port_id: 33333333-3333-4333-8333-33333333333a, mac_address: "fa:16:3e:00:01:11"}, aa-v4: {port_id: b3333333-3333-4333-8333-33333333333a, mac_address: "fa:16:3e:00:01:14"}}}
  b:
    id: 22222222-2222-4222-8222-22222222222b
    interfaces:
      ab-v4: {port_id: 43333333-3333-4333-8333-33333333333b, ip_address: 10.1.0.2, mac_address: "fa:16:3e:00:01:12"}
      bc-v4: {port_id: 53333333-3333-4333-8333-33333333333b, mac_address: "${MACS.b}"}
  c:
    id: 22222222-2222-4222-8222-22222222222c
    interfaces:
      bc-v4: {port_id: 63333333-3333-4333-8333-33333333333c, ip_address: 10.2.0.2, mac_address: "${MACS.c}"}
      cd-v4: {port_id: 73333333-3333-4333-8333-33333333333c, mac_address: "fa:16:3e:00:01:13"}
ports:
  vm1: {id: 84444444-4444-4444-8444-444444444444, node: c1, network: bc, mac_address: "${VM}", fixed_ips: [{ip_address: 10.2.0.5}]}
  vm3: {id: 94444444-4444-4444-8444-444444444444, node: c1, network: cd, mac_address: "fa:16:3e:00:00:08", fixed_ips: [{ip_address: 10.3.0.5}]}
  vm4: {id: a4444444-4444-4444-8444-444444444444, node: c3, network: aa, mac_address: "fa:16:3e:00:00:09", fixed_ips: [{ip_address: 10.9.0.5}]}
`);
  assert.deepEqual(
    problems.filter(({ severity }) => severity === 'error'),
    [],
  );
  return topology;
}

const flowsOf = (live: NodeState, table: number, priority: number): string[] =>
  live.flows!.filter((flow) => flow.table === table && flow.priority === priority).map(textOf);

describe('two routers on one subnet', () => {
  const topology = chain();
  for (const mac of [MACS.b, MACS.c])
    it(`the agent has ${mac} for all of them`, () => {
      const live = healthy(topology, { gatewayMacs: { 'bc-v4': mac } });
      const told = [...flowsOf(live, 0, 99), ...flowsOf(live, 1, 20)].filter((text) => /00:01:0[23]/.test(text));
      assert.equal(told.length, 2);
      assert.ok(told.every((text) => text.includes(mac)));
      assert.deepEqual(differencesOf(topology, live), []);
      checkEachRemoved(topology, live);
    });

  it('both at once is a difference', () => {
    const live = healthy(topology, { gatewayMacs: { 'bc-v4': MACS.b } });
    const flow = live.flows!.find(({ priority, match }) => priority === 99 && match.includes(MACS.b))!;
    const other = JSON.parse(JSON.stringify(flow).replaceAll(MACS.b, MACS.c)) as Flow;
    assert.equal(differencesOf(topology, { ...live, flows: [...live.flows!, other] }).length, 1);
  });
});

describe('floods to nodes that are counted without being there', () => {
  const topology = chain();
  const flooded = (nodes: string[]) => healthy(topology, { extraFloods: { cd: nodes } });
  const floodsOf = (live: NodeState) => flowsOf(live, 22, 1).length;
  it('a node that hosts a router related to one of the network', () => {
    const live = flooded(['c3']);
    assert.equal(floodsOf(live), floodsOf(flooded([])) + 1);
    assert.deepEqual(differencesOf(topology, live), []);
  });
  it('or none', () => assert.deepEqual(differencesOf(topology, flooded([])), []));
  it('any other node is a difference', () => {
    const live = flooded(['c2']);
    assert.equal(floodsOf(live), floodsOf(flooded([])) + 1);
    // The flow, the tunnel that only it needs, and the flow of the tunnel.
    assert.equal(differencesOf(topology, live).length, 3);
  });
});

const knownOf = (topology: Topology, live: NodeState): (string | undefined)[] =>
  compare(stateOf(topology, readAllocations(topology, 'c1', live)), live).differences.map(({ known }) => known);

describe('what deleted ports leave', () => {
  const topology = cloud({ type: VXLAN, release: 'zed' });
  const live = healthy(topology);
  const left = (table: number, mac: string, actions: string): Flow => ({
    bridge: 'br-int',
    table,
    priority: 20,
    match: `dl_vlan=1,dl_dst=${mac}`,
    actions,
    cookie: '0x0',
  });
  const rows: readonly [Flow, string | undefined][] = [
    [left(1, 'fa:16:3e:99:00:01', 'set_field:fa:16:3e:00:00:01->eth_src,goto_table:59'), 'leaked-port-flow'],
    [left(60, 'fa:16:3e:99:00:01', 'pop_vlan,output:99'), 'leaked-port-flow'],
    [left(60, 'fa:16:3e:99:00:01', 'drop'), undefined],
    [left(1, VM, 'set_field:fa:16:3e:00:00:01->eth_src,goto_table:60'), undefined],
  ];
  for (const [flow, known] of rows)
    it(`${textOf(flow)}: ${known ?? 'not explained'}`, () =>
      assert.deepEqual(knownOf(topology, { ...live, flows: [...live.flows!, flow] }), [known]));
});

describe('ports that nobody owns', () => {
  const ports = (owner: string) =>
    `  odd: {id: 66666666-6666-4666-8666-666666666666, node: c1, network: red, mac_address: "fa:16:3e:00:00:66", device_owner: "${owner}", fixed_ips: [{ip_address: 10.0.0.66}]}\n`;
  it('are there or not: they are active as soon as they are bound', () => {
    const topology = cloud({ type: VXLAN, release: 'zed', ports: ports('') });
    const without = healthy(topology);
    assert.deepEqual(differencesOf(topology, without), []);
    const device = { name: 'tap66666666-66', type: '' };
    const plugged = healthy(topology, { devices: { '/ports/odd': device } });
    assert.equal(plugged.ports!.length, without.ports!.length + 1);
    assert.deepEqual(differencesOf(topology, plugged), []);
    checkEachRemoved(topology, plugged);
  });
  it("a VM's is missed", () => {
    const live = healthy(cloud({ type: VXLAN, release: 'zed' }));
    const topology = cloud({ type: VXLAN, release: 'zed', ports: ports('compute:nova') });
    assert.ok(differencesOf(topology, live).some((text) => text.startsWith('missing br-int tap66666666-66')));
  });
});

describe('a device that has a name of its own', () => {
  const HEALTH = `  health: {id: 88888888-8888-4888-8888-888888888888, node: c1, network: red, mac_address: "fa:16:3e:00:00:88", device_owner: "Octavia:health-mgr", fixed_ips: [{ip_address: 10.0.0.88}]}\n`;
  const topology = cloud({ type: VXLAN, release: 'zed', ports: HEALTH });
  const live = healthy(topology, { devices: { '/ports/health': { name: 'o-hm0', type: 'internal' } } });
  it('is told by the id of its port', () => {
    assert.deepEqual(differencesOf(topology, live), []);
    checkEachRemoved(topology, live);
  });
  it('with another name it is one difference', () => {
    const ports = live.ports!.map((port) => (port.name === 'o-hm0' ? { ...port, name: 'o-hm1' } : port));
    assert.equal(differencesOf(topology, { ...live, ports }).length, 1);
  });
});

describe('a port that its owner took down', () => {
  const down = structuredClone(cloud({ type: VXLAN, release: 'zed' }));
  down.ports[0]!.admin_state_up = false;
  down.ports[0]!.status = 'DOWN';
  const live = healthy(down, { devices: { '/ports/vm1': { name: 'tap44444444-44', type: '' } } });
  it('is on the dead VLAN, and what it sends is dropped', () => {
    assert.equal(live.ports!.find(({ name }) => name === 'tap44444444-44')!.tag, 4095);
    assert.deepEqual(differencesOf(down, live), []);
    checkEachRemoved(down, live);
  });
  it('while it is up, that is two differences', () => {
    const up = cloud({ type: VXLAN, release: 'zed' });
    assert.equal(differencesOf(up, live).length, 2);
  });
});

describe('a trunk', () => {
  const SUB = `  sub: {id: 77777777-7777-4777-8777-777777777777, node: c1, network: red, mac_address: "fa:16:3e:00:00:77", device_owner: "trunk:subport", fixed_ips: [{ip_address: 10.0.0.77}]}\n`;
  const topology = cloud({ type: VXLAN, release: 'zed', ports: SUB });
  const parent = { '/ports/vm1': { name: 'tpi-44444444-44', type: 'patch' } };
  const live = healthy(topology, { devices: parent });

  it('its ports are patch ports, served like others', () => {
    const port = live.ports!.find(({ name }) => name === 'spi-77777777-77')!;
    assert.deepEqual(
      [port.type, port.options, port.external_ids],
      [
        'patch',
        { peer: 'spt-77777777-77' },
        { 'iface-id': '77777777-7777-4777-8777-777777777777', 'attached-mac': 'fa:16:3e:00:00:77' },
      ],
    );
    assert.equal(flowsOf(live, 1, 20).filter((text) => text.includes('00:00:77')).length, 1);
  });
  it('is read back', () => {
    assert.deepEqual(differencesOf(topology, live), []);
    checkEachRemoved(topology, live);
  });
  it('its own bridge is set apart', () => {
    const bridge = 'tbr-01234567-8';
    const own = live.ports!.filter(({ name }) => trunkPeer(name) !== undefined);
    const ports = own.map((port) => ({ ...port, bridge, name: trunkPeer(port.name)!, options: { peer: port.name } }));
    assert.deepEqual(differencesOf(topology, { ...live, ports: [...live.ports!, ...ports] }), []);
  });
});

it('a router that is down announces nothing', () => {
  const { topology } = readTopology(`
dvr: 1
release: zed
nodes:
  c1: {agent_mode: dvr, tunnel_ip: 10.251.0.1}
  n1: {agent_mode: dvr_snat, tunnel_ip: 10.251.0.2}
networks:
  red: {network_type: vxlan, segmentation_id: 100, subnets: {red-v4: {cidr: 10.0.0.0/24, gateway_ip: 10.0.0.1}}}
  public: {router:external: true, network_type: flat, physical_network: physnet1, subnets: {public-v4: {cidr: 192.0.2.0/24, gateway_ip: 192.0.2.1}}}
routers:
  r1:
    external_gateway: {network: public, ip_address: 192.0.2.21, node: n1}
    interfaces: {red-v4: {snat: {ip_address: 10.0.0.9}}}
ports:
  vm1: {node: c1, network: red, fixed_ips: [{ip_address: 10.0.0.5}]}
`);
  const count = () => healthy(topology).flows!.filter(({ table, priority }) => table === 20 && priority === 2).length;
  assert.equal(count(), 1);
  const down = structuredClone(topology);
  down.routers[0]!.admin_state_up = false;
  assert.equal(healthy(down).flows!.filter(({ table, priority }) => table === 20 && priority === 2).length, 0);
});

describe('names that are hashes', () => {
  const vectors: readonly [text: string, hex: string][] = [
    ['', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
    ['abc', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ['abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', '84983e441c3bd26ebaae4aa1f95129e5e54670f1'],
    ['a'.repeat(1000), '291e9a6c66994949b57ba5e650361e98fc36b1ba'],
    ['ü€😀', '5b7343c76249f53dc57932af771508f7e109f137'],
  ];
  for (const [text, hex] of vectors)
    it(`SHA-1 of ${text.length} characters`, () => assert.equal(hexOf(sha1(text)), hex));

  /** Python: `get_interface_name(bridge, prefix)`, `get_tunnel_name(type, local, remote)`. */
  const names: readonly [name: string, expected: string][] = [
    [peerName('int', 'br-ex'), 'int-br-ex'],
    [peerName('int', 'br-physnet1'), 'int-br-physnet1'],
    [tunnelName('vxlan', '10.251.0.1'), 'vxlan-0afb0001'],
    [trunkPort('tpi-', '01234567-89ab-4cde-8f01-23456789abcd'), 'tpi-01234567-89'],
  ];
  for (const [name, expected] of names) it(expected, () => assert.equal(name, expected));

  it('a long name of a bridge, an IPv6 address', () => {
    assert.equal(peerName('phy', 'br-provider-1'), PHY_LONG);
    assert.equal(tunnelName('vxlan', 'fd00::1'), VXLAN_6);
    assert.equal(tunnelName('geneve', 'fd00::1'), GENEVE_6);
    assert.equal(base32Of(sha1('')).length, 32);
  });
});

const PHY_LONG = 'phy-br-pr53399e';
const VXLAN_6 = 'vxlan-wiqx3aks5';
const GENEVE_6 = 'geneve-wiqx3aks';

describe('fail_mode', () => {
  const altered = (live: NodeState, bridge: string, mode: string | undefined): NodeState => ({
    ...live,
    ports: live.ports!.map((port) => {
      const own = structuredClone(port);
      delete own.fail_mode;
      if (own.name === own.bridge && mode !== undefined) own.fail_mode = own.name === bridge ? mode : 'secure';
      return own;
    }),
  });
  const rows: readonly [release: string, bridge: string, mode: string | undefined, differences: number][] = [
    ['zed', 'br-int', 'standalone', 1],
    ['zed', 'br-tun', 'standalone', 1],
    ['zed', 'br-ex', 'standalone', 1],
    ['zed', 'br-ex', undefined, 0],
    ['mitaka', 'br-ex', 'standalone', 0],
    ['juno', 'br-tun', 'standalone', 0],
    ['juno', 'br-int', 'standalone', 1],
  ];
  for (const [release, bridge, mode, differences] of rows)
    it(`${release}: ${bridge} ${mode ?? 'not told'}`, () => {
      const topology = cloud({ type: VLAN, release });
      assert.equal(differencesOf(topology, altered(healthy(topology), bridge, mode)).length, differences);
    });
});

it('a node without DVR joins its physical bridge as ever', () => {
  const topology = cloud({ type: VLAN, release: 'zed', node: ', enable_distributed_routing: false' });
  const texts = healthy(topology).flows!.map(textOf);
  assert.ok(texts.some((text) => /^br-ex 0 4 in_port=\d+,dl_vlan=1 -> set_field:4296->vlan_vid,NORMAL$/.test(text)));
  assert.ok(
    texts.includes('br-tun 0 1 in_port=2 -> goto_table:2') ||
      texts.some((text) => /^br-tun 0 1 in_port=\d+ -> goto_table:2$/.test(text)),
  );
  assert.ok(!texts.some((text) => /^br-int [1-4] /.test(text)));
});
