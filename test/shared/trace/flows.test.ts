/** What becomes of packets when one thing in Open vSwitch is broken: where they end, why, and where the trace parts from the expected one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderTrace } from '../../../shared/trace/render.ts';
import type { Disposition } from '../../../shared/trace/disposition.ts';
import type { ScenarioName } from '../../support/recordings.ts';
import { type Pair, type SwitchedCloud, compared, endOf, pairsOf, requestOf, stateOf, switchedCloud, withoutFlows, withoutPort } from '../../support/switchedCloud.ts'; // prettier-ignore

interface Fault {
  about: string;
  /** Which packets show it: over tunnels, over a VLAN, or out of a floating IP's node. */
  packets: 'same network' | 'routed';
  /** How the network of the receiver travels. */
  carrier: 'tunnel' | 'physical';
  alter(cloud: SwitchedCloud, pair: Pair): void;
  /** `S` and `R` are the nodes of sender and receiver. */
  ends: { disposition: Disposition; reason: RegExp };
  /** Where it parts from the expected one: the expected item, and on which node when that is a flow. */
  parts: { at?: 'S' | 'R'; expected: RegExp };
}

const on = (cloud: SwitchedCloud, pair: Pair, at: 'S' | 'R') =>
  stateOf(cloud, at === 'S' ? pair.from.node! : pair.to.node!);

/** The port of a tunnel on one node to the other. */
function tunnelPort(cloud: SwitchedCloud, pair: Pair, at: 'S' | 'R'): string {
  const other = at === 'S' ? pair.to.node! : pair.from.node!;
  const ip = cloud.live.wiring.tunnelIps![other];
  const type = networkTypeOf(cloud, pair);
  return on(cloud, pair, at).ports!.find((port) => port.options['remote_ip'] === ip && port.type === type)!.name;
}

const portOf = (cloud: SwitchedCloud, pair: Pair, at: 'S' | 'R') => {
  const { id } = at === 'S' ? pair.from : pair.to;
  return on(cloud, pair, at).ports!.find((port) => port.external_ids['iface-id'] === id)!;
};

const networkTypeOf = (cloud: SwitchedCloud, pair: Pair): string =>
  portOf(cloud, pair, 'R').other_config['network_type']!;

/** The local VLAN of the receiver's network on a node. */
function vlanOn(cloud: SwitchedCloud, pair: Pair, at: 'S' | 'R'): number {
  const network = portOf(cloud, pair, 'R').other_config['net_uuid'];
  return on(cloud, pair, at).ports!.find((port) => port.other_config['net_uuid'] === network)!.tag!;
}

const dst = ({ to }: Pair): string => `dl_dst=${to.mac}`;

const FAULTS: readonly Fault[] = [
  {
    about: 'br-int does not take routed frames for the receiver (DVR_TO_SRC_MAC)',
    packets: 'routed',
    carrier: 'tunnel',
    alter: (cloud, pair) => withoutFlows(on(cloud, pair, 'R'), new RegExp(`^br-int 1 .*${dst(pair)}`)),
    ends: { disposition: 'dropped', reason: /^dropped: br-int table 1 of R drops it/ },
    parts: { at: 'R', expected: /^table=1, priority=20,.*dl_dst=.*goto_table:/ },
  },
  {
    about: 'the same on a VLAN network (DVR_TO_SRC_MAC_PHYSICAL)',
    packets: 'routed',
    carrier: 'physical',
    alter: (cloud, pair) => withoutFlows(on(cloud, pair, 'R'), new RegExp(`^br-int 2 .*${dst(pair)}`)),
    ends: { disposition: 'dropped', reason: /^dropped: br-int table 2 of R drops it/ },
    parts: { at: 'R', expected: /^table=2, priority=20,.*dl_dst=.*goto_table:/ },
  },
  {
    about:
      'br-int switches routed frames by itself (TRANSIENT_TABLE): in a tunnelled network NORMAL delivers them, too',
    packets: 'routed',
    carrier: 'tunnel',
    alter: (cloud, pair) => withoutFlows(on(cloud, pair, 'R'), new RegExp(`^br-int 60 .*${dst(pair)}`)),
    ends: { disposition: 'delivered', reason: /^delivered/ },
    parts: { at: 'R', expected: /^table=60, priority=20,.*actions=(pop_vlan,)?output:\d+$/ },
  },
  {
    about: 'on a VLAN network they still carry the VLAN of the wire, and NORMAL does not deliver them',
    packets: 'routed',
    carrier: 'physical',
    alter: (cloud, pair) => withoutFlows(on(cloud, pair, 'R'), new RegExp(`^br-int 60 .*${dst(pair)}`)),
    ends: { disposition: 'dropped', reason: /^dropped: br-int table 60 of R switches it (in VLAN \d+|without a VLAN) \(NORMAL\), and tap\S+ is in VLAN \d+$/ }, // prettier-ignore
    parts: { at: 'R', expected: /^table=60, priority=20,.*actions=(pop_vlan,)?output:\d+$/ },
  },
  {
    about:
      'br-int does not know the DVR MAC of the sender’s node: the frame arrives, but not in the name of the gateway',
    packets: 'routed',
    carrier: 'tunnel',
    alter(cloud, pair) {
      const { bridge, port } = { bridge: 'br-int', port: on(cloud, pair, 'R').bridges!.find(({ name }) => name === 'br-int')!.ofports['patch-tun'] }; // prettier-ignore
      withoutFlows(on(cloud, pair, 'R'), new RegExp(`^${bridge} 0 in_port=${port},dl_src=`));
    },
    ends: { disposition: 'delivered', reason: /^delivered/ },
    parts: { at: 'R', expected: /^table=0, priority=2,in_port=\d+,dl_src=.* actions=goto_table:1$/ },
  },
  {
    about: 'br-tun knows neither where the receiver is nor whom to flood (UCAST_TO_TUN, FLOOD_TO_TUN)',
    packets: 'routed',
    carrier: 'tunnel',
    alter(cloud, pair) {
      withoutFlows(on(cloud, pair, 'S'), new RegExp(`^br-tun 20 .*${dst(pair)}`));
      withoutFlows(on(cloud, pair, 'S'), new RegExp(`^br-tun 22 dl_vlan=${vlanOn(cloud, pair, 'S')}$`));
    },
    ends: { disposition: 'dropped', reason: /^dropped: br-tun table 22 of S drops it \(priority=0 actions=drop\)$/ },
    parts: { at: 'S', expected: /^table=20, priority=2,.*dl_dst=.*output:\d+$/ },
  },
  {
    about: 'br-tun neither answers ARP for the receiver nor floods the question (ARP_RESPONDER, FLOOD_TO_TUN)',
    packets: 'same network',
    carrier: 'tunnel',
    alter(cloud, pair) {
      withoutFlows(on(cloud, pair, 'S'), new RegExp(`^br-tun 21 .*arp_tpa=${pair.to.addresses[0]!.local}$`));
      withoutFlows(on(cloud, pair, 'S'), new RegExp(`^br-tun 22 dl_vlan=${vlanOn(cloud, pair, 'S')}$`));
    },
    ends: { disposition: 'neighbour-unreachable', reason: /nobody answers for \S+: br-tun table 22 of S drops it/ },
    parts: { at: 'S', expected: /^table=21, priority=1,arp,/ },
  },
  {
    about: 'br-tun does not answer ARP, and the receiver itself does',
    packets: 'same network',
    carrier: 'tunnel',
    alter: (cloud, pair) =>
      withoutFlows(on(cloud, pair, 'S'), new RegExp(`^br-tun 21 .*arp_tpa=${pair.to.addresses[0]!.local}$`)),
    ends: { disposition: 'delivered', reason: /^delivered/ },
    parts: { at: 'S', expected: /^table=21, priority=1,arp,/ },
  },
  {
    about: 'the tunnel port is gone on the sender’s node',
    packets: 'routed',
    carrier: 'tunnel',
    alter: (cloud, pair) => withoutPort(on(cloud, pair, 'S'), tunnelPort(cloud, pair, 'S')),
    ends: {
      disposition: 'dropped',
      reason: /^dropped: br-tun table 20 of S sends it to port \d+, which is not there$/,
    },
    parts: { expected: /^br-tun on R, in by / },
  },
  {
    about: 'the tunnel port is gone on the receiver’s node',
    packets: 'routed',
    carrier: 'tunnel',
    alter: (cloud, pair) => withoutPort(on(cloud, pair, 'R'), tunnelPort(cloud, pair, 'R')),
    ends: { disposition: 'dropped', reason: /^dropped: R has no \w+ port to \S+ of S$/ },
    parts: { expected: /^br-tun on R, in by / },
  },
  {
    about: 'br-tun gives frames a tunnel id that is none of the network',
    packets: 'routed',
    carrier: 'tunnel',
    alter(cloud, pair) {
      for (const flow of on(cloud, pair, 'S').flows!)
        if (flow.table === 20 && flow.match.includes(dst(pair)))
          flow.actions = flow.actions.replace(/set_field:0x[0-9a-f]+->tun_id/, 'set_field:0xabcdef->tun_id');
    },
    ends: { disposition: 'dropped', reason: /^dropped: br-tun table [34] of R drops it/ },
    parts: { at: 'S', expected: /^table=20, priority=2,.*dl_dst=/ },
  },
  {
    about: 'br-tun of the receiver does not know the tunnel id',
    packets: 'routed',
    carrier: 'tunnel',
    alter(cloud, pair) {
      const id = Number(portOf(cloud, pair, 'R').other_config['segmentation_id']).toString(16);
      withoutFlows(on(cloud, pair, 'R'), new RegExp(`^br-tun [34] tun_id=0x${id}$`));
    },
    ends: { disposition: 'dropped', reason: /^dropped: br-tun table [34] of R drops it/ },
    parts: { at: 'R', expected: /^table=[34], priority=1,tun_id=/ },
  },
  {
    about: 'the sender’s port is in another VLAN than its network',
    packets: 'routed',
    carrier: 'tunnel',
    alter(cloud, pair) {
      portOf(cloud, pair, 'S').tag = 4000;
    },
    ends: { disposition: 'neighbour-unreachable', reason: /br-int table 60 of S switches it in VLAN 4000 \(NORMAL\), and qr-\S+ is in VLAN \d+$/ }, // prettier-ignore
    parts: { at: 'S', expected: /^br-int on S, in by qr-/ },
  },
  {
    about: 'br-int switches nothing at all',
    packets: 'routed',
    carrier: 'tunnel',
    alter: (cloud, pair) => withoutFlows(on(cloud, pair, 'S'), /^br-int 60 $/),
    ends: { disposition: 'neighbour-unreachable', reason: /br-int table 60 of S has no flow for it$/ },
    parts: { at: 'S', expected: /^table=60, priority=3 actions=NORMAL$/ },
  },
  {
    about: 'the physical bridge does not translate the local VLAN (LOCAL_VLAN_TRANSLATION)',
    packets: 'routed',
    carrier: 'physical',
    alter: (cloud, pair) => withoutFlows(on(cloud, pair, 'S'), new RegExp(`^br-(?!int|tun)\\S+ 2 .*dl_vlan=${vlanOn(cloud, pair, 'S')}$`)), // prettier-ignore
    ends: { disposition: 'dropped', reason: /^dropped: br-\S+ table 2 of S drops it/ },
    parts: { at: 'S', expected: /^table=2, priority=4,in_port=\d+,dl_vlan=/ },
  },
  {
    about: 'the patch port to the physical bridge is gone',
    packets: 'routed',
    carrier: 'physical',
    alter(cloud, pair) {
      for (const { name } of on(cloud, pair, 'S').ports!.filter((port) => port.name.startsWith('int-')))
        withoutPort(on(cloud, pair, 'S'), name);
    },
    ends: { disposition: 'dropped', reason: /^dropped: br-int table 60 of S switches it \(NORMAL\), and no port leads to br-\S+$/ }, // prettier-ignore
    parts: { at: 'S', expected: /^br-(?!int|tun)\S+ on S, in by phy-/ },
  },
];

/** Recordings in which packets go between VMs of different nodes in the way that a fault needs. */
const SCENARIOS: readonly ScenarioName[] = ['S1', 'S3', 'S4', 'S6', 'L9', 'L10'];

const isCarried = ({ live }: SwitchedCloud, { to }: Pair, carrier: Fault['carrier']): boolean =>
  live.wiring.segments[to.segment]?.carrier?.type === carrier;

function check(fault: Fault, scenario: ScenarioName, found: Pair): void {
  const cloud = switchedCloud(scenario);
  const named = (name: string) => cloud.live.wiring.endpoints.find((each) => each.name === name)!;
  const pair = { from: named(found.from.name), to: named(found.to.name) };
  fault.alter(cloud, pair);
  const { live, expected, parting } = compared(cloud, requestOf(pair));
  const text = renderTrace(live);
  assert.equal(expected.answered, true);
  assert.equal(live.disposition, fault.ends.disposition, text);
  const anonymous = (line: string | null) =>
    line?.replaceAll(new RegExp(`\\b${pair.from.node!}\\b`, 'g'), 'S').replaceAll(new RegExp(`\\b${pair.to.node!}\\b`, 'g'), 'R') ?? ''; // prettier-ignore
  assert.match(anonymous(endOf(live)), fault.ends.reason, text);
  assert.match(anonymous(parting?.expected ?? null), fault.parts.expected, text);
  if (fault.parts.at) assert.equal(anonymous(parting?.node ?? null), fault.parts.at);
}

for (const fault of FAULTS) {
  describe(fault.about, () => {
    let shown = 0;
    for (const scenario of SCENARIOS) {
      const cloud = switchedCloud(scenario);
      const pair = pairsOf(cloud, fault.packets).find((each) => isCarried(cloud, each, fault.carrier));
      if (!pair) continue;
      shown++;
      it(`${scenario}: ${pair.from.name} → ${pair.to.name}`, () => check(fault, scenario, pair));
    }
    it('there are recordings that show it', () => assert.ok(shown > 0));
  });
}
