/** What the targets of iptables rules do to a packet. Addresses to translate to are left in `Seen.request`, for conntrack to set. */
import type { ReadyIptablesRule, Target } from './iptablesRule.ts';
import { type Masked, maskedOf } from './iptablesRule.ts';
import type { Seen } from './match.ts';
import type { Hook, Outcome } from './netfilter.ts';
import { iptablesText } from './text.ts';

/** A translation that a rule of the nat table asks for. */
export interface NatRequest {
  /** `masquerade` and `redirect` take an address of the device; `undefined` address keeps the one there is. */
  to: { address?: string; port?: number } | 'masquerade' | 'redirect';
  port?: number;
  /** `--random`, `--random-fully`: the kernel draws a source port. */
  isRandom?: true;
  /** `SNAT --to-source 192.168.1.21`. */
  text: string;
}

/** `nothing` was done, something was `changed`, the table or chain ends, or the packet does. */
export type Applied = 'nothing' | 'changed' | 'accept' | 'return' | Outcome;

/** Does what the target of a rule that matches says; `seen` is altered. Chains are not called here. */
export function apply(rule: ReadyIptablesRule, hook: Hook, seen: Seen): Applied {
  const { target, item } = rule;
  switch (target.name) {
    case 'ACCEPT':
      return 'accept';
    case 'RETURN':
      return 'return';
    case 'DROP':
    case 'REJECT':
      return {
        verdict: 'drop',
        reason: `${target.name === 'DROP' ? 'dropped' : 'refused with an ICMP error or reset'} by "${iptablesText(item)}"`,
      };
    case 'MARK':
      return mark(rule, seen);
    case 'CONNMARK':
      return connmark(rule, seen);
    case 'CT':
    case 'NOTRACK':
      return notrack(rule, seen);
    case 'DNAT':
    case 'SNAT':
    case 'MASQUERADE':
    case 'REDIRECT':
      return nat(rule, hook, seen);
    default:
      return isHarmless(target.name) ? 'nothing' : unknown(rule);
  }
}

/** Targets that change neither the way of a packet nor what rules look at; empty: a rule that only counts. */
const HARMLESS = new Set([
  '',
  'LOG',
  'NFLOG',
  'ULOG',
  'TRACE',
  'AUDIT',
  'CHECKSUM',
  'CLASSIFY',
  'DSCP',
  'TOS',
  'TCPMSS',
  'SECMARK',
  'CONNSECMARK',
]);

/** Whether a rule with this target leaves a packet as it is, whatever it matches. */
export const isHarmless = (name: string): boolean => HARMLESS.has(name);

const unknown = ({ item, target }: ReadyIptablesRule): Outcome => ({
  verdict: 'unknown',
  reason:
    `what "${iptablesText(item)}" does is not understood: target ${target.name} ${[...target.options.keys()].join(' ')}`.trimEnd(),
});

function maskedOption(target: Target, name: string, otherwise?: string): Masked | undefined {
  const text = target.options.get(name) ?? otherwise;
  return text === undefined ? undefined : maskedOf(text);
}

/** `xt_mark.c: mark_tg`; `--set-mark` clears the masked bits and sets with OR (`libxt_MARK.c`). */
function mark(rule: ReadyIptablesRule, seen: Seen): Applied {
  const next = marked(rule.target, seen.packet.mark);
  if (next === undefined) return unknown(rule);
  seen.packet = { ...seen.packet, mark: next };
  return 'changed';
}

function marked(target: Target, old: number): number | undefined {
  const xmark = maskedOption(target, '--set-xmark');
  if (xmark) return ((old & ~xmark.mask) ^ xmark.value) >>> 0;
  const set = maskedOption(target, '--set-mark');
  return set && ((old & ~set.mask) | set.value) >>> 0;
}

/** `xt_connmark.c: connmark_tg`: nothing happens without a connection. */
function connmark(rule: ReadyIptablesRule, seen: Seen): Applied {
  const { target } = rule;
  const { packet, tracking } = seen;
  const nfmask = maskedOption(target, '--nfmask', target.options.get('--mask') ?? '0xffffffff')?.value;
  const ctmask = maskedOption(target, '--ctmask', target.options.get('--mask') ?? '0xffffffff')?.value;
  if (nfmask === undefined || ctmask === undefined) return unknown(rule);
  const connection = 'connection' in tracking ? tracking.connection : undefined;
  if (target.options.has('--save-mark')) {
    if (connection) connection.mark = ((connection.mark & ~ctmask) ^ (packet.mark & nfmask)) >>> 0;
  } else if (target.options.has('--restore-mark')) {
    if (connection) seen.packet = { ...packet, mark: ((packet.mark & ~nfmask) ^ (connection.mark & ctmask)) >>> 0 };
  } else {
    const next = marked(target, connection?.mark ?? 0);
    if (next === undefined) return unknown(rule);
    if (connection) connection.mark = next;
  }
  return connection ? 'changed' : 'nothing';
}

/** `CT` with a zone would be another memory of connections; with a helper it is as if it were not there for one packet. */
function notrack(rule: ReadyIptablesRule, seen: Seen): Applied {
  const { name, options } = rule.target;
  if (name === 'NOTRACK' || options.has('--notrack')) {
    // xt_CT.c: xt_ct_target: what came over the loopback device is tracked already.
    if ('connection' in seen.tracking) return 'nothing';
    seen.tracking = { state: 'untracked' };
    return 'changed';
  }
  return [...options.keys()].every((option) => option === '--helper') ? 'nothing' : unknown(rule);
}

function nat(rule: ReadyIptablesRule, hook: Hook, seen: Seen): Applied {
  const { name, options } = rule.target;
  const isDestination = hook === 'PREROUTING' || hook === 'OUTPUT';
  if (isDestination !== (name === 'DNAT' || name === 'REDIRECT')) return unknown(rule);
  const option = { DNAT: '--to-destination', SNAT: '--to-source', MASQUERADE: '--to-ports', REDIRECT: '--to-ports' }[
    name
  ]!;
  const value = options.get(option);
  const text = value === undefined ? name : `${name} ${option} ${value}`;
  const port = value === undefined ? undefined : Number(/^\d+/.exec(value)?.[0] ?? Number.NaN);
  const random =
    !isDestination && (options.has('--random') || options.has('--random-fully')) ? { isRandom: true as const } : {};
  if (name === 'MASQUERADE' || name === 'REDIRECT') {
    if (port !== undefined && Number.isNaN(port)) return unknown(rule);
    seen.request = {
      to: name === 'REDIRECT' ? 'redirect' : 'masquerade',
      ...random,
      ...(port === undefined ? {} : { port }),
      text,
    };
    return 'accept';
  }
  const { sport, dport } = seen.packet;
  const to = value === undefined ? undefined : natAddress(value, isDestination ? dport : sport);
  if (!to) return unknown(rule);
  seen.request = { to, text, ...random };
  return 'accept';
}

/** `10.0.0.1`, `10.0.0.1:80`, `10.0.0.1-10.0.0.9:80-90`, `[2001:db8::1]:80`, `:80`; of a range the first, as the choice among them is a hash. */
function natAddress(text: string, own: number | undefined): { address?: string; port?: number } | undefined {
  if (text.startsWith('<')) return { address: text };
  if (/^[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]*$/i.test(text)) return { address: text };
  const match = /^(?:\[([^\]]+)\]|([\d.]+))?(?:-[^:]+)?(?::(\d+)(?:-(\d+))?)?(?:\/(\d+))?$/.exec(text);
  const address = match?.[1] ?? match?.[2];
  if (!match || (address === undefined && match[3] === undefined)) return undefined;
  return {
    ...(address === undefined ? {} : { address }),
    ...(match[3] === undefined ? {} : { port: Number(match[3]) + shiftIn(match[3], match[4], match[5], own) }),
  };
}

/** With a base (`:4000-4009/3000`) the place of the packet's own port behind it is kept (`nf_nat_core.c: nf_nat_l4proto_unique_tuple`, `NF_NAT_RANGE_PROTO_OFFSET`). */
function shiftIn(first: string, last = first, base: string | undefined, own: number | undefined): number {
  const size = Number(last) - Number(first) + 1;
  if (base === undefined || own === undefined || size < 1) return 0;
  return (((own - Number(base)) % size) + size) % size;
}
