/** Extra routes lead to a neighbour of the router. */
import { contains } from '../ip.ts';
import { quote } from '../topology/describe.ts';
import type { Lookup } from '../topology/lookup.ts';
import { relationsOf } from '../topology/relations.ts';
import type { Router } from '../topology/types.ts';
import { unreadOf } from '../topology/unread.ts';
import type { Check } from './check.ts';

export const extraRouteNexthop: Check = {
  code: 'extra-route-nexthop',
  severity: 'error',
  doc: "An extra route whose next hop is on none of the router's subnets, or is the router itself (`db/extraroute_db.py: _validate_routes_nexthop`).",
  why: 'The agent adds extra routes to the namespaces in which the next hop is on-link. The kernel refuses a route whose next hop it cannot reach.',
  check(topology, report) {
    const find = relationsOf(topology);
    const unread = unreadOf(topology);
    for (const router of topology.routers) {
      const cidrs = attachedPrefixes(router, find);
      const own = addressesOf(router);
      for (const [i, { nexthop, destination }] of router.routes.entries()) {
        const at = { pointer: `${router.pointer}/routes/${i}/nexthop` };
        if (own.includes(nexthop)) {
          const message = `The next hop ${nexthop} of the route to ${destination} is an address of router ${quote(router.name)} itself. Neutron refuses it; name the next router.`;
          report({ ...at, message });
        } else if (cidrs && !cidrs.some((cidr) => contains(cidr, nexthop)) && !unread.touches(router.pointer)) {
          const message = `The next hop ${nexthop} of the route to ${destination} is on none of the subnets of router ${quote(router.name)} (${cidrs.join(', ') || 'it has none'}), so it cannot be reached. Neutron refuses it; name a next hop on one of them, or attach the router to the subnet of this one.`;
          report({ ...at, message });
        }
      }
    }
  },
  wrong: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
routers:
  router1:
    interfaces:
      red-v4:
    routes: [{destination: 172.16.0.0/16, nexthop: 10.0.0.1}, {destination: 172.17.0.0/16, nexthop: 10.0.1.5}]
    #                                              ^^^^^^^^ extra-route-nexthop
    #                                                                                               ^^^^^^^^ extra-route-nexthop
`,
  right: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
routers:
  router1:
    external_gateway: {network: public, ip_address: 192.0.2.10}
    interfaces:
      red-v4:
    routes: [{destination: 172.16.0.0/16, nexthop: 10.0.0.5}, {destination: 172.17.0.0/16, nexthop: 192.0.2.9}]
`,
};

/** The prefixes of a router's subnets, those of its external network included; `undefined` when one of them is not known. */
function attachedPrefixes({ interfaces, external_gateway: gateway }: Router, find: Lookup): string[] | undefined {
  const subnets = interfaces.map(({ subnet }) => find.subnet.get(subnet));
  const external = gateway && find.network.get(gateway.network);
  if (subnets.includes(undefined) || (gateway && !external?.subnets.length)) return undefined;
  return [...subnets, ...(external?.subnets ?? [])].flatMap((subnet) => subnet?.cidr ?? []);
}

/** Those of all ports that have the router as `device_id` (`db/extraroute_db.py: _validate_routes`), the SNAT ports among them. */
const addressesOf = ({ interfaces, external_gateway }: Router): string[] => [
  ...interfaces.flatMap(({ ip_address, snat }) => [ip_address ?? [], snat?.ip_address ?? []].flat()),
  ...(external_gateway?.external_fixed_ips.map(({ ip_address }) => ip_address) ?? []),
];
