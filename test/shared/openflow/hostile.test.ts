/** Flows that would keep a careless reader busy for ever: an answer comes soon, with the reason. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { actionsOf } from '../../../shared/openflow/actions.ts';
import { frameOf } from '../../../shared/openflow/frame.ts';
import { groupsOf, switchOf } from '../../../shared/openflow/switch.ts';
import { walkFlows } from '../../../shared/openflow/walk.ts';
import { flowOfLine } from '../../../shared/ovs/flowText.ts';
import type { Flow, NodeState, OvsPort } from '../../../shared/state.ts';
import { cpuMs } from '../../support/cpuTime.ts';

/** Seconds on a slow machine; the longest takes some tenth of one. */
const SOON = 3000;

interface Case {
  about: string;
  /** `bridge flow`. */
  flows: readonly string[];
  /** `bridge name number [peer]`; a port 1 of `a` is always there. */
  ports?: readonly string[];
  groups?: string;
  expected: RegExp;
}

const times = (count: number, line: (i: number) => string): string[] => Array.from({ length: count }, (_, i) => line(i)); // prettier-ignore
const many = (count: number, action: string): string => Array(count).fill(action).join(',');

/** `count` bridges of which each has a patch to each other one. */
const mesh = (count: number): string[] =>
  times(count, (i) => `b${i}`).flatMap((bridge, i) =>
    times(count, (j) => `${bridge} p${i}-${j} ${j + 1} p${j}-${i}`).filter((_, j) => j !== i),
  );

const CASES: readonly Case[] = [
  { about: 'all tables, one behind the other, in ten bridges', flows: times(10, (b) => String(b)).flatMap((b) => times(255, (t) => `${b === '0' ? 'a' : `b${b}`} table=${t} actions=${t < 254 ? `goto_table:${t + 1}` : 'output:9'}`)), ports: ['a x0 9 y1', ...times(9, (i) => `b${i + 1} x${i + 1} 9 y${i + 2}`), ...times(9, (i) => `b${i + 1} y${i + 1} 1 x${i}`)], expected: /^forwarded b9\/9$/ },
  { about: 'tables in a circle', flows: ['a table=0 actions=goto_table:1', 'a table=1 actions=resubmit(,0)'], expected: /^dropped: over max translation depth 64$/ },
  { about: 'a flow that leads to itself a hundred times', flows: [`a table=0 actions=${many(100, 'resubmit(,1)')}`, `a table=1 actions=${many(100, 'resubmit(,2)')}`, 'a table=2 actions=output:1'], expected: /^dropped: over 4096 resubmit actions$/ },
  { about: 'two bridges that send each frame back', flows: ['a actions=output:9', 'b actions=IN_PORT'], ports: ['a to-b 9 to-a', 'b to-a 9 to-b'], expected: /^dropped$/ },
  { about: 'a circle of patches', flows: ['a actions=output:2', 'b actions=output:2', 'c actions=output:2'], ports: ['a a2 2 b1', 'b b1 1 a2', 'b b2 2 c1', 'c c1 1 b2', 'c c2 2 a3', 'a a3 3 c2'], expected: /^dropped$/ },
  { about: 'floods of floods', flows: ['a actions=output:9', ...times(12, (i) => `b${i} actions=FLOOD`)], ports: ['a to-b 9 from-a', 'b0 from-a 99 to-b', ...mesh(12)], expected: /^forwarded b0\/65534 b3/ },
  { about: 'floods of floods with ports', flows: ['a actions=output:9', ...times(12, (i) => `b${i} actions=FLOOD`)], ports: ['a to-b 9 from-a', 'b0 from-a 99 to-b', ...mesh(12), ...times(500, (i) => `b${i % 12} e${i} ${200 + i}`)], expected: /more than 100000 actions/ },
  { about: 'a flood to ten thousand ports', flows: ['a actions=FLOOD'], ports: times(10_000, (i) => `a e${i} ${i + 2}`), expected: /^forwarded/ },
  { about: 'NORMAL to patches in a circle', flows: ['a actions=NORMAL', ...times(12, (i) => `b${i} actions=NORMAL`)], ports: ['a to-b 9 from-a', 'b0 from-a 99 to-b', 'a a 65534', ...times(12, (i) => `b${i} b${i} 65534`), ...mesh(12)], expected: /^forwarded b0\/65534 b3/ },
  { about: 'a group in itself', flows: ['a actions=group:1'], groups: 'group_id=1,type=all,bucket=actions=group:1', expected: /^dropped: over max translation depth 64$/ },
  { about: 'groups in groups', flows: ['a actions=group:0'], groups: times(40, (i) => `group_id=${i},type=all,${many(40, `bucket=actions=group:${i + 1}`)}`).join('\n'), expected: /more than 100000 actions|over max translation depth|there is no group/ },
  { about: 'copies in copies', flows: [`a actions=${'clone('.repeat(20_000)}output:1${')'.repeat(20_000)}`], expected: /brackets in brackets over 32 deep/ },
  { about: 'copies of copies', flows: [`a table=0 actions=${many(200, 'clone(resubmit(,1))')}`, `a table=1 actions=${many(200, 'clone(resubmit(,2))')}`, 'a table=2 actions=output:1'], expected: /^dropped: over 4096 resubmit actions$/ },
  { about: 'connection tracking that multiplies', flows: [`a ip actions=${many(50, 'ct(table=0)')}`], expected: /connection tracking more than 64 times/ },
  { about: 'connection tracking that multiplies, and loops', flows: [`a ip,ct_state=-trk actions=${many(64, 'ct(table=1)')}`, `a table=1,ip actions=${many(60, 'resubmit(,2)')}`, `a table=2 actions=${many(60, 'resubmit(,3)')}`, 'a table=3 actions=output:1'], expected: /^dropped|more than 100000 actions/ },
  { about: 'learning without end', flows: [`a table=0 actions=${many(64, 'resubmit(,1)')}`, `a table=1 actions=${many(4000, 'learn(table=9,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])')}`], expected: /more than 100000 actions/ },
  { about: 'ten thousand actions in a flow', flows: [`a actions=${many(10_000, 'push_vlan:0x8100,pop_vlan')},output:9`], ports: ['a out 9'], expected: /^forwarded a\/9$/ },
  { about: 'twenty thousand flows of as many masks', flows: [`a table=0,priority=1 actions=${many(64, 'resubmit(,1)')}`, `a table=1,priority=1 actions=${many(60, 'resubmit(,2)')}`, ...times(20_000, (i) => `a table=2,priority=${i % 60_000},reg1=0/0x${(i + 1).toString(16)},reg0=0x1/0x${(i * 2 + 1).toString(16)} actions=drop`)], expected: /more than 100000 actions/ },
  { about: 'a hundred thousand flows', flows: times(100_000, (i) => `a priority=5,tcp,nw_dst=10.${i >> 16}.${(i >> 8) & 255}.${i & 255} actions=drop`), expected: /^dropped$/ },
  { about: 'ten thousand matches that are not known', flows: times(10_000, (i) => `a priority=${i + 1},frobnicate=${i} actions=output:1`), expected: /^insufficient-info: a: whether the frame matches "frobnicate=/ },
  { about: 'ten thousand conjunctions', flows: times(10_000, (i) => `a priority=${i + 1},ip actions=conjunction(${i},1/2)`), expected: /^dropped$/ },
]; // prettier-ignore

function stateOf({ flows, ports = [] }: Case): NodeState {
  const read = (line: string): Flow => {
    const space = line.indexOf(' ');
    const flow = flowOfLine(line.slice(space + 1), line.slice(0, space));
    if (!flow) throw new Error(line);
    return flow;
  };
  return { node: 'n', namespaces: {}, flows: flows.map(read), ports: ['a in 1', ...ports].map(portOf), gaps: [] };
}

function portOf(text: string): OvsPort {
  const [bridge = '', name = '', ofport, peer] = text.split(' ');
  const options = peer === undefined ? {} : { peer };
  return { bridge, name, ofport: Number(ofport), type: peer === undefined ? '' : 'patch', external_ids: {}, other_config: {}, options }; // prettier-ignore
}

const FRAME = 'in_port=1,dl_src=fa:16:3e:00:00:01,dl_dst=fa:16:3e:00:00:02,icmp,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64'; // prettier-ignore

describe('hostile flows', () => {
  for (const each of CASES)
    it(each.about, () => {
      const state = stateOf(each);
      const start = cpuMs();
      const of = switchOf(state, each.groups === undefined ? {} : { groups: groupsOf(each.groups, 'a') });
      const frame = frameOf(FRAME);
      assert.ok(typeof frame !== 'string');
      const { disposition, reason, outputs } = walkFlows(of, 'a', frame);
      const took = cpuMs(start);
      const places = [...new Set(outputs.map(({ bridge, port }) => ` ${bridge}/${port}`))].slice(0, 3).join('');
      const said = `${disposition}${reason === undefined ? '' : `: ${reason}`}${disposition === 'forwarded' ? places : ''}`;
      assert.match(said, each.expected);
      assert.ok(took < SOON, `it took ${took} ms`);
    });

  it('brackets without end are no actions', () => {
    for (const word of ['clone(', 'ct(exec(', 'learn(', '('])
      for (const text of [word.repeat(50_000), word.repeat(50_000) + ')'.repeat(100_000)])
        assert.ok(actionsOf(text).every(({ type }) => type === 'unknown'));
  });
});
