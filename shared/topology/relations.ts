/** A topology's things by name and by what they are on; made once for each topology. */
import { familyOf } from '../ip.ts';
import { lazily, remembered } from './kept.ts';
import { type Lookup, grouped, lookUp, lookUpNetworks } from './lookup.ts';
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

/** Each part is made when somebody asks, and kept as long as the lists are the same that it is made from. */
function relate(topology: Topology): Relations {
  const lookup = lookUp(topology);
  return lazily<Relations>({
    topology: () => topology,
    node: () => lookup.node,
    network: () => lookup.network,
    subnet: () => lookup.subnet,
    router: () => lookup.router,
    port: () => lookup.port,
    holding: () => lookup.holding,
    routersOfSubnet: () => lookup.routersOfSubnet,
    addressesOfSubnet: () => addressesBySubnet(topology.ports, topology.networks),
    interfacesOfSubnet: () => interfacesBySubnet(topology.routers),
    routersOfNetwork: () => routersByNetwork(topology.routers, topology.networks),
    pairPortsOfNetwork: () => pairPortsByNetwork(topology.ports),
    agentPortsOfNode: () => agentPortsByNode(topology.ports),
  });
}

const addressesBySubnet = remembered((ports: Port[], networks: Network[]) => {
  const { subnet: subnets, holding } = lookUpNetworks(networks);
  const entries: [string, { port: Port; ip_address: string }][] = [];
  for (const port of ports)
    for (const fixed of port.fixed_ips) {
      const subnet = subnetOf({ subnet: subnets, holding }, port.network, fixed);
      if (subnet) entries.push([subnet.name, { port, ip_address: fixed.ip_address }]);
    }
  return grouped(entries);
});

const interfacesBySubnet = remembered((routers: Router[]) =>
  grouped(
    routers.flatMap((router) =>
      router.interfaces.map((entry) => [entry.subnet, { router, interface: entry }] as const),
    ),
  ),
);

const routersByNetwork = remembered((routers: Router[], networks: Network[]) => {
  const { subnet: subnets } = lookUpNetworks(networks);
  return grouped(
    routers.flatMap((router) => {
      const on = router.interfaces.flatMap(({ subnet }) => subnets.get(subnet)?.network ?? []);
      return [...new Set(on)].map((network) => [network, router] as const);
    }),
  );
});

const pairPortsByNetwork = remembered((ports: Port[]) =>
  grouped(
    ports.filter(({ allowed_address_pairs: pairs }) => pairs.length > 0).map((port) => [port.network, port] as const),
  ),
);

const agentPortsByNode = remembered((ports: Port[]) =>
  grouped(
    ports
      .filter(({ device_owner: owner }) => owner.startsWith('network:'))
      .map((port) => [port.node ?? '', port] as const),
  ),
);

/** The subnet of a fixed IP: the one that it names, else the one of the network that holds the address. */
export function subnetOf(
  lookup: Pick<Lookup, 'subnet' | 'holding'>,
  network: string,
  fixed: FixedIp,
): Subnet | undefined {
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
