/** `verify --against`: what one side reaches, and of the other nobody knows, is neither lost nor the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DifferSide, differAsText, differReport } from '../../../server/cli/verifyDiffer.ts';
import { expectedCloud, liveCloud } from '../../../shared/wiring.ts';
import { liveState, nodeNames, topologyOf } from '../../support/recordings.ts';

test('a node that is missing makes answers unknown', () => {
  const topology = topologyOf('S6ha');
  const states = nodeNames('S6ha').flatMap((node) => (node === 'net2' ? [] : [liveState('S6ha', node)]));
  const side = (name: string): Pick<DifferSide, 'topology' | 'name' | 'file' | 'source'> => ({
    topology,
    name,
    file: name,
    source: [],
  });
  const report = differReport(
    { ...side('before'), cloud: expectedCloud(topology) },
    { ...side('after'), cloud: liveCloud(topology, states) },
  );
  const reason = 'there is no state of node net2: collect it and ask again';
  assert.deepEqual(report.changes, []);
  assert.deepEqual(
    report.unknown.map((each) => each.reason),
    [reason],
  );
  assert.match(differAsText(report), new RegExp(`^Not known of \\d+, such as reach \\S+ -> \\S+: ${reason}$`, 'm'));
});
