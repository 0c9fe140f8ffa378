/**
 * keepalived of an HA router has a default route of each gateway outside, where an agent by itself would write one over the other.
 * Judges: a recorded node of a router with two IPv4 subnets outside; for IPv6 what the kernel made of two such routes (`ip route prepend`).
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { aspectNamed } from '../../shared/aspects/table.ts';
import { compareNode } from '../../shared/compareNode.ts';
import type { NodeState } from '../../shared/state.ts';
import type { Topology } from '../../shared/topology/types.ts';
import { fibOf, lookup } from '../../shared/trace/fib.ts';
import { cloud, healthyNode } from '../support/healthy.ts';

const ROUTER = '11111111-1111-4111-8111-111111111111';

const text = (router: string, addresses: readonly string[]) => `dvr: 1
release: zed
nodes:
  net1: {agent_mode: dvr_snat}
  net2: {agent_mode: dvr_snat}
networks:
  red: {network_type: vxlan, subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  public:
    router:external: true
    network_type: flat
    subnets:
      a4: {cidr: 192.0.2.0/24}
      b4: {cidr: 198.51.100.0/24}
      a6: {cidr: '2001:db8:1::/64', gateway_ip: '2001:db8:1::1'}
      b6: {cidr: '2001:db8:2::/64', gateway_ip: '2001:db8:2::1'}
routers:
  edge:
    id: ${ROUTER}
    ${router}
    l3_agents: [{node: net1, ha_state: active}, {node: net2, ha_state: standby}]
    external_gateway: {network: public, port_id: aaaaaaaa-aa, node: net1, external_fixed_ips: [${addresses.map((ip) => `{ip_address: '${ip}'}`).join(', ')}]}
    interfaces: {red-v4: {snat: {ip_address: 10.0.0.3}}}
`;

const IPV4 = ['192.0.2.21', '198.51.100.21'];
const IPV6 = ['2001:db8:1::21', '2001:db8:2::21'];
const HA = 'distributed: true, ha: true'.replaceAll(', ', '\n    ');

const ROWS: readonly [what: string, router: string, addresses: readonly string[], node: string, routes: string[]][] = [
  [
    'distributed, the one added last first',
    HA,
    IPV4,
    'net1',
    [
      'default via 198.51.100.1 dev qg-aaaaaaaa-aa proto keepalived',
      'default via 192.0.2.1 dev qg-aaaaaaaa-aa proto keepalived',
    ],
  ],
  [
    'not distributed',
    'distributed: false\n    ha: true',
    IPV4,
    'net1',
    [
      'default via 198.51.100.1 dev qg-aaaaaaaa-aa proto keepalived',
      'default via 192.0.2.1 dev qg-aaaaaaaa-aa proto keepalived',
    ],
  ],
  [
    'IPv6, where the kernel makes one route of both',
    HA,
    IPV6,
    'net1',
    [
      'default proto keepalived metric 1024 nexthop via 2001:db8:1::1 dev qg-aaaaaaaa-aa weight 1 nexthop via 2001:db8:2::1 dev qg-aaaaaaaa-aa weight 1',
    ],
  ],
  ['a standby', HA, IPV4, 'net2', []],
  [
    'without HA the last one',
    'distributed: true',
    IPV4,
    'net1',
    ['default via 198.51.100.1 dev qg-aaaaaaaa-aa proto static'],
  ],
];

/** Devices without a name that somebody knows have differences of their own. */
const differing = (topology: Topology, live: NodeState): string[] =>
  compareNode(topology, live).comparison.differences.flatMap(({ kind, aspect, expected }) =>
    aspect === 'routes' && expected?.startsWith('default') ? [`${kind} ${expected.trim()}`] : [],
  );

for (const [what, router, addresses, node, expected] of ROWS)
  it(`default routes: ${what}`, () => {
    const topology = cloud(text(router, addresses));
    const live = healthyNode(topology, node);
    const name = router.includes('false') ? `qrouter-${ROUTER}` : `snat-${ROUTER}`;
    const { routes = [] } = live.namespaces[name] ?? {};
    const defaults = routes.filter(({ dst, table }) => dst === 'default' && table === undefined);
    assert.deepEqual(
      defaults.map((route) => aspectNamed('routes').explain(route).trim()),
      expected,
    );
    assert.deepEqual(differing(topology, live), []);
  });

it('a default route of keepalived that is not there is missing', () => {
  const topology = cloud(text(HA, IPV4));
  const live = healthyNode(topology, 'net1');
  const snat = live.namespaces[`snat-${ROUTER}`]!;
  snat.routes = snat.routes!.filter(({ gateway }) => gateway !== '192.0.2.1');
  assert.deepEqual(differing(topology, live), ['missing default via 192.0.2.1 dev qg-aaaaaaaa-aa proto keepalived']);
});

it('packets leave by the gateway whose route was added last', () => {
  const live = healthyNode(cloud(text(HA, IPV4)), 'net1');
  const { rules = [], routes = [] } = live.namespaces[`snat-${ROUTER}`]!;
  const result = lookup(fibOf(rules, routes, 'inet'), { src: '10.0.0.5', dst: '203.0.113.9', iif: 'sg-x', mark: 0 });
  assert.equal(result.type === 'route' && result.nexthop.gateway, '198.51.100.1');
});
