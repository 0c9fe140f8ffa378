/** A packet in one line, as traces have it. */
import type { PacketHeader } from '../../../shared/trace/packet.ts';

/** `icmp 10.0.0.5 → 8.8.8.8`. */
export function packetText({ src, dst, protocol, sport, dport }: PacketHeader): string {
  const end = (address: string, port: number | undefined): string =>
    protocol === 'icmp' ? address : `${address.includes(':') ? `[${address}]` : address}:${port ?? '?'}`;
  return `${protocol} ${end(src, sport)} → ${end(dst, dport)}`;
}

/** `10.0.0.5`, `10.0.0.5:53`, `[2001:db8::5]:53`: source or destination, on its way. */
export const endText = (protocol: string, address: string, port: number | undefined): string =>
  protocol === 'icmp' || port === undefined ? address : `${address.includes(':') ? `[${address}]` : address}:${port}`;

/** `10.0.0.5 → 8.8.8.8`: the packet on its way between two places. */
export const wayText = ({ src, dst, protocol, sport, dport }: PacketHeader): string =>
  `${endText(protocol, src, sport)} → ${endText(protocol, dst, dport)}`;
