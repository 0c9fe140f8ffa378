/** The interface's address is the key of most that a qrouter namespace holds. */
import { describe } from '../topology/describe.ts';
import { relationsOf } from '../topology/relations.ts';
import { unreadOf } from '../topology/unread.ts';
import type { Check } from './check.ts';

export const interfaceWithoutAddress: Check = {
  code: 'interface-without-address',
  severity: 'warning',
  doc: 'A router interface without address on a subnet without gateway: Neutron attaches by subnet only with one (`db/l3_db.py: _add_interface_by_subnet`).',
  why: "Number and priority of the SNAT redirect are the interface's address, so that without it no rule, route or neighbour can be told.",
  check(topology, report) {
    const find = relationsOf(topology);
    const unread = unreadOf(topology);
    for (const { subnet, pointer, ip_address } of topology.routers.flatMap((router) => router.interfaces)) {
      if (ip_address !== undefined || find.subnet.get(subnet)?.gateway_ip !== null || unread.touches(pointer)) continue;
      const message = `The address of ${describe(pointer)} is not known: the subnet has no \`gateway_ip\` that it could have. Without it no rule or route of the interface can be told. Give its \`ip_address\`.`;
      const related = [{ pointer: `${find.subnet.get(subnet)!.pointer}/gateway_ip`, message: `subnet ${subnet}` }];
      report({ message, pointer, at: 'key', related });
    }
  },
  wrong: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24, gateway_ip: null}}}
routers:
  router1:
    interfaces:
      red-v4:
    # ^^^^^^ interface-without-address
`,
  right: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24, gateway_ip: null}}}
routers:
  router1: {interfaces: {red-v4: {ip_address: 10.0.0.254}}}
`,
};
