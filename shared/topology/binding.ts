/** Which nodes can bind a port to a network. */
import type { Network, Node } from './types.ts';

/**
 * Whether the OVS agent of a node can take a port of a flat or VLAN network: it has to map the physical network
 * (`plugins/ml2/drivers/mech_agent.py: check_segment_for_agent`, `physnet_in_mappings`). A topology that tells no mappings of the node says nothing
 * about that; its Open vSwitch does.
 *
 * @param hasNoMappings whether the node was seen without any
 */
export function canBind(
  { bridge_mappings }: Node,
  { network_type, physical_network }: Network,
  hasNoMappings = false,
): boolean {
  if ((network_type !== 'flat' && network_type !== 'vlan') || physical_network === undefined) return true;
  if (Object.keys(bridge_mappings).length === 0) return !hasNoMappings;
  return Object.hasOwn(bridge_mappings, physical_network);
}
