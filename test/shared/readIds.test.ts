/**
 * A topology without ids is compared as well as the same one with them: namespaces and devices are told by what is in them.
 * Judge: recordings of real agents. Some have tenants with the same prefix, routers with nothing but a gateway, standbys without addresses.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareNode } from '../../shared/compareNode.ts';
import type { NodeState } from '../../shared/state.ts';
import type { Topology } from '../../shared/topology/types.ts';
import { SCENARIOS, type ScenarioName, liveState, nodeNames, topologyOf } from '../support/recordings.ts';
import { cloud, healthyNode } from '../support/healthy.ts';

/** Without ids; `id` and `port_id` stand nowhere else in a topology. */
const withoutIds = (topology: Topology): Topology =>
  JSON.parse(JSON.stringify(topology, (key, value: unknown) => (IDS.includes(key) ? undefined : value))) as Topology;

const IDS: readonly string[] = ['id', 'port_id'];

/** Without the MACs of ports, too; those of allowed address pairs are nobody else's word. */
const withoutMacs = (topology: Topology): Topology => {
  const stripped = withoutIds(topology);
  for (const port of stripped.ports) delete port.mac_address;
  return stripped;
};

const differencesOf = (topology: Topology, live: NodeState): string[] =>
  compareNode(topology, live).comparison.differences.map(
    ({ kind, namespace, aspect, expected, live: text }) => `${kind} ${namespace} ${aspect}: ${expected} | ${text}`,
  );

/** Of two IPv6 subnets on one port only the port's id tells that its SNAT port has an address in one of them. */
const SHARED_PORT: readonly ScenarioName[] = ['L6', 'L11'];

for (const [what, strip] of [
  ['without ids', withoutIds],
  ['without ids and MACs of ports', withoutMacs],
] as const)
  describe(`recordings ${what}`, () => {
    for (const scenario of SCENARIOS.filter((name) => !SHARED_PORT.includes(name)))
      for (const node of nodeNames(scenario))
        it(`${scenario} ${node}`, () => {
          const [topology, live] = [topologyOf(scenario), liveState(scenario, node)];
          assert.deepEqual(differencesOf(strip(topology), live), differencesOf(topology, live));
        });
  });

const A = '11111111-1111-4111-8111-111111111111';
const B = '22222222-2222-4222-8222-222222222222';

/** Two routers on one node, each with a network of the same prefix. */
const twins = (tell: { a: string; b: string; networks?: boolean }) => `dvr: 1
release: zed
nodes:
  c1: {agent_mode: dvr}
networks:
  na: {network_type: vxlan${tell.networks ? ', segmentation_id: 11' : ''}, subnets: {sa: {cidr: 10.0.0.0/24}}}
  nb: {network_type: vxlan${tell.networks ? ', segmentation_id: 12' : ''}, subnets: {sb: {cidr: 10.0.0.0/24}}}
routers:
  ra: {id: ${A}, interfaces: {sa: {${tell.a}}}}
  rb: {id: ${B}, interfaces: {sb: {${tell.b}}}}
ports:
  va: {node: c1, network: na, fixed_ips: [{subnet: sa, ip_address: 10.0.0.5}]}
  vb: {node: c1, network: nb, fixed_ips: [{subnet: sb, ip_address: 10.0.0.6}]}
`;

const TWINS: readonly [what: string, text: string][] = [
  ['the address of the interface', twins({ a: 'ip_address: 10.0.0.1', b: 'ip_address: 10.0.0.2' })],
  ['its MAC', twins({ a: 'mac_address: "fa:16:3e:00:00:0a"', b: 'mac_address: "fa:16:3e:00:00:0b"' })],
  ['the segment of its network', twins({ a: '', b: '', networks: true })],
];

for (const [what, text] of TWINS)
  it(`twins are told apart by ${what}`, () => {
    const topology = cloud(text);
    const live = healthyNode(topology, 'c1');
    assert.deepEqual(Object.keys(live.namespaces).toSorted(), [`qrouter-${A}`, `qrouter-${B}`]);
    const { ids } = compareNode(withoutIds(topology), live).allocations;
    assert.deepEqual([ids['/routers/ra'], ids['/routers/rb']], [A, B]);
  });

it('of twins that nothing tells apart nobody says which is which', () => {
  const topology = cloud(twins({ a: '', b: '' }));
  const { ids } = compareNode(withoutIds(topology), healthyNode(topology, 'c1')).allocations;
  assert.deepEqual([ids['/routers/ra'], ids['/routers/rb']], [undefined, undefined]);
});

/** Both devices of a standby have neither address nor MAC that anybody tells, and one MTU. */
const STANDBY = `dvr: 1
release: zed
nodes:
  net1: {agent_mode: dvr_snat}
  net2: {agent_mode: dvr_snat}
networks:
  na: {network_type: vxlan, segmentation_id: 11, subnets: {sa: {cidr: 10.0.0.0/24}}}
  nb: {network_type: vxlan, segmentation_id: 12, subnets: {sb: {cidr: 10.1.0.0/24}}}
routers:
  ha:
    id: ${A}
    distributed: false
    ha: true
    l3_agents: [{node: net1, ha_state: active}, {node: net2, ha_state: standby}]
    interfaces: {sa: {port_id: bbbbbbbb-bb}, sb: {port_id: aaaaaaaa-aa}}
`;

it('devices of a standby are told apart by the networks that they are on', () => {
  const topology = cloud(STANDBY);
  const live = healthyNode(topology, 'net2', (allocations) => {
    allocations.haMtu = 1450;
  });
  live.namespaces[`qrouter-${A}`]!.links!.reverse();
  live.ports = [
    ['qr-bbbbbbbb-bb', '11'],
    ['qr-aaaaaaaa-aa', '12'],
  ].map(([name, segment]) => ({
    bridge: 'br-int',
    name: name!,
    type: 'internal',
    external_ids: {},
    other_config: { network_type: 'vxlan', physical_network: 'None', segmentation_id: segment! },
    options: {},
  }));
  const { ids } = compareNode(withoutIds(topology), live).allocations;
  assert.deepEqual(
    [ids['/routers/ha'], ids['/routers/ha/interfaces/sa'], ids['/routers/ha/interfaces/sb']],
    [A, 'bbbbbbbb-bb', 'aaaaaaaa-aa'],
  );
});

it('devices of several routers on one network have names of their own', () => {
  const topology = cloud(`dvr: 1
release: zed
nodes:
  c1: {agent_mode: dvr}
networks:
  lan: {network_type: vxlan, subnets: {sa: {cidr: 10.0.0.0/24}}}
routers:
  ra: {interfaces: {sa: {}}}
  rb: {interfaces: {sa: {ip_address: 10.0.0.2}}}
ports:
  va: {node: c1, network: lan, fixed_ips: [{subnet: sa, ip_address: 10.0.0.5}]}
`);
  const { namespaces } = healthyNode(topology, 'c1');
  const names = Object.values(namespaces).flatMap(({ links = [] }) => links.map(({ ifname }) => ifname));
  assert.deepEqual(names.filter((name) => name.startsWith('qr-')).toSorted(), ['qr-<ra in sa>', 'qr-<rb in sa>']);
});
