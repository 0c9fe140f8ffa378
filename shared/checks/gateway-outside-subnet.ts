/** A gateway elsewhere than in its subnet is allowed, but seldom meant. */
import { contains, familyOf } from '../ip.ts';
import { relationsOf } from '../topology/relations.ts';
import type { Topology } from '../topology/types.ts';
import type { Check } from './check.ts';

/** Agents have on-link routes to all subnets of an external network (`interface.py: set_onlink_routes`). */
const isOnLink = (topology: Topology, network: string, gateway: string): boolean => {
  const found = relationsOf(topology).network.get(network);
  return found !== undefined && found.external && found.subnets.some(({ cidr }) => contains(cidr, gateway));
};

export const gatewayOutsideSubnet: Check = {
  code: 'gateway-outside-subnet',
  severity: 'information',
  doc: 'A gateway that is not in its subnet. Neutron allows it and adds an on-link route (`ipam/utils.py: check_gateway_invalid_in_subnet`).',
  why: 'VMs need an on-link route to reach such a gateway, and so does the namespace; many operating systems do not take that from DHCP.',
  check(topology, report) {
    for (const { name, network, pointer, cidr, gateway_ip } of topology.networks.flatMap((each) => each.subnets)) {
      if (gateway_ip === null || contains(cidr, gateway_ip)) continue;
      const related = [{ pointer: `${pointer}/cidr`, message: `subnet ${name}` }];
      const at = { pointer: `${pointer}/gateway_ip`, related };
      if (familyOf(gateway_ip) !== familyOf(cidr.split('/')[0]!)) {
        const message = `The gateway ${gateway_ip} of subnet \`${name}\` is of another IP version than ${cidr}. Neutron refuses it; give an address of the subnet, or leave the key out for its first one.`;
        report({ ...at, message, severity: 'error' });
        // A link-local gateway is the usual thing in IPv6.
      } else if (!contains('fe80::/10', gateway_ip) && !isOnLink(topology, network, gateway_ip)) {
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
  public: {router:external: true, subnets: {a: {cidr: 203.0.113.0/25, gateway_ip: 203.0.113.1}, b: {cidr: 198.51.100.0/24, gateway_ip: 203.0.113.1}}}
`,
};
