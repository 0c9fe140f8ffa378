import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importTopology } from '../../../server/neutron/import.ts';

/** Ids as a device name shows them: eleven characters are enough. */
const NET = 'aaaaaaaa-01';
const SUB = 'aaaaaaaa-02';
const PORT = 'aaaaaaaa-03';
const ROUTER = 'aaaaaaaa-04';
const AGENT = 'aaaaaaaa-05';
const OTHER = 'aaaaaaaa-06';
const SNAT = 'aaaaaaaa-07';

const network = { id: NET, name: 'red', 'router:external': false };
const subnet = { id: SUB, name: 'red-v4', network_id: NET, cidr: '10.0.0.0/24', gateway_ip: '10.0.0.1' };
const port = { id: PORT, name: 'vm1', network_id: NET, device_owner: 'compute:nova' };
const router = { id: ROUTER, name: 'router1', distributed: true };
const owned = (id: string, owner: string, ip: string) => ({
  id,
  network_id: NET,
  device_id: ROUTER,
  device_owner: `network:${owner}`,
  fixed_ips: [{ subnet_id: SUB, ip_address: ip }],
});

/** What is answered; a sentence of the notes (the only one). */
const NOTES: [answers: Record<string, unknown>, note: string][] = [
  [{ networks: 'none' }, 'networks.json: not a list, left out'],
  [{ networks: [null] }, 'networks.json[0]: not an object, left out'],
  [{ networks: { networks: [network, { name: 'x' }] } }, 'networks.json[1]: no id, left out'],
  [{ networks: [network, network] }, `networks.json[1]: id ${NET} for the second time, left out`],
  [{ networks: [{ ...network, mtu: '1450' }] }, 'networks.json[0]: mtu must be an integer from 68 to 65535; left out'],
  [{ networks: [{ ...network, name: 7 }] }, 'networks.json[0]: name must be a text; left out'],
  [
    { networks: [{ ...network, 'router:external': 'yes' }] },
    'networks.json[0]: router:external must be true or false; left out',
  ],
  [{ networks: [{ ...network, segments: [{}, {}] }] }, 'networks.json[0]: several segments, left out'],
  [{ subnets: [subnet] }, `subnets.json[0]: subnet ${SUB} has no known network, left out`],
  [
    { networks: [network], subnets: [{ ...subnet, cidr: null }] },
    `subnets.json[0]: subnet ${SUB} has no cidr, left out`,
  ],
  [
    { networks: [network], subnets: [{ ...subnet, host_routes: [{ destination: '10.9.0.0/16' }] }] },
    'subnets.json[0].host_routes[0]: incomplete, left out',
  ],
  [{ ports: [port] }, `ports.json[0]: port ${PORT} is on no network of networks.json, left out`],
  [
    { networks: [network], ports: [{ ...port, fixed_ips: [{ ip_address: '10.0.0.300' }] }] },
    'ports.json[0].fixed_ips[0]: ip_address must be an IP address, which `10.0.0.300` is not: 300 is more than 255; left out',
  ],
  [
    { networks: [network], ports: [{ ...port, fixed_ips: [{ subnet_id: SUB, ip_address: '10.0.0.5' }] }] },
    `ports.json[0].fixed_ips[0]: ${SUB} is no subnet of network red in subnets.json`,
  ],
  [
    { networks: [network], ports: [{ ...port, mac_address: 'fa:16' }] },
    'ports.json[0]: mac_address must be a MAC address such as fa:16:3e:00:00:01, which `fa:16` is not; left out',
  ],
  [
    {
      networks: [network],
      agents: [],
      'port-bindings': {
        [PORT]: {
          bindings: [
            { host: 'a', status: 'ACTIVE' },
            { host: 'b', status: 'INACTIVE' },
          ],
        },
      },
      ports: [{ ...port, 'binding:host_id': 'a' }],
    },
    `ports.json[0]: port ${PORT} is bound to b as well: only one node is kept`,
  ],
  [
    { networks: [network], ports: [{ ...port, 'binding:host_id': 'a' }] },
    'agents.json: not there; a is taken for agent_mode none by the ports bound to it: correct it by hand',
  ],
  [{ agents: [{ id: AGENT, agent_type: 'L3 agent' }] }, 'agents.json[0]: agent without host, left out'],
  [
    { agents: [{ id: AGENT, agent_type: 'L3 agent', host: 'a' }] },
    'agents.json[0]: agent_mode missing, taken as legacy',
  ],
  [
    { routers: [{ id: ROUTER }] },
    `routers.json[0]: nothing says whether router ${ROUTER} is distributed, taken as distributed`,
  ],
  [
    { routers: [{ ...router, external_gateway_info: { network_id: OTHER } }] },
    `routers.json[0]: external network ${OTHER} is not in networks.json, gateway left out`,
  ],
  [{ 'router-l3-agents': { x: { agents: [] } } }, 'router-l3-agents.json: x is not in routers.json, left out'],
  [{ 'router-l3-agents': { x: 7 }, routers: [] }, 'router-l3-agents.json: x: no list of agents, left out'],
  [{ 'port-forwardings': { x: [] } }, 'port-forwardings.json: x is not in floatingips.json, left out'],
  [{ floatingips: [{ id: OTHER }] }, 'floatingips.json[0]: no floating_ip_address, left out'],
  [
    { floatingips: [{ id: OTHER, floating_ip_address: '192.0.2.1', port_id: OTHER }] },
    `floatingips.json[0]: port_id ${OTHER} is not in the ports of the topology, left out`,
  ],
  [
    {
      networks: [network],
      subnets: [subnet],
      routers: [router],
      ports: [
        owned(OTHER, 'router_interface_distributed', '10.0.0.1'),
        owned(SNAT, 'router_interface_distributed', '10.0.0.2'),
      ],
    },
    'ports.json[1]: a second interface of one router on subnet red-v4, left out',
  ],
  [
    {
      networks: [network],
      subnets: [subnet],
      routers: [router],
      ports: [owned(SNAT, 'router_centralized_snat', '10.0.0.3')],
    },
    `ports.json[0]: SNAT port ${SNAT} has no interface of its own on subnet red-v4`,
  ],
  [{ quotas: { quotas: [] } }, 'quotas.json: holds nothing that is known here, passed over'],
];

for (const [answers, note] of NOTES)
  test(note, () => {
    assert.deepEqual(importTopology(answers).notes, [note]);
  });

test('nothing at all is an empty topology without notes', () => {
  const { topology, notes } = importTopology({}, { release: 'zed' });
  assert.deepEqual(topology, { release: 'zed', nodes: [], networks: [], routers: [], ports: [], floating_ips: [] });
  assert.deepEqual(notes, []);
});
