/**
 * Routes that an agent of an earlier release wrote, which stay through upgrades until the node is started anew: the agent writes the
 * link of a router and floating IPs only when they are not there (`dvr_local_router.py: connect_rtr_2_fip`). They have no protocol.
 */
import type { Allocations } from './allocations.ts';
import { routes } from './aspects/routes.ts';
import type { Namespace } from './namespaces/types.ts';
import { hasChange } from './releases.ts';
import type { NodeState, Route } from './state.ts';

export function readOldRoutes(namespaces: readonly Namespace[], live: NodeState, allocations: Allocations): void {
  for (const namespace of namespaces) {
    if (namespace.kind === 'qdhcp' || !isSoonAfter(namespace)) continue;
    const there = live.namespaces[namespace.name]?.routes ?? [];
    const bare = new Set(there.flatMap((route) => (route.protocol === undefined ? routeKey(route) : [])));
    const old = routes
      .expect(namespace)
      .flatMap((route) => (route.protocol === 'static' && bare.has(routeKey(route)) ? routeKey(route) : []));
    if (old.length > 0) allocations.oldRoutes[namespace.name] = old;
  }
}

/** Before Xena, of which `ecmp` is a change: by then any node has been started anew. */
const isSoonAfter = (namespace: Namespace): boolean =>
  hasChange(namespace, 'static_routes') && !hasChange(namespace, 'ecmp');

/** What a route is, whoever wrote it. */
const routeKey = ({ family, table, dst, gateway, dev }: Route): string => [family, table, dst, gateway, dev].join(' ');

/** The same routes, of which some are old. */
export const withoutProtocol = (all: Route[], old: readonly string[]): Route[] =>
  all.map((route) => {
    if (route.protocol !== 'static' || !old.includes(routeKey(route))) return route;
    const { protocol: _, ...bare } = route;
    return bare;
  });
