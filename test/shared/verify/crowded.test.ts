/** A network with more ports than pairs of them can be followed one by one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTopology } from '../../../shared/topology/read.ts';
import { verify } from '../../../shared/verify/verify.ts';
import { expectedCloud } from '../../../shared/wiring.ts';

const PORTS = 120;

const text = `
release: zed
nodes:
  compute1: {agent_mode: dvr, tunnel_ip: 192.0.2.11, bridge_mappings: {physnet1: br-ex}}
  compute2: {agent_mode: dvr, tunnel_ip: 192.0.2.12, bridge_mappings: {physnet1: br-ex}}
  net1: {agent_mode: dvr_snat, tunnel_ip: 192.0.2.13, bridge_mappings: {physnet1: br-ex}}
networks:
  red: {network_type: vxlan, segmentation_id: 7, subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  public: {router:external: true, network_type: flat, physical_network: physnet1, subnets: {public-v4: {cidr: 198.51.100.0/24}}}
routers:
  router1: {external_gateway: {network: public, ip_address: 198.51.100.21, node: net1}, interfaces: {red-v4: {snat: {ip_address: 10.0.0.3}}}}
ports:
${Array.from({ length: PORTS }, (_, i) => `  vm${i}: {network: red, node: compute${(i % 2) + 1}, fixed_ips: [{ip_address: 10.0.0.${i + 10}}]}`).join('\n')}
`;

test('a crowded network is verified as a whole, and it is said how', () => {
  const { topology, problems } = readTopology(text);
  assert.deepEqual(problems, []);
  const { counts, broken, unknown, leftOut } = verify(topology, expectedCloud(topology));
  assert.deepEqual([broken, unknown], [[], []]);
  assert.deepEqual(
    counts.map(({ kind, held }) => [kind, held]),
    [
      ['inside', PORTS * (PORTS - 1)],
      ['outside', PORTS],
      ['neutron', PORTS * 2],
      ['metadata', PORTS],
    ],
  );
  assert.deepEqual(
    leftOut.map(({ reason, example }) => [reason.startsWith('networks with so many ports'), example]),
    [[true, 'red']],
  );
});
