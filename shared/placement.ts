/**
 * Which node holds what, as Neutron's scheduler decides it: routers, the SNAT role, and who serves a floating IP.
 * `db/l3_dvrscheduler_db.py`, `db/l3_agentschedulers_db.py`, `db/l3_dvr_db.py`.
 */
import { contains } from './ip.ts';
import { arrivingRouters, mayMigrate, placeMigrating } from './migration.ts';
import { DEVICE_OWNER } from './neutron.ts';
import { type Change, releaseHas, releaseMayHave } from './releases.ts';
import type { Because } from './state.ts';
import { remembered } from './topology/kept.ts';
import { type Relations, relationsOf } from './topology/relations.ts';
import type { FloatingIp, Network, Node, Port, Router, Topology } from './topology/types.ts';

/** A router on a node, and why the scheduler put it there. */
export interface Hosted {
  router: Router;
  because: Because;
  /** Only some versions of the release put it there, or a port migrates to the node. */
  isOpen?: true;
  /** Only ports that migrate to the node bring it. */
  isMigration?: true;
}

export interface ServedFloatingIp {
  floating: FloatingIp;
  router: Router;
  fixed_ip_address: string;
  kind: 'distributed' | 'centralised';
  /** Name of the node that serves a distributed one. */
  node?: string;
  because: Because;
}

export interface Placement {
  /** Distributed routers by node, in file order. */
  routersByNode: Map<string, Hosted[]>;
  /** Routers that are not distributed, by node. */
  centralRoutersByNode: Map<string, Hosted[]>;
  /** Floating IPs that some node serves, by router. */
  floatingIpsByRouter: Map<string, ServedFloatingIp[]>;
  /** Those that the node may serve already that their port migrates to, by router. */
  migratingFloatingIps: Map<string, ServedFloatingIp[]>;
  /** Floating IPs with port forwardings, by the router that serves them: always centrally. */
  forwardingsByRouter: Map<string, { floating: FloatingIp; because: Because }[]>;
  /** Those of which nobody can say which router serves them. */
  openForwardings: FloatingIp[];
  /** Floating IPs that no node serves, and why. */
  unserved: { floating: FloatingIp; reason: string }[];
}

const cache = new WeakMap<Topology, Placement>();

export function placementOf(topology: Topology): Placement {
  const known = cache.get(topology);
  if (known) return known;
  const lookup = relationsOf(topology);
  const placement: Placement = {
    routersByNode: placeRouters(lookup),
    centralRoutersByNode: placeCentralRouters(lookup),
    floatingIpsByRouter: new Map(),
    migratingFloatingIps: new Map(),
    forwardingsByRouter: new Map(),
    openForwardings: [],
    unserved: [],
  };
  for (const floating of topology.floating_ips)
    if (floating.port === undefined && floating.port_forwardings.length > 0)
      placeForwardings(lookup, floating, placement);
    else placeFloatingIp(lookup, floating, placement);
  cache.set(topology, placement);
  return placement;
}

const isDvr = (node: Node | undefined): boolean =>
  node !== undefined && ['dvr', 'dvr_snat', 'dvr_no_external'].includes(node.agent_mode);

/** Nodes on which a fip namespace can be (`dvr_local_router.py: process_external`). */
export const hasExternal = (node: Node): boolean => node.agent_mode === 'dvr' || node.agent_mode === 'dvr_snat';

/**
 * The nodes that hold the router's snat namespace, the best known answer first: all bound agents of an HA router, one node otherwise.
 * Without any word in the topology the first `dvr_snat` node is taken, as the scheduler might.
 */
export function snatNodes(topology: Topology, router: Router): Node[] {
  const { node: nodes } = relationsOf(topology);
  const bound = (router.l3_agents ?? [])
    .flatMap(({ node }) => nodes.get(node) ?? [])
    .filter((node) => node.agent_mode === 'dvr_snat');
  if (router.ha && bound.length > 0) return bound;
  const guarded = haPortsOf(topology, router).flatMap(({ node }) => nodes.get(node ?? '') ?? []);
  if (router.ha && guarded.length > 0) return guarded.filter((node) => node.agent_mode === 'dvr_snat');
  const named = router.external_gateway?.node === undefined ? undefined : nodes.get(router.external_gateway.node);
  if (named?.agent_mode === 'dvr_snat') return [named];
  const first = bound[0] ?? topology.nodes.find((node) => node.agent_mode === 'dvr_snat');
  return first ? [first] : [];
}

/**
 * Nodes that hold a router that is not distributed; `undefined`: nothing in the topology tells. Agents in mode `dvr` and
 * `dvr_no_external` never do (`l3_agentschedulers_db.py: get_l3_agent_candidates`).
 */
export function centralNodes(topology: Topology, router: Router): Node[] | undefined {
  const { node: nodes } = relationsOf(topology);
  const ha = haPortsOf(topology, router).flatMap(({ node }) => node ?? []);
  const gateway = router.external_gateway?.node;
  const names = router.l3_agents?.map(({ node }) => node) ?? (ha.length > 0 ? ha : gateway ? [gateway] : undefined);
  return names
    ?.flatMap((name) => nodes.get(name) ?? [])
    .filter(({ agent_mode: mode }) => mode === 'legacy' || mode === 'dvr_snat');
}

function placeCentralRouters({ topology }: Relations): Map<string, Hosted[]> {
  const hosted = new Map<string, Hosted[]>();
  for (const router of topology.routers) {
    if (router.distributed || !router.admin_state_up) continue;
    for (const { name } of centralNodes(topology, router) ?? []) {
      const sentence = `the scheduler bound ${router.name}, which is not distributed, to the L3 agent of ${name}`;
      const neutron = 'l3_agentschedulers_db.py: list_router_ids_on_host';
      const entry: Hosted = { router, because: { pointer: router.pointer, sentence, neutron } };
      hosted.set(name, [...(hosted.get(name) ?? []), entry]);
    }
  }
  return hosted;
}

const haPortsByDevice = new WeakMap<Topology, Map<string, Port[]>>();

/** The HA ports of a router, one for each agent that it is bound to (`l3_hamode_db.py: add_ha_port`). */
export function haPortsOf(topology: Topology, { id, name }: { id?: string | undefined; name: string }): Port[] {
  const known = haPortsByDevice.get(topology) ?? portsByDevice(topology, DEVICE_OWNER.ha);
  haPortsByDevice.set(topology, known);
  const whole = (id === undefined ? undefined : known.get(id)) ?? known.get(name);
  if (whole || id === undefined) return whole ?? [];
  // An id may be given by its beginning.
  return [...known].find(([device]) => device.startsWith(id))?.[1] ?? [];
}

function portsByDevice({ ports }: Topology, owner: string): Map<string, Port[]> {
  const map = new Map<string, Port[]>();
  for (const port of ports)
    if (port.device_owner === owner && port.device_id !== undefined)
      map.set(port.device_id, [...(map.get(port.device_id) ?? []), port]);
  return map;
}

const dhcpPortsKnown = new WeakMap<Topology, boolean>();

/** Those that floating IPs and gateways may be on: few of thousands. */
export const externalNetworks = remembered(({ networks }: Topology): Network[] =>
  networks.filter(({ external }) => external),
);

/** Whether the topology speaks of DHCP at all. */
export function hasDhcpPorts(topology: Topology): boolean {
  const known = dhcpPortsKnown.get(topology);
  const has = known ?? topology.ports.some(({ device_owner: owner }) => owner === DEVICE_OWNER.dhcp);
  dhcpPortsKnown.set(topology, has);
  return has;
}

/** The DHCP ports of a node; one that is only reserved belongs to no agent yet (`lib: constants.py: DEVICE_ID_RESERVED_DHCP_PORT`). */
export const dhcpPortsOf = (topology: Topology, nodeName: string): Port[] =>
  (relationsOf(topology).agentPortsOfNode.get(nodeName) ?? []).filter(
    ({ device_owner: owner, device_id: device = 'dhcp' }) => owner === DEVICE_OWNER.dhcp && device.startsWith('dhcp'),
  );

function placeRouters(lookup: Relations): Map<string, Hosted[]> {
  const { topology } = lookup;
  const distributed = topology.routers.filter((router) => router.distributed && router.admin_state_up);
  const served = servedPorts(lookup, 'node');
  const direct = new Map(topology.nodes.map((node) => [node.name, new Map<string, Because>()]));
  const arriving = mayMigrate(topology)
    ? arrivingRouters(distributed, servedPorts(lookup, 'migrating_to'))
    : new Map<string, Map<string, Because>>();
  for (const router of distributed) {
    for (const [node, because] of boundNodes(lookup, router)) direct.get(node)?.set(router.name, because);
    for (const { subnet } of router.interfaces)
      for (const [node, port] of served(subnet)) {
        const routers = direct.get(node);
        if (routers && !routers.has(router.name)) routers.set(router.name, servedBecause(router, subnet, port));
      }
  }
  const place = new Map(distributed.map(({ name }, i) => [name, i]));
  const hosted = new Map<string, Hosted[]>();
  for (const node of topology.nodes) {
    if (!isDvr(node)) continue;
    const own = direct.get(node.name)!;
    const related = relatedRouters(lookup, own);
    const all = [...own, ...related].map(([name, because]): Hosted => {
      const isOpen = isOpenPlace(topology.release, because, related.has(name));
      return { router: lookup.router.get(name)!, because, ...(isOpen ? { isOpen: true } : {}) };
    });
    const known = new Set(all.map(({ router }) => router.name));
    const coming = arriving.get(node.name) ?? new Map<string, Because>();
    for (const [name, because] of [...coming, ...relatedRouters(lookup, coming)])
      if (!known.has(name)) all.push({ router: lookup.router.get(name)!, because, isOpen: true, isMigration: true });
    hosted.set(
      node.name,
      all.toSorted((a, b) => place.get(a.router.name)! - place.get(b.router.name)!),
    );
  }
  return hosted;
}

/** The SNAT binding, which a router without gateway has as well (`l3_agentschedulers_db.py: get_l3_agent_candidates`). */
function boundNodes(lookup: Relations, router: Router): [node: string, because: Because][] {
  const known = router.l3_agents !== undefined || router.external_gateway !== undefined;
  if (!known) return [];
  return snatNodes(lookup.topology, router).map((node) => [
    node.name,
    {
      pointer: router.pointer,
      sentence: `the scheduler bound ${router.name} to the L3 agent of ${node.name}`,
      neutron: 'l3_dvrscheduler_db.py: _get_router_ids_for_agent',
    },
  ]);
}

/** The first port that DVR serves on each node of a subnet: `_check_dvr_serviceable_ports_on_host`. Made once for each subnet. */
function servedPorts(
  { topology, addressesOfSubnet }: Relations,
  place: 'node' | 'migrating_to',
): (subnet: string) => ReadonlyMap<string, Port> {
  const known = new Map<string, Map<string, Port>>();
  return (subnet) => {
    const made = known.get(subnet) ?? new Map<string, Port>();
    if (known.has(subnet)) return made;
    for (const { port } of addressesOfSubnet.get(subnet) ?? []) {
      const node = port[place];
      if (node !== undefined && isServiced(port, topology.release)) {
        const earlier = made.get(node);
        // Of a subport some versions take no notice: any other port says more.
        if (!earlier || (earlier.device_owner === SUBPORT && port.device_owner !== SUBPORT)) made.set(node, port);
      }
    }
    known.set(subnet, made);
    return made;
  };
}

const servedBecause = (router: Router, subnet: string, port: Port): Because => ({
  pointer: port.pointer,
  sentence: `${port.name} on ${port.node} is in ${subnet}, which ${router.name} serves`,
  neutron: port.device_owner === SUBPORT ? SUBPORTS : 'l3_dvrscheduler_db.py: _check_dvr_serviceable_ports_on_host',
});

/** `services/trunk/constants.py: TRUNK_SUBPORT_OWNER`. */
const SUBPORT = 'trunk:subport';
const SUBPORTS = 'common/utils.py: get_other_dvr_serviced_device_owners';

const isOpenPlace = (release: string | undefined, { neutron }: Because, isRelated: boolean): boolean =>
  (isRelated && releaseMayHave(release, 'related_routers')) ||
  (neutron === SUBPORTS && releaseMayHave(release, 'trunk_subports'));

const has = (release: string | undefined, change: Change): boolean =>
  releaseHas(release, change) || releaseMayHave(release, change);

/** `common/utils.py: is_dvr_serviced`. */
export const isServiced = ({ device_owner: owner }: Port, release: string | undefined): boolean =>
  owner.startsWith('compute:') ||
  owner === DEVICE_OWNER.dhcp ||
  (owner === SUBPORT && has(release, 'trunk_subports')) ||
  (owner.startsWith('neutron:LOADBALANCER') && !releaseHas(release, 'no_lbaas'));

/** Routers with an interface on a network that a hosted router has a subnet or its gateway on; one hop (`_get_router_ids_for_agent`). */
function relatedRouters(lookup: Relations, own: ReadonlyMap<string, Because>): Map<string, Because> {
  const related = new Map<string, Because>();
  if (!has(lookup.topology.release, 'related_routers')) return related;
  for (const name of own.keys()) {
    const hosted = lookup.router.get(name)!;
    for (const network of [...networksOf(lookup, hosted), hosted.external_gateway?.network ?? ''])
      for (const router of lookup.routersOfNetwork.get(network) ?? []) {
        if (!router.distributed || !router.admin_state_up || own.has(router.name) || related.has(router.name)) continue;
        related.set(router.name, {
          pointer: router.pointer,
          sentence: `${router.name} shares a network with ${name}, which this node hosts`,
          neutron: 'l3_dvrscheduler_db.py: _get_router_ids_for_agent',
        });
      }
  }
  return related;
}

const networksOf = ({ subnet: subnets }: Relations, router: Router): string[] =>
  router.interfaces.flatMap(({ subnet }) => subnets.get(subnet)?.network ?? []);

/** `db/l3_dvr_db.py: _get_dvr_sync_data, _skip_floating_ip_for_mismatched_agent_or_host`. */
function placeFloatingIp(lookup: Relations, floating: FloatingIp, placement: Placement): void {
  const unserved = (reason: string) => placement.unserved.push({ floating, reason });
  const port = floating.port === undefined ? undefined : lookup.port.get(floating.port);
  // Port forwarding and unused addresses have no port of their own.
  if (!port) return void unserved('it is not associated with a port');
  const fixed = floating.fixed_ip_address;
  if (fixed === undefined) return void unserved(`${port.name} has no IPv4 address`);
  // Reader and importer say which router it is, by Neutron's rule (`topology/floatingIp.ts`).
  const router = floating.router === undefined ? undefined : lookup.router.get(floating.router);
  if (!router) return void unserved(`no router connects the subnet of ${fixed} with the external network`);
  if (!router.admin_state_up) return void unserved(`${router.name} is down`);
  const next = lookup.node.get(port.migrating_to ?? '');
  if (next && hasExternal(next) && releaseHas(lookup.topology.release, 'live_migration'))
    placeMigrating({ floating, router, fixed_ip_address: fixed }, port, placement);
  const node = router.distributed && port.node !== undefined ? lookup.node.get(port.node) : undefined;
  if (router.distributed && port.node !== undefined && !isDvr(node))
    return void unserved(`${port.node} has no L3 agent in a DVR mode`);
  const distributed = node !== undefined && hasExternal(node);
  const { release } = lookup.topology;
  if (router.distributed && !distributed && !releaseHas(release, 'central_floating_ips'))
    return void unserved(
      `agents of ${release} serve floating IPs of distributed routers on the node of the port alone`,
    );
  const list = placement.floatingIpsByRouter.get(router.name) ?? [];
  placement.floatingIpsByRouter.set(router.name, list);
  list.push({
    floating,
    router,
    fixed_ip_address: fixed,
    kind: distributed ? 'distributed' : 'centralised',
    ...(distributed ? { node: node.name } : {}),
    because: {
      pointer: floating.pointer,
      sentence: router.distributed
        ? sentenceOf(floating, port, node)
        : `floating IP ${floating.floating_ip_address} belongs to ${port.name}: ${router.name}, which is not distributed, serves it`,
      neutron: router.distributed ? 'l3_dvr_db.py: _get_dvr_sync_data' : 'l3_db.py: _process_floating_ips',
    },
  });
}

/** `extensions/port_forwarding.py: _check_if_need_process`: the snat namespace, or that of a router that is not distributed. */
function placeForwardings(lookup: Relations, floating: FloatingIp, placement: Placement): void {
  const { forwardingsByRouter, openForwardings, unserved } = placement;
  const router = routerOfForwardings(lookup, floating);
  if (!router) openForwardings.push(floating);
  if (!router?.admin_state_up || !router.external_gateway) {
    unserved.push({ floating, reason: 'no router that is up serves its port forwardings' });
    return;
  }
  const sentence = `${floating.floating_ip_address} has port forwardings: ${router.name} serves it centrally`;
  const because = { pointer: floating.pointer, sentence, neutron: 'port_forwarding.py: _check_if_need_process' };
  forwardingsByRouter.set(router.name, [...(forwardingsByRouter.get(router.name) ?? []), { floating, because }]);
}

/** The router that is named, else the only one with a gateway on the network and an interface that reaches all internal addresses. */
function routerOfForwardings(lookup: Relations, floating: FloatingIp): Router | undefined {
  if (floating.router !== undefined) return lookup.router.get(floating.router);
  const fits = lookup.topology.routers.filter(
    ({ external_gateway: gateway, interfaces }) =>
      gateway?.network === floating.network &&
      floating.port_forwardings.every(({ internal_ip_address: address }) =>
        interfaces.some(({ subnet }) => contains(lookup.subnet.get(subnet)?.cidr ?? '', address)),
      ),
  );
  return fits.length === 1 ? fits[0] : undefined;
}

function sentenceOf(floating: FloatingIp, port: Port, node: Node | undefined): string {
  const what = `floating IP ${floating.floating_ip_address} belongs to ${port.name}`;
  if (!node) return `${what}, which is bound to no node: the SNAT node serves it`;
  return hasExternal(node)
    ? `${what} on ${node.name}, which serves it by itself`
    : `${what} on ${node.name}, which has no external network: the SNAT node serves it`;
}
