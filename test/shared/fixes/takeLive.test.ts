/**
 * "Take the live value", on recordings of real agents: a value of the topology is made wrong, the node differs, and what is offered
 * puts the very value back. Where nothing is offered the difference is of another kind (things that are there or not).
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareNode } from '../../../shared/compareNode.ts';
import { applyEdits } from '../../../shared/fixes/edits.ts';
import { takeLive, takeLiveNode } from '../../../shared/fixes/takeLive.ts';
import { readTopology } from '../../../shared/topology/read.ts';
import { writeTopology } from '../../../shared/topology/write.ts';
import { liveState, nodeNames, topologyOf } from '../../support/recordings.ts';

/** How a value is made wrong. */
const WRONG: Record<string, (value: string) => string> = {
  mac_address: (value) => value.replace(/..$/, 'e7'),
  mtu: () => '1389',
  segmentation_id: (value) => String(Number(value) + 1),
  ip_address: (value) => value.replace(/\d+$/, (last) => String(((Number(last) + 77) % 250) + 2)),
};

const TEXT = writeTopology(topologyOf('S3'));
const STATES = nodeNames('S3').map((node) => liveState('S3', node));

/** What is offered for all differences of all nodes, as texts of the file. */
function offered(text: string): Set<string> {
  const { topology, sourceMap } = readTopology(text);
  const read = { text, topology, sourceMap };
  return new Set(
    STATES.flatMap((state) =>
      compareNode(topology, state).comparison.differences.flatMap(({ expected, live, because }) =>
        takeLive({ expected, live, pointer: because?.pointer ?? null }, read).map(({ edits }) =>
          applyEdits(text, edits!),
        ),
      ),
    ),
  );
}

describe('take the live value', () => {
  it('offers nothing on healthy nodes', () => assert.deepEqual(offered(TEXT), new Set()));

  for (const [key, wrong] of Object.entries(WRONG)) {
    const places = [...TEXT.matchAll(new RegExp(`\\b${key}: (?:"([^"]+)"|([\\w.:]+))`, 'g'))];
    it(`${key}: what is offered is the value that was there`, () => {
      assert.ok(places.length > 0);
      let restored = 0;
      for (const place of places) {
        const value = place[1] ?? place[2]!;
        const at = place.index + place[0].indexOf(value);
        const texts = offered(TEXT.slice(0, at) + wrong(value) + TEXT.slice(at + value.length));
        for (const text of texts) {
          const read = readTopology(text).topology;
          assert.deepEqual(read, readTopology(TEXT).topology, `${place[0]} ${[...texts].length}`);
          restored++;
        }
      }
      assert.ok(restored >= places.length, `only ${restored} of ${places.length}`);
    });
  }

  it('node of a gateway: where its snat namespace is', () => {
    const text = writeTopology(topologyOf('S6'));
    const at = text.search(/(?<=external_gateway:[^]*?node: )net\d/);
    const [said, other] = text.startsWith('net1', at) ? ['net1', 'net2'] : ['net2', 'net1'];
    const wrong = text.slice(0, at) + other + text.slice(at + said.length);
    const { topology, sourceMap } = readTopology(wrong);
    const { differences } = compareNode(topology, liveState('S6', said)).comparison;
    const fixes = differences.flatMap((each) => takeLiveNode(each, { text: wrong, topology, sourceMap }));
    assert.deepEqual(
      fixes.map(({ edits }) => applyEdits(wrong, edits!)),
      [text],
    );
  });
});
