/**
 * What a topology says about its ports, as far as promises need it: which router leads out of a subnet, who serves a port, which networks
 * have to do with each other. Why something is not promised is a sentence, never an omission.
 */
import { contains, familyOf, overlaps } from '../ip.ts';
import { type Placement, hasExternal, placementOf, snatNodes } from '../placement.ts';
import { RELEASES, releaseHas } from '../releases.ts';
import { type Relations, relationsOf, subnetOf } from '../topology/relations.ts';
import type { Network, Port, Router, Subnet, Topology } from '../topology/types.ts';

export interface Facts {
  topology: Topology;
  relations: Relations;
  placement: Placement;
  /** Names of networks → the sphere that they are in: networks that share routers, or an address scope, may reach each other. */
  spheres: ReadonlyMap<string, number>;
  /** Floating IPs that are served, by port and fixed address. */
  floating: ReadonlyMap<string, { address: string; router: Router }>;
  /** Routers by node. */
  hosts: ReadonlyMap<string, ReadonlySet<string>>;
  /** Subnet → the router that has its gateway address. */
  gateways: ReadonlyMap<string, Router>;
  /** How many ports of a network and sphere have an address. */
  owners: ReadonlyMap<string, number>;
}

const cache = new WeakMap<Topology, Facts>();

export function factsOf(topology: Topology): Facts {
  const known = cache.get(topology);
  if (known) return known;
  const relations = relationsOf(topology);
  const placement = placementOf(topology);
  const hosts = new Map<string, Set<string>>();
  for (const placed of [placement.routersByNode, placement.centralRoutersByNode])
    for (const [node, hosted] of placed) for (const { router } of hosted) add(hosts, node, router.name);
  const floating = new Map<string, { address: string; router: Router }>();
  for (const served of [...placement.floatingIpsByRouter.values()].flat())
    floating.set(`${served.floating.port} ${served.fixed_ip_address}`, {
      address: served.floating.floating_ip_address,
      router: served.router,
    });
  const spheres = spheresOf(topology, relations);
  const owners = new Map<string, number>();
  for (const { network, fixed_ips: fixed } of topology.ports)
    for (const { ip_address: address } of fixed) {
      const key = `${spheres.get(network)} ${address}`;
      owners.set(key, (owners.get(key) ?? 0) + 1);
    }
  const facts: Facts = {
    topology,
    relations,
    placement,
    spheres,
    floating,
    hosts,
    gateways: gatewaysOf(relations),
    owners,
  };
  cache.set(topology, facts);
  return facts;
}

const add = (sets: Map<string, Set<string>>, key: string, value: string): void =>
  void (sets.get(key)?.add(value) ?? sets.set(key, new Set([value])));

function gatewaysOf({ topology, subnet: subnets }: Relations): Map<string, Router> {
  const gateways = new Map<string, Router>();
  for (const router of topology.routers)
    for (const { subnet: name, ip_address } of router.interfaces) {
      const gateway = subnets.get(name)?.gateway_ip;
      if (gateway && (ip_address ?? gateway) === gateway && !gateways.has(name)) gateways.set(name, router);
    }
  return gateways;
}

/** Networks joined by interfaces of routers; those of one address scope as well, since the outside may route between them. */
function spheresOf({ networks, routers }: Topology, { subnet: subnets }: Relations): Map<string, number> {
  const parents = new Map<string, string>();
  const root = (key: string): string => {
    let at = key;
    while (parents.get(at) !== undefined && parents.get(at) !== at) at = parents.get(at)!;
    return at;
  };
  const join = (a: string, b: string): void => void parents.set(root(a), root(b));
  for (const { name, ipv4_address_scope: four, ipv6_address_scope: six } of networks) {
    if (four !== undefined) join(`network ${name}`, `scope ${four}`);
    if (six !== undefined) join(`network ${name}`, `scope ${six}`);
  }
  for (const { name, interfaces } of routers)
    for (const { subnet } of interfaces) {
      const network = subnets.get(subnet)?.network;
      if (network !== undefined) join(`network ${network}`, `router ${name}`);
    }
  const numbers = new Map<string, number>();
  return new Map(
    networks.map(({ name }) => {
      const key = root(`network ${name}`);
      if (!numbers.has(key)) numbers.set(key, numbers.size);
      return [name, numbers.get(key)!];
    }),
  );
}

/** Why nothing is promised about a port. */
export function whyNoPort({ relations }: Facts, port: Port): string | undefined {
  if (port.device_owner.startsWith('network:')) return 'ports of Neutron itself';
  if (port.device_owner === '') return 'ports that nobody owns: whether anything is plugged in is not known';
  if (port.node === undefined) return 'ports that are bound to no node';
  if (!relations.node.has(port.node)) return 'ports on nodes that the topology does not have';
  if (port.fixed_ips.length === 0) return 'ports without address';
  if (port.admin_state_up === false) return 'ports that are switched off (admin_state_up)';
  if (port.status === 'DOWN') return 'ports whose status is DOWN: nothing is plugged in';
  if (port.vnic_type !== undefined && port.vnic_type !== 'normal')
    return `ports of type ${port.vnic_type}, which Open vSwitch does not see`;
  return undefined;
}

/** The subnet of an address of a port. */
export function subnetOfAddress({ relations }: Facts, port: Port, address: string): Subnet | undefined {
  const fixed = port.fixed_ips.find(({ ip_address }) => ip_address === address);
  return fixed && subnetOf(relations, port.network, fixed);
}

const scopeOf = (network: Network | undefined, address: string): string | undefined =>
  address.includes(':') ? network?.ipv6_address_scope : network?.ipv4_address_scope;

/** Whether the node, or for a router that is not distributed any node, has the router. */
function isHosted({ hosts, placement }: Facts, router: Router, node: string | undefined): boolean {
  if (router.distributed) return hosts.get(node ?? '')?.has(router.name) === true;
  return [...placement.centralRoutersByNode.values()].some((hosted) =>
    hosted.some(({ router: other }) => other.name === router.name),
  );
}

/** An end of a promise: an address of a port. */
export interface End {
  port: Port;
  address: string;
  subnet: Subnet;
}

/** `apart`: nothing may get there. */
export type Relation = 'reach' | 'apart' | { reason: string };

/** What is promised between two ports. */
export function relationOf(facts: Facts, from: End, to: End): Relation {
  const [a, b] = [from.subnet, to.subnet];
  if (facts.spheres.get(from.port.network) !== facts.spheres.get(to.port.network)) {
    const isOutside = facts.relations.network.get(to.port.network)?.external === true;
    return isOutside ? { reason: 'ports on an external network, seen from inside' } : 'apart';
  }
  const missing = whyNoPort(facts, to.port);
  if (missing !== undefined) return { reason: `to ${missing}` };
  if ((facts.owners.get(`${facts.spheres.get(to.port.network)} ${to.address}`) ?? 0) > 1)
    return { reason: 'to addresses that several ports have' };
  if (a.name === b.name) return 'reach';
  return routedRelation(facts, from, to);
}

function routedRelation(facts: Facts, from: End, to: End): Relation {
  const [a, b] = [from.subnet, to.subnet];
  const [router, other] = [facts.gateways.get(a.name), facts.gateways.get(b.name)];
  if (!router || router !== other) return { reason: 'between subnets of which no one router is the gateway' };
  const why = whyNoRouter(facts, router, from) ?? whyNoRouter(facts, router, to);
  if (why !== undefined) return { reason: why };
  const { network: networks } = facts.relations;
  if (scopeOf(networks.get(a.network), from.address) !== scopeOf(networks.get(b.network), to.address))
    return { reason: 'between address scopes' };
  // A connected subnet wins over a route that is less specific; a VM knows no other subnet than its own.
  const isLed = (at: Subnet, target: Subnet): boolean =>
    at.host_routes.some((r) => r.nexthop !== at.gateway_ip && overlaps(r.destination, target.cidr)) ||
    router.routes.some((r) => contains(target.cidr, r.destination));
  if (isLed(a, b) || isLed(b, a)) return { reason: 'where host routes or extra routes lead elsewhere' };
  return 'reach';
}

/** Why the router does not serve the port. */
export function whyNoRouter(facts: Facts, router: Router, { port }: End): string | undefined {
  if (!router.admin_state_up) return 'by routers that are switched off (admin_state_up)';
  if (!isHosted(facts, router, port.node)) return 'from nodes that do not have the router';
  return undefined;
}

/** The way out of a port: the address that the outside sees, or why nothing is promised. `none`: it must not get out. */
export type WayOut =
  | { router: Router; source: string; network: string; isTenants: boolean }
  | { router: Router; none: true }
  | { reason: string };

export function wayOut(facts: Facts, end: End): WayOut {
  const { relations, gateways, floating } = facts;
  const { port, address, subnet } = end;
  if (relations.network.get(subnet.network)?.external) return { reason: 'from ports on an external network' };
  if (subnet.gateway_ip === null) return { reason: 'from subnets without gateway' };
  const router = gateways.get(subnet.name);
  if (!router) return { reason: 'from subnets whose gateway is none of the routers' };
  const why = whyNoRouter(facts, router, end);
  if (why !== undefined) return { reason: why };
  const gateway = router.external_gateway;
  if (!gateway) return { router, none: true };
  const network = relations.network.get(gateway.network);
  const family = familyOf(address);
  const exits = (network?.subnets ?? []).filter(
    ({ cidr, gateway_ip }) => gateway_ip !== null && familyOf(cidr.split('/')[0]!) === family,
  );
  const own = gateway.external_fixed_ips.find(({ ip_address }) => familyOf(ip_address) === family);
  if (!network || !own || exits.length === 0)
    return { reason: `by external networks without a gateway for ${family === 'inet' ? 'IPv4' : 'IPv6'}` };
  const served = floating.get(`${port.name} ${address}`);
  if (served && served.router !== router)
    return { reason: 'where a floating IP is served by another router than the gateway' };
  if (served) return { router, source: served.address, network: network.name, isTenants: false };
  if (router.distributed && snatNodes(facts.topology, router).length === 0) return { reason: 'without a SNAT node' };
  const scope = scopeOf(relations.network.get(subnet.network), address);
  const isSameScope = scope === scopeOf(network, address);
  if (family === 'inet6') return sixOut(facts, end, router, network.name, isSameScope);
  const isOwn = !gateway.enable_snat || (scope !== undefined && isSameScope);
  return { router, source: isOwn ? address : own.ip_address, network: network.name, isTenants: isOwn };
}

/** IPv6 is not translated. */
function sixOut(facts: Facts, { port, address }: End, router: Router, network: string, isSameScope: boolean): WayOut {
  const node = facts.relations.node.get(port.node ?? '');
  const release = facts.topology.release ?? RELEASES.at(-1);
  if (router.distributed && node && hasExternal(node) && releaseHas(release, 'rfp_ipv6_default'))
    return {
      reason: 'IPv6 to the outside from distributed routers: a known fault of Neutron since Zed (ipv6-not-routed)',
    };
  if (!isSameScope) return { reason: 'between address scopes' };
  return { router, source: address, network, isTenants: true };
}

/** Prefixes inside the cloud: of subnets, and of allowed address pairs. */
export const insideOf = ({ topology }: Facts): string[] => [
  ...topology.networks.flatMap(({ subnets }) => subnets.map(({ cidr }) => cidr)),
  ...topology.ports.flatMap((port) => port.allowed_address_pairs.map(({ ip_address }) => ip_address)),
];

/** Prefixes that routes of the port's router and subnet lead elsewhere: not the outside, as the port sees it. */
export const ledElsewhere = (router: Router, subnet: Subnet): string[] =>
  [...router.routes, ...subnet.host_routes].map(({ destination }) => destination);
