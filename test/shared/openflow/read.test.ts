/** Texts of flows into matches, actions and frames; what is not understood is kept as it stands, and nothing throws. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { actionsOf } from '../../../shared/openflow/actions.ts';
import { classifierOf } from '../../../shared/openflow/classifier.ts';
import { fieldsOf, frameOf, hasField } from '../../../shared/openflow/frame.ts';
import type { Prerequisite } from '../../../shared/openflow/layout.ts';
import { constraintsOf } from '../../../shared/openflow/match.ts';
import { groupsOf, learnedMacs, switchOf } from '../../../shared/openflow/switch.ts';
import { walkFlows } from '../../../shared/openflow/walk.ts';
import { SCENARIOS, liveState, nodeNames } from '../../support/recordings.ts';

const RUNS = { numRuns: 300, seed: 20_261_122 };

const states = SCENARIOS.flatMap((scenario) => nodeNames(scenario).map((node) => liveState(scenario, node)));

describe('flows that agents left', () => {
  it('are understood, all of them', () => {
    const flows = states.flatMap((state) => state.flows ?? []);
    const odd = flows.filter(
      ({ match, actions }) =>
        constraintsOf(match).unknown.length > 0 || actionsOf(actions).some(({ type }) => type === 'unknown'),
    );
    assert.deepEqual(odd, []);
    assert.ok(flows.length > 5000);
  });
});

/** Actions → what they are read as; `-`: not understood. */
const ACTIONS: Readonly<Record<string, string>> = {
  drop: '',
  'note:01': 'pass',
  'meter:3': 'pass',
  'set_queue:1': 'pass',
  pop_queue: 'pass',
  controller: 'output 65533',
  'CONTROLLER:65535': 'output 65533',
  'controller(reason=no_match)': 'output 65533',
  'dec_ttl(1,2)': 'decTtl',
  'mod_vlan_vid:4095': 'modVlan 4095',
  'mod_vlan_vid:4096': '-',
  'push_vlan:0x8100': 'pushVlan',
  'push_vlan:0x88a8': '-',
  'load:0x3f->NXM_NX_REG0[4..9]': 'set',
  'load:0x40->NXM_NX_REG0[4..9]': '-',
  'set_field:1->nosuch': '-',
  'set_field:1->eth_type': '-',
  'move:NXM_NX_REG0[]->NXM_OF_VLAN_TCI[]': '-',
  'output:NXM_NX_REG0[0..31]': 'outputSlice',
  'output:NXM_NX_REG0[0..32]': '-',
  'output:NXM_NX_REG0[9..8]': '-',
  'output:65535': 'output 65535',
  'output:65536': '-',
  'resubmit(1,)': 'resubmit 1',
  'resubmit(,0)': 'resubmit 0',
  'resubmit(,254)': 'resubmit 254',
  'resubmit(,255)': 'resubmit',
  'resubmit(,256)': '-',
  'resubmit(IN_PORT,3)': 'resubmit 3',
  'resubmit()': '-',
  'resubmit:2': 'resubmit 2',
  'goto_table:3': 'resubmit 3',
  'group:4294967295': 'group 4294967295',
  'group:4294967296': '-',
  'conjunction(1,2/3)': 'conjunction 1 2 3',
  'conjunction(1,2)': '-',
  'ct(zone=5)': 'ct false 5',
  'ct(commit,zone=5)': 'ct true 5',
  'ct(force,zone=5,table=3)': 'ct true 5 3',
  'ct(table=x)': '-',
  'ct(alg=ftp)': '-',
  ct_clear: 'ctClear',
  exit: 'exit',
};

describe('actions', () => {
  for (const [text, expected] of Object.entries(ACTIONS))
    it(text, () => {
      const read = actionsOf(text).map((action) => {
        if (action.type === 'unknown') return action.text === text ? '-' : action.text;
        const { type, ...rest } = action;
        const values = Object.values('ct' in rest ? rest.ct : rest);
        return [type, ...values.filter((value) => ['number', 'boolean'].includes(typeof value))].join(' ');
      });
      assert.equal(read.join(), expected);
    });
});

/** A frame → what it is read as, without what is zero. */
const FRAMES: Readonly<Record<string, Record<string, string>>> = {
  'in_port=5,dl_vlan=3,icmp,nw_src=10.0.0.1': { in_port: '5', dl_vlan: '3', dl_type: '0x800', nw_proto: '1', nw_src: '10.0.0.1' },
  'in_port=LOCAL,arp,arp_op=2,arp_sha=fa:16:3e:00:00:01': { in_port: 'LOCAL', dl_type: '0x806', arp_op: '2', arp_sha: 'fa:16:3e:00:00:01' },
  'icmp6,icmpv6_type=136,nd_target=2001:db8::1': { dl_type: '0x86dd', nw_proto: '58', icmpv6_type: '136', nd_target: '2001:db8::1' },
  'tcp,tp_dst=80,tun_id=0xffffffffffffffff': { dl_type: '0x800', nw_proto: '6', tp_dst: '80', tun_id: '0xffffffffffffffff' },
  'dl_vlan=0': { dl_vlan: '0' },
  'dl_vlan=0xffff': {},
}; // prettier-ignore

describe('a frame', () => {
  for (const [text, fields] of Object.entries(FRAMES))
    it(text, () => {
      const frame = frameOf(text);
      assert.ok(typeof frame !== 'string', String(frame));
      assert.deepEqual(fieldsOf(frame), fields);
    });

  for (const text of ['dl_src=fa:16', 'nw_src=10.0.0', 'tun_id=0x10000000000000000', 'dl_vlan=4097', 'toString=1', 'tp_dst=70000'])
    it(`${text} is refused`, () => assert.equal(frameOf(text), `"${text}" is no field that is known`)); // prettier-ignore
});

/** A frame → what it is; fields of what it is not are not read and not written. */
const KINDS: Readonly<Record<string, readonly Prerequisite[]>> = {
  'dl_type=0x88cc': [],
  'dl_type=0x88cc,dl_vlan=3': ['vlan'],
  arp: ['arp'],
  rarp: ['arp'],
  ip: ['ip', 'ipAny'],
  ipv6: ['ipv6', 'ipAny'],
  tcp: ['ip', 'ipAny', 'l4', 'tcp'],
  udp: ['ip', 'ipAny', 'l4'],
  sctp: ['ip', 'ipAny', 'l4'],
  icmp: ['ip', 'ipAny', 'icmp'],
  tcp6: ['ipv6', 'ipAny', 'l4', 'tcp'],
  udp6: ['ipv6', 'ipAny', 'l4'],
  sctp6: ['ipv6', 'ipAny', 'l4'],
  'ip,nw_proto=58': ['ip', 'ipAny'],
  'ipv6,nw_proto=1': ['ipv6', 'ipAny'],
  'arp,nw_proto=6': ['arp'],
  'icmp6,icmpv6_type=128': ['ipv6', 'ipAny', 'icmp6'],
  'icmp6,icmpv6_type=135': ['ipv6', 'ipAny', 'icmp6', 'nd'],
  'icmp6,icmpv6_type=136': ['ipv6', 'ipAny', 'icmp6', 'nd'],
};
const ALL: readonly Prerequisite[] = ['vlan', 'arp', 'ip', 'ipv6', 'ipAny', 'l4', 'tcp', 'icmp', 'icmp6', 'nd'];

describe('what a frame has', () => {
  for (const [text, expected] of Object.entries(KINDS))
    it(text, () => {
      const frame = frameOf(text);
      assert.ok(typeof frame !== 'string', String(frame));
      assert.deepEqual(ALL.filter((requires) => hasField(frame, requires)), expected); // prettier-ignore
      assert.equal(hasField(frame, undefined), true);
    });
});

describe('hostile texts', () => {
  const word = fc.constantFrom('in_port', 'dl_vlan', 'vlan_tci', 'ct_state', 'nw_src', 'ipv6_dst', 'reg0', 'set_field', 'load', 'move', 'ct', 'learn', 'resubmit', 'output', 'clone', 'conjunction', '__proto__', 'NXM_OF_VLAN_TCI', 'zone', 'nat', 'exec', '0x1', '99999999999999999999', '-1', '[0..63]', '[]', '->', '(', ')', ',', '=', ':', '/', '+trk', '::', '1.2.3.4', ''); // prettier-ignore
  const text = fc.array(word, { maxLength: 14 }).map((words) => words.join(''));

  it('never throw, and never lead a frame astray for long', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text, fc.nat(3)), { maxLength: 6 }), (parts) => {
        const flows = parts.map(([match, actions, table]) => ({ bridge: 'b', table, priority: table, match, actions, cookie: '0x0' })); // prettier-ignore
        classifierOf(flows);
        const of = switchOf({ node: 'n', namespaces: {}, flows, gaps: [] });
        const frame = frameOf('in_port=1,tcp');
        assert.ok(typeof frame !== 'string');
        assert.ok(walkFlows(of, 'b', frame).disposition);
      }),
      RUNS,
    );
  });

  it('are no frames, no learned addresses and no groups', () => {
    fc.assert(
      fc.property(text, (each) => {
        frameOf(each);
        assert.deepEqual(learnedMacs(each, 'b'), []);
        assert.deepEqual(groupsOf(each, 'b'), []);
      }),
      RUNS,
    );
  });
});
