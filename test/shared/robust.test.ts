/** Bad input: any prefix and any edit of a topology goes through reader, checks, engine, compare and trace without throwing or hanging. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { runChecks } from '../../shared/checks/table.ts';
import { compare } from '../../shared/compare.ts';
import { expect } from '../../shared/expect.ts';
import type { Problem } from '../../shared/problem.ts';
import { readAllocations } from '../../shared/readAllocations.ts';
import { renderNode, sideBySide } from '../../shared/render.ts';
import { readTopology } from '../../shared/topology/read.ts';
import { writeTopology } from '../../shared/topology/write.ts';
import { trace } from '../../shared/trace/trace.ts';
import { allocationsOf, expectedCloud } from '../../shared/wiring.ts';
import { RECORDINGS, liveState, topologyOf } from '../support/recordings.ts';

const EXAMPLES = join(RECORDINGS, '../../examples');
const live = liveState('S3', 'compute1');

/** Everything that is done with a topology, whatever is in it. */
function goThrough(text: string): void {
  const { topology, problems } = readTopology(text);
  const all: Problem[] = [...problems, ...runChecks(topology)];
  for (const { code, message, pointer } of all) assert.ok(code !== '' && message !== '' && typeof pointer === 'string');
  for (const { name } of topology.nodes) {
    const state = expect(topology, name);
    assert.equal(typeof renderNode(state), 'string');
    const there = { ...live, node: name };
    const wanted = expect(topology, name, readAllocations(topology, name, there));
    assert.ok(compare(wanted, there).differences.every(({ expected, live: text_ }) => expected !== text_));
    assert.ok(Array.isArray(sideBySide(wanted, there)));
  }
  const cloud = expectedCloud(topology, allocationsOf(topology, [{ ...live, node: topology.nodes[0]?.name ?? 'x' }]));
  for (const { name } of topology.ports.slice(0, 2))
    assert.ok(trace(cloud, { from: name, to: '198.51.100.10' }).disposition);
}

const TEXTS = new Map([
  ...readdirSync(EXAMPLES).map((name) => [name, readFileSync(join(EXAMPLES, name), 'utf8')] as const),
  ['S3 imported', writeTopology(topologyOf('S3'))],
  ['S5 imported', writeTopology(topologyOf('S5'))],
]);

describe('any prefix', () => {
  for (const [name, text] of TEXTS)
    it(name, () => {
      const step = Math.max(1, Math.floor(text.length / 250));
      for (let end = 0; end <= text.length; end += step) goThrough(text.slice(0, end));
    });
});

describe('random edits', () => {
  for (const [name, text] of TEXTS)
    it(name, () => {
      const insert = fc.oneof(
        fc.string({ maxLength: 6 }),
        fc.constantFrom(
          ': ',
          '{',
          '}',
          '[',
          '\n',
          '  ',
          '- ',
          '&a ',
          '*a',
          '"',
          '|',
          '#',
          '<<: ',
          'null',
          '10.0.0.1/24',
          '__proto__: ',
          '\t',
        ),
      );
      const edit = fc.record({ at: fc.nat(text.length), remove: fc.nat(12), insert });
      fc.assert(
        fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
          goThrough(edits.reduce((now, e) => now.slice(0, e.at) + e.insert + now.slice(e.at + e.remove), text));
        }),
        { seed: 42, numRuns: 300 },
      );
    });
});
