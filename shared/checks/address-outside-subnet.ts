/** Addresses and the subnets that they are said to be of. Where the subnet is not named, any subnet of the network will do. */
import { contains } from '../ip.ts';
import { describe, quote } from '../topology/describe.ts';
import { relationsOf } from '../topology/relations.ts';
import { joined, keptList } from '../topology/kept.ts';
import type { Lookup } from '../topology/lookup.ts';
import { unreadOf, type Unread } from '../topology/unread.ts';
import type { Check, Finding } from './check.ts';
import { holders, type Holder } from './holders.ts';

export const addressOutsideSubnet: Check = {
  code: 'address-outside-subnet',
  severity: 'error',
  doc: 'An address or allocation pool that is not in the subnet it is said to be of (`ipam/utils.py: check_subnet_ip`, `db/ipam_backend_mixin.py: validate_allocation_pools`).',
  why: 'A `qr-` or `sg-` address outside of its subnet gives no connected route, and `ip rule` and table numbers are made from that address.',
  check(topology, report) {
    const find = relationsOf(topology);
    const unread = unreadOf(topology);
    const on = [topology.networks, unread.among('/networks')];
    const making = { make: (holder: Holder) => addressesOutside(holder, find, unread), on: () => on };
    joined(findingsOf(holders(topology), on, making)).forEach(report);
    for (const { name, cidr, pointer, allocation_pools } of topology.networks.flatMap((each) => each.subnets))
      for (const [i, pool] of allocation_pools.entries())
        for (const edge of ['start', 'end'] as const)
          if (!contains(cidr, pool[edge])) {
            const message = `The pool's ${edge} ${pool[edge]} is not in ${cidr} of subnet ${quote(name)}. Neutron refuses it; correct the pool or the prefix.`;
            report({ message, pointer: `${pointer}/allocation_pools/${i}/${edge}` });
          }
  },
  wrong: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24, allocation_pools: [{start: 10.0.0.2, end: 10.0.1.9}]}}}
  #                                                                                     ^^^^^^^^ address-outside-subnet
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
routers:
  router1:
    external_gateway: {network: public, ip_address: 192.0.3.10}
    #                                               ^^^^^^^^^^ address-outside-subnet
    interfaces:
      red-v4: {ip_address: 10.0.1.1, snat: {ip_address: 10.1.0.3}}
      #                    ^^^^^^^^ address-outside-subnet
      #                                                 ^^^^^^^^ address-outside-subnet
ports:
  vm1: {network: red, fixed_ips: [{subnet: red-v4, ip_address: 10.0.0.5}, {subnet: red-v4, ip_address: 10.5.0.5}]}
  #                                                                                                    ^^^^^^^^ address-outside-subnet
  vm2: {network: red, fixed_ips: [{ip_address: '2001:db8::5'}]}
  #                                            ^^^^^^^^^^^^^ address-outside-subnet
`,
  right: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24, allocation_pools: [{start: 10.0.0.2, end: 10.0.0.9}]}}}
  bare: {}
ports:
  vm1: {network: red, fixed_ips: [{subnet: red-v4, ip_address: 10.0.0.5}]}
  vm2: {network: bare, fixed_ips: [{ip_address: 172.16.0.5}]}
`,
};

const findingsOf = keptList<Holder, Finding[]>();

function addressesOutside({ network: name, addresses, role }: Holder, find: Lookup, unread: Unread): Finding[] {
  // Of floating IPs, `floating-ip-unserved` says more.
  if (role === 'floating_ip') return [];
  const network = find.network.get(name ?? '');
  return addresses.flatMap(({ ip_address, subnet: subnetName, pointer, at }) => {
    const subnet = find.subnet.get(subnetName ?? '');
    if (subnet ? contains(subnet.cidr, ip_address) : subnetName !== undefined) return [];
    if (!subnet && (!network?.subnets.length || unread.touches(network.pointer))) return [];
    const place = subnet ? `${subnet.cidr} of subnet ${quote(subnet.name)}` : `any subnet of network ${quote(name!)}`;
    const message = `${ip_address} of ${describe(pointer)} is not in ${place}. Neutron refuses it; correct the address or the ${subnet ? 'subnet' : 'network'}.`;
    const related = subnet ? [{ pointer: `${subnet.pointer}/cidr`, message: `subnet ${subnet.name}` }] : [];
    return [{ message, pointer, at, related }];
  });
}
