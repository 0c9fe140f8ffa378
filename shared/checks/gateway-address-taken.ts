/** The gateway of an external subnet is a router outside, not one of ours. */
import { quote } from '../topology/describe.ts';
import { relationsOf } from '../topology/relations.ts';
import type { Check } from './check.ts';

export const gatewayAddressTaken: Check = {
  code: 'gateway-address-taken',
  severity: 'error',
  doc: "A router with the address of the external subnet's own gateway (`db/l3_db.py: _validate_gw_info`).",
  why: 'The default route of the snat and fip namespaces leads to that address: the router would be its own next hop.',
  check(topology, report) {
    const find = relationsOf(topology);
    for (const { name, external_gateway: gateway } of topology.routers) {
      for (const [i, { ip_address, subnet: subnetName }] of (gateway?.external_fixed_ips ?? []).entries()) {
        const subnet = find.subnet.get(subnetName ?? '');
        if (!gateway || !subnet || subnet.gateway_ip !== ip_address) continue;
        const message = `${ip_address} is the gateway of external subnet ${quote(subnet.name)} itself: router ${quote(name)} would be its own next hop. Neutron refuses it; choose another address.`;
        const related = [{ pointer: `${subnet.pointer}/gateway_ip`, message: `subnet ${subnet.name}` }];
        report({ message, pointer: `${gateway.pointer}/external_fixed_ips/${i}/ip_address`, related });
      }
    }
  },
  wrong: `
networks:
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24, gateway_ip: 192.0.2.254}}}
routers:
  router1: {external_gateway: {network: public, ip_address: 192.0.2.254}}
  #                                                         ^^^^^^^^^^^ gateway-address-taken
`,
  right: `
networks:
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
routers:
  router1: {external_gateway: {network: public, ip_address: 192.0.2.10}}
`,
};
