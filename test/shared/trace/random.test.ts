/** Whatever a node says, a trace comes out: it never throws, and never takes long. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { IptablesItem, NamespaceState, Neighbour, Route, Rule } from '../../../shared/state.ts';
import type { Cloud, Wiring } from '../../../shared/trace/cloud.ts';
import { DISPOSITION } from '../../../shared/trace/disposition.ts';
import { divergence } from '../../../shared/trace/diverge.ts';
import { renderTrace } from '../../../shared/trace/render.ts';
import { trace } from '../../../shared/trace/trace.ts';
import { recordedCloud } from '../../support/recordedCloud.ts';

const RUNS = { numRuns: 300, seed: 20261121 };

const address = fc.constantFrom(
  '10.0.0.5',
  '10.0.0.1',
  '10.0.0.3',
  '192.168.1.21',
  '8.8.8.8',
  '2001:db8::1',
  '<address>',
  '',
  '1.2.3.4.5',
  '__proto__',
);
const prefix = fc.oneof(
  fc.constant('default'),
  fc.constant('0.0.0.0/0'),
  fc.tuple(address, fc.integer({ min: -1, max: 140 })).map(([a, n]) => `${a}/${n}`),
  address,
);
const ifname = fc.constantFrom('qr-1', 'sg-1', 'qg-1', 'fg-1', 'rfp-1', 'fpr-1', 'lo', '', '__proto__');
const family = fc.constantFrom('inet' as const, 'inet6' as const);
const table = fc.constantFrom('main', 'local', '254', '16', 'constructor');
const mac = fc.constantFrom('fa:16:3e:00:00:01', 'fa:16:3e:00:00:02', '<mac>', '');

const rule: fc.Arbitrary<Rule> = fc.record(
  {
    family,
    priority: fc.integer(),
    src: fc.oneof(fc.constant('all'), address),
    srclen: fc.integer({ min: -1, max: 200 }),
    iif: ifname,
    fwmark: fc.constantFrom('0x1', 'x', '-1'),
    fwmask: fc.constantFrom('0xffff', ''),
    not: fc.constant(true as const),
    table,
    action: fc.constantFrom('unreachable', 'goto 5', 'nop'),
  },
  { requiredKeys: ['family', 'priority', 'src', 'table'] },
);
const route: fc.Arbitrary<Route> = fc.record(
  {
    family,
    dst: prefix,
    type: fc.constantFrom('local', 'unicast', 'throw', 'broadcast', 'xyz', 'blackhole'),
    gateway: address,
    dev: ifname,
    table,
    metric: fc.integer(),
    nexthops: fc.array(fc.record({ gateway: address, dev: ifname }, { requiredKeys: [] }), { maxLength: 2 }),
  },
  { requiredKeys: ['family', 'dst'] },
);
const spec = fc
  .array(
    fc.constantFrom(
      '-s 10.0.0.0/24',
      '!',
      '-d',
      '-i qr-+',
      '-o',
      '-p tcp',
      '-m tcp',
      '--dport 80',
      '-m mark --mark 0x1/0xf',
      '-m connmark --mark',
      '-m conntrack --ctstate DNAT',
      '-j ACCEPT',
      '-j DROP',
      '-j a',
      '-g b',
      '-j',
      '-j SNAT --to-source 1.2.3.4',
      '-j DNAT --to-destination :80',
      '-j MASQUERADE',
      '-j REDIRECT --to-ports 9697',
      '-j CONNMARK --save-mark',
      '-j MARK --set-xmark 0xzz',
      '-j CT --notrack',
      '"',
      '-m comment --comment "x',
      '-j __proto__',
    ),
    { maxLength: 4 },
  )
  .map((words) => words.join(' '));
const item: fc.Arbitrary<IptablesItem> = fc.record(
  {
    family: fc.constant('inet' as const),
    table: fc.constantFrom('raw', 'mangle', 'nat', 'filter', '__proto__'),
    chain: fc.constantFrom('PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING', 'a', 'b', '__proto__'),
    policy: fc.constantFrom('ACCEPT', 'DROP'),
    spec,
  },
  { requiredKeys: ['family', 'table', 'chain', 'spec'] },
);
const neighbour: fc.Arbitrary<Neighbour> = fc.record(
  {
    family,
    dst: address,
    dev: ifname,
    lladdr: mac,
    state: fc.array(fc.constantFrom('PERMANENT', 'STALE', 'FAILED'), { maxLength: 1 }),
  },
  { requiredKeys: ['family', 'dst', 'dev', 'state'] },
);
const namespace: fc.Arbitrary<NamespaceState> = fc.record(
  {
    links: fc.array(
      fc.record({ ifname, mtu: fc.constant(1500), address: mac, flags: fc.constantFrom(['UP'], ['UP'], []) }),
      { maxLength: 4 },
    ),
    addresses: fc.array(
      fc.record({
        family,
        ifname,
        local: address,
        prefixlen: fc.integer({ min: -5, max: 40 }),
        scope: fc.constant('global'),
      }),
      { maxLength: 5 },
    ),
    rules: fc.array(rule, { maxLength: 5 }),
    routes: fc.array(route, { maxLength: 8 }),
    neighbours: fc.array(neighbour, { maxLength: 5 }),
    sysctls: fc.array(
      fc.record({
        key: fc.constantFrom('net.ipv4.ip_forward', 'net.ipv4.conf.fg-1.proxy_arp', 'net.ipv4.conf.all.rp_filter'),
        value: fc.constantFrom('0', '1', 'x'),
      }),
    ),
    iptables: fc.array(item, { maxLength: 12 }),
  },
  { requiredKeys: ['links', 'addresses', 'rules', 'routes', 'neighbours'] },
);

const wiring: Wiring = {
  nodes: ['n1', 'n2', 'n3'],
  segments: {
    red: { external: false, prefixes: ['10.0.0.0/24'], gateways: [], reserved: [] },
    public: {
      external: true,
      prefixes: ['192.168.1.0/24', 'x'],
      gateways: ['192.168.1.1'],
      reserved: ['192.168.1.21'],
    },
  },
  devices: {
    'qr-1': { segment: 'red', distributed: true },
    'sg-1': { segment: 'red' },
    'qg-1': { segment: 'public' },
    'fg-1': { segment: 'nowhere' },
  },
  endpoints: [
    {
      name: 'vm',
      node: 'n1',
      segment: 'red',
      mac: 'fa:16:3e:00:00:02',
      addresses: [{ local: '10.0.0.5', prefixlen: 24, gateway: '10.0.0.1' }],
      extraAddresses: ['x'],
    },
  ],
};

/** A namespace that a packet gets through, under whatever else was made up. */
const plainly = (made: NamespaceState, device: string, local: string): NamespaceState => ({
  ...made,
  links: [{ ifname: device, mtu: 1500, flags: ['UP'], address: 'fa:16:3e:00:00:01' }, ...(made.links ?? [])],
  addresses: [{ family: 'inet', ifname: device, local, prefixlen: 24, scope: 'global' }, ...(made.addresses ?? [])],
  rules: [...(made.rules ?? []), { family: 'inet', priority: 0, src: 'all', table: 'main' }],
  routes: [...(made.routes ?? []), { family: 'inet', dst: 'default', dev: 'qg-1' }],
});

const cloudOf = (a: NamespaceState, b: NamespaceState): Cloud => ({
  from: 'live',
  states: [
    { node: 'n1', namespaces: { 'qrouter-1': plainly(a, 'qr-1', '10.0.0.1'), 'fip-1': b }, gaps: [] },
    {
      node: 'n2',
      namespaces: { 'snat-1': plainly(b, 'qg-1', '192.168.1.21') },
      gaps: [{ namespace: 'snat-*', aspect: 'rules', reason: 'x' }],
    },
  ],
  wiring,
});

test('random states and packets', () => {
  const request = fc.record({
    from: fc.constantFrom('vm', { address: '192.168.1.9', segment: 'public' }),
    to: address,
    protocol: fc.constantFrom('icmp', 'tcp', 'udp'),
  });
  const seen = new Set<string>();
  fc.assert(
    fc.property(namespace, namespace, request, (a, b, asked) => {
      const traced = trace(cloudOf(a, b), asked);
      assert.ok(Object.hasOwn(DISPOSITION, traced.disposition));
      assert.ok(renderTrace(traced).includes('=> '));
      assert.equal(divergence(traced, trace(cloudOf(a, b), asked)), null);
      assert.deepEqual(JSON.parse(JSON.stringify(traced)), traced);
      seen.add(traced.disposition);
    }),
    RUNS,
  );
  assert.ok(seen.size >= 4, `only ${[...seen].join(', ')} came out`);
});

test('a recorded cloud without any one aspect of any one namespace', () => {
  const cloud = recordedCloud('S3');
  for (const { namespaces } of cloud.states) {
    for (const state of Object.values(namespaces ?? {})) {
      for (const aspect of ['links', 'addresses', 'rules', 'routes', 'neighbours', 'sysctls', 'iptables'] as const) {
        const kept = { [aspect]: state[aspect] };
        delete state[aspect];
        const { disposition, tree } = trace(cloud, { from: 'a1', to: '198.51.100.10' });
        // Nothing false: either what is missing is not needed, or it is said.
        assert.ok(
          disposition === 'exits-network' || disposition === 'insufficient-info',
          `${disposition} without ${aspect}: ${JSON.stringify(tree.children.at(-1))}`,
        );
        Object.assign(state, kept);
      }
    }
  }
});
