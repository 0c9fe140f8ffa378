/**
 * Connection tracking of Open vSwitch, for one traced packet and its answer: what was committed in which zone of which node
 * (`net/openvswitch/conntrack.c: ovs_ct_get_state`, `net/netfilter/nf_conntrack_core.c: resolve_normal_ct`).
 */
import { type Words, field } from '../../openflow/layout.ts';
import type { Tracker } from '../../openflow/tracker.ts';

/** By node and zone: the packets of a connection, and whether it was answered. */
export type Zones = Map<string, Map<string, Known>>;

interface Known {
  connection: { isAnswered: boolean };
  isReply: boolean;
}

/** `lib/packets.h: CS_STATES`. */
const CS = { new: 0x01, est: 0x02, rpl: 0x08, inv: 0x10, trk: 0x20 } as const;

export const trackerOf = (zones: Zones, node: string): Tracker => ({
  stateOf(zone, frame) {
    const known = zones.get(`${node} ${zone}`)?.get(keyOf(frame, 'own'));
    if (known?.isReply) known.connection.isAnswered = true;
    if (known) return CS.trk | (known.isReply ? CS.est | CS.rpl : known.connection.isAnswered ? CS.est : CS.new);
    return isAnswer(frame) ? CS.trk | CS.inv : CS.trk | CS.new;
  },
  commit(zone, frame) {
    const name = `${node} ${zone}`;
    const inZone = zones.get(name) ?? new Map<string, Known>();
    zones.set(name, inZone);
    if (inZone.has(keyOf(frame, 'own')) || isAnswer(frame)) return;
    const connection = { isAnswered: false };
    inZone.set(keyOf(frame, 'own'), { connection, isReply: false });
    inZone.set(keyOf(frame, 'reply'), { connection, isReply: true });
  },
});

const at = (name: string): number => field(name).word;
const [DL_TYPE, NW_PROTO, NW_SRC, NW_DST] = [at('dl_type'), at('nw_proto'), at('nw_src'), at('nw_dst')];
const [IPV6_SRC, IPV6_DST, TP_SRC, TP_DST, TCP_FLAGS] = [
  at('ipv6_src'),
  at('ipv6_dst'),
  at('tp_src'),
  at('tp_dst'),
  at('tcp_flags'),
];
const [IPV6, TCP, ACK] = [0x86dd, 6, 0x010];

/** Echo request and reply are one connection (`nf_conntrack_proto_icmp.c: invmap`). */
const REPLY_OF: Readonly<Record<number, number>> = { 8: 0, 0: 8, 128: 129, 129: 128 };

const isIcmp = (words: Words): boolean => words[NW_PROTO] === 1 || words[NW_PROTO] === 58;

function keyOf(words: Words, side: 'own' | 'reply'): string {
  const addresses =
    words[DL_TYPE] === IPV6
      ? [words.slice(IPV6_SRC, IPV6_SRC + 4), words.slice(IPV6_DST, IPV6_DST + 4)]
      : [words[NW_SRC], words[NW_DST]];
  const ports = isIcmp(words) ? [words[TP_SRC], words[TP_SRC]] : [words[TP_SRC], words[TP_DST]];
  if (side === 'reply') {
    addresses.reverse();
    ports.reverse();
  }
  const numbers = isIcmp(words) && side === 'reply' ? ports.map((type) => REPLY_OF[type!] ?? type) : ports;
  return [words[DL_TYPE], words[NW_PROTO], ...addresses, ...numbers].join(' ');
}

/** What starts no connection: `icmp_new`, `tcp_new` refuse it. */
const isAnswer = (words: Words): boolean =>
  isIcmp(words)
    ? words[TP_SRC] === 0 || words[TP_SRC] === 129
    : words[NW_PROTO] === TCP && (words[TCP_FLAGS]! & ACK) !== 0;
