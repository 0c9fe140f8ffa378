/** Network and broadcast addresses, which no port can have. */
import { parsePrefix } from '../ip.ts';
import { describe } from '../topology/describe.ts';
import { relationsOf } from '../topology/relations.ts';
import { joined, keptList } from '../topology/kept.ts';
import type { Lookup } from '../topology/lookup.ts';
import type { Check, Finding } from './check.ts';
import { holders, type Holder } from './holders.ts';
import { reservedAs } from './reserved.ts';

export const addressReserved: Check = {
  code: 'address-reserved',
  severity: 'error',
  doc: 'A port, router device or floating IP with the network or broadcast address of its IPv4 subnet (`ipam/utils.py: check_subnet_ip`).',
  why: 'The kernel answers for neither address; a router device with one of them would get no packet.',
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

const reservedAddresses = ({ network, addresses, role }: Holder, find: Lookup): Finding[] =>
  addresses.flatMap(({ ip_address, pointer, at, subnet }) => {
    const of = subnet === undefined ? find.holding(network ?? '', ip_address) : find.subnet.get(subnet);
    const reserved = of && reservedAs(parsePrefix(of.cidr)!, ip_address);
    // An interface that takes over such a gateway is the gateway's mistake.
    if (!reserved || (role === 'interface' && of.gateway_ip === ip_address)) return [];
    const message = `${ip_address} of ${describe(pointer)} is the ${reserved} address of ${of.cidr} (subnet \`${of.name}\`), which no host can have. Neutron refuses it; choose another address.`;
    return [{ message, pointer, at, related: [{ pointer: `${of.pointer}/cidr`, message: `subnet ${of.name}` }] }];
  });
