/** Neutron counts the extra routes of a router. */
import { quote } from '../topology/describe.ts';
import type { Check } from './check.ts';

/** `conf/db/extraroute_db.py: max_routes`, its default. */
const MAX_ROUTES = 30;

export const tooManyRoutes: Check = {
  code: 'too-many-routes',
  severity: 'warning',
  doc: 'More extra routes than Neutron allows a router by default (`db/extraroute_db.py: _validate_routes`; `max_routes`).',
  why: 'Each extra route is programmed in the namespaces of every node that holds the router, and once more in each SNAT table.',
  check(topology, report) {
    for (const { name, pointer, routes } of topology.routers) {
      if (routes.length <= MAX_ROUTES) continue;
      const message = `Router ${quote(name)} has ${routes.length} extra routes. Neutron refuses more than ${MAX_ROUTES} unless \`max_routes\` was raised. Sum them up in wider prefixes, or raise it.`;
      report({ message, pointer: `${pointer}/routes/${MAX_ROUTES}/destination` });
    }
  },
  wrong: manyRoutes(31),
  right: manyRoutes(30),
};

function manyRoutes(count: number): string {
  const routes = Array.from(
    { length: count },
    (_, i) =>
      `      - {destination: 172.16.${i}.0/24, nexthop: 10.0.0.9}${i === MAX_ROUTES ? '\n      #               ^^^^^^^^^^^^^^ too-many-routes' : ''}`,
  );
  return `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
routers:
  router1:
    interfaces: {red-v4: }
    routes:
${routes.join('\n')}
`;
}
