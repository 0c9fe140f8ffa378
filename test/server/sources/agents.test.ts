/**
 * Reports that two real versions of sos made of one node of a cloud of real agents, with ten faults made on it by hand: both must give the
 * comparison that its snapshot over SSH gave at that time, but for what each says that it does not hold.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { reportAsText } from '../../../server/cli/reportText.ts';
import { makeReport } from '../../../server/report.ts';
import { findSources } from '../../../server/sources/find.ts';
import type { Difference, NotCompared } from '../../../shared/compare.ts';
import { compareNode } from '../../../shared/compareNode.ts';
import { readNodeState } from '../../../shared/live.ts';
import { readTopology } from '../../../shared/topology/read.ts';

const FOLDER = join(import.meta.dirname, 'real');
const source = readFileSync(join(FOLDER, 'net1.dvr.yaml'), 'utf8');
const { topology, sourceMap } = readTopology(source);

const RA = 'qrouter-8dbdd2bb-16c3-46b6-8034-c258afdd28f6';
const RB = 'qrouter-e3692493-1292-4c52-ad39-a6b8b0460138';
const RC = 'qrouter-a88d2273-2036-48ac-8621-091c923730ef';

/** What the comparison over SSH said. Of a port only what differs. */
const OVER_SSH: readonly Pick<Difference, 'namespace' | 'aspect' | 'expected' | 'live'>[] = [
  {
    namespace: RB.replace('qrouter', 'snat'),
    aspect: 'iptables',
    expected: 'nat -A neutron-l3-agent-snat -o qg-8e3c5a25-5b -j SNAT --to-source 192.168.1.22 --random-fully',
    live: null,
  },
  {
    namespace: RA,
    aspect: 'links',
    expected: 'qr-fce9b3fa-a0: <UP> mtu 1450 link/ether fa:16:3e:de:65:2a',
    live: 'qr-fce9b3fa-a0: <UP> mtu 1400 link/ether fa:16:3e:de:65:2a',
  },
  {
    namespace: RA,
    aspect: 'neighbours',
    expected: '10.1.0.11 dev qr-fce9b3fa-a0 lladdr fa:16:3e:8c:b9:b2 PERMANENT',
    live: null,
  },
  {
    namespace: '-',
    aspect: 'flows',
    expected:
      'bridge=br-tun, cookie=0x3551f76bd76d1927, table=20, priority=2,dl_vlan=3,dl_dst=fa:16:3e:37:e7:ba actions=pop_vlan,set_field:0xc6->tun_id,output:3',
    live: null,
  },
  {
    namespace: RC,
    aspect: 'routes',
    expected: 'default via 10.3.0.206 dev qr-0af77900-d7 table 167968769 proto static',
    live: null,
  },
  { namespace: RA, aspect: 'rules', expected: null, live: '33333:\tfrom 10.1.0.99 lookup 16' },
  {
    namespace: RA,
    aspect: 'addresses',
    expected: null,
    live: 'rfp-8dbdd2bb-1    inet 192.168.1.199/32 scope global rfp-8dbdd2bb-1',
  },
  {
    namespace: RA,
    aspect: 'routes',
    expected: null,
    live: 'local 192.168.1.199 dev rfp-8dbdd2bb-1 table local proto kernel scope host src 192.168.1.199',
  },
  {
    namespace: RB,
    aspect: 'sysctls',
    expected: 'net.ipv4.conf.all.arp_ignore = 1',
    live: 'net.ipv4.conf.all.arp_ignore = 0',
  },
  { namespace: '-', aspect: 'ports', expected: 'br-int sg-c0210b74-f0 tag=5', live: 'br-int sg-c0210b74-f0 tag=4095' },
  {
    namespace: '-',
    aspect: 'allocations',
    expected: 'fip-linklocal-networks: a88d2273-2036-48ac-8621-091c923730ef,169.254.112.144/31',
    live: 'fip-linklocal-networks: a88d2273-2036-48ac-8621-091c923730ef,169.254.99.0/31',
  },
];

type Told = (typeof OVER_SSH)[number];

const told = ({ namespace, aspect, expected, live }: Told): string => {
  const shown = (text: string | null) => (aspect === 'ports' ? text?.split(' ').slice(0, 3).join(' ') : text);
  return `${namespace} ${aspect}: ${shown(expected)} | ${shown(live)}`;
};

/** Where a routed packet is decided about: files of other namespaces are missing as well. */
const reasonsOf = (gaps: readonly NotCompared[]): string[] =>
  gaps.flatMap(({ namespace, aspect, family, reason, side }) =>
    side === 'live' && (namespace === RA || namespace === '-') ? [`${aspect} ${family ?? ''}: ${reason}`] : [],
  );

async function stateOf(name: string) {
  for await (const found of findSources([join(FOLDER, name)])) {
    assert.ok('names' in found);
    assert.deepEqual(found.names, ['net1']);
    const snapshot = await found.read();
    assert.ok(typeof snapshot !== 'string');
    return readNodeState(snapshot);
  }
  return assert.fail(`no report in ${name}`);
}

const comparisonOf = async (name: string) => compareNode(topology, await stateOf(name)).comparison;

describe('reports of a node with real agents', () => {
  it('of sos 4.12: all that the comparison over SSH found', async () => {
    const { differences, notCompared } = await comparisonOf('sosreport-net1-2026-11-22-tyxwxwo.tar.xz');
    assert.deepEqual(differences.map(told).toSorted(), OVER_SSH.map(told).toSorted());
    assert.deepEqual(reasonsOf(notCompared), []);
  });

  it('of sos 4.0 (Debian 12): the same, but for what it has no file of', async () => {
    const { differences, notCompared } = await comparisonOf('sosreport-net1-2026-11-22-oqewscd.tar.xz');
    const lacking = new Set(['rules', 'neighbours', 'sysctls', 'ports']);
    const held = OVER_SSH.filter(({ aspect }) => !lacking.has(aspect));
    assert.deepEqual(differences.map(told).toSorted(), held.map(told).toSorted());
    const file = `the report has no file sos_commands/networking/ip_netns_exec_${RA}`;
    assert.deepEqual(reasonsOf(notCompared).toSorted(), [
      `iptables inet6: ${file}_ip6tables-save`,
      `neighbours : ${file}_ip_-s_-s_neigh_show`,
      'ports : the report has no file etc/openvswitch/conf.db or var/lib/openvswitch/conf.db; "ovs-vsctl -t 5 show" does not show all that is compared',
      `rules : ${file}_ip_-4_rule_list`,
      `sysctls : ${file}_sysctl_-a`,
    ]);
  });

  it('the text says of every aspect that is not there which file is missing', async () => {
    const live = await stateOf('sosreport-net1-2026-11-22-oqewscd.tar.xz');
    const report = makeReport({ file: 'net1.dvr.yaml', text: source, topology, sourceMap, problems: [] }, [
      { node: 'net1', state: live },
    ]);
    const lines = reportAsText(report).split('\n');
    for (const { namespace, aspect, family, reason } of report.notChecked.filter(({ side }) => side === 'live')) {
      const own = lines.find((line) => line.includes(`: ${aspect} were not collected`) && line.includes(reason));
      const kind = `not collected: ${family === 'inet6' ? 'IPv6 ' : ''}${aspect} of ${namespace.split('-')[0]} namespaces`;
      assert.ok(own !== undefined || lines.some((line) => line.startsWith(kind)), `${namespace} ${aspect}`);
    }
    assert.ok(
      lines.some((line) => line.startsWith('not collected: IPv6 iptables of snat namespaces (3): the report has no')),
    );
  });
});
