import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readTopology } from '../../../shared/topology/read.ts';
import { writeTopology } from '../../../shared/topology/write.ts';
import { anyTopology } from './anyTopology.ts';

/** A file in the style of `writeTopology`, with everything that the format has. */
const FILE = `# OpenStack Neutron DVR topology. Keys are the names of the Neutron API.
dvr: 1
release: zed
nodes:
  compute1:
    agent_mode: dvr
    address: 192.0.2.11
    ssh_port: 2222
    ssh_user: stack
    tunnel_ip: 10.251.0.21
    bridge_mappings: {physnet1: br-ex, physnet2: br-two}
    l3_agent_id: 8fd37a94-29d9-4c2e-8400-bc8e8bcbdeb3
    enable_distributed_routing: true
    l2_population: false
  dhcp1: {agent_mode: none}
  net1: {agent_mode: dvr_snat, bridge_mappings: {"yes": br-ex}}
networks:
  red:
    id: 805cb063-6e01-4bde-b0f8-450ac011a529
    network_type: vxlan
    segmentation_id: 1001
    mtu: 1450
    ipv4_address_scope: campus
    ipv6_address_scope: campus six
    subnets:
      red-v4: {cidr: 10.0.0.0/24, gateway_ip: 10.0.0.1, host_routes: [{destination: 172.16.0.0/16, nexthop: 10.0.0.9}]}
      red-v6: {cidr: 2001:db8:6::/64, gateway_ip: 2001:db8:6::1, ipv6_ra_mode: slaac, ipv6_address_mode: slaac}
  public:
    router:external: true
    network_type: flat
    physical_network: physnet1
    subnets:
      public-v4: {cidr: 192.168.1.0/24, gateway_ip: null, allocation_pools: [{start: 192.168.1.20, end: 192.168.1.199}], enable_dhcp: false}
routers:
  edge:
    id: ef25020f-012
    distributed: true
    ha: true
    admin_state_up: false
    external_gateway: {network: public, ip_address: 192.168.1.21, enable_snat: true, node: net1, port_id: 8be609d9-e3}
    interfaces:
      red-v4: {ip_address: 10.0.0.1, port_id: c2e43983-5c, snat: {ip_address: 10.0.0.3, port_id: 1b9c9c26-38, mac_address: fa:16:3e:00:00:01}}
      red-v6: {ip_address: 2001:db8:6::1}
    routes: [{destination: 172.16.0.0/16, nexthop: 10.0.0.9}]
    l3_agents: [{node: net1, ha_state: active}]
  two:
    distributed: false
    external_gateway:
      network: public
      external_fixed_ips: [{subnet: public-v4, ip_address: 192.168.1.22}, {ip_address: 192.0.2.1}]
      enable_snat: false
      port_id: 9be609d9-e3
      mac_address: fa:16:3e:00:00:02
    l3_agents: []
ports:
  vm1: {network: red, node: compute1, fixed_ips: [{subnet: red-v4, ip_address: 10.0.0.5}]}
  "vm: 2":
    id: 03ad94dc-9b22-4f9f-88ce-d20b9f3f5d4f
    network: red
    mac_address: fa:16:3e:00:00:03
    fixed_ips: [{subnet: red-v4, ip_address: 10.0.0.6}]
    device_owner: ""
    device_id: "007"
    status: DOWN
    allowed_address_pairs: [{ip_address: 10.0.0.100}, {ip_address: 172.16.0.0/16, mac_address: fa:16:3e:00:00:04}]
    port_security_enabled: false
    vnic_type: direct
floating_ips:
  192.168.1.50: {network: public, port: vm1, fixed_ip_address: 10.0.0.5, router: edge, status: ACTIVE}
  192.168.1.51: {network: public, router: edge, port_forwardings: [{protocol: tcp, external_port: 2222, internal_port: 22, internal_ip_address: 10.0.0.5}]}
`;

test('a file in the style of the writer reads without problems and is written as it was', () => {
  const { topology, problems } = readTopology(FILE);
  assert.deepEqual(problems, []);
  assert.equal(writeTopology(topology), FILE);
});

/** What a person may leave out is filled in; what short forms stand for is kept. */
const NORMAL: [file: string, written: string][] = [
  [
    'networks: {red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}}\nrouters: {r: {interfaces: {red-v4: }}}',
    `networks:
  red:
    subnets:
      red-v4: {cidr: 10.0.0.0/24, gateway_ip: 10.0.0.1}
routers:
  r:
    distributed: true
    interfaces:
      red-v4: {ip_address: 10.0.0.1}
`,
  ],
  [
    'networks: {p: {subnets: {a: {cidr: 192.0.2.0/25}, b: {cidr: 192.0.2.0/24}}}}\nrouters: {r: {external_gateway: {network: p, external_fixed_ips: [{subnet: b, ip_address: 192.0.2.9}]}}}',
    `networks:
  p:
    subnets:
      a: {cidr: 192.0.2.0/25, gateway_ip: 192.0.2.1}
      b: {cidr: 192.0.2.0/24, gateway_ip: 192.0.2.1}
routers:
  r:
    distributed: true
    external_gateway: {network: p, external_fixed_ips: [{subnet: b, ip_address: 192.0.2.9}], enable_snat: true}
`,
  ],
];

for (const [file, written] of NORMAL)
  test(`a file by hand: ${file.slice(0, 40)}`, () => {
    const { topology, problems } = readTopology(file);
    assert.deepEqual(problems, []);
    assert.equal(writeTopology(topology).split('\n').slice(2).join('\n'), written);
  });

test('a release that nobody said stays so', () => {
  const text = writeTopology({
    nodes: [],
    networks: [],
    routers: [],
    ports: [],
    floating_ips: [],
  });
  assert.equal(text, '# OpenStack Neutron DVR topology. Keys are the names of the Neutron API.\ndvr: 1\n');
  assert.equal(readTopology(text).topology.release, undefined);
});

test('what is written reads back as the same topology, whatever the names', () => {
  fc.assert(
    fc.property(anyTopology, (topology) => {
      const text = writeTopology(topology);
      const { topology: read, problems } = readTopology(text);
      assert.deepEqual(problems, []);
      assert.deepEqual(read, topology);
      assert.equal(writeTopology(read), text);
    }),
    { seed: 5, numRuns: 400, endOnFailure: true },
  );
});
