/** A gateway elsewhere than in its subnet is allowed, but seldom meant. */
import { contains, familyOf } from '../ip.ts';
import type { Check } from './check.ts';

export const gatewayOutsideSubnet: Check = {
  code: 'gateway-outside-subnet',
  severity: 'information',
  doc: 'A gateway that is not in its subnet. Neutron allows it and adds an on-link route (`ipam/utils.py: check_gateway_invalid_in_subnet`).',
  why: 'VMs need an on-link route to reach such a gateway, and so does the namespace; many operating systems do not take that from DHCP.',
  check(topology, report) {
    for (const { name, pointer, cidr, gateway_ip } of topology.networks.flatMap((each) => each.subnets)) {
      if (gateway_ip === null || contains(cidr, gateway_ip)) continue;
      const at = { pointer: `${pointer}/gateway_ip` };
      if (familyOf(gateway_ip) !== familyOf(cidr.split('/')[0]!)) {
        const message = `The gateway ${gateway_ip} of subnet \`${name}\` is of another IP version than ${cidr}. Neutron refuses it.`;
        report({ ...at, message, severity: 'error' });
        // A link-local gateway is the usual thing in IPv6.
      } else if (!contains('fe80::/10', gateway_ip)) {
        const message = `The gateway ${gateway_ip} is not in ${cidr} of subnet \`${name}\`. Neutron allows that: hosts need an on-link route to it. If you did not mean it, choose an address of the subnet.`;
        report({ ...at, message });
      }
    }
  },
  wrong: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24, gateway_ip: 10.0.1.1}}}
  #                                                       ^^^^^^^^ gateway-outside-subnet
  blue: {subnets: {blue-v4: {cidr: 10.1.0.0/24, gateway_ip: '2001:db8::1'}}}
  #                                                         ^^^^^^^^^^^^^ gateway-outside-subnet
`,
  right: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24, gateway_ip: 10.0.0.254}, none: {cidr: 10.0.9.0/24, gateway_ip: null}}}
  blue: {subnets: {blue-v6: {cidr: '2001:db8::/64', gateway_ip: 'fe80::1'}}}
`,
};
