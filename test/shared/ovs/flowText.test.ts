/** Dumps of any OpenFlow version, with names or numbers of ports, are read into one spelling. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseFlows } from '../../../shared/aspects/flows.ts';
import { NODE_ASPECTS } from '../../../shared/aspects/table.ts';
import { ofportsOf, portsOfTables, tableOf } from '../../../shared/ovs/database.ts';
import { readNodeState } from '../../../shared/live.ts';
import { parseSnapshot } from '../../../shared/snapshot.ts';
import { snapshotText } from '../../support/recordings.ts';
import { FLAT, VLAN, VXLAN, cloud, differencesOf, healthy } from './cloud.ts';

const OFPORTS = { 'patch-tun': 2, 'tapa9ef7272-e0': 116, 'br-int': 65_534 };

/** A line of a dump, and what is kept of it. */
const LINES: readonly [line: string, match: string, actions: string][] = [
  [' cookie=0x1, duration=3.1s, table=0, n_packets=1, n_bytes=2, idle_age=3, hard_age=65534, priority=2,in_port=2 actions=resubmit(,1)', 'in_port=2', 'goto_table:1'],
  ['table=0, priority=5,in_port="patch-tun",dl_dst=FA:16:3F:79:94:C5 actions=goto_table:3', 'in_port=2,dl_dst=fa:16:3f:79:94:c5', 'goto_table:3'],
  ['table=60, priority=20,dl_vlan=14,dl_dst=fa:16:3e:07:80:14 actions=strip_vlan,output:"tapa9ef7272-e0"', 'dl_vlan=14,dl_dst=fa:16:3e:07:80:14', 'pop_vlan,output:116'],
  ['table=60, dl_dst=fa:16:3e:07:80:14,vlan_tci=0x100e/0x1fff actions=pop_vlan,output:116', 'dl_vlan=14,dl_dst=fa:16:3e:07:80:14', 'pop_vlan,output:116'],
  ['table=22, priority=1,dl_vlan=14 actions=strip_vlan,set_tunnel:0x18d,output:50,output:48', 'dl_vlan=14', 'pop_vlan,set_field:0x18d->tun_id,output:48,output:50'],
  ['table=4, priority=1,tun_id=397 actions=mod_vlan_vid:14,resubmit(,9)', 'tun_id=0x18d', 'push_vlan:0x8100,set_field:4110->vlan_vid,goto_table:9'],
  ['table=0, priority=4,in_port=1,dl_vlan=14 actions=mod_vlan_vid:200,NORMAL', 'in_port=1,dl_vlan=14', 'set_field:4296->vlan_vid,NORMAL'],
  ['table=0, priority=3,in_port=1,vlan_tci=0x0000 actions=mod_vlan_vid:14,NORMAL', 'in_port=1,vlan_tci=0x0000/0x1fff', 'push_vlan:0x8100,set_field:4110->vlan_vid,NORMAL'],
  ['table=1, priority=1,dl_vlan=14,dl_src=fa:16:3e:e0:a8:ef actions=mod_dl_src:fa:16:3f:79:94:c5,resubmit(,2)', 'dl_vlan=14,dl_src=fa:16:3e:e0:a8:ef', 'set_field:fa:16:3f:79:94:c5->eth_src,goto_table:2'],
  [
    'table=21, priority=1,arp,dl_vlan=14,arp_tpa=10.1.0.12 actions=load:0x2->NXM_OF_ARP_OP[],load:0xfa163e3ee285->NXM_NX_ARP_SHA[],load:0xa01000c->NXM_OF_ARP_SPA[],mod_dl_src:fa:16:3e:3e:e2:85,IN_PORT',
    'arp,dl_vlan=14,arp_tpa=10.1.0.12',
    'set_field:2->arp_op,set_field:fa:16:3e:3e:e2:85->arp_sha,set_field:10.1.0.12->arp_spa,set_field:fa:16:3e:3e:e2:85->eth_src,IN_PORT',
  ],
  ['table=0, priority=0 actions=NORMAL', '', 'NORMAL'],
  ['table=23, priority=0 actions=drop', '', 'drop'],
]; // prettier-ignore

describe('one line of a dump', () => {
  for (const [line, match, actions] of LINES)
    it(line, () => {
      const { items, problems } = parseFlows(line, 'br-int', OFPORTS);
      assert.deepEqual(problems, []);
      assert.deepEqual([items[0]!.match, items[0]!.actions, items[0]!.bridge], [match, actions, 'br-int']);
    });
});

it('headers are skipped, and what is no flow is a problem', () => {
  for (const header of ['OFPST_FLOW reply (OF1.3) (xid=0x2):', 'NXST_FLOW reply (xid=0x4):', ''])
    assert.deepEqual(parseFlows(header, 'br-int'), { items: [], problems: [] });
  assert.equal(parseFlows('ovs-ofctl: br-int is not a bridge or a socket', 'br-int').problems.length, 1);
});

it('any text is read without throwing', () => {
  const text = snapshotText('S3', 'compute1');
  const at = text.indexOf('@@ begin - ovs-vsctl');
  for (let end = at; end < text.length; end += 1499) readNodeState(parseSnapshot(text.slice(0, end)));
  const hostile = [
    'actions=',
    '=',
    ',,,=,',
    'actions=load:0x->NXM_NX_ARP_SHA[]',
    'in_port=__proto__ actions=constructor',
    '((((',
    '"',
  ];
  for (const line of hostile) {
    parseFlows(line, 'br-int');
    for (const aspect of NODE_ASPECTS) aspect.parse(line);
    assert.equal(tableOf(line), undefined);
    assert.deepEqual(Object.keys(ofportsOf(line)), []);
  }
  for (const json of ['{}', '[]', 'null', '{"headings":["ports"],"data":[null,[["set"]],[["set",[["uuid"]]]]]}'])
    portsOfTables(tableOf(json) ?? [], tableOf(json) ?? [], tableOf(json) ?? []);
});

it('what was not collected is a gap with its reason', () => {
  const cut = (text: string, command: string) => text.replace(`@@ begin - ${command}`, '@@ begin - true');
  const text = snapshotText('S3', 'compute1');
  const gapsOf = (snapshot: string) =>
    readNodeState(parseSnapshot(snapshot)).gaps.flatMap(({ aspect, reason }) =>
      aspect === 'ports' || aspect === 'flows' ? [`${aspect}: ${reason}`] : [],
    );
  assert.deepEqual(gapsOf(text), []);
  assert.deepEqual(gapsOf(cut(text, 'ovs-vsctl -f json list Port')), [
    'ports: there is no section "ovs-vsctl -f json list Port"; "ovs-vsctl show" does not show all that is compared',
  ]);
  assert.deepEqual(gapsOf(text.replaceAll('dump-flows', 'dump-flow')), [
    'flows: there is no section "ovs-ofctl dump-flows"',
  ]);
});

/** What a switch answers in OpenFlow 1.0 of flows that came over 1.3 (`lib/ofp-actions.c: set_field_to_legacy_openflow`). */
const IN_10: readonly [from: RegExp, to: string | ((...parts: string[]) => string)][] = [
  [/push_vlan:0x8100,/g, ''],
  [/set_field:(\d+)->vlan_vid/g, (_, value) => `mod_vlan_vid:${Number(value) - 0x1000}`],
  [/pop_vlan/g, 'strip_vlan'],
  [/set_field:([0-9a-f:]{17})->eth_src/g, 'mod_dl_src:$1'],
  [/set_field:([0-9a-f:]{17})->eth_dst/g, 'mod_dl_dst:$1'],
  [/set_field:(0x[0-9a-f]+)->tun_id/g, 'load:$1->NXM_NX_TUN_ID[]'],
  [/set_field:2->arp_op/g, 'load:0x2->NXM_OF_ARP_OP[]'],
  [/set_field:([0-9a-f:]{17})->arp_sha/g, (_, mac) => `load:0x${mac.replaceAll(':', '')}->NXM_NX_ARP_SHA[]`],
  [
    /set_field:([\d.]+)->arp_spa/g,
    (_, ip) =>
      `load:0x${ip
        .split('.')
        .map((part) => Number(part).toString(16).padStart(2, '0'))
        .join('')}->NXM_OF_ARP_SPA[]`,
  ],
  [/goto_table:(\d+)/g, 'resubmit(,$1)'],
  [/OXM_OF_IN_PORT/g, 'NXM_OF_IN_PORT'],
];

describe('a node dumped in OpenFlow 1.0 is the same node', () => {
  for (const release of ['pike', 'ussuri', 'zed', '2026.1'])
    for (const type of [VXLAN, VLAN, FLAT])
      it(`${release}, ${type.split('\n')[0]}`, () => {
        const topology = cloud({ type, release });
        const live = healthy(topology);
        const flows = live.flows!.flatMap(({ bridge, cookie, table, priority, match, actions }) => {
          const text = IN_10.reduce((old, [from, to]) => old.replaceAll(from, to as string), actions);
          const line = ` cookie=${cookie}, duration=1.5s, table=${table}, n_packets=0, n_bytes=0, idle_age=1, priority=${priority}${match === '' ? '' : `,${match}`} actions=${text}`;
          return parseFlows(line, bridge).items;
        });
        assert.deepEqual(differencesOf(topology, { ...live, flows }), []);
      });
});
