/** Frames as they leave a device: what a packet looks like on a wire, and the questions and answers of ARP and neighbour discovery. */
import { ipv4Value, ipv6Groups } from '../../ip.ts';
import type { Family } from '../../state.ts';
import { emptyFrame } from '../../openflow/held.ts';
import { type Words, field } from '../../openflow/layout.ts';
import type { Packet } from '../packet.ts';
import { type Concrete, addressValue } from './concrete.ts';

/** Both ends of a frame; MACs are concrete. */
export interface Ends {
  src: string;
  dst: string;
}

/** Who asks for whose MAC. */
export interface Question {
  family: Family;
  mac: string;
  address: string;
  target: string;
}

const at = (name: string): number => field(name).word;
const [DL_SRC, DL_DST, DL_TYPE] = [at('dl_src'), at('dl_dst'), at('dl_type')];
const [NW_PROTO, NW_TTL, NW_SRC, NW_DST] = [at('nw_proto'), at('nw_ttl'), at('nw_src'), at('nw_dst')];
const [IPV6_SRC, IPV6_DST, ND_TARGET] = [at('ipv6_src'), at('ipv6_dst'), at('nd_target')];
const [TP_SRC, TP_DST, TCP_FLAGS] = [at('tp_src'), at('tp_dst'), at('tcp_flags')];
const [ARP_OP, ARP_SPA, ARP_TPA] = [at('arp_op'), at('arp_spa'), at('arp_tpa')];
const [ARP_SHA, ARP_THA, ND_SLL, ND_TLL] = [at('arp_sha'), at('arp_tha'), at('nd_sll'), at('nd_tll')];

const ETH_P = { inet: 0x0800, inet6: 0x86dd, arp: 0x0806 } as const;
export const BROADCAST = 'ff:ff:ff:ff:ff:ff';

/** RFC 792, RFC 4443: echo request and echo reply. */
const ECHO = { inet: [8, 0], inet6: [128, 129] } as const;
/** RFC 4861: neighbour solicitation and advertisement. */
const [SOLICITATION, ADVERTISEMENT] = [135, 136];
/** `IPPROTO_*`. */
const PROTO = { icmp: 1, tcp: 6, udp: 17, icmp6: 58 } as const;
/** RFC 9293: SYN, and SYN with ACK. */
const [SYN, SYN_ACK] = [0x002, 0x012];

export function packetFrame(concrete: Concrete, packet: Packet, ends: Ends): Words {
  const { family, protocol, isAnswer, ttl } = packet;
  const words = frame(ends, ETH_P[family]);
  words[NW_PROTO] = protocol === 'icmp' && family === 'inet6' ? PROTO.icmp6 : PROTO[protocol];
  words[NW_TTL] = ttl;
  setAddress(words, family === 'inet' ? NW_SRC : IPV6_SRC, addressValue(concrete, packet.src, family));
  setAddress(words, family === 'inet' ? NW_DST : IPV6_DST, addressValue(concrete, packet.dst, family));
  words[TP_SRC] = protocol === 'icmp' ? ECHO[family][isAnswer ? 1 : 0] : (packet.sport ?? 0);
  words[TP_DST] = protocol === 'icmp' ? 0 : (packet.dport ?? 0);
  if (protocol === 'tcp') words[TCP_FLAGS] = isAnswer ? SYN_ACK : SYN;
  return words;
}

/** Who has the target? (RFC 826, RFC 4861 section 7.2.2) */
export function questionFrame(concrete: Concrete, { family, mac, address, target }: Question): Words {
  const own = addressValue(concrete, address, family);
  const wanted = addressValue(concrete, target, family);
  if (family === 'inet') {
    const words = frame({ src: mac, dst: BROADCAST }, ETH_P.arp);
    words[ARP_OP] = 1;
    setAddress(words, ARP_SPA, own);
    setAddress(words, ARP_TPA, wanted);
    setMac(words, ARP_SHA, mac);
    return words;
  }
  // The solicited-node multicast group (RFC 4291 section 2.7.1), on Ethernet (RFC 2464 section 7).
  const [high = 0, low = 0] = ipv6Groups(wanted)!.slice(-2);
  const tail = [high & 255, low >> 8, low & 255].map((byte) => byte.toString(16).padStart(2, '0'));
  const group = `ff02::1:ff${tail[0]}:${tail[1]}${tail[2]}`;
  const words = discovery({ src: mac, dst: ['33:33:ff', ...tail].join(':') }, own, group, wanted, SOLICITATION);
  setMac(words, ND_SLL, mac);
  return words;
}

/** The target's answer, to the one that asked (`arp.c: arp_process`, `ndisc.c: ndisc_recv_ns`). */
export function answerFrame(concrete: Concrete, { family, mac, address, target }: Question, owner: string): Words {
  const asker = addressValue(concrete, address, family);
  const wanted = addressValue(concrete, target, family);
  const ends = { src: owner, dst: mac };
  if (family === 'inet6') {
    const words = discovery(ends, wanted, asker, wanted, ADVERTISEMENT);
    setMac(words, ND_TLL, owner);
    return words;
  }
  const words = frame(ends, ETH_P.arp);
  words[ARP_OP] = 2;
  setAddress(words, ARP_SPA, wanted);
  setAddress(words, ARP_TPA, asker);
  setMac(words, ARP_SHA, owner);
  setMac(words, ARP_THA, mac);
  return words;
}

function discovery(ends: Ends, src: string, dst: string, target: string, type: number): Words {
  const words = frame(ends, ETH_P.inet6);
  words[NW_PROTO] = PROTO.icmp6;
  // RFC 4861 section 7.1: anything less has passed a router.
  words[NW_TTL] = 255;
  words[TP_SRC] = type;
  setAddress(words, IPV6_SRC, src);
  setAddress(words, IPV6_DST, dst);
  setAddress(words, ND_TARGET, target);
  return words;
}

/** The MAC that an ARP answer for the target tells; undefined for any other frame. */
export function answeredMac(words: Words, concrete: Concrete, target: string): string | undefined {
  if (words[DL_TYPE] !== ETH_P.arp || words[ARP_OP] !== 2) return undefined;
  return words[ARP_SPA] === ipv4Value(addressValue(concrete, target, 'inet')) ? macAt(words, ARP_SHA) : undefined;
}

/** To whom a frame goes. */
export const destinationOf = (words: Words): string => macAt(words, DL_DST);

/** From whom it comes. */
export const sourceOf = (words: Words): string => macAt(words, DL_SRC);

/** Whether a frame goes to a group, or to all. */
export const isGroup = (words: Words): boolean => (words[DL_DST]! & 0x0100) !== 0;

function frame({ src, dst }: Ends, type: number): Words {
  const words = emptyFrame();
  setMac(words, DL_SRC, src);
  setMac(words, DL_DST, dst);
  words[DL_TYPE] = type;
  return words;
}

function setMac(words: Words, word: number, mac: string): void {
  const digits = mac.replaceAll(':', '');
  words[word] = parseInt(digits.slice(0, 4), 16);
  words[word + 1] = parseInt(digits.slice(4), 16);
}

function macAt(words: Words, word: number): string {
  const digits = words[word]!.toString(16).padStart(4, '0') + words[word + 1]!.toString(16).padStart(8, '0');
  return digits.match(/../g)!.join(':');
}

function setAddress(words: Words, word: number, address: string): void {
  const groups = address.includes(':') ? (ipv6Groups(address) ?? []) : undefined;
  if (!groups) words[word] = ipv4Value(address) ?? 0;
  else for (let i = 0; i < 4; i++) words[word + i] = (groups[2 * i] ?? 0) * 0x1_0000 + (groups[2 * i + 1] ?? 0);
}
