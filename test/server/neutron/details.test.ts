import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importTopology } from '../../../server/neutron/import.ts';
import { readTopology } from '../../../shared/topology/read.ts';
import { writeTopology } from '../../../shared/topology/write.ts';
import type { Topology } from '../../../shared/topology/types.ts';

const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const EXTERNAL = id(1);
const INTERNAL = id(2);
const ROUTER = id(3);
const FOUR = id(4);
const SIX = id(5);
const SEVEN = id(6);
const OUT = id(7);

const networks = [
  { id: EXTERNAL, name: 'public', 'router:external': true },
  { id: INTERNAL, name: 'red' },
];
const subnets = [
  { id: FOUR, name: 'four', network_id: INTERNAL, cidr: '10.0.0.0/24', gateway_ip: '10.0.0.1' },
  { id: SIX, name: 'six', network_id: INTERNAL, cidr: '2001:db8:6::/64', gateway_ip: '2001:db8:6::1' },
  { id: SEVEN, name: 'seven', network_id: INTERNAL, cidr: '2001:db8:7::/64', gateway_ip: '2001:db8:7::1' },
  { id: OUT, name: 'out', network_id: EXTERNAL, cidr: '192.0.2.0/24', gateway_ip: '192.0.2.1' },
];
const router = { id: ROUTER, name: 'edge', distributed: true };
const at = (subnet_id: string | undefined, ip_address: string) => ({ subnet_id, ip_address });
const port = (n: number, owner: string, network_id: string | undefined, fixed_ips: object[], more: object = {}) => ({
  id: id(n),
  network_id,
  device_owner: owner,
  device_id: ROUTER,
  fixed_ips,
  ...more,
});

/** What is imported, having been written and read again without a difference. */
function imported(answers: Record<string, unknown>, expectedNotes: string[] = []): Topology {
  const { topology, notes } = importTopology(answers, { release: 'zed' });
  assert.deepEqual(notes, expectedNotes);
  const { topology: read, problems } = readTopology(writeTopology(topology));
  assert.deepEqual(problems, []);
  assert.deepEqual(read, topology);
  return topology;
}

test('IPv6 subnets of one network share a port: one interface each, and one SNAT port for both', () => {
  const ports = [
    port(11, 'network:router_interface_distributed', INTERNAL, [at(SIX, '2001:db8:6::1'), at(SEVEN, '2001:db8:7::1')]),
    port(12, 'network:router_centralized_snat', INTERNAL, [at(SIX, '2001:db8:6::9'), at(SEVEN, '2001:db8:7::9')]),
  ];
  const { routers } = imported({ networks, subnets, routers: [router], ports });
  assert.deepEqual(
    routers[0]?.interfaces.map(({ subnet, port_id, snat }) => [subnet, port_id, snat?.port_id, snat?.ip_address]),
    [
      ['seven', id(11), id(12), '2001:db8:7::9'],
      ['six', id(11), id(12), '2001:db8:6::9'],
    ],
  );
});

test('a user who is no administrator does not see agents, hosts and much of a router', () => {
  const ports = [
    port(11, 'network:router_interface_distributed', INTERNAL, [at(FOUR, '10.0.0.1')]),
    port(12, 'network:router_gateway', EXTERNAL, [at(undefined, '192.0.2.9')], { 'binding:host_id': 'net1' }),
    port(13, 'network:router_centralized_snat', INTERNAL, [at(FOUR, '10.0.0.3')], { 'binding:host_id': 'net1' }),
    port(14, 'network:floatingip_agent_gateway', EXTERNAL, [], { 'binding:host_id': 'compute1', device_id: id(99) }),
    port(15, 'compute:nova', INTERNAL, [], { 'binding:host_id': 'compute2' }),
  ];
  const notes = [
    'compute1 is taken for agent_mode dvr',
    'compute2 is taken for agent_mode none',
    'net1 is taken for agent_mode dvr_snat',
  ];
  const { nodes, routers } = imported(
    { networks, subnets, routers: [{ id: ROUTER, name: 'edge' }], ports },
    notes.map((note) => `agents.json: not there; ${note} by the ports bound to it: correct it by hand`),
  );
  assert.deepEqual(
    nodes.map(({ name, agent_mode, l3_agent_id }) => [name, agent_mode, l3_agent_id]),
    [
      ['compute1', 'dvr', id(99)],
      ['compute2', 'none', undefined],
      ['net1', 'dvr_snat', undefined],
    ],
  );
  const gateway = routers[0]?.external_gateway;
  assert.equal(routers[0]?.distributed, true);
  assert.deepEqual([gateway?.network, gateway?.node, gateway?.port_id], ['public', 'net1', id(12)]);
  assert.deepEqual(gateway?.external_fixed_ips, [{ subnet: 'out', ip_address: '192.0.2.9' }]);
});

test('a gateway port of a router that says it has no gateway stays a port', () => {
  const ports = [port(12, 'network:router_gateway', EXTERNAL, [at(OUT, '192.0.2.9')])];
  const { routers, ports: left } = imported({
    networks,
    subnets,
    routers: [{ ...router, external_gateway_info: null }],
    ports,
  });
  assert.equal(routers[0]?.external_gateway, undefined);
  assert.deepEqual(
    left.map(({ name, device_owner }) => [name, device_owner]),
    [['port-192-0-2-9', 'network:router_gateway']],
  );
});

test('a port of a router that is in no answer stays a port', () => {
  const ports = [port(11, 'network:router_interface_distributed', INTERNAL, [at(FOUR, '10.0.0.1')])];
  const { ports: left } = imported({ networks, subnets, ports });
  assert.deepEqual(
    left.map(({ name, device_id }) => [name, device_id]),
    [['port-10-0-0-1', ROUTER]],
  );
});

const agent = (host: string, agent_type: string, configurations: object = {}) => ({
  id: id(host.length),
  host,
  agent_type,
  configurations,
});

test('hosts: with an L3, Open vSwitch or DHCP agent, or with a port; others are of no interest', () => {
  const agents = [
    agent('a', 'DHCP agent'),
    {
      ...agent('b', 'Open vSwitch agent', { tunneling_ip: '10.9.0.1', bridge_mappings: { p2: 'br-2', p1: 'br-1' } }),
      id: id(90),
    },
    { ...agent('b', 'L3 agent', { agent_mode: 'dvr_no_external' }), id: id(91) },
    agent('metering', 'Metering agent'),
  ];
  const ports = [port(11, 'compute:nova', INTERNAL, [], { 'binding:host_id': 'c' })];
  const { nodes } = imported({ networks, subnets, agents, ports });
  assert.deepEqual(
    nodes.map(({ name, agent_mode, tunnel_ip, bridge_mappings, l3_agent_id }) => [
      name,
      agent_mode,
      tunnel_ip,
      { ...bridge_mappings },
      l3_agent_id,
    ]),
    [
      ['a', 'none', undefined, {}, undefined],
      ['b', 'dvr_no_external', '10.9.0.1', { p1: 'br-1', p2: 'br-2' }, id(91)],
      ['c', 'none', undefined, {}, undefined],
    ],
  );
});

test('what OVS agents say of their configuration, and how ports are plugged', () => {
  const agents = [agent('a', 'Open vSwitch agent', { enable_distributed_routing: true, l2_population: false })];
  const plugged = (i: number, type: string) => port(i, 'compute:nova', INTERNAL, [], { 'binding:vnic_type': type });
  const { nodes, ports } = imported({
    networks,
    subnets,
    agents,
    ports: [plugged(11, 'normal'), plugged(12, 'direct')],
  });
  assert.deepEqual([nodes[0]?.enable_distributed_routing, nodes[0]?.l2_population], [true, false]);
  assert.deepEqual(
    ports.map(({ vnic_type }) => vnic_type),
    [undefined, 'direct'],
  );
});

test('a port without host_id is where its active binding is', () => {
  const ports = [port(11, 'compute:nova', INTERNAL, [])];
  const bindings = [
    { host: 'old', status: 'INACTIVE' },
    { host: 'new', status: 'ACTIVE' },
  ];
  const { ports: left } = imported(
    { networks, subnets, agents: [], ports, 'port-bindings': { [id(11)]: { bindings } } },
    [`ports.json[0]: port ${id(11)} is bound to old as well: only one node is kept`],
  );
  assert.equal(left[0]?.node, 'new');
});

test('where a port migrates to is kept, also where no agent is known; one that has arrived migrates no more', () => {
  const moving = (n: number, to: string) =>
    port(n, 'compute:nova', INTERNAL, [], { 'binding:host_id': 'a', 'binding:profile': { migrating_to: to } });
  // The binding at the other end, which Nova makes first, says nothing more.
  const bindings = [
    { host: 'a', status: 'ACTIVE' },
    { host: 'b', status: 'INACTIVE' },
  ];
  const { ports, nodes } = imported({
    networks,
    subnets,
    agents: [],
    ports: [moving(11, 'b'), moving(12, 'a')],
    'port-bindings': { [id(11)]: { bindings } },
  });
  assert.deepEqual(
    ports.map(({ node, migrating_to: next }) => [node, next]),
    [
      ['a', 'b'],
      ['a', undefined],
    ],
  );
  assert.deepEqual(
    nodes.map(({ name }) => name),
    ['a', 'b'],
  );
});

test('address scopes by name, from the network or from the pools of its subnets', () => {
  const scopes = [
    { id: id(21), name: 'campus' },
    { id: id(22), name: 'twice' },
    { id: id(23), name: 'twice' },
  ];
  const subnetpools = [{ id: id(31), address_scope_id: id(21) }];
  const pooled = subnets.map((subnet) => ({
    ...subnet,
    ip_version: subnet.cidr.includes(':') ? 6 : 4,
    subnetpool_id: id(31),
  }));
  const { networks: found } = imported({
    networks: [{ ...networks[0], ipv4_address_scope: id(22), ipv6_address_scope: null }, networks[1]],
    subnets: pooled,
    'address-scopes': { address_scopes: scopes },
    subnetpools,
  });
  assert.deepEqual(
    found.map(({ name, ipv4_address_scope, ipv6_address_scope }) => [name, ipv4_address_scope, ipv6_address_scope]),
    [
      ['public', id(22), undefined],
      ['red', 'campus', 'campus'],
    ],
  );
});

const forwarding = {
  id: id(41),
  protocol: 'tcp',
  external_port: 2222,
  internal_port: 22,
  internal_ip_address: '10.0.0.5',
};
const floating = {
  id: id(51),
  floating_ip_address: '192.0.2.50',
  floating_network_id: EXTERNAL,
  port_forwardings: [forwarding],
};

test('port forwardings, from their own answer or from the floating IP', () => {
  const other = {
    ...forwarding,
    id: id(42),
    external_port: undefined,
    external_port_range: '80:80',
    internal_port_id: id(11),
  };
  const asked = { 'port-forwardings': { [id(51)]: { port_forwardings: [other] } } };
  const { id: _, external_port_range: __, ...rest } = other;
  assert.deepEqual(imported({ networks, subnets, floatingips: [floating] }).floating_ips[0]?.port_forwardings, [
    forwarding,
  ]);
  assert.deepEqual(
    imported({ networks, subnets, floatingips: [floating], ...asked }).floating_ips[0]?.port_forwardings,
    [{ ...rest, id: id(42), external_port: 80 }],
  );
});

test('a forwarding of a range of ports', () => {
  const range = {
    ...forwarding,
    external_port: null,
    internal_port: undefined,
    external_port_range: '80:90',
    internal_port_range: '8080:8090',
  };
  const found = (item: object, notes: string[] = []) =>
    imported({ networks, subnets, floatingips: [{ ...floating, port_forwardings: [item] }] }, notes).floating_ips[0]
      ?.port_forwardings;
  const { external_port: _, internal_port: __, ...rest } = range;
  assert.deepEqual(found(range), [rest]);
  const bad = found({ ...range, external_port_range: '90:80' }, [
    'floatingips.json[0].port_forwardings[0]: external_port_range must be a range of ports such as 8000:8010, not `90:80`; left out',
    'floatingips.json[0].port_forwardings[0]: incomplete port forwarding, left out',
  ]);
  assert.deepEqual(bad, []);
});

test('conntrack helpers, by router or in its own answer; without an answer they are not known', () => {
  const helper = { id: id(61), protocol: 'udp', port: 69, helper: 'tftp' };
  const own = { id: id(31), name: 'r1', distributed: true, ha: false };
  const found = (answers: Record<string, unknown>, notes: string[] = []) =>
    imported({ networks, subnets, routers: [own], ...answers }, notes).routers[0]?.conntrack_helpers;
  assert.deepEqual(found({ 'conntrack-helpers': { [id(31)]: { conntrack_helpers: [helper] } } }), [helper]);
  assert.deepEqual(found({ routers: [{ ...own, conntrack_helpers: [helper] }] }), [helper]);
  assert.deepEqual(found({ routers: [{ ...own, conntrack_helpers: [] }] }), []);
  assert.equal(found({}), undefined);
  const { port: _, ...broken } = helper;
  assert.deepEqual(
    found({ 'conntrack-helpers': { [id(31)]: [broken] } }, [
      `conntrack-helpers.json: ${id(31)}[0]: incomplete conntrack helper, left out`,
    ]),
    [],
  );
});

test('NDP proxies with their ports, and whether the router has any', () => {
  const own = { id: id(31), name: 'r1', distributed: true, ha: false, enable_ndp_proxy: true };
  const proxy = { id: id(71), router_id: id(31), port_id: id(11), ip_address: '2001:DB8::5' };
  const ports = [port(11, 'compute:nova', INTERNAL, [at(FOUR, '10.0.0.5')], { name: 'vm1' })];
  const answers = { networks, subnets, ports, routers: [own], 'ndp-proxies': { ndp_proxies: [proxy] } };
  const { enable_ndp_proxy, ndp_proxies } = imported(answers).routers[0]!;
  assert.deepEqual([enable_ndp_proxy, ndp_proxies], [true, [{ id: id(71), ip_address: '2001:db8::5', port: 'vm1' }]]);
  assert.equal(imported({ networks, subnets, routers: [own] }).routers[0]!.ndp_proxies, undefined);
  const lost = imported({ ...answers, ports: [] }, [
    `ndp-proxies.json: port ${id(11)} of router r1 is not in the ports of the topology, left out`,
  ]);
  assert.deepEqual(lost.routers[0]!.ndp_proxies, [{ id: id(71), ip_address: '2001:db8::5' }]);
});

test('a placeholder port is left out with its floating IP known, and noted without', () => {
  const placeholder = port(11, 'network:floatingip', EXTERNAL, [at(OUT, '192.0.2.50')], { device_id: id(51) });
  assert.deepEqual(imported({ networks, subnets, floatingips: [floating], ports: [placeholder] }).ports, []);
  assert.deepEqual(
    imported({ networks, subnets, ports: [placeholder] }, [
      'ports.json[0]: its floating IP is not in floatingips.json, left out',
    ]).ports,
    [],
  );
});

test('an association that the answer leaves open is completed as in a file', () => {
  const ports = [
    port(11, 'network:router_interface_distributed', INTERNAL, [at(FOUR, '10.0.0.1')]),
    port(15, 'compute:nova', INTERNAL, [at(FOUR, '10.0.0.5')], { name: 'vm1' }),
  ];
  const routers = [{ ...router, external_gateway_info: { network_id: EXTERNAL } }];
  const floatingips = [{ id: id(51), floating_ip_address: '192.0.2.50', port_id: id(15) }];
  const { floating_ips } = imported({ networks, subnets, routers, ports, floatingips });
  assert.deepEqual(
    floating_ips.map(({ network, fixed_ip_address, router: serving }) => [network, fixed_ip_address, serving]),
    [['public', '10.0.0.5', 'edge']],
  );
});

test('names from outside are names, whatever they are', () => {
  const agents = [
    agent('__proto__', 'Open vSwitch agent', JSON.parse('{"bridge_mappings": {"__proto__": "constructor"}}')),
  ];
  const { nodes } = imported({
    networks: [
      { id: EXTERNAL, name: '__proto__' },
      { id: INTERNAL, name: 'constructor' },
    ],
    subnets,
    agents,
  });
  assert.deepEqual(
    nodes.map(({ name, bridge_mappings }) => [name, Object.entries(bridge_mappings)]),
    [['__proto__', [['__proto__', 'constructor']]]],
  );
});
