/** Flows of br-tun, where tunnelled networks leave and enter a node: `openflow/native/br_tun.py`, `br_dvr_process.py`, l2population. */
import { macOf } from '../namespaces/devices.ts';
import { releaseHas } from '../releases.ts';
import type { Because, Flow } from '../state.ts';
import { dvrProcessFlows } from './dvrProcess.ts';
import { type LocalNetwork, type OvsFacts, cookieOf, ofportOf, remoteNodes, remotePorts } from './facts.ts';
import { always, flowOf, goto, output, setSource, setVlan } from './flow.ts';
import { BR_TUN, PATCH_INT, TUN_TABLE, isTunnelled, tunnelName } from './names.ts';

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
  const drops = releaseHas(facts.release, 'flow_arp_to_responder') ? FLOOD_TO_TUN : DVR_PROCESS;
  return [
    ...defaultFlows(facts),
    ...facts.networks
      .filter(({ network }) => isTunnelled(network.network_type))
      .flatMap((local) => [
        ...dvrProcessFlows(facts, local, BR_TUN, drops),
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
  const dvr = { ...because, neutron: 'ovs_dvr_neutron_agent.py: setup_dvr_flows_on_tun_br' };
  const host = {
    ...because,
    sentence: 'the DVR MAC of another host is never learned',
    neutron: 'br_tun.py: add_dvr_mac_tun',
  };
  return [
    flow(0, 1, [`in_port=${patch}`], [goto(DVR_PROCESS)], dvr),
    flow(0, 0, [], []),
    ...facts.tunnels.map((tunnel) =>
      flow(
        0,
        1,
        [`in_port=${tunnelPort(facts, tunnel.type, tunnel.node.tunnel_ip)}`],
        [goto(TUN_TABLE[tunnel.type]!)],
        {
          ...tunnel.because,
          neutron: 'br_tun.py: setup_tunnel_port',
        },
      ),
    ),
    flow(DVR_PROCESS, 0, [], [goto(PATCH_LV_TO_TUN)], dvr),
    flow(PATCH_LV_TO_TUN, 1, ['arp', 'dl_dst=ff:ff:ff:ff:ff:ff'], [goto(ARP_RESPONDER)]),
    flow(PATCH_LV_TO_TUN, 0, ['dl_dst=00:00:00:00:00:00/01:00:00:00:00:00'], [goto(UCAST_TO_TUN)]),
    flow(PATCH_LV_TO_TUN, 0, ['dl_dst=01:00:00:00:00:00/01:00:00:00:00:00'], [goto(FLOOD_TO_TUN)]),
    ...Object.values(TUN_TABLE).map((table) => flow(table, 0, [], [])),
    ...facts.otherDvrMacs.map((mac) => flow(DVR_NOT_LEARN, 1, [`dl_src=${mac}`], [output(patch)], host)),
    flow(DVR_NOT_LEARN, 0, [], [goto(LEARN_FROM_TUN)], dvr),
    flow(LEARN_FROM_TUN, 1, [], [learn(cookieOf(facts, BR_TUN)), output(patch)]),
    flow(UCAST_TO_TUN, 0, [], [goto(FLOOD_TO_TUN)]),
    flow(ARP_RESPONDER, 0, [], [goto(FLOOD_TO_TUN)]),
    flow(FLOOD_TO_TUN, 0, [], []),
  ];
}

/** A flow that makes flows: whoever spoke is answered through the same tunnel, for 300 s. */
const learn = (cookie: string): string =>
  `learn(table=${UCAST_TO_TUN},hard_timeout=300,priority=1,cookie=${cookie},NXM_OF_VLAN_TCI[0..11],` +
  'NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:0->NXM_OF_VLAN_TCI[],load:NXM_NX_TUN_ID[]->NXM_NX_TUN_ID[],output:OXM_OF_IN_PORT[])';

const tunnelPort = (facts: OvsFacts, type: string, remoteIp: string | undefined): string =>
  ofportOf(facts, BR_TUN, tunnelPortName(facts, type, remoteIp));

export const tunnelPortName = ({ ovs }: OvsFacts, type: string, remoteIp = '<tunnel_ip>'): string =>
  ovs.tunnels[`${type} ${remoteIp}`] ?? tunnelName(type, remoteIp);

const tunId = ({ network }: LocalNetwork): string => `0x${(network.segmentation_id ?? 0).toString(16)}`;

/** `br_tun.py: provision_local_vlan, install_flood_to_tun`. */
function networkFlows(facts: OvsFacts, local: LocalNetwork): Flow[] {
  const { network, localVlan, because } = local;
  const type = network.network_type!;
  const flood = remoteNodes(facts, network).map((name) =>
    output(tunnelPort(facts, type, facts.context.lookup.node.get(name)?.tunnel_ip)),
  );
  const actions = ['push_vlan:0x8100', setVlan(localVlan), goto(DVR_NOT_LEARN)];
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
      ...port.addresses.map((ip) =>
        flowOf(facts, BR_TUN, ARP_RESPONDER, 1, ['arp', `dl_vlan=${localVlan}`, `arp_tpa=${ip}`], arpReply(mac, ip), {
          ...because,
          neutron: 'br_tun.py: install_arp_responder',
        }),
      ),
    ];
  });
}

const arpReply = (mac: string, ip: string): string[] => [
  'set_field:2->arp_op',
  'move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[]',
  'move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[]',
  `set_field:${mac}->arp_sha`,
  `set_field:${ip}->arp_spa`,
  'move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]',
  setSource(mac),
  'IN_PORT',
];
