/** The same node from a snapshot and from sosreports of both layouts: what a report holds is the same, item by item; the rest is said to be missing. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReportFiles } from '../../../server/sources/report.ts';
import { isRead } from '../../../server/sources/report.ts';
import { snapshotOfReport } from '../../../server/sources/sosreport.ts';
import { ASPECTS } from '../../../shared/aspects/table.ts';
import { compare } from '../../../shared/compare.ts';
import { expect } from '../../../shared/expect.ts';
import { gapFor } from '../../../shared/gaps.ts';
import { readNodeState } from '../../../shared/live.ts';
import { readAllocations } from '../../../shared/readAllocations.ts';
import type { AspectName, Item, NodeState } from '../../../shared/state.ts';
import {
  SCENARIOS,
  type ScenarioName,
  liveState,
  nodeNames,
  snapshotText,
  topologyOf,
} from '../../support/recordings.ts';
import { type Layout, reportOf } from '../../support/sosreport.ts';

function filesOf(texts: ReadonlyMap<string, string>): ReportFiles {
  const files: ReportFiles = new Map();
  for (const [path, text] of texts) if (isRead(path)) files.set(path, { text, modified: 1 });
  return files.set('var/lib/neutron', { modified: 1 });
}

const fromReport = (scenario: ScenarioName, node: string, layout: Layout): NodeState =>
  readNodeState(snapshotOfReport(filesOf(reportOf(snapshotText(scenario, node), layout))));

/** What a layout does not hold of a namespace. */
const LACKING: Record<Layout, readonly AspectName[]> = {
  namespaces: [],
  flat: ['rules', 'neighbours', 'sysctls'],
  ruleList: ['sysctls'],
};

const sorted = (items: readonly Item[]): string[] =>
  items.map((item) => JSON.stringify(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1)))).toSorted();

function differencesOf(scenario: ScenarioName, state: NodeState): string[] {
  const topology = topologyOf(scenario);
  const expected = expect(topology, state.node, readAllocations(topology, state.node, state));
  return compare(expected, state)
    .differences.map(
      ({ namespace, kind, aspect, expected: left, live }) => `${kind} ${namespace} ${aspect}: ${left} | ${live}`,
    )
    .toSorted();
}

function check(scenario: ScenarioName, node: string, layout: Layout): void {
  const report = fromReport(scenario, node, layout);
  const snapshot = liveState(scenario, node);
  assert.equal(report.node, node);
  assert.deepEqual(Object.keys(report.namespaces).toSorted(), Object.keys(snapshot.namespaces).toSorted());
  for (const [name, content] of Object.entries(snapshot.namespaces))
    for (const aspect of ASPECTS) {
      const items = report.namespaces[name]![aspect.name];
      const isLacking = LACKING[layout].includes(aspect.name) || content[aspect.name] === undefined;
      if (!items) assert.ok(isLacking && gapFor(report.gaps, name, aspect.name), `${name} ${aspect.name}`);
      else if (content[aspect.name]) {
        const known = content[aspect.name]!.filter(
          (item) => !gapFor(report.gaps, name, aspect.name, aspect.family(item)),
        );
        assert.deepEqual(sorted(items), sorted(known), `${name} ${aspect.name}`);
      }
    }
  for (const aspect of ['ports', 'flows', 'allocations'] as const)
    assert.deepEqual(sorted(report[aspect] ?? []), sorted(snapshot[aspect] ?? []), aspect);
  assert.deepEqual(differencesOf(scenario, report), differencesOf(scenario, snapshot));
}

for (const layout of ['namespaces', 'flat', 'ruleList'] as const)
  describe(`sosreport, ${layout}`, () => {
    for (const scenario of SCENARIOS)
      for (const node of nodeNames(scenario)) it(`${scenario} ${node}`, () => check(scenario, node, layout));
  });

describe('each file of a report taken away', () => {
  it('is a gap that names it, and no difference', () => {
    const files = reportOf(snapshotText('S6ha', 'net1'), 'namespaces');
    const before = differencesOf('S6ha', liveState('S6ha', 'net1'));
    for (const path of files.keys()) {
      if (!isRead(path) || path.includes('hostname') || path.startsWith('var/lib')) continue;
      const rest = new Map(files);
      rest.delete(path);
      const state = readNodeState(snapshotOfReport(filesOf(rest)), 'net1');
      const after = differencesOf('S6ha', state);
      assert.deepEqual(
        after.filter((text) => !before.includes(text)),
        [],
        path,
      );
      const name = path.split('/').at(-1)!.replace('-O_OpenFlow13_', '');
      const isSaid = state.gaps.some(
        ({ reason }) => reason.includes(name) || (name === 'conf.db' && reason.includes('conf.db')),
      );
      assert.ok(isSaid || /^ovs-ofctl_(show|dump-flows)/.test(name), path);
    }
  });
});
