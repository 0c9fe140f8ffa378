/** A small cloud in every shape that Open vSwitch knows, and a node of it as an agent would leave it. */
import assert from 'node:assert/strict';
import { type Allocations, defaultAllocations } from '../../../shared/allocations.ts';
import { compare } from '../../../shared/compare.ts';
import { namespacesOf } from '../../../shared/expect.ts';
import { type OvsAllocations, noOvsAllocations } from '../../../shared/ovs/allocations.ts';
import { expectOpenVswitch } from '../../../shared/ovs/expect.ts';
import { readAllocations } from '../../../shared/readAllocations.ts';
import type { Flow, NodeState } from '../../../shared/state.ts';
import { readTopology } from '../../../shared/topology/read.ts';
import { relationsOf } from '../../../shared/topology/relations.ts';
import type { Topology } from '../../../shared/topology/types.ts';

export const VM = 'fa:16:3e:00:00:05';
export const FAR = 'fa:16:3e:00:00:06';
export const QR = 'fa:16:3e:00:00:01';
export const PAIR = 'fa:16:3e:00:00:07';

export const VXLAN = 'network_type: vxlan\n    segmentation_id: 100';
export const GRE = 'network_type: gre\n    segmentation_id: 100';
export const VLAN = 'network_type: vlan\n    physical_network: physnet1\n    segmentation_id: 200';
export const FLAT = 'network_type: flat\n    physical_network: physnet1';

export interface Shape {
  /** What the network is made of. */
  type: string;
  release: string;
  /** Further keys of the nodes. */
  node?: string;
  /** Further ports, as lines of YAML. */
  ports?: string;
}

/** Two nodes with a VM each on one network, and a distributed router. */
export function cloud({ type, release, node = '', ports = '' }: Shape): Topology {
  const { topology, problems } = readTopology(`
dvr: 1
release: ${release}
nodes:
  c1: {agent_mode: dvr, tunnel_ip: 10.251.0.1, bridge_mappings: {physnet1: br-ex}${node}}
  c2: {agent_mode: dvr, tunnel_ip: 10.251.0.2, bridge_mappings: {physnet1: br-ex}${node}}
networks:
  red:
    id: 11111111-1111-4111-8111-111111111111
    ${type}
    subnets:
      red-v4: {cidr: 10.0.0.0/24, gateway_ip: 10.0.0.1}
routers:
  r1:
    id: 22222222-2222-4222-8222-222222222222
    interfaces:
      red-v4: {port_id: 33333333-3333-4333-8333-333333333333, mac_address: "${QR}"}
ports:
  vm1: {id: 44444444-4444-4444-8444-444444444444, node: c1, network: red, mac_address: "${VM}", device_owner: "compute:nova", fixed_ips: [{ip_address: 10.0.0.5}],
    allowed_address_pairs: [{ip_address: 10.0.0.9, mac_address: "${PAIR}"}]}
  vm2: {id: 55555555-5555-4555-8555-555555555555, node: c2, network: red, mac_address: "${FAR}", device_owner: "compute:nova", fixed_ips: [{ip_address: 10.0.0.6}]}
${ports}`);
  assert.deepEqual(
    problems.filter(({ severity }) => severity === 'error'),
    [],
  );
  return topology;
}

/** Ports and flows of c1 alone, gaps aside: what a release has is judged here whether or not the rest of it is known. */
export function stateOf(topology: Topology, allocations: Allocations): NodeState {
  const lookup = relationsOf(topology);
  const context = { lookup, node: lookup.node.get('c1')!, allocations };
  const { ports, flows } = expectOpenVswitch(context, namespacesOf(topology, 'c1', allocations));
  return { node: 'c1', namespaces: {}, ports, flows, gaps: [] };
}

/** The node as an agent would leave it, with numbers for what it chooses. */
export function healthy(topology: Topology, choices: Partial<OvsAllocations> = {}): NodeState {
  const allocations = { ...defaultAllocations(topology, 'c1'), ovs: { ...noOvsAllocations(), ...choices } };
  const numbers = new Map<string, string>();
  const text = JSON.stringify(stateOf(topology, allocations)).replace(/<(ofport|DVR MAC) of [^>]*>/g, (what) => {
    const known =
      numbers.get(what) ?? (what.startsWith('<o') ? String(numbers.size + 1) : `fa:16:3f:00:00:0${numbers.size}`);
    numbers.set(what, known);
    return known;
  });
  const state = JSON.parse(text) as NodeState;
  const ports = state.ports!.map((port) => {
    const number = numbers.get(`<ofport of ${port.name}>`);
    return { ...port, ofport: number === undefined ? 65_534 : Number(number) };
  });
  const names = [...new Set(ports.map(({ bridge }) => bridge))];
  const bridges = names.map((name) => ({
    name,
    ofports: Object.fromEntries(ports.flatMap((port) => (port.bridge === name ? [[port.name, port.ofport]] : []))),
  }));
  return { ...state, bridges, ports };
}

export function differencesOf(topology: Topology, live: NodeState): string[] {
  const expected = stateOf(topology, readAllocations(topology, 'c1', live));
  return compare(expected, live).differences.map(({ kind, expected: text, live: there }) => `${kind} ${text} ${there}`);
}

/** Every port and every flow, removed in turn, must be one difference. */
export function checkEachRemoved(topology: Topology, live: NodeState): void {
  for (const aspect of ['ports', 'flows'] as const)
    for (const [i, item] of live[aspect]!.entries()) {
      const without = live[aspect]!.filter((_, at) => at !== i);
      const told = differencesOf(topology, { ...live, [aspect]: without });
      assert.equal(told.length, 1, `without ${JSON.stringify(item)}\n${told.join('\n')}`);
      assert.match(told[0]!, /^missing /);
    }
}

export const textOf = ({ bridge, table, priority, match, actions }: Flow): string =>
  `${bridge} ${table} ${priority} ${match === '' ? 'any' : match} -> ${actions}`;

/** Expected flows of c1, before anything is read back. */
export const flowsOf = (type: string, release = 'zed', node = ''): string[] => {
  const topology = cloud({ type, release, node });
  return stateOf(topology, defaultAllocations(topology, 'c1')).flows!.map(textOf);
};

export const dvr = (name: string): string => `<DVR MAC of ${name}>`;
export const ofport = (name: string): string => `<ofport of ${name}>`;
export const VM_PORT = ofport('tap44444444-44');
export const QR_PORT = ofport('qr-33333333-33');
