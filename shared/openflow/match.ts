/** The match of a flow as words under masks. */
import { ipv4Value, isMac } from '../ip.ts';
import { splitTop } from './split.ts';
import { type Field, type Words, field, fieldOf } from './layout.ts';
import { type Masked, maskedOf, onesOf } from './value.ts';

/** `(words[word] & mask) === value`. */
export interface Constraint {
  word: number;
  mask: number;
  value: number;
}

export interface Match {
  /** One for each word, by rising word. */
  constraints: readonly Constraint[];
  /** Parts that are not understood, verbatim. */
  unknown: readonly string[];
}

/** Protocol words (`lib/ofp-parse.c: ofp_parse_protocol`): type of the frame, and of the protocol in it. */
const PROTOCOLS = new Map<string, readonly [dlType: number, nwProto?: number]>([
  ['ip', [0x0800]],
  ['ipv4', [0x0800]],
  ['arp', [0x0806]],
  ['rarp', [0x8035]],
  ['ipv6', [0x86dd]],
  ['icmp', [0x0800, 1]],
  ['tcp', [0x0800, 6]],
  ['udp', [0x0800, 17]],
  ['sctp', [0x0800, 132]],
  ['icmp6', [0x86dd, 58]],
  ['tcp6', [0x86dd, 6]],
  ['udp6', [0x86dd, 17]],
  ['sctp6', [0x86dd, 132]],
]);

/** The parts of a match, into what they ask for. */
export const constraintsOf = (text: string): Match => joined(splitTop(text).map(constraintsOfPart));

/** The same of one part. */
export function constraintsOfPart(part: string): Match {
  const plain = plainPart(part);
  if (plain) return { constraints: plain, unknown: NOTHING };
  const asked = partOf(part);
  if (!asked) return { constraints: [], unknown: [part] };
  const byWord = new Map<number, Constraint>();
  for (const [inside, masked] of asked) constrain(byWord, inside, masked);
  return { constraints: [...byWord.values()].toSorted((a, b) => a.word - b.word), unknown: NOTHING };
}

const NOTHING: readonly string[] = [];

/** All that the parts ask for; they are left as they are, for many flows share them. */
export function joined(parts: readonly Match[]): Match {
  if (parts.length === 1) return parts[0]!;
  const constraints = [...(parts[0]?.constraints ?? [])];
  for (const part of parts.slice(1)) for (const each of part.constraints) add(constraints, each);
  const isKnown = parts.every(({ unknown }) => unknown.length === 0);
  return { constraints, unknown: isKnown ? NOTHING : parts.flatMap(({ unknown }) => unknown) };
}

/** In its place, by rising word. */
function add(constraints: Constraint[], added: Constraint): void {
  let at = constraints.length;
  if (at === 0 || constraints[at - 1]!.word < added.word) {
    constraints.push(added);
    return;
  }
  while (at > 0 && constraints[at - 1]!.word > added.word) at--;
  const same = constraints[at - 1];
  if (same?.word !== added.word) constraints.splice(at, 0, added);
  else {
    const [mask, value] = [(same.mask | added.mask) >>> 0, (same.value | added.value) >>> 0];
    constraints[at - 1] = { word: added.word, mask, value };
  }
}

const PLAIN_NUMBER = /^(?:\d{1,9}|0x[0-9a-f]{1,7})$/;

/** The parts that most flows have, without the detour over big numbers; nothing for any other. A node has tens of thousands of flows. */
function plainPart(part: string): Constraint[] | undefined {
  const equals = part.indexOf('=');
  if (equals < 0) return undefined;
  const [name, text] = [part.slice(0, equals), part.slice(equals + 1)];
  if (name === 'dl_vlan') {
    if (!PLAIN_NUMBER.test(text) || Number(text) > 0xfff) return undefined;
    return [{ word: VLAN_TCI, mask: 0x1fff, value: Number(text) | 0x1000 }];
  }
  const inside = fieldOf(name);
  if (!inside || inside.shift !== 0) return undefined;
  const { word } = inside;
  if (inside.kind === 'mac' && isMac(text))
    return [
      { word, mask: 0xffff, value: parseInt(text.slice(0, 2) + text.slice(3, 5), 16) },
      { word: word + 1, mask: 0xffff_ffff, value: parseInt(text.slice(6).replaceAll(':', ''), 16) },
    ];
  const isNumber = inside.kind === 'number' || inside.kind === 'hex' || inside.kind === 'port';
  const value =
    inside.kind === 'ipv4' ? ipv4Value(text) : isNumber && PLAIN_NUMBER.test(text) ? Number(text) : undefined;
  if (value === undefined || inside.bits > 32 || value >= 2 ** inside.bits || name.endsWith('vlan_pcp'))
    return undefined;
  return [{ word, mask: (2 ** inside.bits - 1) >>> 0, value }];
}

const VLAN_TCI = field('vlan_tci').word;

type Asked = [Field, Masked][];

function partOf(part: string): Asked | undefined {
  const equals = part.indexOf('=');
  if (equals < 0) return protocolOf(part);
  const [name, text] = [part.slice(0, equals), part.slice(equals + 1)];
  if (name === 'dl_vlan') return vlanOf(text);
  if (name === 'dl_vlan_pcp' || name === 'vlan_pcp') return priorityOf(text);
  const inside = fieldOf(name);
  const masked = inside && maskedOf(text, inside);
  return masked && [[inside, masked]];
}

function protocolOf(word: string): Asked | undefined {
  if (word === 'eth') return [];
  const [dlType, nwProto] = PROTOCOLS.get(word) ?? [];
  if (dlType === undefined) return undefined;
  const exact = (name: string, value: number): [Field, Masked] => [
    field(name),
    { value: BigInt(value), mask: onesOf(field(name).bits) },
  ];
  return [exact('dl_type', dlType), ...(nwProto === undefined ? [] : [exact('nw_proto', nwProto)])];
}

/** `lib/match.c: match_set_dl_vlan`: a VLAN means a tag too; 0xffff is a frame without (`OFP10_VLAN_NONE`). */
function vlanOf(text: string): Asked | undefined {
  const masked = maskedOf(text, { ...field('vlan_tci'), kind: 'number' });
  if (!masked || masked.mask !== 0xffffn) return undefined;
  if (masked.value === 0xffffn) return [[field('vlan_tci'), { value: 0n, mask: 0xffffn }]];
  return masked.value > 0xfffn ? undefined : [[field('vlan_vid'), { value: masked.value | 0x1000n, mask: 0x1fffn }]];
}

/** `lib/match.c: match_set_dl_vlan_pcp`: a frame without a tag has no priority. */
function priorityOf(text: string): Asked | undefined {
  const masked = maskedOf(text, field('dl_vlan_pcp'));
  return masked && [[field('dl_vlan_pcp'), masked], [field('vlan_vid'), { value: 0x1000n, mask: 0x1000n }]]; // prettier-ignore
}

/** Spreads a value over the words of its field. */
export function constrain(byWord: Map<number, Constraint>, inside: Field, masked: Masked): void {
  let value = masked.value << BigInt(inside.shift);
  let mask = masked.mask << BigInt(inside.shift);
  for (let word = inside.word + Math.ceil(inside.bits / 32) - 1; word >= inside.word; word--) {
    const [low, ones] = [Number(value & 0xffff_ffffn), Number(mask & 0xffff_ffffn)];
    const known = byWord.get(word) ?? { word, mask: 0, value: 0 };
    if (ones !== 0) byWord.set(word, { word, mask: (known.mask | ones) >>> 0, value: (known.value | low) >>> 0 });
    value >>= 32n;
    mask >>= 32n;
  }
}

/** Whether a frame has what is asked for. */
export function isMatch(constraints: readonly Constraint[], words: Words): boolean {
  for (const { word, mask, value } of constraints) if ((words[word]! & mask) >>> 0 !== value) return false;
  return true;
}
