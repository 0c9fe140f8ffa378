/** Random frames that are likely to meet the flows of a node: made from the values that occur in them. */
import { frameOf } from '../../shared/openflow/frame.ts';
import type { Words } from '../../shared/openflow/layout.ts';
import type { Flow } from '../../shared/state.ts';
import type { LearnedMac } from '../../shared/openflow/switch.ts';
import type { JudgedNode } from './flowsNode.ts';

/** mulberry32: a number from 0 to 1, the same row for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Packet {
  bridge: string;
  /** Fields as `ofproto/trace` takes them. */
  parts: string[];
}

/** The frame of a packet, as our walk takes it. */
export function readFrame(parts: readonly string[]): Words {
  const frame = frameOf(parts.join(','));
  if (typeof frame === 'string') throw new Error(frame);
  return frame;
}

/** Those that `NORMAL` keeps back (`lib/packets.c: eth_addr_is_reserved`), and their neighbours. */
const RESERVED_MACS = ['01:80:c2:00:00:0e', '01:80:c2:00:00:10', '00:e0:2b:00:00:04', '00:e0:2b:00:00:05', '01:00:0c:cc:cc:cc', '01:00:0c:cc:cc:c7', '01:00:0c:cc:cc:c8', '01:00:0c:cd:cd:cd']; // prettier-ignore

/** What occurs in the flows of a node, by kind. */
export interface Pool {
  macs: string[];
  addresses: string[];
  addresses6: string[];
  vlans: string[];
  tunnels: string[];
  flows: readonly Flow[];
}

export function poolOf(flows: readonly Flow[]): Pool {
  const text = flows.map(({ match, actions }) => `${match} ${actions}`).join('\n');
  const all = (pattern: RegExp) => [...new Set(text.match(pattern) ?? [])];
  const macs = all(/\b[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b/g);
  return {
    macs: [...macs, 'ff:ff:ff:ff:ff:ff', '33:33:00:00:00:01', '00:00:00:00:00:01', ...RESERVED_MACS],
    addresses: [...all(/\b\d+\.\d+\.\d+\.\d+\b/g), '8.8.8.8', '224.0.0.1', '0.0.0.0'],
    addresses6: [...all(/(?<==)[0-9a-f]{1,4}:[0-9a-f:]*::?[0-9a-f:]*[0-9a-f]\b(?!-)/g).filter((each) => !/^..(:..){5}$/.test(each)), '2001:db8::1', 'fe80::1'],
    vlans: [...all(/(?<=dl_vlan=)\d+/g), ...all(/(?<=vlan_tci=0x)[0-9a-f]{4}(?=\/0x0fff)/g).map((tci) => String(parseInt(tci, 16))), '0', '4095', '77'],
    tunnels: [...all(/(?<=tun_id=)0x[0-9a-f]+/g), '0x0', '0xabc'],
    flows,
  }; // prettier-ignore
}

export function randomPacket(node: JudgedNode, pool: Pool, random: () => number): Packet {
  const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const bridge = one([...node.lines.keys()]);
  const hint = random() < 0.8 ? hintOf(one(pool.flows.filter((flow) => flow.bridge === bridge))) : new Map<string, string>(); // prettier-ignore
  const value = (name: string, otherwise: () => string) =>
    random() < 0.9 ? (hint.get(name) ?? otherwise()) : otherwise();
  const ports = [...node.of.bridges.get(bridge)!.ports.keys()];
  const parts = [
    `in_port=${value('in_port', () => String(one(ports)))}`,
    `dl_src=${value('dl_src', () => one(pool.macs))}`,
    `dl_dst=${value('dl_dst', () => one(pool.macs))}`,
  ];
  const vlan = value('dl_vlan', () => (random() < 0.5 ? '' : one(pool.vlans)));
  if (vlan !== '') parts.push(`dl_vlan=${vlan}`);
  if (vlan !== '' && random() < 0.1) parts.push('dl_vlan_pcp=3');
  if (node.state.ports?.some((port) => port.bridge === bridge && port.options['in_key']))
    parts.push(`tun_id=${value('tun_id', () => one(pool.tunnels))}`);
  return { bridge, parts: [...parts, ...payload(value, hint, pool, random)] };
}

function payload(
  value: (name: string, otherwise: () => string) => string,
  hint: ReadonlyMap<string, string>,
  pool: Pool,
  random: () => number,
): string[] {
  const one = (list: readonly string[]): string => list[Math.floor(random() * list.length)]!;
  const mac = () => one(pool.macs);
  const address = () => one(pool.addresses);
  const address6 = () => one(pool.addresses6);
  const kind =
    hint.get('protocol') ?? one(['arp', 'icmp', 'tcp', 'udp', 'sctp', 'icmp6', 'tcp6', 'udp6', 'dl_type=0x88cc']);
  const ports = (of: string) => [`${of}_src=${Math.floor(random() * 65_536)}`, `${of}_dst=${one(['53', '67', '68', '80', '546'])}`]; // prettier-ignore
  switch (kind) {
    case 'arp':
      return ['arp', `arp_op=${value('arp_op', () => one(['1', '2']))}`, `arp_spa=${value('arp_spa', address)}`, `arp_tpa=${value('arp_tpa', address)}`, `arp_sha=${value('arp_sha', mac)}`, `arp_tha=${value('arp_tha', mac)}`]; // prettier-ignore
    case 'icmp6': {
      const type = value('icmp_type', () => one(['128', '133', '134', '135', '136']));
      const target = type === '135' || type === '136' ? [`nd_target=${value('nd_target', address6)}`] : [];
      return ['icmp6', `ipv6_src=${address6()}`, `ipv6_dst=${address6()}`, `icmpv6_type=${type}`, ...target];
    }
    case 'tcp6':
    case 'udp6':
    case 'sctp6':
      return [kind, `ipv6_src=${value('ipv6_src', address6)}`, `ipv6_dst=${value('ipv6_dst', address6)}`, ...ports(kind.slice(0, -1))]; // prettier-ignore
    case 'icmp':
      return ['icmp', `nw_src=${value('nw_src', address)}`, `nw_dst=${value('nw_dst', address)}`, `icmp_type=${value('icmp_type', () => '8')}`, 'nw_ttl=64']; // prettier-ignore
    case 'tcp':
    case 'udp':
    case 'sctp':
      return [
        kind,
        `nw_src=${value('nw_src', address)}`,
        `nw_dst=${value('nw_dst', address)}`,
        'nw_ttl=64',
        ...ports(kind),
      ];
    default:
      return kind.startsWith('dl_type') ? [kind] : ['icmp', `nw_src=${address()}`, `nw_dst=${address()}`];
  }
}

/** What a frame must have to meet a flow: fields without their masks. */
function hintOf({ match }: Flow): Map<string, string> {
  const hint = new Map<string, string>();
  for (const part of match.split(',')) {
    const [name = '', text] = part.split('=');
    const value = text?.split('/')[0];
    if (value === undefined) hint.set('protocol', name);
    else if (name === 'vlan_tci') hint.set('dl_vlan', value === '0x0000' ? '' : String(parseInt(value, 16) & 0xfff));
    else if (value === 'LOCAL') hint.set(name, '65534');
    else hint.set(name, value);
  }
  return hint;
}

/** Some addresses that the node's bridges may have learned. */
export function randomMacs(
  flows: readonly Flow[],
  ports: readonly { bridge: string; ofport?: number }[],
  random: () => number,
): LearnedMac[] {
  const { macs, vlans } = poolOf(flows);
  const places = ports.filter(({ ofport }) => ofport !== undefined && ofport > 0);
  const learned = new Map<string, LearnedMac>();
  for (let i = 0; i < 12 && places.length > 0; i++) {
    const { bridge, ofport } = places[Math.floor(random() * places.length)]!;
    const mac = macs[Math.floor(random() * macs.length)]!;
    const vlan = Number(vlans[Math.floor(random() * vlans.length)]!);
    if ((parseInt(mac.slice(0, 2), 16) & 1) === 0 && mac !== '00:00:00:00:00:00') learned.set(`${bridge} ${vlan} ${mac}`, { bridge, port: ofport!, vlan, mac }); // prettier-ignore
  }
  return [...learned.values()];
}
