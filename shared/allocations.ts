/**
 * What agents and the cloud choose, as an input of the engine: numbers that an agent picks at run time, and ids, MACs and
 * addresses that the topology leaves out. While editing they are defaults that never change by themselves;
 * for comparing they are read back from the live state (`readAllocations.ts`), so that compare stays plain equality.
 */
import { FIP_PR_START } from './neutron.ts';
import { ipv4Text, ipv4Value } from './ip.ts';
import { hasExternal, placementOf } from './placement.ts';
import { relationsOf } from './topology/relations.ts';
import type { Pointer } from './problem.ts';
import type { Topology } from './topology/types.ts';

/** Of one node. All keys may be absent: then the default stands. */
export interface Allocations {
  /** Floating IP → priority of its rule (`fip_rule_priority_allocator.py`). */
  fipPriorities: Record<string, number>;
  /** Router name → the even address of its link-local pair (`link_local_allocator.py`). */
  linkLocals: Record<string, string>;
  /** Key of a device or port → MAC: of the veth pairs, and of ports whose MAC the topology leaves out. */
  macs: Record<string, string>;
  /** Pointer of a router, network or port → its whole id, where the topology has none or only its beginning. */
  ids: Record<Pointer, string>;
  /** Release that the node's agents look like, where the topology does not say it. */
  release?: string;
  /** Key of a device → `ip/prefixlen`, where the topology leaves it out. */
  addresses: Record<string, string>;
}

export const noAllocations = (): Allocations => ({
  fipPriorities: Object.create(null),
  linkLocals: Object.create(null),
  macs: Object.create(null),
  ids: Object.create(null),
  addresses: Object.create(null),
});

/** Defaults for a node: numbers count up from the start of their ranges in the order of the file. */
export function defaultAllocations(topology: Topology, nodeName: string): Allocations {
  const allocations = noAllocations();
  const { routersByNode, floatingIpsByRouter } = placementOf(topology);
  const node = relationsOf(topology).node.get(nodeName);
  if (!node || !hasExternal(node)) return allocations;
  const first = ipv4Value('169.254.64.0')!;
  for (const { router } of routersByNode.get(nodeName) ?? []) {
    if (!router.external_gateway) continue;
    allocations.linkLocals[router.name] = ipv4Text(first + 2 * Object.keys(allocations.linkLocals).length);
    for (const served of floatingIpsByRouter.get(router.name) ?? [])
      if (served.node === nodeName)
        allocations.fipPriorities[served.floating.floating_ip_address] =
          FIP_PR_START + Object.keys(allocations.fipPriorities).length;
  }
  return allocations;
}
