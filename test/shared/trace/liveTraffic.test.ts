/** What goes on in the namespaces of a live state, and what a trace says of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NamespaceState, Traffic } from '../../../shared/state.ts';
import type { Cloud } from '../../../shared/trace/cloud.ts';
import type { Connections } from '../../../shared/trace/conntrack.ts';
import { packetOf } from '../../../shared/trace/packet.ts';
import { receive } from '../../../shared/trace/pass.ts';
import { type TraceRequest, trace } from '../../../shared/trace/trace.ts';
import type { TraceNode } from '../../../shared/trace/tree.ts';
import { viewOf } from '../../../shared/trace/view.ts';
import { MOST_CONNECTIONS, connectionsOf, translationsOf } from '../../../shared/traffic.ts';
import { outsideOf, recordedCloud } from '../../support/recordedCloud.ts';

const REDIRECT = {
  family: 'inet',
  table: 'nat',
  chain: 'PREROUTING',
  spec: '-d 169.254.169.254/32 -i qr-+ -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 9697',
} as const;

/** A router with the metadata redirect; `change` may take something away. */
function cloudOf(traffic: Traffic | undefined, change: (state: NamespaceState) => void = () => {}): Cloud {
  const state: NamespaceState = {
    links: [{ ifname: 'qr-1', mtu: 1500, flags: ['UP'], address: 'fa:16:3e:00:00:01' }],
    addresses: [{ family: 'inet', ifname: 'qr-1', local: '10.0.0.1', prefixlen: 24, scope: 'global' }],
    rules: [
      { family: 'inet', priority: 0, src: 'all', table: 'local' },
      { family: 'inet', priority: 32766, src: 'all', table: 'main' },
    ],
    routes: [
      { family: 'inet', type: 'local', dst: '10.0.0.1', dev: 'qr-1', table: 'local' },
      { family: 'inet', dst: '10.0.0.0/24', dev: 'qr-1' },
    ],
    neighbours: [],
    sysctls: [],
    iptables: [REDIRECT],
  };
  change(state);
  return {
    from: 'live',
    states: [
      {
        node: 'n1',
        namespaces: { 'qrouter-1': state },
        gaps: [],
        ...(traffic ? { traffic: { 'qrouter-1': traffic } } : {}),
      },
    ],
    wiring: {
      segments: { red: { external: false, prefixes: ['10.0.0.0/24'], gateways: [], reserved: [] } },
      devices: { 'qr-1': { segment: 'red', distributed: true } },
      endpoints: [
        {
          name: 'vm',
          node: 'n1',
          segment: 'red',
          addresses: [{ local: '10.0.0.5', prefixlen: 24, gateway: '10.0.0.1' }],
          extraAddresses: [],
        },
      ],
    },
  };
}

const toMetadata = (cloud: Cloud) => trace(cloud, { from: 'vm', to: '169.254.169.254', protocol: 'tcp', dport: 80 });
const textsOf = (node: TraceNode): string[] => [node.text, ...node.children.flatMap(textsOf)];

test('metadata ends at the proxy of the router, and its answer comes from the address that was asked', () => {
  const traced = toMetadata(cloudOf({ listening: [9697] }));
  assert.equal(traced.disposition, 'delivered');
  assert.equal(traced.final.dport, 9697);
  assert.equal(traced.answered, true);
  assert.ok(textsOf(traced.tree).some((text) => /redirected to tcp port 9697 .* something listens/.test(text)));
});

test('a proxy that is not there refuses', () => {
  const traced = toMetadata(cloudOf({ listening: [22] }));
  assert.equal(traced.disposition, 'dropped');
  assert.ok(textsOf(traced.tree).some((text) => text.includes('nothing listens')));
});

test('where nobody looked what listens, that is said', () => {
  const traced = toMetadata(cloudOf(undefined));
  assert.equal(traced.disposition, 'delivered');
  assert.ok(textsOf(traced.tree).some((text) => text.includes('is not looked at')));
});

test('a redirect by a device without an address drops the packet', () => {
  const cloud = cloudOf({ listening: [9697] }, (state) => {
    state.addresses = [];
  });
  const view = viewOf(cloud).namespaces[0]!;
  const packet = packetOf({ src: '10.0.0.5', dst: '169.254.169.254', protocol: 'tcp', dport: 80 })!;
  const { next } = receive(view, 'qr-1', packet, new Map());
  assert.equal(next.type === 'end' && next.disposition, 'dropped');
});

test('connections that conntrack still sends elsewhere are told', () => {
  const cloud = recordedCloud('S3');
  const from = { address: '198.51.100.10', segment: outsideOf(cloud) };
  const request = { from, to: '192.168.1.101' };
  const warnings = () => textsOf(trace(cloud, request).tree).filter((text) => text.includes('conntrack holds'));
  assert.deepEqual(warnings(), []);
  const compute = cloud.states.find(({ node }) => node === 'compute1')!;
  for (const traffic of Object.values(compute.traffic!))
    traffic.translations = [{ dst: '192.168.1.101', to: '10.1.0.99', count: 3 }];
  assert.deepEqual(warnings().slice(0, 1), [
    'conntrack holds 3 connections to 192.168.1.101 that still go to 10.1.0.99',
  ]);
});

test('a reply that comes another way is told', () => {
  const { tree } = trace(recordedCloud('S1'), { from: 'vm1', to: '198.51.100.10' });
  assert.ok(
    textsOf(tree).some((text) => /^asymmetric: the reply comes not through qrouter-\S+ on compute1$/.test(text)),
  );
});

test('a masqueraded connection that leaves by another device is dropped', () => {
  const cloud = cloudOf(undefined, (state) => {
    state.addresses!.push({ family: 'inet', ifname: 'qg-1', local: '192.168.1.5', prefixlen: 24, scope: 'global' });
    state.routes!.push({ family: 'inet', dst: 'default', gateway: '192.168.1.1', dev: 'qg-1' });
    state.iptables = [{ family: 'inet', table: 'nat', chain: 'POSTROUTING', spec: '-j MASQUERADE' }];
  });
  const packet = packetOf({ src: '10.0.0.5', dst: '8.8.8.8', protocol: 'udp', dport: 53 })!;
  const connections: Connections = new Map();
  const first = receive(viewOf(cloud).namespaces[0]!, 'qr-1', packet, connections);
  assert.equal(first.packet.src, '192.168.1.5');
  const state = Object.values(cloud.states[0]!.namespaces)[0]!;
  state.routes = state.routes!.map((route) => (route.dst === 'default' ? { ...route, dev: 'sg-1' } : route));
  const { next } = receive(viewOf(cloud).namespaces[0]!, 'qr-1', packet, connections);
  assert.match(next.type === 'end' ? next.reason : '', /is masqueraded as qg-1, and now leaves by sg-1/);
  assert.equal(connections.size, 0);
});

/** As `conntrack -L` printed it: a connection from before the floating IP moved from 10.1.0.99 to a1. */
const OLD_CONNECTIONS = `tcp      6 431988 ESTABLISHED src=198.51.100.10 dst=192.168.1.101 sport=40000 dport=22 src=10.1.0.99 dst=198.51.100.10 sport=22 dport=40000 [ASSURED] mark=0 use=1
udp      17 25 src=10.1.0.11 dst=198.51.100.10 sport=5000 dport=53 [UNREPLIED] src=198.51.100.10 dst=192.168.1.21 sport=53 dport=5000 mark=67108864 use=1
icmp     1 11 src=10.1.0.13 dst=192.168.1.102 type=8 code=0 id=13129 [UNREPLIED] src=192.168.1.102 dst=10.1.0.13 type=0 code=0 id=13129 mark=0 use=1
`;

/** Over recording S3, with these connections in the router of compute1. */
function tracedWith(conntrack: string, request: Omit<TraceRequest, 'from'> & { from?: string }) {
  const cloud = recordedCloud('S3');
  const traffic = cloud.states.find(({ node }) => node === 'compute1')!.traffic!;
  const name = Object.keys(traffic).find((each) => each.startsWith('qrouter-22'))!;
  Object.assign(traffic[name]!, connectionsOf(conntrack), { translations: translationsOf(conntrack) });
  const from = request.from ?? { address: '198.51.100.10', segment: outsideOf(cloud) };
  return trace(cloud, { ...request, from });
}

test('a packet of a connection that conntrack holds follows it, whatever the rules say now', () => {
  const held = { to: '192.168.1.101', protocol: 'tcp', sport: 40000, dport: 22 };
  const old = tracedWith(OLD_CONNECTIONS, held);
  assert.equal(old.final.dst, '10.1.0.99');
  assert.ok(textsOf(old.tree).includes('known connection: to 10.1.0.99:22, as conntrack has it'));
  assert.ok(textsOf(old.tree).some((text) => text.startsWith('conntrack holds this very connection')));
  const other = tracedWith(OLD_CONNECTIONS, { ...held, sport: 40001 });
  assert.deepEqual([other.final.dst, other.answered], ['10.1.0.11', true]);
  assert.deepEqual(tracedWith('', held).final.dst, '10.1.0.11');
});

test('an old source is kept, too', () => {
  const held = { from: 'a1', to: '198.51.100.10', protocol: 'udp', sport: 5000, dport: 53 };
  assert.equal(tracedWith(OLD_CONNECTIONS, held).path[0]!.packet.src, '192.168.1.21');
  assert.equal(tracedWith('', held).path[0]!.packet.src, '192.168.1.101');
});

test('a ping has no number to be told by', () => {
  const { tree } = tracedWith(OLD_CONNECTIONS, { from: 'a3', to: '192.168.1.102' });
  assert.ok(!textsOf(tree).some((text) => text.startsWith('conntrack holds this')));
});

test('of very many connections it is said that the others are not looked at', () => {
  const lines = Array.from({ length: MOST_CONNECTIONS + 3 }, (_, i) =>
    OLD_CONNECTIONS.split('\n')[0]!.replaceAll('40000', String(i + 1)),
  );
  const { connections, connectionsLeftOut } = connectionsOf(lines.join('\n'));
  assert.deepEqual([connections!.length, connectionsLeftOut], [MOST_CONNECTIONS, 3]);
  const { tree } = tracedWith(lines.join('\n'), { to: '192.168.1.101', protocol: 'tcp', sport: 65000, dport: 22 });
  assert.ok(textsOf(tree).includes('3 connections of conntrack are not looked at one by one'));
});

test('of connections to one address only those to the same port are told as going elsewhere', () => {
  const told = (dport: number) =>
    textsOf(tracedWith(OLD_CONNECTIONS, { to: '192.168.1.101', protocol: 'tcp', sport: 40001, dport }).tree).filter(
      (text) => text.startsWith('conntrack holds'),
    );
  assert.deepEqual(told(22).slice(0, 1), [
    'conntrack holds 1 connection to 192.168.1.101 that still goes to 10.1.0.99',
  ]);
  assert.deepEqual(told(80), []);
});
