/** Floating IPs of another address scope: what is translated twice in one namespace is dropped there, and is not promised. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTopology } from '../../../shared/topology/read.ts';
import { trace } from '../../../shared/trace/trace.ts';
import { verify } from '../../../shared/verify/verify.ts';
import { expectedCloud } from '../../../shared/wiring.ts';

const cloud = (router: string, scope: string) =>
  readTopology(`
dvr: 1
release: zed
nodes:
  c1: {agent_mode: dvr, tunnel_ip: 10.251.0.1, bridge_mappings: {physnet1: br-ex}}
  c4: {agent_mode: dvr_no_external, tunnel_ip: 10.251.0.4}
  net1: {agent_mode: dvr_snat, tunnel_ip: 10.251.0.9, bridge_mappings: {physnet1: br-ex}}
networks:
  scoped:
    network_type: vxlan
    segmentation_id: 100
    ipv4_address_scope: a
    subnets: {scoped-v4: {cidr: 10.1.0.0/24, gateway_ip: 10.1.0.1}}
  other:
    network_type: vxlan
    segmentation_id: 101
    ${scope}
    subnets: {other-v4: {cidr: 10.2.0.0/24, gateway_ip: 10.2.0.1}}
  public:
    router:external: true
    network_type: flat
    physical_network: physnet1
    ipv4_address_scope: a
    subnets: {public-v4: {cidr: 192.0.2.0/24, gateway_ip: 192.0.2.1}}
routers:
  r1:
    ${router}
    external_gateway: {network: public, ip_address: 192.0.2.9, node: net1}
    interfaces:
      scoped-v4: {ip_address: 10.1.0.1, snat: {ip_address: 10.1.0.3}}
      other-v4: {ip_address: 10.2.0.1, snat: {ip_address: 10.2.0.3}}
ports:
  served: {node: c4, network: scoped, device_owner: "compute:nova", fixed_ips: [{ip_address: 10.1.0.14}]}
  plain: {node: c1, network: other, device_owner: "compute:nova", fixed_ips: [{ip_address: 10.2.0.11}]}
  floating: {node: c1, network: other, device_owner: "compute:nova", fixed_ips: [{ip_address: 10.2.0.12}]}
floating_ips:
  192.0.2.104: {port: served, router: r1}
  192.0.2.112: {port: floating, router: r1}
`).topology;

const REASON = 'to floating IPs of the same router and another address scope, where one namespace translates both';

const DVR = 'distributed: true';
const CENTRAL = 'distributed: false\n    l3_agents: [{node: net1}]';

const CASES: readonly [what: string, router: string, scope: string, leftOut: number, plain: string][] = [
  ['distributed, no scope', DVR, '', 1, 'dropped'],
  ['distributed, another scope', DVR, 'ipv4_address_scope: b', 1, 'dropped'],
  ['distributed, the same scope', DVR, 'ipv4_address_scope: a', 0, 'delivered'],
  ['not distributed, no scope', CENTRAL, '', 3, 'dropped'],
];

for (const [what, router, scope, leftOut, plain] of CASES)
  test(what, () => {
    const topology = cloud(router, scope);
    const expected = expectedCloud(topology);
    const found = verify(topology, expected);
    assert.deepEqual(
      found.broken.map((each) => each.what),
      [],
    );
    assert.equal(found.leftOut.find(({ reason }) => reason === REASON)?.count ?? 0, leftOut);
    const ask = (from: string) => trace(expected, { from, to: '192.0.2.104', protocol: 'icmp' });
    assert.equal(ask('plain').disposition, plain);
    // Out by its own floating IP on its own node it comes in as from anywhere outside.
    if (router === DVR) assert.equal(ask('floating').disposition, 'delivered');
  });
