/** Addresses and prefixes that nothing in a topology has yet. */
import { HIGHEST } from '../../shared/checks/segmentation-id-range.ts';
import {
  bigText,
  bigValue,
  broadcastOf,
  compareAddresses,
  ipv4Text,
  ipv4Value,
  nthAddress,
  overlaps,
  parsePrefix,
} from '../../shared/ip.ts';
import type { Subnet, Topology } from '../../shared/topology/types.ts';

/** The first free ones of a subnet: of its allocation pools, else of all but the network's own and its broadcast address. */
export function freeAddresses(topology: Topology, subnet: Subnet, count: number): string[] {
  const prefix = parsePrefix(subnet.cidr);
  if (!prefix) return [];
  const used = usedAddresses(topology, subnet);
  const broadcast = broadcastOf(prefix);
  if (broadcast !== undefined) used.add(broadcast);
  const pools =
    subnet.allocation_pools.length > 0 ? subnet.allocation_pools : [{ start: nthAddress(prefix, 1) ?? '', end: '' }];
  const free: string[] = [];
  for (const { start, end } of pools) {
    // More than what is used need never be looked at.
    for (let n = 0; n <= used.size + count && free.length < count; n++) {
      const address = plus(start, n);
      if (address === undefined || !overlaps(subnet.cidr, address)) break;
      if (end !== '' && compareAddresses(address, end) > 0) break;
      if (!used.has(address)) free.push(address);
    }
  }
  return free;
}

function plus(address: string, n: number): string | undefined {
  const four = ipv4Value(address);
  if (four !== undefined) return four + n < 2 ** 32 ? ipv4Text(four + n) : undefined;
  if (!parsePrefix(address)) return undefined;
  const value = bigValue(address) + BigInt(n);
  return value < 2n ** 128n ? bigText(value, 'inet6') : undefined;
}

/** What ports, routers and floating IPs on the network of a subnet have, and the gateway. */
function usedAddresses(topology: Topology, { name, network, gateway_ip }: Subnet): Set<string> {
  const used = new Set<string>(gateway_ip === null ? [] : [gateway_ip]);
  for (const port of topology.ports)
    if (port.network === network) for (const { ip_address } of port.fixed_ips) used.add(ip_address);
  for (const { external_gateway: gateway, interfaces } of topology.routers) {
    if (gateway?.network === network) for (const { ip_address } of gateway.external_fixed_ips) used.add(ip_address);
    for (const entry of interfaces.filter(({ subnet }) => subnet === name))
      for (const address of [entry.ip_address, entry.snat?.ip_address]) if (address !== undefined) used.add(address);
  }
  for (const floatingIp of topology.floating_ips)
    if ((floatingIp.network ?? network) === network) used.add(floatingIp.floating_ip_address);
  return used;
}

/** Of networks of that type, or of any: the id behind the last one, or where that is the highest the first that is free. */
export function nextSegmentationId({ networks }: Topology, type: string | undefined, least = 1): number | undefined {
  const highest = type === undefined ? undefined : HIGHEST.get(type);
  if (type !== undefined && highest === undefined) return undefined;
  const same = networks.filter(({ network_type }) => type === undefined || network_type === type);
  const used = new Set(same.flatMap(({ segmentation_id: id }) => id ?? []));
  let last = least - 1;
  for (const id of used) last = Math.max(last, id);
  if (highest === undefined || last < highest) return last + 1;
  let free = 1;
  while (used.has(free)) free++;
  return free <= highest ? free : undefined;
}

/** The address behind the last IPv4 one. */
export function nextAddress(addresses: readonly string[]): string[] {
  const last = Math.max(...addresses.map((address) => ipv4Value(address) ?? 0), 0);
  return last > 0 && last < 2 ** 32 - 1 ? [ipv4Text(last + 1)] : [];
}

/** The first and second address of a prefix, as far as it has them. */
export function firstAddresses(cidr: string): [string | undefined, string | undefined] {
  const prefix = parsePrefix(cidr);
  return prefix ? [nthAddress(prefix, 1), nthAddress(prefix, 2)] : [undefined, undefined];
}

/** The last address that a host may have: IPv4 alone, since nobody writes that of an IPv6 subnet. */
export function lastAddress(cidr: string): string[] {
  const broadcast = broadcastOf(parsePrefix(cidr) ?? { family: 'inet6', address: '::', length: 128 });
  return broadcast === undefined ? [] : [ipv4Text(ipv4Value(broadcast)! - 1)];
}

/** IPv4 prefixes behind the last one that tenants have, of the same size: the next that overlaps nothing. */
export function nextPrefixes(known: readonly { cidr: string; external: boolean }[]): string[] {
  const own = known.filter(({ cidr, external }) => !external && ipv4Value(cidr.split('/')[0]!) !== undefined);
  const highest = own
    .map(({ cidr }) => parsePrefix(cidr)!)
    .toSorted((a, b) => compareAddresses(b.address, a.address))[0];
  const last = highest ?? { family: 'inet', address: '9.255.255.0', length: 24 };
  const size = 2 ** (32 - last.length);
  const start = Math.floor(ipv4Value(last.address)! / size) * size;
  for (let n = 1; n <= known.length + 1; n++) {
    const value = start + n * size;
    if (value + size > 2 ** 32) return [];
    const cidr = `${ipv4Text(value)}/${last.length}`;
    if (!known.some((each) => overlaps(each.cidr, cidr))) return [cidr];
  }
  return [];
}
