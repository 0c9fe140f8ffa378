/** Extra routes of a router (`routes` in the API) in one of its namespaces. `agent/l3/router_info.py: routes_updated`. */
import { contains } from '../ip.ts';
import type { Router } from '../topology/types.ts';
import { type Choice, chosenOf } from './choice.ts';
import type { Context } from './devices.ts';
import type { Device, HaFact, RouteFact } from './types.ts';

/**
 * An extra route is installed where its next hop is on a connected subnet; elsewhere the kernel refuses it and the agent goes on.
 *
 * Of several next hops for one destination the agent writes the first one to all namespaces, and makes a multipath route of all
 * only in its own, `qrouter` (`check_and_add_ecmp_route`, `update_routing_table_ecmp`). Which is first is the order of a Python set.
 * Where one of them is not on a connected subnet, the kernel refuses every multipath route with it.
 *
 * @param isOwn the namespace that the agent's router object is of: `qrouter`
 */
export function extraRoutes(
  context: Context,
  router: Router,
  devices: Device[],
  place: string,
  isOwn: boolean,
): RouteFact[] {
  const destinations = [...new Set(router.routes.map(({ destination }) => destination))];
  return destinations.flatMap((destination): RouteFact[] => {
    const group = router.routes.filter((route) => route.destination === destination);
    const facts = group.flatMap(({ nexthop }) => factOf(router, destination, nexthop, devices) ?? []);
    const isWhole = facts.length === group.length;
    if (facts.length === 0 || group.length === 1 || (isOwn && isWhole)) return facts;
    const candidates = facts.map(({ gateway }) => gateway);
    const choice: Choice = {
      key: `${place} ${destination}`,
      candidates,
      ...(isWhole ? {} : { none: true as const }),
      ...(isOwn ? { several: true as const } : {}),
    };
    const chosen = chosenOf(context.allocations, choice, isOwn ? candidates : candidates.slice(0, 1));
    return facts.map((fact) => ({
      ...fact,
      choice,
      ...(chosen.includes(fact.gateway) ? {} : { isAbsent: true as const }),
    }));
  });
}

function factOf(router: Router, dst: string, gateway: string, devices: Device[]): RouteFact | undefined {
  const device = devices.find(({ addresses, addresses6 = [] }) =>
    [...addresses, ...addresses6].some((own) => contains(own, gateway)),
  );
  if (!device) return undefined;
  const because = {
    pointer: `${router.pointer}/routes`,
    sentence: `${router.name} has an extra route to ${dst} by ${gateway}`,
    neutron: 'router_info.py: _update_routing_table',
  };
  return { dst, gateway, dev: device.ifname, because };
}

/**
 * With HA keepalived has every next hop as a route of its own, and no multipath route (`ha_router.py: routes_updated`). Of a
 * distributed router the agent writes as well until 2023.2, what it can: beside keepalived's routes, or in their place.
 */
export function haExtraRoutes({ allocations }: Context, router: Router, devices: Device[], ha: HaFact): RouteFact[] {
  const neutron = 'ha_router.py: routes_updated';
  return router.routes.flatMap(({ destination, nexthop }): RouteFact[] => {
    const fact = factOf(router, destination, nexthop, devices);
    if (!fact) return [];
    const candidates = [...new Set([ha.protocol, 'static'])];
    const choice: Choice = { key: `snat ${router.name} ${destination} ${nexthop}`, candidates, several: true };
    const chosen = chosenOf(allocations, choice, [ha.protocol]);
    return [
      {
        ...fact,
        because: { ...fact.because, neutron },
        protocols: chosen,
        ...(candidates.length > 1 ? { choice } : {}),
      },
    ];
  });
}
