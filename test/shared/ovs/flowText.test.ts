/** Dumps of any OpenFlow version, with names or numbers of ports, are read into one spelling. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseFlows } from '../../../shared/aspects/flows.ts';
import { NODE_ASPECTS } from '../../../shared/aspects/table.ts';
import { ofportsOf, portsOfTables, tableOf } from '../../../shared/ovs/database.ts';
import { readNodeState } from '../../../shared/live.ts';
import { parseSnapshot } from '../../../shared/snapshot.ts';
import { snapshotText } from '../../support/recordings.ts';

const OFPORTS = { 'patch-tun': 2, 'tapa9ef7272-e0': 116, 'br-int': 65_534 };

/** A line of a dump, and what is kept of it. */
const LINES: readonly [line: string, match: string, actions: string][] = [
  [' cookie=0x1, duration=3.1s, table=0, n_packets=1, n_bytes=2, idle_age=3, hard_age=65534, priority=2,in_port=2 actions=resubmit(,1)', 'in_port=2', 'goto_table:1'],
  ['table=0, priority=5,in_port="patch-tun",dl_dst=FA:16:3F:79:94:C5 actions=goto_table:3', 'in_port=2,dl_dst=fa:16:3f:79:94:c5', 'goto_table:3'],
  ['table=60, priority=20,dl_vlan=14,dl_dst=fa:16:3e:07:80:14 actions=strip_vlan,output:"tapa9ef7272-e0"', 'dl_vlan=14,dl_dst=fa:16:3e:07:80:14', 'pop_vlan,output:116'],
  ['table=60, dl_dst=fa:16:3e:07:80:14,vlan_tci=0x100e/0x1fff actions=pop_vlan,output:116', 'dl_vlan=14,dl_dst=fa:16:3e:07:80:14', 'pop_vlan,output:116'],
  ['table=22, priority=1,dl_vlan=14 actions=strip_vlan,set_tunnel:0x18d,output:50,output:48', 'dl_vlan=14', 'pop_vlan,set_field:0x18d->tun_id,output:48,output:50'],
  ['table=4, priority=1,tun_id=397 actions=mod_vlan_vid:14,resubmit(,9)', 'tun_id=0x18d', 'set_field:4110->vlan_vid,goto_table:9'],
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
    readNodeState(parseSnapshot(snapshot)).gaps.map(({ aspect, reason }) => `${aspect}: ${reason}`);
  assert.deepEqual(gapsOf(text), []);
  assert.deepEqual(gapsOf(cut(text, 'ovs-vsctl -f json list Port')), [
    'ports: there is no section "ovs-vsctl -f json list Port"',
  ]);
  assert.deepEqual(gapsOf(text.replaceAll('dump-flows', 'dump-flow')), [
    'flows: there is no section "ovs-ofctl dump-flows"',
  ]);
});
