/** One and the same flows (recording S3, net1), as the real Open vSwitch 3.1 dumps them in versions of OpenFlow, with names and with numbers of ports. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readNodeState } from '../../../shared/live.ts';
import type { Section } from '../../../shared/snapshot.ts';
import type { Flow } from '../../../shared/state.ts';

const BRIDGES = ['br-int', 'br-tun', 'br-ex'];
const VERSIONS = ['OpenFlow10', 'OpenFlow13', 'OpenFlow14'];
const file = (name: string): string => readFileSync(join(import.meta.dirname, 'dumps', name), 'utf8');
const section = (command: string, stdout: string): Section => ({
  namespace: '-',
  command,
  stdout,
  stderr: [],
  status: 0,
});
const shows = BRIDGES.map((bridge) => section(`ovs-ofctl show ${bridge}`, file(`${bridge}.show.txt`)));

const dump = (version: string, bridge: string): Section => {
  const option = version === 'OpenFlow10' ? '' : `-O ${version} `;
  return section(`ovs-ofctl ${option}dump-flows ${bridge}`, file(`${bridge}.${version}.txt`));
};

const flowsOf = (sections: Section[]): Flow[] | undefined =>
  readNodeState({ header: {}, problems: [], sections: [...shows, ...sections] }).flows;

const texts = (flows: Flow[] | undefined): string[] | undefined =>
  flows?.map((flow) => JSON.stringify(flow)).toSorted();

describe('a dump in any version is the same flows', () => {
  const expected = texts(flowsOf(BRIDGES.map((bridge) => dump('OpenFlow13', bridge))));
  assert.equal(expected?.length, 104);
  for (const version of VERSIONS)
    it(version, () => assert.deepEqual(texts(flowsOf(BRIDGES.map((bridge) => dump(version, bridge)))), expected));

  it('of several one is read; one that was refused does no harm', () => {
    const all = BRIDGES.flatMap((bridge) => VERSIONS.map((version) => dump(version, bridge)));
    const refused = section(
      'ovs-ofctl -O OpenFlow15 dump-flows br-int',
      'ovs-ofctl: br-int: failed to connect to socket (Broken pipe)\n',
    );
    assert.deepEqual(texts(flowsOf([refused, ...all])), expected);
    assert.equal(flowsOf([refused, ...BRIDGES.slice(1).map((bridge) => dump('OpenFlow13', bridge))]), undefined);
  });
});
