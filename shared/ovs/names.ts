/** Names of bridges and of the ports between them, and the numbers of their tables, under Neutron's identifiers. */
import { ipv4Value } from '../ip.ts';
import { unknown } from '../namespaces/types.ts';

/** `conf/plugins/ml2/drivers/ovs_conf.py: integration_bridge, tunnel_bridge, int_peer_patch_port, tun_peer_patch_port`. */
export const BR_INT = 'br-int';
export const BR_TUN = 'br-tun';
export const PATCH_TUN = 'patch-tun';
export const PATCH_INT = 'patch-int';

/** `lib: plugins/ml2/ovs_constants.py: PEER_INTEGRATION_PREFIX, PEER_PHYSICAL_PREFIX`. */
export const PEER_PREFIX = { int: 'int-', phy: 'phy-' } as const;

/** `lib: constants.py: TUNNEL_NETWORK_TYPES`; the number is the table of the type (`ovs_constants.py: TUN_TABLE`). */
export const TUN_TABLE: Readonly<Record<string, number>> = { gre: 3, vxlan: 4, geneve: 6 };

export const isTunnelled = (networkType: string | undefined): boolean =>
  networkType !== undefined && Object.hasOwn(TUN_TABLE, networkType);

/** `lib: constants.py: DEVICE_NAME_MAX_LEN`, `plugins/utils.py: INTERFACE_HASH_LEN`. */
const DEVICE_NAME_MAX_LEN = 15;

/** Longer names end in a part of a SHA-1 (`lib: plugins/utils.py: get_interface_name`); those are read back. */
export const peerName = (side: keyof typeof PEER_PREFIX, bridge: string): string =>
  PEER_PREFIX[side].length + bridge.length <= DEVICE_NAME_MAX_LEN
    ? PEER_PREFIX[side] + bridge
    : unknown(`${PEER_PREFIX[side]} port of ${bridge}`);

/** `ovs_neutron_agent.py: get_tunnel_hash, get_tunnel_name`; the name towards an IPv6 address is a hash and is read back. */
export function tunnelName(type: string, remoteIp: string): string {
  const value = ipv4Value(remoteIp);
  return value === undefined
    ? unknown(`${type} port to ${remoteIp}`)
    : `${type}-${value.toString(16).padStart(8, '0')}`;
}
