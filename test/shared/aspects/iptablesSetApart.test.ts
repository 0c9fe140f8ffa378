/** What is in the tables of a router namespace besides DVR: extensions are set apart, what touches packets is told. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseIptables } from '../../../shared/aspects/iptables.ts';
import type { Family } from '../../../shared/state.ts';
import { differencesOf, told } from '../../support/healthy.ts';
import { liveState, topologyOf } from '../../support/recordings.ts';

/** Differences after lines of `iptables-save` came in between those of a healthy snat namespace. */
function withLines(text: string, family: Family = 'inet'): string[] {
  const live = liveState('S3', 'net1');
  const name = Object.keys(live.namespaces).find((each) => each.startsWith('snat-'))!;
  const { items, problems } = parseIptables(text, family);
  assert.deepEqual(problems, []);
  live.namespaces[name]!.iptables!.push(...items);
  return told(differencesOf(topologyOf('S3'), live));
}

describe('chains of extensions are no difference, nor the jumps to them', () => {
  const cases: [what: string, text: string, family?: Family][] = [
    [
      'firewall as a service',
      `*filter
:neutron-l3-agent-fwaas-defau - [0:0]
:neutron-l3-agent-iv4a0b1c2d3 - [0:0]
-A neutron-l3-agent-FORWARD -o sg-+ -j neutron-l3-agent-iv4a0b1c2d3
-A neutron-l3-agent-FORWARD -o sg-+ -j neutron-l3-agent-fwaas-defau
-A neutron-l3-agent-iv4a0b1c2d3 -m state --state INVALID -j DROP`,
    ],
  ];
  for (const [what, text, family] of cases) it(what, () => assert.deepEqual(withLines(text, family), []));
});

describe('what somebody else wrote', () => {
  const chain = `*filter
:site-blocklist - [0:0]
-A site-blocklist -s 198.51.100.0/24 -j DROP
-A site-blocklist -s 203.0.113.0/24 -j DROP
`;

  it('a chain that nothing leads to touches no packet', () => assert.deepEqual(withLines(chain), []));

  it('the line that leads there is one difference', () =>
    assert.deepEqual(withLines(`${chain}-A FORWARD -j site-blocklist`), [
      'unexpected iptables: null | filter -A FORWARD -j site-blocklist',
    ]));

  it('so is a rule between those of Neutron', () => {
    const rule = '-A neutron-l3-agent-FORWARD -s 10.0.0.5/32 -j DROP';
    assert.deepEqual(withLines(`*filter\n${rule}`), [`unexpected iptables: null | filter ${rule}`]);
    assert.deepEqual(withLines('*filter\n:neutron-l3-agent-mine - [0:0]'), [
      'unexpected iptables: null | filter :neutron-l3-agent-mine -',
    ]);
  });
});
