/**
 * Which node holds what, as Neutron's scheduler decides it: routers, the SNAT role, and who serves a floating IP.
 * `db/l3_dvrscheduler_db.py`, `db/l3_agentschedulers_db.py`, `db/l3_dvr_db.py`.
 */
import { DEVICE_OWNER } from './neutron.ts';
import { releaseHas } from './releases.ts';
import type { Because } from './state.ts';
import { type Relations, relationsOf } from './topology/relations.ts';
import type { FloatingIp, Node, Port, Router, Topology } from './topology/types.ts';

/** A router on a node, and why the scheduler put it there. */
export interface Hosted {
  router: Router;
  because: Because;
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
  /** Floating IPs that some node serves, by router. */
  floatingIpsByRouter: Map<string, ServedFloatingIp[]>;
  /** Floating IPs that no node serves, and why. */
  unserved: { floating: FloatingIp; reason: string }[];
}

const cache = new WeakMap<Topology, Placement>();

export function placementOf(topology: Topology): Placement {
  const known = cache.get(topology);
  if (known) return known;
  const lookup = relationsOf(topology);
  const placement: Placement = { routersByNode: placeRouters(lookup), floatingIpsByRouter: new Map(), unserved: [] };
  for (const floating of topology.floating_ips) placeFloatingIp(lookup, floating, placement);
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
  const named = router.external_gateway?.node === undefined ? undefined : nodes.get(router.external_gateway.node);
  if (named?.agent_mode === 'dvr_snat') return [named];
  const first = bound[0] ?? topology.nodes.find((node) => node.agent_mode === 'dvr_snat');
  return first ? [first] : [];
}

function placeRouters(lookup: Relations): Map<string, Hosted[]> {
  const { topology } = lookup;
  const distributed = topology.routers.filter((router) => router.distributed && router.admin_state_up);
  const direct = new Map(topology.nodes.map((node) => [node.name, new Map<string, Because>()]));
  for (const router of distributed) {
    for (const [node, because] of boundNodes(lookup, router)) direct.get(node)?.set(router.name, because);
    for (const [node, because] of servingNodes(lookup, router)) {
      const routers = direct.get(node);
      if (routers && !routers.has(router.name)) routers.set(router.name, because);
    }
  }
  const hosted = new Map<string, Hosted[]>();
  for (const node of topology.nodes) {
    if (!isDvr(node)) continue;
    const own = direct.get(node.name)!;
    const all = new Map([...relatedRouters(lookup, distributed, own), ...own]);
    hosted.set(
      node.name,
      distributed.flatMap((router) => (all.has(router.name) ? [{ router, because: all.get(router.name)! }] : [])),
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

/** Nodes with a port that DVR serves on one of the router's subnets: `_check_dvr_serviceable_ports_on_host`. */
function servingNodes(lookup: Relations, router: Router): [node: string, because: Because][] {
  return router.interfaces.flatMap(({ subnet }) =>
    (lookup.addressesOfSubnet.get(subnet) ?? []).flatMap(({ port }): [string, Because][] =>
      port.node !== undefined && isServiced(port, lookup.topology.release)
        ? [
            [
              port.node,
              {
                pointer: port.pointer,
                sentence: `${port.name} on ${port.node} is in ${subnet}, which ${router.name} serves`,
                neutron: 'l3_dvrscheduler_db.py: _check_dvr_serviceable_ports_on_host',
              },
            ],
          ]
        : [],
    ),
  );
}

/** `common/utils.py: is_dvr_serviced`. */
const isServiced = ({ device_owner: owner }: Port, release: string | undefined): boolean =>
  owner.startsWith('compute:') ||
  owner === DEVICE_OWNER.dhcp ||
  owner === 'trunk:subport' ||
  (owner.startsWith('neutron:LOADBALANCER') && !releaseHas(release, 'no_lbaas'));

/** Routers with an interface on a network that a hosted router has a subnet or its gateway on; one hop (`_get_router_ids_for_agent`). */
function relatedRouters(lookup: Relations, routers: Router[], own: ReadonlyMap<string, Because>): Map<string, Because> {
  const reached = new Map<string, Router>();
  for (const name of own.keys()) {
    const router = lookup.router.get(name)!;
    for (const network of networksOf(lookup, router)) reached.set(network, router);
    if (router.external_gateway) reached.set(router.external_gateway.network, router);
  }
  const related = new Map<string, Because>();
  for (const router of routers) {
    const via = networksOf(lookup, router)
      .map((network) => reached.get(network))
      .find((other) => other && other.name !== router.name);
    if (!own.has(router.name) && via)
      related.set(router.name, {
        pointer: router.pointer,
        sentence: `${router.name} shares a network with ${via.name}, which this node hosts`,
        neutron: 'l3_dvrscheduler_db.py: _get_router_ids_for_agent',
      });
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
  if (!router.distributed || !router.admin_state_up)
    return void unserved(`${router.name} is not a distributed router that is up`);
  const node = port.node === undefined ? undefined : lookup.node.get(port.node);
  if (port.node !== undefined && !isDvr(node)) return void unserved(`${port.node} has no L3 agent in a DVR mode`);
  const distributed = node !== undefined && hasExternal(node);
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
      sentence: sentenceOf(floating, port, node),
      neutron: 'l3_dvr_db.py: _get_dvr_sync_data',
    },
  });
}

function sentenceOf(floating: FloatingIp, port: Port, node: Node | undefined): string {
  const what = `floating IP ${floating.floating_ip_address} belongs to ${port.name}`;
  if (!node) return `${what}, which is bound to no node: the SNAT node serves it`;
  return hasExternal(node)
    ? `${what} on ${node.name}, which serves it by itself`
    : `${what} on ${node.name}, which has no external network: the SNAT node serves it`;
}
