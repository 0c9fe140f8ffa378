/** Which rules of `ip rule` a lookup meets (`net/core/fib_rules.c: fib_rules_lookup, fib_rule_match`; `fib4_rule_match`, `fib6_rule_match`). */
import type { Family, Rule } from '../state.ts';
import { type Asked, type ReadyAddress, type ReadyPrefix, holds, readyPrefix } from './prefix.ts';

/** What a lookup looks at (`struct flowi4`). */
export interface Flow {
  src: string;
  dst: string;
  /** `lo` for packets that the namespace sends itself, as the kernel has it (`flowi4_iif = LOOPBACK_IFINDEX`). */
  iif: string;
  /** Of a sender that is bound to a device, and of the second question of a reverse path check; a routed packet has none yet. */
  oif?: string;
  mark: number;
  /** For rules that look at more than addresses; without it such a rule cannot be decided. */
  protocol?: string;
  sport?: number;
  dport?: number;
  asked?: Asked;
}

/** A rule with its texts read. */
export interface ReadyRule {
  rule: Rule;
  src?: ReadyPrefix;
  dst?: ReadyPrefix;
  /** Of the packet's mark only the bits of `mask` count. */
  mark?: { value: number; mask: number };
  table?: string;
  /** Selectors beyond addresses, devices and mark. */
  more: Selector[];
  /** `suppress_prefixlength`: routes of this length or shorter are passed over. */
  suppressed?: number;
  /** `goto`: the priority to go on at. */
  goto?: number;
  /** What nobody here understands of it. */
  unknown?: string;
}

type Selector =
  | { type: 'ipproto'; protocol: string }
  | { type: 'sport' | 'dport'; first: number; last: number }
  | { type: 'tos' };

/** `include/uapi/linux/rtnetlink.h: RT_TABLE_*`; iproute2 prints names unless told otherwise. */
const TABLE_NAMES = new Map([
  ['255', 'local'],
  ['254', 'main'],
  ['253', 'default'],
]);
/** The name of a table, of its number too. */
export const tableName = (text: string): string => TABLE_NAMES.get(text) ?? text;

/** Rules of one family by priority, made ready. A `goto` to no rule is passed over, and one backwards the kernel refuses (`fib_nl2rule`). */
export function policyOf(rules: readonly Rule[], family: Family): ReadyRule[] {
  const own = rules.filter((rule) => rule.family === family).map(readyRule);
  const priorities = new Set(own.map(({ rule }) => rule.priority));
  for (const ready of own) {
    const { goto, rule } = ready;
    if (goto !== undefined && (goto <= rule.priority || !priorities.has(goto))) ready.goto = rule.priority;
  }
  return own.toSorted((a, b) => a.rule.priority - b.rule.priority);
}

function readyRule(rule: Rule): ReadyRule {
  const ready: ReadyRule = { rule, more: [] };
  if (rule.src !== 'all') ready.src = readyPrefix(withLength(rule.src, rule.srclen));
  if (rule.dst !== undefined && rule.dst !== 'all') ready.dst = readyPrefix(withLength(rule.dst, rule.dstlen));
  if (rule.fwmark !== undefined) {
    ready.mark = {
      value: Number(rule.fwmark) >>> 0,
      mask: rule.fwmask === undefined ? 0xffffffff : Number(rule.fwmask) >>> 0,
    };
  }
  if (rule.table !== undefined) ready.table = tableName(rule.table);
  const words = [rule.action?.startsWith('goto ') ? rule.action : '', rule.extra ?? '']
    .join(' ')
    .split(/\s+/)
    .filter((word) => word !== '' && word !== '[unresolved]');
  for (let i = 0; i < words.length; i += 2) readMore(ready, words[i]!, words[i + 1] ?? '');
  return ready;
}

const withLength = (address: string, length: number | undefined): string =>
  length === undefined ? address : `${address}/${length}`;

/** Options as iproute2 prints them (`ip/iprule.c: print_rule`), in pairs. */
function readMore(ready: ReadyRule, word: string, value: string): void {
  const range = /^(\d+)(?:-(\d+))?$/.exec(value);
  if (word === 'goto' && range) ready.goto = Number(range[1]);
  else if ((word === 'suppress_prefixlength' || word === 'suppress_prefixlen') && range)
    ready.suppressed = Number(range[1]);
  else if ((word === 'sport' || word === 'dport') && range)
    ready.more.push({ type: word, first: Number(range[1]), last: Number(range[2] ?? range[1]) });
  else if (word === 'ipproto') ready.more.push({ type: 'ipproto', protocol: value });
  else if (word === 'tos' || word === 'dsfield') ready.more.push({ type: 'tos' });
  else ready.unknown = `${word} ${value}`.trim();
}

/** All selectors together, turned round by `not`; `undefined`: not known. */
export function selects(ready: ReadyRule, src: ReadyAddress, dst: ReadyAddress, flow: Flow): boolean | undefined {
  const { rule, mark } = ready;
  const isMatch =
    (rule.iif === undefined || rule.iif === flow.iif) &&
    (rule.oif === undefined || rule.oif === flow.oif) &&
    (mark === undefined || ((flow.mark ^ mark.value) & mark.mask) === 0) &&
    (ready.src === undefined || holds(ready.src, src)) &&
    (ready.dst === undefined || holds(ready.dst, dst));
  const more = isMatch ? ready.more.map((selector) => hasMore(selector, flow)) : [false];
  if (more.includes(false)) return rule.not === true;
  if (ready.unknown !== undefined || more.includes(undefined)) return undefined;
  return rule.not !== true;
}

/** Packets that are traced have a type of service of 0, which a rule that names one never means. */
function hasMore(selector: Selector, flow: Flow): boolean | undefined {
  if (selector.type === 'tos') return false;
  if (flow.protocol === undefined) return undefined;
  if (selector.type === 'ipproto')
    return PROTOCOLS.get(selector.protocol)?.includes(flow.protocol) ?? isOther(selector);
  const port = flow[selector.type];
  // An echo request has no ports: the kernel compares with 0.
  if (port === undefined) return flow.protocol === 'icmp' ? false : undefined;
  return selector.first <= port && port <= selector.last;
}

const PROTOCOLS = new Map([
  ['tcp', ['tcp']],
  ['udp', ['udp']],
  ['icmp', ['icmp']],
  ['ipv6-icmp', ['icmp']],
]);

/** Any other protocol is none that is traced, as long as it is one: a number or a name of `/etc/protocols`. */
const isOther = ({ protocol }: { protocol: string }): false | undefined =>
  /^[a-z0-9-]+$/.test(protocol) ? false : undefined;
