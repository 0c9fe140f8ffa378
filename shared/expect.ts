/** What Neutron's agents must have programmed on a node: placement says which namespaces, each aspect says what is in them. */
import { type Allocations, defaultAllocations } from './allocations.ts';
import { ASPECTS } from './aspects/table.ts';
import { gapFor } from './gaps.ts';
import { gapsOf } from './modelled.ts';
import { type Context, fullId, releaseOf } from './namespaces/devices.ts';
import { dhcpNamespaces } from './namespaces/dhcp.ts';
import { fipNamespace } from './namespaces/fip.ts';
import { apiRoleOf } from './namespaces/ha.ts';
import { legacyNamespace } from './namespaces/legacy.ts';
import { qrouterNamespace } from './namespaces/qrouter.ts';
import { snatNamespace } from './namespaces/snat.ts';
import type { Namespace } from './namespaces/types.ts';
import { expectOpenVswitch } from './ovs/expect.ts';
import { hasExternal, placementOf, snatNodes } from './placement.ts';
import { releaseHas } from './releases.ts';
import type { AllocationLine, Gap, NamespaceState, NodeState } from './state.ts';
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
  return {
    node: nodeName,
    namespaces: contents,
    allocations: lines,
    ...openVswitch(topology, nodeName, allocations, namespaces, gaps),
    gaps,
  };
}

function openVswitch(
  topology: Topology,
  nodeName: string,
  allocations: Allocations,
  namespaces: Namespace[],
  gaps: Gap[],
): Pick<NodeState, 'ports' | 'flows'> {
  const lookup = relationsOf(topology);
  const node = lookup.node.get(nodeName);
  if (!node) return { ports: [], flows: [] };
  if (gapFor(gaps, '-', 'ports') && gapFor(gaps, '-', 'flows')) return {};
  const { ports, flows } = expectOpenVswitch({ lookup, node, allocations }, namespaces);
  return {
    ...(gapFor(gaps, '-', 'ports') ? {} : { ports }),
    ...(gapFor(gaps, '-', 'flows') ? {} : { flows }),
  };
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
  const central = (placementOf(topology).centralRoutersByNode.get(nodeName) ?? []).map((entry) =>
    legacyNamespace(context, entry),
  );
  return [...routers, ...snat, ...central, ...fip, ...dhcpNamespaces(context)];
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
    if (namespace.kind === 'snat') return haLine(context, namespace);
    if (namespace.kind !== 'qrouter') return [];
    const { router, fipLink, floatingIps, centralFloatingIps } = namespace;
    const withRule = [...floatingIps, ...centralFloatingIps.filter(({ priority }) => priority > 0)];
    const id = fullId(context, router.pointer, router.id);
    return [
      ...(id === undefined || !fipLink
        ? []
        : [
            {
              file: 'fip-linklocal-networks' as const,
              key: id,
              value: `${fipLink.rfpAddress}/31`,
              because: fipLink.rfp.because,
            },
          ]),
      ...withRule.map(({ floating_ip_address, priority, because }): AllocationLine => ({
        file: 'fip-priorities',
        key: floating_ip_address,
        value: String(priority),
        because,
      })),
    ];
  });
}

/**
 * `ha_confs/<router>/state`, written on each change (`ha_router.py: ha_state`). What the API says is expected here, while addresses
 * and routes follow what is there: another active node, two of them or none is then one difference on each node that it concerns.
 */
function haLine(context: Context, { ha, router }: Namespace & { kind: 'snat' }): AllocationLine[] {
  const id = fullId(context, router.pointer, router.id);
  if (!ha || id === undefined) return [];
  const told = apiRoleOf(context, router);
  const role = told ?? ha.role;
  const active = releaseHas(releaseOf(context), 'ha_primary') ? 'primary' : 'master';
  const because = {
    pointer: router.l3_agents ? `${router.pointer}/l3_agents` : ha.device.because.pointer,
    sentence: `${told ? 'the API says that ' : ''}${context.node.name} is ${role === 'active' ? 'the active' : 'a standby'} node of ${router.name}`,
    neutron: 'ha_router.py: ha_state',
  };
  return [{ file: 'ha-state', key: id, value: role === 'active' ? active : 'backup', because }];
}
