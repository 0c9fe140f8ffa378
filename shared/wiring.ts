/** From a topology to what a trace needs besides the states of the nodes: segments, plugs and endpoints. */
import { type Allocations, defaultAllocations } from './allocations.ts';
import { type Making, type NodeParts, ON_DEMAND, WITHOUT_SWITCH, expectParts, namespacesOf } from './expect.ts';
import { parsePrefix } from './ip.ts';
import { macOf } from './namespaces/devices.ts';
import { type Device, type Namespace, devicesOf } from './namespaces/types.ts';
import { DEVICE_OWNER, METADATA_PORT } from './neutron.ts';
import { isTunnelled } from './ovs/names.ts';
import { readAllocations } from './readAllocations.ts';
import type { Gap, NodeState } from './state.ts';
import { grouped } from './topology/lookup.ts';
import { type Relations, relationsOf, subnetOf } from './topology/relations.ts';
import type { Network, Node, Port, Router, Topology } from './topology/types.ts';
import type { Carrier, Cloud, Endpoint, EndpointAddress, Segment, WiredDevice, Wiring } from './trace/cloud.ts';

/** What agents chose, by node; nodes that are not in it have the defaults. */
export type AllocationsByNode = ReadonlyMap<string, Allocations>;

/** Allocations of the nodes whose live state is known. */
export const allocationsOf = (topology: Topology, live: readonly NodeState[]): AllocationsByNode =>
  new Map(live.map((state) => [state.node, readAllocations(topology, state.node, state)]));

/** The cloud as it should be. With allocations of live nodes it is comparable with theirs. */
export const expectedCloud = (topology: Topology, allocations: AllocationsByNode = new Map()): Cloud =>
  cloudMade(topology, allocations);

/** The same for a few packets: what a node should have is made when one comes there. */
export const expectedCloudOnDemand = (topology: Topology, allocations: AllocationsByNode = new Map()): Cloud =>
  cloudMade(topology, allocations, ON_DEMAND);

/** The facts of namespaces are worked out once, for states and wiring. */
function cloudMade(topology: Topology, allocations: AllocationsByNode, making?: Making): Cloud {
  const made = new Map(
    topology.nodes.map(({ name }) => {
      const chosen = unfiltered(allocations.get(name) ?? defaultAllocations(topology, name));
      return [name, expectParts(topology, name, chosen, undefined, making)];
    }),
  );
  return {
    from: 'expected',
    states: [...made.values()].map(({ state }) => withListeners(state)),
    wiring: wiringOf(topology, allocations, (name) => made.get(name)!.namespaces),
    ...(making === ON_DEMAND && { near: nearOf(topology, made) }),
  };
}

/**
 * What security groups permit no topology tells, so what is expected of a packet is the way without them. On a VLAN network the flow that
 * delivers is one that the openvswitch firewall replaces by its own (`openvswitch_firewall/firewall.py: install_physical_direct_flow`).
 */
const unfiltered = (allocations: Allocations): Allocations =>
  allocations.ovs?.hasFlowFirewall === true
    ? { ...allocations, ovs: { ...allocations.ovs, isUnfiltered: true } }
    : allocations;

/** Of what is made on demand nothing is asked that would have to be made. */
function nearOf(topology: Topology, made: ReadonlyMap<string, NodeParts>): Record<string, string[]> {
  const lookup = relationsOf(topology);
  const names = new Map<string, Set<string>>(topology.networks.map(({ name }) => [name, new Set()]));
  for (const { namespaces } of made.values())
    for (const namespace of namespaces) {
      const networks =
        namespace.kind === 'qrouter'
          ? namespace.router.interfaces.map(({ subnet }) => lookup.subnet.get(subnet)?.network)
          : wiredIn(namespace).map(({ network }) => network);
      for (const network of networks) names.get(network ?? '')?.add(namespace.name);
    }
  const near: Record<string, string[]> = Object.create(null);
  for (const [network, all] of names) near[network] = [...all];
  return near;
}

/**
 * The same for very many packets, without Open vSwitch: of an expected state it is what the engine itself makes of the topology. Sampled over
 * all releases it takes frames where the wire does (`test/shared/trace/releasesFlows.test.ts`), but for ports that are bound and not plugged in.
 * With it, `verify` of 10,000 ports on 1,000 nodes would have to make four million flows, most of them for the DVR MACs of the other nodes: it
 * takes four times as long and 2.6 GB (`npm run bench -- --only verify`).
 */
export const expectedCloudWithoutSwitches = (topology: Topology, allocations: AllocationsByNode = new Map()): Cloud => {
  const cloud = cloudMade(topology, allocations, WITHOUT_SWITCH);
  return { ...cloud, states: cloud.states.map(withoutSwitch) };
};

/** What is left of an expected state without Open vSwitch. */
export const withoutSwitch = ({ ports: _ports, flows: _flows, ...state }: NodeState): NodeState => ({
  ...state,
  gaps: [...state.gaps, ...NO_SWITCH],
});

const NO_SWITCH: readonly Gap[] = (['ports', 'flows'] as const).map((aspect) => ({
  namespace: '-',
  aspect,
  reason: 'questions to the whole expected state leave it out',
}));

/** Of all that listens on TCP ports in namespaces of routers Neutron starts the metadata proxy alone (`metadata/driver.py: after_router_added`). */
function withListeners(state: NodeState): NodeState {
  const names = Object.keys(state.namespaces).filter((name) => /^(?:qrouter|snat|fip)-/.test(name));
  const listening = (name: string): number[] => (name.startsWith('qrouter-') ? [METADATA_PORT] : []);
  state.traffic = Object.fromEntries(names.map((name) => [name, { listening: listening(name) }]));
  return state;
}

/** The cloud as it is, as far as it was collected. */
export const liveCloud = (
  topology: Topology,
  live: NodeState[],
  allocations = allocationsOf(topology, live),
): Cloud => ({
  from: 'live',
  states: live,
  wiring: wiringOf(topology, allocations),
});

/** @param namespacesOn the facts of a node's namespaces, where they are known already */
export function wiringOf(
  topology: Topology,
  allocations: AllocationsByNode,
  namespacesOn = (name: string): readonly Namespace[] =>
    namespacesOf(topology, name, allocations.get(name) ?? defaultAllocations(topology, name)),
): Wiring {
  const devices: Record<string, WiredDevice> = Object.create(null);
  const known = new Set<Router>();
  for (const { name } of topology.nodes)
    for (const namespace of namespacesOn(name)) {
      // On nodes of which nothing was read a distributed router has the same devices.
      if (namespace.kind === 'qrouter' && !allocations.has(name)) {
        if (known.has(namespace.router)) continue;
        known.add(namespace.router);
      }
      for (const { kind, ifname, network } of wiredIn(namespace))
        if (network !== undefined)
          devices[ifname] = {
            segment: network,
            // A router that is not distributed has its `qr-` on one node only.
            ...(kind === 'qr' && namespace.kind === 'qrouter'
              ? { distributed: true }
              : { nodes: [...(devices[ifname]?.nodes ?? []), name] }),
          };
    }
  const segments: Record<string, Segment> = Object.create(null);
  const held = heldOn(topology);
  for (const network of topology.networks) segments[network.name] = segmentOf(network, held);
  const isEndpoint = ({ device_owner: owner }: Port) =>
    owner !== DEVICE_OWNER.agentGateway && owner !== DEVICE_OWNER.ha;
  return {
    nodes: topology.nodes.map(({ name }) => name),
    segments,
    devices,
    endpoints: topology.ports.filter(isEndpoint).map((port) => endpointOf(topology, port, allocations)),
    tunnelIps: byNode(topology, ({ tunnel_ip }) => tunnel_ip),
    bridgeMappings: byNode(topology, ({ bridge_mappings }) => bridge_mappings),
  };
}

/** DHCP ports are endpoints of their segment like VMs. */
const wiredIn = (namespace: Namespace): Device[] => (namespace.kind === 'qdhcp' ? [] : devicesOf(namespace));

function byNode<T>(topology: Topology, of: (node: Node) => T | undefined): Record<string, T> {
  const values: Record<string, T> = Object.create(null);
  for (const node of topology.nodes) {
    const value = of(node);
    if (value !== undefined) values[node.name] = value;
  }
  return values;
}

/** Absent where the topology leaves out what it takes to say it. */
function carrierOf({
  network_type: type,
  physical_network: network,
  segmentation_id: vlan,
}: Network): Carrier | undefined {
  if (isTunnelled(type)) return { type: 'tunnel' };
  if (network === undefined || (type === 'vlan' && vlan === undefined)) return undefined;
  if (type === 'vlan') return { type: 'physical', network, vlan: vlan! };
  return type === 'flat' ? { type: 'physical', network } : undefined;
}

/** Addresses that Neutron has given out, by network: of gateways, floating IPs, ports. */
function heldOn({ routers, floating_ips, ports }: Topology): Map<string, string[]> {
  const addressesOf = (fixed: readonly { ip_address: string }[]): string[] => fixed.map((each) => each.ip_address);
  const held = [
    ...routers.map(({ external_gateway: way }) => [way?.network, addressesOf(way?.external_fixed_ips ?? [])] as const),
    ...floating_ips.map(({ network, floating_ip_address: address }) => [network, [address]] as const),
    ...ports.map(({ network, fixed_ips: fixed }) => [network, addressesOf(fixed)] as const),
  ];
  const byNetwork = grouped(held.flatMap(([network, all]) => (network === undefined ? [] : [[network, all] as const])));
  return new Map([...byNetwork].map(([network, all]) => [network, all.flat()]));
}

function segmentOf(network: Network, held: ReadonlyMap<string, string[]>): Segment {
  const carrier = carrierOf(network);
  return {
    ...(carrier && { carrier }),
    external: network.external,
    prefixes: network.subnets.map(({ cidr }) => cidr),
    gateways: network.external ? network.subnets.flatMap(({ gateway_ip }) => gateway_ip ?? []) : [],
    reserved: network.external ? (held.get(network.name) ?? []) : [],
  };
}

function endpointOf(topology: Topology, port: Port, allocations: AllocationsByNode): Endpoint {
  const lookup = relationsOf(topology);
  // Any node that knows the MAC will do: a port has one.
  const learned = [...allocations.values()].map(({ macs }) => macs[port.pointer]).find((mac) => mac !== undefined);
  const addresses = port.fixed_ips.map((fixed): EndpointAddress => {
    const subnet = subnetOf(lookup, port.network, fixed);
    return {
      local: fixed.ip_address,
      prefixlen: parsePrefix(subnet?.cidr ?? fixed.ip_address)?.length ?? 32,
      ...(subnet?.gateway_ip ? { gateway: subnet.gateway_ip } : {}),
      ...(subnet && subnet.host_routes.length > 0 ? { hostRoutes: subnet.host_routes } : {}),
    };
  });
  return {
    name: port.name,
    ...(port.id === undefined ? {} : { id: port.id }),
    ...(port.node === undefined ? {} : { node: port.node }),
    segment: port.network,
    ...(port.status === 'DOWN' || port.device_owner === '' ? { mayBeUnplugged: true } : {}),
    ...(port.device_owner === DEVICE_OWNER.dhcp ? { servesDhcp: true } : {}),
    mac: learned ?? macOf({ allocations: { macs: {} } }, port.pointer, port.mac_address, port.name),
    addresses,
    extraAddresses: port.allowed_address_pairs.map(({ ip_address }) => ip_address),
    ...advertisedTo(lookup, port),
  };
}

/** Of a network with one such subnet, a port there has it by its own address. */
function advertisedTo(lookup: Relations, port: Port): Pick<Endpoint, 'advertised'> {
  const subnets = lookup.network.get(port.network)?.subnets.filter((subnet) => subnet.ipv6_ra_mode !== undefined) ?? [];
  const served = subnets.filter(({ name }) => lookup.interfacesOfSubnet.has(name));
  return served.length > 0 ? { advertised: served.map(({ cidr }) => cidr) } : {};
}
