/** Network and broadcast addresses, which no port can have, and in IPv6 the first address, which is for routers. */
import { parsePrefix } from '../ip.ts';
import { DEVICE_OWNER, ROUTER_INTERFACE_OWNERS } from '../neutron.ts';
import { describe } from '../topology/describe.ts';
import { relationsOf } from '../topology/relations.ts';
import { joined, keptList } from '../topology/kept.ts';
import type { Lookup } from '../topology/lookup.ts';
import type { Check, Finding } from './check.ts';
import { holders, type Holder } from './holders.ts';
import { isForRouters, reservedAs } from './reserved.ts';

export const addressReserved: Check = {
  code: 'address-reserved',
  severity: 'error',
  doc: "A port, router device or floating IP with the network or broadcast address of its IPv4 subnet, or another port than a router's with the first address of an IPv6 one (`ipam/utils.py: check_subnet_ip`).",
  why: 'The kernel answers for neither address; a router device with one of them would get no packet. The first address of an IPv6 subnet is that of any router there (RFC 4291, section 2.6.1).',
  check(topology, report) {
    const find = relationsOf(topology);
    const on = [topology.networks];
    const making = { make: (holder: Holder) => reservedAddresses(holder, find), on: () => on };
    joined(findingsOf(holders(topology), on, making)).forEach(report);
  },
  wrong: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
ports:
  vm1: {network: red, fixed_ips: [{subnet: red-v4, ip_address: 10.0.0.255}]}
  #                                                            ^^^^^^^^^^ address-reserved
`,
  right: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
ports:
  vm1: {network: red, fixed_ips: [{subnet: red-v4, ip_address: 10.0.0.254}]}
`,
};

const findingsOf = keptList<Holder, Finding[]>();

const reservedAddresses = (holder: Holder, find: Lookup): Finding[] =>
  holder.addresses.flatMap(({ ip_address, pointer, at, subnet }) => {
    const of = subnet === undefined ? find.holding(holder.network ?? '', ip_address) : find.subnet.get(subnet);
    // An interface that takes over such a gateway is the gateway's mistake.
    if (!of || (holder.role === 'interface' && of.gateway_ip === ip_address)) return [];
    const prefix = parsePrefix(of.cidr)!;
    const reserved = reservedAs(prefix, ip_address);
    if (reserved === undefined && !(isForRouters(prefix, ip_address) && !isOfRouter(holder))) return [];
    const [what, who] = reserved === undefined ? ['first', 'only routers can have'] : [reserved, 'no host can have'];
    const message = `${ip_address} of ${describe(pointer)} is the ${what} address of ${of.cidr} (subnet \`${of.name}\`), which ${who}. Neutron refuses it; choose another address.`;
    return [{ message, pointer, at, related: [{ pointer: `${of.pointer}/cidr`, message: `subnet ${of.name}` }] }];
  });

/** Whom Neutron lets have the first address of an IPv6 subnet: `lib: constants.py: ROUTER_PORT_OWNERS`, and ports that nobody uses yet. */
const MAY_BE_FIRST: readonly (string | undefined)[] = [
  ...ROUTER_INTERFACE_OWNERS,
  DEVICE_OWNER.snat,
  DEVICE_OWNER.gateway,
  '',
];

const isOfRouter = ({ role, device_owner }: Holder): boolean => role !== 'port' || MAY_BE_FIRST.includes(device_owner);
