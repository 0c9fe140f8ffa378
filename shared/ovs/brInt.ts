/** Flows of br-int, where all ports of a node meet: `openflow/native/br_int.py`, `ovs_dvr_neutron_agent.py`. */
import { contains, parsePrefix } from '../ip.ts';
import { releaseHas } from '../releases.ts';
import type { Because, Flow } from '../state.ts';
import { type LocalNetwork, type OvsFacts, type Plugged, intPort, isPhysical } from './facts.ts';
import { always, chosen, flowOf, goto, output, setDestination, setSource, setVlan } from './flow.ts';
import { BR_INT, PATCH_TUN, isTunnelled } from './names.ts';
import { spoofingFlows } from './spoofing.ts';
import {
  ARP_DVR_MAC_TO_DST_MAC,
  ARP_SPOOF_TABLE,
  CANARY_TABLE,
  DEAD_VLAN_TAG,
  DVR_TO_SRC_MAC,
  LOCAL_EGRESS_TABLE,
  LOCAL_IP_TABLE,
  LOCAL_SWITCHING,
  OPENFLOW_MAX_PRIORITY,
  TRANSIENT_EGRESS_TABLE,
  TRANSIENT_TABLE,
  transientChain,
} from './tables.ts';

/** @param peers physical network → name of the patch port to its bridge */
export function integrationFlows(facts: OvsFacts, peers: ReadonlyMap<string, string>): Flow[] {
  const chain = facts.ovs.chain ?? transientChain(facts.release);
  return [
    ...defaultFlows(facts, chain),
    ...hostFlows(facts, peers),
    ...facts.networks.flatMap((local) => [
      ...provisionFlows(facts, local, peers, chain[0]!),
      ...interfaceFlows(facts, local, chain[0]!),
      ...local.plugged.flatMap((port) => servedFlows(facts, local, port, chain[0]!)),
      ...(facts.ovs.hasFlowFirewall ? [] : local.plugged.flatMap((port) => spoofingFlows(facts, port, chain[0]!))),
    ]),
  ];
}

/** `br_int.py: setup_default_table`, `ovs_dvr_neutron_agent.py: setup_dvr_flows_on_integ_br`. */
function defaultFlows(facts: OvsFacts, chain: readonly number[]): Flow[] {
  const because = always(facts, 'br_int.py: setup_default_table');
  const flow = (table: number, priority: number, match: string[], actions: string[]) =>
    flowOf(facts, BR_INT, table, priority, match, actions, because);
  const normal = (priority: number) => flow(TRANSIENT_TABLE, priority, [], ['NORMAL']);
  const dead = (match: string) => flow(LOCAL_SWITCHING, OPENFLOW_MAX_PRIORITY, [match], []);
  const first = chain[0]!;
  const isNew = releaseHas(facts.release, 'flow_normal_1');
  const isMatched = releaseHas(facts.release, 'flow_dead_vlan');
  const [good, bad] = [dead(`dl_vlan=${DEAD_VLAN_TAG}`), dead('vlan_tci=0x0fff/0x1fff')];
  return [
    flow(LOCAL_SWITCHING, 0, [], [goto(first)]),
    ...chain.slice(0, -1).map((table, i) => flow(table, 0, [], [goto(chain[i + 1]!)])),
    ...chosen(facts, isNew ? [normal(1)] : [normal(3), normal(1)]),
    flow(TRANSIENT_EGRESS_TABLE, 3, [], ['NORMAL']),
    flow(CANARY_TABLE, 0, [], []),
    flow(ARP_SPOOF_TABLE, 0, [], []),
    ...chosen(facts, isMatched ? [good] : [bad, good]),
    ...(releaseHas(facts.release, 'flow_local_ip')
      ? [flow(LOCAL_EGRESS_TABLE, 0, [], [goto(first)]), flow(LOCAL_IP_TABLE, 0, [], [goto(first)])]
      : []),
    flow(DVR_TO_SRC_MAC.tunnelled, 1, [], []),
    flow(DVR_TO_SRC_MAC.physical, 1, [], []),
  ];
}

/** What comes from other hosts, told by their DVR MACs (`br_int.py: add_dvr_mac_tun, add_dvr_mac_physical, add_dvr_gateway_mac_arp_*`). */
function hostFlows(facts: OvsFacts, peers: ReadonlyMap<string, string>): Flow[] {
  const { dvrMac, otherDvrMacs, hasTunnelBridge, node } = facts;
  const isTold = releaseHas(facts.release, 'flow_arp_to_responder');
  const because = (sentence: string, neutron: string): Because => ({ pointer: node.pointer, sentence, neutron });
  const ports = [
    ...(hasTunnelBridge ? [{ name: PATCH_TUN, kind: 'tunnelled' as const }] : []),
    ...[...peers.values()].map((name) => ({ name, kind: 'physical' as const })),
  ];
  return ports.flatMap(({ name, kind }) => {
    const port = `in_port=${intPort(facts, name)}`;
    const own = because(
      `frames to the DVR MAC of ${node.name} answer one of its routers`,
      'br_int.py: add_dvr_gateway_mac_arp_tun',
    );
    const other = because('frames with the DVR MAC of another host were routed there', 'br_int.py: add_dvr_mac_tun');
    return [
      ...(isTold
        ? [flowOf(facts, BR_INT, 0, 5, [port, `dl_dst=${dvrMac}`], [goto(ARP_DVR_MAC_TO_DST_MAC[kind])], own)]
        : []),
      ...otherDvrMacs.map((mac) =>
        flowOf(
          facts,
          BR_INT,
          0,
          kind === 'physical' ? 4 : 2,
          [port, `dl_src=${mac}`],
          [goto(DVR_TO_SRC_MAC[kind])],
          other,
        ),
      ),
      ...(kind === 'physical'
        ? [flowOf(facts, BR_INT, 0, 2, [port], [], always(facts, 'ovs_neutron_agent.py: setup_physical_bridges'))]
        : []),
    ];
  });
}

/** Frames of a physical network get the local VLAN (`br_int.py: provision_local_vlan`). */
function provisionFlows(
  facts: OvsFacts,
  local: LocalNetwork,
  peers: ReadonlyMap<string, string>,
  first: number,
): Flow[] {
  const { network, localVlan, because } = local;
  const peer = peers.get(network.physical_network ?? '');
  if (peer === undefined || !isPhysical(network)) return [];
  const isFlat = network.network_type === 'flat';
  const match = [`in_port=${intPort(facts, peer)}`, isFlat ? UNTAGGED : `dl_vlan=${network.segmentation_id}`];
  const actions = [...(isFlat ? ['push_vlan:0x8100'] : []), setVlan(localVlan), goto(first)];
  return [flowOf(facts, BR_INT, 0, 3, match, actions, { ...because, neutron: 'br_int.py: provision_local_vlan' })];
}

const UNTAGGED = 'vlan_tci=0x0000/0x1fff';

/** Networks that DVR wires (`ovs_dvr_neutron_agent.py: bind_port_to_dvr`). */
export const isWired = ({ release }: OvsFacts, { network }: LocalNetwork): boolean =>
  isTunnelled(network.network_type) ||
  network.network_type === 'vlan' ||
  (network.network_type === 'flat' && releaseHas(release, 'flow_flat_dvr'));

const sideOf = ({ network }: LocalNetwork) => (isPhysical(network) ? 'physical' : 'tunnelled');

/**
 * A DVR interface: ARP answers to this host's DVR MAC go to it (`br_int.py: change_arp_destination_mac, install_dvr_dst_mac_for_arp`).
 * All interfaces of a network share one match in tables 3 and 4: the last one bound stands.
 */
function interfaceFlows(facts: OvsFacts, local: LocalNetwork, first: number): Flow[] {
  const { dvrMac } = facts;
  const interfaces = isWired(facts, local) ? local.plugged.filter(({ role }) => role === 'interface') : [];
  const toInterface = (port: Plugged, match: string) =>
    flowOf(
      facts,
      BR_INT,
      ARP_DVR_MAC_TO_DST_MAC[sideOf(local)],
      5,
      [match, `dl_dst=${dvrMac}`],
      [setDestination(port.mac), 'pop_vlan', output(intPort(facts, port.name))],
      { ...port.because, neutron: 'br_int.py: install_dvr_dst_mac_for_arp' },
    );
  const candidates = interfaces.toReversed().map((port) => toInterface(port, `dl_vlan=${local.localVlan}`));
  return [
    ...(releaseHas(facts.release, 'flow_arp_destination')
      ? interfaces
          .filter(hasIpv4)
          .map((port) =>
            flowOf(
              facts,
              BR_INT,
              0,
              99,
              ['arp', `dl_dst=${dvrMac}`, 'arp_op=2', `arp_tha=${port.mac}`],
              [setDestination(port.mac), goto(first)],
              { ...port.because, neutron: 'br_int.py: change_arp_destination_mac' },
            ),
          )
      : []),
    ...(releaseHas(facts.release, 'flow_arp_to_responder') ? chosen(facts, candidates) : []),
  ];
}

const hasIpv4 = ({ addresses }: Plugged): boolean => addresses.some(({ ip_address }) => !ip_address.includes(':'));

/**
 * A port that a router of this node serves: what was routed on another host comes from its gateway's MAC (`br_int.py: install_dvr_to_src_mac`).
 * One flow for each MAC: of several subnets the last one processed stands.
 */
function servedFlows(facts: OvsFacts, local: LocalNetwork, port: Plugged, first: number): Flow[] {
  if (port.role !== 'served' || !isWired(facts, local)) return [];
  const gateways = port.addresses.flatMap(({ subnet }) => local.gatewayMacs.get(subnet ?? '') ?? []);
  if (gateways.length === 0) return [];
  const isFlat = local.network.network_type === 'flat';
  const vlan = isTunnelled(local.network.network_type) ? local.localVlan : local.network.segmentation_id;
  const because = { ...port.because, neutron: 'br_int.py: install_dvr_to_src_mac' };
  const hasUnicast = !(
    facts.ovs.hasFlowFirewall &&
    port.isFiltered &&
    releaseHas(facts.release, 'flow_filtered_unicast')
  );
  const pairs = releaseHas(facts.release, 'flow_pairs') ? pairMacs(facts, local, port) : [];
  return [...new Set([port.mac, ...pairs])].flatMap((mac) => {
    const match = [isFlat ? UNTAGGED : `dl_vlan=${vlan}`, `dl_dst=${mac}`];
    const candidates = gateways
      .toReversed()
      .map((gateway) =>
        flowOf(facts, BR_INT, DVR_TO_SRC_MAC[sideOf(local)], 20, match, [setSource(gateway), goto(first)], because),
      );
    const actions = [...(isFlat ? [] : ['pop_vlan']), output(intPort(facts, port.name))];
    return [
      ...chosen(facts, candidates),
      ...(hasUnicast ? [flowOf(facts, BR_INT, TRANSIENT_TABLE, 20, match, actions, because)] : []),
    ];
  });
}

/** MACs of pairs that are a single address in a subnet of the router (`ovs_dvr_neutron_agent.py: _bind_port_on_dvr_subnet`). */
const pairMacs = ({ context }: OvsFacts, { gatewayMacs }: LocalNetwork, { pairs }: Plugged): string[] =>
  pairs.flatMap(({ ip_address, mac_address }) => {
    const prefix = parsePrefix(ip_address);
    const isHost = prefix !== undefined && prefix.length === (prefix.family === 'inet' ? 32 : 128);
    const isInside = [...gatewayMacs.keys()].some(
      (name) => isHost && contains(context.lookup.subnet.get(name)?.cidr ?? '', prefix),
    );
    return isInside && mac_address !== undefined ? [mac_address] : [];
  });
