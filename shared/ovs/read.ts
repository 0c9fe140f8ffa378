/** What Open vSwitch and its agent chose on a node, read back from its ports and flows: of several words on one thing the most frequent stands. */
import type { Allocations } from '../allocations.ts';
import { type Context, macOf, releaseOf } from '../namespaces/devices.ts';
import { type Namespace, isUnknown } from '../namespaces/types.ts';
import { elect } from '../readHa.ts';
import type { Flow, NodeState, OvsPort } from '../state.ts';
import type { Node } from '../topology/types.ts';
import { type OvsAllocations, noOvsAllocations } from './allocations.ts';
import { type OvsFacts, type Plugged, ovsFacts } from './facts.ts';
import { placeKey, seenKey } from './flow.ts';
import { BR_INT, BR_TUN, PEER_PREFIX, TRUNK_PREFIX, isTunnelled, peerName, trunkPeer, trunkPort } from './names.ts';
import { readChanges, readFlatDvr } from './readChanges.ts';
import { readExtraFloods } from './readFloods.ts';
import { readGatewayMacs } from './readGateways.ts';
import { readDvrMacs } from './readMacs.ts';
import { macsBySpoofing } from './readSpoofing.ts';
import { chainOf } from './tables.ts';
import { remotePorts } from './tunnels.ts';

/** Puts `ovs` into the context's allocations, and MACs that the topology leaves out. */
export function readOvsAllocations(
  { lookup, node, allocations }: Omit<Context, 'node'> & { node: Node | undefined },
  namespaces: readonly Namespace[],
  live: NodeState,
): void {
  if (!node || (!live.ports && !live.flows)) return;
  const context: Context = { lookup, node, allocations };
  const [ports, flows] = [live.ports ?? [], live.flows ?? []];
  const ovs = noOvsAllocations();
  allocations.ovs = ovs;
  for (const flow of flows) {
    ovs.seen[seenKey(flow)] = true;
    ovs.seen[placeKey(flow)] = true;
  }
  ovs.hasTunnelBridge = [...ports, ...flows].some(({ bridge }) => bridge === BR_TUN);
  ovs.hasNoMappings =
    live.ports !== undefined &&
    Object.keys(node.bridge_mappings).length === 0 &&
    !ports.some(({ bridge, name }) => bridge === BR_INT && name.startsWith(PEER_PREFIX.int));
  ovs.hasFlowFirewall = FIREWALL_TABLES.every((table) =>
    flows.some((flow) => flow.bridge === BR_INT && flow.table === table),
  );
  ovs.chain = chainOf(flows, releaseOf(context));
  readChanges(context, ports, flows, ovs);
  readDevices(context, ports, live, ovs);
  readIds(ovsFacts(context, namespaces), ports, ovs);
  readCookies(flows, ovs);
  const facts = ovsFacts(context, namespaces);
  readOfports(facts, live, ovs);
  readLocalVlans(facts, ports, flows, ovs);
  readFlatDvr(ovsFacts(context, namespaces), flows, ovs);
  readDvrMacs(facts, flows, ovs);
  readGatewayMacs(facts, flows, ovs);
  readExtraFloods(ovsFacts(context, namespaces), flows, ovs);
  readRemoteMacs(ovsFacts(context, namespaces), flows, allocations);
}

/** `linux/openvswitch_firewall/constants.py`: tables that only that firewall fills. */
const FIREWALL_TABLES = [71, 72, 81, 82];

/** How who plugs a VM may call its device: Nova's tap, hybrid plug, vhost-user; and the types of such interfaces. */
const VM_PREFIXES = ['tap', 'qvo', 'vhu'];

const namesOf = (id: string): string[] => [
  ...VM_PREFIXES.map((prefix) => `${prefix}${id}`.slice(0, 14)),
  ...Object.values(TRUNK_PREFIX).map((prefix) => trunkPort(prefix, id)),
];

const VM_TYPES = ['', 'internal', 'system', 'dpdkvhostuser', 'dpdkvhostuserclient'];

/** Devices of ports that are bound to this node. */
function readDevices(
  { lookup, node, allocations }: Context,
  ports: readonly OvsPort[],
  live: NodeState,
  ovs: OvsAllocations,
): void {
  // A trunk's bridge has the same ids on its side.
  const own = ports.filter(({ bridge }) => bridge === BR_INT);
  const byId = new Map(
    own.flatMap((port) => (port.external_ids['iface-id'] ? [[port.external_ids['iface-id'], port] as const] : [])),
  );
  const byName = new Map(own.map((port) => [port.name, port]));
  const shown = live.bridges?.find(({ name }) => name === BR_INT)?.ofports ?? {};
  const vms = lookup.topology.ports.filter(
    (port) => port.node === node.name && !port.device_owner.startsWith('network:'),
  );
  const usual =
    elect(vms.map(({ id }) => byId.get(id ?? '')?.type).filter((type) => VM_TYPES.includes(type ?? 'none'))) ?? '';
  const macs = macsBySpoofing(lookup.topology, node.name, own, live.flows ?? []);
  for (const port of lookup.topology.ports) {
    if (port.node !== node.name && port.migrating_to !== node.name) continue;
    const usualNames = port.id === undefined ? [] : namesOf(port.id);
    const name = usualNames.find((candidate) => byName.has(candidate) || Object.hasOwn(shown, candidate));
    // Of a port without id the MAC tells, which neighbours may have told, or the switch.
    const mac = port.mac_address ?? allocations.macs[port.pointer] ?? macs.get(port.pointer);
    const found =
      (name === undefined ? undefined : byName.get(name)) ??
      (port.id !== undefined
        ? byId.get(port.id)
        : mac === undefined
          ? undefined
          : own.find(({ external_ids: ids }) => ids['attached-mac'] === mac));
    if (found && port.mac_address === undefined && found.external_ids['attached-mac'] !== undefined)
      allocations.macs[port.pointer] ??= found.external_ids['attached-mac'];
    if (port.device_owner.startsWith('network:')) continue;
    const device = name ?? (found && nameOf(found, shown));
    if (device === undefined) continue;
    const ofVm = found && VM_TYPES.includes(found.type) ? found.type : usual;
    ovs.devices[port.pointer] = { name: device, type: trunkPeer(device) === undefined ? ofVm : 'patch' };
  }
}

/** Whoever plugs a port may call its device anything; the switch's own word stands against the database's. */
const nameOf = ({ name, ofport }: OvsPort, shown: Readonly<Record<string, number>>): string =>
  Object.hasOwn(shown, name) ? name : (Object.entries(shown).find(([, number]) => number === ofport)?.[0] ?? name);

const FULL_ID = 36;

/** Ids of which the topology has nothing or the beginning. */
function readIds({ networks, unbound, ovs: before }: OvsFacts, ports: readonly OvsPort[], ovs: OvsAllocations): void {
  const byName = new Map(ports.filter(({ bridge }) => bridge === BR_INT).map((port) => [port.name, port]));
  const readId = ({ name, id }: Plugged): void => {
    const live = byName.get(name)?.external_ids['iface-id'];
    const shown = name.slice(name.indexOf('-') > 0 && name.indexOf('-') < 4 ? name.indexOf('-') + 1 : 3);
    if (isUnknown(id) && live?.startsWith(shown) && before.ifaceIds[name] === undefined) ovs.ifaceIds[name] = live;
  };
  for (const { network, plugged } of networks) {
    const there = plugged.flatMap(({ name }) => byName.get(name) ?? []);
    if (network.id?.length !== FULL_ID) {
      const id = elect(there.map(({ other_config }) => other_config['net_uuid']));
      if (id !== undefined && id.startsWith(network.id ?? '')) ovs.networkIds[network.name] = id;
    }
    for (const port of plugged) readId(port);
  }
  for (const port of unbound) readId(port);
}

function readCookies(flows: readonly Flow[], ovs: OvsAllocations): void {
  const votes = new Map<string, string[]>();
  for (const { bridge, cookie } of flows) {
    const list = votes.get(bridge);
    if (list) list.push(cookie);
    else votes.set(bridge, [cookie]);
  }
  for (const [bridge, cookies] of votes) ovs.cookies[bridge] = elect(cookies)!;
}

/** The database, the switch itself, and the flows that name the port each tell its number. */
function readOfports(facts: OvsFacts, live: NodeState, ovs: OvsAllocations): void {
  const votes = new Map<string, (number | undefined)[]>();
  const vote = (key: string, ofport: number | undefined) => {
    if (ofport === undefined || ofport <= 0) return;
    const list = votes.get(key);
    if (list) list.push(ofport);
    else votes.set(key, [ofport]);
  };
  for (const { name, ofports } of live.bridges ?? [])
    for (const [port, ofport] of Object.entries(ofports)) vote(`${name} ${port}`, ofport);
  for (const { bridge, name, ofport } of live.ports ?? []) vote(`${bridge} ${name}`, ofport);
  const told = portsInFlows(live.flows ?? []);
  for (const { plugged } of facts.networks)
    for (const { name, mac } of plugged) for (const ofport of told.get(mac) ?? []) vote(`${BR_INT} ${name}`, ofport);
  for (const [key, list] of votes) ovs.ofports[key] = elect(list)!;
}

/** MAC → numbers of the port that it is behind, in flows that deliver to one port or hold it to its MAC. */
function portsInFlows(flows: readonly Flow[]): Map<string, number[]> {
  const told = new Map<string, number[]>();
  for (const { bridge, table, priority, match, actions } of flows) {
    if (bridge !== BR_INT) continue;
    const [mac, ofport] =
      table === 60 && priority === 20
        ? [/dl_dst=([0-9a-f:]{17})/.exec(match)?.[1], /output:(\d+)$/.exec(actions)?.[1]]
        : table === 25 && priority === 2
          ? [/dl_src=([0-9a-f:]{17})/.exec(match)?.[1], /in_port=(\d+)/.exec(match)?.[1]]
          : (table === 3 || table === 4) && priority === 5
            ? [/^set_field:([0-9a-f:]{17})->eth_dst/.exec(actions)?.[1], /output:(\d+)$/.exec(actions)?.[1]]
            : [];
    if (mac !== undefined && ofport !== undefined) told.set(mac, [...(told.get(mac) ?? []), Number(ofport)]);
  }
  return told;
}

const MAX_VLAN_TAG = 4094;

/** Tags of the network's ports, and the flows that translate between its segment and its local VLAN. */
function readLocalVlans(facts: OvsFacts, ports: readonly OvsPort[], flows: readonly Flow[], ovs: OvsAllocations): void {
  const byName = new Map(ports.filter(({ bridge }) => bridge === BR_INT).map((port) => [port.name, port]));
  const used = new Set<number>();
  for (const { network, plugged } of facts.networks) {
    const there = plugged.flatMap(({ name }) => byName.get(name) ?? []);
    const votes = [
      ...there.flatMap(({ tag, other_config }) => [tag, numberOf(other_config['tag'])]),
      ...(isTunnelled(network.network_type)
        ? tunnelVotes(network.segmentation_id, flows)
        : physicalVotes(facts, network, flows)),
    ];
    const chosen = elect(votes.filter((vote) => vote !== undefined && vote > 0 && vote <= MAX_VLAN_TAG));
    if (chosen === undefined || used.has(chosen)) continue;
    used.add(chosen);
    ovs.localVlans[network.name] = chosen;
  }
}

const numberOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;

const setVlanOf = (actions: string): number | undefined => {
  const value = numberOf(/set_field:(\d+)->vlan_vid/.exec(actions)?.[1]);
  return value === undefined ? undefined : value - 0x1000;
};

function tunnelVotes(segmentation: number | undefined, flows: readonly Flow[]): (number | undefined)[] {
  if (segmentation === undefined) return [];
  const id = `0x${segmentation.toString(16)}`;
  return flows.flatMap(({ bridge, table, match, actions }) => {
    if (bridge !== BR_TUN) return [];
    if (match === `tun_id=${id}`) return [setVlanOf(actions)];
    return table === 22 && actions.includes(`set_field:${id}->tun_id`)
      ? [numberOf(/^dl_vlan=(\d+)$/.exec(match)?.[1])]
      : [];
  });
}

function physicalVotes(
  facts: OvsFacts,
  network: OvsFacts['networks'][number]['network'],
  flows: readonly Flow[],
): (number | undefined)[] {
  const { physical, ovs } = facts;
  const bridge = physical.find(({ physnet }) => physnet === network.physical_network)?.bridge;
  if (bridge === undefined) return [];
  const peer = ovs.ofports[`${BR_INT} ${peerName('int', bridge)}`];
  const field = network.network_type === 'flat' ? 'vlan_tci=0x0000/0x1fff' : `dl_vlan=${network.segmentation_id}`;
  return flows.flatMap((flow) => {
    if (flow.bridge === BR_INT && flow.table === 0 && flow.priority === 3 && flow.match === `in_port=${peer},${field}`)
      return [setVlanOf(flow.actions)];
    const leaves = network.network_type === 'vlan' && setVlanOf(flow.actions) === network.segmentation_id;
    return flow.bridge === bridge && flow.table === 2 && leaves
      ? [numberOf(/dl_vlan=(\d+)/.exec(flow.match)?.[1])]
      : [];
  });
}

/** MACs of ports on other nodes that the topology leaves out: the ARP responder answers with them. */
function readRemoteMacs(facts: OvsFacts, flows: readonly Flow[], allocations: Allocations): void {
  const answers = new Map<string, string>();
  for (const { bridge, table, match, actions } of flows) {
    const mac = bridge === BR_TUN && table === 21 ? /set_field:([0-9a-f:]{17})->arp_sha/.exec(actions)?.[1] : undefined;
    if (mac !== undefined) answers.set(match, mac);
  }
  for (const { network, localVlan } of facts.networks)
    for (const port of remotePorts(facts, network)) {
      if (!isUnknown(macOf(facts.context, port.key, port.mac, port.what))) continue;
      const macs = port.addresses.map((ip) => answers.get(`arp,dl_vlan=${localVlan},arp_tpa=${ip}`));
      const mac = elect(macs);
      if (mac !== undefined) allocations.macs[port.key] = mac;
    }
}
