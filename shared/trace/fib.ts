/**
 * Route choice of the Linux kernel: rules by priority (`net/core/fib_rules.c: fib_rules_lookup`), in each table the longest prefix and then
 * the lowest metric (`net/ipv4/fib_trie.c: fib_table_lookup`, `net/ipv6/route.c: rt6_select`).
 */
import type { Family, Nexthop, Route, Rule } from '../state.ts';
import { type ReadyAddress, type ReadyPrefix, holds, readyAddress, readyPrefix } from './prefix.ts';
import { routeText, ruleText } from './text.ts';

/** Rules and routes of one namespace and family, made ready for lookups. */
export interface Fib {
  rules: ReadyRule[];
  /** Longest prefix first, then lowest metric, then as listed. */
  tables: Map<string, ReadyRoute[]>;
}

interface ReadyRule {
  rule: Rule;
  src?: ReadyPrefix;
  dst?: ReadyPrefix;
  /** Of the packet's mark only the bits of `mask` count. */
  mark?: { value: number; mask: number };
  table?: string;
}

interface ReadyRoute {
  route: Route;
  prefix: ReadyPrefix;
}

/** What a lookup looks at (`struct flowi4`). */
export interface Flow {
  src: string;
  dst: string;
  /** `lo` for packets that the namespace sends itself, as the kernel has it (`flowi4_iif = LOOPBACK_IFINDEX`). */
  iif: string;
  mark: number;
}

/** Rules that matched and whose table had no route are in `missed`. */
export type FibResult = { missed: Rule[] } & (
  | {
      type: 'route';
      rule: Rule;
      route: Route;
      /** The route's type: `unicast`, `local`, `broadcast`, `anycast`, `multicast`. */
      kind: string;
      nexthop: Nexthop;
      /** How one of several next hops was chosen. */
      note?: string;
    }
  /** `action` is `unreachable`, `prohibit` or `blackhole`: of the route, or of the rule when there is none. */
  | { type: 'refused'; action: string; rule: Rule; route?: Route }
  | { type: 'none' }
  | { type: 'unknown'; reason: string }
);

/** The routing policy of a namespace: one list for each family. */
export function fibOf(rules: readonly Rule[], routes: readonly Route[], family: Family): Fib {
  const own = rules.filter((rule) => rule.family === family).map(readyRule);
  const tables = new Map<string, ReadyRoute[]>();
  for (const route of routes) {
    if (route.family !== family) continue;
    const table = tableName(route.table ?? 'main');
    if (!tables.has(table)) tables.set(table, []);
    tables.get(table)!.push({ route, prefix: readyPrefix(dstText(route, family)) });
  }
  for (const list of tables.values()) list.sort(byLengthThenMetric);
  return { rules: own.toSorted((a, b) => a.rule.priority - b.rule.priority), tables };
}

const dstText = (route: Route, family: Family): string =>
  route.dst === 'default' ? (family === 'inet' ? '0.0.0.0/0' : '::/0') : route.dst;

const byLengthThenMetric = (a: ReadyRoute, b: ReadyRoute): number =>
  b.prefix.length - a.prefix.length || (a.route.metric ?? 0) - (b.route.metric ?? 0);

/** `include/uapi/linux/rtnetlink.h: RT_TABLE_*`; iproute2 prints names unless told otherwise. */
const TABLE_NAMES = new Map([
  ['255', 'local'],
  ['254', 'main'],
  ['253', 'default'],
]);
const tableName = (text: string): string => TABLE_NAMES.get(text) ?? text;

function readyRule(rule: Rule): ReadyRule {
  const ready: ReadyRule = { rule };
  if (rule.src !== 'all') ready.src = readyPrefix(withLength(rule.src, rule.srclen));
  if (rule.dst !== undefined && rule.dst !== 'all') ready.dst = readyPrefix(withLength(rule.dst, rule.dstlen));
  if (rule.fwmark !== undefined) {
    ready.mark = {
      value: Number(rule.fwmark) >>> 0,
      mask: rule.fwmask === undefined ? 0xffffffff : Number(rule.fwmask) >>> 0,
    };
  }
  if (rule.table !== undefined) ready.table = tableName(rule.table);
  return ready;
}

const withLength = (address: string, length: number | undefined): string =>
  length === undefined ? address : `${address}/${length}`;

/** The route that the kernel would take; never throws. */
export function lookup(fib: Fib, flow: Flow): FibResult {
  const src = readyAddress(flow.src);
  const dst = readyAddress(flow.dst);
  const missed: Rule[] = [];
  for (const ready of fib.rules) {
    const { rule } = ready;
    if (!selects(ready, src, dst, flow)) continue;
    if (rule.action !== undefined && rule.action !== 'nop') return actionResult(rule, missed);
    if (ready.table === undefined) continue;
    const found = routeIn(fib.tables.get(ready.table) ?? [], dst);
    if (!found || found.route.type === 'throw') missed.push(rule);
    else return routeResult(rule, found, missed);
  }
  return { type: 'none', missed };
}

/** `fib_rule_match` and `fib4_rule_match`: all selectors together, turned round by `not`. */
function selects(ready: ReadyRule, src: ReadyAddress, dst: ReadyAddress, flow: Flow): boolean {
  const { rule, mark } = ready;
  const isMatch =
    (rule.iif === undefined || rule.iif === flow.iif) &&
    // A routed packet has no output device yet; only sockets bound to a device have.
    rule.oif === undefined &&
    (mark === undefined || ((flow.mark ^ mark.value) & mark.mask) === 0) &&
    (ready.src === undefined || holds(ready.src, src)) &&
    (ready.dst === undefined || holds(ready.dst, dst));
  return isMatch !== (rule.not === true);
}

function actionResult(rule: Rule, missed: Rule[]): FibResult {
  const action = rule.action!;
  if (REFUSALS.has(action)) return { type: 'refused', action, rule, missed };
  return { type: 'unknown', reason: `the action of rule "${ruleText(rule)}" is not understood`, missed };
}

const REFUSALS = new Set(['unreachable', 'prohibit', 'blackhole']);

interface Found {
  route: Route;
  nexthop: Nexthop;
  note?: string;
}

function routeIn(routes: readonly ReadyRoute[], dst: ReadyAddress): Found | undefined {
  for (const { route, prefix } of routes) {
    if (!holds(prefix, dst)) continue;
    const { nexthops } = route;
    if (nexthops?.length) {
      const nexthop = nexthops[0]!;
      const note = `one of ${nexthops.length} next hops; the kernel chooses by a hash of the addresses, this trace takes the first`;
      return { route, nexthop, ...(nexthops.length > 1 ? { note } : {}) };
    }
    // A dead next hop is passed over (fib_table_lookup: RTNH_F_DEAD); `linkdown` alone is used unless a sysctl forbids it.
    if (!route.flags?.includes('dead')) return { route, nexthop: { ...hopOf(route) } };
  }
  return undefined;
}

const hopOf = ({ gateway, dev }: Route): Nexthop => ({
  ...(gateway === undefined ? {} : { gateway }),
  ...(dev === undefined ? {} : { dev }),
});

const FORWARDING_TYPES = new Set(['unicast', 'local', 'broadcast', 'anycast', 'multicast']);

function routeResult(rule: Rule, { route, nexthop, note }: Found, missed: Rule[]): FibResult {
  const kind = route.type ?? 'unicast';
  if (REFUSALS.has(kind)) return { type: 'refused', action: kind, rule, route, missed };
  if (!FORWARDING_TYPES.has(kind))
    return { type: 'unknown', reason: `the type of route "${routeText(route)}" is not understood`, missed };
  return { type: 'route', rule, route, kind, nexthop, missed, ...(note === undefined ? {} : { note }) };
}
