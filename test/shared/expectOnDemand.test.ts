/** Expected state that is made when somebody looks: the same state, the same devices on each wire, the same traces, and nothing made before. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ASPECTS } from '../../shared/aspects/table.ts';
import { expect, expectOnDemand } from '../../shared/expect.ts';
import type { Cloud } from '../../shared/trace/cloud.ts';
import { type TraceRequest, traceIn } from '../../shared/trace/trace.ts';
import { type View, namespaceText, viewOf } from '../../shared/trace/view.ts';
import { allocationsOf, expectedCloud, expectedCloudOnDemand } from '../../shared/wiring.ts';
import { SCENARIOS, liveState, nodeNames, topologyOf } from '../support/recordings.ts';

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const devicesOn = (view: View, segment: string): string[] =>
  (view.attachments.get(segment) ?? []).map(
    ({ namespace, ifname, mac }) => `${namespaceText(namespace)} ${ifname} ${mac}`,
  );

/** From each port to another one, to the outside, and to an address that may be a floating IP. */
const requestsOf = ({ wiring: { endpoints, segments } }: Cloud): TraceRequest[] => {
  const reserved = Object.values(segments).flatMap((segment) => segment.reserved);
  return endpoints.flatMap(({ name: from }, i) =>
    ['8.8.8.8', endpoints[(i + 1) % endpoints.length]?.addresses[0]?.local, reserved[i % reserved.length]].flatMap(
      (to) => (to === undefined ? [] : [{ from, to }]),
    ),
  );
};

for (const scenario of SCENARIOS)
  it(`${scenario}: is what is expected at once`, () => {
    const topology = topologyOf(scenario);
    const live = nodeNames(scenario).map((node) => liveState(scenario, node));
    const allocations = allocationsOf(topology, live);
    for (const { name } of topology.nodes)
      assert.deepEqual(
        plain(expectOnDemand(topology, name, allocations.get(name))),
        plain(expect(topology, name, allocations.get(name))),
      );
    for (const chosen of [new Map(), allocations]) {
      const { near, ...made } = expectedCloudOnDemand(topology, chosen);
      const whole = expectedCloud(topology, chosen);
      const [few, all] = [viewOf({ ...made, near: near! }), viewOf(whole)];
      for (const segment of Object.keys(whole.wiring.segments))
        assert.deepEqual(devicesOn(few, segment), devicesOn(all, segment), segment);
      const requests = requestsOf(whole);
      assert.deepEqual(
        requests.map((request) => traceIn(few, request)),
        requests.map((request) => traceIn(all, request)),
      );
      assert.deepEqual(plain(made), plain(whole));
    }
  });

it('a node that is not there holds nothing', () => {
  const topology = topologyOf('S1');
  assert.deepEqual(plain(expectOnDemand(topology, 'nobody')), plain(expect(topology, 'nobody')));
});

it('nothing is made before somebody looks, and then once', () => {
  const state = expectOnDemand(topologyOf('S1'), 'compute1');
  assert.equal(typeof Object.getOwnPropertyDescriptor(state, 'flows')?.get, 'function');
  assert.ok(state.flows!.length > 0);
  assert.equal(state.flows, state.flows);
});

it('of a router elsewhere a packet has nothing made', () => {
  const topology = topologyOf('S1');
  const cloud = expectedCloudOnDemand(topology);
  viewOf(cloud);
  const made = cloud.states.flatMap(({ namespaces }) =>
    Object.values(namespaces).flatMap((state) =>
      ASPECTS.filter(({ name }) => Object.getOwnPropertyDescriptor(state, name)?.value !== undefined),
    ),
  );
  assert.deepEqual(made, []);
});
