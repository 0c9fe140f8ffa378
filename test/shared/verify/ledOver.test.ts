/** What a topology leads over two routers is no leak, and what Neutron itself loses is no broken promise: both are told apart and counted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verify } from '../../../shared/verify/verify.ts';
import { expectedCloud } from '../../../shared/wiring.ts';
import { cloud } from '../../support/healthy.ts';

/** Two tenants behind routers with gateways on one network. */
const tenants = (routes: string) => `dvr: 1
release: zed
nodes:
  compute1: {agent_mode: dvr, tunnel_ip: 192.0.2.11, bridge_mappings: {physnet1: br-ex}}
  net1: {agent_mode: dvr_snat, tunnel_ip: 192.0.2.20, bridge_mappings: {physnet1: br-ex}}
networks:
  red: {network_type: vxlan, segmentation_id: 7, subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  blue: {network_type: vxlan, segmentation_id: 8, subnets: {blue-v4: {cidr: 10.1.0.0/24}}}
  public: {router:external: true, network_type: flat, physical_network: physnet1, subnets: {public-v4: {cidr: 198.51.100.0/24}}}
routers:
  ra:
    external_gateway: {network: public, ip_address: 198.51.100.21, node: net1}
    interfaces: {red-v4: {snat: {ip_address: 10.0.0.3}}}
    routes: [${routes}]
  rb: {external_gateway: {network: public, ip_address: 198.51.100.22, node: net1}, interfaces: {blue-v4: {snat: {ip_address: 10.1.0.3}}}}
ports:
  vm1: {network: red, node: compute1, fixed_ips: [{ip_address: 10.0.0.5}]}
  vm2: {network: blue, node: compute1, fixed_ips: [{ip_address: 10.1.0.5}]}
`;

/** A network node of a distributed HA router has a DHCP port and a VM on its IPv6 networks. */
const sixOn = (node: string, ha: boolean) => `dvr: 1
release: zed
nodes:
  compute1: {agent_mode: dvr, tunnel_ip: 192.0.2.11}
  compute2: {agent_mode: dvr, tunnel_ip: 192.0.2.12}
  net1: {agent_mode: dvr_snat, tunnel_ip: 192.0.2.20}
networks:
  red: {network_type: vxlan, segmentation_id: 7, subnets: {red-v6: {cidr: '2001:db8:a::/64', gateway_ip: '2001:db8:a::1', ipv6_ra_mode: slaac, ipv6_address_mode: slaac}}}
  blue: {network_type: vxlan, segmentation_id: 8, subnets: {blue-v6: {cidr: '2001:db8:b::/64', gateway_ip: '2001:db8:b::1', ipv6_ra_mode: slaac, ipv6_address_mode: slaac}}}
  public: {router:external: true, network_type: flat, physical_network: physnet1, subnets: {public-v4: {cidr: 198.51.100.0/24}}}
routers:
  edge:
    ha: ${ha}
    l3_agents: [{node: net1${ha ? ', ha_state: active' : ''}}]
    external_gateway: {network: public, ip_address: 198.51.100.21, node: net1}
    interfaces: {red-v6: {snat: {ip_address: '2001:db8:a::3'}}, blue-v6: {snat: {ip_address: '2001:db8:b::3'}}}
ports:
  vm1: {network: red, node: compute1, fixed_ips: [{ip_address: '2001:db8:a::5'}]}
  vm2: {network: blue, node: ${node}, fixed_ips: [{ip_address: '2001:db8:b::5'}]}
  dhcp: {network: blue, node: net1, device_owner: 'network:dhcp', fixed_ips: [{ip_address: '2001:db8:b::2'}]}
`;

/** A router that is not the gateway of a subnet, whose DHCP port answers by the gateway. */
const second = (host: string) => `dvr: 1
release: zed
nodes:
  compute1: {agent_mode: dvr, tunnel_ip: 192.0.2.11}
  net1: {agent_mode: dvr_snat, tunnel_ip: 192.0.2.20}
  ${host}: {agent_mode: dvr_snat, tunnel_ip: 192.0.2.21}
networks:
  lan: {network_type: vxlan, segmentation_id: 7, subnets: {lan-v4: {cidr: 10.3.0.0/24}}}
  own: {network_type: vxlan, segmentation_id: 8, subnets: {own-v4: {cidr: 10.31.0.0/24}}}
routers:
  first: {interfaces: {lan-v4: {}}, routes: [{destination: 10.31.0.0/24, nexthop: 10.3.0.2}]}
  legacy: {distributed: false, l3_agents: [{node: ${host}}], interfaces: {lan-v4: {ip_address: 10.3.0.2}, own-v4: {}}}
ports:
  vm1: {network: own, node: compute1, fixed_ips: [{ip_address: 10.31.0.5}]}
  vm2: {network: lan, node: compute1, fixed_ips: [{ip_address: 10.3.0.5}]}
  dhcp: {network: lan, node: net1, device_owner: 'network:dhcp', fixed_ips: [{ip_address: 10.3.0.200}]}
`;

const TOGETHER = 'pairs between subnets of which no one router is the gateway';
const HA_FAULT =
  'pairs IPv6 on network nodes of distributed HA routers: a known fault of Neutron, whose qrouter does not forward it there';

const ROWS: readonly [what: string, text: string, counts: Record<string, number>, leftOut: Record<string, number>][] = [
  ['no route between tenants', tenants(''), { apart: 2 }, {}],
  ['a route to the other router', tenants('{destination: 10.1.0.0/24, nexthop: 198.51.100.22}'), {}, { [TOGETHER]: 2 }],
  ['a route to somebody else', tenants('{destination: 10.1.0.0/24, nexthop: 198.51.100.99}'), { apart: 2 }, {}],
  ['IPv6 of an HA router, on a compute node', sixOn('compute2', true), { inside: 2 }, {}],
  ['IPv6 of an HA router, on its network node', sixOn('net1', true), {}, { [HA_FAULT]: 2 }],
  ['IPv6 without HA, on the network node', sixOn('net1', false), { inside: 2 }, {}],
  ['a second router on a network, and its DHCP port', second('net2'), {}, { [TOGETHER]: 2 }],
];

for (const [what, text, counts, leftOut] of ROWS)
  test(what, () => {
    const topology = cloud(text);
    const found = verify(topology, expectedCloud(topology));
    assert.deepEqual([found.broken.map((each) => each.what), found.unknown], [[], []]);
    const asked = Object.fromEntries(found.counts.map((each) => [each.kind, each.asked]));
    assert.deepEqual({ apart: asked['apart'] ?? 0, inside: asked['inside'] ?? 0 }, { apart: 0, inside: 0, ...counts });
    for (const reason of [TOGETHER, HA_FAULT])
      assert.equal(found.leftOut.find((each) => each.reason === reason)?.count ?? 0, leftOut[reason] ?? 0, reason);
  });
