import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { importTopology } from '../../../server/neutron/import.ts';
import { readApiFolder } from '../../../server/neutron/apiFolder.ts';
import type { Topology } from '../../../shared/topology/types.ts';
import { apiFolder, scenarios } from './recordings.ts';

interface RecordedPort {
  id: string;
  device_owner: string;
  mac_address: string;
  fixed_ips: { ip_address: string }[];
}

async function recorded(scenario: string): Promise<Record<string, unknown>> {
  const folder = await readApiFolder(apiFolder(scenario));
  assert.ok('answers' in folder);
  assert.deepEqual(folder.notes, []);
  return folder.answers;
}

/** The list in a recorded answer, as it was written. */
function listOf<T = { id: string }>(scenario: string, file: string): T[] {
  return JSON.parse(readFileSync(`${apiFolder(scenario)}/${file}.json`, 'utf8'))[file];
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const idsOf = (list: { id?: string }[]): string[] => list.map(({ id }) => id ?? '').toSorted(byText);

/** Every port of Neutron that the topology holds, wherever it is. */
function devices(topology: Topology): { id?: string; mac?: string; ips: string[] }[] {
  const inRouters = topology.routers.flatMap(({ external_gateway, interfaces }) => [
    ...(external_gateway
      ? [{ ...external_gateway, ips: external_gateway.external_fixed_ips.map(({ ip_address }) => ip_address) }]
      : []),
    ...interfaces
      .flatMap((port) => [port, ...(port.snat ? [port.snat] : [])])
      .map((port) => ({ ...port, ips: [port.ip_address!] })),
  ]);
  // Several IPv6 subnets may share a port, with an entry for each, in the order of their names.
  const byId = new Map<string, typeof inRouters>();
  for (const port of inRouters) byId.set(port.port_id!, [...(byId.get(port.port_id!) ?? []), port]);
  return [
    ...[...byId].map(([id, [first, ...others]]) => ({
      id,
      mac: first!.mac_address!,
      ips: [first!, ...others].flatMap(({ ips }) => ips).toSorted(byText),
    })),
    ...topology.ports.map((port) => ({
      id: port.id!,
      mac: port.mac_address!,
      ips: port.fixed_ips.map(({ ip_address }) => ip_address),
    })),
  ].toSorted((a, b) => byText(a.id, b.id));
}

function inOrder({ device_owner, fixed_ips }: RecordedPort): string[] {
  const ips = fixed_ips.map(({ ip_address }) => ip_address);
  return device_owner.startsWith('network:router_') ? ips.toSorted(byText) : ips;
}

for (const scenario of scenarios)
  test(`${scenario}: every object of the API is in the topology, once, with its id, MAC and addresses`, async () => {
    const answers = await recorded(scenario);
    const { topology, notes } = importTopology(answers, { release: 'zed' });
    assert.deepEqual(notes, []);
    assert.deepEqual(idsOf(topology.networks), idsOf(listOf(scenario, 'networks')));
    assert.deepEqual(idsOf(topology.networks.flatMap(({ subnets }) => subnets)), idsOf(listOf(scenario, 'subnets')));
    assert.deepEqual(idsOf(topology.routers), idsOf(listOf(scenario, 'routers')));
    assert.deepEqual(idsOf(topology.floating_ips), idsOf(listOf(scenario, 'floatingips')));
    const hosts = listOf<{ host: string }>(scenario, 'agents').map(({ host }) => host);
    assert.deepEqual(
      topology.nodes.map(({ name }) => name),
      [...new Set(hosts)].toSorted(byText),
    );
    const ports = listOf<RecordedPort>(scenario, 'ports').filter(
      ({ device_owner }) => device_owner !== 'network:floatingip',
    );
    assert.deepEqual(
      devices(topology),
      ports.map((port) => ({
        id: port.id,
        mac: port.mac_address,
        ips: inOrder(port),
      })),
    );
  });

for (const scenario of scenarios)
  test(`${scenario}: the order of the answers and their wrapping do not matter`, async () => {
    const answers = await recorded(scenario);
    const bare = Object.entries(answers).map(([file, document]) => {
      const lists = Object.entries(document ?? {}).filter(([key]) => key === file.replace('-', '_'));
      const [list] = lists.map(([, value]: [string, unknown]) => value);
      return [file.replaceAll('-', '_'), Array.isArray(list) ? list.toReversed() : document];
    });
    const turned = importTopology(Object.fromEntries(bare), { release: 'zed' });
    assert.deepEqual(turned, importTopology(answers, { release: 'zed' }));
  });

/** The names in a scenario, by section. */
const NAMES: [scenario: string, section: 'nodes' | 'networks' | 'routers' | 'ports' | 'floating_ips', names: string][] =
  [
    ['S1', 'ports', 'dhcp-net1-net1 dhcp-net2-net1 fg-public-compute1 fg-public-compute2 fg-public-net1 vm1 vm2 vm3'],
    ['S3', 'floating_ips', '192.168.1.101 192.168.1.102 192.168.1.104 192.168.1.111 192.168.1.150'],
    ['S4', 'routers', 'extraroutes internal nosnat overlap'],
    ['S6', 'nodes', 'compute1 compute2 compute3 net1 net2'],
    [
      'S6ha',
      'ports',
      'dhcp-net1-net1 dhcp-net2-net1 fg-public-compute1 fg-public-compute2 fg-public-net1 fg-public-net2 h1 h2 h3 h4 ha-dvrha-net1 ha-dvrha-net2',
    ],
  ];

for (const [scenario, section, names] of NAMES)
  test(`${scenario}: readable names of ${section}`, async () => {
    const { topology } = importTopology(await recorded(scenario));
    assert.equal(topology[section].map(({ name }) => name).join(' '), names);
  });

test('S6ha: a router has its gateway, its interfaces with their SNAT ports, and its agents', async () => {
  const { topology } = importTopology(await recorded('S6ha'), { release: 'zed' });
  const [router] = topology.routers;
  assert.deepEqual(router, {
    name: 'dvrha',
    pointer: '/routers/dvrha',
    id: 'f0ca63ab-7df9-4fef-a7c3-b5eca16d90ca',
    distributed: true,
    ha: true,
    admin_state_up: true,
    external_gateway: {
      pointer: '/routers/dvrha/external_gateway',
      network: 'public',
      external_fixed_ips: [{ subnet: 'public-sub', ip_address: '192.168.1.21' }],
      enable_snat: true,
      node: 'net2',
      port_id: 'cca04641-7732-4438-93e2-981ae9ca6134',
      mac_address: 'fa:16:3e:2d:36:06',
    },
    interfaces: [
      {
        pointer: '/routers/dvrha/interfaces/net1-sub',
        subnet: 'net1-sub',
        ip_address: '10.0.0.1',
        port_id: 'cdff419e-717e-43e8-9a4d-82a969338d1c',
        mac_address: 'fa:16:3e:d5:60:36',
        snat: {
          pointer: '/routers/dvrha/interfaces/net1-sub/snat',
          ip_address: '10.0.0.209',
          port_id: 'e34d656a-3691-44b4-b3a3-e4ecaf0eddb1',
          mac_address: 'fa:16:3e:6b:ed:59',
        },
      },
      {
        pointer: '/routers/dvrha/interfaces/net2-sub',
        subnet: 'net2-sub',
        ip_address: '20.0.0.1',
        port_id: 'bd7fd677-934c-49fb-8dde-3c82ea45edcb',
        mac_address: 'fa:16:3e:86:a5:6b',
        snat: {
          pointer: '/routers/dvrha/interfaces/net2-sub/snat',
          ip_address: '20.0.0.245',
          port_id: 'a21a8bfb-faa2-4ca1-a160-7abf625e87c3',
          mac_address: 'fa:16:3e:3d:d7:8d',
        },
      },
    ],
    routes: [],
    l3_agents: [
      { node: 'net1', ha_state: 'standby' },
      { node: 'net2', ha_state: 'active' },
    ],
  });
});
