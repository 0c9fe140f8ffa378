/** Every release, on the topologies of all recordings and on nodes as its agents would leave them: the law, whatever a version has of the late changes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Allocations } from '../../shared/allocations.ts';
import { ASPECTS } from '../../shared/aspects/table.ts';
import { expect } from '../../shared/expect.ts';
import { BACKPORTED, type Change, FIRST, RELEASES, type Release, releaseMayHave } from '../../shared/releases.ts';
import type { NodeState } from '../../shared/state.ts';
import type { Topology } from '../../shared/topology/types.ts';
import { cloud, differencesOf, healthyNode, linesOf, told } from '../support/healthy.ts';
import { SCENARIOS, topologyOf } from '../support/recordings.ts';

/** Of scenarios of which another one holds all that they have. */
const SMALLER = new Set<string>(['S1', 'S2', 'S3b']);
const topologies: [string, Topology][] = SCENARIOS.filter((name) => !SMALLER.has(name)).map((name) => [
  name,
  topologyOf(name),
]);
const CHANGES = Object.keys(BACKPORTED).filter((change): change is Change => Object.hasOwn(FIRST, change));

/** Agents that have all late changes of their release, and such that have none. */
const VERSIONS: [string, (release: Release) => (allocations: Allocations) => void][] = [
  ['last', () => () => {}],
  [
    'first',
    (release) => (allocations) => {
      const open = CHANGES.filter((change) => releaseMayHave(release, change));
      allocations.backports = Object.fromEntries(open.map((change) => [change, false]));
    },
  ],
];

const isOpen = (release: Release) => CHANGES.some((change) => !isOfOvs(change) && releaseMayHave(release, change));
const isOfOvs = (change: string): boolean => change.startsWith('flow_');

/** Whether something in namespaces changed in a release: others are as the one before. */
const isNew = (release: Release, i: number): boolean =>
  i === 0 ||
  Object.entries(FIRST).some(([change, first]) => {
    const oldest = (BACKPORTED as Partial<Record<string, Release>>)[change];
    return !isOfOvs(change) && (first === release || oldest === release);
  });

describe('a healthy node has no differences', () => {
  for (const release of RELEASES.filter(isNew))
    for (const [version, choose] of isOpen(release) ? VERSIONS : VERSIONS.slice(0, 1))
      it(`${release}, ${version} version`, () => {
        for (const [scenario, recorded] of topologies) {
          const topology = { ...recorded, release };
          for (const { name } of topology.nodes) {
            const live = withMacs(healthyNode(topology, name, choose(release)));
            assert.deepEqual(told(differencesOf(topology, live)), [], `${scenario} ${name}`);
          }
        }
      });
});

/** Veth ends have MACs on a node; a placeholder would be no address. */
function withMacs(live: NodeState): NodeState {
  const text = JSON.stringify(live);
  const names = [...new Set(text.match(/<mac of [^>]*>/g))];
  const macs = new Map(names.map((name, i) => [name, `0a:00:00:00:00:${(i + 16).toString(16)}`]));
  const own = text
    .replace(/<mac of [^>]*>/g, (name) => macs.get(name)!)
    .replace(/<link-local address of ([^>]*)>/g, (_, device: string) => linkLocal(macs.get(`<mac of ${device}>`)!));
  return JSON.parse(own) as NodeState;
}

const linkLocal = (mac: string): string => `fe80::800:ff:fe00:${mac.split(':')[5]!}`;

const placeholders = (state: NodeState): string[] => [
  ...new Set(
    JSON.stringify(state.namespaces, (key, value: unknown) => (key === 'because' ? undefined : value)).match(
      /<(mac|address|SNAT|IPv6)[^>]*>/g,
    ),
  ),
];

it('no release leaves more open than Zed', () => {
  for (const [scenario, recorded] of topologies)
    for (const { name } of recorded.nodes) {
      const known = new Set(placeholders(expect({ ...recorded, release: 'zed' }, name)));
      for (const release of RELEASES)
        assert.deepEqual(
          placeholders(expect({ ...recorded, release }, name)).filter((text) => !known.has(text)),
          [],
          `${scenario} ${name} ${release}`,
        );
    }
});

/** All lines of a node by namespace and aspect. */
function allLines(state: NodeState): string[] {
  const files = (state.allocations ?? []).map(({ file, key, value }) => `${file} ${key} ${value}`);
  return [
    ...Object.keys(state.namespaces).flatMap((name) =>
      ASPECTS.flatMap((aspect) => linesOf(state, name, aspect.name).map((line) => `${name} ${aspect.name} ${line}`)),
    ),
    ...files,
  ];
}

it('neighbouring releases differ only where the table says that something changed between them', () => {
  for (const [scenario, recorded] of topologies)
    for (const { name } of recorded.nodes)
      for (const [i, release] of RELEASES.entries()) {
        const before = RELEASES[i - 1];
        if (before === undefined) continue;
        if (isNew(release, i)) continue;
        const lines = (of: Release) => allLines(expect({ ...recorded, release: of }, name));
        assert.deepEqual(lines(release), lines(before), `${scenario} ${name} ${before} ${release}`);
      }
});

describe('an altered item of an old release is one difference', () => {
  const topology = (release: Release): Topology =>
    cloud(`
release: ${release}
nodes: {compute1: {agent_mode: dvr}, net1: {agent_mode: dvr_snat}}
networks:
  red: {network_type: vxlan, subnets: {red-v4: {cidr: 10.0.1.0/24}}}
  public: {id: 44444444-aaaa-4aaa-8aaa-aaaaaaaaaaaa, router:external: true, network_type: flat, subnets: {public-v4: {cidr: 203.0.113.0/24}}}
routers:
  r:
    id: 11111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa
    external_gateway: {network: public, ip_address: 203.0.113.10, node: net1, port_id: dddddddd-11, mac_address: 'fa:16:3e:00:00:10'}
    interfaces:
      red-v4: {port_id: aaaaaaaa-11, mac_address: 'fa:16:3e:00:00:01', snat: {ip_address: 10.0.1.5, port_id: cccccccc-11, mac_address: 'fa:16:3e:00:00:05'}}
    routes: [{destination: 172.16.0.0/16, nexthop: 10.0.1.9}, {destination: 172.17.0.0/16, nexthop: 10.0.1.9}]
ports:
  vm1: {node: compute1, network: red, mac_address: 'fa:16:3e:00:00:11', fixed_ips: [{ip_address: 10.0.1.11}]}
  vm2: {node: compute1, network: red, mac_address: 'fa:16:3e:00:00:12', fixed_ips: [{ip_address: 10.0.1.12}]}
  vm3: {node: compute1, network: red, mac_address: 'fa:16:3e:00:00:13', fixed_ips: [{ip_address: 10.0.1.13}]}
  fg1: {node: compute1, network: public, id: ffffffff-11, mac_address: 'fa:16:3e:00:00:21', device_owner: network:floatingip_agent_gateway, fixed_ips: [{ip_address: 203.0.113.21}]}
  fg2: {node: net1, network: public, id: ffffffff-22, mac_address: 'fa:16:3e:00:00:22', device_owner: network:floatingip_agent_gateway, fixed_ips: [{ip_address: 203.0.113.22}]}
floating_ips: {203.0.113.50: {port: vm1}, 203.0.113.51: {port: vm2}, 203.0.113.52: {port: vm3}}
`);
  for (const release of [
    'juno',
    'kilo',
    'liberty',
    'mitaka',
    'newton',
    'queens',
    'stein',
    'train',
    'ussuri',
    'yoga',
  ] as const)
    it(`${release}: removed`, () => {
      const own = topology(release);
      for (const node of ['compute1', 'net1']) {
        const live = withMacs(healthyNode(own, node));
        assert.deepEqual(told(differencesOf(own, live)), []);
        for (const [name, state] of Object.entries(live.namespaces))
          for (const { name: aspect } of ASPECTS) {
            const items = state[aspect] ?? [];
            for (const index of items.keys()) {
              const less = { ...state, [aspect]: items.toSpliced(index, 1) };
              const differences = differencesOf(own, { ...live, namespaces: { ...live.namespaces, [name]: less } });
              const what = `${node} ${name} ${linesOf(live, name, aspect)[index]}`;
              assert.equal(differences.length, 1, `${what}: ${told(differences).join('\n')}`);
            }
          }
      }
    });
});
