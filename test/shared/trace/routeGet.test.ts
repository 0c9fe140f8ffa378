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

function ours(row: PacketRow, cloud: ReturnType<typeof recordedCloud>): string {
  const [, version, dst, src, iif] = COMMAND.exec(row.cmd)!;
  const family: Family = version === '4' ? 'inet' : 'inet6';
  const { rules = [], routes = [] } = namespaceIn(cloud, row.node, row.ns);
  const result = lookup(fibOf(rules, routes, family), { src: src!, dst: dst!, iif: iif!, mark: 0 });
  if (result.type !== 'route') return result.type;
  // Of an IPv6 answer `ip route get` prints no table.
  const table = family === 'inet' ? (result.route.table ?? 'main') : 'main';
  return `via ${result.nexthop.gateway} dev ${result.nexthop.dev} table ${table}`;
}

for (const scenario of SCENARIOS) {
  test(`${scenario}: the route that the kernel chose`, () => {
    const cloud = recordedCloud(scenario);
    const rows = recordedRows(scenario).filter((row) => row.kind === 'route-get');
    for (const row of rows) assert.equal(ours(row, cloud), answerOf(row.out), `${row.node} ${row.ns}: ${row.cmd}`);
    assert.ok(rows.length > 0, 'no recorded answer');
  });
}
