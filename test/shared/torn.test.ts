/** A snapshot whose first and last stamps differ is not believed where they differ. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readNodeState } from '../../shared/live.ts';
import { parseSnapshot } from '../../shared/snapshot.ts';

const STAMP = 'ovs-vsctl get Open_vSwitch . next_cfg cur_cfg';
const section = (command: string, text: string, status = 0): string =>
  `@@ begin - ${command}\n${text}\n@@ end ${status}\n`;
const gapsOf = (...sections: string[]): string[] =>
  readNodeState(parseSnapshot(`dvrscope-snapshot 1\nnode: n1\n\n${sections.join('')}`))
    .gaps.filter(({ reason }) => reason.includes('changed while'))
    .map(({ namespace, aspect, reason }) => `${namespace} ${aspect}: ${reason}`);

const CHANGED = 'the node changed while it was read';
const rows: [name: string, sections: string[], gaps: string[]][] = [
  ['nothing changed', [section('ip netns list', 'a\nb'), section('ip netns list', 'b\na')], []],
  ['an id is no change', [section('ip netns list', 'a'), section('ip netns list', 'a (id: 3)')], []],
  ['one stamp only', [section('ip netns list', 'a'), section(STAMP, '1\n1')], []],
  ['the last one failed', [section(STAMP, '1\n1'), section(STAMP, '', 1)], []],
  [
    'a namespace came',
    [section('ip netns list', 'a'), section('ip netns list', 'a\nb')],
    [`- namespaces: ${CHANGED}: "ip netns list" said nothing else first and b last; collect it again`],
  ],
  [
    'many went',
    [section('ip netns list', 'a\nb\nc\nd\ne'), section('ip netns list', 'e')],
    [`- namespaces: ${CHANGED}: "ip netns list" said a, b, c, … first and nothing else last; collect it again`],
  ],
  [
    'Open vSwitch was changed',
    [section(STAMP, '7\n7'), section(STAMP, '8\n7')],
    ['ports', 'flows'].map(
      (aspect) => `- ${aspect}: ${CHANGED}: "${STAMP}" said 7, then 7 first and 8, then 7 last; collect it again`,
    ),
  ],
];
for (const [name, sections, gaps] of rows) test(name, () => assert.deepEqual(gapsOf(...sections), gaps));
