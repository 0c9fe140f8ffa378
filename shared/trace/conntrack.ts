/**
 * The memory of connections of one namespace, so that an answer is translated back (`net/netfilter/nf_conntrack_core.c`, `nf_nat_core.c`).
 * A trace starts with none; on live state those that the kernel holds are found by their addresses and ports (`recall`).
 */
import type { TrackedConnection } from '../state.ts';
import type { Packet } from './packet.ts';

/** One direction of a connection. Of ICMP the "ports" are the type of the message: a request never equals an answer. */
interface Tuple {
  src: string;
  dst: string;
  sport: number | string;
  dport: number | string;
}

/** `struct nf_conn`, as far as rules and translations see it. */
export interface Connection {
  protocol: string;
  /** The first packet as it came. */
  original: Tuple;
  /** The same packet as it left; answers come in as its inverse. */
  translated: Tuple;
  /** `ct->mark`. */
  mark: number;
  isAnswered: boolean;
  /** Which halves the nat table was asked for: it is asked once. */
  isSet: { src: boolean; dst: boolean };
  /** `IPS_SRC_NAT`, `IPS_DST_NAT`: set only when something changed. */
  isTranslated: { src: boolean; dst: boolean };
  /** `nat->masq_index`: the device that MASQUERADE took the address of. */
  masqueradedBy?: string;
  /** What the nat table said, for people: `SNAT --to-source 192.168.1.21`. */
  said: { src?: string; dst?: string };
}

/** What conntrack says of a packet: `skb->_nfct`. `invalid` and `untracked` have no connection. */
export type Tracking =
  | { state: 'new' | 'established'; connection: Connection; direction: 'original' | 'answer' }
  | { state: 'invalid' | 'untracked' };

/** Connections by the packets that belong to them. */
export type Connections = Map<string, { connection: Connection; direction: 'original' | 'answer' }>;

const keyOf = (protocol: string, { src, dst, sport, dport }: Tuple): string =>
  `${protocol} ${src} ${sport} ${dst} ${dport}`;

const invert = ({ src, dst, sport, dport }: Tuple): Tuple => ({ src: dst, dst: src, sport: dport, dport: sport });

function tupleOf(packet: Packet): Tuple {
  const { src, dst, protocol, sport = '?', dport = '?', isAnswer } = packet;
  if (protocol !== 'icmp') return { src, dst, sport, dport };
  return isAnswer ? { src, dst, sport: 'answer', dport: 'request' } : { src, dst, sport: 'request', dport: 'answer' };
}

/**
 * `nf_conntrack_in`: the connection of a packet, made when it is the first one. An ICMP or TCP answer to nothing known is invalid
 * (`icmp_new`, `tcp_new` refuse an echo reply and a SYN-ACK); a datagram back simply starts a connection of its own.
 */
export function track(connections: Connections, packet: Packet): Tracking {
  const tuple = tupleOf(packet);
  const known = connections.get(keyOf(packet.protocol, tuple));
  if (known) {
    if (known.direction === 'answer') known.connection.isAnswered = true;
    return { state: known.connection.isAnswered ? 'established' : 'new', ...known };
  }
  if (packet.isAnswer && packet.protocol !== 'udp') return { state: 'invalid' };
  const connection: Connection = {
    protocol: packet.protocol,
    original: tuple,
    translated: { ...tuple },
    mark: 0,
    isAnswered: false,
    isSet: { src: false, dst: false },
    isTranslated: { src: false, dst: false },
    said: {},
  };
  connections.set(keyOf(packet.protocol, tuple), { connection, direction: 'original' });
  expectAnswer(connections, connection);
  return { state: 'new', connection, direction: 'original' };
}

/**
 * Puts a connection that the kernel knows already where its packet will look for it. The nat table is not asked again, whatever it says by now
 * (`nf_nat_core.c: nf_nat_inet_fn`). Pings are never found: a trace does not say their number.
 */
export function recall(
  connections: Connections,
  kept: readonly TrackedConnection[] | undefined,
  packet: Packet,
): TrackedConnection | undefined {
  const key = keyOf(packet.protocol, tupleOf(packet));
  if (!kept || connections.has(key)) return undefined;
  const found = indexOf(kept).get(key);
  if (!found) return undefined;
  const { protocol, original, reply, mark, isUnreplied } = found;
  const translated = invert(reply);
  const isTranslated = {
    src: translated.src !== original.src || translated.sport !== original.sport,
    dst: translated.dst !== original.dst || translated.dport !== original.dport,
  };
  const said = {
    ...(isTranslated.src ? { src: `from ${translated.src}:${translated.sport}, as conntrack has it` } : {}),
    ...(isTranslated.dst ? { dst: `to ${translated.dst}:${translated.dport}, as conntrack has it` } : {}),
  };
  const isSet = { src: true, dst: true };
  const isAnswered = !isUnreplied;
  const connection = { protocol, original, translated, mark, isAnswered, isSet, isTranslated, said };
  connections.set(keyOf(protocol, original), { connection, direction: 'original' });
  connections.set(keyOf(protocol, reply), { connection, direction: 'answer' });
  return found;
}

const indices = new WeakMap<readonly TrackedConnection[], Map<string, TrackedConnection>>();

/** By both directions; made once, since a namespace may hold thousands. */
function indexOf(kept: readonly TrackedConnection[]): Map<string, TrackedConnection> {
  const known = indices.get(kept);
  if (known) return known;
  const index = new Map<string, TrackedConnection>();
  for (const entry of kept)
    for (const tuple of [entry.original, entry.reply]) index.set(keyOf(entry.protocol, tuple), entry);
  indices.set(kept, index);
  return index;
}

/** The answers of another connection may look the same until this one is translated (a packet that comes back to the router that sent it). */
function expectAnswer(connections: Connections, connection: Connection): void {
  const key = keyOf(connection.protocol, invert(connection.translated));
  if (!connections.has(key)) connections.set(key, { connection, direction: 'answer' });
}

/** `nf_ct_kill_acct`: its next packet is a new one. */
export function forget(connections: Connections, connection: Connection): void {
  for (const [key, known] of connections) if (known.connection === connection) connections.delete(key);
}

/** The halves of a connection that hooks translate: destinations on the way in, sources on the way out. */
export type Half = 'src' | 'dst';

/** `nf_nat_setup_info`: the translation of one half of a new connection. A port is kept as long as the answers stay tellable. */
export function translate(
  connections: Connections,
  connection: Connection,
  half: Half,
  to: { address: string; port?: number; isRandom?: true },
): void {
  const { protocol, translated } = connection;
  const key = keyOf(protocol, invert(translated));
  if (connections.get(key)?.connection === connection) connections.delete(key);
  const portName = half === 'src' ? 'sport' : 'dport';
  const next: Tuple = { ...translated, [half]: to.address };
  if (protocol !== 'icmp' && to.port !== undefined) next[portName] = to.port;
  for (
    let tries = 0;
    tries < 100 && typeof next[portName] === 'number' && connections.has(keyOf(protocol, invert(next)));
    tries++
  ) {
    next[portName] = ((next[portName] - 1023) % 64512) + 1024;
  }
  // A port that the kernel draws is another one, although this trace keeps it (nf_nat_core.c: get_unique_tuple, nf_nat_setup_info).
  connection.isTranslated[half] = to.isRandom === true || keyOf(protocol, next) !== keyOf(protocol, translated);
  connection.translated = next;
  expectAnswer(connections, connection);
}

/** `nf_nat_packet`: the packet with one half as its connection has it, in either direction. */
export function translatedPacket(packet: Packet, tracking: Tracking, half: Half): Packet {
  if (!('connection' in tracking)) return packet;
  const { connection, direction } = tracking;
  const to = direction === 'original' ? connection.translated : invert(connection.original);
  const port = half === 'src' ? to.sport : to.dport;
  return {
    ...packet,
    [half]: to[half],
    ...(typeof port === 'number' ? { [half === 'src' ? 'sport' : 'dport']: port } : {}),
  };
}

/** What was said of the half that a hook translates for this direction: an answer's destination is the other half's source. */
export function saidOf(tracking: Tracking, half: Half): string | undefined {
  if (!('connection' in tracking)) return undefined;
  const { connection, direction } = tracking;
  const original: Half = direction === 'original' ? half : half === 'src' ? 'dst' : 'src';
  return connection.isTranslated[original] ? connection.said[original] : undefined;
}
