/** One fixed address has one floating IP of a network. */
import { quote } from '../topology/describe.ts';
import type { Check } from './check.ts';

export const floatingIpDuplicate: Check = {
  code: 'floating-ip-duplicate',
  severity: 'error',
  doc: 'Two floating IPs of one external network for the same address of a port (`db/l3_db.py: _check_and_get_fip_assoc`).',
  why: 'In `ip rule` one fixed address has one rule `from <fixed address> lookup 16`; there is no room for a second floating IP.',
  check(topology, report) {
    const first = new Map<string, (typeof topology.floating_ips)[number]>();
    for (const floatingIp of topology.floating_ips) {
      const { port, fixed_ip_address, network, name, pointer } = floatingIp;
      if (port === undefined || fixed_ip_address === undefined) continue;
      const key = [port, fixed_ip_address, network].join('\n');
      const other = first.get(key);
      if (!other) first.set(key, floatingIp);
      else {
        const message = `${fixed_ip_address} of port ${quote(port)} already has the floating IP ${other.name}. Neutron refuses ${name} for it; take one of them off.`;
        report({ message, pointer: `${pointer}/port`, related: [{ pointer: other.pointer, message: other.name }] });
      }
    }
  },
  wrong: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
routers:
  router1: {external_gateway: {network: public}, interfaces: {red-v4: }}
ports:
  vm1: {network: red, fixed_ips: [{ip_address: 10.0.0.5}]}
floating_ips:
  192.0.2.50: {port: vm1}
  192.0.2.51: {port: vm1}
  #                  ^^^ floating-ip-duplicate
`,
  right: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
routers:
  router1: {external_gateway: {network: public}, interfaces: {red-v4: }}
ports:
  vm1: {network: red, fixed_ips: [{ip_address: 10.0.0.5}, {ip_address: 10.0.0.6}]}
floating_ips:
  192.0.2.50: {port: vm1, fixed_ip_address: 10.0.0.5}
  192.0.2.51: {port: vm1, fixed_ip_address: 10.0.0.6}
  192.0.2.52:
`,
};
