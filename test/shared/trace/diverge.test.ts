/** Where two traces of one packet part, and a trace as text. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { divergence, withReasons } from '../../../shared/trace/diverge.ts';
import { renderDivergence, renderRest, renderTrace } from '../../../shared/trace/render.ts';
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
  assert.deepEqual(lines.slice(0, 5), [
    'Live state: vm1 → 198.51.100.10 icmp: exits-network as 192.168.1.21, answered',
    '    there vm1 on compute1 → qrouter-b4e1c48e on compute1 → snat-b4e1c48e on net1 → outside, on public',
    '    back  outside, on public → snat-b4e1c48e on net1 → vm1 on compute1',
    '',
    'Packet: icmp 10.0.0.5 → 198.51.100.10 (over the live state)',
  ]);
  const rule = lines.findIndex((line) => line.endsWith('167772161: from 10.0.0.1/24 lookup 167772161'));
  assert.match(lines[rule + 1]!, /^ +because the router has a gateway$/);
  assert.ok(
    lines.some((line) =>
      line.includes('-A neutron-l3-agent-snat -o qg-e06727c3-d7 -j SNAT --to-source 192.168.1.21 --random-fully'),
    ),
  );
  assert.ok(lines.includes(`=> exits-network: leaves on ${outsideOf(recordedCloud('S1'))} as 192.168.1.21`));
});

test('what the expected packet would do from the parting on', () => {
  const expected = checkTrace('S3', () => {}, {}, { disposition: 'exits-network', reason: /./ });
  const live = checkTrace('S3', withoutFloatingIpRule, {}, { disposition: 'exits-network', reason: /./ });
  const lines = renderRest(expected, live).split('\n');
  assert.equal(lines[0], 'As expected it would go on there:');
  assert.match(lines[2]!, /^qrouter-\S+ on compute1, in by qr-/);
  assert.equal(lines[3]!.trim(), 'rule       44418: from 10.1.0.11 lookup 16');
  assert.ok(lines.includes('=> exits-network: leaves on public as 192.168.1.101'));
  assert.equal(renderRest(live, live), '');
});

test('reasons of expected items are told of the live ones, as far as the two go the same way', () => {
  const because = { pointer: '/routers/r', sentence: 'the router has a gateway', neutron: 'x.py: f' };
  const explained = checkTrace(
    'S3',
    (cloud) => {
      for (const rule of namespaceIn(cloud, 'compute1', 'qrouter-22').rules!) rule.because = because;
    },
    {},
    { disposition: 'exits-network', reason: /./ },
  );
  const plain = checkTrace('S3', () => {}, {}, { disposition: 'exits-network', reason: /./ });
  assert.match(renderTrace(withReasons(explained, plain)), /rule {7}44418: .*\n +because the router has a gateway\n/);
  assert.doesNotMatch(renderTrace(plain), /because/);
});

test('a question that was answered is one line, and very many rules are counted', () => {
  const text = renderTrace(
    checkTrace(
      'S1',
      (cloud) => {
        const { rules } = namespaceIn(cloud, 'compute1', 'qrouter');
        for (let i = 1; i <= 20; i++) rules!.push({ family: 'inet', priority: i, src: 'all', table: `${1000 + i}` });
      },
      {},
      { disposition: 'exits-network', reason: /./ },
    ),
  );
  assert.match(
    text,
    /\n {4}\? 10\.0\.0\.1 is asked for by ARP on net1: qr-\S+ of qrouter-\S+ on compute1 answers\n {4}br-int on compute1/,
  );
  assert.match(text, /\. no route: rules 0 \(lookup local\), 1 \(lookup 1001\), .* 11 \(lookup 1011\), 11 more\n/);
});

test('where the firewall drops a packet, no difference is looked for in vain', () => {
  const place = { node: 'compute1', namespace: '-', bridge: 'br-int', isReply: false, step: 3, because: null };
  const texts = { expected: 'table=60, priority=3 actions=NORMAL', live: 'table=93, priority=0 actions=drop' };
  const lastLine = (apart?: string): string | undefined =>
    renderDivergence({ ...place, ...texts, ...(apart === undefined ? {} : { apart }) }, [])
      .trimEnd()
      .split('\n')
      .at(-1);
  assert.equal(
    lastLine('the openvswitch firewall made this flow'),
    '    finding   none: the openvswitch firewall made this flow; no topology says what it should do, so it was not checked',
  );
  assert.match(lastLine()!, /comparing compute1 with the topology shows no difference that explains this$/);
});
