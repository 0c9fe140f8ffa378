/** The way of a traced packet over the things of the map. */
import { defaultAllocations } from '../allocations.ts';
import { namespacesOf } from '../expect.ts';
import { devicesOf } from '../namespaces/types.ts';
import { isTunnelled } from '../ovs/names.ts';
import { pointer } from '../problem.ts';
import { type Relations, relationsOf } from '../topology/relations.ts';
import type { Topology } from '../topology/types.ts';
import type { Leg, Trace } from '../trace/trace.ts';
import { type Way, verdictOf, waysOf } from '../trace/verdict.ts';
import type { AllocationsByNode } from '../wiring.ts';
import { namespaceId, physicalNetworkId, tunnelsId } from './things.ts';
import type { MapPath, MapThing, MapView } from './types.ts';

/** @param things those of the map, by id: nothing else is on the way */
export function pathOf(
  topology: Topology,
  allocations: AllocationsByNode,
  things: ReadonlyMap<string, MapThing>,
  trace: Trace,
): MapPath {
  const { there, back } = waysOf(trace);
  const ground: Ground = { lookup: relationsOf(topology), allocations, things, networks: new Map() };
  return {
    side: trace.from,
    verdict: verdictOf(trace),
    isWhole: trace.answered,
    there: wayOver(ground, there, trace),
    back: trace.reply ? wayOver(ground, back, trace.reply) : { physical: [], logical: [] },
  };
}

interface Ground {
  lookup: Relations;
  allocations: AllocationsByNode;
  things: ReadonlyMap<string, MapThing>;
  /** Networks of devices, by node. */
  networks: Map<string, Map<string, string>>;
}

function wayOver(ground: Ground, way: Way, { path }: Leg): Record<MapView, string[]> {
  const physical: string[] = [];
  const logical: string[] = [];
  let passed = 0;
  let at: { node: string | undefined; network: string | undefined } | undefined;
  for (const { node: place } of way.places) {
    const element = place.type === 'namespace' ? path[passed++] : undefined;
    const stop = stopOf(ground, place, element);
    const network = element ? networkOf(ground, element.node, element.in) : stop.network;
    // A sender is on its network; nothing went over it yet.
    const between = at || element ? (network ?? at?.network) : undefined;
    // From node to node, and to the outside, a packet goes over what carries its network.
    if (at && at.node !== stop.node) physical.push(...carrierOf(ground, between));
    if (between !== undefined) logical.push(pointer('networks', between));
    physical.push(...stop.physical);
    logical.push(...stop.logical);
    at = { node: stop.node, network: element ? networkOf(ground, element.node, element.out) : stop.network };
    if (element && at.network !== undefined) logical.push(pointer('networks', at.network));
  }
  const known = (ids: readonly string[]): string[] =>
    ids.filter((id) => ground.things.has(id)).filter((id, i, all) => id !== all[i - 1]);
  return { physical: known(physical), logical: known(logical) };
}

interface Stop {
  /** Absent outside of nodes. */
  node: string | undefined;
  /** Of an endpoint and of the outside; a namespace has many. */
  network: string | undefined;
  physical: string[];
  logical: string[];
}

function stopOf(
  { lookup, things }: Ground,
  { type, text, node }: Way['places'][number]['node'],
  element: Leg['path'][number] | undefined,
): Stop {
  if (element) {
    const id = namespaceId(element.node, element.namespace);
    const of = things.get(id)?.of;
    return { node: element.node, network: undefined, physical: [id], logical: of === undefined ? [] : [of] };
  }
  if (type === 'outside') {
    const network = text.slice('outside, on '.length);
    return { node: undefined, network, physical: [], logical: [pointer('networks', network)] };
  }
  const port = lookup.port.get(text.slice(0, -` on ${node ?? 'no node'}`.length));
  const id = port === undefined ? [] : [port.pointer];
  return { node, network: port?.network, physical: id, logical: id };
}

function carrierOf({ lookup }: Ground, network: string | undefined): string[] {
  const { network_type: type, physical_network: physical } = lookup.network.get(network ?? '') ?? {};
  if (type !== undefined && isTunnelled(type)) return [tunnelsId(type)];
  return physical === undefined ? [] : [physicalNetworkId(physical)];
}

/** The network that a device of the agents is on; `rfp-` and `fpr-` are on none. */
function networkOf(ground: Ground, node: string, device: string | null): string | undefined {
  const { lookup, allocations, networks } = ground;
  let known = networks.get(node);
  if (!known) {
    const { topology } = lookup;
    const chosen = allocations.get(node) ?? defaultAllocations(topology, node);
    const devices = namespacesOf(topology, node, chosen).flatMap((namespace) => devicesOf(namespace));
    known = new Map(
      devices.flatMap(({ ifname, network }) => (network === undefined ? [] : [[ifname, network] as const])),
    );
    networks.set(node, known);
  }
  return known.get(device ?? '');
}
