/**
 * What differs between releases of Neutron, as one table that the aspects read.
 * Known so far: what concerns IPv4 in the L3 namespaces from Zed on; older releases come with a gap that says so.
 */

/** OpenStack releases from Juno, in order. */
export const RELEASES = [
  'juno', 'kilo', 'liberty', 'mitaka', 'newton', 'ocata', 'pike', 'queens', 'rocky', 'stein', 'train', 'ussuri',
  'victoria', 'wallaby', 'xena', 'yoga', 'zed', '2023.1', '2023.2', '2024.1', '2024.2', '2025.1', '2025.2', '2026.1',
] as const; // prettier-ignore

export type Release = (typeof RELEASES)[number];

/** The first release that has it, and the change that brought it. */
export const FIRST = {
  /** br-int: table 60 (TRANSIENT) behind table 0, table 1 at priority 20 (ce8a0b2b7d). */
  flow_transient: 'pike',
  /** ARP of routers reaches the responder: drops move to br-tun 22; br-int tables 3 and 4, priority 5 (dfa37b2233). */
  flow_arp_to_responder: 'train',
  /** `ovs_dvr_neutron_agent.py: bind_port_to_dvr` takes flat networks too (cd721a7dcb). */
  flow_flat_dvr: 'victoria',
  /** br-int 0 priority 99: `br_int.py: change_arp_destination_mac` (7be2dc976a). */
  flow_arp_destination: 'wallaby',
  /** br-int tables 30 and 31: Local IP (b51d6958f3). */
  flow_local_ip: 'yoga',
  /** br-int table 59: packet rate limit (053a9d24ec). */
  flow_rate_limit: 'yoga',
  /** The dead VLAN is matched so that it works (7aae31c9f9; in later Victoria to Xena too). */
  flow_dead_vlan: 'yoga',
  /** A port that the openvswitch firewall filters has no unicast flow in table 60 (ef7f673098). */
  flow_filtered_unicast: 'yoga',
  /** The rate limit is table 58 (neutron-lib 3.4). */
  flow_table_58: '2023.1',
  /** br-int 60: NORMAL at priority 1 (d6f56c5f96; in later 2023.1 to 2024.1 too). */
  flow_normal_1: '2024.2',
  /** Bandwidth meters in table 59, between 58 and 60 (9b2b7faee6). */
  flow_bandwidth: '2025.1',
  /** Allowed address pairs with a MAC of their own have DVR flows (1364715541). */
  flow_pairs: '2025.1',
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
  /** The state file of an HA router says `primary`, before `master` (`lib: constants.py: HA_ROUTER_STATE_ACTIVE`). */
  ha_primary: 'wallaby',
  /** `keepalived.py: KeepalivedVirtualRoute` writes `protocol static` (25ec6e7e4f). */
  keepalived_static: '2023.1',
  /** `dvr_edge_ha_router.py`: extra routes of DVR with HA are keepalived's alone (f3c743d090). */
  ha_extra_routes: '2023.2',
  /** `common/utils.py: is_dvr_serviced` no longer counts load balancer ports (656028f311). */
  no_lbaas: '2024.1',
  /** `namespaces.py: Namespace.create` sets nf_conntrack_tcp_be_liberal (ab94c6b021). */
  tcp_be_liberal: '2025.1',
} as const satisfies Record<string, Release>;

const order = (release: string | undefined): number => (RELEASES as readonly (string | undefined)[]).indexOf(release);

/** Whether a release has a change; one that is not known counts as the newest. */
export const releaseHas = (release: string | undefined, change: keyof typeof FIRST): boolean =>
  order(release) < 0 || order(release) >= order(FIRST[change]);

/** The first release whose L3 namespaces the engine knows in full. */
export const isModelled = (release: string | undefined): boolean =>
  order(release) < 0 || order(release) >= order('zed');
