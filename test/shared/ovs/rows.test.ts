/** What no recording shows: releases, network types, and drivers, row by row of the tables of flows. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compare } from '../../../shared/compare.ts';
import { defaultAllocations } from '../../../shared/allocations.ts';
import { expect, namespacesOf } from '../../../shared/expect.ts';
import { expectOpenVswitch } from '../../../shared/ovs/expect.ts';
import { relationsOf } from '../../../shared/topology/relations.ts';
import { readAllocations } from '../../../shared/readAllocations.ts';
import type { Flow, NodeState } from '../../../shared/state.ts';
import { readTopology } from '../../../shared/topology/read.ts';
import type { Topology } from '../../../shared/topology/types.ts';

const VM = 'fa:16:3e:00:00:05';
const FAR = 'fa:16:3e:00:00:06';
const QR = 'fa:16:3e:00:00:01';

/** Two nodes with a VM each on one network, and a router; `type` is what the network is made of. */
function cloud(type: string, release = 'zed'): Topology {
  const { topology, problems } = readTopology(`
dvr: 1
release: ${release}
nodes:
  c1: {agent_mode: dvr, tunnel_ip: 10.251.0.1, bridge_mappings: {physnet1: br-ex}}
  c2: {agent_mode: dvr, tunnel_ip: 10.251.0.2, bridge_mappings: {physnet1: br-ex}}
networks:
  red:
    id: 11111111-1111-4111-8111-111111111111
    ${type}
    subnets:
      red-v4: {cidr: 10.0.0.0/24, gateway_ip: 10.0.0.1}
routers:
  r1:
    id: 22222222-2222-4222-8222-222222222222
    interfaces:
      red-v4: {port_id: 33333333-3333-4333-8333-333333333333, mac_address: "${QR}"}
ports:
  vm1: {id: 44444444-4444-4444-8444-444444444444, node: c1, network: red, mac_address: "${VM}", device_owner: "compute:nova", fixed_ips: [{ip_address: 10.0.0.5}],
    allowed_address_pairs: [{ip_address: 10.0.0.9, mac_address: "fa:16:3e:00:00:07"}]}
  vm2: {id: 55555555-5555-4555-8555-555555555555, node: c2, network: red, mac_address: "${FAR}", device_owner: "compute:nova", fixed_ips: [{ip_address: 10.0.0.6}]}
`);
  assert.deepEqual(
    problems.filter(({ severity }) => severity === 'error'),
    [],
  );
  return topology;
}

const VXLAN = 'network_type: vxlan\n    segmentation_id: 100';
const VLAN = 'network_type: vlan\n    physical_network: physnet1\n    segmentation_id: 200';
const FLAT = 'network_type: flat\n    physical_network: physnet1';

const textOf = ({ bridge, table, priority, match, actions }: Flow): string =>
  `${bridge} ${table} ${priority} ${match === '' ? 'any' : match} -> ${actions}`;

/** Also of releases that are not compared yet. */
function flowsOf(type: string, release?: string): string[] {
  const topology = cloud(type, release);
  const allocations = defaultAllocations(topology, 'c1');
  const lookup = relationsOf(topology);
  const context = { lookup, node: lookup.node.get('c1')!, allocations };
  return expectOpenVswitch(context, namespacesOf(topology, 'c1', allocations)).flows.map(textOf);
}

const dvr = (name: string): string => `<DVR MAC of ${name}>`;
const ofport = (name: string): string => `<ofport of ${name}>`;
const VM_PORT = ofport('tap44444444-44');
const QR_PORT = ofport('qr-33333333-33');

/** A change between releases, and the flow of either side; undefined: there is none. */
const ROWS: readonly [change: string, before: string, after: string, type: string, without: string | undefined, wanted: string | undefined][] = [
  ['packet rate limit', 'xena', 'yoga', VXLAN, 'br-int 0 0 any -> goto_table:60', 'br-int 0 0 any -> goto_table:59'],
  ['its table is 58', 'zed', '2023.1', VXLAN, 'br-int 59 0 any -> goto_table:60', 'br-int 58 0 any -> goto_table:60'],
  ['bandwidth behind it', '2024.2', '2025.1', VXLAN, 'br-int 58 0 any -> goto_table:60', 'br-int 58 0 any -> goto_table:59'],
  ['NORMAL at priority 1', '2024.1', '2024.2', VXLAN, 'br-int 60 3 any -> NORMAL', 'br-int 60 1 any -> NORMAL'],
  ['Local IP', 'xena', 'yoga', VXLAN, undefined, 'br-int 31 0 any -> goto_table:59'],
  ['MAC check goes on', 'xena', 'yoga', VXLAN, `br-int 25 2 in_port=${VM_PORT},dl_src=${VM} -> goto_table:60`, `br-int 25 2 in_port=${VM_PORT},dl_src=${VM} -> goto_table:30`],
  ['dead VLAN', 'xena', 'yoga', VXLAN, 'br-int 0 65535 vlan_tci=0x0fff/0x1fff -> drop', 'br-int 0 65535 dl_vlan=4095 -> drop'],
  ['ARP reply rewrite', 'victoria', 'wallaby', VXLAN, undefined, `br-int 0 99 arp,dl_dst=${dvr('c1')},arp_op=2,arp_tha=${QR} -> set_field:${QR}->eth_dst,goto_table:60`],
  ['ARP reaches the responder', 'stein', 'train', VXLAN, 'br-tun 1 3 arp,dl_vlan=1,arp_tpa=10.0.0.1 -> drop', 'br-tun 22 3 arp,dl_vlan=1,arp_tpa=10.0.0.1 -> drop'],
  ['DVR MAC back to the interface', 'stein', 'train', VXLAN, undefined, `br-int 3 5 dl_vlan=1,dl_dst=${dvr('c1')} -> set_field:${QR}->eth_dst,pop_vlan,output:${QR_PORT}`],
  ['DVR on flat networks', 'ussuri', 'victoria', FLAT, undefined, `br-int 2 20 vlan_tci=0x0000/0x1fff,dl_dst=${VM} -> set_field:${QR}->eth_src,goto_table:60`],
  ['pairs with their MAC', '2024.2', '2025.1', VXLAN, undefined, `br-int 60 20 dl_vlan=1,dl_dst=fa:16:3e:00:00:07 -> pop_vlan,output:${VM_PORT}`],
]; // prettier-ignore

describe('releases', () => {
  for (const [change, before, after, type, without, wanted] of ROWS)
    it(`${change}: ${after}`, () => {
      const [old, fresh] = [flowsOf(type, before), flowsOf(type, after)];
      if (without !== undefined) assert.deepEqual([old.includes(without), fresh.includes(without)], [true, false]);
      if (wanted !== undefined) assert.deepEqual([old.includes(wanted), fresh.includes(wanted)], [false, true]);
    });

  it('before zed nothing is claimed', () => {
    const { flows, ports, gaps } = expect(cloud(VXLAN, 'yoga'), 'c1');
    assert.deepEqual([flows, ports], [undefined, undefined]);
    assert.deepEqual(gaps.filter(({ aspect }) => aspect === 'flows' || aspect === 'ports').length, 2);
  });
});

/** Flows that a network of a type has, and which others have not. */
const TYPES: readonly [type: string, flows: readonly string[]][] = [
  [VXLAN, [
    'br-tun 4 1 tun_id=0x64 -> push_vlan:0x8100,set_field:4097->vlan_vid,goto_table:9',
    `br-tun 20 2 dl_vlan=1,dl_dst=${FAR} -> pop_vlan,set_field:0x64->tun_id,output:${ofport('vxlan-0afb0002')}`,
    `br-int 1 20 dl_vlan=1,dl_dst=${VM} -> set_field:${QR}->eth_src,goto_table:59`,
    `br-tun 1 2 dl_vlan=1,dl_dst=${QR} -> drop`,
  ]],
  ['network_type: gre\n    segmentation_id: 100', [
    `br-tun 0 1 in_port=${ofport('gre-0afb0002')} -> goto_table:3`,
    'br-tun 3 1 tun_id=0x64 -> push_vlan:0x8100,set_field:4097->vlan_vid,goto_table:9',
  ]],
  ['network_type: geneve\n    segmentation_id: 100', ['br-tun 6 1 tun_id=0x64 -> push_vlan:0x8100,set_field:4097->vlan_vid,goto_table:9']],
  [VLAN, [
    `br-int 0 3 in_port=${ofport('int-br-ex')},dl_vlan=200 -> set_field:4097->vlan_vid,goto_table:59`,
    `br-int 2 20 dl_vlan=200,dl_dst=${VM} -> set_field:${QR}->eth_src,goto_table:59`,
    `br-int 60 20 dl_vlan=200,dl_dst=${VM} -> pop_vlan,output:${VM_PORT}`,
    `br-int 4 5 dl_vlan=1,dl_dst=${dvr('c1')} -> set_field:${QR}->eth_dst,pop_vlan,output:${QR_PORT}`,
    `br-ex 1 1 dl_vlan=1,dl_src=${QR} -> set_field:${dvr('c1')}->eth_src,goto_table:2`,
    `br-ex 2 4 in_port=${ofport('phy-br-ex')},dl_vlan=1 -> set_field:4296->vlan_vid,NORMAL`,
    'br-ex 22 3 arp,dl_vlan=1,arp_tpa=10.0.0.1 -> drop',
  ]],
  [FLAT, [
    `br-int 0 3 in_port=${ofport('int-br-ex')},vlan_tci=0x0000/0x1fff -> push_vlan:0x8100,set_field:4097->vlan_vid,goto_table:59`,
    `br-int 60 20 vlan_tci=0x0000/0x1fff,dl_dst=${VM} -> output:${VM_PORT}`,
    `br-ex 2 4 in_port=${ofport('phy-br-ex')},dl_vlan=1 -> pop_vlan,NORMAL`,
  ]],
]; // prettier-ignore

describe('network types', () => {
  for (const [type, wanted] of TYPES)
    it(`${type.split('\n')[0]}`, () => {
      const flows = flowsOf(type);
      for (const flow of wanted) assert.ok(flows.includes(flow), `${flow}\nis not in\n${flows.join('\n')}`);
    });

  it('without a tunnelled network there is no tunnel', () => {
    const { ports } = expect(cloud(VLAN), 'c1');
    assert.deepEqual(
      ports!.filter(({ options }) => options['remote_ip'] !== undefined),
      [],
    );
  });
});

/** The node as an agent would leave it, with numbers for what it chooses. */
function healthy(topology: Topology): NodeState {
  const numbers = new Map<string, string>();
  const text = JSON.stringify(expect(topology, 'c1')).replace(/<(ofport|DVR MAC) of [^>]*>/g, (what) => {
    const known =
      numbers.get(what) ?? (what.startsWith('<o') ? String(numbers.size + 1) : `fa:16:3f:00:00:0${numbers.size}`);
    numbers.set(what, known);
    return known;
  });
  const state = JSON.parse(text) as NodeState;
  const ports = state.ports!.map((port) => {
    const number = numbers.get(`<ofport of ${port.name}>`);
    return { ...port, ofport: number === undefined ? 65_534 : Number(number) };
  });
  return { ...state, ports, gaps: [] };
}

const differencesOf = (topology: Topology, live: NodeState) =>
  compare(expect(topology, 'c1', readAllocations(topology, 'c1', live)), live).differences.map(
    ({ kind, expected, live: there }) => `${kind} ${expected} ${there}`,
  );

describe('a node with other choices', () => {
  for (const type of [VXLAN, VLAN, FLAT])
    it(`${type.split('\n')[0]}: all is read back`, () => {
      const topology = cloud(type);
      assert.deepEqual(differencesOf(topology, healthy(topology)), []);
    });

  it('the flow tables of a newer neutron-lib and of backports are known', () => {
    const topology = cloud(VXLAN, '2023.1');
    const state = healthy(topology);
    const flows = state.flows!.map((flow) =>
      flow.table === 60 && flow.actions === 'NORMAL' ? { ...flow, priority: 1 } : flow,
    );
    assert.deepEqual(differencesOf(topology, { ...state, flows }), []);
  });

  it('flows of the openvswitch firewall are set apart, and port security is then its own', () => {
    const topology = cloud(VXLAN);
    const state = healthy(topology);
    const cookie = '0x99';
    const firewall: Flow[] = [71, 72, 73, 81, 82, 91, 92, 93, 94].map((table) => ({
      bridge: 'br-int',
      table,
      priority: 0,
      match: '',
      actions: 'drop',
      cookie,
    }));
    const isReplaced = ({ bridge, table, priority, match }: Flow) =>
      bridge === 'br-int' &&
      ((table === 0 && (priority === 10 || priority === 9)) ||
        (table === 24 && priority === 2) ||
        table === 25 ||
        (table === 60 && priority === 20 && match.includes(VM)));
    const classify: Flow = {
      bridge: 'br-int',
      table: 60,
      priority: 100,
      match: 'in_port=9',
      actions: 'set_field:0x9->reg5,set_field:0x1->reg6,goto_table:71',
      cookie,
    };
    const flows = [...state.flows!.filter((flow) => !isReplaced(flow)), ...firewall, classify];
    assert.deepEqual(differencesOf(topology, { ...state, flows }), []);
  });

  it('a flow that somebody added by hand is unexpected', () => {
    const topology = cloud(VXLAN);
    const state = healthy(topology);
    const added: Flow = {
      bridge: 'br-int',
      table: 0,
      priority: 200,
      match: 'in_port=3',
      actions: 'drop',
      cookie: '0x0',
    };
    assert.deepEqual(differencesOf(topology, { ...state, flows: [...state.flows!, added] }).length, 1);
  });
});

describe('what the topology leaves out is a gap', () => {
  const gapOf = (from: string, to: string, type = VXLAN): string[] => {
    const topology = cloud(type.replace(from, to));
    return [
      ...new Set(
        expect(topology, 'c1')
          .gaps.filter(({ aspect }) => aspect === 'flows')
          .map(({ reason }) => reason),
      ),
    ];
  };
  it('segmentation_id', () =>
    assert.deepEqual(gapOf('\n    segmentation_id: 100', ''), [
      'the topology does not say the segmentation_id of red',
    ]));
  it('physical_network', () =>
    assert.deepEqual(gapOf('\n    physical_network: physnet1', '', FLAT), [
      'the topology does not say the physical_network of red',
    ]));
  it('tunnel_ip', () => {
    const topology = cloud(VXLAN);
    delete topology.nodes[1]!.tunnel_ip;
    const [gap] = expect(topology, 'c1').gaps.filter(({ aspect }) => aspect === 'ports');
    assert.equal(gap!.reason, 'the topology does not say the tunnel_ip of c2');
  });
});
