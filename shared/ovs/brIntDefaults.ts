/** Flows of br-int that every agent has: `br_int.py: setup_default_table`, `ovs_dvr_neutron_agent.py: setup_dvr_flows_on_integ_br`. */
import { releaseHas } from '../releases.ts';
import type { Flow } from '../state.ts';
import { hasFlowChange, mayHaveFlowChange } from './changes.ts';
import type { OvsFacts } from './facts.ts';
import { always, chosen, flowOf, goto } from './flow.ts';
import { BR_INT } from './names.ts';
import {
  ARP_SPOOF_TABLE,
  CANARY_TABLE,
  DEAD_VLAN_TAG,
  DVR_TO_SRC_MAC,
  LOCAL_EGRESS_TABLE,
  LOCAL_IP_TABLE,
  LOCAL_SWITCHING,
  OPENFLOW_MAX_PRIORITY,
  TRANSIENT_EGRESS_TABLE,
  TRANSIENT_TABLE,
  transientChain,
} from './tables.ts';

const chainOf = ({ ovs, release }: OvsFacts): readonly number[] => ovs.chain ?? transientChain(release);

/** What a classified frame meets next: a table, or the switch itself where there is no such table. */
export function afterClassified(facts: OvsFacts): string {
  const [first] = chainOf(facts);
  return first === undefined ? 'NORMAL' : goto(first);
}

type Make = (table: number, priority: number, match: string[], actions: string[]) => Flow;

export function integrationDefaults(facts: OvsFacts): Flow[] {
  const because = always(facts, 'br_int.py: setup_default_table');
  const dvr = always(facts, 'ovs_dvr_neutron_agent.py: setup_dvr_flows_on_integ_br');
  const make =
    (why: typeof because): Make =>
    (table, priority, match, actions) =>
      flowOf(facts, BR_INT, table, priority, match, actions, why);
  const [flow, ofDvr] = [make(because), make(dvr)];
  const { release, isDistributed } = facts;
  return [
    ...(releaseHas(release, 'flow_transient') ? chainFlows(facts, flow) : switchFlows(facts, flow)),
    flow(CANARY_TABLE, 0, [], []),
    ...(releaseHas(release, 'flow_arp_spoofing') ? [flow(ARP_SPOOF_TABLE, 0, [], [])] : []),
    ...deadFlows(facts, flow),
    ...(isDistributed ? [ofDvr(DVR_TO_SRC_MAC.tunnelled, 1, [], [])] : []),
    ...(isDistributed && releaseHas(release, 'flow_vlan_dvr') ? [ofDvr(DVR_TO_SRC_MAC.physical, 1, [], [])] : []),
  ];
}

/** Before there was a table for classified frames, table 0 switched them; Liberty has it at 0 and DVR again at 1. */
function switchFlows({ release, isDistributed }: OvsFacts, flow: Make): Flow[] {
  const isLow = releaseHas(release, 'flow_arp_spoofing');
  return [
    ...(isLow ? [flow(LOCAL_SWITCHING, 0, [], ['NORMAL'])] : []),
    ...(isDistributed || !isLow ? [flow(LOCAL_SWITCHING, 1, [], ['NORMAL'])] : []),
  ];
}

function chainFlows(facts: OvsFacts, flow: Make): Flow[] {
  const chain = chainOf(facts);
  const first = afterClassified(facts);
  return [
    flow(LOCAL_SWITCHING, 0, [], [first]),
    ...chain.slice(0, -1).map((table, i) => flow(table, 0, [], [goto(chain[i + 1]!)])),
    ...normalFlow(facts, flow),
    ...(hasFlowChange(facts, 'flow_accepted_egress') ? [flow(TRANSIENT_EGRESS_TABLE, 3, [], ['NORMAL'])] : []),
    ...(releaseHas(facts.release, 'flow_local_ip')
      ? [flow(LOCAL_EGRESS_TABLE, 0, [], [first]), flow(LOCAL_IP_TABLE, 0, [], [first])]
      : []),
  ];
}

function normalFlow(facts: OvsFacts, flow: Make): Flow[] {
  const normal = (priority: number) => flow(TRANSIENT_TABLE, priority, [], ['NORMAL']);
  if (mayHaveFlowChange(facts.release, 'flow_normal_1')) return chosen(facts, [normal(3), normal(1)]);
  return [normal(releaseHas(facts.release, 'flow_normal_1') ? 1 : 3)];
}

/** The first form leaves out that a VLAN is there at all, and matches nothing. */
function deadFlows(facts: OvsFacts, flow: Make): Flow[] {
  const dead = (match: string) => flow(LOCAL_SWITCHING, OPENFLOW_MAX_PRIORITY, [match], []);
  const [bad, good] = [dead('vlan_tci=0x0fff/0x1fff'), dead(`dl_vlan=${DEAD_VLAN_TAG}`)];
  if (!hasFlowChange(facts, 'flow_dead_drop')) return [];
  if (mayHaveFlowChange(facts.release, 'flow_dead_vlan')) return chosen(facts, [bad, good]);
  return [releaseHas(facts.release, 'flow_dead_vlan') ? good : bad];
}
