/** Subnets that are named for an address, but are of another network. */
import { describe, quote } from '../topology/describe.ts';
import { joined, keptList } from '../topology/kept.ts';
import type { Lookup } from '../topology/lookup.ts';
import { relationsOf } from '../topology/relations.ts';
import type { Check, Finding } from './check.ts';
import { holders, type Holder } from './holders.ts';

export const subnetOfOtherNetwork: Check = {
  code: 'subnet-of-other-network',
  severity: 'error',
  doc: "A fixed address on a subnet that is not of the port's network (`db/ipam_backend_mixin.py: _get_subnet_for_fixed_ip`).",
  why: "A port is on the segment of its own network; nobody there answers for the gateway of another network's subnet.",
  check(topology, report) {
    const find = relationsOf(topology);
    const on = [topology.networks];
    const making = { make: (holder: Holder) => strangers(holder, find), on: () => on };
    joined(findingsOf(holders(topology), on, making)).forEach(report);
  },
  wrong: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  blue: {subnets: {blue-v4: {cidr: 10.1.0.0/24}}}
ports:
  vm1: {network: red, fixed_ips: [{subnet: blue-v4, ip_address: 10.1.0.5}]}
  #                                        ^^^^^^^ subnet-of-other-network
`,
  right: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  blue: {subnets: {blue-v4: {cidr: 10.1.0.0/24}}}
ports:
  vm1: {network: blue, fixed_ips: [{subnet: blue-v4, ip_address: 10.1.0.5}]}
`,
};

const findingsOf = keptList<Holder, Finding[]>();

/** Addresses on subnets of another network. */
function strangers({ network, addresses, role }: Holder, find: Lookup): Finding[] {
  if ((role !== 'port' && role !== 'gateway') || network === undefined || !find.network.has(network)) return [];
  return addresses.flatMap(({ subnet: name, pointer }) => {
    const subnet = find.subnet.get(name ?? '');
    if (!subnet || subnet.network === network) return [];
    const message = `Subnet ${quote(subnet.name)} is of network ${quote(subnet.network)}, but ${describe(pointer)} is on network ${quote(network)}. Neutron refuses it; name a subnet of that network.`;
    const related = [{ pointer: subnet.pointer, message: `subnet ${subnet.name}` }];
    return [{ message, pointer: pointer.replace(/ip_address$/, 'subnet'), related }];
  });
}
