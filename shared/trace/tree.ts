/** A trace as a tree of typed texts, as `ovs-appctl ofproto/trace` has it: each node a step, its children what it consists of. */
import type { Because, Item } from '../state.ts';
import type { Disposition } from './disposition.ts';

/**
 * `packet` the root; `endpoint`, `namespace`, `outside` a place that the packet is in; `rule`, `route`, `neighbour`, `iptables` an item that decided,
 * printed as its tool prints it; `table` a table of netfilter in a hook, around its rules; `nat` a translation of a connection that is known already;
 * `bridge` a bridge that a frame passes, around the flows that led on (`flow`); `question` ARP or neighbour discovery, around the way of its frames;
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
  | 'bridge'
  | 'flow'
  | 'question'
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
  /** Of a `namespace` and a `bridge`: where. */
  node?: string;
  namespace?: string;
  /**
   * Of a `flow`: where it is; whether the switch learned it; whether it is what its table does with all that no other flow takes;
   * `apart`: which extension or driver made it, of which no topology tells.
   */
  flow?: { bridge: string; table: number; isLearned?: true; isDefault?: true; apart?: string };
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
