/**
 * The facts of a node's Open vSwitch, already resolved: which Neutron ports are plugged into br-int, which networks are local,
 * which of their subnets a distributed router of this node serves, and who is on the other end of the tunnels.
 */
import { familyOf } from '../ip.ts';
import { type Context, macOf, releaseOf } from '../namespaces/devices.ts';
import { type Device, type Namespace, devicesOf, isUnknown, unknown } from '../namespaces/types.ts';
import { DEVICE_OWNER } from '../neutron.ts';
import { isServiced, placementOf } from '../placement.ts';
import { releaseHas } from '../releases.ts';
import type { Because } from '../state.ts';
import { canBind } from '../topology/binding.ts';
import { type Relations, hasSnatAddress, isIpv4, relationsOf, subnetOf } from '../topology/relations.ts';
import type { Network, Node, Topology } from '../topology/types.ts';
import { type OvsAllocations, noOvsAllocations } from './allocations.ts';
import { BR_INT, TRUNK_PREFIX, isTunnelled, trunkPort } from './names.ts';
import { isActive, isOnSwitch, sitesOf } from './sites.ts';
import { tunnelsOf } from './tunnels.ts';

/** A Neutron port that is a device of br-int. */
export interface Plugged {
  name: string;
  /** Whole id of the Neutron port, or a placeholder. */
  id: string;
  mac: string;
  type: string;
  network: Network;
  /** What DVR does with it: rewrites frames of an interface, answers in its name for a served or SNAT port, nothing else. */
  role: 'interface' | 'served' | 'other';
  addresses: { ip_address: string; subnet?: string }[];
  pairs: { ip_address: string; mac_address?: string }[];
  /** Its owner took it down: it keeps its wiring, on the dead VLAN. */
  isDead: boolean;
  /** Port security holds for it: a port of a user, not switched off. */
  isFiltered: boolean;
  because: Because;
}

/** A network that has a port on this node. */
export interface LocalNetwork {
  network: Network;
  /** As text: a placeholder where nobody knows it. */
  localVlan: number;
  plugged: Plugged[];
  /** Subnets with an interface of a distributed router of this node → MAC of that interface; of several, the one that the agent took. */
  gatewayMacs: ReadonlyMap<string, string>;
  because: Because;
}

/** Another node on the other end of a tunnel. */
export interface Tunnel {
  type: string;
  node: Node;
  because: Because;
}

export interface OvsFacts {
  context: Context;
  node: Node;
  topology: Topology;
  release: string | undefined;
  ovs: OvsAllocations;
  networks: LocalNetwork[];
  /** Devices of the agents on networks that cannot be bound here: they stay on the dead VLAN. */
  unbound: Plugged[];
  tunnels: Tunnel[];
  hasTunnelBridge: boolean;
  /** Whether the agent wires distributed routers, and whether it knows remote ports from l2population. */
  isDistributed: boolean;
  hasL2population: boolean;
  /** Whether br-tun answers ARP for remote ports. */
  hasArpResponder: boolean;
  /** Bridges of `bridge_mappings`, without repetition. */
  physical: { physnet: string; bridge: string }[];
  dvrMac: string;
  otherDvrMacs: string[];
}

/** Whether the node's OVS agent has the flows for DVR (`openvswitch_agent.ini: enable_distributed_routing`). */
const isDistributed = ({ enable_distributed_routing, agent_mode }: Node): boolean =>
  enable_distributed_routing ?? (agent_mode !== 'legacy' && agent_mode !== 'none');

/** `openvswitch_agent.ini: l2_population`; who runs DVR over tunnels is told to have it. */
export const hasL2population = ({ l2_population }: Node): boolean => l2_population ?? true;

/** `openvswitch_agent.ini: arp_responder`, which newer agents with DVR do not ask. */
const answersArp = (context: Context, ovs: OvsAllocations): boolean =>
  isDistributed(context.node) && releaseHas(releaseOf(context), 'flow_arp_responder')
    ? true
    : (ovs.hasArpResponder ?? isDistributed(context.node));

/** @param namespaces those of the node, whose devices are plugged into br-int */
export function ovsFacts(context: Context, namespaces: readonly Namespace[]): OvsFacts {
  const { lookup, node, allocations } = context;
  const ovs = allocations.ovs ?? noOvsAllocations();
  const { topology } = lookup;
  const { bound, unbound } = byBinding(node, ovs, [
    ...devicesPlugged(context, ovs, namespaces),
    ...portsPlugged(context, ovs),
  ]);
  const networks = localNetworks(context, ovs, bound);
  const others = topology.nodes.filter((other) => other.name !== node.name && isDistributed(other));
  return {
    context,
    node,
    topology,
    release: releaseOf(context),
    ovs,
    networks,
    unbound,
    tunnels: tunnelsOf(context, ovs, networks),
    hasTunnelBridge:
      ovs.hasTunnelBridge === true ||
      node.tunnel_ip !== undefined ||
      topology.networks.some(({ network_type }) => isTunnelled(network_type)),
    isDistributed: isDistributed(node),
    hasL2population: hasL2population(node),
    hasArpResponder: hasL2population(node) && answersArp(context, ovs),
    physical: Object.entries(node.bridge_mappings).map(([physnet, bridge]) => ({ physnet, bridge })),
    dvrMac: ovs.dvrMac ?? unknown(`DVR MAC of ${node.name}`),
    otherDvrMacs: ovs.otherDvrMacs ?? others.map(({ name }) => unknown(`DVR MAC of ${name}`)),
  };
}

/** A port that is not bound gets no local VLAN; what was plugged for a VM without binding is not the agent's to know. */
function byBinding(node: Node, ovs: OvsAllocations, plugged: Plugged[]): { bound: Plugged[]; unbound: Plugged[] } {
  const isBound = ({ network }: Plugged): boolean => canBind(node, network, ovs.hasNoMappings);
  const names = new Set<string>();
  const isNew = ({ name }: Plugged): boolean => !names.has(name) && names.add(name).size > 0;
  return {
    bound: plugged.filter(isBound),
    unbound: plugged.filter((port) => port.type === 'internal' && !isBound(port) && isNew(port)),
  };
}

const FULL_ID = 36;

/** The id behind a device: the topology's, or what stands on the device itself. */
const idOf = (ovs: OvsAllocations, known: string | undefined, name: string): string =>
  known?.length === FULL_ID ? known : (ovs.ifaceIds[name] ?? unknown(`port id of ${name}`));

const KINDS_ON_SWITCH: readonly Device['kind'][] = ['qr', 'sg', 'qg', 'fg', 'ha'];

/** Devices of the agents' namespaces. */
function devicesPlugged(context: Context, ovs: OvsAllocations, namespaces: readonly Namespace[]): Plugged[] {
  const { lookup } = context;
  const ports = routerPortsOf(lookup.topology);
  const { portByPointer } = sitesOf(lookup.topology);
  return namespaces.flatMap((namespace) =>
    devicesOf(namespace).flatMap((device): Plugged[] => {
      const network = lookup.network.get(device.network ?? '');
      if (!network || !KINDS_ON_SWITCH.includes(device.kind)) return [];
      const port = ports.get(device.key);
      const role = !port?.isDistributed
        ? 'other'
        : device.kind === 'qr'
          ? 'interface'
          : device.kind === 'sg'
            ? 'served'
            : 'other';
      return [
        {
          name: device.ifname,
          id: idOf(ovs, port?.id ?? portByPointer.get(device.key)?.id, device.ifname),
          mac: device.mac,
          type: 'internal',
          network,
          role,
          addresses: port?.addresses ?? [],
          pairs: [],
          isDead: false,
          isFiltered: false,
          because: device.because,
        },
      ];
    }),
  );
}

interface RouterPort {
  id?: string;
  isDistributed: boolean;
  addresses: { ip_address: string; subnet: string }[];
}

const routerPortCache = new WeakMap<Topology, Map<string, RouterPort>>();

/** The ports of routers by the key of their device; the entries of one IPv6 port have the key of each. */
function routerPortsOf(topology: Topology): Map<string, RouterPort> {
  const known = routerPortCache.get(topology) ?? routerPorts(relationsOf(topology));
  routerPortCache.set(topology, known);
  return known;
}

function routerPorts(lookup: Relations): Map<string, RouterPort> {
  const ports = new Map<string, RouterPort>();
  for (const router of lookup.topology.routers) {
    const isDistributedRouter = router.distributed;
    const gateway = router.external_gateway;
    if (gateway)
      ports.set(gateway.pointer, {
        ...(gateway.port_id ? { id: gateway.port_id } : {}),
        isDistributed: false,
        addresses: [],
      });
    for (const kind of ['qr', 'sg'] as const) {
      const shared = new Map<string, RouterPort>();
      for (const entry of router.interfaces) {
        const subnet = lookup.subnet.get(entry.subnet);
        const own = kind === 'qr' ? entry : entry.snat;
        if (!subnet || (kind === 'sg' && !hasSnatAddress(router, entry))) continue;
        const id = isIpv4(subnet) ? entry.pointer : (own?.port_id ?? subnet.network);
        const port = shared.get(id) ?? {
          ...(own?.port_id === undefined ? {} : { id: own.port_id }),
          isDistributed: isDistributedRouter,
          addresses: [],
        };
        shared.set(id, port);
        const address =
          own?.ip_address ?? (kind === 'qr' ? subnet.gateway_ip : undefined) ?? unknown(`address in ${entry.subnet}`);
        port.addresses.push({ ip_address: address, subnet: entry.subnet });
        ports.set(kind === 'qr' ? entry.pointer : (entry.snat?.pointer ?? `${entry.pointer}/snat`), port);
      }
    }
  }
  return ports;
}

/** Prefixes of device names that br-int sees of other ports, by what plugs them. */
const TAP = 'tap';
const DEV_NAME_LEN = 14;

/** Ports that are bound to this node: VMs, DHCP, HA. Those of the routers and agents are devices of namespaces. */
function portsPlugged(context: Context, ovs: OvsAllocations): Plugged[] {
  const { lookup, node, allocations } = context;
  const { portsByNode, arrivingByNode } = sitesOf(lookup.topology);
  const arriving = (arrivingByNode.get(node.name) ?? []).filter(({ pointer }) => ovs.devices[pointer]);
  return [...(portsByNode.get(node.name) ?? []), ...arriving].flatMap((port): Plugged[] => {
    const network = lookup.network.get(port.network);
    if (!network || !isOnSwitch(port) || AGENT_OWNED.includes(port.device_owner)) return [];
    const live = ovs.devices[port.pointer];
    // A VM that is shut off keeps its binding, and its device goes.
    if (!live && !isActive(port)) return [];
    // Such a port is active as soon as it is bound, whether somebody plugs it or not (`plugins/ml2/common/constants.py: NO_PBLOCKS_TYPES`).
    if (!live && port.device_owner === '' && allocations.ovs) return [];
    const isAgents = port.device_owner.startsWith('network:');
    const isSubport = port.device_owner === 'trunk:subport';
    const prefix = isSubport ? TRUNK_PREFIX.sub : port.device_owner === DEVICE_OWNER.ha ? 'ha-' : TAP;
    // Of an agent's port its namespace may have told what the topology leaves out.
    const shown = port.id ?? allocations.ids[port.pointer];
    const whole = prefix + (shown ?? unknown(port.name));
    const name =
      live?.name ?? (shown === undefined ? whole : isSubport ? trunkPort(prefix, shown) : whole.slice(0, DEV_NAME_LEN));
    return [
      {
        name,
        id: idOf(ovs, port.id, name),
        mac: macOf(context, port.pointer, port.mac_address, port.name),
        type: live?.type ?? (isSubport ? 'patch' : isAgents ? 'internal' : ''),
        network,
        role: isServiced(port, releaseOf(context)) ? 'served' : 'other',
        addresses: port.fixed_ips.map((fixed) => {
          const subnet = subnetOf(lookup, port.network, fixed)?.name;
          return { ip_address: fixed.ip_address, ...(subnet === undefined ? {} : { subnet }) };
        }),
        pairs: port.allowed_address_pairs,
        isDead: port.admin_state_up === false,
        isFiltered: !isAgents && port.port_security_enabled !== false,
        because: {
          pointer: port.pointer,
          sentence: `${port.name} ${port.node === node.name ? 'is bound' : 'migrates'} to ${node.name}`,
          neutron: 'ovs_neutron_agent.py: port_bound',
        },
      },
    ];
  });
}

const AGENT_OWNED: readonly string[] = [
  DEVICE_OWNER.agentGateway,
  DEVICE_OWNER.floatingIp,
  DEVICE_OWNER.gateway,
  DEVICE_OWNER.snat,
  DEVICE_OWNER.interface,
];

function localNetworks(context: Context, ovs: OvsAllocations, plugged: Plugged[]): LocalNetwork[] {
  const networks = new Map<string, Plugged[]>();
  const names = new Set<string>();
  for (const port of plugged) {
    // The same device may be known from a namespace and from a port.
    if (names.has(port.name)) continue;
    names.add(port.name);
    const list = networks.get(port.network.name);
    if (list) list.push(port);
    else networks.set(port.network.name, [port]);
  }
  const served = gatewayMacs(context);
  const macOfSubnet = (name: string) => {
    const macs = served.get(name) ?? [];
    return macs.find((mac) => mac === ovs.gatewayMacs[name]) ?? macs[0];
  };
  let next = 1;
  return [...networks.values()].map((ports) => {
    const { network } = ports[0]!;
    const subnets = network.subnets.flatMap(({ name }) => {
      const mac = macOfSubnet(name);
      return mac === undefined ? [] : [[name, mac] as const];
    });
    return {
      network,
      localVlan: ovs.localVlans[network.name] ?? next++,
      plugged: ports,
      gatewayMacs: new Map(subnets),
      because: {
        pointer: network.pointer,
        sentence: `${context.node.name} has ${ports.length === 1 ? ports[0]!.name : `${ports.length} ports`} on ${network.name}`,
        neutron: 'ovs_neutron_agent.py: provision_local_vlan',
      },
    };
  });
}

/** By subnet: the MACs of the distributed interfaces on it that this node has. */
export function gatewayMacs(context: Context): Map<string, string[]> {
  const macs = new Map<string, string[]>();
  for (const { router } of placementOf(context.lookup.topology).routersByNode.get(context.node.name) ?? [])
    for (const entry of router.interfaces) {
      const mac = macOf(context, entry.pointer, entry.mac_address, `${router.name} in ${entry.subnet}`);
      macs.set(entry.subnet, [...(macs.get(entry.subnet) ?? []), mac]);
    }
  return macs;
}

/** The number of a port in flows, or a placeholder. */
export const ofportOf = ({ ovs }: OvsFacts, bridge: string, name: string): string => {
  const number = ovs.ofports[`${bridge} ${name}`];
  return number === undefined ? unknown(`ofport of ${name}`) : String(number);
};

export const intPort = (facts: OvsFacts, name: string): string => ofportOf(facts, BR_INT, name);

export const isPhysical = ({ network_type }: Network): boolean => network_type === 'vlan' || network_type === 'flat';

export const isIpv6Text = (text: string): boolean => !isUnknown(text) && familyOf(text.split('/')[0]!) === 'inet6';
export const isIpv4Text = (text: string): boolean => !isUnknown(text) && familyOf(text.split('/')[0]!) === 'inet';

export const cookieOf = ({ ovs }: OvsFacts, bridge: string): string => ovs.cookies[bridge] ?? '0x0';
