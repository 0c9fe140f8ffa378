/** Allocation pools must leave the gateway out. */
import { compareAddresses, familyOf } from '../ip.ts';
import type { Check } from './check.ts';

export const gatewayInPool: Check = {
  code: 'gateway-in-pool',
  severity: 'error',
  doc: "A subnet's gateway inside one of its allocation pools (`db/ipam_backend_mixin.py: validate_gw_out_of_pools`).",
  why: 'Sooner or later a VM would get the address that all `qr-` devices of the subnet have.',
  check(topology, report) {
    for (const { name, pointer, gateway_ip, allocation_pools } of topology.networks.flatMap((each) => each.subnets)) {
      if (gateway_ip === null) continue;
      for (const [i, { start, end }] of allocation_pools.entries()) {
        if (familyOf(start) !== familyOf(gateway_ip) || familyOf(end) !== familyOf(gateway_ip)) continue;
        if (compareAddresses(start, gateway_ip) > 0 || compareAddresses(gateway_ip, end) > 0) continue;
        const message = `The gateway ${gateway_ip} of subnet \`${name}\` is in the pool ${start} to ${end}: Neutron could give it to a port, and so refuses it. Cut the pool or move the gateway.`;
        const related = [{ pointer: `${pointer}/allocation_pools/${i}`, message: 'the pool' }];
        report({ message, pointer: `${pointer}/gateway_ip`, related });
      }
    }
  },
  wrong: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24, gateway_ip: 10.0.0.9, allocation_pools: [{start: 10.0.0.2, end: 10.0.0.99}]}}}
  #                                                       ^^^^^^^^ gateway-in-pool
`,
  right: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24, gateway_ip: 10.0.0.1, allocation_pools: [{start: 10.0.0.2, end: 10.0.0.99}]}}}
`,
};
