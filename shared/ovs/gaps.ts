/** Where the engine does not know what Open vSwitch must hold: as gaps with their reasons, never as differences. */
import type { Context } from '../namespaces/devices.ts';
import { centralNodes } from '../placement.ts';
import type { Gap, NodeAspectName } from '../state.ts';
import type { Router, Topology } from '../topology/types.ts';
import { isTunnelled } from './names.ts';
import { sitesOf } from './sites.ts';

export function ovsGaps(context: Context): Gap[] {
  const { topology } = context.lookup;
  const vague = vagueRouter(topology);
  if (!vague) return networkGaps(context);
  const reason = `the topology does not say which L3 agent holds ${vague.name} (l3_agents)`;
  return BOTH.map((aspect) => ({ namespace: '-', aspect, reason, pointer: vague.pointer }));
}

const vagueCache = new WeakMap<Topology, { router: Router | undefined }>();

/** A router that is not distributed, of which the topology does not say where it is. */
function vagueRouter(topology: Topology): Router | undefined {
  const known = vagueCache.get(topology);
  if (known) return known.router;
  const router = topology.routers.find(
    ({ distributed, admin_state_up }, i) =>
      !distributed && admin_state_up && centralNodes(topology, topology.routers[i]!) === undefined,
  );
  vagueCache.set(topology, { router });
  return router;
}

const BOTH: readonly NodeAspectName[] = ['ports', 'flows'];

/** What the flows carry and the topology leaves out. */
function networkGaps({ lookup, node }: Context): Gap[] {
  const gaps = (reason: string, pointer: string): Gap[] =>
    BOTH.map((aspect) => ({ namespace: '-', aspect, reason, pointer }));
  const sites = sitesOf(lookup.topology);
  for (const name of sites.networksByNode.get(node.name) ?? []) {
    const network = lookup.network.get(name);
    const nodes = sites.nodes.get(name) ?? new Set();
    if (!network) continue;
    if (network.network_type === undefined)
      return gaps(`the topology does not say the network_type of ${network.name}`, network.pointer);
    if ((isTunnelled(network.network_type) || network.network_type === 'vlan') && network.segmentation_id === undefined)
      return gaps(`the topology does not say the segmentation_id of ${network.name}`, network.pointer);
    if ((network.network_type === 'flat' || network.network_type === 'vlan') && network.physical_network === undefined)
      return gaps(`the topology does not say the physical_network of ${network.name}`, network.pointer);
    if (!isTunnelled(network.network_type)) continue;
    const nameless = [...nodes]
      .map((other) => lookup.node.get(other))
      .find((other) => other && other.tunnel_ip === undefined);
    if (nameless && nodes.size > (nodes.has(node.name) ? 1 : 0))
      return gaps(`the topology does not say the tunnel_ip of ${nameless.name}`, nameless.pointer);
  }
  return [];
}
