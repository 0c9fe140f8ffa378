/** Networks and subnets of the topology from `networks.json` and `subnets.json`; address scopes by name. */
import { contains } from '../../shared/ip.ts';
import { pointer } from '../../shared/problem.ts';
import { KINDS } from '../../shared/topology/fields.ts';
import type { FixedIp, Network, Subnet } from '../../shared/topology/types.ts';
import {
  address,
  byText,
  flag,
  has,
  objects,
  parts,
  prefix,
  text,
  uuid,
  whole,
  word,
  type Answers,
  type Item,
} from './answers.ts';
import { dashed, shortId, uniqueNames } from './names.ts';

/** Networks in the order of their names, and both kinds by their ids. */
export interface Networks {
  networks: Network[];
  networkById: Map<string, Network>;
  subnetById: Map<string, Subnet>;
}

export function importNetworks(answers: Answers, notes: string[]): Networks {
  const items = objects(answers, 'networks', 'networks', notes);
  const names = uniqueNames(
    items.map((item) => ({ id: item.id, own: text(item, 'name'), derived: networkName(item) })),
  );
  const networkById = new Map(items.map((item) => [item.id, networkOf(item, names.get(item.id)!)]));
  const subnetItems = objects(answers, 'subnets', 'subnets', notes);
  const subnetById = importSubnets(subnetItems, networkById, notes);
  nameScopes(answers, items, subnetItems, networkById, notes);
  return { networks: [...networkById.values()].toSorted((a, b) => byText(a.name, b.name)), networkById, subnetById };
}

/** A fixed IP of a port or gateway. A subnet that is in no answer is looked for by the address, as in a file that does not give it. */
export function fixedIpOf(item: Item, network: Network, { subnetById }: Networks): FixedIp | undefined {
  const ip_address = address(item, 'ip_address');
  if (ip_address === undefined) {
    if (!has(item, 'ip_address')) item.notes.push(`${item.where}: no ip_address, left out`);
    return undefined;
  }
  const subnetId = uuid(item, 'subnet_id');
  const known = subnetId === undefined ? undefined : subnetById.get(subnetId);
  if (known?.network === network.name) return { subnet: known.name, ip_address };
  if (subnetId !== undefined)
    item.notes.push(`${item.where}: ${subnetId} is no subnet of network ${network.name} in subnets.json`);
  const holder = network.subnets.find(({ cidr }) => contains(cidr, ip_address));
  return holder ? { subnet: holder.name, ip_address } : { ip_address };
}

/** `segments` of the multi-provider extension have no place in the format. */
function networkOf(item: Item, name: string): Network {
  if (parts(item, 'segments').length > 1) item.notes.push(`${item.where}: several segments, left out`);
  return {
    name,
    pointer: pointer('networks', name),
    id: item.id,
    external: flag(item, 'router:external') ?? false,
    ...given('network_type', word(item, 'provider:network_type', KINDS.network.network_type)),
    ...given('physical_network', text(item, 'provider:physical_network')),
    ...given('segmentation_id', segmentationId(item)),
    ...given('mtu', whole(item, 'mtu', KINDS.network.mtu)),
    subnets: [],
  };
}

const segmentationId = (item: Item): number | undefined =>
  whole(item, 'provider:segmentation_id', KINDS.network.segmentation_id);

const IP_VERSION = { type: 'integer', min: 4, max: 6 } as const;

function networkName(item: Item): string {
  const own = text(item, 'name');
  if (own !== undefined) return own;
  const number = segmentationId(item);
  const type = text(item, 'provider:network_type');
  const detail = number ?? text(item, 'provider:physical_network');
  return type !== undefined && detail !== undefined ? `${type}-${detail}` : `network-${shortId(item.id)}`;
}

function importSubnets(items: Item[], networkById: Map<string, Network>, notes: string[]): Map<string, Subnet> {
  const usable = items.flatMap((item) => {
    const network = networkById.get(uuid(item, 'network_id') ?? '');
    const cidr = prefix(item, 'cidr');
    if (network && cidr) return [{ item, network, cidr }];
    notes.push(`${item.where}: subnet ${item.id} has no ${network ? 'cidr' : 'known network'}, left out`);
    return [];
  });
  const names = uniqueNames(
    usable.map(({ item, network, cidr }) => ({
      id: item.id,
      own: text(item, 'name'),
      derived: `${network.name}-${dashed(cidr)}`,
    })),
  );
  const subnetById = new Map<string, Subnet>();
  for (const { item, network, cidr } of usable) {
    const subnet = subnetOf(item, names.get(item.id)!, network.name, cidr);
    subnetById.set(item.id, subnet);
    network.subnets.push(subnet);
  }
  for (const network of networkById.values())
    network.subnets = network.subnets.toSorted((a, b) => byText(a.name, b.name));
  return subnetById;
}

function subnetOf(item: Item, name: string, network: string, cidr: string): Subnet {
  return {
    name,
    pointer: pointer('networks', network, 'subnets', name),
    network,
    id: item.id,
    cidr,
    gateway_ip: address(item, 'gateway_ip') ?? null,
    allocation_pools: parts(item, 'allocation_pools').flatMap((pool) => {
      const [start, end] = [address(pool, 'start'), address(pool, 'end')];
      return start !== undefined && end !== undefined ? [{ start, end }] : incomplete(pool);
    }),
    enable_dhcp: flag(item, 'enable_dhcp') ?? true,
    ...given('ipv6_ra_mode', word(item, 'ipv6_ra_mode', KINDS.subnet.ipv6_ra_mode)),
    ...given('ipv6_address_mode', word(item, 'ipv6_address_mode', KINDS.subnet.ipv6_address_mode)),
    host_routes: routesOf(item, 'host_routes'),
  };
}

/** `host_routes` of a subnet, `routes` of a router. */
export const routesOf = (item: Item, key: string): { destination: string; nexthop: string }[] =>
  parts(item, key).flatMap((route) => {
    const [destination, nexthop] = [prefix(route, 'destination'), address(route, 'nexthop')];
    return destination !== undefined && nexthop !== undefined
      ? [{ destination: destination, nexthop }]
      : incomplete(route);
  });

function incomplete({ notes, where }: Item): [] {
  notes.push(`${where}: incomplete, left out`);
  return [];
}

/** The key with its value, or nothing where the value is unknown. */
export function given<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V };
export function given(key: string, value: unknown): object {
  return value === undefined ? {} : { [key]: value };
}

/**
 * Address scopes of networks: their name where it is the only one of that name, else their id. Where a network does not say
 * (`lib: api/definitions/address_scope.py`), the scope of the pools of its subnets.
 */
function nameScopes(
  answers: Answers,
  networks: Item[],
  subnets: Item[],
  networkById: Map<string, Network>,
  notes: string[],
): void {
  const scopes = objects(answers, 'address-scopes', 'address_scopes', notes);
  const names = uniqueNames(scopes.map((item) => ({ id: item.id, own: text(item, 'name'), derived: item.id })));
  const pools = new Map(objects(answers, 'subnetpools', 'subnetpools', notes).map((item) => [item.id, item]));
  const poolScope = (network: string, version: number) =>
    subnets
      .filter((item) => uuid(item, 'network_id') === network && whole(item, 'ip_version', IP_VERSION) === version)
      .map((item) => pools.get(uuid(item, 'subnetpool_id') ?? ''))
      .flatMap((pool) => (pool && uuid(pool, 'address_scope_id')) ?? [])[0];
  for (const item of networks)
    for (const version of [4, 6] as const) {
      const key = `ipv${version}_address_scope` as const;
      const id = has(item, key) ? uuid(item, key) : poolScope(item.id, version);
      if (id !== undefined) networkById.get(item.id)![key] = names.get(id) ?? id;
    }
}
