/** The packet that is traced. */
import { canonical, familyOf } from '../ip.ts';
import type { Family } from '../state.ts';
import type { Asked } from './prefix.ts';

/** `icmp` is an echo request or its answer, of ICMPv6 in IPv6. */
export type Protocol = 'icmp' | 'tcp' | 'udp';

/** What a trace shows of a packet. */
export interface PacketHeader {
  src: string;
  dst: string;
  protocol: Protocol;
  sport?: number;
  dport?: number;
}

/** A packet on its way; never changed in place. */
export interface Packet extends PacketHeader {
  family: Family;
  /** It answers the traced packet: an echo reply, a SYN-ACK, a datagram back. */
  isAnswer: boolean;
  /** `skb->mark`. Zero in every new namespace: a veth and Open vSwitch do not carry it. */
  mark: number;
  ttl: number;
  /** Bytes, when they are asked after. It may not be cut (DF). */
  size?: number;
  /** Told of what is asked of its addresses, for `verify`. */
  asked?: Asked;
}

/** RFC 1700; what Linux sends with (`net.ipv4.ip_default_ttl`). */
const DEFAULT_TTL = 64;

/** The source port of a request that names none: any ephemeral port does, this one starts the range of RFC 6335. */
const EPHEMERAL_PORT = 49152;

const PROTOCOLS = new Map<string, Protocol>([
  ['icmp', 'icmp'],
  ['icmp6', 'icmp'],
  ['icmpv6', 'icmp'],
  ['ipv6-icmp', 'icmp'],
  ['tcp', 'tcp'],
  ['udp', 'udp'],
]);

/** ICMPv6 by any of its names is `icmp`; `undefined` for what is not traced. */
export const protocolOf = (text: string): Protocol | undefined => PROTOCOLS.get(text.toLowerCase());

/** A fresh packet, or `undefined` when `dst` is no address. `src` may be a placeholder that the topology left open. */
export function packetOf(header: PacketHeader): Packet | undefined {
  const family = familyOf(header.dst);
  if (!family) return undefined;
  const ports = header.protocol === 'icmp' ? {} : { sport: header.sport ?? EPHEMERAL_PORT };
  return {
    src: canonical(header.src) ?? header.src,
    dst: canonical(header.dst) ?? header.dst,
    protocol: header.protocol,
    ...ports,
    ...(header.protocol === 'icmp' || header.dport === undefined ? {} : { dport: header.dport }),
    family,
    isAnswer: false,
    mark: 0,
    ttl: DEFAULT_TTL,
  };
}

/** Only what a trace shows. */
export function headerOf({ src, dst, protocol, sport, dport }: PacketHeader): PacketHeader {
  return { src, dst, protocol, ...(sport === undefined ? {} : { sport }), ...(dport === undefined ? {} : { dport }) };
}

/** What the receiver sends back. */
export function answerTo(packet: Packet): Packet {
  const { sport: dport, dport: sport, ...rest } = packet;
  const ports = { ...(sport === undefined ? {} : { sport }), ...(dport === undefined ? {} : { dport }) };
  return { ...rest, ...ports, src: packet.dst, dst: packet.src, isAnswer: !packet.isAnswer, mark: 0, ttl: DEFAULT_TTL };
}

/** `icmp 10.0.0.5 → 8.8.8.8`, `tcp 10.0.0.5:49152 → 10.0.1.1:80`. */
export function packetText(packet: PacketHeader): string {
  const end = (address: string, port: number | undefined) =>
    packet.protocol === 'icmp' ? address : `${address.includes(':') ? `[${address}]` : address}:${port ?? '?'}`;
  return `${packet.protocol} ${end(packet.src, packet.sport)} → ${end(packet.dst, packet.dport)}`;
}
