/** What no recording shows of network types and drivers, row by row of the tables of flows; by release: `releases.test.ts`. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expect } from '../../../shared/expect.ts';
import type { Flow } from '../../../shared/state.ts';
import {
  FAR,
  FLAT,
  GRE,
  QR,
  VLAN,
  VM,
  VM_PORT,
  QR_PORT,
  VXLAN,
  cloud as cloudOf,
  differencesOf,
  dvr,
  flowsOf,
  healthy,
  ofport,
} from './cloud.ts';

const cloud = (type: string, release = 'zed') => cloudOf({ type, release });

/** Flows that a network of a type has, and which others have not. */
const TYPES: readonly [type: string, flows: readonly string[]][] = [
  [VXLAN, [
    'br-tun 4 1 tun_id=0x64 -> push_vlan:0x8100,set_field:4097->vlan_vid,goto_table:9',
    `br-tun 20 2 dl_vlan=1,dl_dst=${FAR} -> pop_vlan,set_field:0x64->tun_id,output:${ofport('vxlan-0afb0002')}`,
    `br-int 1 20 dl_vlan=1,dl_dst=${VM} -> set_field:${QR}->eth_src,goto_table:59`,
    `br-tun 1 2 dl_vlan=1,dl_dst=${QR} -> drop`,
  ]],
  [GRE, [
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
    const topology = structuredClone(cloud(VXLAN));
    delete topology.nodes[1]!.tunnel_ip;
    const [gap] = expect(topology, 'c1').gaps.filter(({ aspect }) => aspect === 'ports');
    assert.equal(gap!.reason, 'the topology does not say the tunnel_ip of c2');
  });
});
