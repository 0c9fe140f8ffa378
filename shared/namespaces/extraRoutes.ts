/** Extra routes of a router (`routes` in the API) in one of its namespaces. `agent/l3/router_info.py: routes_updated`. */
import { contains, familyOf, printedPrefix } from '../ip.ts';
import type { Router } from '../topology/types.ts';
import { BOOT, type Choice, KEEPALIVED, chosenOf } from './choice.ts';
import { type Context, agentsHave } from './devices.ts';
import type { Device, GatewayFact, HaFact, RouteFact } from './types.ts';

/** Which namespace of the router it is. */
interface Place {
  /** Of the key in `Allocations`. */
  key: string;
  /** The one of the agent's router object: `qrouter`. */
  isOwn?: boolean;
  /** Of the external network, with a default route each. */
  gateways?: readonly GatewayFact[];
}

/**
 * An extra route is installed where its next hop is on a connected subnet; elsewhere the kernel refuses it and the agent goes on.
 *
 * Of several next hops for one destination the agent writes the first one to all namespaces, and makes a multipath route of all
 * only in its own, `qrouter` (`check_and_add_ecmp_route`, `update_routing_table_ecmp`). Which is first is the order of a Python set.
 * Where one of them is not on a connected subnet, the kernel refuses every multipath route with it. Before Xena each replaced the
 * one before, in all namespaces.
 *
 * A route to everywhere takes the place of the gateway's, until the agent writes that one again (`_external_gateway_added`).
 */
export function extraRoutes(context: Context, router: Router, devices: Device[], place: Place): RouteFact[] {
  const destinations = [...new Set(router.routes.map(({ destination }) => destination))];
  return destinations.flatMap((destination): RouteFact[] => {
    const group = router.routes.filter((route) => route.destination === destination);
    const facts = group.flatMap(({ nexthop }) => factOf(router, destination, nexthop, devices) ?? []);
    const rivals = facts.length > 0 ? rivalsOf(destination, place.gateways ?? []) : [];
    const isWhole = facts.length === group.length;
    const isMultipath = place.isOwn === true && agentsHave(context, 'ecmp');
    const isOne = group.length === 1 || (isMultipath && isWhole);
    if (isOne && rivals.length === 0) return facts;
    const hops = facts.map(({ gateway }) => gateway);
    const choice: Choice = {
      key: `${place.key} ${destination}`,
      candidates: [...hops, ...rivals],
      ...(isWhole ? {} : { none: true as const }),
      ...(isMultipath ? { several: true as const } : {}),
    };
    const chosen = chosenOf(context.allocations, choice, isMultipath ? hops : hops.slice(0, 1));
    return facts.map((fact) => ({
      ...fact,
      choice,
      ...(chosen.includes(fact.gateway) ? {} : { isAbsent: true as const }),
    }));
  });
}

/** Gateways whose default route has the same destination. */
const rivalsOf = (destination: string, gateways: readonly GatewayFact[]): string[] =>
  printedPrefix(destination) === 'default'
    ? gateways.flatMap(({ address }) => (familyOf(address) === familyOf(destination.split('/')[0]!) ? [address] : []))
    : [];

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
export function haExtraRoutes(context: Context, router: Router, devices: Device[], ha: HaFact): RouteFact[] {
  const neutron = 'ha_router.py: routes_updated';
  return router.routes.flatMap(({ destination, nexthop }): RouteFact[] => {
    const fact = factOf(router, destination, nexthop, devices);
    if (!fact) return [];
    const own = agentsHave(context, 'static_extra_routes') ? 'static' : BOOT;
    const candidates = [...new Set([ha.protocol, ...KEEPALIVED, own])];
    const choice: Choice = { key: `snat ${router.name} ${destination} ${nexthop}`, candidates, several: true };
    const chosen = chosenOf(context.allocations, choice, [ha.protocol]);
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
