/**
 * Each fault of the catalogue, in each way that it can be made on a recording, and a packet whose live trace parts from the expected one there: the step
 * with both items, what becomes of the packet, and that the diagnosis which explains the step is the fault. Where no packet goes another way, why, held by
 * the traces of all packets that the topology lets one think of.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainDivergence } from '../../../shared/faults/explain.ts';
import { divergence } from '../../../shared/trace/diverge.ts';
import { renderTrace } from '../../../shared/trace/render.ts';
import type { Trace } from '../../../shared/trace/trace.ts';
import { candidatesOf } from './candidates.ts';
import { MADE, SHOWN, UNSHOWN, faulty, keepConnection, packetOf, tracersOf } from './shownFaults.ts';

const outcome = ({ disposition, answered }: Trace): string => `${disposition}${answered ? ', answered' : ''}`;

/** A pattern's pieces follow each other in a text. */
function has(text: string | null, pattern: string): boolean {
  let at = 0;
  for (const piece of pattern.split('…').map((each) => each.trim())) {
    const found = (text ?? '').replace('\t', ' ').indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return true;
}

for (const [fault, how, where, packet, place, expectedItem, liveItem, ends] of SHOWN)
  test(`${fault} ${how}: ${packet} (${where})`, () => {
    const cloud = faulty(fault, how, where);
    if (fault === 'X04') keepConnection(cloud);
    const request = packetOf(packet);
    const tracers = tracersOf(cloud);
    const [expected, live] = [tracers.expected(request), tracers.live(request)];
    const parting = divergence(expected, live);
    assert.ok(parting, renderTrace(live));
    const { node, namespace, isReply } = parting;
    assert.equal(`${node} ${namespace?.split('-')[0] || '-'}${isReply ? ' reply' : ''}`, place);
    assert.ok(has(parting.expected, expectedItem), `expected ${parting.expected}`);
    assert.ok(has(parting.live, liveItem), `live ${parting.live}`);
    assert.equal(`${outcome(expected)} → ${outcome(live)}`, ends);
    const { topology, list: states } = cloud;
    const why = explainDivergence(
      { topology, allocations: tracers.allocations, states, request, expected, live },
      parting,
    );
    assert.deepEqual(
      why.map((diagnosis) => diagnosis.fault?.id),
      [fault],
    );
  });

for (const [fault, how, where, reason] of UNSHOWN)
  test(`${fault} ${how}: ${reason} (${where})`, () => {
    const cloud = faulty(fault, how, where);
    const tracers = tracersOf(cloud);
    const packets = candidatesOf(cloud.topology, cloud.list);
    assert.ok(packets.length > 20);
    for (const packet of packets)
      assert.equal(divergence(tracers.expected(packet), tracers.live(packet)), null, JSON.stringify(packet));
  });

test('each way in which a fault is made is in one of the tables', () => {
  const told = [...SHOWN, ...UNSHOWN].map(([fault, how]) => `${fault} ${how}`);
  assert.deepEqual(told.toSorted(), MADE.map(({ fault, how }) => `${fault} ${how}`).toSorted());
});
