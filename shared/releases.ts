/**
 * What differs between releases of Neutron, as one table that everything asks.
 * A change that stable branches got later is in two tables: each point release of `FIRST` has it, of those between `BACKPORTED` and
 * `FIRST` only some do, so that there a node tells which it is (`readBackports.ts`).
 */

/** OpenStack releases from Juno, in order. */
export const RELEASES = [
  'juno', 'kilo', 'liberty', 'mitaka', 'newton', 'ocata', 'pike', 'queens', 'rocky', 'stein', 'train', 'ussuri',
  'victoria', 'wallaby', 'xena', 'yoga', 'zed', '2023.1', '2023.2', '2024.1', '2024.2', '2025.1', '2025.2', '2026.1',
] as const; // prettier-ignore

export type Release = (typeof RELEASES)[number];

/** The first release of which every version has it, and the change that brought it. */
export const FIRST = {
  /** IPv6 in distributed routers (`dvr_router.py: _get_snat_idx` hashes the address, 7eb23f662c). */
  dvr_ipv6: 'kilo',
  /** `router_info.py: external_gateway_nat_rules`: one SNAT rule `-o qg`, before it one for each subnet; ingress mark and hairpin. */
  snat_by_device: 'kilo',
  /** `iptables_manager.py: IptablesManager.__init__`: mangle chain `mark`, and the comment of `iptables_comments.py: SNAT_OUT`. */
  mark_chain: 'kilo',
  /** `dvr_fip_ns.py: create` sets ip_nonlocal_bind in its own namespace; before it the agent set it on the host. */
  fip_nonlocal_bind: 'mitaka',
  /** Marks of 16 bits, and metadata marked on `qr-` alone (`metadata/driver.py: metadata_mangle_rules`, `constants.py: ROUTER_MARK_MASK`). */
  short_marks: 'liberty',
  /** ip6tables has a raw table (`iptables_manager.py: IptablesManager.__init__`). */
  raw_ipv6: 'liberty',
  /** Extra routes of a distributed router in its snat namespace as well (`dvr_edge_router.py: update_routing_table`). */
  snat_extra_routes: 'liberty',
  /** … and, on nodes in mode dvr_snat, in the qrouter namespace again (`dvr_edge_router.py: update_routing_table`). */
  edge_extra_routes: 'mitaka',
  /** Priorities of floating IP rules are kept in a file (`fip_rule_priority_allocator.py`, de81ab8385). */
  fip_priorities_file: 'liberty',
  /** Address scopes, and a mangle table in ip6tables (3e94111d6b). */
  address_scopes: 'mitaka',
  /** `agent/l3/dvr_edge_ha_router.py`: HA of distributed routers (f63366e615). */
  dvr_ha: 'mitaka',
  /** Where a VM migrates to is served before it is there: `l3_dvrscheduler_db.py: _check_dvr_serviceable_ports_on_host` (f0bdb798fa), `dvr_local_router.py: _check_if_floatingip_bound_to_host` (c04587110f). */
  live_migration: 'mitaka',
  /** `agent/linux/interface.py: OVSInterfaceDriver.plug_new` takes the MTU of the network, not the option `network_device_mtu`. */
  network_mtu: 'newton',
  /** `constants.py: DVR_FIP_LL_CIDR` is 169.254.64.0/18, before `dvr_fip_ns.py: FIP_LL_SUBNET` 169.254.30.0/23 (7b1b8c2de5). */
  link_local_18: 'newton',
  /** `dvr_local_router.py: floating_forward_rules` by `-i rfp`; floating IPs are no addresses of `rfp`; chains follow them (a388f78c8c). */
  fip_by_device: 'newton',
  /** Chains of address scopes in namespaces of routers alone (`router_info.py: initialize_address_scope_iptables`). */
  router_scope_chains: 'newton',
  /** `l3_dvr_db.py: update_arp_entry_for_dvr_service_port` sends allowed address pairs (6185a09d13). */
  pair_push: 'newton',
  /** Tables for the way out of each router in the fip namespace: `_add_rtr_ext_route_rule_to_route_table` (c6de850021). */
  fip_tables: 'ocata',
  /** The fip link follows the gateway, not floating IPs: `dvr_local_router.py: process_external` (3162846a7b). */
  fip_by_gateway: 'pike',
  /** `dvr_fip_ns.py: FAST_PATH_EXIT_PR` (dba107be0e). */
  fast_exit: 'pike',
  /** Floating IPs in the snat namespace: `dvr_edge_router.py: add_centralized_floatingip` (8b4bb9c0b0). */
  central_floating_ips: 'pike',
  /** `namespaces.py: Namespace.create` sets arp_ignore and arp_announce (0f076cfc2d). */
  arp_sysctls: 'pike',
  /** `router_info.py: _configure_ipv6_params_on_gw` turns router advertisements off where the gateway is known. */
  gateway_ipv6_params: 'pike',
  /** Agent mode `dvr_no_external` (9515c771e7). */
  dvr_no_external: 'queens',
  /** `dvr_local_router.py: _set_subnet_arp_info` leaves ports of load balancers to the server (af73882a9d). */
  no_lbaas_arp: 'queens',
  /** The snat namespace jumps to its chain of floating IPs (`dvr_edge_router.py: _handle_router_snat_rules`, 0f08b2c625). */
  snat_float_jump: 'queens',
  /** `ha_router.py: HaRouterNamespace` is made without IPv6 forwarding (3e9e2a5b4b). */
  ha_no_forwarding: 'rocky',
  /** `agent/l3/extensions/port_forwarding.py`. */
  port_forwarding: 'rocky',
  /** `dvr_fip_ns.py: create_rtr_2_fip_link` writes permanent neighbours on both ends (ac5815a110). */
  link_neighbours: 'stein',
  /** `dvr_fip_ns.py: _create_gateway_port` sets on-link routes of the other external subnets (97c98a1c6d). */
  fip_onlink: 'stein',
  /** `l3_dvrscheduler_db.py: _get_other_dvr_router_ids_connected_router` (5018d70241). */
  related_routers: 'stein',
  /** `--random-fully` on SNAT rules (`iptables_manager.py: IptablesManager.random_fully`, 30f35e08f9). */
  random_fully: 'train',
  /** `router_info.py: _prevent_snat_for_internal_traffic_rule` without `! -i` (dfa37b2233). */
  accept_by_out: 'train',
  /** `ip_lib.py: add_ip_route` writes routes by netlink, as `proto static`; before it `ip route` did, without a protocol (0699713609). */
  static_routes: 'train',
  /** Ports of trunks count: `common/utils.py: get_other_dvr_serviced_device_owners` (d0a1652227). */
  trunk_subports: 'ussuri',
  /** An IPv6 subnet of which no gateway is said has the network's own address as one (`db/ipam_backend_mixin.py: _gateway_ip_str`, 0b3cff33c1). */
  ipv6_network_gateway: 'ussuri',
  /** `ha_router.py: external_gateway_link_up`: the gateway device of a standby is down (c52029c39a). */
  ha_gateway_down: 'ussuri',
  /** … and no more (36bf1df46d). */
  ha_gateway_up: 'zed',
  /** `router_info.py: _update_routing_table` by netlink, so `proto static` for extra routes too (998b22b383). */
  static_extra_routes: 'victoria',
  /** `dvr_local_router.py: _get_address_scope_mark`: `rfp` has marks for the families of the gateway port (84d4fe177b). */
  rfp_scope_families: 'wallaby',
  /** Allowed address pairs in `dvr_local_router.py: _set_subnet_arp_info` (7b59b5069b). */
  pair_arp: 'xena',
  /** Several next hops for one destination are one route: `router_info.py: check_and_add_ecmp_route` (9b2983743b). */
  ecmp: 'xena',
  /** `dvr_local_router.py: _load_used_fip_information` adds rules that it misses (a03c240ef4). */
  fip_rules_reread: 'xena',
  /** `dvr_local_router.py: _set_subnet_arp_info` takes only addresses of the subnet (771fdc0b07). */
  arp_of_subnet: 'yoga',
  /** DVR on VLAN networks: `ovs_dvr_neutron_agent.py: setup_dvr_flows_on_phys_br`; before it one flow a subnet floods IP to its ports (7eb23f662c). */
  flow_vlan_dvr: 'kilo',
  /** `ovs_neutron_agent.py: setup_tunnel_br` makes br-tun with fail_mode secure. */
  flow_secure_tunnel: 'kilo',
  /** `ovs_neutron_agent.py: port_bound` keeps the network in the port's other_config. */
  flow_other_config: 'liberty',
  /** Drops for Geneve and ARP spoofing, NORMAL at priority 0, cookies in learned flows: `openflow/ovs_ofctl/br_int.py: setup_default_table`. */
  flow_arp_spoofing: 'liberty',
  /** `ovs_neutron_agent.py: _add_port_tag_info` keeps the local VLAN in other_config. */
  flow_tag_kept: 'mitaka',
  /** `ovs_neutron_agent.py: setup_physical_bridges` sets fail_mode secure. */
  flow_secure_physical: 'newton',
  /** `br_int.py: set_allowed_macs_for_port`: br-int table 25. */
  flow_mac_spoofing: 'newton',
  /** br-int: table 60 (TRANSIENT) behind table 0 (ce8a0b2b7d). */
  flow_transient: 'pike',
  /** Protection against spoofing is no option any more: `ovs_conf.py: prevent_arp_spoofing` is gone. */
  flow_spoofing_forced: 'pike',
  /** The dead VLAN is dropped: `br_int.py: setup_default_table`, `DEAD_VLAN_TAG`. */
  flow_dead_drop: 'stein',
  /** Flows come over the native interface only: `conf/plugins/ml2/drivers/ovs_conf.py: of_interface` is gone. */
  flow_native: 'train',
  /** ARP of routers reaches the responder: drops move to br-tun 22; br-int tables 3 and 4, priority 5 (52b537ca22). */
  flow_arp_to_responder: 'train',
  /** DVR with l2population forces the ARP responder on: `ovs_neutron_agent.py: __init__`, `arp_responder_enabled`. */
  flow_arp_responder: 'ussuri',
  /** br-int tables 1, 2 and 60 at priority 20, table 62: `br_int.py: install_dvr_to_src_mac`, `TRANSIENT_EGRESS_TABLE` (0255239ed5). */
  flow_accepted_egress: 'ussuri',
  /** `ovs_dvr_neutron_agent.py: bind_port_to_dvr` takes flat networks too (cd721a7dcb). */
  flow_flat_dvr: 'victoria',
  /** Bridges are joined by patch ports only: `ovs_conf.py: use_veth_interconnection` is gone. */
  flow_no_veth: 'wallaby',
  /** br-int 0 priority 99: `br_dvr_process.py: change_arp_destination_mac` (7be2dc976a). */
  flow_arp_destination: 'wallaby',
  /** br-int tables 30 and 31: Local IP (b51d6958f3). */
  flow_local_ip: 'yoga',
  /** br-int table 59: packet rate limit (053a9d24ec). */
  flow_rate_limit: 'yoga',
  /** The dead VLAN is matched so that it works (7aae31c9f9). */
  flow_dead_vlan: 'yoga',
  /** The openvswitch firewall takes the unicast flow of a port that it filters out of table 60 (ef7f673098). */
  flow_filtered_unicast: 'yoga',
  /** The rate limit is table 58 (neutron-lib 3.4). */
  flow_table_58: '2023.1',
  /** br-int 60: NORMAL at priority 1 (d6f56c5f96). */
  flow_normal_1: '2024.2',
  /** Bandwidth meters in table 59, between 58 and 60 (9b2b7faee6). */
  flow_bandwidth: '2025.1',
  /** Allowed address pairs with a MAC of their own have DVR flows (1364715541). */
  flow_pairs: '2025.1',
  /** br-tun table 10 learns from gratuitous ARP, router and neighbour advertisements by flows of their own: `br_tun.py: _setup_learn_flows` (f29de21350). */
  flow_learn_announced: '2026.1',
  /** `l3_dvr_db.py: update_arp_entry_for_dvr_service_port` sends allowed address pairs with their own MAC (be259520ce). */
  pair_mac: '2025.1',
  /** `metadata/driver.py`: metadata over IPv6; before it there is no nat table in ip6tables (a1f4ee3ade). */
  metadata_ipv6: 'victoria',
  /** `dvr_fip_ns.py: create_rtr_2_fip_link` writes an IPv6 default route for the NDP proxy (9b27020a65, bbefe5285e). */
  rfp_ipv6_default: 'zed',
  /** `ha_router.py: HaRouterNamespace` sets addr_gen_mode 1: no link-local addresses (5288593faf). */
  ha_no_link_local: 'zed',
  /** `dvr_snat_ns.py: create` sets ip_nonlocal_bind (c813b658d0). */
  snat_nonlocal_bind: '2023.1',
  /** The state file of an HA router says `primary`, before `master` (`keepalived_state_change.py: MonitorDaemon.write_state_change`, 055036ba2b). */
  ha_primary: 'victoria',
  /** `dhcp.py: DeviceManager.fill_dhcp_udp_checksums` (f5419d9079). */
  dhcp_checksum: 'kilo',
  /** … in ip6tables as well (26eb2509fe). */
  dhcp_checksum_ipv6: 'stein',
  /** … and without a nat table (5e9f298c97). */
  dhcp_without_nat: 'train',
  /** `dhcp.py: DeviceManager.setup` lets the namespace learn no IPv6 addresses (904f85e2f9). */
  dhcp_no_ra: 'ocata',
  /** `dhcp.py: DeviceManager.setup` sets ip_nonlocal_bind (6124f60297). */
  dhcp_nonlocal_bind: 'stein',
  /** `dhcp.py: DeviceManager.setup`: the IPv6 metadata address only where a subnet is IPv6 (40657fab63). */
  dhcp_metadata6_by_subnet: '2025.1',
  /** The first release whose `keepalived.conf` the engine knows; DVR with HA came with it (`dvr_edge_ha_router.py`). */
  keepalived_mitaka: 'mitaka',
  /** `keepalived.py: KeepalivedConf.build_config` begins with global_defs (b3af52e738). */
  keepalived_global_defs: 'newton',
  /** `keepalived.py: KeepalivedVipAddress.build_config` writes no_track (dc9084a8ec). */
  keepalived_no_track: 'ussuri',
  /** `keepalived.py: KeepalivedVirtualRoute` writes `protocol static` (25ec6e7e4f). */
  keepalived_static: '2023.1',
  /** `dvr_edge_ha_router.py`: extra routes of DVR with HA are keepalived's alone (f3c743d090). */
  ha_extra_routes: '2023.2',
  /** `common/utils.py: is_dvr_serviced` no longer counts load balancer ports (656028f311). */
  no_lbaas: '2024.1',
  /** `namespaces.py: Namespace.create` sets nf_conntrack_tcp_be_liberal (ab94c6b021). */
  tcp_be_liberal: '2025.1',
} as const satisfies Record<string, Release>;

export type Change = keyof typeof FIRST;

/** The oldest release of which late versions have a change. Where a stable branch never got it, none is named. */
export const BACKPORTED = {
  link_local_18: 'liberty',
  network_mtu: 'liberty',
  edge_extra_routes: 'liberty',
  pair_push: 'liberty',
  fip_by_device: 'mitaka',
  fip_tables: 'newton',
  dvr_no_external: 'pike',
  snat_float_jump: 'pike',
  ha_no_forwarding: 'ocata',
  link_neighbours: 'ocata',
  fip_onlink: 'queens',
  related_routers: 'pike',
  random_fully: 'ocata',
  accept_by_out: 'stein',
  trunk_subports: 'queens',
  ha_gateway_down: 'queens',
  ha_gateway_up: 'victoria',
  pair_arp: 'queens',
  fip_rules_reread: 'queens',
  dhcp_checksum_ipv6: 'pike',
  dhcp_no_ra: 'newton',
  dhcp_nonlocal_bind: 'pike',
  dhcp_metadata6_by_subnet: '2024.1',
  keepalived_no_track: 'rocky',
} as const satisfies Partial<Record<Change, Release>>;

/** Changes of which a node told whether its agents have them; absent: nobody knows, they are as late versions are. */
export type Backports = Readonly<Partial<Record<Change, boolean>>>;

/** Which agents made something: the release, and what of it depends on the version. */
export interface Agents {
  /** Absent: nobody knows, the newest is expected. */
  release: string | undefined;
  backports: Backports;
}

const ORDER: ReadonlyMap<string | undefined, number> = new Map(RELEASES.map((release, i) => [release, i]));
const order = (release: string | undefined): number => ORDER.get(release) ?? -1;

/** Whether every version of a release has a change; a release that is not known counts as the newest. */
export const releaseHas = (release: string | undefined, change: Change): boolean =>
  order(release) < 0 || order(release) >= order(FIRST[change]);

/** Whether some versions of a release have a change, though not all. */
export const releaseMayHave = (release: string | undefined, change: Change): boolean => {
  const oldest = (BACKPORTED as Partial<Record<Change, Release>>)[change];
  return oldest !== undefined && !releaseHas(release, change) && order(release) >= order(oldest);
};

/** Whether agents have a change, as far as it is known. */
export const hasChange = ({ release, backports }: Agents, change: Change): boolean =>
  backports[change] !== false && (releaseHas(release, change) || releaseMayHave(release, change));
