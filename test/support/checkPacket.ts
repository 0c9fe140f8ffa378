/** One packet that was really sent, against its trace: the namespaces passed there and back, whether an answer came, which source was seen. */
import assert from 'node:assert/strict';
import { contains } from '../../shared/ip.ts';
import type { Cloud } from '../../shared/trace/cloud.ts';
import { type Leg, type Trace, type TraceRequest, trace } from '../../shared/trace/trace.ts';
import { type PacketRow, type Scenario, outsideOf } from './recordedCloud.ts';

export function checkPacket(cloud: Cloud, scenario: Scenario, row: PacketRow): Trace {
  const traced = trace(cloud, requestOf(row, cloud, scenario));
  assert.equal(traced.answered, row.delivered);
  if (row.source_seen !== null) assert.equal(traced.sourceSeen, row.source_seen);
  if (!row.path) return traced;
  assert.deepEqual(tracedPath(traced), recordedPath(row, 'request', scenario));
  assert.deepEqual(tracedPath(traced.reply), recordedPath(row, 'reply', scenario));
  return traced;
}

/** Packets of a recording; other rows are answers of the kernel. */
export const packetsOf = (rows: PacketRow[]): PacketRow[] => rows.filter((row) => row.kind === undefined);

export const packetTitle = (name: string, { from, to, proto, note }: PacketRow): string =>
  `${name}: ${from} → ${to} ${proto}${note === null ? '' : `, ${note}`}`;

/**
 * `node namespace` of each namespace passed, captures in a row as one. `request` and `reply` stand at the end of a line; others are ICMP errors.
 * VMs live in namespaces of their own in the recording, and `ctl` is the world outside.
 */
function recordedPath(row: PacketRow, direction: 'request' | 'reply', scenario: Scenario): string[] {
  const places: string[] = [];
  const lines = row.path!.filter((line) => line.endsWith(` ${direction}`));
  for (const line of inVethOrder(lines)) {
    const [node, namespace] = line.split(' ');
    const isEnd = node === 'ctl' || Object.hasOwn(scenario.vms, namespace!);
    const place = isEnd ? '' : `${node} ${namespace}`;
    if (places.at(-1) !== place) places.push(place);
  }
  return places.filter((place) => place !== '');
}

/** The two ends of a veth pair capture a packet at one instant: what comes in at one goes out of the other first. */
function inVethOrder(lines: string[]): string[] {
  const ends = lines.map((line) => /^(\S+) \S+ (?:rfp|fpr)-(\S+) (In|Out) /.exec(line)?.slice(1) ?? []);
  const isSwapped = (i: number) => {
    const [[node, peer, way], [otherNode, otherPeer, otherWay]] = [ends[i] ?? [], ends[i + 1] ?? []];
    return node !== undefined && node === otherNode && peer === otherPeer && way === 'In' && otherWay === 'Out';
  };
  return lines.map((line, i) => (isSwapped(i) ? lines[i + 1]! : isSwapped(i - 1) ? lines[i - 1]! : line));
}

const tracedPath = (leg: Leg | null): string[] =>
  (leg?.path ?? []).map(({ node, namespace }) => `${node} ${namespace}`);

function requestOf(row: PacketRow, cloud: Cloud, { vms, outside }: Scenario): TraceRequest {
  // From the wire, not from the loopback device, where the host behind it is.
  const hosts = outside.filter(([prefix, device]) => device !== 'lo' && prefix.includes(':') === row.to.includes(':'));
  const [prefix] = hosts.find(([own]) => contains(own, row.to)) ?? hosts[0] ?? [''];
  const from =
    row.from === 'outside' ? { address: prefix.split('/')[0]!, segment: outsideOf(cloud) } : senderOf(row, cloud, vms);
  const via = BY_OUTSIDE.includes(row.note ?? '') ? routerOfOutside(row, cloud) : undefined;
  const dport = row.dport === undefined ? {} : { dport: row.dport };
  return { from, to: row.to, protocol: row.proto, ...dport, ...(via === undefined ? {} : { via }) };
}

function senderOf({ from, src }: PacketRow, { wiring }: Cloud, vms: Scenario['vms']): TraceRequest['from'] {
  const { port } = vms[from]!;
  const segment = wiring.endpoints.find(({ id }) => id === port)?.segment;
  return src === undefined || segment === undefined ? port : { address: src, segment };
}

/** Packets for which the world outside has a route of its own, which no node and no topology holds. */
const BY_OUTSIDE: readonly string[] = ['IPv6 from outside', 'the outside answers by a route of its own'];

/** The next hop of that route: the address of the device that the packet came to from outside. */
function routerOfOutside({ path = [], to }: PacketRow, { states }: Cloud): string | undefined {
  const at = path.findIndex((line) => /^ctl \S+ \S+ Out /.test(line));
  const [node, namespace, ifname] = path[at + 1]?.split(' ') ?? [];
  const addresses = states.find((state) => state.node === node)?.namespaces[namespace ?? '']?.addresses ?? [];
  const family = to.includes(':') ? 'inet6' : 'inet';
  return addresses.find((each) => each.ifname === ifname && each.family === family && each.scope === 'global')?.local;
}
