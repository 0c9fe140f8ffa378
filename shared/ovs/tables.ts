/** The tables of br-int by release (`lib: plugins/ml2/ovs_constants.py`). */
import { releaseHas } from '../releases.ts';
import { BR_INT } from './names.ts';
import type { Flow } from '../state.ts';

/** `LOCAL_SWITCHING`, `DVR_TO_SRC_MAC`, `DVR_TO_SRC_MAC_PHYSICAL`, `ARP_DVR_MAC_TO_DST_MAC`, `…_PHYSICAL`. */
export const LOCAL_SWITCHING = 0;
export const DVR_TO_SRC_MAC = { tunnelled: 1, physical: 2 } as const;
export const ARP_DVR_MAC_TO_DST_MAC = { tunnelled: 3, physical: 4 } as const;
export const CANARY_TABLE = 23;
export const ARP_SPOOF_TABLE = 24;
export const MAC_SPOOF_TABLE = 25;
export const LOCAL_EGRESS_TABLE = 30;
export const LOCAL_IP_TABLE = 31;
export const TRANSIENT_TABLE = 60;
export const TRANSIENT_EGRESS_TABLE = 62;
export const DEAD_VLAN_TAG = 4095;
export const OPENFLOW_MAX_PRIORITY = 65_535;

/** The tables that a classified frame goes through, the last one switches it: `PACKET_RATE_LIMIT`, `BANDWIDTH_RATE_LIMIT`, `TRANSIENT_TABLE`. */
export function transientChain(release: string | undefined): number[] {
  if (releaseHas(release, 'flow_bandwidth')) return [58, 59, TRANSIENT_TABLE];
  if (releaseHas(release, 'flow_table_58')) return [58, TRANSIENT_TABLE];
  if (releaseHas(release, 'flow_rate_limit')) return [59, TRANSIENT_TABLE];
  return [TRANSIENT_TABLE];
}

/**
 * Which chain a node really has: its first number comes from the installed neutron-lib. Told by where tables 0, 30 and 31 go on;
 * undefined when they say nothing that a release has.
 */
export function chainOf(flows: readonly Flow[]): number[] | undefined {
  const nextOf = (table: number) =>
    flows.find((flow) => flow.bridge === BR_INT && flow.table === table && flow.priority === 0 && flow.match === '')
      ?.actions;
  const votes = [LOCAL_SWITCHING, LOCAL_EGRESS_TABLE, LOCAL_IP_TABLE].map(nextOf);
  const first = votes.find((vote) => vote !== undefined && votes.filter((other) => other === vote).length > 1);
  switch (first) {
    case 'goto_table:59':
      return [59, TRANSIENT_TABLE];
    case 'goto_table:58':
      return nextOf(58) === 'goto_table:59' && nextOf(59) !== undefined
        ? [58, 59, TRANSIENT_TABLE]
        : [58, TRANSIENT_TABLE];
    default:
      return undefined;
  }
}
