/** What differs between releases: each change has a test that shows both sides of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expect } from '../../shared/expect.ts';
import { readAllocations } from '../../shared/readAllocations.ts';
import { RELEASES, releaseHas } from '../../shared/releases.ts';
import type { NodeState } from '../../shared/state.ts';
import type { Topology } from '../../shared/topology/types.ts';
import { differencesOf, healthyNode, told } from '../support/healthy.ts';
import { liveState, topologyOf } from '../support/recordings.ts';

const values = (state: NodeState, prefix: string, key: string) =>
  Object.entries(state.namespaces).flatMap(([name, { sysctls }]) =>
    name.startsWith(prefix) ? (sysctls ?? []).flatMap((sysctl) => (sysctl.key === key ? [sysctl.value] : [])) : [],
  );

function check(release: string, prefix: string, key: string, expected: string[]): void {
  const topology: Topology = { ...topologyOf('S1'), release };
  assert.deepEqual(values(expect(topology, 'net1'), prefix, key), expected);
}

describe('sysctls', () => {
  it('ip_nonlocal_bind in snat from 2023.1', () => {
    check('zed', 'snat-', 'net.ipv4.ip_nonlocal_bind', []);
    check('2023.1', 'snat-', 'net.ipv4.ip_nonlocal_bind', ['1']);
  });
  it('tcp_be_liberal from 2025.1', () => {
    check('2024.2', 'qrouter-', 'net.netfilter.nf_conntrack_tcp_be_liberal', []);
    check('2025.1', 'qrouter-', 'net.netfilter.nf_conntrack_tcp_be_liberal', ['1']);
  });
});

it('a release that nobody said is read from what the namespaces look like', () => {
  const { release: _, ...topology } = topologyOf('S1');
  const looks = (edit: (text: string) => string) => {
    const live = liveState('S1', 'net1');
    const edited = JSON.parse(edit(JSON.stringify(live))) as NodeState;
    return readAllocations(topology, 'net1', edited).release;
  };
  assert.equal(
    looks((text) => text),
    'zed',
  );
  const on = (text: string, key: string) => text.replaceAll(`"key":"${key}","value":"0"`, `"key":"${key}","value":"1"`);
  assert.equal(
    looks((text) => on(text, 'net.ipv4.ip_nonlocal_bind')),
    '2023.1',
  );
  assert.equal(
    looks((text) => on(text, 'net.netfilter.nf_conntrack_tcp_be_liberal')),
    '2025.1',
  );
});

it('a release that nobody said is one with which a node of any release has no differences', () => {
  const { release: _, ...topology } = topologyOf('S3');
  for (const release of RELEASES)
    for (const node of ['compute1', 'net1']) {
      const live = JSON.parse(
        JSON.stringify(healthyNode({ ...topology, release }, node))
          .replaceAll(/<mac of ([a-z]*)-[^>]*>/g, (__, kind) =>
            kind === 'rfp' ? '0a:00:00:00:00:01' : '0a:00:00:00:00:02',
          )
          .replaceAll(
            /<link-local address of ([a-z]*)-[^>]*>/g,
            (__, kind) => `fe80::800:ff:fe00:${kind === 'rfp' ? 1 : 2}`,
          ),
      ) as NodeState;
      const guess = readAllocations(topology, node, live).release;
      // What tells releases apart is not on every node; what is there must fit.
      assert.ok(guess !== undefined, `${release} ${node}`);
      if (releaseHas(release, 'static_routes') || release === 'rocky')
        assert.deepEqual(told(differencesOf(topology, live)), [], `${release} ${node} read as ${guess}`);
    }
});
