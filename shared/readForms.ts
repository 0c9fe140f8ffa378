/** Which of its permitted forms each thing has on a node, for `Allocations.choices`. What has none of them stays a difference. */
import type { Allocations } from './allocations.ts';
import { familyOf, printedPrefix } from './ip.ts';
import { BOOT, choose } from './namespaces/choice.ts';
import type {
  FipNamespace,
  GatewayFact,
  Namespace,
  OnlinkFact,
  QrouterNamespace,
  RouteFact,
} from './namespaces/types.ts';
import { elect } from './readHa.ts';
import { hasChange } from './releases.ts';
import { WRAP } from './neutron.ts';
import type { IptablesItem, NamespaceState, Route } from './state.ts';

export function readForms(namespace: Namespace, state: NamespaceState, allocations: Allocations): void {
  const { routes } = state;
  if (namespace.kind === 'qrouter') {
    readNeighbours(namespace, state, allocations);
    readListed(namespace, state, allocations);
    if (routes) readExtraRoutes(namespace.extraRoutes, routes, undefined, allocations);
  }
  if (namespace.kind !== 'snat' && namespace.kind !== 'fip') return;
  if (!routes) return;
  readLinks(namespace.onlink, routes, allocations);
  if (namespace.kind === 'snat') {
    readExtraRoutes(namespace.extraRoutes, routes, undefined, allocations);
    readGateway(namespace.gateways, [undefined], routes, allocations);
  } else readTables(namespace, routes, allocations);
}

function readTables(namespace: FipNamespace, routes: Route[], allocations: Allocations): void {
  const { routers, gateways } = namespace;
  const tables = routers.map(({ table }) => String(table));
  for (const [i, { extraRoutes }] of routers.entries()) readExtraRoutes(extraRoutes, routes, tables[i], allocations);
  readGateway(gateways, hasChange(namespace, 'fip_tables') ? tables : [undefined], routes, allocations);
}

function readNeighbours(
  { interfaces }: QrouterNamespace,
  { neighbours }: NamespaceState,
  allocations: Allocations,
): void {
  if (!neighbours) return;
  for (const { device, neighbours: facts } of interfaces)
    for (const { dst, choice } of facts) {
      if (!choice) continue;
      const there = neighbours.filter((n) => n.dst === dst && n.dev === device.ifname && n.state.includes('PERMANENT'));
      choose(
        allocations,
        choice,
        there.flatMap(({ lladdr }) => lladdr ?? []),
      );
    }
}

/** What a floating IP in the router's list brings by itself (`dvr_local_router.py: _handle_router_snat_rules`): any of it tells. */
function readListed(
  { listedChoice, fipLink }: QrouterNamespace,
  { iptables }: NamespaceState,
  allocations: Allocations,
): void {
  if (!listedChoice || !fipLink || !iptables) return;
  const isOf = ({ table, chain, spec = '' }: IptablesItem): boolean =>
    table === 'nat' &&
    ((chain === `${WRAP}-snat` && spec === `-j ${WRAP}-float-snat`) ||
      (chain === `${WRAP}-POSTROUTING` && spec.includes(`! -o ${fipLink.rfp.ifname} `)));
  choose(allocations, listedChoice, iptables.some(isOf) ? ['listed'] : []);
}

const hopsOf = ({ gateway, nexthops = [] }: Route): string[] => [
  ...(gateway === undefined ? [] : [gateway]),
  ...nexthops.flatMap((hop) => hop.gateway ?? []),
];

function readExtraRoutes(
  facts: RouteFact[],
  routes: Route[],
  table: string | undefined,
  allocations: Allocations,
): void {
  for (const { dst, gateway, protocols, choice } of facts) {
    if (!choice) continue;
    const family = familyOf(gateway);
    const there = routes.filter(
      (route) => route.family === family && route.table === table && route.dst === printedPrefix(dst),
    );
    const written = there.filter((route) => route.gateway === gateway).map(({ protocol }) => protocol ?? BOOT);
    choose(allocations, choice, protocols ? written : there.flatMap(hopsOf));
  }
}

/** Of several tables with the same gateway the most say which it is. */
function readGateway(
  gateways: GatewayFact[],
  tables: (string | undefined)[],
  routes: Route[],
  allocations: Allocations,
): void {
  for (const choice of new Set(gateways.flatMap(({ choice: each }) => each ?? []))) {
    const votes = routes
      .filter(({ dst, table }) => dst === 'default' && tables.includes(table))
      .map(({ gateway }) => gateway);
    const found = elect(votes.filter((gateway) => gateway !== undefined && choice.candidates.includes(gateway)));
    if (found !== undefined) choose(allocations, choice, [found]);
  }
}

function readLinks(onlink: OnlinkFact[], routes: Route[], allocations: Allocations): void {
  for (const { dst, subnet, choice } of onlink) {
    // Whether a whole subnet is missing the devices tell together (`readOnlink.ts`).
    if (!choice || subnet !== undefined) continue;
    choose(allocations, choice, isOnlink(routes, dst) ? [dst] : []);
  }
}

export const isOnlink = (routes: Route[], dst: string): boolean =>
  routes.some((route) => route.dst === dst && route.table === undefined && route.gateway === undefined);
