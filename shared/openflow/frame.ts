/** Frames: from fields by name, as `ovs-appctl ofproto/trace` takes them, and back. */
import { copied, emptyFrame } from './held.ts';
import { type Prerequisite, type Words, allFields, field, readSlice, wholeOf } from './layout.ts';
import { constraintsOf } from './match.ts';
import { valueText } from './value.ts';

const at = (name: string): number => field(name).word;
const DL_TYPE = at('dl_type');
const VLAN_TCI = at('vlan_tci');
const VLAN_TCI1 = at('vlan_tci1');
const NW_PROTO = at('nw_proto');
const TP_SRC = at('tp_src');

/** `lib/packets.h: VLAN_CFI`: the bit by which a switch tells that a frame has a tag. */
export const VLAN_CFI = 0x1000;

/** A frame from text such as `in_port=5,dl_vlan=3,icmp,nw_src=10.0.0.1`; a string says what cannot be read. */
export function frameOf(text: string): Words | string {
  const words = emptyFrame();
  const { constraints, unknown } = constraintsOf(text);
  if (unknown.length > 0) return `"${unknown[0]}" is no field that is known`;
  for (const { word, value } of constraints) words[word] = words[word]! | value;
  return words;
}

/** What is not zero in a frame, by name, each bit once. */
export function fieldsOf(words: Words): Record<string, string> {
  const rest = copied(words);
  const result: Record<string, string> = {};
  for (const each of SHOWN) {
    if (!hasField(rest, each.requires)) continue;
    const value = readSlice(words, wholeOf(each));
    // VLAN 0 is a tag, too.
    if (value === 0n && each !== DL_VLAN) continue;
    result[each.name] = valueText(value, each.kind);
  }
  return result;
}

const DL_VLAN = field('dl_vlan');
const HIDDEN = new Set(['vlan_tci', 'vlan_vid', 'ip_dscp', 'nw_ecn']);
const SHOWN = allFields().filter(({ name }) => !HIDDEN.has(name));

const ARP = 0x0806;
const RARP = 0x8035;
const IPV4 = 0x0800;
const IPV6 = 0x86dd;

/** Whether a frame is such that it has a field (`lib/meta-flow.c: mf_are_prereqs_ok__`). */
export function hasField(words: Words, requires: Prerequisite | undefined): boolean {
  const type = words[DL_TYPE];
  switch (requires) {
    case undefined:
      return true;
    case 'vlan':
      return (words[VLAN_TCI]! & VLAN_CFI) !== 0;
    case 'arp':
      return type === ARP || type === RARP;
    case 'ip':
      return type === IPV4;
    case 'ipv6':
      return type === IPV6;
    case 'ipAny':
      return type === IPV4 || type === IPV6;
    case 'l4':
      return (type === IPV4 || type === IPV6) && [6, 17, 132].includes(words[NW_PROTO]!);
    case 'tcp':
      return (type === IPV4 || type === IPV6) && words[NW_PROTO] === 6;
    case 'icmp':
      return type === IPV4 && words[NW_PROTO] === 1;
    case 'icmp6':
      return type === IPV6 && words[NW_PROTO] === 58;
    case 'nd':
      return type === IPV6 && words[NW_PROTO] === 58 && (words[TP_SRC] === 135 || words[TP_SRC] === 136);
  }
}

/** `lib/flow.c: flow_push_vlan_uninit`; false when a frame has two tags already and a switch would forget one. */
export function pushVlan(words: Words): boolean {
  if (words[VLAN_TCI1]! & VLAN_CFI) return false;
  words[VLAN_TCI1] = words[VLAN_TCI]!;
  words[VLAN_TCI] = VLAN_CFI;
  return true;
}

/** `lib/flow.c: flow_pop_vlan`. */
export function popVlan(words: Words): void {
  if (!(words[VLAN_TCI]! & VLAN_CFI)) return;
  words[VLAN_TCI] = words[VLAN_TCI1]!;
  words[VLAN_TCI1] = 0;
}

/** The frame with its tags as they leave by a port: behind one that is none there is none (`lib/odp-util.c: commit_vlan_action`). */
export function committed(words: Words): Words {
  const tci = words[VLAN_TCI]! & VLAN_CFI ? words[VLAN_TCI]! : 0;
  const tci1 = tci !== 0 && words[VLAN_TCI1]! & VLAN_CFI ? words[VLAN_TCI1]! : 0;
  if (tci === words[VLAN_TCI] && tci1 === words[VLAN_TCI1]) return words;
  const frame = copied(words);
  frame[VLAN_TCI] = tci;
  frame[VLAN_TCI1] = tci1;
  return frame;
}

/** What a frame does not take along through a patch port (`ofproto/ofproto-dpif-xlate.c: patch_port_output`). */
export function clearBeforePatch(words: Words): void {
  for (const word of LOST) words[word] = 0;
}

/** `lib/flow.c: flow_clear_conntrack`. */
export function clearConnection(words: Words): void {
  for (const word of CONNECTION) words[word] = 0;
}

const wordsOf = (name: string): number[] =>
  Array.from({ length: Math.ceil(field(name).bits / 32) }, (_, i) => at(name) + i);

const CONNECTION = ['ct_state', 'ct_zone', 'ct_mark', 'ct_label'].flatMap(wordsOf);
const REGISTERS = Array.from({ length: 16 }, (_, i) => at(`reg${i}`));
const LOST = [...wordsOf('metadata'), ...wordsOf('tun_id'), ...REGISTERS, ...CONNECTION];
