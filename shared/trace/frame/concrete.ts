/**
 * What an expected state leaves open (`<mac of vm1>`, `<DVR MAC of compute1>`, `<address of …>`) as values that a switch can compare.
 * One text has one value in a whole cloud, and no two texts share one.
 */
import { ipv4Text, ipv4Value, ipv6Groups, isMac } from '../../ip.ts';
import type { Family, Flow } from '../../state.ts';

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

/** A flow whose placeholders have values. @param ofports numbers of the bridge's ports by name */
export function concreteFlow(concrete: Concrete, flow: Flow, ofports: ReadonlyMap<string, number>): Flow {
  if (!flow.match.includes('<') && !flow.actions.includes('<')) return flow;
  const valueOf = (text: string, field: string): string => {
    const port = /^<ofport of ([^]*)>$/.exec(text)?.[1];
    // A port that is not there has no number: one that no port has.
    if (port !== undefined) return String(ofports.get(port) ?? NO_PORT);
    if (/^(nw_src|nw_dst|arp_spa|arp_tpa)$/.test(field)) return addressValue(concrete, text, 'inet');
    if (/^(ipv6_src|ipv6_dst|nd_target)$/.test(field)) return addressValue(concrete, text, 'inet6');
    return macValue(concrete, text);
  };
  return { ...flow, match: replaced(flow.match, valueOf), actions: replaced(flow.actions, valueOf) };
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
