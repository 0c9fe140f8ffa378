/** Ways of single frames, for what the judge of flows cannot be asked: limits, what is not known, hostile state. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flowOfLine } from '../../../shared/ovs/flowText.ts';
import { fieldsOf, frameOf } from '../../../shared/openflow/frame.ts';
import type { Words } from '../../../shared/openflow/layout.ts';
import { groupsOf, learnedMacs, switchOf, type Learned } from '../../../shared/openflow/switch.ts';
import { type WalkOptions, walkFlows } from '../../../shared/openflow/walk.ts';
import type { NodeState } from '../../../shared/state.ts';

/** A bridge with ports 1, 2 (VLAN 3) and 9, a patch to br-tun. */
function stateOf(flows: readonly string[], tunnelFlows: readonly string[] = []): NodeState {
  const port = (bridge: string, name: string, ofport: number, peer?: string) => ({
    bridge, name, ofport, type: peer === undefined ? '' : 'patch', external_ids: {}, other_config: {},
    options: peer === undefined ? {} : { peer }, ...(name === 'tap2' && { tag: 3 }),
  }); // prettier-ignore
  const read = (bridge: string, lines: readonly string[]) => lines.map((line) => flowOfLine(line, bridge)!);
  return {
    node: 'n1',
    namespaces: {},
    ports: [
      port('br-int', 'tap1', 1),
      port('br-int', 'tap2', 2),
      port('br-int', 'patch-tun', 9, 'patch-int'),
      port('br-int', 'br-int', 65_534),
      port('br-tun', 'patch-int', 1, 'patch-tun'),
      port('br-tun', 'vxlan-1', 4),
      port('br-tun', 'br-tun', 65_534),
    ],
    flows: [...read('br-int', flows), ...read('br-tun', tunnelFlows)],
    gaps: [],
  };
}

function frame(text: string): Words {
  const words = frameOf(text);
  if (typeof words === 'string') throw new Error(words);
  return words;
}

interface Case {
  about: string;
  flows: readonly string[];
  tunnelFlows?: readonly string[];
  frame?: string;
  learned?: Learned;
  options?: WalkOptions;
  /** `bridge/port fields`, or the reason why nothing is known or done. */
  expected: string[];
}

const VM = 'in_port=1,dl_src=fa:16:3e:00:00:01,dl_dst=fa:16:3e:00:00:02,icmp,nw_src=10.0.0.1,nw_dst=10.0.0.2';

const CASES: readonly Case[] = [
  { about: 'no flow matches', flows: ['table=0,in_port=2 actions=output:2'], expected: ['dropped'] },
  { about: 'the higher priority wins', flows: ['priority=1 actions=output:2', 'priority=2,icmp actions=drop'], expected: ['dropped'] },
  { about: 'a frame does not go back where it came from', flows: ['actions=output:1'], expected: ['dropped'] },
  { about: 'unless IN_PORT says so', flows: ['actions=IN_PORT'], expected: ['br-int/1'] },
  { about: 'OpenFlow 1.0 and 1.3 say one thing', flows: ['actions=mod_vlan_vid:3,mod_dl_dst:fa:16:3e:00:00:09,strip_vlan,output:2'], expected: ['br-int/2 dl_dst=fa:16:3e:00:00:09'] },
  { about: 'registers and tunnel ids stay behind at a patch', flows: ['actions=load:5->NXM_NX_REG0[],set_field:7->tun_id,output:9'], tunnelFlows: ['reg0=5 actions=drop', 'priority=1,tun_id=0,reg0=0 actions=output:4'], expected: ['br-tun/4'] },
  { about: 'NORMAL floods the VLAN of the port', flows: ['actions=push_vlan:0x8100,set_field:4099->vlan_vid,NORMAL'], tunnelFlows: ['dl_vlan=3 actions=pop_vlan,output:4'], expected: ['br-int/2', 'br-int/65534 dl_vlan=3', 'br-tun/4'] },
  { about: 'NORMAL takes a learned port', flows: ['actions=NORMAL'], learned: { macs: learnedMacs(' port  VLAN  MAC                Age\nLOCAL     0  fa:16:3e:00:00:02   12\n', 'br-int') }, expected: ['br-int/65534'] },
  { about: 'no tag is let in at a port with a VLAN', flows: ['actions=NORMAL'], frame: 'in_port=2,dl_vlan=3,dl_dst=fa:16:3e:00:00:02', expected: ['dropped'] },
  { about: 'connection tracking sees a new connection', flows: ['table=0,priority=2,ct_state=-trk,ip actions=ct(table=1,zone=5)', 'table=1,ip,ct_state=+new,ct_zone=5 actions=output:2'], expected: ['br-int/2'] },
  { about: 'or one that it is told', flows: ['table=0,priority=2,ct_state=-trk,ip actions=ct(table=1,zone=5)', 'table=1,ip,ct_state=+new actions=drop', 'table=1,ip,ct_state=+est actions=output:2'], options: { ctState: 0x22 }, expected: ['br-int/2'] },
  { about: 'a conjunction needs all its clauses', flows: ['priority=5,ip,nw_src=10.0.0.1 actions=conjunction(7,1/2)', 'priority=5,ip,nw_dst=10.0.0.3 actions=conjunction(7,2/2)', 'priority=6,ip,conj_id=7 actions=output:2'], expected: ['dropped'] },
  { about: 'and has them', flows: ['priority=5,ip,nw_src=10.0.0.1 actions=conjunction(7,1/2)', 'priority=5,ip,nw_dst=10.0.0.2 actions=conjunction(7,2/2)', 'priority=5,ip,conj_id=7 actions=output:2'], expected: ['br-int/2'] },
  { about: 'a match that is not known', flows: ['priority=2,frobnicate=7,icmp actions=drop', 'priority=1 actions=output:2'], expected: ['insufficient-info: br-int: whether the frame matches "frobnicate=7" of table=0, priority=2,icmp,frobnicate=7 is not known'] },
  { about: 'a match that is not known, of a flow that cannot count', flows: ['priority=2,frobnicate=7,arp actions=drop', 'priority=1,frobnicate=8 actions=drop', 'priority=2,icmp actions=output:2'], expected: ['br-int/2'] },
  { about: 'an action that is not known', flows: ['actions=encap(nsh),output:2'], expected: ['insufficient-info: br-int: what "encap(nsh)" does is not known'] },
  { about: 'names of every object are no actions', flows: ['actions=constructor(1),__proto__:2'], expected: ['insufficient-info: br-int: what "constructor(1)" does is not known'] },
  { about: 'two flows of one priority', flows: ['priority=3,icmp actions=output:2', 'priority=3,in_port=1 actions=drop'], expected: ['insufficient-info: br-int: which of two flows of one priority it meets is not defined: table=0, priority=3,icmp, table=0, priority=3,in_port=1'] },
  { about: 'groups that nobody collected', flows: ['actions=group:4'], expected: ['insufficient-info: br-int: groups were not collected, such as group:4'] },
  { about: 'a group with one bucket', flows: ['actions=group:4'], learned: { groups: groupsOf(' group_id=4,type=select,bucket=weight:100,actions=output:2\n', 'br-int') }, expected: ['br-int/2'] },
  { about: 'an address that connection tracking would choose', flows: ['ip actions=ct(commit,nat(src=1.2.3.4),table=1)'], expected: ['insufficient-info: br-int: which address ct(nat(src=1.2.3.4)) gives is the choice of connection tracking'] },
  { about: 'a VLAN that takes the place of another', flows: ['actions=mod_vlan_vid:1,output:65534'], frame: `${VM},dl_vlan=6,dl_vlan_pcp=3`, expected: ['br-int/65534 dl_vlan=1'] },
  { about: 'a copy for connection tracking behind an exit of a bucket', flows: ['table=0,ip actions=group:4,ct(table=1),output:2', 'table=1 actions=output:65534', 'table=2 actions=exit'], learned: { groups: groupsOf(' group_id=4,type=all,bucket=actions=resubmit(,2)\n', 'br-int') }, expected: ['br-int/2'] },
  { about: 'a bucket is a set: the last output counts, behind what changes the frame', flows: ['actions=group:4'], learned: { groups: groupsOf(' group_id=4,type=all,bucket=actions=output:9,output:2,set_field:fa:16:3e:00:00:09->eth_dst,bucket=actions=set_field:fa:16:3e:00:00:08->eth_dst\n', 'br-int') }, expected: ['br-int/2 dl_dst=fa:16:3e:00:00:09'] },
  { about: 'a third tag', flows: ['actions=push_vlan:0x8100,push_vlan:0x8100,push_vlan:0x8100,output:2'], expected: ['insufficient-info: br-int: a frame with more than two VLAN tags'] },
  { about: 'a flow that leads to itself', flows: ['actions=resubmit(,0)'], expected: ['dropped: over max translation depth 64'] },
  { about: 'a loop through the patch does not undo what was sent before', flows: ['actions=output:2,output:9'], tunnelFlows: ['actions=resubmit(,0)'], expected: ['br-int/2'] },
  { about: 'a flow that leads to itself twice', flows: ['table=0 actions=resubmit(,1),resubmit(,1),resubmit(,0)', 'table=1 actions=resubmit(,2),resubmit(,2),resubmit(,2),resubmit(,2)', 'table=2 actions=resubmit(,3),resubmit(,3),resubmit(,3),resubmit(,3),resubmit(,3),resubmit(,3),resubmit(,3),resubmit(,3)', 'table=3 actions=resubmit(,4),resubmit(,4),resubmit(,4),resubmit(,4)'], expected: ['dropped: over 4096 resubmit actions'] },
  { about: 'a TTL that has run out ends its own flow only', flows: ['table=0,ip actions=resubmit(,1),output:2', 'table=1,ip actions=dec_ttl,output:65534'], expected: ['br-int/2'] },
  { about: 'connection tracking without end', flows: ['ip actions=ct(table=0)'], expected: ['insufficient-info: it comes back from connection tracking more than 64 times'] },
]; // prettier-ignore

function outcome({ flows, tunnelFlows, frame: text = VM, learned = {}, options = {} }: Case): string[] {
  const words = frame(text);
  const given = fieldsOf(words);
  const { disposition, reason, outputs } = walkFlows(switchOf(stateOf(flows, tunnelFlows), learned), 'br-int', words, options); // prettier-ignore
  if (disposition !== 'forwarded') return [reason === undefined ? disposition : `${disposition}: ${reason}`];
  return outputs.map(({ bridge, port, frame: left }) => {
    const changed = Object.entries(fieldsOf(left)).filter(([name, value]) => given[name] !== value && /^(dl|nw|arp)/.test(name)); // prettier-ignore
    return [`${bridge}/${port}`, ...changed.map(([name, value]) => `${name}=${value}`)].join(' ');
  });
}

describe('a frame through flows', () => {
  for (const each of CASES) it(each.about, () => assert.deepEqual(outcome(each).toSorted(), each.expected.toSorted()));

  it('leaves the frame as it was given', () => {
    const words = frame(VM);
    walkFlows(switchOf(stateOf(['actions=set_field:fa:16:3e:00:00:09->eth_dst,output:2'])), 'br-int', words);
    assert.deepEqual(words, frame(VM));
  });

  it('tells each table, the flow and the frame after it', () => {
    const flows = ['table=0 actions=set_field:fa:16:3e:00:00:09->eth_dst,resubmit(,5)', 'table=5,priority=3,icmp actions=output:2']; // prettier-ignore
    const { steps } = walkFlows(switchOf(stateOf(flows)), 'br-int', frame(VM));
    assert.deepEqual(
      steps.map(({ bridge, table, flow, after }) => [bridge, table, flow?.match, fieldsOf(after)['dl_dst']]),
      [
        ['br-int', 0, '', 'fa:16:3e:00:00:09'],
        ['br-int', 5, 'icmp', 'fa:16:3e:00:00:09'],
      ],
    );
  });

  it('tells what would be learned, as a dump shows it', () => {
    const learn = 'learn(table=20,hard_timeout=300,priority=1,cookie=0x1f,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:0->NXM_OF_VLAN_TCI[],load:NXM_NX_TUN_ID[]->NXM_NX_TUN_ID[],output:OXM_OF_IN_PORT[])'; // prettier-ignore
    const { steps } = walkFlows(switchOf(stateOf([`actions=${learn},output:2`])), 'br-int', frame(`${VM},dl_vlan=3,tun_id=0x4d`)); // prettier-ignore
    const dumped = flowOfLine('cookie=0x1f, table=20, hard_timeout=300, priority=1,vlan_tci=0x0003/0x0fff,dl_dst=fa:16:3e:00:00:01 actions=load:0->NXM_OF_VLAN_TCI[],load:0x4d->NXM_NX_TUN_ID[],output:1', 'br-int'); // prettier-ignore
    assert.deepEqual(steps[0]?.learned, [dumped]);
  });

  it('ends at flows that nobody collected', () => {
    const { flows: _, ...state } = stateOf([]);
    const { disposition, reason } = walkFlows(switchOf(state), 'br-int', frame(VM));
    assert.deepEqual([disposition, reason], ['insufficient-info', 'flows were not collected']);
  });

  it('ends at a bridge that is not there, and at ports whose VLAN is not known', () => {
    const state = stateOf(['actions=NORMAL']);
    assert.equal(walkFlows(switchOf(state), 'br-none', frame(VM)).disposition, 'insufficient-info');
    const { ports: _, ...bare } = { ...state, bridges: [{ name: 'br-int', ofports: { tap1: 1, tap2: 2 } }] };
    const { reason } = walkFlows(switchOf(bare), 'br-int', frame(VM));
    assert.equal(reason, 'NORMAL: the VLAN of port tap1 of br-int is not known');
  });
});
