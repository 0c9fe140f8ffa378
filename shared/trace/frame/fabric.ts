/**
 * Open vSwitch of all nodes, as frames meet it: what a state leaves open gets a value, and each port that leads out of the node
 * says where to. A node is made ready when the first frame comes there.
 */
import { type Switch, switchOf } from '../../openflow/switch.ts';
import type { NodeState, OvsPort } from '../../state.ts';
import type { Cloud, Endpoint } from '../cloud.ts';
import { type Concrete, type KnownMatches, readerOf } from './concrete.ts';

/** A cloud's switches; it remembers nothing of packets. */
export interface Fabric {
  cloud: Cloud;
  concrete: Concrete;
  /** Matches of flows of all nodes. */
  matches: KnownMatches;
  states: ReadonlyMap<string, NodeState>;
  switches: Map<string, NodeSwitch | { missing: string }>;
  nodeByTunnelIp?: Map<string, string>;
}

/** Open vSwitch of one node. */
export interface NodeSwitch {
  node: string;
  of: Switch;
  /** Ports by name; there is no name twice on a node. */
  ports: ReadonlyMap<string, PlacedPort>;
  /** Names of the ports of Neutron ports, by `iface-id` and by MAC. */
  byId: ReadonlyMap<string, string>;
  byMac: ReadonlyMap<string, string>;
  /** Physical network → its bridge, and what leads onto its wire. */
  bridges: ReadonlyMap<string, string>;
  uplinks: ReadonlyMap<string, readonly PlacedPort[]>;
  /** The physical networks onto whose wires a port leads, by its name. */
  networks: ReadonlyMap<string, readonly string[]>;
}

/** A port with its place. */
export interface PlacedPort {
  name: string;
  bridge: string;
  ofport: number;
  port: OvsPort | undefined;
}

export const fabricOf = (cloud: Cloud): Fabric => ({
  cloud,
  concrete: new Map(),
  matches: new Map(),
  states: new Map(cloud.states.map((state) => [state.node, state])),
  switches: new Map(),
});

/** Why nothing is known of a node that was not read, and what to do. */
export const stateMissing = (node: string): string => `there is no state of node ${node}: collect it and ask again`;

/** The switch of a node, or why it is not known. */
export function switchOn(fabric: Fabric, node: string): NodeSwitch | { missing: string } {
  const known = fabric.switches.get(node);
  if (known) return known;
  const made = makeSwitch(fabric, node);
  fabric.switches.set(node, made);
  return made;
}

function makeSwitch(fabric: Fabric, node: string): NodeSwitch | { missing: string } {
  const state = fabric.states.get(node);
  if (!state) return { missing: stateMissing(node) };
  const gap = state.gaps.find(
    ({ namespace, aspect }) => namespace === '-' && (aspect === 'flows' || aspect === 'ports'),
  );
  if (gap) return { missing: gap.reason };
  if (!state.flows || !state.ports) return { missing: `${state.flows ? 'ports' : 'flows'} were not collected` };
  const mappings = mappingsOf(fabric.cloud, node);
  const ports = portsOf(state, fabric.cloud.from === 'expected' ? mappings : undefined);
  const numbers = numbersOf(ports);
  const reader = readerOf(fabric, (bridge, port) => numbers.get(bridge)?.get(port));
  const of = switchOf({ ...state, ports }, {}, reader);
  const placed = placedPorts(of, ports);
  const uplinks = mappings.map(([physnet, bridge]) => [physnet, uplinksOf(of, placed, bridge)] as const);
  return {
    node,
    of,
    ports: placed,
    ...neutronPorts(ports),
    bridges: new Map(mappings),
    uplinks: new Map(uplinks),
    networks: networksByPort(uplinks),
  };
}

const mappingsOf = ({ wiring: { bridgeMappings } }: Cloud, node: string): [string, string][] =>
  bridgeMappings && Object.hasOwn(bridgeMappings, node) ? Object.entries(bridgeMappings[node]!) : [];

/** @param mappings those of an expected node: what a switch chooses and who wired the node plugged is given to it */
function portsOf(state: NodeState, mappings: [string, string][] | undefined): OvsPort[] {
  const names = new Map((state.ports ?? []).map((port) => [port.name, port]));
  const known = knownBridges(state);
  // Behind a bridge whose flows nobody asked for is the wire, for all that is known.
  const ports = (state.ports ?? []).flatMap((port) => (known.has(port.bridge) ? [joined(port, names)] : []));
  if (!mappings) return ports;
  const last = new Map<string, number>();
  for (const { bridge, ofport = 0 } of ports) last.set(bridge, Math.max(last.get(bridge) ?? 0, ofport % LOCAL));
  const next = (bridge: string): number => {
    const ofport = (last.get(bridge) ?? 0) + 1;
    last.set(bridge, ofport);
    return ofport;
  };
  const uplinks = [...new Set(mappings.map(([, bridge]) => bridge))].filter((bridge) => known.has(bridge));
  return [
    ...ports.map((port) =>
      port.ofport === undefined && port.name !== port.bridge ? { ...port, ofport: next(port.bridge) } : port,
    ),
    ...uplinks.map((bridge) => ({ ...UPLINK, bridge, name: `<physical device of ${bridge}>`, ofport: next(bridge) })),
  ];
}

/** Bridges of which the flows are known, if only that there are none: the integration bridge and those that are patched to it are always dumped. */
function knownBridges({ flows = [], ports = [], bridges = [] }: NodeState): Set<string> {
  const inside = new Set(ports.flatMap(({ bridge, name }) => (bridge === INTEGRATION_BRIDGE ? [name] : [])));
  const known = new Set<string>();
  for (const { bridge } of flows) known.add(bridge);
  return new Set([
    INTEGRATION_BRIDGE,
    ...known,
    ...bridges.map(({ name }) => name),
    ...ports.flatMap(({ bridge, options }) => (inside.has(options['peer'] ?? '') ? [bridge] : [])),
  ]);
}

/** `OFPP_LOCAL`. */
const LOCAL = 0xfffe;

const UPLINK: Omit<OvsPort, 'bridge' | 'name'> = { type: '', external_ids: {}, other_config: {}, options: {} };

/**
 * Ends of what is not followed further: a trunk's port on br-int stands for its VM (`trunk_manager.py: get_patch_peer_attrs` gives it
 * the `iface-id`). Old agents join bridges by veth pairs, which carry frames as patches do (`ovs_neutron_agent.py: setup_physical_bridges`).
 */
function joined(port: OvsPort, names: ReadonlyMap<string, OvsPort>): OvsPort {
  if (port.type === 'patch' && port.external_ids['iface-id'] !== undefined) return { ...port, type: '' };
  const [, side, rest] = /^(int|phy)-(.+)$/.exec(port.name) ?? [];
  const peer = names.get(`${side === 'int' ? 'phy' : 'int'}-${rest}`);
  const isVeth = rest !== undefined && port.type === '' && peer?.type === '' && peer.bridge !== port.bridge;
  return isVeth ? { ...port, type: 'patch', options: { peer: peer.name } } : port;
}

function numbersOf(ports: readonly OvsPort[]): Map<string, Map<string, number>> {
  const numbers = new Map<string, Map<string, number>>();
  for (const { bridge, name, ofport } of ports) {
    const known = numbers.get(bridge) ?? new Map<string, number>();
    numbers.set(bridge, known);
    if (ofport !== undefined) known.set(name, ofport);
  }
  return numbers;
}

function placedPorts(of: Switch, ports: readonly OvsPort[]): Map<string, PlacedPort> {
  const byName = new Map(ports.map((port) => [port.name, port]));
  const placed = new Map<string, PlacedPort>();
  for (const { name: bridge, ports: own } of of.bridges.values())
    for (const { name, ofport } of own.values()) placed.set(name, { name, bridge, ofport, port: byName.get(name) });
  return placed;
}

function neutronPorts(ports: readonly OvsPort[]): Pick<NodeSwitch, 'byId' | 'byMac'> {
  const [byId, byMac] = [new Map<string, string>(), new Map<string, string>()];
  // Of a trunk's parent, which is on two bridges, the port on br-int counts: it comes last.
  for (const { name, external_ids: ids } of ports.toSorted((a, b) => rankOf(a) - rankOf(b))) {
    if (ids['iface-id'] !== undefined) byId.set(ids['iface-id'], name);
    if (ids['attached-mac'] !== undefined) byMac.set(ids['attached-mac'], name);
  }
  return { byId, byMac };
}

const rankOf = ({ bridge }: OvsPort): number => (bridge.startsWith('tbr-') ? 0 : 1);

/** The name of an endpoint's port; undefined when it is not plugged in. */
export const portOfEndpoint = (of: NodeSwitch, { id, mac }: Endpoint): string | undefined =>
  (id === undefined ? undefined : (of.byId.get(id) ?? byBeginning(of, id))) ??
  (mac === undefined ? undefined : of.byMac.get(mac));

const UUID_LENGTH = 36;

/** A topology may give the beginning of an id alone, as device names do. */
const byBeginning = ({ byId }: NodeSwitch, id: string): string | undefined =>
  id.length < UUID_LENGTH ? [...byId].find(([whole]) => whole.startsWith(id))?.[1] : undefined;

/** Whether a port stands for a Neutron port, is a tunnel, or leads on inside of the node. */
const isWired = ({ bridge, ofport, name, port }: PlacedPort, of: Switch): boolean =>
  ofport === LOCAL ||
  name === bridge ||
  port?.options['remote_ip'] !== undefined ||
  port?.external_ids['iface-id'] !== undefined ||
  of.bridges.get(bridge)?.ports.get(ofport)?.peer !== undefined;

/** The ports of a physical bridge, and of bridges behind it, that are nothing of the node's own. */
function uplinksOf(of: Switch, ports: ReadonlyMap<string, PlacedPort>, bridge: string): PlacedPort[] {
  const behind = bridgesBehind(of, bridge);
  return [...ports.values()].filter((port) => behind.has(port.bridge) && !isWired(port, of));
}

/** The bridge and those that patches join to it, up to the integration bridge, where all come together. */
function bridgesBehind(of: Switch, bridge: string): Set<string> {
  const found = new Set([bridge]);
  for (const name of found) {
    const peers = [...(of.bridges.get(name)?.ports.values() ?? [])];
    for (const { peer } of peers) if (peer && peer.bridge !== INTEGRATION_BRIDGE) found.add(peer.bridge);
  }
  return found;
}

/** `conf/plugins/ml2/drivers/ovs_conf.py: integration_bridge`. */
export const INTEGRATION_BRIDGE = 'br-int';

function networksByPort(uplinks: readonly (readonly [string, readonly PlacedPort[]])[]): Map<string, string[]> {
  const networks = new Map<string, string[]>();
  for (const [physnet, ports] of uplinks)
    for (const { name } of ports) networks.set(name, [...(networks.get(name) ?? []), physnet]);
  return networks;
}

const NO_NETWORKS: readonly string[] = [];

/** The physical networks onto whose wires a port leads. */
export const networksOf = ({ networks }: NodeSwitch, name: string): readonly string[] =>
  networks.get(name) ?? NO_NETWORKS;

/** The node that has an address of tunnels. */
export function nodeOfTunnel(fabric: Fabric, ip: string): string | undefined {
  const { wiring, states } = fabric.cloud;
  fabric.nodeByTunnelIp ??= new Map(Object.entries(wiring.tunnelIps ?? {}).map(([node, tunnelIp]) => [tunnelIp, node]));
  const told = fabric.nodeByTunnelIp.get(ip);
  if (told !== undefined) return told;
  // Only what the topology leaves out is looked for in the ports of all nodes, which take long to make.
  for (const { node, ports } of states) {
    const local = ports?.find(({ options }) => options['local_ip'] !== undefined)?.options['local_ip'];
    if (local !== undefined && !fabric.nodeByTunnelIp.has(local)) fabric.nodeByTunnelIp.set(local, node);
  }
  return fabric.nodeByTunnelIp.get(ip);
}
