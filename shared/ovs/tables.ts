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
  return releaseHas(release, 'flow_transient') ? [TRANSIENT_TABLE] : [];
}

/** The tables from which a classified frame goes on, by their flow for all frames. */
const BEFORE_SWITCH: readonly number[] = [LOCAL_SWITCHING, LOCAL_EGRESS_TABLE, LOCAL_IP_TABLE, 58, 59];

const linksOf = (chain: readonly number[], release: string | undefined): Map<number, string> => {
  const starts = releaseHas(release, 'flow_local_ip')
    ? [LOCAL_SWITCHING, LOCAL_EGRESS_TABLE, LOCAL_IP_TABLE]
    : [LOCAL_SWITCHING];
  return new Map([
    ...starts.map((table) => [table, `goto_table:${chain[0]}`] as const),
    ...chain.slice(0, -1).map((table, i) => [table, `goto_table:${chain[i + 1]}`] as const),
  ]);
};

/**
 * Which chain a node really has: its first number comes from the installed neutron-lib, and bandwidth limits came into branches too.
 * The one that fits best; the release's own where others fit as well, so that one flow more or less is one difference.
 */
export function chainOf(flows: readonly Flow[], release: string | undefined): number[] {
  const own = transientChain(release);
  const there = flows.filter(
    ({ bridge, table, priority, match }) =>
      bridge === BR_INT && priority === 0 && match === '' && BEFORE_SWITCH.includes(table),
  );
  if (own.length === 0 || there.length === 0) return own;
  const fitOf = (chain: readonly number[]) => {
    const links = linksOf(chain, release);
    const right = there.filter(({ table, actions }) => links.get(table) === actions).length;
    return 2 * right - there.length - links.size;
  };
  let best = { chain: own, fit: fitOf(own) };
  for (const chain of CHAINS) {
    const fit = fitOf(chain);
    if (fit > best.fit) best = { chain: [...chain], fit };
  }
  return best.chain;
}

const CHAINS = [[TRANSIENT_TABLE], [59, TRANSIENT_TABLE], [58, TRANSIENT_TABLE], [58, 59, TRANSIENT_TABLE]] as const;
