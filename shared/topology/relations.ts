/** A topology's things by name and by what they are on; made once for each topology. */
import { familyOf } from '../ip.ts';
import { type Lookup, grouped, lookUp } from './lookup.ts';
import type { FixedIp, Network, Port, Router, RouterInterface, Subnet, Topology } from './types.ts';

export interface Relations extends Lookup {
  topology: Topology;
  /** Ports with an address in a subnet, in file order, by the subnet's name. */
  addressesOfSubnet: ReadonlyMap<string, { port: Port; ip_address: string }[]>;
  interfacesOfSubnet: ReadonlyMap<string, { router: Router; interface: RouterInterface }[]>;
  /** Routers with an interface on a network, by its name. */
  routersOfNetwork: ReadonlyMap<string, Router[]>;
  /** Ports with allowed address pairs, by the name of their network. */
  pairPortsOfNetwork: ReadonlyMap<string, Port[]>;
  /** Ports of agents (device owner `network:…`) by node; unbound ones under the empty name. */
  agentPortsOfNode: ReadonlyMap<string, Port[]>;
}

const cache = new WeakMap<Topology, Relations>();

export function relationsOf(topology: Topology): Relations {
  const known = cache.get(topology);
  if (known) return known;
  const relations = relate(topology);
  cache.set(topology, relations);
  return relations;
}

function relate(topology: Topology): Relations {
  const lookup = lookUp(topology);
  const addresses = topology.ports.flatMap((port) =>
    port.fixed_ips.flatMap((fixed) => {
      const subnet = subnetOf(lookup, port.network, fixed);
      return subnet ? [[subnet.name, { port, ip_address: fixed.ip_address }] as const] : [];
    }),
  );
  const interfaces = topology.routers.flatMap((router) =>
    router.interfaces.map((entry) => [entry.subnet, { router, interface: entry }] as const),
  );
  const attached = topology.routers.flatMap((router) => {
    const networks = router.interfaces.flatMap(({ subnet }) => lookup.subnet.get(subnet)?.network ?? []);
    return [...new Set(networks)].map((network) => [network, router] as const);
  });
  const pairPorts = topology.ports.filter(({ allowed_address_pairs: pairs }) => pairs.length > 0);
  const agentPorts = topology.ports.filter(({ device_owner: owner }) => owner.startsWith('network:'));
  return {
    ...lookup,
    topology,
    addressesOfSubnet: grouped(addresses),
    interfacesOfSubnet: grouped(interfaces),
    routersOfNetwork: grouped(attached),
    pairPortsOfNetwork: grouped(pairPorts.map((port) => [port.network, port] as const)),
    agentPortsOfNode: grouped(agentPorts.map((port) => [port.node ?? '', port] as const)),
  };
}

/** The subnet of a fixed IP: the one that it names, else the one of the network that holds the address. */
export function subnetOf(lookup: Lookup, network: string, fixed: FixedIp): Subnet | undefined {
  if (fixed.subnet !== undefined) return lookup.subnet.get(fixed.subnet);
  return lookup.holding(network, fixed.ip_address);
}

export const isIpv4 = (subnet: Subnet): boolean => familyOf(subnet.cidr.split('/')[0]!) === 'inet';

/** MTU of a network: its own, or the default of `global_physnet_mtu` less the encapsulation (`type_tunnel.py: get_mtu`). */
export function mtuOf(network: Network | undefined): number {
  if (network?.mtu !== undefined) return network.mtu;
  const overhead: Record<string, number> = { vxlan: 50, geneve: 50, gre: 42 };
  return 1500 - (overhead[network?.network_type ?? ''] ?? 0);
}

/**
 * Of a port with several IPv6 subnets that was added to the router as a port, the SNAT port has an address in the last one alone
 * (`l3_dvr_db.py: _retry_add_csnat_on_interface_create`); subnets added one after the other are all there. Left out is not absent
 * where no other subnet of the port tells the SNAT port.
 */
export const hasSnatAddress = ({ interfaces }: Router, { port_id, snat }: RouterInterface): boolean =>
  snat !== undefined ||
  port_id === undefined ||
  !interfaces.some((other) => other.port_id === port_id && other.snat?.port_id !== undefined);
