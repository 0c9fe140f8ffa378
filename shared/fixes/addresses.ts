/** Fixes of addresses: another one that nothing in the file has, or the subnet that it is really of. */
import { holders, type Holder } from '../checks/holders.ts';
import { reservedAs } from '../checks/reserved.ts';
import { compareAddresses, contains, familyOf, ipv4Text, ipv4Value, ipv6Groups, ipv6Text, parsePrefix } from '../ip.ts';
import { quote } from '../topology/describe.ts';
import { relationsOf } from '../topology/relations.ts';
import type { Subnet, Topology } from '../topology/types.ts';
import { parentOf, renameEntry, setEntry } from './edits.ts';
import { type Fix, type Fixes, type Given, thingsAt } from './fix.ts';

/** The address before or after another one; `undefined` at either end. */
export function addressBeside(address: string, step: 1 | -1): string | undefined {
  const four = ipv4Value(address);
  if (four !== undefined) {
    const next = four + step;
    return next < 0 || next > 0xffffffff ? undefined : ipv4Text(next);
  }
  const groups = ipv6Groups(address);
  if (!groups) return undefined;
  for (let i = 7; i >= 0; i--) {
    const next = groups[i]! + step;
    groups[i] = next & 0xffff;
    if (next >= 0 && next <= 0xffff) return ipv6Text(groups);
  }
  return undefined;
}

/** First and last address that a host can have. */
export function hostsOf(cidr: string): [first: string, last: string] {
  const prefix = parsePrefix(cidr)!;
  const [first, last] = edgesOf(cidr);
  const isWhole = prefix.family === 'inet' ? prefix.length >= 31 : prefix.length >= 127;
  if (isWhole) return [first, last];
  return [addressBeside(first, 1)!, prefix.family === 'inet' ? addressBeside(last, -1)! : last];
}

function edgesOf(cidr: string): [string, string] {
  const { address, length, family } = parsePrefix(cidr)!;
  if (family === 'inet') {
    const size = 2 ** (32 - length);
    const first = Math.floor(ipv4Value(address)! / size) * size;
    return [ipv4Text(first), ipv4Text(first + size - 1)];
  }
  const groups = ipv6Groups(address)!;
  const host = (i: number): number => 0xffff >> Math.min(16, Math.max(0, length - 16 * i));
  return [
    ipv6Text(groups.map((group, i) => group & ~host(i) & 0xffff)),
    ipv6Text(groups.map((group, i) => group | host(i))),
  ];
}

/** As many taken addresses in a row are walked over; a pool that is fuller has no quick fix. */
const MOST_TAKEN = 70_000;

/** The first address of a subnet's pools, or of all of it, that nothing in the file has. */
function freeAddress(topology: Topology, { network, cidr, gateway_ip, allocation_pools }: Subnet): string | undefined {
  const taken = new Set(
    holders(topology).flatMap((holder) =>
      holder.network === network ? holder.addresses.map(({ ip_address }) => ip_address) : [],
    ),
  );
  const [start, end] = hostsOf(cidr);
  const pools = allocation_pools.filter((pool) => contains(cidr, pool.start) && contains(cidr, pool.end));
  for (const pool of pools.length > 0 ? pools : [{ start, end }]) {
    let address: string | undefined = compareAddresses(pool.start, start) < 0 ? start : pool.start;
    for (let i = 0; i < MOST_TAKEN && address !== undefined && compareAddresses(address, pool.end) <= 0; i++) {
      if (!taken.has(address) && address !== gateway_ip && reservedAs(parsePrefix(cidr)!, address) === undefined)
        return address;
      address = addressBeside(address, 1);
    }
  }
  return undefined;
}

/** The holder and subnet of an address at a pointer. */
function holderAt({ topology, problem }: Given): { holder: Holder; subnet?: Subnet; address: string } | undefined {
  const find = relationsOf(topology);
  for (const holder of holders(topology))
    for (const { pointer, ip_address, subnet } of holder.addresses)
      if (pointer === problem.pointer) {
        const own = find.subnet.get(subnet ?? '') ?? find.holding(holder.network ?? '', ip_address);
        const any = find.network
          .get(holder.network ?? '')
          ?.subnets.find((each) => familyOf(each.cidr.split('/')[0]!) === familyOf(ip_address));
        const found = own ?? any;
        return { holder, address: ip_address, ...(found && { subnet: found }) };
      }
  return undefined;
}

/** Another address: which one the cloud has, only a person knows, so it is never done unasked. */
export function anotherAddress(given: Given): Fix[] {
  const found = holderAt(given);
  const free = found?.subnet && freeAddress(given.topology, found.subnet);
  if (!found?.subnet || free === undefined) return [];
  const title = `Use ${free}, the next address of ${quote(found.subnet.name)} that nothing here has`;
  const { pointer, at } = given.problem;
  const edits = at === 'key' ? renameEntry(given, pointer, free) : setEntry(given, pointer, free);
  return [{ title, edits }];
}

/** The subnet of the same network that does hold the address. */
function itsSubnet(given: Given): Fix[] {
  const found = holderAt(given);
  const pointer = `${parentOf(given.problem.pointer)}/subnet`;
  const holding = found && relationsOf(given.topology).holding(found.holder.network ?? '', found.address);
  if (!holding || given.sourceMap.get(pointer) === undefined) return [];
  const title = `Name subnet ${quote(holding.name)}, which has ${found.address}`;
  return [{ title, edits: setEntry(given, pointer, holding.name), isPreferred: true }];
}

function poolEdge(given: Given): Fix[] {
  const { pointer } = given.problem;
  const cidr = thingsAt(given.topology, pointer).subnet?.cidr;
  if (cidr === undefined) return [];
  const isStart = pointer.endsWith('/start');
  const edge = hostsOf(cidr)[isStart ? 0 : 1];
  const title = `${isStart ? 'Start' : 'End'} the pool at ${edge}, the ${isStart ? 'first' : 'last'} address for hosts in ${cidr}`;
  return [{ title, edits: setEntry(given, pointer, edge) }];
}

/** The interface of a router. */
function interfaceAddress(given: Given): Fix[] {
  const { interface: entry, subnet } = thingsAt(given.topology, given.problem.pointer);
  const free = subnet && freeAddress(given.topology, subnet);
  if (!entry || free === undefined) return [];
  const title = `Give the interface ${free}, the next address of ${quote(subnet!.name)} that nothing here has`;
  return [{ title, edits: setEntry(given, `${entry.pointer}/ip_address`, free) }];
}

/** A fixed IP whose subnet is of another network: its subnet, or the network of the port, is wrong. */
function subnetOfNetwork(given: Given): Fix[] {
  const item = parentOf(given.problem.pointer);
  const address = holderAt({ ...given, problem: { ...given.problem, pointer: `${item}/ip_address` } });
  const find = relationsOf(given.topology);
  if (!address) return [];
  const holding = find.holding(address.holder.network ?? '', address.address);
  const { subnet } = address;
  const fixes: Fix[] = holding
    ? [
        {
          title: `Name subnet ${quote(holding.name)}, which has ${address.address}`,
          edits: setEntry(given, given.problem.pointer, holding.name),
          isPreferred: true,
        },
      ]
    : [];
  if (!subnet || address.holder.role !== 'port' || address.holder.addresses.length > 1) return fixes;
  return [
    ...fixes,
    {
      title: `Put the port on network ${quote(subnet.network)}, which subnet ${quote(subnet.name)} is of`,
      edits: setEntry(given, `${address.holder.pointer}/network`, subnet.network),
    },
  ];
}

export const ADDRESS_FIXES: Fixes = {
  'address-outside-subnet': (given) =>
    given.problem.pointer.includes('/allocation_pools/')
      ? poolEdge(given)
      : [...itsSubnet(given), ...anotherAddress(given)],
  'address-reserved': anotherAddress,
  'duplicate-address': anotherAddress,
  'gateway-address-taken': anotherAddress,
  'interface-without-address': interfaceAddress,
  'subnet-of-other-network': subnetOfNetwork,
  'table-clash': interfaceAddress,
};
