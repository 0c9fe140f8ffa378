/** The IPv6 subnets of one network share one interface of a router. */
import { familyOf } from '../ip.ts';
import { quote } from '../topology/describe.ts';
import { relationsOf } from '../topology/relations.ts';
import type { RouterInterface } from '../topology/types.ts';
import type { Check } from './check.ts';

export const severalIpv6Interfaces: Check = {
  code: 'several-ipv6-interfaces',
  severity: 'error',
  doc: 'A router that is not distributed with two IPv6 ports on one network (`db/l3_db.py: _validate_one_router_ipv6_port_per_network`).',
  why: 'Two devices of one namespace would send router advertisements into one network, and hosts would take two gateways.',
  check(topology, report) {
    const find = relationsOf(topology);
    for (const { name, distributed, interfaces } of topology.routers) {
      if (distributed) continue;
      const first = new Map<string, RouterInterface>();
      for (const each of interfaces) {
        const subnet = find.subnet.get(each.subnet);
        if (!subnet || each.port_id === undefined || familyOf(subnet.cidr.split('/')[0]!) !== 'inet6') continue;
        const other = first.get(subnet.network);
        if (!other) first.set(subnet.network, each);
        // An id may be cut, so the beginnings count.
        else if (!each.port_id.startsWith(other.port_id!) && !other.port_id!.startsWith(each.port_id)) {
          const message = `Router ${quote(name)} has an IPv6 port on network ${quote(subnet.network)} already, for subnet ${quote(other.subnet)}. Neutron refuses a second one; give both subnets to one port.`;
          const related = [{ pointer: `${other.pointer}/port_id`, message: `the port on ${other.subnet}` }];
          report({ message, pointer: `${each.pointer}/port_id`, related });
        }
      }
    }
  },
  wrong: `
networks:
  red: {subnets: {red-a: {cidr: '2001:db8:a::/64'}, red-b: {cidr: '2001:db8:b::/64'}}}
routers:
  router1:
    distributed: false
    interfaces:
      red-a: {port_id: 11111111-aa}
      red-b: {port_id: 22222222-bb}
      #                ^^^^^^^^^^^ several-ipv6-interfaces
`,
  right: `
networks:
  red: {subnets: {red-a: {cidr: '2001:db8:a::/64'}, red-b: {cidr: '2001:db8:b::/64'}}}
routers:
  router1: {distributed: false, interfaces: {red-a: {port_id: 11111111-aa}, red-b: {port_id: 11111111-aa}}}
`,
};
