/** The kernel's own route choice, as it was recorded: `ip route get` in the namespaces of every scenario. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Family } from '../../../shared/state.ts';
import { fibOf, lookup } from '../../../shared/trace/fib.ts';
import { type PacketRow, namespaceIn, recordedCloud, recordedRows } from '../../support/recordedCloud.ts';
import { SCENARIOS } from '../../support/recordings.ts';

const COMMAND = /^ip -([46]) route get (\S+) from (\S+) iif (\S+)$/;

/** `via`, `dev` and table of an answer; the kernel leaves table main out. */
function answerOf(out: string): string {
  if (out.startsWith('RTNETLINK answers: Network is unreachable')) return 'none';
  const word = (name: string) => new RegExp(`\\b${name} (\\S+)`).exec(out)?.[1];
  return `via ${word('via')} dev ${word('dev')} table ${word('table') ?? 'main'}`;
}

/** Of several next hops the kernel takes one by a hash of its own. */
function ours(row: PacketRow, cloud: ReturnType<typeof recordedCloud>): string[] {
  const [, version, dst, src, iif] = COMMAND.exec(row.cmd)!;
  const family: Family = version === '4' ? 'inet' : 'inet6';
  const { rules = [], routes = [] } = namespaceIn(cloud, row.node, row.ns);
  const result = lookup(fibOf(rules, routes, family), { src: src!, dst: dst!, iif: iif!, mark: 0 });
  if (result.type !== 'route') return [result.type];
  // Of an IPv6 answer `ip route get` prints no table.
  const table = family === 'inet' ? (result.route.table ?? 'main') : 'main';
  const hops = result.route.nexthops ?? [result.nexthop];
  return hops.map((hop) => `via ${hop.gateway} dev ${hop.dev} table ${table}`);
}

/** When these were recorded nobody asked the kernel. */
const UNASKED: readonly string[] = ['L1', 'L2', 'L3', 'L4', 'L5', 'L11'];

for (const scenario of SCENARIOS.filter((name) => !UNASKED.includes(name))) {
  test(`${scenario}: the route that the kernel chose`, () => {
    const cloud = recordedCloud(scenario);
    const rows = recordedRows(scenario).filter((row) => row.kind === 'route-get');
    for (const row of rows) {
      const permitted = ours(row, cloud);
      const what = `${row.node} ${row.ns}: ${row.cmd}: ${permitted.join(' or ')}`;
      assert.ok(permitted.includes(answerOf(row.out)), `${what}, not ${answerOf(row.out)}`);
    }
    assert.ok(rows.length > 0, 'no recorded answer');
  });
}
