/** Flows by release, Juno to the newest: each change between two releases, late changes of stable branches, and every shape of node. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Backported, EARLIEST } from '../../../shared/ovs/changes.ts';
import { FIRST, RELEASES } from '../../../shared/releases.ts';
import type { Flow } from '../../../shared/state.ts';
import {
  FLAT,
  PAIR,
  QR,
  QR_PORT,
  VLAN,
  VM,
  VM_PORT,
  VXLAN,
  checkEachRemoved,
  cloud,
  differencesOf,
  dvr,
  flowsOf,
  healthy,
  ofport,
} from './cloud.ts';

const LEARN =
  'NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:0->NXM_OF_VLAN_TCI[],load:NXM_NX_TUN_ID[]->NXM_NX_TUN_ID[],output:OXM_OF_IN_PORT[])';
const ANSWER = `move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[],move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[],set_field:fa:16:3e:00:00:06->arp_sha,set_field:10.0.0.6->arp_spa`;
const TURN = 'move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],set_field:fa:16:3e:00:00:06->eth_src';

/** A change between releases, and the flow of either side; undefined: there is none. */
const ROWS: readonly [change: string, before: string, after: string, type: string, without: string | undefined, wanted: string | undefined][] = [
  ['IP to a subnet is no longer flooded to its ports', 'juno', 'kilo', VXLAN, `br-int 1 2 ip,dl_vlan=1,nw_dst=10.0.0.0/24 -> pop_vlan,set_field:${QR}->eth_src,output:${VM_PORT}`, undefined],
  ['DVR on VLAN networks, br-int', 'juno', 'kilo', VLAN, undefined, `br-int 2 4 dl_vlan=200,dl_dst=${VM} -> pop_vlan,set_field:${QR}->eth_src,output:${VM_PORT}`],
  ['DVR on VLAN networks, physical bridge', 'juno', 'kilo', VLAN, `br-ex 0 4 in_port=${ofport('phy-br-ex')},dl_vlan=1 -> set_field:4296->vlan_vid,NORMAL`, `br-ex 2 4 in_port=${ofport('phy-br-ex')},dl_vlan=1 -> set_field:4296->vlan_vid,NORMAL`],
  ['other hosts on VLAN networks', 'juno', 'kilo', VLAN, undefined, `br-int 0 4 in_port=${ofport('int-br-ex')},dl_src=${dvr('c2')} -> goto_table:2`],
  ['NORMAL at priority 0 too', 'kilo', 'liberty', VXLAN, undefined, 'br-int 0 0 any -> NORMAL'],
  ['ARP spoofing', 'kilo', 'liberty', VXLAN, undefined, `br-int 24 2 arp,in_port=${VM_PORT},arp_spa=10.0.0.5 -> NORMAL`],
  ['Geneve', 'kilo', 'liberty', VXLAN, undefined, 'br-tun 6 0 any -> drop'],
  ['cookies of learned flows', 'kilo', 'liberty', VXLAN, `br-tun 10 1 any -> learn(table=20,hard_timeout=300,priority=1,${LEARN},output:${ofport('patch-int')}`, `br-tun 10 1 any -> learn(table=20,hard_timeout=300,priority=1,cookie=0x0,${LEARN},output:${ofport('patch-int')}`],
  ['answers to ARP come from the native interface', 'kilo', 'liberty', VXLAN, `br-tun 21 1 arp,dl_vlan=1,arp_tpa=10.0.0.6 -> ${TURN},set_field:2->arp_op,${ANSWER},IN_PORT`, `br-tun 21 1 arp,dl_vlan=1,arp_tpa=10.0.0.6 -> set_field:2->arp_op,${ANSWER},${TURN},IN_PORT`],
  ['MAC spoofing', 'mitaka', 'newton', VXLAN, `br-int 24 2 arp,in_port=${VM_PORT},arp_spa=10.0.0.5 -> NORMAL`, `br-int 25 2 in_port=${VM_PORT},dl_src=${VM} -> NORMAL`],
  ['TRANSIENT table', 'ocata', 'pike', VXLAN, 'br-int 0 1 any -> NORMAL', 'br-int 0 0 any -> goto_table:60'],
  ['TRANSIENT table, unicast', 'ocata', 'pike', VXLAN, `br-int 1 4 dl_vlan=1,dl_dst=${VM} -> pop_vlan,set_field:${QR}->eth_src,output:${VM_PORT}`, `br-int 60 4 dl_vlan=1,dl_dst=${VM} -> pop_vlan,output:${VM_PORT}`],
  ['TRANSIENT table, VLAN', 'ocata', 'pike', VLAN, `br-int 0 3 in_port=${ofport('int-br-ex')},dl_vlan=200 -> set_field:4097->vlan_vid,NORMAL`, `br-int 0 3 in_port=${ofport('int-br-ex')},dl_vlan=200 -> set_field:4097->vlan_vid,goto_table:60`],
  ['dead VLAN is dropped', 'rocky', 'stein', VXLAN, undefined, 'br-int 0 65535 vlan_tci=0x0fff/0x1fff -> drop'],
  ['ARP reaches the responder', 'stein', 'train', VXLAN, 'br-tun 1 3 arp,dl_vlan=1,arp_tpa=10.0.0.1 -> drop', 'br-tun 22 3 arp,dl_vlan=1,arp_tpa=10.0.0.1 -> drop'],
  ['ARP reaches the responder, VLAN', 'stein', 'train', VLAN, 'br-ex 1 3 arp,dl_vlan=1,arp_tpa=10.0.0.1 -> drop', 'br-ex 22 3 arp,dl_vlan=1,arp_tpa=10.0.0.1 -> drop'],
  ['DVR MAC back to the interface', 'stein', 'train', VXLAN, undefined, `br-int 3 5 dl_vlan=1,dl_dst=${dvr('c1')} -> set_field:${QR}->eth_dst,pop_vlan,output:${QR_PORT}`],
  ['accepted egress at priority 20', 'train', 'ussuri', VXLAN, `br-int 60 4 dl_vlan=1,dl_dst=${VM} -> pop_vlan,output:${VM_PORT}`, `br-int 60 20 dl_vlan=1,dl_dst=${VM} -> pop_vlan,output:${VM_PORT}`],
  ['its table 62', 'train', 'ussuri', VXLAN, undefined, 'br-int 62 3 any -> NORMAL'],
  ['DVR on flat networks', 'ussuri', 'victoria', FLAT, undefined, `br-int 2 20 vlan_tci=0x0000/0x1fff,dl_dst=${VM} -> set_field:${QR}->eth_src,goto_table:60`],
  ['ARP reply rewrite', 'victoria', 'wallaby', VXLAN, undefined, `br-int 0 99 arp,dl_dst=${dvr('c1')},arp_op=2,arp_tha=${QR} -> set_field:${QR}->eth_dst,goto_table:60`],
  ['packet rate limit', 'xena', 'yoga', VXLAN, 'br-int 0 0 any -> goto_table:60', 'br-int 0 0 any -> goto_table:59'],
  ['Local IP', 'xena', 'yoga', VXLAN, undefined, 'br-int 31 0 any -> goto_table:59'],
  ['MAC check goes on to Local IP', 'xena', 'yoga', VXLAN, `br-int 25 2 in_port=${VM_PORT},dl_src=${VM} -> goto_table:60`, `br-int 25 2 in_port=${VM_PORT},dl_src=${VM} -> goto_table:30`],
  ['dead VLAN is matched', 'xena', 'yoga', VXLAN, 'br-int 0 65535 vlan_tci=0x0fff/0x1fff -> drop', 'br-int 0 65535 dl_vlan=4095 -> drop'],
  ['the rate limit is table 58', 'zed', '2023.1', VXLAN, 'br-int 59 0 any -> goto_table:60', 'br-int 58 0 any -> goto_table:60'],
  ['NORMAL at priority 1', '2024.1', '2024.2', VXLAN, 'br-int 60 3 any -> NORMAL', 'br-int 60 1 any -> NORMAL'],
  ['bandwidth limit behind it', '2024.2', '2025.1', VXLAN, 'br-int 58 0 any -> goto_table:60', 'br-int 58 0 any -> goto_table:59'],
  ['pairs with their MAC', '2024.2', '2025.1', VXLAN, undefined, `br-int 60 20 dl_vlan=1,dl_dst=${PAIR} -> pop_vlan,output:${VM_PORT}`],
  ['announcements are learned from first', '2025.2', '2026.1', VXLAN, undefined, `br-tun 10 2 arp,arp_tha=ff:ff:ff:ff:ff:ff -> learn(table=20,hard_timeout=300,priority=1,cookie=0x0,${LEARN},output:${ofport('patch-int')}`],
]; // prettier-ignore

describe('releases', () => {
  for (const [change, before, after, type, without, wanted] of ROWS)
    it(`${change}: ${after}`, () => {
      const [old, fresh] = [flowsOf(type, before), flowsOf(type, after)];
      const shown = (flow: string) => `${flow}\n--- ${before}\n${old.join('\n')}\n--- ${after}\n${fresh.join('\n')}`;
      if (without !== undefined)
        assert.deepEqual([old.includes(without), fresh.includes(without)], [true, false], shown(without));
      if (wanted !== undefined)
        assert.deepEqual([old.includes(wanted), fresh.includes(wanted)], [false, true], shown(wanted));
    });
});

/** A node with DVR and without, with l2population and without. */
const NODES = [
  '',
  ', l2_population: false',
  ', enable_distributed_routing: false',
  ', enable_distributed_routing: false, l2_population: false',
];

describe('every release: a healthy node is as expected, and nothing of it goes missing unseen', () => {
  for (const release of RELEASES)
    it(release, () => {
      for (const type of [VXLAN, VLAN, FLAT])
        for (const node of NODES) {
          const topology = cloud({ type, release, node });
          const live = healthy(topology);
          assert.deepEqual(differencesOf(topology, live), [], `${type}${node}`);
          if (type === VXLAN || node === '') checkEachRemoved(topology, live);
        }
    });
});

/** The network that shows a change. */
const typeOf = (change: Backported): string => (change === 'flow_flat_dvr' ? FLAT : VXLAN);

/** Flows that only one side may lack: nothing else tells whether the change is there. */
const ALONE: readonly Backported[] = ['flow_dead_drop', 'flow_filtered_unicast'];

describe('changes that came late into stable branches', () => {
  for (const [change, earliest] of Object.entries(EARLIEST) as [Backported, string][]) {
    const at = (release: string) => (RELEASES as readonly string[]).indexOf(release);
    const open = RELEASES.slice(at(earliest), at(FIRST[change]));
    it(`${change}: ${open.join(', ')} may have it or not`, () => {
      for (const release of open)
        for (const has of [false, true]) {
          const topology = cloud({ type: typeOf(change), release });
          const live = healthy(topology, { changes: { [change]: has }, seen: seenOf(change, has) });
          assert.deepEqual(differencesOf(topology, live), [], `${release} ${has}`);
          if (!ALONE.includes(change)) checkEachRemoved(topology, live);
        }
    });

    it(`${change}: before ${earliest} it is a difference`, () => {
      if (change === 'flow_filtered_unicast') return;
      const before = RELEASES[at(earliest) - 1]!;
      const live = healthy(cloud({ type: typeOf(change), release: FIRST[change] }));
      assert.notDeepEqual(differencesOf(cloud({ type: typeOf(change), release: before }), live), []);
    });
  }
});

/** Where one flow has two forms, the one that is there is told by itself. */
const seenOf = (change: Backported, has: boolean): Record<string, true> =>
  change === 'flow_normal_1' && has
    ? { 'br-int 60 1  NORMAL': true }
    : change === 'flow_dead_vlan' && has
      ? { 'br-int 0 65535 dl_vlan=4095 drop': true }
      : {};

describe('what else an agent may have chosen', () => {
  it('flows written by ovs-ofctl, before Train', () => {
    for (const release of ['liberty', 'newton', 'stein']) {
      const topology = cloud({ type: VXLAN, release });
      const live = healthy(topology, { isOfctl: true });
      assert.deepEqual(differencesOf(topology, live), [], release);
      checkEachRemoved(topology, live);
    }
    const train = cloud({ type: VXLAN, release: 'train' });
    const old = healthy(cloud({ type: VXLAN, release: 'stein' }), { isOfctl: true, changes: {} });
    assert.notDeepEqual(differencesOf(train, old), []);
  });

  it('no protection against spoofing, before Pike', () => {
    const topology = cloud({ type: VXLAN, release: 'ocata' });
    const live = healthy(topology, { hasNoSpoofing: true });
    assert.ok(!live.flows!.some(({ table, priority }) => table === 24 && priority === 2));
    assert.deepEqual(differencesOf(topology, live), []);
    checkEachRemoved(topology, live);
    const pike = cloud({ type: VXLAN, release: 'pike' });
    const state = healthy(pike);
    const bare = state.flows!.filter(
      ({ table, priority }) => table !== 25 && !(table === 24 && priority === 2) && priority !== 9 && priority !== 10,
    );
    assert.ok(differencesOf(pike, { ...state, flows: bare }).length > 3);
  });

  it('no ARP responder, which newer agents with DVR force on', () => {
    const topology = cloud({ type: VXLAN, release: 'pike' });
    const live = healthy(topology, { hasArpResponder: false });
    assert.ok(!live.flows!.some(({ table }) => table === 21));
    assert.deepEqual(differencesOf(topology, live), []);
    checkEachRemoved(topology, live);
    const without = (flow: Flow) => flow.table !== 21;
    const zed = cloud({ type: VXLAN, release: 'zed' });
    const state = healthy(zed);
    assert.equal(differencesOf(zed, { ...state, flows: state.flows!.filter(without) }).length, 2);
  });

  it('veth pairs between the bridges, before Wallaby', () => {
    const topology = cloud({ type: VLAN, release: 'queens' });
    const live = healthy(topology, { hasVeth: true });
    assert.equal(live.ports!.find(({ name }) => name === 'int-br-ex')!.type, '');
    assert.deepEqual(differencesOf(topology, live), []);
    checkEachRemoved(topology, live);
    assert.equal(differencesOf(cloud({ type: VLAN, release: 'zed' }), { ...live, flows: [] }).length > 0, true);
  });
});
