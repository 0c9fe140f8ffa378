/** A trace as a tree of typed texts, as `ovs-appctl ofproto/trace` has it: each node a step, its children what it consists of. */
import type { Because, Item } from '../state.ts';
import type { Disposition } from './disposition.ts';

/**
 * `packet` the root; `endpoint`, `namespace`, `outside` a place that the packet is in; `rule`, `route`, `neighbour`, `iptables` an item that decided,
 * printed as its tool prints it; `table` a table of netfilter in a hook, around its rules; `nat` a translation of a connection that is known already;
 * `wire` who gets the packet; `detail` how that was found; `warning` what a person should know; `end` the disposition and why; `reply` the way back.
 */
export type TraceNodeType =
  | 'packet'
  | 'endpoint'
  | 'namespace'
  | 'outside'
  | 'rule'
  | 'route'
  | 'neighbour'
  | 'table'
  | 'iptables'
  | 'nat'
  | 'wire'
  | 'detail'
  | 'warning'
  | 'end'
  | 'reply';

/** One step. Everything is JSON. */
export interface TraceNode {
  type: TraceNodeType;
  text: string;
  children: TraceNode[];
  /** Why the item is there, when it is an expected one. */
  because?: Because;
  /** Of a `namespace`: where. */
  node?: string;
  namespace?: string;
  /** Of an `end`. */
  disposition?: Disposition;
}

/** A node without provenance. */
export const traceNode = (type: TraceNodeType, text: string, children: TraceNode[] = []): TraceNode => ({
  type,
  text,
  children,
});

/** A node for an item of a state, with its provenance. */
export const itemNode = (type: TraceNodeType, text: string, item: Item): TraceNode => ({
  type,
  text,
  children: [],
  ...(item.because === undefined ? {} : { because: item.because }),
});
