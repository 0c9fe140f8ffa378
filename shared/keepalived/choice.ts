/** What of `keepalived.conf` only the node tells: options of its agent, the version of its keepalived, and its history. */

/** Of one router on one node. */
export interface KeepalivedChoice {
  /** There is no such file. */
  isAbsent?: true;
  /** keepalived knows `no_track`, and the agent uses it (`keepalived.py: _is_keepalived_use_no_track_supported`). */
  noTrack?: boolean;
  /** `keepalived.py: KeepalivedVirtualRoute.build_config` writes `protocol static`: some releases since a backport only. */
  isStatic?: boolean;
  /** `conf/agent/l3/ha.py: ha_vrrp_advert_int`. */
  advertInt?: number;
  /** `conf/agent/l3/ha.py: ha_vrrp_auth_type`; absent: `ha_vrrp_auth_password` is not set. */
  authType?: string;
  /** `conf/agent/l3/ha.py: ha_vrrp_health_check_interval`, and the quoted path of its script; absent: 0. */
  healthCheck?: { interval: number; script: string };
  /** Devices of the qrouter namespace that were updated since (`dvr_edge_ha_router.py: internal_network_updated`). */
  updated?: string[];
}

/** `conf/agent/l3/ha.py: ha_vrrp_advert_int`, the default. */
export const ADVERT_INT = 2;
/** `agent/linux/keepalived.py: VALID_AUTH_TYPES`. */
export const AUTH_TYPES: readonly string[] = ['AH', 'PASS'];
/** `agent/linux/keepalived.py: HEALTH_CHECK_NAME`. */
export const HEALTH_CHECK = 'ha_health_check';
/** The file itself, as the one line that is missing where there is none. */
export const NO_FILE = 'keepalived.conf';
