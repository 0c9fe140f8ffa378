/** The things of a topology by name, made once where many are looked up. Of things with one name the first is found. */
import { familyOf, networkText, parsePrefix } from '../ip.ts';
import type { Family } from '../state.ts';
import type { ReferenceKind } from './fields.ts';
import { lazily, remembered } from './kept.ts';
import type { Network, Node, Port, Router, Subnet, Topology } from './types.ts';

export interface Lookup extends Record<ReferenceKind, ReadonlyMap<string, unknown>> {
  node: ReadonlyMap<string, Node>;
  network: ReadonlyMap<string, Network>;
  subnet: ReadonlyMap<string, Subnet>;
  router: ReadonlyMap<string, Router>;
  port: ReadonlyMap<string, Port>;
  /** The routers that have an interface on a subnet, by its name, in the order of the file. */
  routersOfSubnet: ReadonlyMap<string, Router[]>;
  /** The subnet of a network, by its name, that holds an address; the smallest if several do. */
  holding: (network: string, address: string) => Subnet | undefined;
}

export const lookUp = (topology: Topology): Lookup =>
  lazily<Lookup>({
    node: () => nodesByName(topology.nodes),
    network: () => networksByName(topology.networks),
    subnet: () => subnetsByName(topology.networks),
    router: () => routersByName(topology.routers),
    port: () => portsByName(topology.ports),
    holding: () => holding(topology.networks),
    routersOfSubnet: () => routersBySubnet(topology.routers),
  });

/** What networks alone tell. */
export const lookUpNetworks = (networks: Network[]): Pick<Lookup, 'subnet' | 'holding'> => ({
  subnet: subnetsByName(networks),
  holding: holding(networks),
});

const nodesByName = remembered((nodes: Node[]) => byName(nodes));
const networksByName = remembered((networks: Network[]) => byName(networks));
const subnetsByName = remembered((networks: Network[]) => byName(networks.flatMap(({ subnets }) => subnets)));
const routersByName = remembered((routers: Router[]) => byName(routers));
const portsByName = remembered((ports: Port[]) => byName(ports));
const routersBySubnet = remembered((routers: Router[]) =>
  grouped(routers.flatMap((router) => router.interfaces.map(({ subnet }) => [subnet, router] as const))),
);

/** Values by key, in order. */
export function grouped<Key, T>(entries: Iterable<readonly [Key, T]>): Map<Key, T[]> {
  const groups = new Map<Key, T[]>();
  for (const [key, value] of entries) {
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}

/** By prefix length and network address, because a network may have thousands of subnets. */
const holding = remembered((networks: Network[]): Lookup['holding'] => {
  const prefixes = new Map(networks.map(({ name, subnets }) => [name, prefixTable(subnets)]));
  return (network, address) => {
    const family = familyOf(address);
    const table = prefixes.get(network);
    if (!family || !table) return undefined;
    for (const length of table.lengths[family]) {
      const subnet = table.byCidr.get(networkText({ family, address, length }));
      if (subnet) return subnet;
    }
    return undefined;
  };
});

interface PrefixTable {
  byCidr: Map<string, Subnet>;
  /** Longest first. */
  lengths: Record<Family, number[]>;
}

function prefixTable(subnets: Subnet[]): PrefixTable {
  const byCidr = new Map(subnets.toReversed().map((subnet) => [subnet.cidr, subnet]));
  const prefixes = [...byCidr.keys()].map((cidr) => parsePrefix(cidr)!);
  const lengths = (family: Family): number[] => {
    const ofFamily = prefixes.filter((prefix) => prefix.family === family).map(({ length }) => length);
    return [...new Set(ofFamily)].toSorted((a, b) => b - a);
  };
  return { byCidr, lengths: { inet: lengths('inet'), inet6: lengths('inet6') } };
}

function byName<T extends { name: string }>(things: T[]): Map<string, T> {
  const map = new Map<string, T>();
  for (const thing of things) if (!map.has(thing.name)) map.set(thing.name, thing);
  return map;
}
