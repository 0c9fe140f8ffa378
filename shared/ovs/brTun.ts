/** Flows of br-tun, where tunnelled networks leave and enter a node: `openflow/native/br_tun.py`, `br_dvr_process.py`, l2population. */
import { macOf } from '../namespaces/devices.ts';
import { releaseHas } from '../releases.ts';
import type { Because, Flow } from '../state.ts';
import { hasFlowChange } from './changes.ts';
import { dvrProcessFlows } from './dvrProcess.ts';
import { type LocalNetwork, type OvsFacts, cookieOf, ofportOf } from './facts.ts';
import { always, flowOf, flowsByHost, goto, output, setSource, setVlan } from './flow.ts';
import { BR_TUN, PATCH_INT, TUN_TABLE, isTunnelled, tunnelName } from './names.ts';
import { remoteNodes, remotePorts } from './tunnels.ts';

/** `lib: plugins/ml2/ovs_constants.py`. */
const DVR_PROCESS = 1;
const PATCH_LV_TO_TUN = 2;
const DVR_NOT_LEARN = 9;
const LEARN_FROM_TUN = 10;
const UCAST_TO_TUN = 20;
const ARP_RESPONDER = 21;
const FLOOD_TO_TUN = 22;

export function tunnelFlows(facts: OvsFacts): Flow[] {
  if (!facts.hasTunnelBridge) return [];
  const drops = hasFlowChange(facts, 'flow_arp_to_responder') ? FLOOD_TO_TUN : DVR_PROCESS;
  return [
    ...defaultFlows(facts),
    ...facts.networks
      .filter(({ network }) => isTunnelled(network.network_type))
      .flatMap((local) => [
        ...(facts.isDistributed ? dvrProcessFlows(facts, local, BR_TUN, drops) : []),
        ...networkFlows(facts, local),
        ...remoteFlows(facts, local),
      ]),
  ];
}

/** `br_tun.py: setup_default_table`, `ovs_dvr_neutron_agent.py: setup_dvr_flows_on_tun_br`, and one flow for each tunnel. */
function defaultFlows(facts: OvsFacts): Flow[] {
  const because = always(facts, 'br_tun.py: setup_default_table');
  const flow = (table: number, priority: number, match: string[], actions: string[], why: Because = because) =>
    flowOf(facts, BR_TUN, table, priority, match, actions, why);
  const patch = ofportOf(facts, BR_TUN, PATCH_INT);
  const types = Object.entries(TUN_TABLE).filter(
    ([type]) => type !== 'geneve' || releaseHas(facts.release, 'flow_arp_spoofing'),
  );
  return [
    flow(0, 1, [`in_port=${patch}`], [goto(facts.isDistributed ? DVR_PROCESS : PATCH_LV_TO_TUN)]),
    flow(0, 0, [], []),
    ...facts.tunnels.map(({ type, node, because: why }) =>
      flow(0, 1, [`in_port=${tunnelPort(facts, type, node.tunnel_ip)}`], [goto(TUN_TABLE[type]!)], {
        ...why,
        neutron: 'br_tun.py: setup_tunnel_port',
      }),
    ),
    ...(facts.hasArpResponder
      ? [
          flow(PATCH_LV_TO_TUN, 1, ['arp', 'dl_dst=ff:ff:ff:ff:ff:ff'], [goto(ARP_RESPONDER)]),
          flow(ARP_RESPONDER, 0, [], [goto(FLOOD_TO_TUN)]),
        ]
      : []),
    flow(PATCH_LV_TO_TUN, 0, ['dl_dst=00:00:00:00:00:00/01:00:00:00:00:00'], [goto(UCAST_TO_TUN)]),
    flow(PATCH_LV_TO_TUN, 0, ['dl_dst=01:00:00:00:00:00/01:00:00:00:00:00'], [goto(FLOOD_TO_TUN)]),
    ...types.map(([, table]) => flow(table, 0, [], [])),
    ...(facts.isDistributed ? distributedFlows(facts, patch) : []),
    ...learnFlows(facts, patch),
    flow(UCAST_TO_TUN, 0, [], [goto(FLOOD_TO_TUN)]),
    flow(FLOOD_TO_TUN, 0, [], []),
  ];
}

/** `ovs_dvr_neutron_agent.py: setup_dvr_flows_on_tun_br`. */
function distributedFlows(facts: OvsFacts, patch: string): Flow[] {
  const dvr = always(facts, 'ovs_dvr_neutron_agent.py: setup_dvr_flows_on_tun_br');
  const host = {
    ...dvr,
    sentence: 'the DVR MAC of another host is never learned',
    neutron: 'br_tun.py: add_dvr_mac_tun',
  };
  return [
    flowOf(facts, BR_TUN, DVR_PROCESS, 0, [], [goto(PATCH_LV_TO_TUN)], dvr),
    ...flowsByHost(facts, { bridge: BR_TUN, table: DVR_NOT_LEARN, priority: 1 }, [], [output(patch)], host),
    flowOf(facts, BR_TUN, DVR_NOT_LEARN, 0, [], [goto(LEARN_FROM_TUN)], dvr),
  ];
}

/** Gratuitous ARP, router and neighbour advertisements, which are learned from before all others (`br_tun.py: _setup_learn_flows`). */
const ANNOUNCEMENTS = [['arp', 'arp_tha=ff:ff:ff:ff:ff:ff'], ['icmp6', 'icmp_type=134'], ['icmp6', 'icmp_type=136']]; // prettier-ignore

function learnFlows(facts: OvsFacts, patch: string): Flow[] {
  const because = always(facts, 'br_tun.py: setup_default_table');
  const actions = [learn(facts), output(patch)];
  const flow = (priority: number, match: string[]) =>
    flowOf(facts, BR_TUN, LEARN_FROM_TUN, priority, match, actions, because);
  return [
    ...(hasFlowChange(facts, 'flow_learn_announced') ? ANNOUNCEMENTS.map((match) => flow(2, match)) : []),
    flow(1, []),
  ];
}

/** A flow that makes flows: whoever spoke is answered through the same tunnel, for 300 s. */
const learn = (facts: OvsFacts): string => {
  const cookie = releaseHas(facts.release, 'flow_arp_spoofing') ? `cookie=${cookieOf(facts, BR_TUN)},` : '';
  return (
    `learn(table=${UCAST_TO_TUN},hard_timeout=300,priority=1,${cookie}NXM_OF_VLAN_TCI[0..11],` +
    'NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:0->NXM_OF_VLAN_TCI[],load:NXM_NX_TUN_ID[]->NXM_NX_TUN_ID[],output:OXM_OF_IN_PORT[])'
  );
};

const tunnelPort = (facts: OvsFacts, type: string, remoteIp: string | undefined): string =>
  ofportOf(facts, BR_TUN, tunnelName(type, remoteIp ?? '<tunnel_ip>'));

const tunId = ({ network }: LocalNetwork): string => `0x${(network.segmentation_id ?? 0).toString(16)}`;

/** `br_tun.py: provision_local_vlan, install_flood_to_tun`. */
function networkFlows(facts: OvsFacts, local: LocalNetwork): Flow[] {
  const { network, localVlan, because } = local;
  const type = network.network_type!;
  const flood = remoteNodes(facts, network).map((name) =>
    output(tunnelPort(facts, type, facts.context.lookup.node.get(name)?.tunnel_ip)),
  );
  const actions = ['push_vlan:0x8100', setVlan(localVlan), goto(facts.isDistributed ? DVR_NOT_LEARN : LEARN_FROM_TUN)];
  return [
    flowOf(facts, BR_TUN, TUN_TABLE[type]!, 1, [`tun_id=${tunId(local)}`], actions, {
      ...because,
      neutron: 'br_tun.py: provision_local_vlan',
    }),
    ...(flood.length === 0
      ? []
      : [
          flowOf(facts, BR_TUN, FLOOD_TO_TUN, 1, [`dl_vlan=${localVlan}`], [...toTunnel(local), ...flood], {
            pointer: network.pointer,
            sentence: `floods of ${network.name} go to every node that has a port on it`,
            neutron: 'br_tun.py: install_flood_to_tun',
          }),
        ]),
  ];
}

const toTunnel = (local: LocalNetwork): string[] => ['pop_vlan', `set_field:${tunId(local)}->tun_id`];

/** What l2population knows of ports on other nodes: their tunnel, and the answer to ARP for them (`br_tun.py: install_unicast_to_tun, install_arp_responder`). */
function remoteFlows(facts: OvsFacts, local: LocalNetwork): Flow[] {
  const { network, localVlan } = local;
  return remotePorts(facts, network).flatMap((port) => {
    const mac = macOf(facts.context, port.key, port.mac, port.what);
    const tunnel = tunnelPort(facts, network.network_type!, facts.context.lookup.node.get(port.node)?.tunnel_ip);
    const because: Because = {
      pointer: port.key,
      sentence: `${port.what} is on ${port.node}`,
      neutron: 'br_tun.py: install_unicast_to_tun',
    };
    return [
      flowOf(
        facts,
        BR_TUN,
        UCAST_TO_TUN,
        2,
        [`dl_vlan=${localVlan}`, `dl_dst=${mac}`],
        [...toTunnel(local), output(tunnel)],
        because,
      ),
      ...(facts.hasArpResponder ? port.addresses : []).map((ip) =>
        flowOf(
          facts,
          BR_TUN,
          ARP_RESPONDER,
          1,
          ['arp', `dl_vlan=${localVlan}`, `arp_tpa=${ip}`],
          arpReply(facts, mac, ip),
          {
            ...because,
            neutron: 'br_tun.py: install_arp_responder',
          },
        ),
      ),
    ];
  });
}

/** `br_tun.py: install_arp_responder`; the text of `ovs-ofctl` has another order (`ovs_constants.py: ARP_RESPONDER_ACTIONS`). */
function arpReply({ ovs, release }: OvsFacts, mac: string, ip: string): string[] {
  const turn = ['move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]', setSource(mac)];
  const moves = ['move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[]', 'move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[]'];
  const own = [`set_field:${mac}->arp_sha`, `set_field:${ip}->arp_spa`];
  const isOfctl =
    !releaseHas(release, 'flow_arp_spoofing') || (!releaseHas(release, 'flow_native') && ovs.isOfctl === true);
  return isOfctl
    ? [...turn, 'set_field:2->arp_op', ...moves, ...own, 'IN_PORT']
    : ['set_field:2->arp_op', ...moves, ...own, ...turn, 'IN_PORT'];
}
