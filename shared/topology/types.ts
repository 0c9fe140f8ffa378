/**
 * The topology as the rest of the program reads it: Neutron's objects under Neutron's names, references resolved by name,
 * every object with its own name and the pointer to its place in the file. Made by `read.ts`, which drops what is invalid
 * and reports it, so that code behind it may trust types (not presence: only what is marked required is always there).
 */
import type { Pointer } from '../problem.ts';

interface Named {
  /** The user's own name: the key in the file. */
  name: string;
  pointer: Pointer;
}

/**
 * `legacy`, `dvr`, `dvr_snat`, `dvr_no_external` as in neutron-lib's constants; `none` is ours: a node without L3 agent,
 * such as one that has the DHCP agent alone. It holds no routers, and floating IPs of ports on it are served nowhere.
 */
export type AgentMode = 'legacy' | 'dvr' | 'dvr_snat' | 'dvr_no_external' | 'none';

/** A machine; its name is Neutron's `host`, as in `binding:host_id`. */
export interface Node extends Named {
  agent_mode: AgentMode;
  /** Where SSH reaches it. Default: the node's name. */
  address?: string;
  ssh_port?: number;
  ssh_user?: string;
  tunnel_ip?: string;
  /** Physical network → bridge. */
  bridge_mappings: Record<string, string>;
  /** Id of the L3 agent: `device_id` of its floating IP agent gateway ports. */
  l3_agent_id?: string;
  /** Of the OVS agent. */
  enable_distributed_routing?: boolean;
  l2_population?: boolean;
}

export interface Network extends Named {
  id?: string;
  /** `router:external`. */
  external: boolean;
  network_type?: string;
  physical_network?: string;
  segmentation_id?: number;
  /** Absent: 1500, the default of `global_physnet_mtu`, less the encapsulation. */
  mtu?: number;
  /** Name or id of the address scope, where there is one. */
  ipv4_address_scope?: string;
  ipv6_address_scope?: string;
  subnets: Subnet[];
}

export interface Subnet extends Named {
  network: string;
  id?: string;
  /** Canonical network form: `10.0.0.0/24`. */
  cidr: string;
  /** null: a subnet without gateway. Absent in the file: the first address of the subnet, as Neutron chooses. */
  gateway_ip: string | null;
  allocation_pools: { start: string; end: string }[];
  enable_dhcp: boolean;
  ipv6_ra_mode?: string;
  ipv6_address_mode?: string;
  host_routes: { destination: string; nexthop: string }[];
}

export interface FixedIp {
  /** Name of a subnet; absent when it was not given and no subnet of the network holds the address. */
  subnet?: string;
  ip_address: string;
}

/** What a device of an agent is made of: a Neutron port, as far as it is known. `port_id` may be its first 11 characters or more. */
export interface DevicePort {
  pointer: Pointer;
  port_id?: string;
  mac_address?: string;
}

export interface RouterGateway extends DevicePort {
  network: string;
  /** `external_fixed_ips`; a single `ip_address` in the file becomes one of these. */
  external_fixed_ips: FixedIp[];
  enable_snat: boolean;
  /** The node that the gateway port is bound to: the SNAT host. */
  node?: string;
}

export interface RouterInterface extends DevicePort {
  /** The subnet it is on: the key in the file. */
  subnet: string;
  /** Default: the subnet's `gateway_ip`. */
  ip_address?: string;
  /** The centralised SNAT port, device owner `network:router_centralized_snat`. */
  snat?: DevicePort & { ip_address?: string };
}

export interface RouterAgent {
  node: string;
  ha_state?: string;
}

export interface Router extends Named {
  id?: string;
  distributed: boolean;
  ha: boolean;
  admin_state_up: boolean;
  external_gateway?: RouterGateway;
  interfaces: RouterInterface[];
  routes: { destination: string; nexthop: string }[];
  /** `router-l3-agents`: the agents that the router is bound to. Absent: not known. */
  l3_agents?: RouterAgent[];
  /** Absent: not known. */
  conntrack_helpers?: ConntrackHelper[];
  /** Absent: not known. */
  enable_ndp_proxy?: boolean;
  ndp_proxies?: NdpProxy[];
}

/** `lib: api/definitions/l3_conntrack_helper.py`. */
export interface ConntrackHelper {
  id?: string;
  protocol: string;
  port: number;
  helper: string;
}

/** `lib: api/definitions/l3_ndp_proxy.py`. */
export interface NdpProxy {
  id?: string;
  ip_address: string;
  /** Name of the port that has the address. */
  port?: string;
}

/** Any other port: VMs, DHCP ports, floating IP agent gateways, … */
export interface Port extends Named {
  id?: string;
  network: string;
  /** `binding:host_id`. */
  node?: string;
  /** `migrating_to` of `binding:profile`: a VM is on its way to that node. */
  migrating_to?: string;
  mac_address?: string;
  fixed_ips: FixedIp[];
  /** `compute:nova`, `network:dhcp`, `network:floatingip_agent_gateway`, …; empty when nobody owns it. */
  device_owner: string;
  device_id?: string;
  status?: string;
  allowed_address_pairs: { ip_address: string; mac_address?: string }[];
  port_security_enabled?: boolean;
  /** Absent: up. */
  admin_state_up?: boolean;
  /** `binding:vnic_type`; absent: `normal`. */
  vnic_type?: string;
}

export interface PortForwarding {
  id?: string;
  protocol: string;
  /** One port, or a range `first:last`. */
  external_port?: number;
  external_port_range?: string;
  internal_port?: number;
  internal_port_range?: string;
  internal_ip_address: string;
  internal_port_id?: string;
}

/** Its name is its address. */
export interface FloatingIp extends Named {
  id?: string;
  floating_ip_address: string;
  /** The external network; default: the one whose subnet holds the address. */
  network?: string;
  port?: string;
  fixed_ip_address?: string;
  router?: string;
  status?: string;
  port_forwardings: PortForwarding[];
}

/** A line of `promises`, as written; `promiseText.ts` reads it. */
export interface PromiseText {
  pointer: Pointer;
  text: string;
}

export interface Topology {
  /**
   * Release of the agents as a codename: `zed`; `2023.1` style from there on. Absent: nobody said. Then the live state tells,
   * and where there is none the newest known release is expected.
   */
  release?: string;
  nodes: Node[];
  networks: Network[];
  routers: Router[];
  ports: Port[];
  floating_ips: FloatingIp[];
  /** What must hold of packets; absent when nothing is written down. */
  promises?: PromiseText[];
  /**
   * Entries that the file has but that could not be read, each reported by the reader. What is missing from the topology may be there:
   * whoever concludes something from an absence asks here first. Absent when all was read.
   */
  unread?: Pointer[];
}
