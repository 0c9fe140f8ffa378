/** Texts of flows into matches, actions and frames; what is not understood is kept as it stands, and nothing throws. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { actionsOf } from '../../../shared/openflow/actions.ts';
import { classifierOf } from '../../../shared/openflow/classifier.ts';
import { fieldsOf, frameOf } from '../../../shared/openflow/frame.ts';
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
