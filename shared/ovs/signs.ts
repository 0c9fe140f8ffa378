/** What the flows of a node tell of the release of its agent: changes that no stable branch got late (`../readRelease.ts`). */
import type { Change } from '../releases.ts';
import type { Flow } from '../state.ts';
import { BR_INT } from './names.ts';

/** Each change of which the flows tell whether it is there; two flows tell of each, or many, so that one alone decides nothing. */
export function flowSigns(flows: readonly Flow[]): [Change, boolean][] {
  const own = flows.filter(({ bridge }) => bridge === BR_INT);
  if (own.length === 0) return [];
  const has = (table: number, priority: number, actions?: string): boolean =>
    own.some(
      (flow) =>
        flow.table === table && flow.priority === priority && (actions === undefined || flow.actions === actions),
    );
  const isRouted = has(3, 5) || has(4, 5);
  const limits = has(58, 0, 'goto_table:60') || has(59, 0, 'goto_table:60');
  return [
    ['flow_transient', own.some(({ table }) => table === 60)],
    ...(isRouted ? [['flow_arp_destination', has(0, 99)] satisfies [Change, boolean]] : []),
    ['flow_local_ip', has(30, 0) || has(31, 0)],
    ['flow_rate_limit', limits],
    ['flow_table_58', limits && has(0, 0, 'goto_table:58')],
    ['flow_bandwidth', limits && has(58, 0, 'goto_table:59')],
  ];
}
