/** A trace as a sequence diagram: what it says, and that no name can leave the grammar. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { divergence } from '../../../shared/trace/diverge.ts';
import { mermaidOf } from '../../../shared/trace/mermaid.ts';
import { type Trace, trace, traceIn } from '../../../shared/trace/trace.ts';
import { viewOf } from '../../../shared/trace/view.ts';
import { liveCloud } from '../../../shared/wiring.ts';
import { checkTrace, withoutFloatingIpRule } from '../../support/checkTrace.ts';
import { outsideOf, recordedCloud } from '../../support/recordedCloud.ts';
import { liveState, nodeNames, topologyOf } from '../../support/recordings.ts';
import { candidatesOf } from './candidates.ts';

/** What may stand in a text: nothing that `sequenceDiagram.jison` ends a text or begins a comment at, but in character references. */
const TEXT = String.raw`(?:[\p{L}\p{N} .,:/_()=@!*'→-]|#\d+;)+`;
const LINES = [
  /^sequenceDiagram$/,
  new RegExp(`^    participant p\\d+ as ${TEXT}$`, 'u'),
  new RegExp(`^    Note over p\\d+(?:,p\\d+)?: ${TEXT}$`, 'u'),
  new RegExp(`^    p\\d+(?:->>|-->>)p\\d+: ${TEXT}$`, 'u'),
];

/** Every line is one of four statements, and everybody was introduced before. */
function checkGrammar(text: string): string[] {
  assert.ok(text.endsWith('\n') && !text.includes('\r'));
  const lines = text.slice(0, -1).split('\n');
  const known = new Set<string>();
  for (const [i, line] of lines.entries()) {
    assert.ok(
      LINES.some((pattern) => pattern.test(line)),
      line,
    );
    assert.equal(line === 'sequenceDiagram', i === 0);
    // A line of its own for `end` would close a block, and a bare word after the colon could.
    assert.doesNotMatch(line.replaceAll(/#\d+;/g, ''), /\bend\b/i);
    const [statement = ''] = line.split(/: | as /);
    const ids = [...statement.matchAll(/\bp\d+\b/g)].map(([id]) => id);
    if (line.startsWith('    participant')) known.add(ids[0]!);
    else for (const id of ids) assert.ok(known.has(id), `${id} of ${line}`);
  }
  return lines;
}

const ANY = { disposition: 'exits-network', reason: /./ } as const;

test('there and back, with what decided in each namespace', () => {
  assert.deepEqual(checkGrammar(mermaidOf(checkTrace('S1', () => {}, {}, ANY))), [
    'sequenceDiagram',
    '    participant p1 as vm1 on compute1',
    '    participant p2 as qrouter-b4e1c48e on compute1',
    '    participant p3 as snat-b4e1c48e on net1',
    '    participant p4 as outside, on public',
    '    Note over p1,p4: vm1 → 198.51.100.10 icmp: exits-network as 192.168.1.21, answered',
    '    p1->>p2: icmp 10.0.0.5 → 198.51.100.10',
    '    Note over p2: rule 167772161: from 10.0.0.1/24 lookup 167772161',
    '    Note over p2: route default via 10.0.0.3 dev qr-7180d817-00',
    '    p2->>p3: icmp 10.0.0.5 → 198.51.100.10',
    '    Note over p3: rule 32766: from all lookup main',
    '    Note over p3: route default via 192.168.1.1 dev qg-e06727c3-d7',
    '    Note over p3: SNAT --to-source 192.168.1.21',
    '    p3->>p4: icmp 192.168.1.21 → 198.51.100.10',
    '    Note over p4: exits-network: leaves on public as 192.168.1.21',
    '    p4-->>p3: icmp 198.51.100.10 → 192.168.1.21',
    '    Note over p3: rule 32766: from all lookup main',
    '    Note over p3: route 10.0.0.0/24 dev sg-94f4f062-18',
    '    Note over p3: reverse of SNAT --to-source 192.168.1.21',
    '    p3-->>p1: icmp 198.51.100.10 → 10.0.0.5',
    '    Note over p1: delivered: the port has the address',
  ]);
});

test('where expected and live part is noted at the place', () => {
  const live = checkTrace('S3', withoutFloatingIpRule, {}, ANY);
  const lines = checkGrammar(
    mermaidOf(
      live,
      divergence(
        checkTrace('S3', () => {}, {}, ANY),
        live,
      ),
    ),
  );
  const at = lines.indexOf('    Note over p2: expected: 44418: from 10.1.0.11 lookup 16');
  assert.ok(at > 0, lines.join('\n'));
  assert.equal(lines[at + 1], '    Note over p2: live: 167837697: from 10.1.0.1/24 lookup 167837697');
});

test('a packet that never left, and one that ends on its way', () => {
  const cloud = recordedCloud('S3');
  const lost = checkGrammar(mermaidOf(trace(cloud, { from: 'nobody', to: '8.8.8.8' })));
  assert.deepEqual(lost.slice(1, 2), ['    participant p1 as nobody']);
  const from = { address: '198.51.100.10', segment: outsideOf(cloud) };
  const dead = checkGrammar(mermaidOf(trace(cloud, { from, to: '192.168.1.150' })));
  assert.match(dead.at(-1)!, /^ {4}Note over p1: neighbour-unreachable: /);
});

test('every packet of recorded clouds, and most lines fit a terminal', () => {
  let [lines, long] = [0, 0];
  for (const scenario of ['S5', 'S6', 'L6', 'L9'] as const) {
    const topology = topologyOf(scenario);
    const states = nodeNames(scenario).map((node) => liveState(scenario, node));
    const view = viewOf(liveCloud(topology, states));
    for (const request of candidatesOf(topology, states)) {
      const text = checkGrammar(mermaidOf(traceIn(view, request)));
      lines += text.length;
      long += text.filter(({ length }) => length > 80).length;
    }
  }
  assert.ok(long < lines / 10, `${long} of ${lines}`);
});

const NAMES = [
  'a;b#c',
  'end',
  'wrap: x',
  ':nowrap:x',
  '%%{init: {"theme": "x"}}%%',
  'x\n    p1->>p9: y',
  '<script>alert(1)</script>',
  '"quoted" \\ & #35;',
  '\u2028\u0000\t',
  '',
  'ü→ß 日本',
  '--> ->> -x',
];

test('no name leaves the grammar', () => {
  const healthy = checkTrace('S1', () => {}, {}, ANY);
  for (const name of NAMES) {
    const named = JSON.parse(JSON.stringify(healthy), (_key, value: unknown) =>
      typeof value === 'string' ? value.replaceAll('vm1', name).replaceAll('qr-7180d817-00', name) : value,
    ) as Trace;
    checkGrammar(mermaidOf(named));
  }
});
