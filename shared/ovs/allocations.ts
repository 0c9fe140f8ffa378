/** What Open vSwitch and its agent choose on one node: local VLANs, port numbers, DVR MACs, cookies, and what depends on order. */

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
  /** Names that are hashes: `TYPE REMOTE_IP` → tunnel port, `int BRIDGE` and `phy BRIDGE` → patch port. */
  tunnels: Record<string, string>;
  /** This host's DVR MAC and those of the others (`db/dvr_mac_db.py`). */
  dvrMac?: string;
  otherDvrMacs?: string[];
  /** Bridge → cookie of the agent's run (`openflow/native/ovs_bridge.py`). */
  cookies: Record<string, string>;
  /** Whether `firewall_driver = openvswitch`. */
  hasFlowFirewall?: boolean;
  /** Tables from the classified frame to the switch, where the flows tell others than the release has (`tables.ts: chainOf`). */
  chain?: number[];
  /** Whether br-tun is there, which only the agent's configuration says. */
  hasTunnelBridge?: boolean;
  /** Flows that are there, as text without cookie: where the agent's order of events decides between several, the one that is there stands. */
  seen: Record<string, true>;
}

export const noOvsAllocations = (): OvsAllocations => ({
  localVlans: Object.create(null),
  ofports: Object.create(null),
  devices: Object.create(null),
  ifaceIds: Object.create(null),
  networkIds: Object.create(null),
  tunnels: Object.create(null),
  cookies: Object.create(null),
  seen: Object.create(null),
});
