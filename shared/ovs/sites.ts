/** Where each network's ports are: what l2population announces to every node, computed once for a topology. */
import { familyOf } from '../ip.ts';
import { snatKey } from '../namespaces/devices.ts';
import { DEVICE_OWNER } from '../neutron.ts';
import { placementOf, snatNodes } from '../placement.ts';
import type { Pointer } from '../problem.ts';
import { grouped } from '../topology/lookup.ts';
import { hasSnatAddress, isIpv4, relationsOf } from '../topology/relations.ts';
import type { Port, Router, Topology } from '../topology/types.ts';

/** A port that all other nodes know by MAC and address (`l2pop/mech_driver.py: _get_port_fdb_entries`). */
export interface Announced {
  node: string;
  key: Pointer;
  mac?: string;
  what: string;
  /** IPv4 only: the ARP responder knows no other. */
  addresses: string[];
}

export interface Sites {
  announced: ReadonlyMap<string, Announced[]>;
  /** Names of the nodes that have an active port of a network, by network: they get its floods. */
  nodes: ReadonlyMap<string, ReadonlySet<string>>;
  /** The other way round: networks by node, also those that may only be coming to it. */
  networksByNode: ReadonlyMap<string, readonly string[]>;
  /** Ports of the topology by the node they are bound to, and by pointer. */
  portsByNode: ReadonlyMap<string, readonly Port[]>;
  /** Those that migrate to a node: whether the VM's device is there only the node tells. */
  arrivingByNode: ReadonlyMap<string, readonly Port[]>;
  portByPointer: ReadonlyMap<Pointer, Port>;
}

const cache = new WeakMap<Topology, Sites>();

export function sitesOf(topology: Topology): Sites {
  const known = cache.get(topology);
  if (known) return known;
  const sites = locate(topology);
  cache.set(topology, sites);
  return sites;
}

/** Ports that are announced by flooding only, or never (`l2pop/mech_driver.py`, `db/l3_hamode_db.py: is_ha_router_port`). */
const NOT_ANNOUNCED: readonly string[] = [DEVICE_OWNER.interface, 'network:ha_router_replicated_interface'];

/** A port that the agent has plugged; the status may be left out of a topology that a person wrote. */
export const isActive = ({ status }: Port): boolean => status === undefined || status === 'ACTIVE';

/** `binding:vnic_type` of ports that Open vSwitch never sees (SR-IOV, bare metal). */
export const isOnSwitch = (port: Port): boolean =>
  (port.vnic_type === undefined || port.vnic_type === 'normal') && !port.device_owner.startsWith('baremetal:');

function locate(topology: Topology): Sites {
  const announced = new Map<string, Announced[]>();
  const nodes = new Map<string, Set<string>>();
  const stand: Stand = (network, node) => {
    const set = nodes.get(network);
    if (set) set.add(node);
    else nodes.set(network, new Set([node]));
  };
  const announce: Announce = (network, port) => {
    stand(network, port.node);
    const list = announced.get(network);
    if (list) list.push(port);
    else announced.set(network, [port]);
  };
  for (const port of topology.ports) {
    if (port.node === undefined || !isActive(port) || !isOnSwitch(port)) continue;
    if (NOT_ANNOUNCED.includes(port.device_owner)) continue;
    announce(port.network, {
      node: port.node,
      key: port.pointer,
      what: port.name,
      ...(port.mac_address === undefined ? {} : { mac: port.mac_address }),
      addresses: ipv4Of(port.fixed_ips.map(({ ip_address }) => ip_address)),
    });
  }
  const arriving: [node: string, network: string][] = [];
  for (const [node, hosted] of placementOf(topology).routersByNode)
    for (const { router, isMigration } of hosted)
      for (const entry of router.interfaces) {
        const subnet = relationsOf(topology).subnet.get(entry.subnet);
        if (!subnet) continue;
        // Whether a router is there already that comes with a VM, the flows tell (`readFloods.ts`).
        if (isMigration) arriving.push([node, subnet.network]);
        else stand(subnet.network, node);
      }
  placeRouterPorts(topology, announce, stand);
  const networksByNode = grouped([
    ...[...nodes].flatMap(([network, names]) => [...names].map((name) => [name, network] as const)),
    ...arriving.filter(([node, network]) => !nodes.get(network)?.has(node)),
  ]);
  const portsByNode = grouped(
    topology.ports.flatMap((port) => (port.node === undefined ? [] : [[port.node, port] as const])),
  );
  const arrivingByNode = grouped(
    topology.ports.flatMap((port) =>
      port.migrating_to === undefined || port.migrating_to === port.node ? [] : [[port.migrating_to, port] as const],
    ),
  );
  const portByPointer = new Map(topology.ports.map((port) => [port.pointer, port]));
  return { announced, nodes, networksByNode, portsByNode, arrivingByNode, portByPointer };
}

const ipv4Of = (addresses: readonly string[]): string[] => addresses.filter((text) => familyOf(text) === 'inet');

type Announce = (network: string, port: Announced) => void;
type Stand = (network: string, node: string) => void;

/** Ports of the routers' own: the gateway, centralised SNAT ports, and the interfaces of routers that are not distributed. */
function placeRouterPorts(topology: Topology, announce: Announce, stand: Stand): void {
  for (const router of topology.routers) {
    // The server takes the bindings of its ports away.
    if (!router.admin_state_up) continue;
    const agents = router.distributed
      ? snatNodes(topology, router).map(({ name }) => name)
      : (router.l3_agents ?? []).map(({ node }) => node);
    // The server binds the ports of an HA router to its active agent.
    const node = router.external_gateway?.node ?? (agents.length === 1 ? agents[0] : undefined);
    const gateway = router.external_gateway;
    if (gateway && node !== undefined) {
      const addresses = gateway.external_fixed_ips.map(({ ip_address }) => ip_address);
      announce(
        gateway.network,
        announcedOf(node, gateway.pointer, `${router.name} on ${gateway.network}`, gateway, addresses),
      );
    }
    placeInterfaces(topology, router, agents, node, announce, stand);
  }
}

const announcedOf = (
  node: string,
  key: Pointer,
  what: string,
  port: { mac_address?: string } | undefined,
  addresses: readonly string[],
): Announced => ({
  node,
  key,
  what,
  ...(port?.mac_address === undefined ? {} : { mac: port.mac_address }),
  addresses: ipv4Of(addresses),
});

function placeInterfaces(
  topology: Topology,
  router: Router,
  agents: readonly string[],
  node: string | undefined,
  announce: Announce,
  stand: Stand,
): void {
  const { subnet: subnets } = relationsOf(topology);
  const seen = new Set<string>();
  for (const entry of router.interfaces) {
    const subnet = subnets.get(entry.subnet);
    if (!subnet || (router.distributed && !(router.external_gateway && hasSnatAddress(router, entry)))) continue;
    for (const name of agents) stand(subnet.network, name);
    if (router.ha || node === undefined) continue;
    const own = router.distributed ? entry.snat : entry;
    // The IPv6 subnets of one network share a port.
    const id = isIpv4(subnet) ? entry.pointer : (own?.port_id ?? subnet.network);
    if (seen.has(id)) continue;
    seen.add(id);
    const address = own?.ip_address ?? (router.distributed ? undefined : subnet.gateway_ip);
    const addresses = address === undefined || address === null ? [] : [address];
    announce(
      subnet.network,
      router.distributed
        ? announcedOf(node, snatKey(entry), `SNAT port of ${entry.subnet}`, own, addresses)
        : announcedOf(node, entry.pointer, `${router.name} in ${entry.subnet}`, own, addresses),
    );
  }
}
