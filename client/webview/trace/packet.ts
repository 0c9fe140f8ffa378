/** A packet in one line, as traces have it: `icmp 10.0.0.5 → 8.8.8.8`. */
import type { PacketHeader } from '../../../shared/trace/packet.ts';

export function packetText({ src, dst, protocol, sport, dport }: PacketHeader): string {
  const end = (address: string, port: number | undefined): string =>
    protocol === 'icmp' ? address : `${address.includes(':') ? `[${address}]` : address}:${port ?? '?'}`;
  return `${protocol} ${end(src, sport)} → ${end(dst, dport)}`;
}
