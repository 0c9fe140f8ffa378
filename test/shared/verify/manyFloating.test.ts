/** Clouds with more floating IPs than every port can be asked about: each port asks for some, each is asked for, and the rest is counted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeState } from '../../../shared/state.ts';
import { readTopology } from '../../../shared/topology/read.ts';
import { type Verification, verify } from '../../../shared/verify/verify.ts';
import { expectedCloud } from '../../../shared/wiring.ts';
import { take } from '../faults/cloud.ts';
import { withoutFlows } from './clouds.ts';

const PORTS = 60;
/** Two routers, four nodes; two ports of three have a floating IP. */
const ports = Array.from({ length: PORTS }, (_, i) => ({
  name: `vm${i}`,
  network: i % 2 === 0 ? 'red' : 'blue',
  node: `compute${(i % 4) + 1}`,
  address: `10.${i % 2}.0.${i + 10}`,
  floating: i % 3 === 0 ? undefined : `198.51.100.${i + 100}`,
}));
const FLOATING = ports.filter(({ floating }) => floating !== undefined).length;

const text = `
release: zed
nodes:
${[1, 2, 3, 4].map((i) => `  compute${i}: {agent_mode: dvr, tunnel_ip: 192.0.2.1${i}, bridge_mappings: {physnet1: br-ex}}`).join('\n')}
  net1: {agent_mode: dvr_snat, tunnel_ip: 192.0.2.20, bridge_mappings: {physnet1: br-ex}}
networks:
  red: {network_type: vxlan, segmentation_id: 7, subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  blue: {network_type: vxlan, segmentation_id: 8, subnets: {blue-v4: {cidr: 10.1.0.0/24}}}
  public: {router:external: true, network_type: flat, physical_network: physnet1, subnets: {public-v4: {cidr: 198.51.100.0/24}}}
routers:
  router1: {external_gateway: {network: public, ip_address: 198.51.100.21, node: net1}, interfaces: {red-v4: {snat: {ip_address: 10.0.0.3}}}}
  router2: {external_gateway: {network: public, ip_address: 198.51.100.22, node: net1}, interfaces: {blue-v4: {snat: {ip_address: 10.1.0.3}}}}
ports:
${ports.map(({ name, network, node, address }) => `  ${name}: {network: ${network}, node: ${node}, fixed_ips: [{ip_address: ${address}}]}`).join('\n')}
floating_ips:
${ports.flatMap(({ name, floating }) => (floating === undefined ? [] : [`  ${floating}: {port: ${name}}`])).join('\n')}
`;

/** Over the expected state, altered. */
function verified(alter: (states: NodeState[]) => void): Verification {
  const { topology, problems } = readTopology(text);
  assert.deepEqual(problems, []);
  const cloud = withoutFlows(structuredClone(expectedCloud(topology)));
  alter(cloud.states);
  return verify(topology, cloud);
}

test('what is not asked is counted, and every port asks', () => {
  const { broken, unknown, counts, leftOut } = verified(() => {});
  assert.deepEqual([broken, unknown], [[], []]);
  const { asked = 0 } = counts.find(({ kind }) => kind === 'floating-inside') ?? {};
  const left = leftOut
    .filter(({ reason }) => reason.startsWith('to floating IPs'))
    .reduce((sum, { count }) => sum + count, 0);
  assert.equal(asked + left, PORTS * FLOATING);
  assert.ok(left > 0 && asked >= PORTS && asked >= FLOATING);
});

/** Of packets from inside alone, so that nothing else can tell. */
const brokenInside = ({ broken }: Verification): number =>
  broken.reduce((sum, { kinds }) => sum + (kinds.find(({ kind }) => kind === 'floating-inside')?.count ?? 0), 0);

for (const { floating, address } of ports.filter((_, i) => i % 15 === 1))
  test(`each is asked for: ${floating} without its translation`, () => {
    const found = verified((states) => {
      for (const { namespaces } of states)
        for (const { iptables } of Object.values(namespaces))
          take(iptables, ({ spec }) => spec?.endsWith(`DNAT --to-destination ${address}`) === true);
    });
    assert.ok(brokenInside(found) > 0);
    assert.ok(found.broken.every(({ witness }) => witness.isConfirmed));
  });

for (const { name, address } of ports.filter((_, i) => i % 15 === 2))
  test(`each port asks: ${name} is seen as another`, () => {
    const found = verified((states) => {
      for (const { namespaces } of states)
        for (const { iptables } of Object.values(namespaces))
          take(
            iptables,
            ({ chain, spec }) => chain.includes('float-snat') && spec?.startsWith(`-s ${address}/32`) === true,
          );
    });
    assert.ok(brokenInside(found) > 0);
  });
