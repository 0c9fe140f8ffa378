/**
 * The namespaces that a node should hold, by name and owner alone. The same that `namespacesOf` says, in its order, without the facts of
 * routers, which would take most of the time of a map of a thousand nodes.
 */
import { type Allocations, defaultAllocations } from '../allocations.ts';
import { type Context, namespaceName } from '../namespaces/devices.ts';
import { dhcpNamespaces } from '../namespaces/dhcp.ts';
import { fipNamespace } from '../namespaces/fip.ts';
import { snatNamespace } from '../namespaces/snat.ts';
import type { Namespace } from '../namespaces/types.ts';
import { externalNetworks, hasExternal, placementOf, snatNodes } from '../placement.ts';
import type { Pointer } from '../problem.ts';
import { type Relations } from '../topology/relations.ts';
import type { Node, Router } from '../topology/types.ts';

export interface Held {
  name: string;
  /** `legacy` does all that a router does that is not distributed. */
  kind: Namespace['kind'] | 'legacy';
  /** The router or network that it is of. */
  owner: { name: string; pointer: Pointer };
}

export function heldOn(lookup: Relations, node: Node, chosen?: Allocations): Held[] {
  const { topology } = lookup;
  const allocations = chosen ?? defaultAllocations(topology, node.name);
  const context: Context = { lookup, node, allocations };
  const { routersByNode, centralRoutersByNode } = placementOf(topology);
  const hosted = (routersByNode.get(node.name) ?? []).filter(({ router }) => !allocations.absentRouters[router.name]);
  const central = (centralRoutersByNode.get(node.name) ?? []).map(({ router }) => router);
  const held = (kind: Held['kind'], router: Router): Held => ({
    name: namespaceName(context, kind === 'snat' ? 'snat' : 'qrouter', router),
    kind,
    owner: router,
  });
  const isSnat = (router: Router): boolean =>
    snatNodes(topology, router).some(({ name }) => name === node.name) && snatNamespace(context, router) !== undefined;
  const fip = hasExternal(node)
    ? externalNetworks(topology).flatMap((network) => fipNamespace(context, network, hosted) ?? [])
    : [];
  return [
    ...hosted.map(({ router }) => held('qrouter', router)),
    ...hosted.flatMap(({ router }) => (isSnat(router) ? held('snat', router) : [])),
    ...central.map((router) => held('legacy', router)),
    ...[...fip, ...dhcpNamespaces(context)].map(({ name, kind, network }): Held => ({ name, kind, owner: network })),
  ];
}
