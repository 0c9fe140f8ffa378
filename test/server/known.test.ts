/** Lines of the allocators' files that Neutron leaves behind are one warning for each node, which carries them. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { groupKnown } from '../../server/known.ts';
import type { Finding } from '../../server/report.ts';

const finding = (node: string, live: string): Finding => ({
  code: 'allocation-unexpected',
  severity: 'error',
  message: `unexpected ${live}`,
  kind: 'unexpected',
  node,
  namespace: '-',
  aspect: 'allocations',
  expected: null,
  live,
  fault: null,
  fix: [],
  pointer: null,
  file: 'cloud.dvr.yaml',
  range: null,
  because: null,
  title: null,
  breaks: null,
  show: [],
  alsoOn: [],
});

it('lines of state files are grouped, others are not', () => {
  const lines = ['fip-priorities: 203.0.113.9,40000', 'fip-priorities: 203.0.113.8,40001'].map((live) => ({
    known: 'leaked-allocation',
    finding: finding('net1', live),
  }));
  const other = { known: undefined, finding: finding('net1', 'ha-state: r,primary') };
  const [alone, group, ...rest] = groupKnown([...lines, other]);
  assert.equal(alone, other.finding);
  assert.deepEqual(rest, []);
  assert.deepEqual(
    [group!.code, group!.severity, group!.live],
    ['leaked-allocation', 'warning', lines.map(({ finding: each }) => each.live).join('\n')],
  );
  assert.deepEqual(
    group!.differences,
    lines.map(({ finding: each }) => each),
  );
  assert.match(group!.message, /^net1: 2 of allocations are left over from routers or floating IPs /);
});
