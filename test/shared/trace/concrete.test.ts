/** Values for what an expected state leaves open. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMac } from '../../../shared/ip.ts';
import { constraintsOf } from '../../../shared/openflow/match.ts';
import type { Flow } from '../../../shared/state.ts';
import { type Concrete, addressValue, macValue, readerOf } from '../../../shared/trace/frame/concrete.ts';

const flowOf = (match: string, actions: string): Flow => ({ bridge: 'br-int', table: 0, priority: 1, match, actions, cookie: '0x0' }); // prettier-ignore

test('one text has one value, no two texts share one, and what is known stays', () => {
  const concrete: Concrete = new Map();
  const macs = ['<mac of vm1>', '<mac of vm2>', '<DVR MAC of compute1>'].map((text) => macValue(concrete, text));
  assert.ok(macs.every(isMac));
  assert.equal(new Set(macs).size, 3);
  assert.equal(macValue(concrete, '<mac of vm2>'), macs[1]);
  assert.equal(macValue(concrete, 'FA:16:3E:00:00:01'), 'fa:16:3e:00:00:01');
  assert.equal(addressValue(concrete, '10.0.0.1', 'inet'), '10.0.0.1');
  assert.match(addressValue(concrete, '<address of r in s>', 'inet'), /^240\.0\.0\.\d+$/);
  assert.match(addressValue(concrete, '<address of r in s>', 'inet6'), /^100::/);
});

const ROWS: readonly { about: string; flow: Flow; expected: [match: string, actions: string] }[] = [
  { about: 'nothing is open', flow: flowOf('in_port=1', 'output:2'), expected: ['in_port=1', 'output:2'] },
  {
    about: 'a port by name, also one whose name is open',
    flow: flowOf('in_port=<ofport of tap<vm1>>', 'pop_vlan,output:<ofport of <vxlan port to <tunnel_ip>>>'),
    expected: ['in_port=7', 'pop_vlan,output:9'],
  },
  {
    about: 'a port that is not there has a number that no port has',
    flow: flowOf('', 'output:<ofport of gone>'),
    expected: ['', 'output:65408'],
  },
  {
    about: 'MACs and addresses by their field',
    flow: flowOf(
      'arp,dl_vlan=1,arp_tpa=<address of r>,arp_tha=<mac of r>',
      'set_field:<mac of r>->arp_sha,set_field:<address of r>->arp_spa,goto_table:59',
    ),
    expected: [
      'arp,dl_vlan=1,arp_tpa=240.0.0.1,arp_tha=02:64:76:00:00:02',
      'set_field:02:64:76:00:00:02->arp_sha,set_field:240.0.0.1->arp_spa,goto_table:59',
    ],
  },
  {
    about: 'a bracket that nobody closes stays',
    flow: flowOf('dl_src=<mac of', 'move:A->B,output:1'),
    expected: ['dl_src=<mac of', 'move:A->B,output:1'],
  },
];

for (const { about, flow, expected } of ROWS)
  test(about, () => {
    const ofports = new Map([['tap<vm1>', 7], ['<vxlan port to <tunnel_ip>>', 9]]); // prettier-ignore
    const fabric = { concrete: new Map(), matches: new Map() };
    // The second node takes what the first one has read.
    for (const _ of ['a', 'b']) {
      const { match, actions } = readerOf(fabric, (_bridge, port) => ofports.get(port));
      assert.deepEqual([match(flow), actions(flow)], [constraintsOf(expected[0]), expected[1]]);
    }
  });
