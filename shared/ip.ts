/**
 * IP addresses and prefixes of both families as text and numbers. Total: what is not an address gives `undefined`.
 * Text in, text out, because every tool prints text; numbers only where a sum is needed.
 */
import type { Family } from './state.ts';

export interface Prefix {
  family: Family;
  /** The address with its host bits, canonical text. */
  address: string;
  length: number;
}

/** IPv4 as an unsigned 32-bit number; only the dotted decimal form without leading zeros, as Neutron and iproute2 take it. */
export function ipv4Value(text: string): number | undefined {
  // By character codes: topologies of large clouds ask millions of times, and a regular expression takes ten times as long.
  if (text.length < 7 || text.length > 15) return undefined;
  let value = 0;
  let part = -1;
  let dots = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 46) {
      if (part < 0 || ++dots > 3) return undefined;
      value = value * 256 + part;
      part = -1;
    } else {
      const digit = code - 48;
      // After a leading zero there is no further digit.
      if (digit < 0 || digit > 9 || part === 0) return undefined;
      part = part < 0 ? digit : part * 10 + digit;
      if (part > 255) return undefined;
    }
  }
  return dots === 3 && part >= 0 ? value * 256 + part : undefined;
}

export const ipv4Text = (value: number): string =>
  [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.');

/** IPv6 as eight 16-bit groups, or `undefined`. Zone ids are not accepted. */
export function ipv6Groups(text: string): number[] | undefined {
  if (!text.includes(':')) return undefined;
  let body = text;
  const embedded = text.includes('.') ? /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text) : null;
  if (embedded) {
    const value = ipv4Value(embedded[2]!);
    if (value === undefined) return undefined;
    body = `${embedded[1]!}${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`;
  }
  const halves = body.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  if (groups.flat().some((group) => !/^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  const count = groups.flat().length;
  if (halves.length === 1 ? count !== 8 : count > 7) return undefined;
  const numbers = groups.map((half) => half.map((group) => parseInt(group, 16)));
  return [...numbers[0]!, ...Array<number>(8 - count).fill(0), ...(numbers[1] ?? [])];
}

/** Canonical text of RFC 5952: lower case, the longest run of zeros (the first of equal ones, at least two groups) compressed. */
export function ipv6Text(groups: readonly number[]): string {
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best.start < 0
    ? groupsText(groups)
    : `${groupsText(groups.slice(0, best.start))}::${groupsText(groups.slice(best.start + best.length))}`;
}

const groupsText = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');

export const familyOf = (text: string): Family | undefined =>
  ipv4Value(text) !== undefined ? 'inet' : ipv6Groups(text) ? 'inet6' : undefined;

/** The canonical text of an address, or `undefined`. */
export function canonical(text: string): string | undefined {
  if (ipv4Value(text) !== undefined) return text;
  const groups = ipv6Groups(text);
  return groups && ipv6Text(groups);
}

const bits = (family: Family): number => (family === 'inet' ? 32 : 128);

/** `10.0.0.1/24`; a bare address is a whole one (`/32`, `/128`). Host bits stay. */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf('/');
  const head = slash < 0 ? text : text.slice(0, slash);
  const family = ipv4Value(head) === undefined ? 'inet6' : 'inet';
  const address = family === 'inet' ? head : canonical(head);
  if (address === undefined) return undefined;
  if (slash < 0) return { family, address, length: bits(family) };
  const tail = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(tail) || Number(tail) > bits(family)) return undefined;
  return { family, address, length: Number(tail) };
}

export const bigValue = (address: string): bigint => {
  const four = ipv4Value(address);
  if (four !== undefined) return BigInt(four);
  return ipv6Groups(address)!.reduce((sum, group) => (sum << 16n) | BigInt(group), 0n);
};

/** The address of a value of its family. */
export const bigText = (value: bigint, family: Family): string =>
  family === 'inet'
    ? ipv4Text(Number(value))
    : ipv6Text(Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(16 * (7 - i))) & 0xffffn)));

/** First and last address of a prefix as numbers of its family. */
function bounds({ family, address, length }: Prefix): [first: bigint, last: bigint] {
  const host = (1n << BigInt(bits(family) - length)) - 1n;
  const first = bigValue(address) & ~host;
  return [first, first | host];
}

/** The prefix without host bits: `10.0.0.0/24` of `10.0.0.1/24`. */
export const networkText = (prefix: Prefix): string => `${networkAddress(prefix)}/${prefix.length}`;

function networkAddress({ family, address, length }: Prefix): string {
  if (family === 'inet') {
    const size = 2 ** (32 - length);
    return ipv4Text(Math.floor(ipv4Value(address)! / size) * size);
  }
  // Bits of each group that belong to the network: all, some, none.
  const mask = (i: number): number => (0xffff << (16 - Math.min(16, Math.max(0, length - 16 * i)))) & 0xffff;
  return ipv6Text(ipv6Groups(address)!.map((group, i) => group & mask(i)));
}

/** A prefix as `ip route` prints a destination (`ip/iproute.c: print_route`): `default`, and a single address without its length. */
export function printedPrefix(text: string): string {
  const prefix = parsePrefix(text);
  if (!prefix) return text;
  if (prefix.length === 0) return 'default';
  return prefix.length === (prefix.family === 'inet' ? 32 : 128) ? prefix.address : networkText(prefix);
}

/** The last address of an IPv4 prefix; none for /31 and /32 (RFC 3021), as the kernel sets it. */
export const broadcastOf = (prefix: Prefix): string | undefined =>
  prefix.family === 'inet' && prefix.length < 31 ? bigText(bounds(prefix)[1], 'inet') : undefined;

/** Whether `inner` (an address or prefix) lies wholly inside `outer`; false for other families or bad text. */
export function contains(outer: string | Prefix, inner: string | Prefix): boolean {
  const a = typeof outer === 'string' ? parsePrefix(outer) : outer;
  const b = typeof inner === 'string' ? parsePrefix(inner) : inner;
  if (!a || !b || a.family !== b.family || b.length < a.length) return false;
  if (a.family === 'inet') {
    const size = 2 ** (32 - a.length);
    return Math.floor(ipv4Value(a.address)! / size) === Math.floor(ipv4Value(b.address)! / size);
  }
  const [first, last] = bounds(a);
  const value = bigValue(b.address);
  return first <= value && value <= last;
}

/** Whether two prefixes share an address. */
export const overlaps = (a: string, b: string): boolean => contains(a, b) || contains(b, a);

/** Address number `n` of a prefix, counted from its network address; `undefined` when it is not inside. */
export function nthAddress(prefix: Prefix, n: number): string | undefined {
  const [first, last] = bounds(prefix);
  const value = first + BigInt(n);
  return value <= last ? bigText(value, prefix.family) : undefined;
}

/** Orders addresses of one family by value. */
export function compareAddresses(a: string, b: string): number {
  const [x, y] = [bigValue(a), bigValue(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** The link-local address that the kernel makes from a MAC (modified EUI-64, RFC 4291 appendix A). */
export function linkLocalOf(mac: string): string {
  const octets = mac.split(':').map((octet) => parseInt(octet, 16));
  const word = (high: number, low: number) => (octets[high]! << 8) | octets[low]!;
  return ipv6Text([0xfe80, 0, 0, 0, word(0, 1) ^ 0x0200, (octets[2]! << 8) | 0xff, 0xfe00 | octets[3]!, word(4, 5)]);
}

/** The MAC behind a modified EUI-64 interface identifier, or `undefined` when the address is not of that form. */
export function macOfLinkLocal(address: string): string | undefined {
  const groups = ipv6Groups(address);
  if (!groups || groups[0] !== 0xfe80 || (groups[5]! & 0xff) !== 0xff || groups[6]! >>> 8 !== 0xfe) return undefined;
  const octets = [
    groups[4]! >>> 8,
    groups[4]! & 255,
    groups[5]! >>> 8,
    groups[6]! & 255,
    groups[7]! >>> 8,
    groups[7]! & 255,
  ];
  octets[0] = octets[0]! ^ 2;
  return octets.map((octet) => octet.toString(16).padStart(2, '0')).join(':');
}

export const isMac = (text: string): boolean => /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(text);
