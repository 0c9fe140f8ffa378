/**
 * Changes of flows that came into stable branches after the release: there either form is right, and the node's flows tell which it is.
 * Looked up at the first and the last tag of each branch. `BACKPORTED` in `../releases.ts` has the same for namespaces, which other things tell.
 */
import { FIRST, RELEASES, type Release, releaseHas } from '../releases.ts';
import type { OvsFacts } from './facts.ts';

/** The oldest release whose branch got the change; from `FIRST` on every version has it. */
export const EARLIEST = {
  flow_tag_kept: 'liberty',
  flow_mac_spoofing: 'liberty',
  flow_dead_drop: 'pike',
  flow_accepted_egress: 'queens',
  flow_filtered_unicast: 'queens',
  flow_arp_to_responder: 'stein',
  flow_flat_dvr: 'train',
  flow_dead_vlan: 'victoria',
  flow_normal_1: 'yoga',
  flow_learn_announced: '2024.1',
} as const satisfies Partial<Record<keyof typeof FIRST, Release>>;

export type Backported = keyof typeof EARLIEST;

/** Whether some versions of a release have a change, and others not. */
export function mayHaveFlowChange(release: string | undefined, change: Backported): boolean {
  const at = (RELEASES as readonly (string | undefined)[]).indexOf(release);
  return at >= RELEASES.indexOf(EARLIEST[change]) && at < RELEASES.indexOf(FIRST[change]);
}

/** Whether a node has a change: by its release, or by its own word where the release leaves it open. */
export const hasFlowChange = ({ release, ovs }: Pick<OvsFacts, 'release' | 'ovs'>, change: Backported): boolean =>
  releaseHas(release, change) || (mayHaveFlowChange(release, change) && ovs.changes[change] === true);
