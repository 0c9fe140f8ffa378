/** What Open vSwitch and its agent choose on one node: local VLANs, port numbers, DVR MACs, cookies, and what depends on order. */

import type { Backported } from './changes.ts';

export interface OvsAllocations {
  /** Network name → local VLAN (`ovs_neutron_agent.py: provision_local_vlan`). */
  localVlans: Record<string, number>;
  /** `BRIDGE PORT` → OpenFlow port number. */
  ofports: Record<string, number>;
  /** Key of a Neutron port → the device that stands for it on br-int: whoever plugs a VM names it. */
  devices: Record<string, { name: string; type: string }>;
  /** Device name → whole id of its Neutron port, where the topology has only its beginning. */
  ifaceIds: Record<string, string>;
  /** Network name → whole id, where the topology has none or only its beginning. */
  networkIds: Record<string, string>;
  /** This host's DVR MAC and those of the others (`db/dvr_mac_db.py`). */
  dvrMac?: string;
  otherDvrMacs?: string[];
  /** Bridge → cookie of the agent's run (`openflow/native/ovs_bridge.py`). */
  cookies: Record<string, string>;
  /** Subnet with several DVR interfaces → MAC of the one that stands for all: the agent asks once for a subnet (`ovs_dvr_neutron_agent.py: LocalDVRSubnetMapping`). */
  gatewayMacs: Record<string, string>;
  /** Network name → nodes that get its floods besides those with ports on it (`twoHop.ts`). */
  extraFloods: Record<string, string[]>;
  /** Whether `prevent_arp_spoofing` is off, while it was an option. */
  hasNoSpoofing?: boolean;
  /** Whether `firewall_driver = openvswitch`. */
  hasFlowFirewall?: boolean;
  /** Whether the flows are asked for that the firewall replaces by its own: expected packets pass without it. */
  isUnfiltered?: boolean;
  /** Changes that came into stable branches late (`changes.ts`), as the flows tell. */
  changes: Partial<Record<Backported, boolean>>;
  /** Whether `of_interface = ovs-ofctl`, which writes some actions in another order. */
  isOfctl?: boolean;
  /** Bridge → its fail_mode; empty: the node did not tell. */
  failModes?: Record<string, string>;
  /** Whether bridges are joined by veth pairs, not patch ports (`use_veth_interconnection`, before Wallaby). */
  hasVeth?: boolean;
  /** Whether `arp_responder` is on, where DVR does not force it. */
  hasArpResponder?: boolean;
  /** Types of tunnels that the agent makes to all others (`tunnel_types`), without l2population. */
  tunnelTypes?: string[];
  /** Tables from the classified frame to the switch, where the flows tell others than the release has (`tables.ts: chainOf`). */
  chain?: number[];
  /** Whether br-int is joined to no physical bridge, where the topology tells no `bridge_mappings`. */
  hasNoMappings?: boolean;
  /** Whether br-tun is there, which only the agent's configuration says. */
  hasTunnelBridge?: boolean;
  /** Flows that are there, as text without cookie, with and without what they do: where the agent's order of events decides between several, the one that is there stands. */
  seen: Record<string, true>;
}

export const noOvsAllocations = (): OvsAllocations => ({
  localVlans: Object.create(null),
  ofports: Object.create(null),
  devices: Object.create(null),
  ifaceIds: Object.create(null),
  networkIds: Object.create(null),
  cookies: Object.create(null),
  gatewayMacs: Object.create(null),
  extraFloods: Object.create(null),
  changes: {},
  seen: Object.create(null),
});
