/** What Neutron's agents must have programmed on a node: placement says which namespaces, each aspect says what is in them. */
import { type Allocations, defaultAllocations } from './allocations.ts';
import { ASPECTS } from './aspects/table.ts';
import { gapFor } from './gaps.ts';
import { gapsOf } from './modelled.ts';
import type { Context } from './namespaces/devices.ts';
import { fipNamespace } from './namespaces/fip.ts';
import { qrouterNamespace } from './namespaces/qrouter.ts';
import { snatNamespace } from './namespaces/snat.ts';
import type { Namespace } from './namespaces/types.ts';
import { hasExternal, placementOf, snatNodes } from './placement.ts';
import type { AllocationLine, NamespaceState, NodeState } from './state.ts';
import { fullId } from './namespaces/devices.ts';
import { relationsOf } from './topology/relations.ts';
import type { Topology } from './topology/types.ts';

/**
 * @param nodeName a node of the topology; one that is not in it is expected to hold nothing
 * @param allocations what the agents chose; default: values that never change by themselves
 */
export function expect(
  topology: Topology,
  nodeName: string,
  allocations: Allocations = defaultAllocations(topology, nodeName),
): NodeState {
  const namespaces = namespacesOf(topology, nodeName, allocations);
  const gaps = gapsOf(topology, nodeName, allocations);
  const contents: NodeState['namespaces'] = Object.create(null);
  for (const namespace of namespaces) {
    const aspects = ASPECTS.filter((aspect) => !gapFor(gaps, namespace.name, aspect.name));
    const content: NamespaceState = Object.fromEntries(
      aspects.map((aspect) => [aspect.name, aspect.expect(namespace)]),
    );
    contents[namespace.name] = { ...content, because: namespace.because };
  }
  const lines = allocationLines(topology, nodeName, allocations, namespaces);
  return { node: nodeName, namespaces: contents, allocations: lines, gaps };
}

/** The namespaces of a node with their facts, routers in file order. */
export function namespacesOf(topology: Topology, nodeName: string, allocations: Allocations): Namespace[] {
  const lookup = relationsOf(topology);
  const node = lookup.node.get(nodeName);
  if (!node) return [];
  const context: Context = { lookup, node, allocations };
  const hosted = placementOf(topology).routersByNode.get(nodeName) ?? [];
  const routers = hosted.map((entry) => qrouterNamespace(context, entry));
  const snat = hosted.flatMap(({ router }) =>
    snatNodes(topology, router).some(({ name }) => name === nodeName) ? (snatNamespace(context, router) ?? []) : [],
  );
  const fip = hasExternal(node)
    ? topology.networks.flatMap((network) => (network.external ? (fipNamespace(context, network, hosted) ?? []) : []))
    : [];
  return [...routers, ...snat, ...fip];
}

/** The agent's own state files: `link_local_allocator.py`, `fip_rule_priority_allocator.py`, written by `item_allocator.py`. */
function allocationLines(
  topology: Topology,
  nodeName: string,
  allocations: Allocations,
  namespaces: Namespace[],
): AllocationLine[] {
  const lookup = relationsOf(topology);
  const context = { lookup, node: lookup.node.get(nodeName)!, allocations };
  return namespaces.flatMap((namespace): AllocationLine[] => {
    if (namespace.kind !== 'qrouter' || !namespace.fipLink) return [];
    const { router, fipLink, floatingIps } = namespace;
    const id = fullId(context, router.pointer, router.id);
    return [
      ...(id === undefined
        ? []
        : [
            {
              file: 'fip-linklocal-networks' as const,
              key: id,
              value: `${fipLink.rfpAddress}/31`,
              because: fipLink.rfp.because,
            },
          ]),
      ...floatingIps.map(({ floating_ip_address, priority, because }): AllocationLine => ({
        file: 'fip-priorities',
        key: floating_ip_address,
        value: String(priority),
        because,
      })),
    ];
  });
}
