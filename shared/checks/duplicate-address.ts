/** Addresses are unique within a network, whoever holds them. Allowed address pairs hold nothing: they may name another port's address. */
import { describe, quote } from '../topology/describe.ts';
import { remembered } from '../topology/kept.ts';
import type { Check, Finding } from './check.ts';
import { holdersByNetwork, isSamePort, type Held, type Holder } from './holders.ts';

export const duplicateAddress: Check = {
  code: 'duplicate-address',
  severity: 'error',
  doc: 'One address of a network given out twice: to ports, router devices or floating IPs (`db/models_v2.py: IPAllocation`).',
  why: 'The qrouter namespaces hold one permanent neighbour for each address: with two owners all packets go to one of them, on every node.',
  check(topology, report) {
    for (const group of holdersByNetwork(topology).values()) duplicates(group).forEach(report);
  },
  wrong: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
routers:
  router1:
    external_gateway: {network: public, ip_address: 192.0.2.10}
    interfaces:
      red-v4: {snat: {ip_address: 10.0.0.3}}
ports:
  vm1: {network: red, fixed_ips: [{ip_address: 10.0.0.5}]}
  vm2: {network: red, fixed_ips: [{ip_address: 10.0.0.5}]}
  #                                            ^^^^^^^^ duplicate-address
  vm3: {network: red, fixed_ips: [{ip_address: 10.0.0.3}]}
  #                                            ^^^^^^^^ duplicate-address
  vm4: {network: red, fixed_ips: [{ip_address: 10.0.0.1}]}
  #                                            ^^^^^^^^ duplicate-address
floating_ips:
  192.0.2.10: {}
# ^^^^^^^^^^ duplicate-address
`,
  right: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  blue: {subnets: {blue-v4: {cidr: 10.0.0.0/24}}}
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
ports:
  vm1: {network: red, fixed_ips: [{ip_address: 10.0.0.5}], allowed_address_pairs: [{ip_address: 10.0.0.6}]}
  vip: {network: red, fixed_ips: [{ip_address: 10.0.0.6}], device_owner: ''}
  vm2: {network: blue, fixed_ips: [{ip_address: 10.0.0.5}]}
  placeholder: {network: public, fixed_ips: [{ip_address: 192.0.2.10}], device_owner: network:floatingip}
floating_ips:
  192.0.2.10: {}
`,
};

const duplicates = remembered((holders: Holder[]): Finding[] => {
  const findings: Finding[] = [];
  const first = new Map<string, { holder: Holder; held: Held }>();
  for (const holder of holders)
    for (const held of holder.addresses) {
      const other = first.get(held.ip_address);
      if (!other) first.set(held.ip_address, { holder, held });
      else if (!isSamePort(holder, other.holder)) findings.push(duplicate(holder.network!, held, other.held));
    }
  return findings;
});

function duplicate(network: string, { ip_address, pointer, at }: Held, other: Held): Finding {
  const owner = describe(other.pointer);
  const message = `${ip_address} on network ${quote(network)} already belongs to ${owner}. Neutron refuses the second one; choose another address.`;
  return { message, pointer, at, related: [{ pointer: other.pointer, message: owner }] };
}
