/** Packets that show the faults of the catalogue, and what their traces show; the faults that no packet shows. */
import assert from 'node:assert/strict';
import type { NodeState } from '../../../shared/state.ts';
import { type TraceRequest, traceIn } from '../../../shared/trace/trace.ts';
import { viewOf } from '../../../shared/trace/view.ts';
import { allocationsOf, expectedCloud, liveCloud } from '../../../shared/wiring.ts';
import type { ScenarioName } from '../../support/recordings.ts';
import { type Cloud, type Made, cloudOf } from '../faults/cloud.ts';
import { FLOATING_FAULTS } from '../faults/made.ts';
import { NAMED_FAULTS, NODE_FAULTS } from '../faults/madeNode.ts';
import { SNAT_FAULTS } from '../faults/madeSnat.ts';
import { settle } from './candidates.ts';

/** Every way in which a fault can be made. */
export const MADE: readonly Made[] = [...FLOATING_FAULTS, ...SNAT_FAULTS, ...NODE_FAULTS, ...NAMED_FAULTS];

/**
 * Fault, how it is made, recording and node; the packet (from, to, protocol, port); where the traces part (`-`: the bridges of the node) and with what,
 * `…` standing for anything; what is expected of the packet, and what becomes of it.
 */
export type Row = [
  fault: string,
  how: string,
  where: string,
  packet: string,
  place: string,
  expected: string,
  live: string,
  ends: string,
];

// prettier-ignore
export const SHOWN: readonly Row[] = [
  ['F01', 'the rule of a floating IP that is gone', 'S3 compute1', 'a3 192.168.1.101', 'compute1 qrouter', '167837697: from 10.1.0.1/24 lookup 167837697', '33333: from 10.1.0.13 lookup 16', 'delivered, answered → loop'],
  ['F02', 'another priority', 'S3 compute1', 'a4 198.51.100.10', 'compute1 qrouter', '37683: from 10.11.0.14 lookup 16', '41234: from 10.11.0.14 lookup 16', 'exits-network, answered → exits-network, answered'],
  ['F02', 'a second rule', 'S3 compute2', 'a2 198.51.100.10', 'compute2 qrouter', '48176: from 10.1.0.12 lookup 16', '41234: from 10.1.0.12 lookup 16', 'exits-network, answered → exits-network, answered'],
  ['F03', 'the rule has the old address', 'S3 compute1', 'a3 192.168.1.101', 'compute1 qrouter', '167837697: from 10.1.0.1/24 lookup 167837697', '37683: from 10.1.0.13 lookup 16', 'delivered, answered → loop'],
  ['F04', 'the agent ended before it gave addresses', 'S3 compute1', 'a1 192.168.1.101', 'compute1 qrouter', '44418: from 10.1.0.11 lookup 16', '167837697: from 10.1.0.1/24 lookup 167837697', 'delivered, answered → neighbour-unreachable'],
  ['F04', 'one address is gone', 'S3 compute1', 'a1 198.51.100.10', 'compute1 qrouter', '44418: from 10.1.0.11 lookup 16', '167837697: from 10.1.0.1/24 lookup 167837697', 'exits-network, answered → exits-network, answered'],
  ['F05', 'ip link del rfp', 'S3 compute1', 'a1 192.168.1.101', 'compute1 qrouter', '44418: from 10.1.0.11 lookup 16', '167837697: from 10.1.0.1/24 lookup 167837697', 'delivered, answered → neighbour-unreachable'],
  ['F06', 'the agent cleared it', 'S3 compute1', 'a1 192.168.1.101', 'compute1 qrouter', '44418: from 10.1.0.11 lookup 16', '167837697: from 10.1.0.1/24 lookup 167837697', 'delivered, answered → neighbour-unreachable'],
  ['F13', 'rfp has the floating IP', 'S3 compute1', 'a1 192.168.1.104', 'compute1 qrouter', '10.11.0.14 dev qr-d8a62a60-d2 lladdr fa:16:3e:9d:2a:11 PERMANENT', 'dropped: the source 192.168.1.101 is an address of this namespace itself (martian source)', 'delivered, answered → dropped'],
  ['F14', 'no default route', 'S3 compute1', 'b1 198.51.100.10', 'compute1 fip', '2852018311: from all iif fpr-87dfea4c-9 lookup 2852018311', 'no-route: no rule leads to a route to 198.51.100.10', 'exits-network, answered → no-route'],
  ['F14', 'an old gateway', 'S3 compute1', 'b1 198.51.100.10', 'compute1 fip', 'default via 192.168.1.1 dev fg-be89cef3-ad table 2852018311 proto static', 'default via 192.168.1.8 dev fg-be89cef3-ad table 2852018311 proto static', 'exits-network, answered → exits-network, answered'],
  ['F18', 'proxy_arp off', 'S3 compute1', 'a2 192.168.1.104', 'compute2 fip', 'br-int on compute2, in by fg-1fab34ee-0a', 'neighbour-unreachable: nobody on public answers for 192.168.1.104', 'delivered, answered → neighbour-unreachable'],
  ['F18', 'no route to the floating IP', 'S3 compute1', 'a1 192.168.1.101', 'compute1 fip', '192.168.1.101 via 169.254.112.144 dev fpr-220318bd-a proto static', '192.168.1.0/24 dev fg-be89cef3-ad proto kernel scope link src 192.168.1.125', 'delivered, answered → neighbour-unreachable'],
  ['F21', 'another node has its rules', 'S3 compute1', 'b1 192.168.1.102', 'compute1 fip', '192.168.1.0/24 dev fg-be89cef3-ad proto kernel scope link src 192.168.1.125', '192.168.1.102 via 169.254.112.144 dev fpr-220318bd-a proto static', 'delivered, answered → delivered'],
  ['S01', 'sg is missing', 'S3 net1', 'a1 10.1.0.226', 'compute1 -', 'br-int on compute1, in by tapa9ef7272-e0', 'neighbour-unreachable: nobody on neta answers for 10.1.0.226', 'delivered, answered → neighbour-unreachable'],
  ['S02', 'without rule', 'S3 compute1', 'a3 198.51.100.10', 'compute1 qrouter', '167837697: from 10.1.0.1/24 lookup 167837697', 'no-route: no rule leads to a route to 198.51.100.10', 'exits-network, answered → no-route'],
  ['S02', 'without route', 'S3 compute1', 'a3 198.51.100.10', 'compute1 qrouter', '167837697: from 10.1.0.1/24 lookup 167837697', 'no-route: no rule leads to a route to 198.51.100.10', 'exits-network, answered → no-route'],
  ['S02', 'without rule and route', 'S3 compute1', 'a3 198.51.100.10', 'compute1 qrouter', '167837697: from 10.1.0.1/24 lookup 167837697', 'no-route: no rule leads to a route to 198.51.100.10', 'exits-network, answered → no-route'],
  ['S03', 'the gateway was cleared', 'S3 compute1', 'a1 198.51.100.10', 'compute1 qrouter', 'no-route: no rule leads to a route to 198.51.100.10', '167837697: from 10.1.0.1/24 lookup 167837697', 'no-route → neighbour-unreachable'],
  ['S04', 'the namespace on the other SNAT node', 'S6 net1', 'c1 10.0.0.215', 'compute3 -', 'br-int on compute3, in by tapac4235b0-42', 'several answer for 10.0.0.215', 'delivered, answered → dropped'],
  ['S12', 'no neighbour', 'S3 compute1', 'a1 10.11.0.208', 'compute1 qrouter', '10.11.0.208 dev qr-d8a62a60-d2 lladdr fa:16:3e:55:1a:9d PERMANENT', '10.11.0.208 is asked for by ARP on neta2', 'delivered, answered → delivered, answered'],
  ['S16', 'DNAT without device', 'S3 compute1', 'a3 192.168.1.101', 'compute1 qrouter', '167837697: from 10.1.0.1/24 lookup 167837697', '-A neutron-l3-agent-PREROUTING … -j DNAT --to-destination 10.1.0.11', 'delivered, answered → delivered'],
  ['S16', 'without the rule that prevents', 'S3 compute1', 'a1 10.11.0.14', 'compute1 qrouter', '-A neutron-l3-agent-POSTROUTING … -j ACCEPT', '-A neutron-l3-agent-float-snat … -j SNAT --to-source 192.168.1.101', 'delivered, answered → delivered, answered'],
  ['A01', 'no neighbour', 'S3 compute1', 'a4 10.1.0.13', 'compute1 qrouter', '10.1.0.13 dev qr-4015509f-fc lladdr fa:16:3e:22:a1:23 PERMANENT', '10.1.0.13 is asked for by ARP on neta', 'delivered, answered → delivered, answered'],
  ['A04', 'no neighbour', 'S4 compute2', 'v1b 10.4.0.100', 'compute2 qrouter', '10.4.0.100 dev qr-75def447-3b lladdr fa:16:3e:ed:f1:41 PERMANENT', '10.4.0.100 is asked for by ARP on n1', 'delivered, answered → delivered, answered'],
  ['A04', 'another MAC', 'S4 compute2', 'v1b 10.4.0.100', 'compute2 qrouter', '10.4.0.100 dev qr-75def447-3b lladdr fa:16:3e:ed:f1:41 PERMANENT', '10.4.0.100 dev qr-75def447-3b lladdr fa:16:3e:00:00:99 PERMANENT', 'delivered, answered → neighbour-unreachable'],
  ['A07', 'in the router', 'S3 compute1', 'a1 198.51.100.10', 'compute1 qrouter', '169.254.112.145 dev rfp-220318bd-a lladdr e2:42:68:21:b0:a8 PERMANENT', 'to fpr-220318bd-a of fip-15ee9eb7 … on compute1', 'exits-network, answered → exits-network, answered'],
  ['A07', 'in the fip namespace', 'S3 compute1', 'a1 192.168.1.101', 'compute1 fip', '169.254.112.144 dev fpr-220318bd-a lladdr a2:38:ae:8b:19:ec PERMANENT', 'to rfp-220318bd-a of qrouter-220318bd … on compute1', 'delivered, answered → delivered, answered'],
  ['A11', 'of a port that is gone', 'S3 compute1', 'a4 10.1.0.16', 'compute1 qrouter', 'neighbour-unreachable: nobody on neta answers for 10.1.0.16', '10.1.0.16 dev qr-4015509f-fc lladdr fa:16:3e:00:00:99 PERMANENT', 'neighbour-unreachable → neighbour-unreachable'],
  ['A11', 'another MAC', 'S3 compute1', 'a4 10.1.0.13', 'compute1 qrouter', '10.1.0.13 dev qr-4015509f-fc lladdr fa:16:3e:22:a1:23 PERMANENT', '10.1.0.13 dev qr-4015509f-fc lladdr fa:16:3e:00:00:99 PERMANENT', 'delivered, answered → neighbour-unreachable'],
  ['F10', 'the dead VLAN', 'S3 compute1', 'a1 198.51.100.10', 'compute1 -', 'table=2, priority=4,in_port=2,dl_vlan=17 actions=pop_vlan,NORMAL', 'table=2, priority=2,in_port=2 actions=drop', 'exits-network, answered → neighbour-unreachable'],
  ['F10', 'a drop flow', 'S3 compute1', 'a1 198.51.100.10', 'compute1 -', 'table=0, priority=0 actions=goto_table:59', 'table=0, priority=2,in_port=122 actions=drop', 'exits-network, answered → neighbour-unreachable'],
  ['O01', 'all ports of a subnet', 'S3 compute1', 'a2 10.11.0.14', 'compute1 -', 'table=1, priority=20,dl_vlan=16,dl_dst=fa:16:3e:9d:2a:11 … goto_table:59', 'table=1, priority=1 actions=drop', 'delivered, answered → dropped'],
  ['O01', 'one row', 'S3 compute1', 'a2 10.11.0.14', 'compute1 -', 'table=1, priority=20,dl_vlan=16,dl_dst=fa:16:3e:9d:2a:11 … goto_table:59', 'table=1, priority=1 actions=drop', 'delivered, answered → dropped'],
  ['O03', 'the MAC of the SNAT port', 'S3 compute1', 'a1 10.11.0.200', 'compute1 - reply', 'table=1, … set_field:fa:16:3e:e0:a8:ef->eth_src', 'table=1, … set_field:fa:16:3e:8a:5c:f6->eth_src', 'delivered, answered → delivered, answered'],
  ['O06', 'no number', 'S3 compute1', 'a1 192.168.1.111', 'compute1 qrouter', 'to b1 on compute1', 'dropped: b1 on compute1 has no port in Open vSwitch of compute1', 'delivered, answered → dropped'],
  ['O06', 'another number', 'S3 compute1', 'b1 10.2.0.12', 'compute1 -', 'table=0, priority=10,arp,in_port=619 actions=goto_table:24', 'table=0, priority=0 actions=goto_table:59', 'delivered, answered → neighbour-unreachable'],
  ['O06', 'a router’s device', 'S3 compute1', 'a1 198.51.100.10', 'compute1 -', 'br-int on compute1, in by qr-4015509f-fc', 'neighbour-unreachable: nobody answers for 10.1.0.1: qr-4015509f-fc of qrouter-220318bd', 'exits-network, answered → neighbour-unreachable'],
  ['O08', 'nothing of l2population', 'S3 compute1', 'a1 10.1.0.12', 'compute1 -', 'table=21, priority=1,arp,dl_vlan=14 … IN_PORT', 'table=21, priority=0 actions=goto_table:22', 'delivered, answered → delivered, answered'],
  ['O08', 'one remote port', 'S3 compute1', 'a1 10.11.0.200', 'compute1 -', 'table=20, priority=2,dl_vlan=16,dl_dst=fa:16:3e:d7:8a:d9 … output:48', 'table=20, priority=0 actions=goto_table:22', 'delivered, answered → delivered, answered'],
  ['O08', 'a tunnel is missing', 'S3 compute1', 'a1 10.1.0.12', 'compute1 -', 'table=20, priority=2,dl_vlan=14,dl_dst=fa:16:3e:3e:e2:85 … output:<ofport of vxlan-0afb000c>', 'table=20, hard_timeout=300, priority=1,vlan_tci=0x000e/0x0fff,dl_dst=fa:16:3e:3e:e2:85 … output:50', 'delivered, answered → dropped'],
  ['O09', 'to a stranger', 'S4 compute1', 'v1 10.4.0.100', 'compute1 -', 'table=22, priority=1,dl_vlan=28 … output:24', 'table=22, priority=1,dl_vlan=28 … output:777', 'delivered, answered → delivered, answered'],
  ['O10', 'other numbers', 'S3 compute1', 'a1 10.1.0.12', 'compute1 -', 'table=20, priority=2,dl_vlan=14,dl_dst=fa:16:3e:3e:e2:85 … output:550', 'table=20, priority=2,dl_vlan=14,dl_dst=fa:16:3e:3e:e2:85 … output:50', 'delivered, answered → dropped'],
  ['O11', 'a drop flow', 'S3 net1', 'b1 10.2.0.200', 'net1 - reply', 'table=0, priority=0 actions=goto_table:59', 'table=0, priority=2,in_port=223 actions=drop', 'delivered, answered → delivered'],
  ['O11', 'the dead VLAN', 'S3 compute1', 'a1 192.168.1.111', 'compute1 qrouter', 'to b1 on compute1', 'dropped: br-int table 60 of compute1 switches it in VLAN 15 (NORMAL), and', 'delivered, answered → dropped'],
  ['O11', 'a router’s device on the dead VLAN', 'S3 compute1', 'a1 198.51.100.10', 'compute1 -', 'br-int on compute1, in by qr-4015509f-fc', 'neighbour-unreachable: nobody answers for 10.1.0.1: br-int table 60 of compute1', 'exits-network, answered → neighbour-unreachable'],
  ['O19', 'table 21 is empty', 'S3 compute1', 'a1 10.1.0.12', 'compute1 -', 'table=21, priority=1,arp,dl_vlan=14 … IN_PORT', 'table=21, priority=0 actions=goto_table:22', 'delivered, answered → delivered, answered'],
  ['O27', 'without the device of the host', 'S3 compute1', 'a1 198.51.100.10', 'compute1 -', 'br-ex on compute1, in by <physical device of br-ex>', 'neighbour-unreachable: nobody answers for 192.168.1.1: br-ex table 2 of compute1', 'exits-network, answered → neighbour-unreachable'],
  ['H01', 'the standby took over too', 'S6ha net1', 'h2 20.0.0.245', 'compute2 -', 'br-tun on net1, in by vxlan-0afb000c', 'dropped: br-tun table 20 of compute2 sends it to other nodes, not to net1', 'delivered, answered → dropped'],
  ['M01', 'without REDIRECT', 'S3 compute1', 'a1 169.254.169.254 tcp 80', 'compute1 qrouter', '-A neutron-l3-agent-PREROUTING … -j REDIRECT --to-ports 9697', '44418: from 10.1.0.11 lookup 16', 'delivered, answered → exits-network, answered'],
  ['M01', 'without the mark', 'S3 compute1', 'a1 169.254.169.254 tcp 80', 'compute1 qrouter', '-A neutron-l3-agent-PREROUTING … -j MARK --set-xmark 0x1/0xffff', '-A neutron-l3-agent-PREROUTING … -j REDIRECT --to-ports 9697', 'delivered, answered → dropped'],
  ['X01', 'all in the fip namespace', 'L6 compute1', 'i2 192.168.1.102', 'compute1 fip', '169.254.88.134 dev fpr-7840d600-c lladdr be:23:49:0e:a0:52 PERMANENT', 'dropped: rp_filter of fg-e1a1e2ce-15 is 1, and the way back to 10.20.1.12 leads out of', 'delivered, answered → dropped'],
  ['X01', 'rfp', 'L6 compute1', 'i2 192.168.1.102', 'compute1 qrouter', '10.30.1.11 dev qr-d828092a-28 lladdr fa:16:3e:2f:f4:d4 PERMANENT', 'dropped: rp_filter of rfp-7840d600-c is 1, and the way back to 10.20.1.12 leads out of', 'delivered, answered → dropped'],
  ['X02', 'router', 'S3 compute1', 'a1 198.51.100.10', 'compute1 qrouter', '-A neutron-l3-agent-float-snat … -j SNAT --to-source 192.168.1.101', 'dropped: net.ipv4.conf.qr-4015509f-fc.forwarding is 0: nothing is forwarded', 'exits-network, answered → dropped'],
  ['X02', 'fip', 'S3 compute1', 'a1 198.51.100.10', 'compute1 fip', 'br-int on compute1, in by fg-be89cef3-ad', 'dropped: net.ipv4.conf.fpr-220318bd-a.forwarding is 0: nothing is forwarded', 'exits-network, answered → dropped'],
  ['X02', 'snat', 'S3 net1', 'a3 198.51.100.10', 'net1 snat', '-A neutron-l3-agent-POSTROUTING … -j CONNMARK --save-mark --nfmask 0xffff0000 --ctmask 0xffff0000', 'dropped: net.ipv4.conf.sg-414e2c14-d8.forwarding is 0: nothing is forwarded', 'exits-network, answered → dropped'],
  ['X03', 'without the rule', 'S3 compute1', 'a1 198.51.100.10', 'compute1 fip', '-A neutron-l3-agent-PREROUTING -j CT --notrack', '2852024465: from all iif fpr-220318bd-a lookup 2852024465', 'exits-network, answered → exits-network, answered'],
  ['M01', 'nothing listens', 'S3 compute1', 'a1 169.254.169.254 tcp 80', 'compute1 qrouter', 'delivered: it is redirected to tcp port 9697 of the namespace itself, where something', 'dropped: it is redirected to tcp port 9697 of the namespace itself, where nothing', 'delivered, answered → dropped'],
  ['C06', 'a namespace', 'S3 compute1', 'a1 198.51.100.10', 'compute1 -', 'br-int on compute1, in by tapa9ef7272-e0', 'several answer for 10.1.0.1', 'exits-network, answered → exits-network, answered'],
  ['T01', 'qr', 'S3 compute1', 'a4 10.1.0.13 icmp size=1450', 'compute1 qrouter', '-A neutron-l3-agent-POSTROUTING … -j ACCEPT', 'dropped: it has 1450 bytes, and the MTU of qr-4015509f-fc is 1400', 'delivered, answered → dropped'],
  ['T01', 'fg', 'S3 compute1', 'a1 198.51.100.10 icmp size=1450', 'compute1 fip', 'br-int on compute1, in by fg-be89cef3-ad', 'dropped: it has 1450 bytes, and the MTU of fg-be89cef3-ad is 1400', 'exits-network, answered → dropped'],
  ['X04', 'a connection to an old address', 'S3 compute1', '198.51.100.10@public 192.168.1.101 tcp 22', 'compute1 qrouter', '-A neutron-l3-agent-PREROUTING … -j DNAT --to-destination 10.1.0.11', 'known connection: to 10.99.0.77:22', 'delivered, answered → no-route'],
];

/** Why no packet goes another way than it should. */
export const UNSHOWN: readonly [fault: string, how: string, where: string, reason: string][] = [
  ['F06', 'on a spare SNAT node', 'S6 net1', 'the node serves no floating IP, so that nothing takes the link'],
  ['F19', 'proxy_delay of the kernel', 'S3 compute1', 'the answer to ARP comes late, and is right'],
  ['S01', 'a second qg', 'S3 net1', 'no default route leads out of the second gateway device'],
  ['S01', 'a second qg, with its port', 'S3 net1', 'no default route leads out of the second gateway device'],
  [
    'S08',
    'nf_conntrack_tcp_loose',
    'S3 net1',
    'it lets connections be picked up in the middle; a trace begins with the first packet',
  ],
  ['A06', 'on another device', 'S3 compute1', 'no route to the address leads out of that device'],
  ['A08', 'arp_ignore', 'S3 compute1', 'nobody asks on one device for the address of another'],
  ['A08', 'arp_announce', 'S3 compute1', 'which address a question tells as its own decides no way'],
  ['H05', 'two ha devices', 'S6ha net1', 'VRRP alone goes by ha devices'],
  ['H05', 'two ha devices, with the port of the other', 'S6ha net1', 'VRRP alone goes by ha devices'],
  ['C06', 'a port', 'S3 compute1', 'nothing is sent to a port that nobody has'],
  ['X06', 'a rule twice', 'S3 compute1', 'the first of two equal rules decides'],
];

/** A cloud with a fault in it, and the node that has it. */
export interface Faulty extends Cloud {
  node: string;
  list: NodeState[];
}

/** The cloud with the fault in it, and what follows from it by itself. */
export function faulty(fault: string, how: string, where: string): Faulty {
  const [scenario, node] = where.split(' ') as [ScenarioName, string];
  const made = MADE.find((each) => each.fault === fault && each.how === how)!;
  const cloud = cloudOf(scenario, made.isWide ? undefined : node);
  assert.ok(made.make(cloud.states.get(node)!, cloud), 'it cannot be made there');
  for (const state of made.isWide ? cloud.states.values() : [cloud.states.get(node)!]) settle(state);
  return { ...cloud, node, list: [...cloud.states.values()] };
}

/** Over the expected and over the live state. */
export const tracersOf = ({ topology, list }: Faulty) => {
  const allocations = allocationsOf(topology, list);
  const [expected, live] = [expectedCloud(topology, allocations), liveCloud(topology, list, allocations)].map(viewOf);
  return {
    allocations,
    expected: (packet: TraceRequest) => traceIn(expected!, packet),
    live: (packet: TraceRequest) => traceIn(live!, packet),
  };
};

/** `a1 10.1.0.12`, `198.51.100.10@public 192.168.1.101 tcp 22`, `a1 10.1.0.12 icmp size=1450`. */
export function packetOf(text: string): TraceRequest {
  const [from = '', to = '', protocol, more = ''] = text.split(' ');
  const [address, segment] = from.split('@');
  const size = more.startsWith('size=') ? Number(more.slice('size='.length)) : undefined;
  return {
    from: segment === undefined ? from : { address: address!, segment },
    to,
    ...(protocol === undefined ? {} : { protocol }),
    ...(size === undefined ? {} : { size }),
    ...(size === undefined && more !== '' ? { sport: OLD_PORT, dport: Number(more) } : {}),
  };
}

/** Of the connection that `X04` keeps. */
const OLD_PORT = 40_000;

/** `conntrack -L` counts translated connections by address; here is one of them with its ports. */
export function keepConnection({ list, node }: Faulty): void {
  const traffic = Object.values(list.find((state) => state.node === node)!.traffic ?? {});
  for (const entry of traffic) {
    const old = entry.translations?.find(({ to }) => to.startsWith('10.99.'));
    if (!old) continue;
    const client = { src: '198.51.100.10', sport: OLD_PORT };
    const original = { ...client, dst: old.dst, dport: 22 };
    const reply = { src: old.to, sport: 22, dst: client.src, dport: client.sport };
    entry.connections = [{ protocol: 'tcp', original, reply, mark: 0 }];
  }
}
