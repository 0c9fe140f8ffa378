/** One packet that was really sent, against its trace: the namespaces passed there and back, whether an answer came, which source was seen. */
import assert from 'node:assert/strict';
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

/** Packets of a recording; the world outside of S5 routes an IPv6 prefix to the router by a route of its own, which no node and no topology holds. */
export const packetsOf = (rows: PacketRow[]): PacketRow[] =>
  rows.filter((row) => row.kind === undefined && row.note !== 'IPv6 from outside');

export const packetTitle = (name: string, { from, to, proto, note }: PacketRow): string =>
  `${name}: ${from} → ${to} ${proto}${note === null ? '' : `, ${note}`}`;

/**
 * `node namespace` of each namespace passed, captures in a row as one. `request` and `reply` stand at the end of a line; others are ICMP errors.
 * VMs live in namespaces of their own in the recording, and `ctl` is the world outside.
 */
function recordedPath(row: PacketRow, direction: 'request' | 'reply', scenario: Scenario): string[] {
  const places: string[] = [];
  for (const line of row.path!) {
    const [node, namespace, ...rest] = line.split(' ');
    if (rest.at(-1) !== direction) continue;
    const isEnd = node === 'ctl' || Object.hasOwn(scenario.vms, namespace!);
    const place = isEnd ? '' : `${node} ${namespace}`;
    if (places.at(-1) !== place) places.push(place);
  }
  return places.filter((place) => place !== '');
}

const tracedPath = (leg: Leg | null): string[] =>
  (leg?.path ?? []).map(({ node, namespace }) => `${node} ${namespace}`);

function requestOf(row: PacketRow, cloud: Cloud, { vms, outside }: Scenario): TraceRequest {
  const host = outside
    .map(([prefix]) => prefix.split('/')[0]!)
    .find((address) => address.includes(':') === row.to.includes(':'))!;
  const from = row.from === 'outside' ? { address: host, segment: outsideOf(cloud) } : vms[row.from]!.port;
  return { from, to: row.to, protocol: row.proto, ...(row.dport === undefined ? {} : { dport: row.dport }) };
}
