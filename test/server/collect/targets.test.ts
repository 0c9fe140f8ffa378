/** Where each node is reached: topology, overridden by options, checked before anything connects. */
import assert from 'node:assert/strict';
import { userInfo } from 'node:os';
import { test } from 'node:test';
import { targetProblem, targetsOf } from '../../../server/collect/targets.ts';
import type { Target } from '../../../server/collect/targets.ts';
import type { Node } from '../../../shared/topology/types.ts';

const node = (name: string, more: Partial<Node>): Node => ({
  name,
  pointer: `/nodes/${name}`,
  agent_mode: 'dvr',
  bridge_mappings: {},
  ...more,
});
const NODES = [node('compute1', {}), node('net1', { address: '192.0.2.13', ssh_port: 2222, ssh_user: 'ops' })];

test('a node is reached by its own words, or by defaults', () => {
  assert.deepEqual(targetsOf(NODES), [
    { node: 'compute1', host: 'compute1', port: 22, username: userInfo().username },
    { node: 'net1', host: '192.0.2.13', port: 2222, username: 'ops' },
  ]);
});

test('options win', () => {
  assert.deepEqual(targetsOf(NODES, { user: 'root', port: 22 }), [
    { node: 'compute1', host: 'compute1', port: 22, username: 'root' },
    { node: 'net1', host: '192.0.2.13', port: 22, username: 'root' },
  ]);
});

test('what cannot be connected to is said before it is tried', () => {
  const rows: [part: Partial<Target>, problem: RegExp | undefined][] = [
    [{}, undefined],
    [{ host: '2001:db8::1' }, undefined],
    [{ host: 'fe80::1%eth0' }, undefined],
    [{ username: 'domain\\first last' }, undefined],
    [{ host: '' }, /address/],
    [{ host: '-p' }, /address/],
    [{ host: 'a b' }, /address/],
    [{ host: 'a\n' }, /address/],
    [{ port: 0 }, /port/],
    [{ port: 65_536 }, /port/],
    [{ port: 22.5 }, /port/],
    [{ port: Number.NaN }, /port/],
    [{ username: '' }, /user/],
    [{ username: 'a\u001bb' }, /user/],
  ];
  for (const [part, problem] of rows) {
    const found = targetProblem({ node: 'n', host: 'h', port: 22, username: 'u', ...part });
    if (problem) assert.match(found ?? '', problem, JSON.stringify(part));
    else assert.equal(found, undefined, JSON.stringify(part));
  }
});
