/**
 * The expected state of all nodes of a topology while it is edited. Each node is computed when somebody asks; after an edit a router that the
 * edit does not concern keeps its facts and items, and a node that holds none that it does keeps its whole state.
 */
import { type Allocations, defaultAllocations } from './allocations.ts';
import { type NodeParts, expectParts, servedIn } from './expect.ts';
import { gapsOf } from './modelled.ts';
import { placementOf } from './placement.ts';
import { type Pointer, pointerKeys } from './problem.ts';
import type { NodeState } from './state.ts';
import { type Changes, changesBetween, isEqual } from './topology/changes.ts';
import { grouped } from './topology/lookup.ts';
import { relationsOf } from './topology/relations.ts';
import type { Topology } from './topology/types.ts';

export interface Cloud {
  topology: Topology;
  /** What was computed so far, by node. */
  nodes: Map<string, Computed>;
  /** What an earlier version leaves to nodes that the edit concerns: parts that are still right. */
  kept: Map<string, Kept>;
}

interface Computed {
  allocations: Allocations;
  parts: NodeParts;
}

interface Kept extends Computed {
  affected: ReadonlySet<string>;
}

/** @param previous an earlier version of the same topology; the cloud of it must not be used any more than for reading */
export function cloudOf(topology: Topology, previous?: Cloud): Cloud {
  const cloud: Cloud = { topology, nodes: new Map(), kept: new Map() };
  if (!previous) return cloud;
  const effect = effectOf(previous.topology, topology);
  if (!effect) return cloud;
  for (const [name, computed] of previous.nodes) {
    const isSame =
      !effect.nodes.has(name) &&
      isEqual(defaultAllocations(topology, name), computed.allocations) &&
      isEqual(gapsOf(topology, name, computed.allocations), computed.parts.state.gaps);
    if (isSame) cloud.nodes.set(name, computed);
    else cloud.kept.set(name, { ...computed, affected: effect.routers });
  }
  for (const [name, kept] of previous.kept)
    if (!previous.nodes.has(name))
      cloud.kept.set(name, { ...kept, affected: new Set([...kept.affected, ...effect.routers]) });
  return cloud;
}

/** The state of one node, with what agents choose at its default. */
export function stateOf(cloud: Cloud, node: string): NodeState {
  const known = cloud.nodes.get(node);
  if (known) return known.parts.state;
  const allocations = defaultAllocations(cloud.topology, node);
  const kept = cloud.kept.get(node);
  const parts = expectParts(cloud.topology, node, allocations, kept && reusable(kept, allocations));
  cloud.nodes.set(node, { allocations, parts });
  cloud.kept.delete(node);
  return parts.state;
}

/** Parts of routers that the edit does not concern and whose numbers are still the same. */
function reusable({ affected, parts, allocations }: Kept, now: Allocations): NodeParts {
  const isSame = (router: string, addresses: readonly string[]): boolean =>
    !affected.has(router) &&
    allocations.linkLocals[router] === now.linkLocals[router] &&
    addresses.every((address) => allocations.fipPriorities[address] === now.fipPriorities[address]);
  const routers = new Map([...parts.routers].filter(([name, part]) => isSame(name, servedIn(part))));
  return { ...parts, routers };
}

/** The nodes that may hold something because of a thing of the topology: those that would be concerned if it were not there. */
export function nodesConcerned(topology: Topology, thing: Pointer): readonly string[] {
  const [list = '', name = ''] = pointerKeys(thing);
  const changes: Changes = {
    nodes: new Set(),
    networks: new Set(),
    routers: new Set(),
    ports: new Set(),
    floating_ips: new Set(),
    other: false,
  };
  const own = LISTS.find((each) => each === list);
  if (own) changes[own].add(name);
  const effect = own && own !== 'nodes' ? effectIn([topology], changes) : undefined;
  const names = topology.nodes.map((node) => node.name);
  return effect ? names.filter((each) => effect.nodes.has(each)) : names;
}

const LISTS = ['nodes', 'networks', 'routers', 'ports', 'floating_ips'] as const;

interface Effect {
  routers: Set<string>;
  nodes: Set<string>;
}

/** Routers and nodes that an edit concerns, by name; `undefined` when it may concern everything. */
function effectOf(before: Topology, after: Topology): Effect | undefined {
  const changes = changesBetween(before, after);
  return changes.other || changes.nodes.size > 0 ? undefined : effectIn([before, after], changes);
}

function effectIn(versions: readonly Topology[], changes: Changes): Effect {
  const networks = new Set(versions.flatMap((topology) => networksOf(topology, changes)));
  const routers = new Set([
    ...changes.routers,
    ...versions.flatMap((topology) => routersOf(topology, changes, networks)),
  ]);
  return { routers, nodes: new Set(versions.flatMap((topology) => nodesOf(topology, routers, networks))) };
}

function networksOf(topology: Topology, changes: Changes): string[] {
  const { port: ports, router: routers, subnet: subnets } = relationsOf(topology);
  const ofPort = (name: string | undefined): string | [] => ports.get(name ?? '')?.network ?? [];
  const floating = topology.floating_ips.filter(({ name }) => changes.floating_ips.has(name));
  return [
    ...changes.networks,
    ...[...changes.ports].flatMap(ofPort),
    ...floating.flatMap(({ port }) => ofPort(port)),
    ...[...changes.routers].flatMap((name) =>
      (routers.get(name)?.interfaces ?? []).flatMap(({ subnet }) => subnets.get(subnet)?.network ?? []),
    ),
  ];
}

function routersOf(topology: Topology, changes: Changes, networks: ReadonlySet<string>): string[] {
  const relations = relationsOf(topology);
  const { floatingIpsByRouter, forwardingsByRouter } = placementOf(topology);
  const servesChanged = ([, served]: [string, { floating: { name: string } }[]]): boolean =>
    served.some(({ floating }) => changes.floating_ips.has(floating.name));
  const leaving = grouped(topology.routers.map((router) => [router.external_gateway?.network ?? '', router] as const));
  // A router's own change does not concern others that leave by the same external network; a change of that network does.
  const outside = [
    ...changes.networks,
    ...[...changes.ports].flatMap((name) => relations.port.get(name)?.network ?? []),
  ];
  return [
    ...[...networks].flatMap((network) => relations.routersOfNetwork.get(network) ?? []).map(({ name }) => name),
    ...outside.flatMap((network) => leaving.get(network) ?? []).map(({ name }) => name),
    ...devicesOf(topology, changes, networks),
    ...[...floatingIpsByRouter].filter(servesChanged).map(([name]) => name),
    ...[...forwardingsByRouter].filter(servesChanged).map(([name]) => name),
  ];
}

/** Routers that a port says it belongs to, as HA ports do, whose network no interface and no gateway is on. */
function devicesOf(topology: Topology, changes: Changes, networks: ReadonlySet<string>): string[] {
  const devices = topology.ports.flatMap(({ name, network, device_id: device }) =>
    device !== undefined && (networks.has(network) || changes.ports.has(name)) ? [device] : [],
  );
  return topology.routers.flatMap(({ name, id = name }) =>
    devices.some((device) => device === name || device.startsWith(id)) ? [name] : [],
  );
}

function nodesOf(topology: Topology, routers: ReadonlySet<string>, networks: ReadonlySet<string>): string[] {
  const { routersByNode, centralRoutersByNode } = placementOf(topology);
  const hosting = [...routersByNode, ...centralRoutersByNode].flatMap(([node, hosted]) =>
    hosted.some(({ router }) => routers.has(router.name)) ? [node] : [],
  );
  return [...hosting, ...topology.ports.flatMap(({ network, node }) => (node && networks.has(network) ? [node] : []))];
}
