/**
 * What an expected state leaves open (`<mac of vm1>`, `<DVR MAC of compute1>`, `<address of …>`) as values that a switch can compare.
 * One text has one value in a whole cloud, and no two texts share one.
 */
import { ipv4Text, ipv4Value, ipv6Groups, isMac } from '../../ip.ts';
import type { Reader } from '../../openflow/classifier.ts';
import { type Match, constraintsOfPart, joined } from '../../openflow/match.ts';
import { splitTop } from '../../openflow/split.ts';
import type { Family } from '../../state.ts';

/** Texts that were given a value, in the order in which they were met. */
export type Concrete = Map<string, number>;

/** A MAC as two numbers would have it: its text. Locally administered (IEEE 802, second bit of the first octet), so that no device has it. */
export function macValue(concrete: Concrete, text: string): string {
  if (!text.startsWith('<') && isMac(text.toLowerCase())) return text.toLowerCase();
  const digits = (0x100_0000 + numberOf(concrete, text)).toString(16);
  return `${OWN_PREFIX}:${digits.slice(1, 3)}:${digits.slice(3, 5)}:${digits.slice(5)}`;
}

/** The text that has a MAC. */
export function macText(concrete: Concrete, mac: string): string {
  const n = mac.startsWith(`${OWN_PREFIX}:`) ? parseInt(mac.slice(OWN_PREFIX.length).replaceAll(':', ''), 16) : 0;
  return [...concrete].find(([, number]) => number === n)?.[0] ?? mac;
}

const OWN_PREFIX = '02:64:76';

/** An address; of a placeholder one that nobody has: class E (RFC 1112), the discard prefix (RFC 6666). */
export function addressValue(concrete: Concrete, text: string, family: Family): string {
  if (family === 'inet' ? ipv4Value(text) !== undefined : ipv6Groups(text) !== undefined) return text;
  const n = numberOf(concrete, text);
  return family === 'inet' ? ipv4Text(0xf000_0000 + n) : `100::${(n >> 16).toString(16)}:${(n & 0xffff).toString(16)}`;
}

function numberOf(concrete: Concrete, text: string): number {
  const known = concrete.get(text);
  if (known !== undefined) return known;
  concrete.set(text, concrete.size + 1);
  return concrete.size;
}

/** Matches by their text, as far as they are the same on all nodes; `ofports`: parts that ask for a port by name. */
export type KnownMatches = Map<string, { fixed: Match; ofports: readonly string[] }>;

/**
 * Reads flows whose placeholders have values. A match is read once for a whole cloud: every node has a flow for the DVR MAC of every other.
 * @param ofportOf the number of a bridge's port
 */
export function readerOf(
  { concrete, matches }: { concrete: Concrete; matches: KnownMatches },
  ofportOf: (bridge: string, port: string) => number | undefined,
): Reader {
  const partsByBridge = new Map<string, Map<string, Match>>();
  const concreteOf = (bridge: string, whole: string): string =>
    replaced(whole, (text, field) => {
      const port = /^<ofport of ([^]*)>$/.exec(text)?.[1];
      // A port that is not there has no number: one that no port has.
      if (port !== undefined) return String(ofportOf(bridge, port) ?? NO_PORT);
      if (/^(nw_src|nw_dst|arp_spa|arp_tpa)$/.test(field)) return addressValue(concrete, text, 'inet');
      if (/^(ipv6_src|ipv6_dst|nd_target)$/.test(field)) return addressValue(concrete, text, 'inet6');
      return macValue(concrete, text);
    });
  const partOf = (bridge: string, part: string): Match => {
    let parts = partsByBridge.get(bridge);
    if (!parts) partsByBridge.set(bridge, (parts = new Map()));
    let found = parts.get(part);
    if (!found) parts.set(part, (found = constraintsOfPart(concreteOf(bridge, part))));
    return found;
  };
  const read = (text: string) => {
    const all = partsOf(text);
    const isOpen = (part: string) => part.includes('<ofport of ');
    const fixed = all.filter((part) => !isOpen(part)).map((part) => constraintsOfPart(concreteOf('', part)));
    const made = { fixed: joined(fixed), ofports: all.filter(isOpen) };
    matches.set(text, made);
    return made;
  };
  return {
    match({ bridge, match }) {
      const { fixed, ofports } = matches.get(match) ?? read(match);
      return ofports.length === 0 ? fixed : joined([...ofports.map((part) => partOf(bridge, part)), fixed]);
    },
    actions: ({ bridge, actions }) => (actions.includes('<') ? concreteOf(bridge, actions) : actions),
  };
}

/** Commas and spaces in a placeholder are part of it. */
function partsOf(text: string): string[] {
  if (!text.includes('<')) return splitTop(text);
  const parts: string[] = [];
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    if (text[i] === '<') i = Math.max(i, endOf(text, i) - 1);
    else if (i === text.length || text[i] === ',' || text[i] === ' ') {
      if (i > start) parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return parts;
}

/** Above all that a bridge gives (`OFPP_MAX`), and none that is reserved. */
const NO_PORT = 0xff80;

/** Placeholders may hold others: `<ofport of <vxlan port to …>>`. */
function replaced(text: string, valueOf: (placeholder: string, field: string) => string): string {
  let result = '';
  let at = 0;
  for (;;) {
    const open = text.indexOf('<', at);
    const end = open < 0 ? -1 : endOf(text, open);
    if (end < 0) return result + text.slice(at);
    const before = text.slice(at, open);
    result += before + valueOf(text.slice(open, end), fieldAt(before, text.slice(end)));
    at = end;
  }
}

/** Behind the bracket that closes; -1 when none does. */
function endOf(text: string, open: number): number {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === '<') depth++;
    else if (text[i] === '>' && --depth === 0) return i + 1;
  }
  return -1;
}

/** Which field a value is for: `dl_src=…`, `set_field:…->arp_spa`. */
const fieldAt = (before: string, after: string): string =>
  /^->(\w+)/.exec(after)?.[1] ?? /(\w+)=$/.exec(before)?.[1] ?? '';
