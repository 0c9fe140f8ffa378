/** What Neutron's agents must have programmed on a node: placement says which namespaces, each aspect says what is in them. */
import { type Allocations, defaultAllocations } from './allocations.ts';
import { ASPECTS, aspectNamed } from './aspects/table.ts';
import { gapFor } from './gaps.ts';
import { gapsOf } from './modelled.ts';
import { type Context, agentsHave, fullId } from './namespaces/devices.ts';
import { dhcpNamespaces } from './namespaces/dhcp.ts';
import { fipNamespace } from './namespaces/fip.ts';
import { apiRoleOf } from './namespaces/ha.ts';
import { legacyNamespace } from './namespaces/legacy.ts';
import { qrouterNamespace, qrouterOnDemand } from './namespaces/qrouter.ts';
import { snatNamespace } from './namespaces/snat.ts';
import type { Namespace } from './namespaces/types.ts';
import { expectKeepalived } from './keepalived/expect.ts';
import { onDemand, onDemandEach } from './onDemand.ts';
import { expectOpenVswitch } from './ovs/expect.ts';
import { type Hosted, externalNetworks, hasExternal, placementOf, snatNodes } from './placement.ts';
import { withoutProtocol } from './readOldRoutes.ts';
import type { AllocationLine, Because, Gap, Item, NamespaceState, NodeState } from './state.ts';
import { isEqual } from './topology/changes.ts';
import { relationsOf } from './topology/relations.ts';
import type { Topology } from './topology/types.ts';

/**
 * @param nodeName a node of the topology; one that is not in it is expected to hold nothing
 * @param allocations what the agents chose; default: values that never change by themselves
 */
export const expect = (
  topology: Topology,
  nodeName: string,
  allocations: Allocations = defaultAllocations(topology, nodeName),
): NodeState => expectParts(topology, nodeName, allocations).state;

/** As `expect`, with what is in namespaces and in Open vSwitch made when somebody looks: one packet comes to few of them. */
export function expectOnDemand(
  topology: Topology,
  nodeName: string,
  allocations: Allocations = defaultAllocations(topology, nodeName),
): NodeState {
  return expectParts(topology, nodeName, allocations, undefined, ON_DEMAND).state;
}

/** What a node has because it holds one router. */
export interface RouterPart {
  because: Because;
  /** `qrouter`, then `snat`. */
  namespaces: Namespace[];
  contents: NamespaceState[];
}

/** The state of a node, and of it what each router brings, by the router's name: an edit of one leaves the others. */
export interface NodeParts {
  state: NodeState;
  namespaces: readonly Namespace[];
  routers: ReadonlyMap<string, RouterPart>;
}

/** How namespaces, what is in them and what is on the node itself are made. */
export interface Making {
  qrouter: typeof qrouterNamespace;
  content: (namespace: Namespace, gaps: readonly Gap[], allocations: Allocations) => NamespaceState & Item;
  ofNode: (...given: NodeArguments) => Pick<NodeState, 'allocations' | 'ports' | 'flows'>;
}

type NodeArguments = [topology: Topology, node: string, allocations: Allocations, namespaces: Namespace[], gaps: Gap[]]; // prettier-ignore

const AT_ONCE: Making = {
  qrouter: qrouterNamespace,
  content: contentOf,
  ofNode: (...given) => ({ allocations: allocationLines(...given), ...openVswitch(...given) }),
};

/** Open vSwitch is left out. */
export const WITHOUT_SWITCH: Making = {
  ...AT_ONCE,
  ofNode: (...given) => ({ allocations: allocationLines(...given) }),
};

type Filling = Parameters<Making['content']>;

const contentOnDemand = onDemandEach<Filling, NamespaceState>(
  ASPECTS.map(({ name }) => name),
  (filling, name) => contentOf(...filling, [aspectNamed(name)])[name],
);

/** All is made when somebody looks. */
export const ON_DEMAND: Making = {
  qrouter: qrouterOnDemand,
  content(...filling) {
    const [{ name, because }, gaps] = filling;
    return Object.assign(
      contentOnDemand(filling, (aspect) => !gapFor(gaps, name, aspect)),
      { because },
    );
  },
  ofNode(...given) {
    let made: ReturnType<typeof openVswitch> | undefined;
    const found = onDemand({}, 'allocations', () => allocationLines(...given));
    for (const key of ['ports', 'flows'] as const) onDemand(found, key, () => (made ??= openVswitch(...given))[key]);
    return found;
  },
};

/** @param known an earlier result for this node that holds, of its routers, only those that are still right */
export function expectParts(
  topology: Topology,
  nodeName: string,
  allocations: Allocations,
  known?: NodeParts,
  making = AT_ONCE,
): NodeParts {
  const gaps = gapsOf(topology, nodeName, allocations);
  const fill = (namespace: Namespace): NamespaceState & Item => making.content(namespace, gaps, allocations);
  // What an aspect may not say depends on the gaps.
  const reusable = known && isEqual(known.state.gaps, gaps) ? known.routers : undefined;
  const routers = routerParts(topology, nodeName, allocations, { ...making, fill }, reusable);
  const filled = new Map(
    [...routers.values()].flatMap((part) => part.namespaces.map((namespace, i) => [namespace, part.contents[i]!])),
  );
  const namespaces = inOrder(topology, nodeName, allocations, routers);
  const contents: NodeState['namespaces'] = Object.create(null);
  for (const namespace of namespaces) contents[namespace.name] = filled.get(namespace) ?? fill(namespace);
  const state: NodeState = Object.defineProperties(
    {
      node: nodeName,
      namespaces: contents,
      ...expectKeepalived(topology, nodeName, allocations, namespaces, gaps),
      gaps,
    },
    Object.getOwnPropertyDescriptors(making.ofNode(topology, nodeName, allocations, namespaces, gaps)),
  );
  return { state, namespaces, routers };
}

function contentOf(
  namespace: Namespace,
  gaps: readonly Gap[],
  allocations: Allocations,
  aspects = ASPECTS,
): NamespaceState & Item {
  const { bareChains, oldRoutes } = allocations;
  const content: NamespaceState & Item = {};
  for (const aspect of aspects)
    if (!gapFor(gaps, namespace.name, aspect.name)) Object.assign(content, { [aspect.name]: aspect.expect(namespace) });
  for (const chain of bareChains[namespace.name] ?? [])
    content.iptables?.push({ ...chain, because: namespace.because });
  const old = oldRoutes[namespace.name];
  if (old && content.routes) content.routes = withoutProtocol(content.routes, old);
  content.because = namespace.because;
  return content;
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
export const namespacesOf = (topology: Topology, nodeName: string, allocations: Allocations): Namespace[] =>
  inOrder(topology, nodeName, allocations, routerParts(topology, nodeName, allocations));

type Filled = Pick<Making, 'qrouter'> & { fill?: (namespace: Namespace) => NamespaceState };

/** @param making without `fill`, which makes what is in a namespace, parts have facts alone */
function routerParts(
  topology: Topology,
  nodeName: string,
  allocations: Allocations,
  making: Filled = AT_ONCE,
  known?: ReadonlyMap<string, RouterPart>,
): Map<string, RouterPart> {
  const lookup = relationsOf(topology);
  const node = lookup.node.get(nodeName);
  const parts = new Map<string, RouterPart>();
  if (!node) return parts;
  const context: Context = { lookup, node, allocations };
  const central = placementOf(topology).centralRoutersByNode.get(nodeName) ?? [];
  const hosted = [...hostedOn(topology, nodeName, allocations), ...central];
  for (const entry of hosted) {
    const before = known?.get(entry.router.name);
    const isSame = before !== undefined && isEqual(before.because, entry.because);
    parts.set(entry.router.name, isSame ? before : partOf(context, entry, making));
  }
  return parts;
}

/** Distributed routers of a node, without those that its version of the server does not put there. */
const hostedOn = (topology: Topology, nodeName: string, { absentRouters }: Allocations): Hosted[] =>
  (placementOf(topology).routersByNode.get(nodeName) ?? []).filter(({ router }) => !absentRouters[router.name]);

function partOf(context: Context, entry: Hosted, { qrouter, fill }: Filled): RouterPart {
  const namespaces = routerNamespaces(context, entry, qrouter);
  return {
    because: entry.because,
    namespaces,
    contents: fill ? namespaces.map(fill) : [],
  };
}

/** Addresses of the floating IPs that a router serves on a node. */
export const servedIn = ({ namespaces }: RouterPart): string[] =>
  namespaces.flatMap((namespace) =>
    'floatingIps' in namespace ? namespace.floatingIps.map((fact) => fact.floating_ip_address) : [],
  );

function routerNamespaces(context: Context, entry: Hosted, qrouter: Making['qrouter']): Namespace[] {
  const { router } = entry;
  if (!router.distributed) return [legacyNamespace(context, entry)];
  const isSnat = snatNodes(context.lookup.topology, router).some(({ name }) => name === context.node.name);
  return [qrouter(context, entry), ...(isSnat ? [snatNamespace(context, router) ?? []].flat() : [])];
}

/** As an agent makes them: routers, their snat namespaces, those that are not distributed, then `fip` and `qdhcp`. */
function inOrder(
  topology: Topology,
  nodeName: string,
  allocations: Allocations,
  parts: ReadonlyMap<string, RouterPart>,
): Namespace[] {
  const lookup = relationsOf(topology);
  const node = lookup.node.get(nodeName);
  if (!node) return [];
  const context: Context = { lookup, node, allocations };
  const own = [...parts.values()].flatMap(({ namespaces }) => namespaces);
  const isCentral = (namespace: Namespace): boolean => namespace.kind === 'snat' && namespace.legacy === true;
  const hosted = hostedOn(topology, nodeName, allocations);
  const fip = hasExternal(node)
    ? externalNetworks(topology).flatMap((network) => fipNamespace(context, network, hosted) ?? [])
    : [];
  return [
    ...own.filter(({ kind }) => kind === 'qrouter'),
    ...own.filter((namespace) => namespace.kind === 'snat' && !isCentral(namespace)),
    ...own.filter(isCentral),
    ...fip,
    ...dhcpNamespaces(context),
  ];
}

/** The agent's own state files: `link_local_allocator.py`, `fip_rule_priority_allocator.py`, written by `item_allocator.py`. */
function allocationLines(...[topology, nodeName, allocations, namespaces]: NodeArguments): AllocationLine[] {
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
      ...(agentsHave(context, 'fip_priorities_file') ? withRule : []).map(
        ({ floating_ip_address, priority, because }): AllocationLine => ({
          file: 'fip-priorities',
          key: floating_ip_address,
          value: String(priority),
          because,
        }),
      ),
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
  const active = agentsHave(context, 'ha_primary') ? 'primary' : 'master';
  const because = {
    pointer: router.l3_agents ? `${router.pointer}/l3_agents` : ha.device.because.pointer,
    sentence: `${told ? 'the API says that ' : ''}${context.node.name} is ${role === 'active' ? 'the active' : 'a standby'} node of ${router.name}`,
    neutron: 'ha_router.py: ha_state',
  };
  return [{ file: 'ha-state', key: id, value: role === 'active' ? active : 'backup', because }];
}
