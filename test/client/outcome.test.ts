// What is said after a comparison, and which ways on are offered.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { outcomeOf, type Way } from '../../client/outcome.ts';
import { dueOf, type Due, type Moment } from '../../client/nodes/due.ts';
import { inOrder } from '../../client/nodes/order.ts';
import { ageText, DAY } from '../../client/nodes/age.ts';
import type { CompareResult, LiveSource, NodeStatus } from '../../shared/protocol.ts';

const t = (message: string, ...args: (string | number)[]): string =>
  message.replaceAll(/\{(\d)\}/g, (_, i: string) => String(args[Number(i)]));
const NOW = Date.parse('2026-11-22T10:00:00Z');
const SSH: LiveSource = { kind: 'ssh' };
const KEPT: LiveSource = { kind: 'snapshots', paths: ['/s'] };

/** `compute1 differs 2`, `net1 unreachable net1 (192.0.2.3, port 22): …`. */
function resultOf(lines: readonly string[], problems: string[] = [], older: string[] = []): CompareResult {
  const nodes = lines.map((line) => {
    const [node = '', status, ...rest] = line.split(' ');
    const error = status === 'differs' ? '' : rest.join(' ');
    return {
      node,
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as the cases below have it
      status: status as NodeStatus,
      differences: status === 'differs' ? Number(rest[0]) : 0,
      ...(error !== '' && { error }),
    };
  });
  const differences = nodes.reduce((sum, node) => sum + node.differences, 0);
  return { nodes, differences, notes: [], ...(problems.length > 0 && { problems }), older };
}

interface Case {
  nodes: string[];
  source?: LiveSource;
  problems?: string[];
  /** Of all nodes, each a second later than the one before. */
  readAt?: number;
  older?: string[];
  text: string;
  ways: Way[];
  isFine?: boolean;
}

const DOWN = 'net1 unreachable net1 (192.0.2.3, port 22): connection: refused. Is it up?';
const CASES: Record<string, Case> = {
  'all is well': { nodes: ['a in-sync', 'b in-sync'], text: '2 nodes in sync', ways: [], isFine: true },
  'one of them': { nodes: ['a in-sync'], text: '1 node in sync', ways: [], isFine: true },
  'a difference': {
    nodes: ['a in-sync', 'b differs 1'],
    text: '1 node in sync, b differs (1 difference)',
    ways: ['problems', 'diff'],
  },
  'more differences than are named': {
    nodes: ['a differs 1', 'b differs 2', 'c differs 3', 'd differs 4', 'e differs 5'],
    text: 'a differs (1 difference), b differs (2 differences), c differs (3 differences), 2 more (15 differences in all)',
    ways: ['problems', 'diff'],
  },
  'a node that is down': {
    nodes: ['a in-sync', DOWN],
    text: '1 node in sync. net1 (192.0.2.3, port 22): connection: refused. Is it up?',
    ways: ['retry', 'log'],
  },
  'a node whose name an error begins with by chance': {
    nodes: ['no unreachable nothing was read'],
    text: 'no: nothing was read.',
    ways: ['retry', 'log'],
  },
  'more of them than are named': {
    nodes: ['a unreachable no', 'b unreachable no', 'c unreachable no', 'd unreachable no', 'e unreachable no'],
    text: 'a: no. Not read either: b, c, d, 1 more. The tree and the log say why.',
    ways: ['retry', 'log'],
  },
  'several of them': {
    nodes: ['a unreachable no', 'b unreachable no', 'c unreachable no', 'd unreachable no'],
    text: 'a: no. Not read either: b, c, d. The tree and the log say why.',
    ways: ['retry', 'log'],
  },
  'no snapshot at all': {
    nodes: ['a not-collected no snapshot of this node was given'],
    source: KEPT,
    text: '/s holds no snapshot of these nodes. "dvrscope collect" writes them, a sosreport will do, too.',
    ways: ['folder', 'ssh', 'log'],
  },
  'a folder that is empty': {
    nodes: ['a not-collected no snapshot of this node was given'],
    source: KEPT,
    problems: ['/s: a folder without snapshots and sosreports'],
    text: '/s holds no snapshot of these nodes. "dvrscope collect" writes them, a sosreport will do, too.',
    ways: ['folder', 'ssh', 'log'],
  },
  'snapshots of which none can be read': {
    nodes: ['a not-collected no snapshot of this node was given'],
    source: KEPT,
    problems: ['/s/a.snapshot: no'],
    text: 'No snapshot can be used. /s/a.snapshot: no.',
    ways: ['folder', 'ssh', 'log'],
  },
  'several snapshots of which none can be read': {
    nodes: ['a not-collected no snapshot of this node was given'],
    source: KEPT,
    problems: ['/s/a.snapshot: no', '/s/b.snapshot: no'],
    text: 'No snapshot in /s can be used. The log says why.',
    ways: ['folder', 'ssh', 'log'],
  },
  'snapshots of some nodes that cannot be read': {
    nodes: [
      'a differs 1',
      'b not-collected no snapshot of this node was given',
      'c not-collected no snapshot of this node was given',
    ],
    source: KEPT,
    problems: ['/s/b.snapshot: it does not say which node it is of', 'other'],
    text: 'a differs (1 difference). Not compared: b, c, of which no snapshot could be used. The log says why.',
    ways: ['problems', 'diff', 'log'],
  },
  'no snapshot of some nodes': {
    nodes: [
      'a in-sync',
      ...['b', 'c', 'd', 'e'].map((node) => `${node} not-collected no snapshot of this node was given`),
    ],
    source: KEPT,
    text: '1 node in sync. Not compared: b, c, d, 1 more, of which there is no snapshot.',
    ways: ['log'],
  },
  'a snapshot of a node that was not whole, and a file that is none': {
    nodes: ['a in-sync', 'b not-collected cut short'],
    source: KEPT,
    problems: ['/s/x: no'],
    text: '1 node in sync. b: cut short. Not used: /s/x: no.',
    ways: ['log'],
  },
  'files that are none, beside snapshots of all': {
    nodes: ['a in-sync'],
    source: KEPT,
    problems: ['/s/x: no', '/s/y: no'],
    text: '1 node in sync. 2 files could not be used. The log says why.',
    ways: ['log'],
  },
  'an old snapshot': {
    nodes: ['a in-sync'],
    source: KEPT,
    readAt: NOW - 3 * DAY,
    text: '1 node in sync. The snapshot of a is old: it was read 3 days ago.',
    ways: ['ssh'],
  },
  'a snapshot from before the last change of the topology': {
    nodes: ['b in-sync', 'a in-sync'],
    source: KEPT,
    readAt: NOW - 3 * 3_600_000,
    older: ['a'],
    text: '2 nodes in sync. The topology was changed after the snapshot of a was read (2 h ago).',
    ways: ['ssh'],
    isFine: true,
  },
  'several such snapshots': {
    nodes: ['a differs 1', 'b in-sync', 'c in-sync'],
    source: KEPT,
    readAt: NOW - 3 * 3_600_000,
    older: ['b', 'a'],
    text: '2 nodes in sync, a differs (1 difference). The topology was changed after 2 snapshots were read (that of a 3 h ago).',
    ways: ['problems', 'diff', 'ssh'],
  },
  'old snapshots from before the last change': {
    nodes: ['a in-sync', 'b in-sync'],
    source: KEPT,
    readAt: NOW - 3 * DAY,
    older: ['a', 'b'],
    text: '2 nodes in sync. 2 snapshots are old: that of a was read 3 days ago. The topology was changed since then.',
    ways: ['ssh'],
  },
  'what was read over SSH just now': {
    nodes: ['a in-sync'],
    readAt: NOW - 3 * DAY,
    older: ['a'],
    text: '1 node in sync',
    ways: [],
    isFine: true,
  },
  'a snapshot of this morning': {
    nodes: ['a in-sync'],
    source: KEPT,
    readAt: NOW - 5e6,
    text: '1 node in sync',
    ways: [],
    isFine: true,
  },
};

for (const [what, { nodes, source = SSH, problems, older, readAt, text, ways, isFine = false }] of Object.entries(
  CASES,
))
  it(what, () => {
    const summaries = nodes.map((line, i) => ({
      name: line.split(' ')[0]!,
      agent_mode: 'dvr',
      pointer: '',
      line: 0,
      ...(readAt !== undefined && { readAt: readAt + 1000 * i }),
    }));
    const circumstances = { source, nodes: summaries, canConnect: true, now: NOW };
    assert.deepEqual(outcomeOf(resultOf(nodes, problems, older), circumstances, t), { text, ways, isFine });
    const cannot = outcomeOf(resultOf(nodes, problems, older), { ...circumstances, canConnect: false }, t);
    assert.deepEqual(
      cannot.ways,
      ways.filter((way) => way !== 'ssh'),
    );
  });

it('ages', () => {
  const ages: [number, string][] = [
    [-5000, 'just now'],
    [59_000, 'just now'],
    [60_000, '1 min ago'],
    [3_599_000, '59 min ago'],
    [3_600_000, '1 h ago'],
    [DAY - 1, '23 h ago'],
    [DAY, '1 day ago'],
    [10 * DAY, '10 days ago'],
  ];
  for (const [age, text] of ages) assert.equal(ageText(NOW - age, NOW, t), text);
});

it('a timed refresh', () => {
  const at = (minutes: number, more: Partial<Moment> = {}): Due =>
    dueOf({
      minutes,
      last: { endedAt: NOW - 5 * 60_000, needsAnswers: false },
      isFocused: true,
      isReading: false,
      now: NOW,
      ...more,
    });
  const cases: [Due, Due][] = [
    [at(0), 'off'],
    [at(NaN), 'off'],
    [at(5, { last: undefined }), 'off'],
    [at(5), 'now'],
    [at(6), 'wait'],
    [at(5, { isFocused: false }), 'wait'],
    [at(5, { isReading: true }), 'wait'],
    [at(1, { last: { endedAt: 0, needsAnswers: true } }), 'asks'],
  ];
  assert.deepEqual(
    cases.map(([due]) => due),
    cases.map(([, wanted]) => wanted),
  );
});

it('of many nodes those come first that somebody has to look at', () => {
  const order = (...statuses: (NodeStatus | undefined)[]): string =>
    inOrder(
      statuses.map((status, i) => ({
        name: String(i),
        agent_mode: 'dvr',
        pointer: '',
        line: i,
        ...(status && { status }),
      })),
    )
      .map(({ name }) => name)
      .join('');
  assert.equal(order('in-sync', 'differs'), '01');
  assert.equal(order('in-sync', 'unreachable', undefined, 'differs', 'not-collected', 'differs'), '351402');
});
