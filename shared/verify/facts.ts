/**
 * What a topology says about its ports, as far as promises need it: which router leads out of a subnet, who serves a port, which networks
 * have to do with each other. Why something is not promised is a sentence, never an omission.
 */
import { contains, familyOf } from '../ip.ts';
import { type Placement, hasExternal, placementOf, snatNodes } from '../placement.ts';
import { RELEASES, hasChange, releaseHas } from '../releases.ts';
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
  /** Subnet → the router that its ports send to what is elsewhere. */
  gateways: ReadonlyMap<string, Router>;
  /** Some network is in an address scope. */
  hasScopes: boolean;
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
    gateways: gatewaysOf(topology, relations),
    owners,
    hasScopes: topology.networks.some((each) => each.ipv4_address_scope !== undefined),
  };
  cache.set(topology, facts);
  return facts;
}

const add = (sets: Map<string, Set<string>>, key: string, value: string): void =>
  void (sets.get(key)?.add(value) ?? sets.set(key, new Set([value])));

function gatewaysOf({ networks, routers }: Topology, { subnet: subnets }: Relations): Map<string, Router> {
  const owners = new Map<string, Router>();
  for (const router of routers)
    for (const { subnet: name, ip_address } of router.interfaces) {
      const subnet = subnets.get(name);
      const key = subnet && `${subnet.network} ${ip_address ?? subnet.gateway_ip}`;
      if (key !== undefined && !owners.has(key)) owners.set(key, router);
    }
  const gateways = new Map<string, Router>();
  for (const subnet of networks.flatMap((network) => network.subnets)) {
    const router = owners.get(`${subnet.network} ${nexthopOf(subnet)}`);
    if (router) gateways.set(subnet.name, router);
  }
  return gateways;
}

/**
 * Where ports of a subnet send what is elsewhere: the gateway, or a host route to everywhere. Of both DHCP tells the gateway
 * (`dhcp.py: Dnsmasq._generate_opts_per_subnet`); where there is no DHCP, whoever wrote the route did so for ports to have it.
 */
function nexthopOf({ gateway_ip: gateway, enable_dhcp: hasDhcp, host_routes: routes }: Subnet): string | null {
  if (gateway !== null && hasDhcp) return gateway;
  return routes.find(({ destination }) => EVERYWHERE.has(destination))?.nexthop ?? gateway;
}

const EVERYWHERE: ReadonlySet<string> = new Set(['0.0.0.0/0', '::/0']);

/**
 * Networks joined by interfaces of routers, and by routes that lead from one router to another; those of one address scope as well, since
 * the outside may route between them.
 */
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
  for (const [from, to] of ledToOthers(routers)) join(`router ${from}`, `router ${to}`);
  const numbers = new Map<string, number>();
  return new Map(
    networks.map(({ name }) => {
      const key = root(`network ${name}`);
      if (!numbers.has(key)) numbers.set(key, numbers.size);
      return [name, numbers.get(key)!];
    }),
  );
}

/** Routers with an extra route to another one's address outside, and that one. Inside both are on one network anyway. */
function ledToOthers(routers: readonly Router[]): [from: string, to: string][] {
  const owners = new Map(
    routers.flatMap(({ name, external_gateway: gateway }) =>
      (gateway?.external_fixed_ips ?? []).map(({ ip_address }) => [`${gateway!.network} ${ip_address}`, name] as const),
    ),
  );
  return routers.flatMap(({ name, routes, external_gateway: gateway }) =>
    routes.flatMap(({ nexthop }): [string, string][] => {
      const owner = owners.get(`${gateway?.network} ${nexthop}`);
      return owner === undefined ? [] : [[name, owner]];
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

/** The address scope that a network has for the family of an address. */
export const scopeOf = (network: Network | undefined, address: string): string | undefined =>
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
  /** Of an address that is no fixed one: the ports that have it as an allowed address pair; `port` is the first. */
  claimants?: readonly Port[];
}

/** `apart`: nothing may get there. `scoped`: the same, by address scopes of one router. */
export type Relation = 'reach' | 'apart' | 'scoped' | { reason: string };

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
    return scopedRelation(facts, router, from);
  return isLedElsewhere(router, a, to) || isLedElsewhere(router, b, from)
    ? { reason: 'where host routes or extra routes lead elsewhere' }
    : 'reach';
}

/**
 * Another address scope is dropped when it is forwarded (`router_info.py: _add_address_scope_mark`), but not from a port whose floating IP is in
 * another scope than its own address: its packets have the mark of the floating IP (`process_floating_ip_address_scope_rules`).
 */
function scopedRelation(
  { topology, relations, floating }: Facts,
  router: Router,
  { port, address, subnet }: End,
): Relation {
  if (!releaseHas(topology.release ?? RELEASES.at(-1), 'address_scopes')) return { reason: 'between address scopes' };
  const { network: networks } = relations;
  const outer = scopeOf(networks.get(router.external_gateway?.network ?? ''), address);
  const isMarked = floating.has(`${port.name} ${address}`) && outer !== scopeOf(networks.get(subnet.network), address);
  return isMarked ? { reason: 'between address scopes, from ports with a floating IP' } : 'scoped';
}

/** A connected subnet wins over a route that is less specific; a VM knows no other subnet than its own. */
const isLedElsewhere = (router: Router, at: Subnet, { address, subnet }: Pick<End, 'address' | 'subnet'>): boolean =>
  at.host_routes.some((r) => r.nexthop !== nexthopOf(at) && contains(r.destination, address)) ||
  router.routes.some((r) => contains(subnet.cidr, r.destination) && contains(r.destination, address));

/** What is promised to ports of one subnet with the same is promised to all: they are led alike, back to them as well. */
export function ledBy(facts: Facts, { port, address, subnet }: End): string {
  const routes = facts.gateways.get(subnet.name)?.routes ?? [];
  const own = routes.filter((r) => contains(subnet.cidr, r.destination) && contains(r.destination, address));
  const hasFloating = facts.hasScopes && facts.floating.has(`${port.name} ${address}`);
  return [...own.map(({ destination }) => destination), hasFloating].join(' ');
}

/** Whether the router connects the subnet with an address of another one, both ways. */
export function isConnected(facts: Facts, router: Router, from: End, to: Pick<End, 'address' | 'subnet'>): boolean {
  const [a, b] = [from.subnet, to.subnet].map(({ network }) => facts.relations.network.get(network));
  const isOneScope = scopeOf(a, from.address) === scopeOf(b, to.address);
  return isOneScope && !isLedElsewhere(router, from.subnet, to) && !isLedElsewhere(router, to.subnet, from);
}

/** Why the router does not serve the port. */
export function whyNoRouter(facts: Facts, router: Router, { port, address }: Pick<End, 'port' | 'address'>) {
  if (!router.admin_state_up) return 'by routers that are switched off (admin_state_up)';
  if (!isHosted(facts, router, port.node)) return 'from nodes that do not have the router';
  if (familyOf(address) === 'inet6' && !forwardsSix(facts, router, port.node))
    return 'IPv6 on network nodes of distributed HA routers: a known fault of Neutron, whose qrouter does not forward it there';
  return undefined;
}

/**
 * `qrouter` of an HA router begins without IPv6 forwarding, and what turns it on when the router becomes active looks at the namespace of
 * keepalived alone, which is `snat` where the router is distributed (`ha_router.py: HaRouterNamespace.create`, `ha.py: _configure_ipv6_params`).
 */
const forwardsSix = ({ topology }: Facts, router: Router, node: string | undefined): boolean =>
  !router.distributed ||
  !router.ha ||
  !hasChange({ release: topology.release ?? RELEASES.at(-1), backports: {} }, 'ha_no_forwarding') ||
  !snatNodes(topology, router).some(({ name }) => name === node);

/** The way out of a port: the address that the outside sees, or why nothing is promised. `none`: it must not get out. */
export type WayOut =
  | { router: Router; source: string; network: string; isTenants: boolean }
  | { router: Router; none: true }
  | { reason: string };

export function wayOut(facts: Facts, end: End): WayOut {
  const { relations, gateways, floating } = facts;
  const { port, address, subnet } = end;
  if (relations.network.get(subnet.network)?.external) return { reason: 'from ports on an external network' };
  if (nexthopOf(subnet) === null) return { reason: 'from subnets without gateway' };
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
  const hasScopes = releaseHas(facts.topology.release ?? RELEASES.at(-1), 'address_scopes');
  const isOwn = !gateway.enable_snat || (hasScopes && scope !== undefined && isSameScope);
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

/** Prefixes inside the cloud: of subnets, and of allowed address pairs. Of external networks the own alone: others are somewhere outside. */
export function insideOf({ topology, relations }: Facts, own: string | undefined): string[] {
  const isInside = ({ name, external }: Network, { name: subnet }: Subnet): boolean =>
    !external || name === own || relations.interfacesOfSubnet.has(subnet);
  const subnets = topology.networks.flatMap((network) => network.subnets.filter((each) => isInside(network, each)));
  const pairs = topology.ports.flatMap((port) => port.allowed_address_pairs);
  return [...subnets.map(({ cidr }) => cidr), ...pairs.map(({ ip_address: text }) => text)];
}

/** Prefixes that routes of the port's router and subnet lead elsewhere: not to the outside, as the port sees it. */
export function ledElsewhere(facts: Facts, router: Router, subnet: Subnet): string[] {
  const own = nexthopOf(subnet);
  const inside = router.interfaces.flatMap((each) => facts.relations.subnet.get(each.subnet)?.cidr ?? []);
  return [
    // The kernel takes no route whose next hop is on no network of the namespace ("Nexthop has invalid gateway").
    ...router.routes.filter(({ nexthop }) => inside.some((cidr) => contains(cidr, nexthop))),
    ...subnet.host_routes.filter(({ nexthop }) => nexthop !== own),
  ].map(({ destination }) => destination);
}

/** Next hops of extra routes that are on the external network of the router: more gateways to the outside. */
export function outerNexthops({ relations }: Facts, { external_gateway: gateway, routes }: Router): string[] {
  if (routes.length === 0) return [];
  const subnets = relations.network.get(gateway?.network ?? '')?.subnets ?? [];
  const nexthops = routes.map(({ nexthop }) => nexthop);
  return nexthops.filter((nexthop) => subnets.some(({ cidr }) => contains(cidr, nexthop)));
}
