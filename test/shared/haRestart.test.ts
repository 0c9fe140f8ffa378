/** An agent that was restarted beside a running keepalived leaves another `accept_ra` than the last change of the role did. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { compareNode } from '../../shared/compareNode.ts';
import type { NodeState } from '../../shared/state.ts';
import { liveState, nodeNames, topologyOf } from '../support/recordings.ts';

const settings = (live: NodeState, prefix: string) =>
  Object.entries(live.namespaces).flatMap(([name, { sysctls = [] }]) =>
    name.startsWith('snat-')
      ? sysctls.filter(({ key }) => key.startsWith(`net.ipv6.conf.${prefix}`) && key.endsWith('.accept_ra'))
      : [],
  );

it('it is no difference, on the active node and on a standby; of the gateway device alone it is', () => {
  const topology = topologyOf('S6ha');
  const values = new Set<string>();
  for (const node of nodeNames('S6ha'))
    for (const [others, value, count] of [
      ['1', '1', 0],
      ['0', '1', 1],
      ['1', '3', 1],
    ] as const) {
      const live = liveState('S6ha', node);
      const [setting] = settings(live, 'qg-');
      if (!setting) continue;
      values.add(setting.value);
      setting.value = value;
      for (const other of settings(live, 'sg-')) other.value = others;
      const { differences } = compareNode(topology, live).comparison;
      assert.equal(
        differences.filter(({ aspect }) => aspect === 'sysctls').length,
        count,
        `${node} ${others} ${value}`,
      );
    }
  assert.deepEqual([...values].toSorted(), ['0', '2']);
});
