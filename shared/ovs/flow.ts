/** Making expected flows: every one in the spelling of a dump, with the reason it is there. */
import type { Because, Flow } from '../state.ts';
import type { Topology } from '../topology/types.ts';
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

/** For the DVR MAC of every other host, a flow that differs in that MAC alone. @param before fields in front of it */
export function flowsByHost(
  facts: OvsFacts,
  { bridge, table, priority }: Pick<Flow, 'bridge' | 'table' | 'priority'>,
  before: readonly string[],
  actions: readonly string[],
  because: Because,
): Flow[] {
  const [text, cookie] = [joinActions(actions), cookieOf(facts, bridge)];
  const matches = hostMatches(facts, before);
  return facts.otherDvrMacs.map((mac) => {
    let match = matches.get(mac);
    if (match === undefined) matches.set(mac, (match = joinMatch([...before, `dl_src=${mac}`])));
    return { bridge, table, priority, match, actions: text, cookie, because };
  });
}

/** Of thousands of nodes each has a flow for each: most texts of a large cloud, and each is kept once. */
const matchesByTopology = new WeakMap<Topology, Map<string, Map<string, string>>>();

function hostMatches({ topology }: OvsFacts, before: readonly string[]): Map<string, string> {
  let all = matchesByTopology.get(topology);
  if (!all) matchesByTopology.set(topology, (all = new Map()));
  const key = before.join(',');
  let matches = all.get(key);
  if (!matches) all.set(key, (matches = new Map()));
  return matches;
}

/** Why a flow that every agent has is there. */
export const always = ({ node }: OvsFacts, neutron: string): Because => ({
  pointer: node.pointer,
  sentence: `the Open vSwitch agent of ${node.name} sets up its bridges so`,
  neutron,
});

/** A flow without its cookie and timeouts, as `OvsAllocations.seen` has it. */
export const seenKey = ({ bridge, table, priority, match, actions }: Flow): string =>
  `${bridge} ${table} ${priority} ${match} ${actions}`;

/** What a flow takes, whatever it does with it: the switch has one flow for it at most. */
export const placeKey = ({ bridge, table, priority, match }: Flow): string => `${bridge} ${table} ${priority} ${match}`;

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
