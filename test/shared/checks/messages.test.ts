/** Each message is for a person: it names the thing, says what is wrong, and ends with what to do. Each code has its related place. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHECKS, runChecks } from '../../../shared/checks/table.ts';
import { readTopology } from '../../../shared/topology/read.ts';
import { locate } from '../../../shared/topology/sourceMap.ts';

/** What a person is told to do. */
const TO_DO =
  /(?:[.;:?,] |, or |and )(?:add|attach|change|choose|correct|create|cut|define|detach|did you mean|give|keep|leave|let|lower|make|move|name|put|raise|rename|set|start|sum|swap|take|turn|use|write)\b[^.?]*/i;

for (const { code, wrong } of CHECKS)
  test(`${code}: says what and where, why, and what to do`, () => {
    const { topology, sourceMap } = readTopology(wrong);
    const problems = runChecks(topology);
    assert.ok(problems.length > 0);
    for (const { message, related = [] } of problems) {
      assert.match(message, /^[A-Z\d:]/i);
      assert.match(message, /[.?]$/);
      assert.match(message, TO_DO, message);
      // A name, an address or a number of the file.
      assert.match(message, /`|\d/, message);
      assert.ok(message.length <= 420, `${message.length}: ${message}`);
      for (const { pointer, message: place } of related) {
        assert.ok(locate(sourceMap, pointer), pointer);
        assert.ok(place.length > 0 && place.length < 80);
      }
    }
  });

test('where two places of the file do not go together, the other one is related', () => {
  const alone = CHECKS.filter(({ wrong }) =>
    runChecks(readTopology(wrong).topology).every(({ related = [] }) => related.length === 0),
  );
  // These are about one place, or about all of the file.
  assert.deepEqual(
    alone.map(({ code }) => code),
    [
      'bad-promise',
      'external-subnet-full',
      'extra-route-nexthop',
      'link-local-clash',
      'port-forwarding-ports',
      'subnet-not-for-dhcp',
      'too-many-routes',
      'unknown-reference',
      'unspecified-prefix',
    ],
  );
});
