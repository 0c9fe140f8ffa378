/** Where two traces of one packet part, and a trace as text. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { divergence } from '../../../shared/trace/diverge.ts';
import { renderTrace } from '../../../shared/trace/render.ts';
import type { TraceNode } from '../../../shared/trace/tree.ts';
import { checkTrace, withoutFloatingIpRule } from '../../support/checkTrace.ts';
import { namespaceIn, outsideOf, recordedCloud } from '../../support/recordedCloud.ts';

const allTexts = (node: TraceNode): string[] => [node.text, ...node.children.flatMap(allTexts)];

test('a missing floating IP rule: the packet goes by SNAT instead, and that is where the two part', () => {
  const expected = checkTrace('S3', () => {}, {}, { disposition: 'exits-network', reason: /as 192\.168\.1\.101/ });
  const live = checkTrace(
    'S3',
    withoutFloatingIpRule,
    {},
    { disposition: 'exits-network', reason: /as 192\.168\.1\.21/, path: ['compute1 qrouter', 'net1 snat'] },
  );
  const part = divergence(expected, live)!;
  assert.equal(part.expected, '44418:\tfrom 10.1.0.11 lookup 16');
  assert.equal(part.live, '167837697:\tfrom 10.1.0.1/24 lookup 167837697');
  assert.deepEqual([part.node, part.namespace?.split('-')[0], part.isReply], ['compute1', 'qrouter', false]);
  assert.equal(divergence(expected, expected), null);
});

test('what the topology leaves open is no divergence', () => {
  const expected = checkTrace('S1', () => {}, {}, { disposition: 'exits-network', reason: /./ });
  const open = checkTrace(
    'S1',
    (cloud) => {
      for (const neighbour of namespaceIn(cloud, 'compute1', 'qrouter').neighbours!)
        neighbour.lladdr = '<mac of somebody>';
    },
    {},
    { disposition: 'exits-network', reason: /./ },
  );
  assert.ok(allTexts(open.tree).some((text) => text.includes('<mac of somebody>')));
  assert.equal(divergence(open, expected), null);
});

test('how a neighbour was found is no divergence', () => {
  const asked = checkTrace(
    'S1',
    (cloud) => void (namespaceIn(cloud, 'net1', 'snat').neighbours = []),
    {},
    { disposition: 'exits-network', reason: /./ },
  );
  assert.equal(
    divergence(
      asked,
      checkTrace('S1', () => {}, {}, { disposition: 'exits-network', reason: /./ }),
    ),
    null,
  );
});

test('as text, every item with its reason', () => {
  const text = renderTrace(
    checkTrace(
      'S1',
      (cloud) => {
        for (const rule of namespaceIn(cloud, 'compute1', 'qrouter').rules!)
          rule.because = { pointer: '/routers/r', sentence: 'the router has a gateway', neutron: 'x.py: f' };
      },
      {},
      { disposition: 'exits-network', reason: /./ },
    ),
  );
  const lines = text.split('\n');
  assert.equal(lines[0], 'Packet: icmp 10.0.0.5 → 198.51.100.10 (over the live state)');
  const rule = lines.findIndex((line) => line.endsWith('167772161: from 10.0.0.1/24 lookup 167772161'));
  assert.match(lines[rule + 1]!, /^ +because the router has a gateway$/);
  assert.ok(
    lines.some((line) =>
      line.includes('-A neutron-l3-agent-snat -o qg-e06727c3-d7 -j SNAT --to-source 192.168.1.21 --random-fully'),
    ),
  );
  assert.ok(lines.includes(`=> exits-network: leaves on ${outsideOf(recordedCloud('S1'))} as 192.168.1.21`));
});
