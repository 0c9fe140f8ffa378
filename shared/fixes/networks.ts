/** Fixes of networks, subnets and their gateways and pools. */
import { HIGHEST } from '../checks/segmentation-id-range.ts';
import { compareAddresses, contains, familyOf, parsePrefix } from '../ip.ts';
import { holders } from '../checks/holders.ts';
import { reservedAsGateway } from '../checks/reserved.ts';
import { quote } from '../topology/describe.ts';
import { relationsOf } from '../topology/relations.ts';
import type { Subnet, Topology } from '../topology/types.ts';
import { addressBeside, hostsOf } from './addresses.ts';
import { addItem, parentOf, removeEntries, renameEntry, setEntry, together } from './edits.ts';
import { type Fix, type Fixes, type Given, thingsAt } from './fix.ts';

/** The gateway of a subnet: what a router has there, else the first address that nobody has. */
function anotherGateway(given: Given): Fix[] {
  const { subnet } = thingsAt(given.topology, given.problem.pointer);
  const address = subnet && gatewayFor(given.topology, subnet);
  const title = `Set \`gateway_ip\` to ${address}`;
  return address === undefined ? [] : [{ title, edits: setEntry(given, given.problem.pointer, address) }];
}

function gatewayFor(
  topology: Topology,
  { name, network, cidr, gateway_ip, allocation_pools }: Subnet,
): string | undefined {
  const isFit = (address: string): boolean =>
    contains(cidr, address) && reservedAsGateway(parsePrefix(cidr)!, address) === undefined && address !== gateway_ip;
  const entries = relationsOf(topology).interfacesOfSubnet.get(name) ?? [];
  const own = entries.map((each) => each.interface.ip_address).find((each) => each !== undefined && isFit(each));
  if (own !== undefined) return own;
  const taken = new Set(
    holders(topology).flatMap((holder) =>
      holder.network === network ? holder.addresses.map((each) => each.ip_address) : [],
    ),
  );
  const isInPool = (address: string): boolean =>
    allocation_pools.some(
      ({ start, end }) =>
        familyOf(start) === familyOf(address) &&
        compareAddresses(start, address) <= 0 &&
        compareAddresses(address, end) <= 0,
    );
  return hostsOf(cidr).find((address) => isFit(address) && !taken.has(address) && !isInPool(address));
}

/** The pool without the gateway: one end moves, or it becomes two. */
function cutPool(given: Given): Fix[] {
  const pool = given.problem.related?.[0]?.pointer ?? '';
  const { subnet } = thingsAt(given.topology, pool);
  const found = subnet?.allocation_pools[Number(pool.slice(pool.lastIndexOf('/') + 1))];
  const gateway = subnet?.gateway_ip;
  if (!found || gateway === undefined || gateway === null) return [];
  const [before, after] = [addressBeside(gateway, -1), addressBeside(gateway, 1)];
  const { start, end } = found;
  if (start === end || before === undefined || after === undefined) return [];
  const title = 'Leave the gateway out of the pool';
  const edits =
    start === gateway
      ? setEntry(given, `${pool}/start`, after)
      : end === gateway
        ? setEntry(given, `${pool}/end`, before)
        : together(
            setEntry(given, `${pool}/end`, before),
            addItem(given, pool, `{start: ${yaml(after)}, end: ${yaml(end)}}`),
          );
  return [{ title, edits, isPreferred: true }];
}

/** IPv6 addresses are quoted, since a colon may end a key. */
const yaml = (address: string): string => (address.includes(':') ? `"${address}"` : address);

function mendPool(given: Given): Fix[] {
  const pool = parentOf(given.problem.pointer);
  const { subnet } = thingsAt(given.topology, pool);
  const found = subnet?.allocation_pools[Number(pool.slice(pool.lastIndexOf('/') + 1))];
  if (!subnet || !found) return [];
  const { start, end } = found;
  if (compareAddresses(start, end) > 0) {
    const edits = together(setEntry(given, `${pool}/start`, end), setEntry(given, `${pool}/end`, start));
    return [{ title: 'Swap start and end of the pool', edits, isPreferred: true }];
  }
  const other = given.problem.related?.[0]?.pointer ?? '';
  if (other.includes('/allocation_pools/')) return partPools(given, subnet, pool, found, other);
  const [first, last] = hostsOf(subnet.cidr);
  const parts = [
    ...(compareAddresses(start, first) < 0 ? [setEntry(given, `${pool}/start`, first)] : []),
    ...(compareAddresses(end, last) > 0 ? [setEntry(given, `${pool}/end`, last)] : []),
  ];
  const title = `Keep the pool to the addresses for hosts in ${subnet.cidr}`;
  return parts.length > 0 ? [{ title, edits: together(...parts), isPreferred: true }] : [];
}

/** The later pool begins behind the earlier one. */
function partPools(given: Given, subnet: Subnet, pool: string, { end }: { end: string }, other: string): Fix[] {
  const before = subnet.allocation_pools[Number(other.slice(other.lastIndexOf('/') + 1))];
  const start = before && addressBeside(before.end, 1);
  if (start === undefined || compareAddresses(start, end) > 0) return [];
  return [
    { title: `Start the pool at ${start}, behind the other one`, edits: setEntry(given, `${pool}/start`, start) },
  ];
}

/** The next segmentation id that no network of the same kind has. */
function anotherSegment(given: Given): Fix[] {
  const { network } = thingsAt(given.topology, given.problem.pointer);
  const type = network?.network_type;
  if (!network || type === undefined || !given.problem.pointer.endsWith('/segmentation_id')) return [];
  const highest = HIGHEST.get(type);
  if (highest === undefined) {
    const title = `Take \`segmentation_id\` out: a ${type} network has none`;
    return [{ title, edits: removeEntries(given, network.pointer, ['segmentation_id']), isPreferred: true }];
  }
  const taken = new Set(
    given.topology.networks
      .filter((each) => each.network_type === type && each.physical_network === network.physical_network)
      .map((each) => each.segmentation_id),
  );
  const own = network.segmentation_id ?? 0;
  const from = own >= 1 && own < highest ? own + 1 : 1;
  for (let id = from, tries = 0; tries <= taken.size; id = id >= highest ? 1 : id + 1, tries++)
    if (!taken.has(id)) {
      const title = `Use ${id}, the next ${type} segment that no network here has`;
      return [{ title, edits: setEntry(given, given.problem.pointer, id) }];
    }
  return [];
}

const MODES = ['ipv6_ra_mode', 'ipv6_address_mode'] as const;

function ipv6Modes(given: Given): Fix[] {
  const { subnet, interface: entry } = thingsAt(given.topology, given.problem.pointer);
  if (!subnet) return [];
  const { pointer, cidr, enable_dhcp, ipv6_ra_mode: ra, ipv6_address_mode: address } = subnet;
  const prefix = parsePrefix(cidr)!;
  const off: Fix = { title: 'Take the IPv6 modes out', edits: removeEntries(given, pointer, MODES) };
  if (entry && address !== undefined)
    return [{ title: `Set \`ipv6_ra_mode: ${address}\``, edits: setEntry(given, `${pointer}/ipv6_ra_mode`, address) }];
  if (prefix.family === 'inet') return [{ ...off, isPreferred: true }];
  if (!enable_dhcp) return [off, { title: 'Turn DHCP on', edits: setEntry(given, `${pointer}/enable_dhcp`, true) }];
  if (ra !== undefined && address !== undefined && ra !== address)
    return [...new Set([ra, address])]
      .filter((mode) => mode === 'dhcpv6-stateful' || prefix.length === 64)
      .map((mode) => ({ title: `Set both modes to ${mode}`, edits: both(given, pointer, mode) }));
  return [
    {
      title: 'Use dhcpv6-stateful',
      edits: together(
        ...MODES.filter((mode) => subnet[mode] !== undefined).map((mode) =>
          setEntry(given, `${pointer}/${mode}`, 'dhcpv6-stateful'),
        ),
      ),
    },
  ];
}

const both = (given: Given, pointer: string, mode: string) =>
  together(...MODES.map((key) => setEntry(given, `${pointer}/${key}`, mode)));

export const NETWORK_FIXES: Fixes = {
  'duplicate-name': (given) => {
    const { subnet } = thingsAt(given.topology, given.problem.pointer);
    if (!subnet) return [];
    const names = new Set(given.topology.networks.flatMap((network) => network.subnets.map(({ name }) => name)));
    let number = 2;
    while (names.has(`${subnet.name}-${number}`)) number++;
    const name = `${subnet.name}-${number}`;
    return [{ title: `Rename it to ${quote(name)}`, edits: renameEntry(given, subnet.pointer, name) }];
  },
  'duplicate-segment': anotherSegment,
  'gateway-in-pool': cutPool,
  'gateway-outside-subnet': anotherGateway,
  'gateway-reserved': (given) => {
    const fixes = anotherGateway(given);
    if (fixes.length > 0) return fixes;
    // A prefix of one or two addresses has none that could be the gateway.
    return [{ title: 'Set `gateway_ip: null`', edits: setEntry(given, given.problem.pointer, { yaml: 'null' }) }];
  },
  'invalid-pool': mendPool,
  'ipv6-modes': ipv6Modes,
  'mtu-above-external': (given) => {
    const { network, router } = thingsAt(given.topology, given.problem.pointer);
    const external = relationsOf(given.topology).network.get(router?.external_gateway?.network ?? '');
    if (!network || external?.mtu === undefined) return [];
    const title = `Lower the MTU of network ${quote(network.name)} to ${external.mtu}`;
    return [{ title, edits: setEntry(given, `${network.pointer}/mtu`, external.mtu) }];
  },
  'mtu-too-small': (given) => [
    {
      title: 'Raise the MTU to 1280, the least for IPv6',
      edits: setEntry(given, given.problem.pointer, 1280),
      isPreferred: true,
    },
  ],
  'segmentation-id-range': anotherSegment,
  'subnet-not-for-dhcp': (given) => [
    {
      title: 'Set `enable_dhcp: false`',
      edits: setEntry(given, `${parentOf(given.problem.pointer)}/enable_dhcp`, false),
      isPreferred: true,
    },
  ],
  'unspecified-prefix': (given) => {
    const { subnet } = thingsAt(given.topology, given.problem.pointer);
    const prefix = subnet && parsePrefix(subnet.cidr);
    if (prefix?.family !== 'inet6') return [];
    return [
      {
        title: 'Write `::/64`: the subnet waits for prefix delegation',
        edits: setEntry(given, given.problem.pointer, '::/64'),
      },
    ];
  },
};
