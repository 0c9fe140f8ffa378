/** Making expected flows: every one in the spelling of a dump, with the reason it is there. */
import type { Because, Flow } from '../state.ts';
import { type OvsFacts, cookieOf } from './facts.ts';
import { joinActions, joinMatch } from './flowText.ts';

/** @param match fields, each in the spelling of a dump @param actions likewise; none: drop */
export const flowOf = (
  facts: OvsFacts,
  bridge: string,
  table: number,
  priority: number,
  match: readonly string[],
  actions: readonly string[],
  because: Because,
): Flow => ({
  bridge,
  table,
  priority,
  match: joinMatch(match),
  actions: joinActions(actions),
  cookie: cookieOf(facts, bridge),
  because,
});

/** Why a flow that every agent has is there. */
export const always = ({ node }: OvsFacts, neutron: string): Because => ({
  pointer: node.pointer,
  sentence: `the Open vSwitch agent of ${node.name} sets up its bridges so`,
  neutron,
});

/** A flow without its cookie and timeouts, as `OvsAllocations.seen` has it. */
export const seenKey = ({ bridge, table, priority, match, actions }: Flow): string =>
  `${bridge} ${table} ${priority} ${match} ${actions}`;

/** Of flows of which the order of events, or a backport, decides: the one that is there, else the first. */
export const chosen = ({ ovs }: OvsFacts, candidates: readonly Flow[]): Flow[] => {
  const one = candidates.find((flow) => ovs.seen[seenKey(flow)]) ?? candidates[0];
  return one ? [one] : [];
};

/** `OFPVID_PRESENT`: how a set_field to a VLAN prints. */
export const setVlan = (vlan: number): string => `set_field:${0x1000 + vlan}->vlan_vid`;
export const setSource = (mac: string): string => `set_field:${mac}->eth_src`;
export const setDestination = (mac: string): string => `set_field:${mac}->eth_dst`;
export const goto = (table: number): string => `goto_table:${table}`;
export const output = (ofport: string): string => `output:${ofport}`;
