/** What Neutron's agents make of a node's Open vSwitch: its ports and flows. */
import type { Context } from '../namespaces/devices.ts';
import type { Namespace } from '../namespaces/types.ts';
import { releaseHas } from '../releases.ts';
import type { Flow, OvsPort } from '../state.ts';
import type { Node } from '../topology/types.ts';
import { integrationFlows } from './brInt.ts';
import { physicalFlows } from './brPhys.ts';
import { tunnelFlows } from './brTun.ts';
import { hasFlowChange } from './changes.ts';
import { type LocalNetwork, type OvsFacts, type Plugged, isPhysical, ovsFacts } from './facts.ts';
import { always } from './flow.ts';
import { DEAD_VLAN_TAG } from './tables.ts';
import { BR_INT, BR_TUN, PATCH_INT, PATCH_TUN, peerName, trunkPeer, tunnelName } from './names.ts';

/** @param namespaces those of the node, whose devices are ports of br-int */
export function expectOpenVswitch(
  context: Context,
  namespaces: readonly Namespace[],
): { ports: OvsPort[]; flows: Flow[] } {
  const facts = ovsFacts(context, namespaces);
  const peers = new Map(facts.physical.map(({ physnet, bridge }) => [physnet, peerName('int', bridge)]));
  const bridges = new Map(facts.physical.map(({ physnet, bridge }) => [bridge, physnet]));
  return {
    ports: expectPorts(facts),
    flows: [
      ...integrationFlows(facts, peers),
      ...tunnelFlows(facts),
      ...[...bridges].flatMap(([bridge, physnet]) => physicalFlows(facts, physnet, bridge, peerName('phy', bridge))),
    ],
  };
}

function expectPorts(facts: OvsFacts): OvsPort[] {
  const { node, ovs } = facts;
  const port = (
    bridge: string,
    name: string,
    type: string,
    options: Record<string, string>,
    because?: OvsPort['because'],
  ): OvsPort => {
    const ofport = ovs.ofports[`${bridge} ${name}`];
    return {
      bridge,
      name,
      type,
      ...(ofport === undefined ? {} : { ofport }),
      external_ids: {},
      other_config: {},
      options,
      ...(because ? { because } : {}),
    };
  };
  const setUp = always(facts, 'ovs_neutron_agent.py: setup_integration_br');
  const local = (bridge: string) => ({ ...port(bridge, bridge, 'internal', {}, setUp), ...failMode(facts, bridge) });
  const patch = (bridge: string, name: string, peer: string) => port(bridge, name, 'patch', { peer }, setUp);
  const joint = (bridge: string, name: string, peer: string) =>
    ovs.hasVeth && !releaseHas(facts.release, 'flow_no_veth')
      ? port(bridge, name, '', {}, setUp)
      : patch(bridge, name, peer);
  const physical = [...new Set(facts.physical.map(({ bridge }) => bridge))];
  return [
    local(BR_INT),
    ...(facts.hasTunnelBridge
      ? [local(BR_TUN), patch(BR_INT, PATCH_TUN, PATCH_INT), patch(BR_TUN, PATCH_INT, PATCH_TUN)]
      : []),
    ...physical.flatMap((bridge) => {
      const [own, other] = [peerName('int', bridge), peerName('phy', bridge)];
      return [local(bridge), joint(BR_INT, own, other), joint(bridge, other, own)];
    }),
    ...facts.tunnels.map(({ type, node: other, because }) =>
      port(
        BR_TUN,
        tunnelName(type, other.tunnel_ip ?? '<tunnel_ip>'),
        type,
        {
          local_ip: node.tunnel_ip ?? '<tunnel_ip>',
          remote_ip: other.tunnel_ip ?? '<tunnel_ip>',
          in_key: 'flow',
          out_key: 'flow',
        },
        { ...because, neutron: 'ovs_neutron_agent.py: _setup_tunnel_port' },
      ),
    ),
    ...facts.networks.flatMap((network) =>
      network.plugged.map((plugged) => ({
        ...port(BR_INT, plugged.name, plugged.type, peerOfTrunk(plugged.name), {
          ...plugged.because,
          neutron: 'ovs_neutron_agent.py: port_bound',
        }),
        ...wiring(facts, network, plugged),
      })),
    ),
    ...facts.unbound.map((plugged) => unboundPort(port(BR_INT, plugged.name, plugged.type, {}), node, plugged)),
  ];
}

/**
 * The agent that made the device put it on the dead VLAN (`agent/common/ovs_lib.py: replace_port`); the server gives no details of a port
 * without binding (`plugins/ml2/rpc.py: _get_device_details`), so the OVS agent leaves it there (`treat_devices_added_or_updated`).
 */
const unboundPort = (made: OvsPort, node: Node, { id, mac, network, because }: Plugged): OvsPort => ({
  ...made,
  tag: DEAD_VLAN_TAG,
  external_ids: { 'iface-id': id, 'attached-mac': mac, 'iface-status': 'active' },
  because: {
    pointer: because.pointer,
    sentence: `${network.name} is on physical network ${network.physical_network ?? ''}, to which ${node.name} maps no bridge: binding fails`,
    neutron: 'mech_agent.py: check_segment_for_agent',
  },
});

/**
 * `ovs_neutron_agent.py: setup_integration_br, setup_tunnel_br, setup_physical_bridges`: without its controller a bridge keeps its flows
 * and learns nothing. Where the agent leaves it alone, what is there stands.
 */
function failMode({ ovs, release }: OvsFacts, bridge: string): Pick<OvsPort, 'fail_mode'> {
  const isSecure =
    bridge === BR_INT || releaseHas(release, bridge === BR_TUN ? 'flow_secure_tunnel' : 'flow_secure_physical');
  const told = ovs.failModes;
  if (told && Object.keys(told).length === 0) return {};
  const mode = isSecure ? 'secure' : told?.[bridge];
  return mode === undefined ? {} : { fail_mode: mode };
}

const peerOfTrunk = (name: string): Record<string, string> => {
  const peer = trunkPeer(name);
  return peer === undefined ? {} : { peer };
};

/** Tag and keys of a port that stands for a Neutron port (`ovs_neutron_agent.py: port_bound`, `interface.py: _ovs_add_port`). */
function wiring(
  facts: OvsFacts,
  { network, localVlan }: LocalNetwork,
  { id, mac, name, isDead }: Plugged,
): Pick<OvsPort, 'tag' | 'external_ids' | 'other_config'> {
  const segmentation = network.segmentation_id;
  return {
    tag: isDead ? DEAD_VLAN_TAG : localVlan,
    // What plugs a trunk's ports sets no status (`trunk_manager.py: get_patch_peer_attrs`).
    external_ids: {
      'iface-id': id,
      'attached-mac': mac,
      ...(trunkPeer(name) === undefined ? { 'iface-status': 'active' } : {}),
    },
    // Before Liberty the agent keeps nothing of it in the database.
    other_config: !releaseHas(facts.release, 'flow_other_config')
      ? {}
      : {
          net_uuid: facts.ovs.networkIds[network.name] ?? network.id ?? `<id of ${network.name}>`,
          ...(network.network_type === undefined ? {} : { network_type: network.network_type }),
          physical_network: isPhysical(network) ? (network.physical_network ?? 'None') : 'None',
          ...(segmentation === undefined ? {} : { segmentation_id: String(segmentation) }),
          ...(hasFlowChange(facts, 'flow_tag_kept') ? { tag: String(localVlan) } : {}),
        },
  };
}
