/**
 * Route choice of the Linux kernel: rules by priority (`policy.ts`), in each table the longest prefix and then
 * the lowest metric (`net/ipv4/fib_trie.c: fib_table_lookup`, `net/ipv6/route.c: rt6_select`).
 */
import type { Family, Nexthop, Route, Rule } from '../state.ts';
import { type Flow, type ReadyRule, policyOf, selects, tableName } from './policy.ts';
import { type ReadyAddress, type ReadyPrefix, holds, readyAddress, readyPrefix } from './prefix.ts';
import { routeText, ruleText } from './text.ts';

/** Rules and routes of one namespace and family, made ready for lookups. */
export interface Fib {
  family: Family;
  rules: ReadyRule[];
  /** Longest prefix first, then lowest metric, then as listed. */
  tables: Map<string, ReadyRoute[]>;
}

interface ReadyRoute {
  route: Route;
  prefix: ReadyPrefix;
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
      /** Of a route with several next hops those that the kernel chooses from, by a hash of its own. */
      choice: Nexthop[];
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
  const tables = new Map<string, ReadyRoute[]>();
  for (const route of routes) {
    if (route.family !== family) continue;
    const table = tableName(route.table ?? 'main');
    if (!tables.has(table)) tables.set(table, []);
    tables.get(table)!.push({ route, prefix: readyPrefix(dstText(route, family)) });
  }
  for (const list of tables.values()) list.sort(byLengthThenMetric);
  return { family, rules: policyOf(rules, family), tables };
}

const dstText = (route: Route, family: Family): string =>
  route.dst === 'default' ? (family === 'inet' ? '0.0.0.0/0' : '::/0') : route.dst;

const byLengthThenMetric = (a: ReadyRoute, b: ReadyRoute): number =>
  b.prefix.length - a.prefix.length || (a.route.metric ?? 0) - (b.route.metric ?? 0);

/** The route that the kernel would take; never throws. */
export function lookup(fib: Fib, flow: Flow): FibResult {
  const src = readyAddress(flow.src, flow.asked);
  const dst = readyAddress(flow.dst, flow.asked);
  const missed: Rule[] = [];
  // A `goto` only leads on: `from` never falls.
  for (let i = 0, from = Number.NEGATIVE_INFINITY; i < fib.rules.length; i++) {
    const ready = fib.rules[i]!;
    const { rule } = ready;
    if (rule.priority < from) continue;
    const isSelected = selects(ready, src, dst, flow);
    if (isSelected === false) continue;
    if (isSelected === undefined)
      return {
        type: 'unknown',
        reason: `whether rule "${ruleText(rule)} ${rule.extra ?? ''}" selects the packet is not known`,
        missed,
      };
    if (ready.goto !== undefined) {
      from = Math.max(from, ready.goto);
      continue;
    }
    if (rule.action === 'nop') continue;
    if (rule.action !== undefined) return actionResult(rule, missed);
    if (ready.table === undefined) continue;
    const found = routeIn(fib, ready.table, dst, flow);
    if (!found || found.route.type === 'throw' || isSuppressed(ready, found)) missed.push(rule);
    else return routeResult(rule, found, missed);
  }
  return { type: 'none', missed };
}

function actionResult(rule: Rule, missed: Rule[]): FibResult {
  const action = rule.action!;
  if (REFUSALS.has(action)) return { type: 'refused', action, rule, missed };
  return { type: 'unknown', reason: `the action of rule "${ruleText(rule)}" is not understood`, missed };
}

const REFUSALS = new Set(['unreachable', 'prohibit', 'blackhole']);

interface Found {
  route: Route;
  length: number;
  choice: Nexthop[];
}

/** `fib4_rule_suppress`, `fib6_rule_suppress`: only routes that lead somewhere are passed over, a refusal stands. */
const isSuppressed = ({ suppressed }: ReadyRule, { route, length }: Found): boolean =>
  suppressed !== undefined && length <= suppressed && !REFUSALS.has(route.type ?? 'unicast');

function routeIn({ family, tables }: Fib, table: string, dst: ReadyAddress, flow: Flow): Found | undefined {
  const routes = tables.get(table) ?? [];
  for (let i = 0; i < routes.length; i++) {
    const { route, prefix } = routes[i]!;
    if (!holds(prefix, dst)) continue;
    if (family === 'inet6') {
      const end = endOfAlike(routes, i);
      const held = routes.slice(i, end).filter((other) => holds(other.prefix, dst));
      const found = bestOf(held, flow, flow.oif !== undefined || isBound(dst));
      if (found) return found;
      i = end - 1;
      continue;
    }
    // A refusal needs no device (fib_table_lookup: fib_props[].error before the next hops).
    const choice = hopsOf(route).filter(({ dev }) => flow.oif === undefined || dev === flow.oif);
    if (REFUSALS.has(route.type ?? '') || route.type === 'throw') return { route, length: prefix.length, choice: [{}] };
    if (choice.length > 0) return { route, length: prefix.length, choice };
  }
  return undefined;
}

/** A dead next hop is passed over (`fib_lookup_good_nhc: RTNH_F_DEAD`); `linkdown` alone is used unless a sysctl forbids it. */
function hopsOf(route: Route): Nexthop[] {
  if (route.nexthops?.length) return route.nexthops;
  if (route.flags?.includes('dead')) return [];
  const { gateway, dev } = route;
  return [{ ...(gateway === undefined ? {} : { gateway }), ...(dev === undefined ? {} : { dev }) }];
}

/** Behind the routes with a prefix as long and a metric as that of the one at `start`. */
function endOfAlike(routes: readonly ReadyRoute[], start: number): number {
  const { prefix, route } = routes[start]!;
  const isAlike = (other: ReadyRoute): boolean =>
    other.prefix.length === prefix.length && (other.route.metric ?? 0) === (route.metric ?? 0);
  let end = start + 1;
  while (end < routes.length && isAlike(routes[end]!)) end++;
  return end;
}

/** `rt6_need_strict`: a link-local, multicast or loopback destination is looked for on the packet's own device only. */
const isBound = ({ words }: ReadyAddress): boolean =>
  words.length === 8 &&
  ((words[0]! & 0xffc0) === 0xfe80 || words[0]! >>> 8 === 0xff || words.every((word, i) => word === (i === 7 ? 1 : 0)));

/** `route.c: rt6_score_route`: of routes alike the one whose device is the packet's wins (its own, or the one that it came by), else the first. */
function bestOf(routes: readonly ReadyRoute[], flow: Flow, isStrict: boolean): Found | undefined {
  const device = flow.oif ?? (flow.iif === 'lo' ? undefined : flow.iif);
  const isOn = ({ dev }: Nexthop): boolean => device === undefined || dev === device;
  let first: Found | undefined;
  for (const { route, prefix } of routes) {
    const hops = hopsOf(route);
    const length = prefix.length;
    if (hops.some(isOn)) return { route, length, choice: isStrict ? hops.filter(isOn) : hops };
    if (hops.length > 0 && !isStrict) first ??= { route, length, choice: hops };
  }
  return first;
}

const FORWARDING_TYPES = new Set(['unicast', 'local', 'broadcast', 'anycast', 'multicast']);

function routeResult(rule: Rule, { route, choice }: Found, missed: Rule[]): FibResult {
  const kind = route.type ?? 'unicast';
  if (REFUSALS.has(kind)) return { type: 'refused', action: kind, rule, route, missed };
  if (!FORWARDING_TYPES.has(kind))
    return { type: 'unknown', reason: `the type of route "${routeText(route)}" is not understood`, missed };
  const note = `one of ${choice.length} next hops; the kernel chooses by a hash of the addresses, this trace takes the first`;
  return {
    type: 'route',
    rule,
    route,
    kind,
    nexthop: choice[0]!,
    choice,
    missed,
    ...(choice.length > 1 ? { note } : {}),
  };
}
