/** Whether a packet matches an iptables rule: yes, no, or not known. One part that says no decides, however strange the others are. */
import type { Tracking } from './conntrack.ts';
import type { Masked, Match, PortRange, ReadyIptablesRule } from './iptablesRule.ts';
import type { Packet } from './packet.ts';
import { holds, readyAddress } from './prefix.ts';
import type { NatRequest } from './targets.ts';

/** What a rule may look at: `skb`. */
export interface Seen {
  packet: Packet;
  /** Device names; empty where the hook has none (`-i` in OUTPUT and POSTROUTING of own packets, `-o` in PREROUTING and INPUT). */
  in: string;
  out: string;
  tracking: Tracking;
  /** What a rule of the nat table asked for. */
  request?: NatRequest;
}

/** `undefined`: not known, and `unknownPart` says why. */
export function matches(rule: ReadyIptablesRule, seen: Seen): boolean | undefined {
  let isKnown = true;
  for (const match of rule.matches) {
    const result = evaluate(match, seen);
    if (result === false) return false;
    if (result === undefined) isKnown = false;
  }
  return isKnown ? true : undefined;
}

/** Why `matches` does not know, for a person. */
export function unknownPart(rule: ReadyIptablesRule, seen: Seen): string {
  const part = rule.matches.find((match) => evaluate(match, seen) === undefined);
  if (!part) return 'nothing';
  if (part.type === 'unknown') return `"${part.text}" is not understood`;
  if (part.type.endsWith('port')) return 'the request names no destination port';
  return `"${part.type}" cannot be decided`;
}

function evaluate(match: Match, seen: Seen): boolean | undefined {
  const plain = plainly(match, seen);
  if (match.type === 'connmark' && plain === undefined) return false;
  return plain === undefined ? undefined : plain !== match.not;
}

function plainly(match: Match, seen: Seen): boolean | undefined {
  const { packet, tracking } = seen;
  switch (match.type) {
    case 'src':
    case 'dst':
      return holds(match.prefix, readyAddress(packet[match.type], packet.asked));
    case 'in':
    case 'out':
      return isDevice(match.ifname, seen[match.type]);
    case 'protocol':
      return isProtocol(match.protocol, packet);
    case 'sport':
    case 'dport':
      return packet.protocol === 'icmp' ? false : inRanges(match.ranges, packet[match.type]);
    case 'port':
      return eitherPort(match.ranges, packet);
    case 'mark':
      return hasMark(match.mark, packet.mark);
    case 'connmark':
      // xt_connmark.c: without a connection there is no match, negated or not.
      return 'connection' in tracking ? hasMark(match.mark, tracking.connection.mark) : undefined;
    case 'ctstate':
      return inState(match.states, tracking);
    case 'icmp-type':
      return packet.protocol === 'icmp' ? icmpType(match.icmpType, packet) : false;
    default:
      return undefined;
  }
}

/** `+` at the end stands for any rest. */
const isDevice = (pattern: string, ifname: string): boolean =>
  pattern.endsWith('+') ? ifname.startsWith(pattern.slice(0, -1)) : pattern === ifname;

/** IANA protocol numbers. */
const PROTOCOL_NUMBERS = new Map([
  ['icmp', '1'],
  ['tcp', '6'],
  ['udp', '17'],
  ['icmpv6', '58'],
  ['ipv6-icmp', '58'],
]);

function isProtocol(text: string, packet: Packet): boolean {
  if (text === 'all' || text === '0') return true;
  const own = packet.protocol === 'icmp' && packet.family === 'inet6' ? 'ipv6-icmp' : packet.protocol;
  return (PROTOCOL_NUMBERS.get(text) ?? text) === PROTOCOL_NUMBERS.get(own);
}

const inRanges = (ranges: readonly PortRange[], port: number | undefined): boolean | undefined =>
  port === undefined ? undefined : ranges.some(([first, last]) => first <= port && port <= last);

function eitherPort(ranges: readonly PortRange[], packet: Packet): boolean | undefined {
  if (packet.protocol === 'icmp') return false;
  const both = [inRanges(ranges, packet.sport), inRanges(ranges, packet.dport)];
  return both.includes(true) ? true : both.includes(undefined) ? undefined : false;
}

const hasMark = ({ value, mask }: Masked, mark: number): boolean => (mark & mask) >>> 0 === value;

/** `xt_conntrack.c: conntrack_mt`: the state, and for a connection also which of its halves are translated. */
function inState(states: readonly string[], tracking: Tracking): boolean | undefined {
  if (states.some((state) => !STATES.has(state))) return undefined;
  const own = [tracking.state.toUpperCase()];
  if ('connection' in tracking) {
    if (tracking.connection.isTranslated.src) own.push('SNAT');
    if (tracking.connection.isTranslated.dst) own.push('DNAT');
  }
  return own.some((state) => states.includes(state));
}

const STATES = new Set(['INVALID', 'NEW', 'ESTABLISHED', 'RELATED', 'UNTRACKED', 'SNAT', 'DNAT']);

/** RFC 792, RFC 4443: echo request and reply. */
function icmpType(text: string, { family, isAnswer }: Packet): boolean | undefined {
  if (text === 'any' || text === '255') return true;
  const name = text.replace(/\/0$/, '');
  const own =
    family === 'inet'
      ? isAnswer
        ? ['0', 'echo-reply', 'pong']
        : ['8', 'echo-request', 'ping']
      : isAnswer
        ? ['129', 'echo-reply']
        : ['128', 'echo-request'];
  if (own.includes(name)) return true;
  return /^\d+(\/\d+)?$/.test(text) || name.startsWith('echo-') ? false : undefined;
}
