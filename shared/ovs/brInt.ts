/** Flows of br-int, where all ports of a node meet: `openflow/native/br_int.py`, `ovs_dvr_neutron_agent.py`. */
import { contains, parsePrefix } from '../ip.ts';
import { releaseHas } from '../releases.ts';
import type { Because, Flow } from '../state.ts';
import { afterClassified, integrationDefaults } from './brIntDefaults.ts';
import { hasFlowChange, mayHaveFlowChange } from './changes.ts';
import { type LocalNetwork, type OvsFacts, type Plugged, intPort, isPhysical } from './facts.ts';
import {
  always,
  chosen,
  flowOf,
  flowsByHost,
  goto,
  output,
  placeKey,
  setDestination,
  setSource,
  setVlan,
} from './flow.ts';
import { BR_INT, PATCH_TUN, isTunnelled } from './names.ts';
import { spoofingFlows } from './spoofing.ts';
import { ARP_DVR_MAC_TO_DST_MAC, DVR_TO_SRC_MAC, TRANSIENT_TABLE } from './tables.ts';

/** @param peers physical network → name of the patch port to its bridge */
export function integrationFlows(facts: OvsFacts, peers: ReadonlyMap<string, string>): Flow[] {
  const next = afterClassified(facts);
  return [
    ...integrationDefaults(facts),
    ...(facts.isDistributed ? hostFlows(facts, peers) : []),
    ...blockedFlows(facts, peers),
    ...facts.networks.flatMap((local) => [
      ...provisionFlows(facts, local, peers, next),
      ...interfaceFlows(facts, local, next),
      ...local.plugged.flatMap((port) => [...servedFlows(facts, local, port, next), ...deadFlows(facts, port)]),
      ...subnetFloods(facts, local),
      ...local.plugged.flatMap((port) => spoofingFlows(facts, port, next)),
    ]),
  ];
}

/** What comes from other hosts, told by their DVR MACs (`br_int.py: add_dvr_mac_tun, add_dvr_mac_physical, add_dvr_gateway_mac_arp_*`). */
function hostFlows(facts: OvsFacts, peers: ReadonlyMap<string, string>): Flow[] {
  const { dvrMac, hasTunnelBridge, node } = facts;
  const isTold = hasFlowChange(facts, 'flow_arp_to_responder');
  const because = (sentence: string, neutron: string): Because => ({ pointer: node.pointer, sentence, neutron });
  const ports = [
    ...(hasTunnelBridge ? [{ name: PATCH_TUN, kind: 'tunnelled' as const }] : []),
    ...(releaseHas(facts.release, 'flow_vlan_dvr') ? [...peers.values()] : []).map((name) => ({
      name,
      kind: 'physical' as const,
    })),
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
      ...flowsByHost(
        facts,
        { bridge: BR_INT, table: 0, priority: kind === 'physical' ? 4 : 2 },
        [port],
        [goto(DVR_TO_SRC_MAC[kind])],
        other,
      ),
    ];
  });
}

/** What no local network takes from a physical bridge. */
function blockedFlows(facts: OvsFacts, peers: ReadonlyMap<string, string>): Flow[] {
  const because = always(facts, 'ovs_neutron_agent.py: setup_physical_bridges');
  return [...peers.values()].map((name) =>
    flowOf(facts, BR_INT, 0, 2, [`in_port=${intPort(facts, name)}`], [], because),
  );
}

/** What a port sends that its owner took down (`ovs_neutron_agent.py: port_dead`). */
function deadFlows(facts: OvsFacts, port: Plugged): Flow[] {
  if (!port.isDead) return [];
  const because = {
    ...port.because,
    sentence: `${port.name} is on ${facts.node.name}, and its owner took it down`,
    neutron: 'ovs_neutron_agent.py: port_dead',
  };
  return [flowOf(facts, BR_INT, 0, 2, [`in_port=${intPort(facts, port.name)}`], [], because)];
}

/** Frames of a physical network get the local VLAN (`br_int.py: provision_local_vlan`). */
function provisionFlows(
  facts: OvsFacts,
  local: LocalNetwork,
  peers: ReadonlyMap<string, string>,
  next: string,
): Flow[] {
  const { network, localVlan, because } = local;
  const peer = peers.get(network.physical_network ?? '');
  if (peer === undefined || !isPhysical(network)) return [];
  const isFlat = network.network_type === 'flat';
  const match = [`in_port=${intPort(facts, peer)}`, isFlat ? UNTAGGED : `dl_vlan=${network.segmentation_id}`];
  const actions = [...(isFlat ? ['push_vlan:0x8100'] : []), setVlan(localVlan), next];
  return [flowOf(facts, BR_INT, 0, 3, match, actions, { ...because, neutron: 'br_int.py: provision_local_vlan' })];
}

const UNTAGGED = 'vlan_tci=0x0000/0x1fff';

/** Networks that DVR wires (`ovs_dvr_neutron_agent.py: bind_port_to_dvr`). */
export const isWired = (facts: OvsFacts, { network }: LocalNetwork): boolean =>
  facts.isDistributed &&
  (isTunnelled(network.network_type) ||
    (network.network_type === 'vlan' && releaseHas(facts.release, 'flow_vlan_dvr')) ||
    (network.network_type === 'flat' && hasFlowChange(facts, 'flow_flat_dvr')));

const sideOf = ({ network }: LocalNetwork) => (isPhysical(network) ? 'physical' : 'tunnelled');

/**
 * A DVR interface: ARP answers to this host's DVR MAC go to it (`br_dvr_process.py: change_arp_destination_mac`, `br_int.py: install_dvr_dst_mac_for_arp`).
 * All interfaces of a network share one match in tables 3 and 4: the last one bound stands.
 */
function interfaceFlows(facts: OvsFacts, local: LocalNetwork, next: string): Flow[] {
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
      ? interfaces.filter((port) => standsForSubnet(local, port)).map((port) => arpDestination(facts, port, next))
      : []),
    ...(hasFlowChange(facts, 'flow_arp_to_responder') ? chosen(facts, candidates) : []),
  ];
}

/** Of several interfaces on one IPv4 subnet the agent knows the MAC of one (`_bind_distributed_router_interface_port`: `local_dvr_map`). */
const standsForSubnet = ({ gatewayMacs }: LocalNetwork, { addresses, mac }: Plugged): boolean =>
  addresses.some(
    ({ ip_address, subnet }) => !ip_address.includes(':') && (gatewayMacs.get(subnet ?? '') ?? mac) === mac,
  );

const arpDestination = (facts: OvsFacts, port: Plugged, next: string): Flow =>
  flowOf(
    facts,
    BR_INT,
    0,
    99,
    ['arp', `dl_dst=${facts.dvrMac}`, 'arp_op=2', `arp_tha=${port.mac}`],
    [setDestination(port.mac), next],
    { ...port.because, neutron: 'br_dvr_process.py: change_arp_destination_mac' },
  );

/**
 * A port that a router of this node serves: what was routed on another host comes from its gateway's MAC (`br_int.py: install_dvr_to_src_mac`).
 * One flow for each MAC: of several subnets the last one processed stands.
 */
function servedFlows(facts: OvsFacts, local: LocalNetwork, port: Plugged, next: string): Flow[] {
  if (port.role !== 'served' || !isWired(facts, local)) return [];
  const gateways = port.addresses.flatMap(({ subnet }) => local.gatewayMacs.get(subnet ?? '') ?? []);
  if (gateways.length === 0) return [];
  const isFlat = local.network.network_type === 'flat';
  const vlan = isTunnelled(local.network.network_type) ? local.localVlan : local.network.segmentation_id;
  const because = { ...port.because, neutron: 'br_int.py: install_dvr_to_src_mac' };
  const deliver = [...(isFlat ? [] : ['pop_vlan']), output(intPort(facts, port.name))];
  const priority = hasFlowChange(facts, 'flow_accepted_egress') ? 20 : 4;
  const hasTransient = releaseHas(facts.release, 'flow_transient');
  const pairs = releaseHas(facts.release, 'flow_pairs') ? pairMacs(facts, local, port) : [];
  return [...new Set([port.mac, ...pairs])].flatMap((mac) => {
    const match = [isFlat ? UNTAGGED : `dl_vlan=${vlan}`, `dl_dst=${mac}`];
    const flow = (table: number, actions: string[]) => flowOf(facts, BR_INT, table, priority, match, actions, because);
    const candidates = gateways
      .toReversed()
      .map((gateway) =>
        flow(
          DVR_TO_SRC_MAC[sideOf(local)],
          hasTransient ? [setSource(gateway), next] : ['pop_vlan', setSource(gateway), ...deliver.slice(-1)],
        ),
      );
    const unicast = flow(TRANSIENT_TABLE, deliver);
    return [...chosen(facts, candidates), ...(hasTransient && hasUnicast(facts, port, unicast) ? [unicast] : [])];
  });
}

/**
 * Whoever comes last, DVR or the openvswitch firewall, decides about the unicast flow of a filtered port:
 * the firewall takes it away (`openvswitch_firewall/firewall.py: delete_all_port_flows`) whenever it programs the port.
 */
const hasUnicast = (facts: OvsFacts, port: Plugged, flow: Flow): boolean =>
  !(facts.ovs.hasFlowFirewall && port.isFiltered) ||
  facts.ovs.isUnfiltered === true ||
  !(releaseHas(facts.release, 'flow_filtered_unicast') || mayHaveFlowChange(facts.release, 'flow_filtered_unicast')) ||
  facts.ovs.seen[placeKey(flow)] === true;

/** Before Kilo: IP to a subnet goes to all of its ports (`ovs_dvr_neutron_agent.py: _bind_port_on_dvr_subnet`). */
function subnetFloods(facts: OvsFacts, local: LocalNetwork): Flow[] {
  if (releaseHas(facts.release, 'flow_vlan_dvr') || !isWired(facts, local)) return [];
  return [...local.gatewayMacs].flatMap(([name, gateway]) => {
    const cidr = facts.context.lookup.subnet.get(name)?.cidr;
    const ports = local.plugged.filter(
      ({ role, addresses }) => role === 'served' && addresses.some(({ subnet }) => subnet === name),
    );
    if (cidr === undefined || ports.length === 0) return [];
    const outputs = ports.map((port) => output(intPort(facts, port.name)));
    const match = ['ip', `dl_vlan=${local.localVlan}`, `nw_dst=${cidr}`];
    const because = {
      ...local.because,
      sentence: `what is routed into ${name} reaches its ports on ${facts.node.name}`,
      neutron: 'ovs_dvr_neutron_agent.py: _bind_port_on_dvr_subnet',
    };
    const actions = ['pop_vlan', setSource(gateway), ...outputs];
    return [flowOf(facts, BR_INT, DVR_TO_SRC_MAC.tunnelled, 2, match, actions, because)];
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
