/**
 * Nodes that l2population counts for a network though nothing of theirs is on it. An agent that asks for one router is answered with
 * the related ones too (`l3_dvrscheduler_db.py: _get_router_ids_for_agent`) and their interfaces are bound to its node
 * (`l3_rpc.py: _ensure_host_set_on_ports`), also of routers related to a related one, which the agent does not take.
 * Such a binding gets floods (`l2pop/db.py: _get_dvr_active_network_ports` looks at the port's status, not at the binding's).
 */
import { placementOf } from '../placement.ts';
import { relationsOf } from '../topology/relations.ts';
import type { Network, Topology } from '../topology/types.ts';

/** Whether a router that is related to a router of the node, and is not on the node itself, has an interface on the network. */
export function isBoundByRelation(topology: Topology, network: Network, node: string): boolean {
  const lookup = relationsOf(topology);
  const hosted = placementOf(topology).routersByNode.get(node) ?? [];
  const own = new Set(hosted.map(({ router }) => router.name));
  const networks = new Set(
    hosted.flatMap(({ router }) => [
      ...router.interfaces.map(({ subnet }) => lookup.subnet.get(subnet)?.network),
      router.external_gateway?.network,
    ]),
  );
  return (lookup.routersOfNetwork.get(network.name) ?? []).some(
    (router) =>
      router.distributed &&
      router.admin_state_up &&
      !own.has(router.name) &&
      router.interfaces.some(({ subnet }) => networks.has(lookup.subnet.get(subnet)?.network)),
  );
}
