/**
 * Neutron's names and numbers, under Neutron's own identifiers, so that a search finds both sides.
 * Each cites the file it comes from, relative to `neutron/`; `lib:` is neutron-lib.
 */

/** `lib: constants.py: LINUX_DEV_LEN`, used as `agent/linux/interface.py: LinuxInterfaceDriver.DEV_NAME_LEN`. */
export const DEV_NAME_LEN = 14;

/** `agent/l3/namespaces.py: NS_PREFIX`, `dvr_snat_ns.py: SNAT_NS_PREFIX`, `dvr_fip_ns.py: FIP_NS_PREFIX`, `agent/linux/dhcp.py: NS_PREFIX`. */
export const NS_PREFIX = { qrouter: 'qrouter-', snat: 'snat-', fip: 'fip-', qdhcp: 'qdhcp-' } as const;

/**
 * Device name prefixes: `router_info.py: INTERNAL_DEV_PREFIX, EXTERNAL_DEV_PREFIX`, `dvr_snat_ns.py: SNAT_INT_DEV_PREFIX`,
 * `dvr_fip_ns.py: FIP_EXT_DEV_PREFIX, ROUTER_2_FIP_DEV_PREFIX, FIP_2_ROUTER_DEV_PREFIX`, `ha_router.py: HA_DEV_PREFIX`,
 * `lib: constants.py: TAP_DEVICE_PREFIX`.
 */
export const DEV_PREFIX = {
  qr: 'qr-', qg: 'qg-', sg: 'sg-', fg: 'fg-', rfp: 'rfp-', fpr: 'fpr-', ha: 'ha-', tap: 'tap',
} as const; // prettier-ignore
export type DeviceKind = keyof typeof DEV_PREFIX;

/** `agent/l3/dvr_fip_ns.py`. `FIP_PR_END` is exclusive. */
export const FIP_RT_TBL = 16;
export const FIP_PR_START = 32768;
export const FIP_PR_END = FIP_PR_START + 40000;
export const FAST_PATH_EXIT_PR = 80000;

/** `conf/db/l3_hamode_db.py: l3_ha_net_cidr`, the default; `agent/linux/keepalived.py: PRIMARY_VIP_RANGE_SIZE` is a /24. */
export const HA_NET_CIDR = '169.254.192.0/18';
/** The first /24 that is free of the others (`keepalived.py: get_free_range`); the VRID is its last byte. */
export const HA_VIP_CIDR = '169.254.0.0/24';
/** `db/l3_hamode_db.py: VR_ID_RANGE`. */
export const VR_ID_RANGE = { first: 1, last: 254 } as const;

/** `lib: constants.py: DVR_FIP_LL_CIDR`; pairs are its /31 networks (`link_local_allocator.py`). */
export const DVR_FIP_LL_CIDR = '169.254.64.0/18';
/** Before that `dvr_fip_ns.py: FIP_LL_SUBNET`. */
export const FIP_LL_SUBNET = '169.254.30.0/23';

/** `agent/linux/iptables_manager.py: binary_name`, cut to 16 characters. */
export const WRAP = 'neutron-l3-agent';
/** The same of the DHCP agent. */
export const DHCP_WRAP = 'neutron-dhcp-age';

/** `conf/agent/l3/config.py: metadata_access_mark, external_ingress_mark, metadata_port`. */
export const METADATA_MARK = '0x1';
export const EXTERNAL_INGRESS_MARK = '0x2';
export const METADATA_PORT = 9697;
/** `lib: constants.py: METADATA_V4_CIDR`. */
export const METADATA_V4_CIDR = '169.254.169.254/32';
/** `common/_constants.py: METADATA_V6_CIDR`; rules of iptables have this length in all releases (`metadata/driver.py`). */
export const METADATA_V6_CIDR = 'fe80::a9fe:a9fe/128';

/** Mask of the metadata and ingress marks, and of the address scope marks (`router_info.py: ADDRESS_SCOPE_MARK_MASK`). */
export const ROUTER_MARK_MASK = '0xffff';
export const ADDRESS_SCOPE_MARK_MASK = '0xffff0000';
/** `router_info.py: ADDRESS_SCOPE_MARK_ID_MIN, ADDRESS_SCOPE_MARK_ID_MAX`, the latter exclusive; the id of "no scope" is taken first. */
export const ADDRESS_SCOPE_MARK_ID_MIN = 1024;
export const ADDRESS_SCOPE_MARK_ID_MAX = 2048;

/** `lib: constants.py`: device owners. */
export const DEVICE_OWNER = {
  interface: 'network:router_interface_distributed',
  snat: 'network:router_centralized_snat',
  gateway: 'network:router_gateway',
  agentGateway: 'network:floatingip_agent_gateway',
  floatingIp: 'network:floatingip',
  ha: 'network:router_ha_interface',
  dhcp: 'network:dhcp',
} as const;

/** `lib: constants.py: ROUTER_INTERFACE_OWNERS`. */
export const ROUTER_INTERFACE_OWNERS: readonly string[] = [
  'network:router_interface',
  'network:ha_router_replicated_interface',
  'network:router_interface_distributed',
];

/** A device name: prefix and id cut to 14 characters; the id's dashes count. */
export const deviceName = (kind: DeviceKind, id: string): string => `${DEV_PREFIX[kind]}${id}`.slice(0, DEV_NAME_LEN);
