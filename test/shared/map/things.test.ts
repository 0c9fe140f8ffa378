/** What is on the map of a small cloud, as text: things with what they are in, and links. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { concerned, idsOf } from '../../../shared/map/findings.ts';
import { clusterName, clustersOf } from '../../../shared/map/clusters.ts';
import { thingsOf } from '../../../shared/map/things.ts';
import type { MapView } from '../../../shared/map/types.ts';
import { readTopology } from '../../../shared/topology/read.ts';

const CLOUD = `dvr: 1
release: zed
nodes:
  compute1: {agent_mode: dvr, tunnel_ip: 10.251.0.11, bridge_mappings: {physnet1: br-ex}}
  net1: {agent_mode: dvr_snat}
networks:
  red:
    network_type: vxlan
    segmentation_id: 1001
    subnets:
      red-v4: {cidr: 10.0.0.0/24, gateway_ip: 10.0.0.1}
  blue:
    network_type: vxlan
    subnets:
      blue-v4: {cidr: 10.2.0.0/24}
  public:
    router:external: true
    network_type: flat
    physical_network: physnet1
    subnets:
      public-v4: {cidr: 192.168.1.0/24, gateway_ip: 192.168.1.1}
routers:
  router1:
    id: ef25020f-012c-41d6-a36e-f2f09cb8ea62
    external_gateway: {network: public, ip_address: 192.168.1.21, node: net1}
    interfaces:
      red-v4: {ip_address: 10.0.0.1}
ports:
  vm1: {node: compute1, network: red, device_owner: compute:nova, fixed_ips: [{subnet: red-v4, ip_address: 10.0.0.5}]}
  spare: {network: blue}
floating_ips:
  192.168.1.50: {port: vm1, router: router1}
  192.168.1.51: {network: public}
`;
const ROUTER = 'qrouter-ef25020f-012c-41d6-a36e-f2f09cb8ea62';
const { topology } = readTopology(CLOUD);
const { things, links } = thingsOf(topology);

const lines = (view: MapView): string[] =>
  links.filter((link) => link.view === view).map(({ kind, from, to, label }) => `${from} ${kind} ${to} (${label})`);

describe('a small cloud', () => {
  it('has each thing with what stands below its name', () => {
    assert.deepEqual(
      things.map(({ kind, name, detail }) => `${kind} ${name}: ${detail}`),
      [
        'carrier physnet1: physical network, 1 network',
        'carrier vxlan tunnels: 2 networks',
        'node compute1: dvr · tunnel 10.251.0.11',
        'node net1: dvr_snat',
        'node ports on no node: not bound, or to a node that the file does not have',
        'network red: vxlan 1001',
        'subnet red-v4: 10.0.0.0/24 · gateway 10.0.0.1',
        'network blue: vxlan',
        'subnet blue-v4: 10.2.0.0/24 · gateway 10.2.0.1',
        'external-network public: flat · physnet1',
        'subnet public-v4: 192.168.1.0/24 · gateway 192.168.1.1',
        'router router1: distributed',
        `namespace ${ROUTER}: router router1`,
        'namespace fip-<public>: floating IPs of public',
        `namespace ${ROUTER}: router router1`,
        `namespace snat-ef25020f-012c-41d6-a36e-f2f09cb8ea62: SNAT of router1`,
        'namespace fip-<public>: floating IPs of public',
        'port vm1: 10.0.0.5',
        'port spare: ',
        'floating-ip 192.168.1.50: to vm1',
        'floating-ip 192.168.1.51: not in use',
      ],
    );
  });

  it('has what is in what, in each view', () => {
    const inside = Object.fromEntries(
      things.map(({ id, inside: { physical = '', logical = '' } }) => [id, `${physical} | ${logical}`]),
    );
    assert.equal(inside['/ports/vm1'], '/nodes/compute1 | /networks/red');
    assert.equal(inside['/ports/spare'], 'ports on no node | /networks/blue');
    assert.equal(inside['/floating_ips/192.168.1.50'], ' | /routers/router1');
    assert.equal(inside['/floating_ips/192.168.1.51'], ' | /networks/public');
    assert.equal(inside[`${ROUTER} on compute1`], '/nodes/compute1 | ');
  });

  it('has its links', () => {
    assert.deepEqual(lines('logical'), [
      '/routers/router1 gateway /networks/public (192.168.1.21)',
      '/routers/router1 interface /networks/red/subnets/red-v4 (10.0.0.1)',
      '/floating_ips/192.168.1.50 floating /ports/vm1 (10.0.0.5)',
    ]);
    assert.deepEqual(lines('physical'), [
      '/nodes/compute1 carried physical network physnet1 (br-ex)',
      '/nodes/compute1 carried vxlan tunnels (10.251.0.11)',
      '/nodes/net1 carried vxlan tunnels ()',
      `${ROUTER} on compute1 serves /ports/vm1 ()`,
    ]);
  });

  it('falls into what routers connect', () => {
    const logical = things.filter(({ kind }) => kind !== 'node' && kind !== 'namespace' && kind !== 'carrier');
    const clusters = clustersOf(logical, links);
    assert.deepEqual(clusters.map(clusterName), ['router1', 'blue']);
    assert.deepEqual(
      clusters[0]?.networks.map(({ name }) => name),
      ['red'],
    );
  });
});

describe('a finding concerns', () => {
  const ids = idsOf(things);
  const cases: [what: string, found: Parameters<typeof concerned>[0], expected: string[]][] = [
    ['the entry', { pointer: '/ports/vm1', node: null, namespace: null }, ['/ports/vm1']],
    [
      'the nearest entry around',
      { pointer: '/routers/router1/interfaces/red-v4', node: null, namespace: null },
      ['/routers/router1'],
    ],
    [
      'a subnet rather than its network',
      { pointer: '/networks/red/subnets/red-v4/cidr', node: null, namespace: null },
      ['/networks/red/subnets/red-v4'],
    ],
    [
      'its namespace as well',
      { pointer: '/routers/router1', node: 'compute1', namespace: ROUTER },
      ['/routers/router1', `${ROUTER} on compute1`],
    ],
    [
      'its node where the namespace should not be there',
      { pointer: null, node: 'compute1', namespace: 'qrouter-x' },
      ['/nodes/compute1'],
    ],
    ['its node', { pointer: null, node: 'net1', namespace: null }, ['/nodes/net1']],
    ['nothing on the map where the file has no such node', { pointer: null, node: 'gone', namespace: null }, []],
    ['nothing on the map where it is about the whole file', { pointer: '/release', node: null, namespace: null }, []],
  ];
  for (const [what, found, expected] of cases) it(what, () => assert.deepEqual(concerned(found, ids), expected));
});
