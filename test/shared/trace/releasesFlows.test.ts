/**
 * The expected flows of every release bring packets to the same ends as the wire that they make: over expected clouds, where nothing is read from
 * a node and every port number and DVR MAC is a placeholder.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RELEASES } from '../../../shared/releases.ts';
import type { Topology } from '../../../shared/topology/types.ts';
import type { Cloud } from '../../../shared/trace/cloud.ts';
import { renderTrace } from '../../../shared/trace/render.ts';
import { type Trace, type TraceRequest, traceIn } from '../../../shared/trace/trace.ts';
import { type View, viewOf } from '../../../shared/trace/view.ts';
import { expectedCloud } from '../../../shared/wiring.ts';
import { type ScenarioName, topologyOf } from '../../support/recordings.ts';

/** Floating IPs, several routers and networks of every type. */
const SCENARIOS: readonly ScenarioName[] = ['S3', 'S6', 'L9', 'L10'];

function withoutFlows(cloud: Cloud): Cloud {
  const states = cloud.states.map((state) => ({ ...state }));
  for (const state of states) delete state.flows;
  return { ...cloud, states };
}

function requestsOf({ ports, floating_ips: floating }: Topology): TraceRequest[] {
  const addresses = ports.flatMap(({ fixed_ips: fixed }) => fixed.map(({ ip_address }) => ip_address));
  const targets = [...addresses, ...floating.map((each) => each.floating_ip_address), '198.51.100.10'];
  const senders = ports.filter(({ node, fixed_ips: fixed }) => node !== undefined && fixed.length > 0);
  return senders.flatMap(({ name }) => targets.map((to) => ({ from: name, to })));
}

const outcomeOf = ({ disposition, answered, sourceSeen }: Trace) => ({ disposition, answered, sourceSeen });

function check(topology: Topology, every: number): number {
  const cloud = expectedCloud(topology);
  const [flows, wires]: View[] = [viewOf(cloud), viewOf(withoutFlows(cloud))];
  const requests = requestsOf(topology).filter((_, i) => i % every === 0);
  for (const request of requests) {
    const [over, logical] = [traceIn(flows!, request), traceIn(wires!, request)];
    assert.deepEqual(outcomeOf(over), outcomeOf(logical), `${topology.release}: ${renderTrace(over)}`);
    assert.ok(!renderTrace(over).includes('is not looked at'), renderTrace(over));
  }
  return requests.length;
}

for (const release of RELEASES)
  test(`${release}: flows bring packets where the wire is taken to`, () => {
    const counts = SCENARIOS.map((scenario) => check({ ...topologyOf(scenario), release }, 5));
    assert.ok(counts.every((count) => count > 5));
  });

/** Without ids and MACs, as somebody writes a topology by hand. */
function bare<T>(thing: T): T {
  const text = JSON.stringify(thing, (key, value: unknown) => (LEFT_OUT.has(key) ? undefined : value));
  return JSON.parse(text) as T;
}

const LEFT_OUT = new Set(['id', 'port_id', 'mac_address']);

test('what a topology leaves open has one value on all nodes', () => {
  for (const scenario of ['S1', 'S3', 'S4', 'S5', 'S6', 'S6ha', 'L1', 'L6', 'L10'] as const)
    assert.ok(check(bare(topologyOf(scenario)), 3) > 10);
});
