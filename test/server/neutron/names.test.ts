import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { importTopology } from '../../../server/neutron/import.ts';
import { uniqueNames, type Nameable } from '../../../server/neutron/names.ts';

const names = (...things: [id: string, own: string | undefined, derived: string][]): string =>
  [...uniqueNames(things.map(([id, own, derived]) => ({ id, own, derived })))]
    .map(([id, name]) => `${id}=${name}`)
    .toSorted((a, b) => (a < b ? -1 : 1))
    .join(' ');

test('the own name where it is the only one of its kind, else the derived one', () => {
  assert.equal(names(['1', 'a', 'x'], ['2', undefined, 'y'], ['3', 'b', 'x'], ['4', 'b', 'z']), '1=a 2=y 3=x 4=z');
});

test('a derived name that two want, or that is taken, gets the id', () => {
  assert.equal(names(['1', undefined, 'x'], ['2', undefined, 'x']), '1=x-1 2=x-2');
  assert.equal(names(['1', 'x', 'd'], ['2', undefined, 'x']), '1=x 2=x-2');
  assert.equal(
    names(['12345678-9', undefined, 'x'], ['12345678-a', undefined, 'x']),
    '12345678-9=x-12345678 12345678-a=x-12345678-a',
  );
  assert.equal(names(['1', 'x-2', 'd'], ['2', undefined, 'x'], ['3', undefined, 'x']), '1=x-2 2=x-2-2 3=x-3');
});

const things = fc.uniqueArray(
  fc.record({
    id: fc.string({ unit: fc.constantFrom('1', '2', '-'), minLength: 1, maxLength: 10 }),
    own: fc.option(fc.constantFrom('a', 'b', 'a-1', 'a-1-2'), { nil: undefined }),
    derived: fc.constantFrom('a', 'b', 'a-1', 'b-2', '__proto__'),
  }),
  { selector: ({ id }: Nameable) => id, maxLength: 12 },
);

test('names are unique, complete, and the same in any order', () => {
  fc.assert(
    fc.property(things, (list) => {
      const named = uniqueNames(list);
      assert.equal(new Set(named.values()).size, list.length);
      const turned = uniqueNames(list.toReversed());
      for (const { id } of list) assert.equal(named.get(id), turned.get(id));
    }),
    { seed: 3, numRuns: 500 },
  );
});

const network = { id: 'aaaaaaaa-01', name: 'red' };
const subnet = { id: 'aaaaaaaa-02', network_id: 'aaaaaaaa-01', cidr: '10.0.0.0/24', gateway_ip: null };
const fixed_ips = [{ subnet_id: 'aaaaaaaa-02', ip_address: '10.0.0.5' }];

/** A port without name of its own: what it is called. */
const PORTS: [port: Record<string, unknown>, name: string][] = [
  [{ device_owner: 'compute:nova', fixed_ips }, 'vm-10-0-0-5'],
  [{ device_owner: 'compute:az1', fixed_ips: [{ ip_address: '2001:db8::5' }, ...fixed_ips] }, 'vm-10-0-0-5'],
  [{ device_owner: 'compute:nova', fixed_ips: [{ ip_address: '2001:db8::5' }] }, 'vm-2001-db8-5'],
  [{ device_owner: 'network:dhcp', 'binding:host_id': 'net1' }, 'dhcp-red-net1'],
  [{ device_owner: 'network:floatingip_agent_gateway', 'binding:host_id': 'compute1' }, 'fg-red-compute1'],
  [
    { device_owner: 'network:router_ha_interface', device_id: 'aaaaaaaa-03', 'binding:host_id': 'net1' },
    'ha-edge-net1',
  ],
  [{ device_owner: 'trunk:subport', fixed_ips }, 'subport-10-0-0-5'],
  [{ device_owner: 'Octavia', fixed_ips }, 'lb-10-0-0-5'],
  [{ device_owner: '', fixed_ips }, 'port-10-0-0-5'],
  [{ device_owner: '' }, 'port-1b9c9c26-38'],
];

for (const [port, name] of PORTS)
  test(`a port is called ${name}`, () => {
    const id = '1b9c9c26-38aa-4b7f-9f0e-1d2c3b4a5968';
    const routers = [{ id: 'aaaaaaaa-03', name: 'edge', distributed: true }];
    const { topology } = importTopology({
      networks: [network],
      subnets: [subnet],
      routers,
      ports: [{ id, network_id: 'aaaaaaaa-01', ...port }],
    });
    assert.deepEqual(
      topology.ports.map((entry) => entry.name),
      [name],
    );
  });

test('networks, subnets and routers without names of their own', () => {
  const { topology } = importTopology({
    networks: [
      { id: 'aaaaaaaa-11', 'provider:network_type': 'vxlan', 'provider:segmentation_id': 12 },
      { id: 'bbbbbbbb-11', 'provider:network_type': 'flat', 'provider:physical_network': 'physnet1' },
      { id: 'cccccccc-11' },
      { id: 'dddddddd-11', name: 'private' },
      { id: 'eeeeeeee-11', name: 'private' },
    ],
    subnets: [{ ...subnet, network_id: 'cccccccc-11' }],
    routers: [
      { id: 'aaaaaaaa-11', distributed: true },
      {
        id: 'bbbbbbbb-11',
        distributed: true,
        external_gateway_info: { network_id: 'aaaaaaaa-11', external_fixed_ips: [{ ip_address: '192.0.2.9' }] },
      },
      { id: 'cccccccc-11', distributed: true, name: 'r' },
      { id: 'dddddddd-11', distributed: true, name: 'r' },
    ],
  });
  assert.deepEqual(
    topology.networks.map(({ name }) => name),
    ['flat-physnet1', 'network-cccccccc', 'private-dddddddd', 'private-eeeeeeee', 'vxlan-12'],
  );
  assert.deepEqual(
    topology.networks[1]?.subnets.map(({ name }) => name),
    ['network-cccccccc-10-0-0-0-24'],
  );
  assert.deepEqual(
    topology.routers.map(({ name }) => name),
    ['r-cccccccc', 'r-dddddddd', 'router-192-0-2-9', 'router-aaaaaaaa'],
  );
});
