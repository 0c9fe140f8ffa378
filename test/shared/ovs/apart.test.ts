/** What drivers and extensions add is recognised and set apart with its reason, as `ovs-ofctl` prints it; what only looks like it is not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseFlows } from '../../../shared/aspects/flows.ts';
import { NODE_ASPECTS } from '../../../shared/aspects/table.ts';
import type { Flow, OvsPort } from '../../../shared/state.ts';
import { VLAN, VXLAN, cloud, differencesOf, healthy } from './cloud.ts';

const FIREWALL = 'the openvswitch firewall made this flow';
const DIRECT = 'the option explicitly_egress_direct made this flow';
const METER = 'a QoS or rate limit extension made this flow';
const LOCAL_IP = 'the Local IP extension made this flow';
const METADATA = 'the metadata path extension made this flow';
const ANSWER =
  'set_field:2->arp_op,move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[],move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[],set_field:fa:16:3e:00:00:05->arp_sha,set_field:10.9.9.9->arp_spa,move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],set_field:fa:16:3e:00:00:05->eth_src,IN_PORT';

/** A flow of a bridge, without cookie, and why it is set apart. */
const ROWS: readonly [bridge: string, line: string, reason: string][] = [
  // openvswitch_firewall/firewall.py
  ['br-int', 'table=60, priority=100,in_port=9 actions=set_field:0x9->reg5,set_field:0x1->reg6,resubmit(,71)', FIREWALL],
  ['br-int', 'table=60, priority=100,in_port=9 actions=load:0x9->NXM_NX_REG5[],load:0x1->NXM_NX_REG6[],resubmit(,73)', FIREWALL],
  ['br-int', 'table=60, priority=90,dl_vlan=1,dl_dst=fa:16:3e:00:00:05 actions=set_field:0x9->reg5,set_field:0x1->reg6,strip_vlan,resubmit(,81)', FIREWALL],
  ['br-int', 'table=71, priority=110,ct_state=+trk actions=ct_clear,resubmit(,71)', FIREWALL],
  ['br-int', 'table=71, priority=95,icmp6,reg5=0x9,in_port=9,icmp_type=130 actions=resubmit(,94)', FIREWALL],
  ['br-int', 'table=72, priority=50,ct_state=+inv+trk actions=resubmit(,93)', FIREWALL],
  ['br-int', 'table=72, priority=40,ct_state=+est,ip,reg5=0x9 actions=ct(commit,zone=NXM_NX_REG6[0..15],exec(load:0x1->NXM_NX_CT_MARK[]))', FIREWALL],
  ['br-int', 'table=73, priority=100,reg6=0x1,dl_dst=fa:16:3e:00:00:05 actions=set_field:0x9->reg5,resubmit(,81)', FIREWALL],
  ['br-int', 'table=81, priority=100,arp,reg5=0x9 actions=output:9', FIREWALL],
  ['br-int', 'table=82, priority=77,ct_state=+est-rel-rpl,tcp,reg5=0x9,tp_dst=22 actions=output:9', FIREWALL],
  ['br-int', 'table=91, priority=1 actions=resubmit(,94)', FIREWALL],
  ['br-int', 'table=92, priority=0 actions=drop', FIREWALL],
  ['br-int', 'table=93, priority=0 actions=drop', FIREWALL],
  ['br-int', 'table=94, priority=12,reg6=0x1,dl_dst=fa:16:3e:00:00:01 actions=output:3', FIREWALL],
  ['br-int', 'table=94, priority=10,reg6=0x1,dl_src=fa:16:3e:00:00:05,dl_dst=00:00:00:00:00:00/01:00:00:00:00:00 actions=mod_vlan_vid:1,output:2', FIREWALL],
  // services/logapi/drivers/openvswitch/ovs_firewall_log.py
  ['br-int', 'table=92, priority=71,ct_state=+new-est,tcp,reg5=0x9 actions=CONTROLLER:65535', FIREWALL],
  // ovs_neutron_agent.py: install_ingress_direct_goto_flows, install_accepted_egress_direct_flow
  ['br-int', 'table=60, priority=4,in_port=2 actions=goto_table:61', DIRECT],
  ['br-int', 'table=60, priority=9,in_port=9,dl_src=fa:16:3e:00:00:05 actions=set_field:0x1->reg6,resubmit(,61)', DIRECT],
  ['br-int', 'table=61, priority=12,dl_vlan=1,dl_dst=fa:16:3e:00:00:05 actions=strip_vlan,output:9', DIRECT],
  ['br-int', 'table=61, priority=0 actions=goto_table:62', DIRECT],
  ['br-int', 'table=62, priority=10,in_port=9,dl_src=fa:16:3e:00:00:05,dl_dst=00:00:00:00:00:00/01:00:00:00:00:00 actions=mod_vlan_vid:1,output:2', DIRECT],
  // br_int.py: init_dhcp, add_dhcp_ipv4_flow
  ['br-int', 'table=60, priority=101,udp,nw_dst=255.255.255.255,tp_src=68,tp_dst=67 actions=goto_table:77', 'the DHCP extension made this flow'],
  ['br-int', 'table=77, priority=100,udp,in_port=9,dl_src=fa:16:3e:00:00:05,tp_src=68,tp_dst=67 actions=CONTROLLER:0', 'the DHCP extension made this flow'],
  ['br-int', 'table=78, priority=0 actions=drop', 'the DHCP extension made this flow'],
  // br_int.py: apply_meter_to_port
  ['br-int', 'table=59, priority=100,in_port=9,dl_src=fa:16:3e:00:00:05 actions=meter:1,goto_table:60', METER],
  ['br-int', 'table=58, priority=100,dl_vlan=1,dl_dst=fa:16:3e:00:00:05 actions=meter:2,goto_table:59', METER],
  // br_int.py: install_dscp_marking_rule
  ['br-int', 'table=0, priority=65535,ip,reg2=0,in_port=9 actions=set_field:0x1->reg2,set_field:14->ip_dscp,resubmit(9,)', 'the QoS extension made this flow (DSCP mark)'],
  // ovs_lib.py: set_queue_for_ingress_bandwidth_limit, set_queue_for_minimum_bandwidth
  ['br-int', 'table=0, priority=200,reg3=0 actions=set_queue:0,load:0x1->NXM_NX_REG3[0],resubmit(,0)', 'the QoS extension made this flow (bandwidth)'],
  ['br-int', 'table=0, priority=200,reg4=0,in_port=9 actions=load:0x9->NXM_NX_PKT_MARK[],load:0x1->NXM_NX_REG4[0],resubmit(,0)', 'the QoS extension made this flow (bandwidth)'],
  ['br-ex', 'table=0, priority=200,reg4=0,pkt_mark=0x9 actions=set_queue:9,load:0x1->NXM_NX_REG4[0],resubmit(,0)', 'the QoS extension made this flow (minimum bandwidth)'],
  // l2/extensions/local_ip.py
  ['br-int', 'table=0, priority=8,in_port=9 actions=goto_table:30', LOCAL_IP],
  ['br-int', 'table=30, priority=10,in_port=9 actions=set_field:0x1->reg6,resubmit(9,31)', LOCAL_IP],
  ['br-int', 'table=31, priority=10,ip,reg6=0x1,nw_dst=10.9.9.9 actions=mod_dl_dst:fa:16:3e:00:00:05,ct(commit,table=60,zone=1,nat(dst=10.0.0.5))', LOCAL_IP],
  ['br-int', 'table=31, priority=10,ct_state=-trk,ip,reg6=0x1,dl_src=fa:16:3e:00:00:05,nw_src=10.0.0.5 actions=ct(table=60,zone=1,nat)', LOCAL_IP],
  ['br-int', 'table=31, priority=11,ip,reg6=0x1,nw_src=10.0.0.5,nw_dst=10.9.9.9 actions=resubmit(,60)', LOCAL_IP],
  ['br-int', `table=31, priority=1,arp,reg6=0x1,arp_tpa=10.9.9.9 actions=${ANSWER}`, LOCAL_IP],
  ['br-int', 'table=0, priority=10,arp,dl_vlan=1,arp_spa=10.9.9.9 actions=drop', LOCAL_IP],
  ['br-int', 'table=0, priority=11,arp,dl_vlan=1,arp_spa=10.9.9.9,arp_tpa=10.0.0.5 actions=goto_table:59', LOCAL_IP],
  // l2/extensions/metadata/metadata_flows_process.py
  ['br-int', 'table=0, priority=200,ip,in_port=9,nw_dst=169.254.169.254 actions=push_vlan:0x8100,set_field:4097->vlan_vid,output:7', METADATA],
  ['br-int', 'table=0, priority=200,ip,in_port=7,dl_vlan=1,dl_dst=fa:16:3e:00:00:05,nw_src=169.254.169.254 actions=pop_vlan,output:9', METADATA],
  ['br-int', `table=60, priority=200,arp,in_port=7,arp_tpa=240.0.0.1,arp_op=1 actions=${ANSWER}`, METADATA],
  ['br-ex', 'table=0, priority=201,ip,in_port=2,nw_dst=169.254.169.254 actions=goto_table:80', METADATA],
  ['br-ex', 'table=87, priority=202,tcp,nw_dst=169.254.169.254,tp_dst=80 actions=set_field:fa:16:ee:00:00:01->eth_dst,set_field:240.0.0.1->ip_dst,set_field:8775->tcp_dst,output:3', METADATA],
  // ovs_neutron_agent.py of Kilo: setup_arp_spoofing_protection
  ['br-int', 'table=24, priority=2,arp,in_port=9,arp_spa=10.0.0.5,arp_op=2 actions=NORMAL', 'the option prevent_arp_spoofing of an agent of Kilo made this flow'],
  // The switch itself, a trunk's bridge, and a bridge of somebody else.
  ['br-tun', 'table=20, hard_timeout=300, priority=1,vlan_tci=0x0001/0x0fff,dl_dst=fa:16:3e:00:00:06 actions=load:0->NXM_OF_VLAN_TCI[],load:0x64->NXM_NX_TUN_ID[],output:4', 'the switch learned this flow from a frame; it ages out'],
  ['tbr-01234567-8', 'table=0, priority=0 actions=NORMAL', 'the bridge of a trunk, which switches by itself'],
  ['virbr0', 'table=0, priority=0 actions=NORMAL', 'Neutron does not manage this bridge'],
]; // prettier-ignore

/** Flows that look like one of those and are not. */
const NOT: readonly [bridge: string, line: string][] = [
  ['br-int', 'table=60, priority=100,in_port=9 actions=goto_table:71'],
  ['br-int', 'table=60, priority=20,dl_vlan=1,dl_dst=fa:16:3e:00:00:99 actions=pop_vlan,output:9'],
  ['br-int', 'table=58, priority=100,in_port=9 actions=drop'],
  ['br-int', 'table=30, priority=0,in_port=9 actions=goto_table:59'],
  ['br-int', 'table=31, priority=0 actions=drop'],
  ['br-int', 'table=0, priority=200,in_port=9 actions=drop'],
  ['br-int', 'table=0, priority=200,ip,nw_dst=169.254.169.254 actions=drop'],
  ['br-int', 'table=0, priority=10,arp,in_port=9 actions=goto_table:24'],
  ['br-int', 'table=0, priority=8,in_port=9 actions=drop'],
  ['br-ex', 'table=0, priority=201,in_port=2 actions=drop'],
  ['br-ex', 'table=71, priority=0 actions=drop'],
  ['br-tun', 'table=20, priority=1,dl_vlan=1,dl_dst=fa:16:3e:00:00:06 actions=output:4'],
];

const flowOf = (bridge: string, line: string): Flow => parseFlows(line, bridge).items[0]!;

const flows = NODE_ASPECTS.find(({ name }) => name === 'flows')!;
const topology = cloud({ type: VLAN, release: 'zed' });
const live = healthy(topology);

describe('set apart', () => {
  for (const [bridge, line, reason] of ROWS)
    it(`${bridge} ${line}`, () => {
      const flow = flowOf(bridge, line);
      assert.equal(flows.dynamic(flow, live.flows!), reason);
      assert.deepEqual(differencesOf(topology, { ...live, flows: [...live.flows!, flow] }), []);
    });
});

describe('not set apart', () => {
  for (const [bridge, line] of NOT)
    it(`${bridge} ${line}`, () => {
      const flow = flowOf(bridge, line);
      assert.equal(flows.dynamic(flow, live.flows!), undefined);
      assert.equal(differencesOf(topology, { ...live, flows: [...live.flows!, flow] }).length, 1);
    });
});

it('the openvswitch firewall in place of port security, with and without the unicast flow that DVR makes after it', () => {
  const filtered = cloud({ type: VXLAN, release: 'zed' });
  const state = healthy(filtered, { hasFlowFirewall: true });
  const firewall = ROWS.filter(([, , reason]) => reason === FIREWALL).map(([bridge, line]) => flowOf(bridge, line));
  const bare = [...state.flows!, ...firewall];
  assert.ok(!bare.some(({ table }) => table === 25));
  assert.deepEqual(differencesOf(filtered, { ...state, flows: bare }), []);
  const served = bare.find(({ table, priority }) => table === 1 && priority === 20)!;
  const ofport = state.ports!.find(({ name }) => name.startsWith('tap'))!.ofport;
  const unicast = { ...served, table: 60, actions: `pop_vlan,output:${ofport}` };
  assert.deepEqual(differencesOf(filtered, { ...state, flows: [...bare, unicast] }), []);
});

describe('ports that are set apart', () => {
  const ports = NODE_ASPECTS.find(({ name }) => name === 'ports')!;
  const port = (bridge: string, name: string): OvsPort => ({
    bridge,
    name,
    type: '',
    external_ids: {},
    other_config: {},
    options: {},
  });
  const rows: readonly [OvsPort, string | undefined][] = [
    [port('tbr-01234567-8', 'tpt-01234567-89'), 'the bridge of a trunk: its ports follow those of br-int'],
    [port('virbr0', 'vnet0'), 'Neutron does not manage this bridge'],
    [port('br-ex', 'eth1'), 'a device of the host on a physical bridge'],
    [port('br-ex', 'tap-meta'), 'a device of the host on a physical bridge'],
    [port('br-int', 'eth1'), undefined],
    [port('br-tun', 'vxlan-0afb0009'), undefined],
  ];
  for (const [item, reason] of rows)
    it(`${item.bridge} ${item.name}`, () => assert.equal(ports.dynamic(item, live.ports!), reason));
});
