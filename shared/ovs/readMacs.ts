/** The DVR MACs that a node's flows tell: its own, and those of the other hosts (`db/dvr_mac_db.py`). */
import { elect } from '../readHa.ts';
import { releaseHas } from '../releases.ts';
import type { Flow } from '../state.ts';
import type { OvsAllocations } from './allocations.ts';
import type { OvsFacts } from './facts.ts';
import { BR_INT, BR_TUN } from './names.ts';

/**
 * Each other host has one flow in each of several places. What is in most of them stands, so that one flow taken away or added
 * is one difference; where half of them have it, the number of hosts decides.
 */
export function readDvrMacs(facts: OvsFacts, flows: readonly Flow[], ovs: OvsAllocations): void {
  const own = elect(flows.map(ownMac));
  if (own !== undefined) ovs.dvrMac = own;
  const places = new Map<string, Set<string>>();
  const voters = new Map<string, number>();
  for (const flow of flows) {
    const place = placeOf(flow, facts);
    const mac = place === undefined ? undefined : /^(?:in_port=\w+,)?dl_src=([0-9a-f:]{17})$/.exec(flow.match)?.[1];
    if (place === undefined || mac === undefined || mac === own) continue;
    const there = places.get(place) ?? new Set();
    places.set(place, there.add(mac));
  }
  for (const macs of places.values()) for (const mac of macs) voters.set(mac, (voters.get(mac) ?? 0) + 1);
  const bridges = releaseHas(facts.release, 'flow_vlan_dvr')
    ? new Set(facts.physical.map(({ bridge }) => bridge)).size
    : 0;
  const count = 2 * (facts.hasTunnelBridge ? 1 : 0) + 2 * bridges;
  const sure = [...voters].filter(([, votes]) => votes * 2 > count).map(([mac]) => mac);
  const half = [...voters].filter(([, votes]) => votes * 2 === count).map(([mac]) => mac);
  if (flows.length > 0)
    ovs.otherDvrMacs = [...sure, ...half.slice(0, Math.max(0, facts.otherDvrMacs.length - sure.length))];
}

function ownMac({ bridge, table, priority, match, actions }: Flow): string | undefined {
  if (bridge === BR_INT && table === 0 && priority === 5)
    return /^in_port=\w+,dl_dst=([0-9a-f:]{17})$/.exec(match)?.[1];
  if (bridge === BR_INT && table === 0 && priority === 99) return /^arp,dl_dst=([0-9a-f:]{17}),/.exec(match)?.[1];
  if (table === 1 && priority === 1 && bridge !== BR_INT)
    return /^set_field:([0-9a-f:]{17})->eth_src,goto_table:2$/.exec(actions)?.[1];
  return undefined;
}

/** Where flows for other hosts are: `br_int.py: add_dvr_mac_tun, add_dvr_mac_physical`, `br_tun.py`, `br_phys.py`. */
function placeOf({ bridge, table, priority, match, actions }: Flow, { physical }: OvsFacts): string | undefined {
  if (bridge === BR_TUN) return table === 9 && priority === 1 ? bridge : undefined;
  if (bridge === BR_INT && table === 0 && (priority === 2 || priority === 4) && /^goto_table:[12]$/.test(actions))
    return `${bridge} ${match.split(',')[0]}`;
  return physical.some((entry) => entry.bridge === bridge) && table === 3 && priority === 2 ? bridge : undefined;
}
