/**
 * What a trace is made over: the states of the nodes, and what they are plugged into. Plain data; nothing here knows a topology.
 */
import type { NodeState } from '../state.ts';

/**
 * Which side the states are: computed by the engine, or read from nodes. A trace repeats it, and gives an expected node what the switch
 * would have chosen (numbers of ports), and what no agent makes (the device of a physical network).
 */
export type Side = 'expected' | 'live';

/** All that a trace is made of. */
export interface Cloud {
  from: Side;
  /** At most one for a node. A node of `wiring.nodes` without a state is unseen: what depends on it ends in `insufficient-info`. */
  states: NodeState[];
  wiring: Wiring;
  /**
   * Of states that are made when somebody looks: the namespaces by name that may have a device on a segment, so that nobody has to look at
   * all of them. Absent: any may.
   */
  near?: Record<string, string[]>;
}

/** What no node state says: which devices share a wire, and who else is on it. */
export interface Wiring {
  /** All nodes of the cloud; the names of `states` when absent. */
  nodes?: string[];
  /** Broadcast domains (Neutron networks) by name. */
  segments: Record<string, Segment>;
  /** Devices of router namespaces by name: `qr-`, `sg-`, `qg-`, `fg-`. Not `rfp-` and `fpr-`, which find each other by name. */
  devices: Record<string, WiredDevice>;
  endpoints: Endpoint[];
  /** `tunnel_ip` by node. */
  tunnelIps?: Record<string, string>;
  /** `bridge_mappings` by node: physical network → bridge. */
  bridgeMappings?: Record<string, Record<string, string>>;
}

/** A broadcast domain. */
export interface Segment {
  external: boolean;
  /** Subnets of the network: `10.0.0.0/24`. */
  prefixes: string[];
  /** On an external segment: addresses of the routers outside (`gateway_ip` of its subnets). */
  gateways: string[];
  /**
   * Addresses that Neutron has given out on an external segment: gateway ports, floating IPs (also those without a port),
   * floating IP agent gateways. When nobody answers for one of these, nobody outside does either.
   */
  reserved: string[];
  /** How its frames travel between nodes; absent: not known. */
  carrier?: Carrier;
}

/** Through tunnels, or over a physical network, there with a VLAN or (flat) without. */
export type Carrier = { type: 'tunnel' } | { type: 'physical'; network: string; vlan?: number };

/** Where a device of a router namespace is plugged in. */
export interface WiredDevice {
  /** Name of a segment. */
  segment: string;
  /**
   * The same device, with the same MAC and addresses, exists on every node of a distributed router (`qr-` of DVR). ARP for it and
   * frames to it stay on their node (`ovs_dvr_neutron_agent.py`: br-tun table 1 drops them, the MAC is rewritten).
   */
  distributed?: boolean;
  /** The nodes that should have it, when it is not distributed: of a highly available router those of all its instances. Absent: not known. */
  nodes?: string[];
}

/** A port that is no device of a router namespace: a VM, a DHCP port, a virtual address. */
export interface Endpoint {
  name: string;
  id?: string;
  /** `binding:host_id`. An unbound port has an address, and nobody answers for it. */
  node?: string;
  segment: string;
  mac?: string;
  /** Neutron does not say that anything is plugged in: its `status` is DOWN, or nobody owns it. */
  mayBeUnplugged?: boolean;
  /** It serves DHCP on its segment (`device_owner` `network:dhcp`). */
  servesDhcp?: boolean;
  addresses: EndpointAddress[];
  /** Addresses and prefixes of its allowed address pairs. It answers for the addresses, and takes what is sent to it for a prefix. */
  extraAddresses: string[];
  /** IPv6 prefixes that a router advertises on its segment: whoever hears it has them on the link (`linux/ra.py: AdvOnLink`). */
  advertised?: string[];
}

/** A fixed IP, with what DHCP tells about its subnet. */
export interface EndpointAddress {
  local: string;
  prefixlen: number;
  /** `gateway_ip` of the subnet. */
  gateway?: string;
  /** `host_routes` of the subnet. */
  hostRoutes?: { destination: string; nexthop: string }[];
}
