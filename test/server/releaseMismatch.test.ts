/** A wrong `release:` is the first thing that a report says, on its line; a right one, or none, is no matter. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeReport } from '../../server/report.ts';
import { readTopology } from '../../shared/topology/read.ts';
import { writeTopology } from '../../shared/topology/write.ts';
import { liveState, nodeNames, topologyOf } from '../support/recordings.ts';

function check(release: string | undefined, expected?: RegExp): void {
  test(`release: ${release}`, () => {
    const { release: _, ...rest } = topologyOf('S3');
    const text = writeTopology(release === undefined ? rest : { ...rest, release });
    const reading = { file: 'cloud.dvr.yaml', text, ...readTopology(text) };
    const live = nodeNames('S3').map((node) => ({ node, state: liveState('S3', node) }));
    const { findings } = makeReport(reading, live);
    const [first] = findings;
    if (!expected) {
      assert.deepEqual(findings, []);
      return;
    }
    assert.equal(first?.code, 'release-mismatch');
    assert.equal(first.severity, 'warning');
    assert.equal(text.split('\n')[first.range!.start.line]?.replaceAll('"', ''), `release: ${release}`);
    assert.match(first.message, expected);
  });
}

check('zed');
check(undefined);
check(
  'ussuri',
  /^compute1.* look like agents of zed, not of ussuri: \d+ differences with ussuri, 0 with zed\. Set "release: zed"/,
);
check('2025.1', /look like agents of .*, not of 2025\.1: .*, 0 with /);
