/** Names of bridges and of the ports between them, and the numbers of their tables, under Neutron's identifiers. */
import { familyOf, ipv4Value } from '../ip.ts';
import { unknown } from '../namespaces/types.ts';
import { base32Of, hexOf, sha1 } from './sha1.ts';

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
const INTERFACE_HASH_LEN = 6;

/** Longer names end in a part of a SHA-1 of the bridge's name (`lib: plugins/utils.py: get_interface_name`). */
export function peerName(side: keyof typeof PEER_PREFIX, bridge: string): string {
  const prefix = PEER_PREFIX[side];
  if (prefix.length + bridge.length <= DEVICE_NAME_MAX_LEN) return prefix + bridge;
  const rest = DEVICE_NAME_MAX_LEN - prefix.length - INTERFACE_HASH_LEN;
  return prefix + bridge.slice(0, rest) + hexOf(sha1(bridge)).slice(0, INTERFACE_HASH_LEN);
}

/** `ovs_neutron_agent.py: get_tunnel_hash, get_tunnel_name`: the address in hexadecimal, of IPv6 a hash of its text. */
export function tunnelName(type: string, remoteIp: string): string {
  const value = ipv4Value(remoteIp);
  if (value !== undefined) return `${type}-${value.toString(16).padStart(8, '0')}`;
  if (familyOf(remoteIp) !== 'inet6') return unknown(`${type} port to ${remoteIp}`);
  return `${type}-${base32Of(sha1(remoteIp)).slice(0, DEVICE_NAME_MAX_LEN - type.length - 1)}`;
}

/**
 * Ports of a trunk: pairs of patch ports between br-int and the trunk's own bridge, for the parent port and for each subport
 * (`services/trunk/drivers/openvswitch/agent/trunk_manager.py: TrunkParentPort, SubPort, get_br_int_port_name`).
 */
export const TRUNK_PREFIX = { parent: 'tpi-', sub: 'spi-' } as const;

export const trunkPort = (prefix: string, id: string): string => (prefix + id).slice(0, DEVICE_NAME_MAX_LEN);

/** Whether a bridge is a trunk's (`services/trunk/drivers/openvswitch/constants.py: TRUNK_BR_PREFIX`). */
export const isTrunkBridge = (bridge: string): boolean => bridge.startsWith('tbr-');

/** The other end of such a port, on the trunk's bridge (`get_br_trunk_port_name`); undefined for any other name. */
export const trunkPeer = (name: string): string | undefined =>
  /^[ts]pi-/.test(name) ? `${name[0]}pt-${name.slice(4)}` : undefined;
