/** What Neutron's agents make of a node's Open vSwitch: its ports and flows. */
import type { Context } from '../namespaces/devices.ts';
import type { Namespace } from '../namespaces/types.ts';
import type { Flow, OvsPort } from '../state.ts';
import { integrationFlows } from './brInt.ts';
import { physicalFlows } from './brPhys.ts';
import { tunnelFlows, tunnelPortName } from './brTun.ts';
import { type LocalNetwork, type OvsFacts, type Plugged, isPhysical, ovsFacts } from './facts.ts';
import { always } from './flow.ts';
import { BR_INT, BR_TUN, PATCH_INT, PATCH_TUN, peerName } from './names.ts';

/** @param namespaces those of the node, whose devices are ports of br-int */
export function expectOpenVswitch(
  context: Context,
  namespaces: readonly Namespace[],
): { ports: OvsPort[]; flows: Flow[] } {
  const facts = ovsFacts(context, namespaces);
  const peers = new Map(facts.physical.map(({ physnet, bridge }) => [physnet, peerOf(facts, 'int', bridge)]));
  const bridges = new Map(facts.physical.map(({ physnet, bridge }) => [bridge, physnet]));
  return {
    ports: expectPorts(facts),
    flows: [
      ...integrationFlows(facts, peers),
      ...tunnelFlows(facts),
      ...[...bridges].flatMap(([bridge, physnet]) =>
        physicalFlows(facts, physnet, bridge, peerOf(facts, 'phy', bridge)),
      ),
    ],
  };
}

/** A patch port to or from a physical bridge: as it is called, where its name is a hash. */
const peerOf = ({ ovs }: OvsFacts, side: 'int' | 'phy', bridge: string): string =>
  ovs.tunnels[`${side} ${bridge}`] ?? peerName(side, bridge);

function expectPorts(facts: OvsFacts): OvsPort[] {
  const { node, ovs } = facts;
  const port = (
    bridge: string,
    name: string,
    type: string,
    options: Record<string, string>,
    because: OvsPort['because'],
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
  const local = (bridge: string) => port(bridge, bridge, 'internal', {}, setUp);
  const patch = (bridge: string, name: string, peer: string) => port(bridge, name, 'patch', { peer }, setUp);
  const physical = [...new Set(facts.physical.map(({ bridge }) => bridge))];
  return [
    local(BR_INT),
    ...(facts.hasTunnelBridge
      ? [local(BR_TUN), patch(BR_INT, PATCH_TUN, PATCH_INT), patch(BR_TUN, PATCH_INT, PATCH_TUN)]
      : []),
    ...physical.flatMap((bridge) => {
      const [own, other] = [peerOf(facts, 'int', bridge), peerOf(facts, 'phy', bridge)];
      return [local(bridge), patch(BR_INT, own, other), patch(bridge, other, own)];
    }),
    ...facts.tunnels.map(({ type, node: other, because }) =>
      port(
        BR_TUN,
        tunnelPortName(facts, type, other.tunnel_ip),
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
        ...port(
          BR_INT,
          plugged.name,
          plugged.type,
          {},
          { ...plugged.because, neutron: 'ovs_neutron_agent.py: port_bound' },
        ),
        ...wiring(facts, network, plugged),
      })),
    ),
  ];
}

/** Tag and keys of a port that stands for a Neutron port (`ovs_neutron_agent.py: port_bound`, `interface.py: _ovs_add_port`). */
function wiring(
  facts: OvsFacts,
  { network, localVlan }: LocalNetwork,
  { id, mac }: Plugged,
): Pick<OvsPort, 'tag' | 'external_ids' | 'other_config'> {
  const segmentation = network.segmentation_id;
  return {
    tag: localVlan,
    external_ids: { 'iface-id': id, 'attached-mac': mac, 'iface-status': 'active' },
    other_config: {
      net_uuid: facts.ovs.networkIds[network.name] ?? network.id ?? `<id of ${network.name}>`,
      ...(network.network_type === undefined ? {} : { network_type: network.network_type }),
      physical_network: isPhysical(network) ? (network.physical_network ?? 'None') : 'None',
      ...(segmentation === undefined ? {} : { segmentation_id: String(segmentation) }),
      tag: String(localVlan),
    },
  };
}
