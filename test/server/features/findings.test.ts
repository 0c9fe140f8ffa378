// Each fault of the catalogue, made on a recording: it stands in one place of the tree, its page says all, its lines lead to it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { makeDocument } from '../../../server/document.ts';
import type { LiveComparison } from '../../../server/features/compare.ts';
import { findingId } from '../../../server/features/findingEntry.ts';
import { findingPage } from '../../../server/features/findingPage.ts';
import { liveTextOf } from '../../../server/features/liveText.ts';
import { nodeDetails } from '../../../server/features/nodeDetails.ts';
import { stateText } from '../../../server/features/state.ts';
import { explainLine } from '../../../server/features/stateLine.ts';
import type { Finding } from '../../../server/report.ts';
import type { Side, StateParams } from '../../../shared/protocol.ts';
import { writeTopology } from '../../../shared/topology/write.ts';
import { allocationsOf } from '../../../shared/wiring.ts';
import { CLOUDS, cloudOf, recordedCloud, reportOf, type Cloud, type Made } from '../../shared/faults/cloud.ts';
import { FLOATING_FAULTS } from '../../shared/faults/made.ts';
import { NAMED_FAULTS, NODE_FAULTS } from '../../shared/faults/madeNode.ts';
import { SNAT_FAULTS } from '../../shared/faults/madeSnat.ts';

const uri = 'file:///cloud.dvr.yaml';
const MADE: readonly Made[] = [...FLOATING_FAULTS, ...SNAT_FAULTS, ...NODE_FAULTS, ...NAMED_FAULTS];

/** The first recorded node on which the fault can be made; where to look first changes from fault to fault. */
function madeOn(made: Made): { cloud: Cloud; node: string } | undefined {
  const first = MADE.indexOf(made) % CLOUDS.length;
  for (const scenario of [...CLOUDS.slice(first), ...CLOUDS.slice(0, first)]) {
    const names = [...recordedCloud(scenario).states.keys()];
    for (const node of names) {
      const cloud = cloudOf(scenario, made.isWide ? undefined : node);
      if (made.make(cloud.states.get(node)!, cloud)) return { cloud, node };
    }
  }
  return undefined;
}

function comparisonOf({ topology, states }: Cloud, findings: Finding[]): LiveComparison {
  const all = [...states.values()];
  return {
    text: '',
    read: all.map((state) => ({ node: state.node, state })),
    live: states,
    allocations: allocationsOf(topology, all),
    findings,
    notes: [],
    differences: 0,
    nodes: all.map(({ node }) => ({ node, status: 'differs', differences: 1 })),
  };
}

describe('the findings of a fault', () => {
  for (const made of MADE)
    it(made.fault, () => {
      const found = madeOn(made);
      assert.ok(found, 'it can be made somewhere');
      const { cloud, node } = found;
      const findings = reportOf(cloud, [node]).findings.filter((finding) => finding.node === node);
      const document = makeDocument(TextDocument.create(uri, 'dvr-topology', 1, writeTopology(cloud.topology)));
      const comparison = comparisonOf(cloud, findings);
      const ids = findings.map(findingId);
      assert.equal(new Set(ids).size, ids.length, 'each has a name of its own');
      const { namespaces } = nodeDetails(document, node, comparison);
      const inTree = namespaces.flatMap(({ aspects }) => aspects.flatMap((aspect) => aspect.findings));
      assert.deepEqual(inTree.map(({ id }) => id).toSorted(), ids.toSorted());
      for (const { label } of inTree) assert.doesNotMatch(label, /undefined|null|\n/);
      for (const finding of findings) {
        const page = findingPage(document, findingId(finding), comparison);
        assert.doesNotMatch(page, /undefined|\bnull\b|\[object|NaN|\*\*\*\*/, page);
        assert.match(page, /^# \S/);
        checkLiveText(document, finding, comparison);
        checkLines(document, finding, comparison);
      }
    });
});

type Document = ReturnType<typeof makeDocument>;

/** What a problem is related to is the very line, or the heading where there is none. */
function checkLiveText(document: Document, finding: Finding, comparison: LiveComparison): void {
  for (const { location, message } of liveTextOf(uri, finding, comparison)) {
    const params = JSON.parse(decodeURIComponent(new URL(location.uri).search.slice(1))) as StateParams;
    const lines = stateText(document, params, comparison)
      .split('\n')
      .map((line) => line.replaceAll(/\s+/g, ' ').trim().slice(0, 60));
    if (/^live: no line|^…/.test(message)) continue;
    const live = message.slice('live: '.length);
    const line = lines[location.range.start.line]!;
    // What was seen otherwise than in a line of a tool has none.
    const isInNone = line.startsWith('# ') && !lines.some((each) => each.length > 20 && live.startsWith(each));
    assert.ok(isInNone || live.includes(line), `${live} | ${line}`);
  }
}

/** Of a finding with hundreds of differences the first ones, so that the time is bounded. */
const MOST_ASKED = 2;

/** Asked about, the lines of a difference lead to its finding. */
function checkLines(document: Document, finding: Finding, comparison: LiveComparison): void {
  for (const { node, namespace, aspect, expected, live } of (finding.differences ?? [finding]).slice(0, MOST_ASKED))
    for (const [side, wanted] of [
      ['expected', expected],
      ['live', live],
    ] as [Side, string | null][]) {
      if (wanted === null || aspect === null || node === null) continue;
      const params: StateParams = { uri, node, side, isDiff: true, aspect, namespace: namespace ?? '-' };
      const text = aspect === 'iptables' ? wanted.slice(wanted.indexOf(' ') + 1) : wanted;
      const line = stateText(document, params, comparison).split('\n').indexOf(text.split('\n')[0]!);
      if (line < 0) continue;
      const explained = explainLine(document, { ...params, line }, comparison);
      assert.ok(explained, text);
      assert.ok(explained.finding !== undefined || aspect === 'iptables', `${side} ${text}: ${explained.markdown}`);
    }
}
