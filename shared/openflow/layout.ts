/**
 * Where each field of a frame lies in an array of 32-bit words, as Open vSwitch lays out `struct flow` (`include/openvswitch/flow.h`):
 * fields that no frame has at once share words (`arp_spa` and `nw_src`), so that a match is some words under masks.
 */

/** A frame with what a switch knows besides: registers, tunnel, connection. */
export type Words = Uint32Array;

/** What a frame must be before it has a field (`lib/meta-flow.h`: Prerequisites). */
export type Prerequisite = 'vlan' | 'arp' | 'ip' | 'ipv6' | 'ipAny' | 'l4' | 'tcp' | 'icmp' | 'icmp6' | 'nd';

/** How a value is written. */
export type Kind = 'number' | 'hex' | 'mac' | 'ipv4' | 'ipv6' | 'ctState' | 'tcpFlags' | 'port';

export interface Field {
  name: string;
  /** The first word; the most significant bits come first. */
  word: number;
  bits: number;
  /** From the right end, of a field that is a part of a word. */
  shift: number;
  kind: Kind;
  requires?: Prerequisite;
}

/** A run of bits of a field: `NXM_OF_VLAN_TCI[0..11]`. */
export interface Slice {
  field: Field;
  from: number;
  bits: number;
}

const fields = new Map<string, Field>();
let size = 0;

/** Declares a field in words of its own, or in those of another one. */
function declare(names: string, bits: number, kind: Kind, requires?: Prerequisite, at?: string, shift = 0): void {
  const word = at === undefined ? size : fields.get(at)!.word;
  if (at === undefined) size += Math.ceil(bits / 32);
  const [name = '', ...aliases] = names.split(' ');
  const declared: Field = { name, word, bits, shift, kind, ...(requires && { requires }) };
  for (const alias of [name, ...aliases]) fields.set(alias.toLowerCase(), declared);
}

// Names: `lib/meta-flow.h`, NXM and OXM.
declare('in_port NXM_OF_IN_PORT OXM_OF_IN_PORT', 32, 'port');
declare('dl_type eth_type NXM_OF_ETH_TYPE OXM_OF_ETH_TYPE', 16, 'hex');
declare('dl_src eth_src NXM_OF_ETH_SRC OXM_OF_ETH_SRC', 48, 'mac');
declare('dl_dst eth_dst NXM_OF_ETH_DST OXM_OF_ETH_DST', 48, 'mac');
declare('vlan_tci NXM_OF_VLAN_TCI', 16, 'hex');
declare('vlan_tci1', 16, 'hex');
declare('dl_vlan', 12, 'number', 'vlan', 'vlan_tci');
declare('vlan_vid OXM_OF_VLAN_VID', 13, 'number', 'vlan', 'vlan_tci');
declare('dl_vlan_pcp vlan_pcp OXM_OF_VLAN_PCP', 3, 'number', 'vlan', 'vlan_tci', 13);
declare('nw_proto ip_proto NXM_OF_IP_PROTO OXM_OF_IP_PROTO', 8, 'number', 'ipAny');
declare('nw_src ip_src NXM_OF_IP_SRC OXM_OF_IPV4_SRC', 32, 'ipv4', 'ip');
declare('nw_dst ip_dst NXM_OF_IP_DST OXM_OF_IPV4_DST', 32, 'ipv4', 'ip');
declare('nw_tos NXM_OF_IP_TOS', 8, 'number', 'ipAny');
declare('ip_dscp OXM_OF_IP_DSCP', 6, 'number', 'ipAny', 'nw_tos', 2);
declare('nw_ecn ip_ecn NXM_NX_IP_ECN OXM_OF_IP_ECN', 2, 'number', 'ipAny', 'nw_tos');
declare('nw_ttl NXM_NX_IP_TTL', 8, 'number', 'ipAny');
declare('ipv6_src NXM_NX_IPV6_SRC OXM_OF_IPV6_SRC', 128, 'ipv6', 'ipv6');
declare('ipv6_dst NXM_NX_IPV6_DST OXM_OF_IPV6_DST', 128, 'ipv6', 'ipv6');
declare('tp_src tcp_src udp_src sctp_src NXM_OF_TCP_SRC NXM_OF_UDP_SRC OXM_OF_TCP_SRC OXM_OF_UDP_SRC', 16, 'number', 'l4'); // prettier-ignore
declare('tp_dst tcp_dst udp_dst sctp_dst NXM_OF_TCP_DST NXM_OF_UDP_DST OXM_OF_TCP_DST OXM_OF_UDP_DST', 16, 'number', 'l4'); // prettier-ignore
declare('tcp_flags NXM_NX_TCP_FLAGS', 16, 'tcpFlags', 'tcp');
declare('icmp_type NXM_OF_ICMP_TYPE OXM_OF_ICMPV4_TYPE', 8, 'number', 'icmp', 'tp_src');
declare('icmp_code NXM_OF_ICMP_CODE OXM_OF_ICMPV4_CODE', 8, 'number', 'icmp', 'tp_dst');
declare('icmpv6_type NXM_NX_ICMPV6_TYPE OXM_OF_ICMPV6_TYPE', 8, 'number', 'icmp6', 'tp_src');
declare('icmpv6_code NXM_NX_ICMPV6_CODE OXM_OF_ICMPV6_CODE', 8, 'number', 'icmp6', 'tp_dst');
declare('nd_target NXM_NX_ND_TARGET OXM_OF_IPV6_ND_TARGET', 128, 'ipv6', 'nd');
declare('arp_sha NXM_NX_ARP_SHA OXM_OF_ARP_SHA', 48, 'mac', 'arp');
declare('arp_tha NXM_NX_ARP_THA OXM_OF_ARP_THA', 48, 'mac', 'arp');
declare('nd_sll NXM_NX_ND_SLL OXM_OF_IPV6_ND_SLL', 48, 'mac', 'nd', 'arp_sha');
declare('nd_tll NXM_NX_ND_TLL OXM_OF_IPV6_ND_TLL', 48, 'mac', 'nd', 'arp_tha');
declare('arp_op NXM_OF_ARP_OP OXM_OF_ARP_OP', 16, 'number', 'arp', 'nw_proto');
declare('arp_spa NXM_OF_ARP_SPA OXM_OF_ARP_SPA', 32, 'ipv4', 'arp', 'nw_src');
declare('arp_tpa NXM_OF_ARP_TPA OXM_OF_ARP_TPA', 32, 'ipv4', 'arp', 'nw_dst');
declare('tun_id tunnel_id NXM_NX_TUN_ID OXM_OF_TUNNEL_ID', 64, 'hex');
declare('metadata OXM_OF_METADATA', 64, 'hex');
declare('pkt_mark NXM_NX_PKT_MARK', 32, 'hex');
for (let i = 0; i < 16; i++) declare(`reg${i} NXM_NX_REG${i}`, 32, 'hex');
declare('ct_state NXM_NX_CT_STATE', 32, 'ctState');
declare('ct_zone NXM_NX_CT_ZONE', 16, 'number');
declare('ct_mark NXM_NX_CT_MARK', 32, 'hex');
declare('ct_label NXM_NX_CT_LABEL', 128, 'hex');
declare('conj_id NXM_NX_CONJ_ID', 32, 'number');

/** How many words a frame has. */
export const WORDS = size;

/** A field by any of its names. */
export const fieldOf = (name: string): Field | undefined => fields.get(name.toLowerCase());

/** A field that is there; for names that stand in this program. */
export function field(name: string): Field {
  const found = fieldOf(name);
  if (!found) throw new Error(`there is no field ${name}`);
  return found;
}

/** All fields once, in the order in which they are written. */
export const allFields = (): Field[] => [...new Set(fields.values())];

const SLICE = /^([A-Za-z_]\w*)(?:\[(?:(\d+)(?:\.\.(\d+))?)?\])?$/;

/** `NXM_NX_REG6[0..15]`, `tun_id`, `NXM_OF_IN_PORT[]`; undefined when it is none that is known. */
export function sliceOf(text: string): Slice | undefined {
  const [, name, low, high] = SLICE.exec(text) ?? [];
  const found = name === undefined ? undefined : fieldOf(name);
  if (!found) return undefined;
  if (low === undefined) return { field: found, from: 0, bits: found.bits };
  const [from, to] = [Number(low), Number(high ?? low)];
  return to < from || to >= found.bits ? undefined : { field: found, from, bits: to - from + 1 };
}

/** The bits of a slice. */
export function readSlice(words: Words, { field: { word, bits: all, shift }, from, bits }: Slice): bigint {
  if (all <= 32 && bits < 32) return BigInt((words[word]! >>> (from + shift)) & ((1 << bits) - 1));
  let value = 0n;
  for (let i = 0; i < Math.ceil(all / 32); i++) value = (value << 32n) | BigInt(words[word + i]!);
  return (value >> BigInt(from + shift)) & ((1n << BigInt(bits)) - 1n);
}

/** Puts a value into a slice; bits that do not fit are cut off. */
export function writeSlice(words: Words, slice: Slice, value: bigint): void {
  const { field: inside, from, bits } = slice;
  const ones = ((1n << BigInt(bits)) - 1n) << BigInt(from + inside.shift);
  let mask = ones;
  let rest = (value << BigInt(from + inside.shift)) & ones;
  for (let i = Math.ceil(inside.bits / 32) - 1; i >= 0; i--) {
    const at = inside.word + i;
    words[at] = (words[at]! & ~Number(mask & WORD)) | Number(rest & WORD);
    mask >>= 32n;
    rest >>= 32n;
  }
}

const WORD = 0xffff_ffffn;

export const wholeOf = (of: Field): Slice => ({ field: of, from: 0, bits: of.bits });
