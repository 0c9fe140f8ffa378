/** Gateways that are the network or broadcast address. */
import { parsePrefix } from '../ip.ts';
import type { Check } from './check.ts';
import { reservedAsGateway } from './reserved.ts';

export const gatewayReserved: Check = {
  code: 'gateway-reserved',
  severity: 'error',
  doc: 'An IPv4 gateway that is the network or broadcast address (`ipam/utils.py: check_gateway_invalid_in_subnet`).',
  why: "Interfaces take the gateway's address, and no `qr-` device can have the network or broadcast address.",
  check(topology, report) {
    for (const { name, pointer, cidr, gateway_ip } of topology.networks.flatMap((each) => each.subnets)) {
      const prefix = parsePrefix(cidr)!;
      const reserved = gateway_ip !== null && reservedAsGateway(prefix, gateway_ip);
      if (!reserved) continue;
      const isBare = prefix.length >= 31;
      const todo = isBare ? 'set `gateway_ip: null`' : 'choose another address of the subnet';
      const message = `The gateway ${gateway_ip} is the ${reserved} address of ${cidr} (subnet \`${name}\`), which ${isBare ? 'no gateway' : 'no `qr-` device'} can have. Neutron refuses it; ${todo}.`;
      const related = [{ pointer: `${pointer}/cidr`, message: `subnet ${name}` }];
      report({ message, pointer: `${pointer}/gateway_ip`, related });
    }
  },
  wrong: `
networks:
  red: {subnets: {red-a: {cidr: 10.0.0.0/24, gateway_ip: 10.0.0.0}, red-b: {cidr: 10.0.1.0/24, gateway_ip: 10.0.1.255}}}
  #                                                      ^^^^^^^^ gateway-reserved
  #                                                                                                        ^^^^^^^^^^ gateway-reserved
`,
  right: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24, gateway_ip: 10.0.0.1}, point: {cidr: 10.0.1.0/31, gateway_ip: null, enable_dhcp: false}}}
`,
};
