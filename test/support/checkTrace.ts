/** Traces over a recorded cloud with one thing altered. */
import assert from 'node:assert/strict';
import type { Cloud } from '../../shared/trace/cloud.ts';
import { renderTrace } from '../../shared/trace/render.ts';
import { type Trace, type TraceRequest, trace } from '../../shared/trace/trace.ts';
import { namespaceIn, recordedCloud } from './recordedCloud.ts';

/** The VM that sends, of each scenario. */
const SENDER = { S1: 'vm1', S3: 'a1' } as const;

/** Alters, traces (by default from the scenario's first VM to the outside), and compares disposition, reason and path (`node kind`). */
export function checkTrace(
  scenario: keyof typeof SENDER,
  alter: (cloud: Cloud) => void,
  request: Partial<TraceRequest>,
  expected: { disposition: Trace['disposition']; reason: RegExp; path?: string[] },
): Trace {
  const cloud = recordedCloud(scenario);
  alter(cloud);
  const traced = trace(cloud, { from: SENDER[scenario], to: '198.51.100.10', ...request });
  assert.equal(traced.disposition, expected.disposition, renderTrace(traced));
  assert.match(traced.tree.children.find((node) => node.type === 'end')?.text ?? '', expected.reason);
  const path = traced.path.map(({ node, namespace }) => `${node} ${namespace.split('-')[0]}`);
  if (expected.path) assert.deepEqual(path, expected.path);
  return traced;
}

/** The `ip rule` of a1's floating IP in S3. */
export function withoutFloatingIpRule(cloud: Cloud): void {
  const qrouter = namespaceIn(cloud, 'compute1', 'qrouter-22');
  qrouter.rules = qrouter.rules!.filter((rule) => rule.src !== '10.1.0.11');
}
