/** On a segment with many devices the few that are asked give the answers that all would give. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cloud } from '../../../bench/cloud.ts';
import type { NodeState } from '../../../shared/state.ts';
import { type Answers, type Asker, takerText, whoAnswers } from '../../../shared/trace/arp.ts';
import {
  devicesWithMac,
  endpointsNear,
  endpointsWithMac,
  isReserved,
  tenantSegment,
} from '../../../shared/trace/segment.ts';
import { type View, viewOf } from '../../../shared/trace/view.ts';
import { expectedCloud } from '../../../shared/wiring.ts';

const topology = cloud(40);
const states = expectedCloud(topology);

/** Some at a time are so few that all are asked. */
const CHUNK = 10;

function chunks<T>(list: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(list.length / CHUNK) }, (_, i) => list.slice(i * CHUNK, (i + 1) * CHUNK));
}

/** Views that have a part of a segment each. */
function parts(view: View, segment: string): View[] {
  const devices = chunks(view.attachments.get(segment) ?? []);
  const endpoints = chunks(view.endpoints.get(segment) ?? []);
  return Array.from({ length: Math.max(devices.length, endpoints.length) }, (_, i) => ({
    ...view,
    attachments: new Map([[segment, devices[i] ?? []]]),
    endpoints: new Map([[segment, endpoints[i] ?? []]]),
  }));
}

const named = (answers: readonly Answers[]) => new Set(answers.flatMap(({ takers }) => takers.map(takerText)));
const missingOf = (answers: readonly Answers[]) => new Set(answers.flatMap(({ missing }) => missing));

function check(view: View, targets: readonly string[]): number {
  const asker: Asker = { segment: 'public', family: 'inet', address: '100.64.0.1' };
  let answered = 0;
  for (const target of targets) {
    const whole = whoAnswers(view, asker, target);
    const each = parts(view, 'public').map((part) => whoAnswers(part, asker, target));
    assert.deepEqual(named([whole]), named(each), target);
    assert.deepEqual(missingOf([whole]), missingOf(each), target);
    answered += whole.takers.length;
  }
  return answered;
}

const targets = [
  ...topology.floating_ips.filter((_, i) => i % 17 === 0).map((each) => each.floating_ip_address),
  ...topology.routers.filter((_, i) => i % 13 === 0).map((each) => each.external_gateway!.external_fixed_ips[0]!.ip_address),
  ...topology.ports.filter(({ network }) => network === 'public').flatMap((port) => port.fixed_ips.map((fixed) => fixed.ip_address)),
  '100.64.0.1',
  '100.100.0.9',
  '10.0.0.10',
  '169.254.106.115',
  '<floating IP>',
]; // prettier-ignore

describe('few of many', () => {
  const view = viewOf(states);
  it('the segment is one with an index', () => assert.ok(view.attachments.get('public')!.length > 30));
  it('who answers for an address', () => assert.ok(check(view, targets) > 60));
  it('with proxies of which something is not known', () => {
    const altered: NodeState[] = structuredClone(states.states);
    for (const [i, { namespaces, gaps }] of altered.entries())
      for (const [name, namespace] of Object.entries(namespaces)) {
        if (!name.startsWith('fip-')) continue;
        if (i % 4 === 0) delete namespace.routes;
        if (i % 4 === 1) delete namespace.sysctls;
        if (i % 4 === 2) gaps.push({ namespace: name, aspect: 'addresses', reason: 'it timed out' });
        if (i % 4 === 3) namespace.routes!.push({ family: 'inet', dst: '<floating IP>', dev: 'fpr-x' });
      }
    assert.ok(check(viewOf({ ...states, states: altered }), targets) > 20);
  });
  it('who has a MAC', () => {
    const all = view.attachments.get('public')!;
    for (const { mac } of all.filter((_, i) => i % 7 === 0))
      assert.deepEqual(devicesWithMac(view, 'public', mac!), all.filter((each) => each.mac === mac)); // prettier-ignore
    const [segment] = [...view.endpoints].find(([, list]) => list.length >= 10)!;
    for (const endpoint of view.endpoints.get(segment)!)
      assert.deepEqual(endpointsWithMac(view, segment, endpoint.mac!), [endpoint]);
  });
  it('who of many ports has an address or a MAC', () => {
    const all = [...view.endpoints.values()].flat();
    const many: View = { ...view, endpoints: new Map([['all', all]]) };
    for (const { addresses, mac } of all.filter((_, i) => i % 97 === 0)) {
      const { local } = addresses[0]!;
      assert.deepEqual(endpointsNear(many, 'all', local), all.filter((each) => each.addresses.some((own) => own.local === local))); // prettier-ignore
      assert.deepEqual(endpointsWithMac(many, 'all', mac!), all.filter((each) => each.mac === mac)); // prettier-ignore
    }
  });
  it('which addresses are given out, and which network has an address', () => {
    assert.equal(isReserved(view, 'public', topology.floating_ips[0]!.floating_ip_address), true);
    assert.equal(isReserved(view, 'public', '100.100.0.9'), false);
    assert.equal(tenantSegment(view, '10.0.3.77'), 'net-3');
    assert.equal(tenantSegment(view, '192.0.2.1'), undefined);
    assert.equal(tenantSegment(view, 'no address'), undefined);
  });
});
