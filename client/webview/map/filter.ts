/** What of the map is to be seen, by kind, by findings and by cluster; and what a search finds. */
import { type Cluster, clustersOf } from '../../../shared/map/clusters.ts';
import { type CloudMap, type MapThing, type MapView, type ThingKind, VIEW_KINDS } from '../../../shared/map/types.ts';
import type { Index } from './marks.ts';

export interface Filter {
  view: MapView;
  hidden: readonly ThingKind[];
  onlyFindings: boolean;
  /** Id of the first thing of a cluster; empty for all. */
  cluster: string;
}

/** By the id of their first thing, which stays the same when others join it. */
export function clustersById(map: CloudMap): Map<string, Cluster> {
  const things = map.things.filter(({ kind }) => VIEW_KINDS.logical.includes(kind));
  const clusters = clustersOf(things, map.links);
  return new Map(clusters.map((cluster) => [(cluster.routers[0] ?? cluster.networks[0])!.id, cluster]));
}

/** Ids of what is shown; `undefined` when that is everything. What holds something that is shown is shown, too. */
export function shownBy(
  map: CloudMap,
  { findings }: Index,
  filter: Filter,
  clusters: ReadonlyMap<string, Cluster>,
): Set<string> | undefined {
  const { view, hidden, onlyFindings } = filter;
  const cluster = clusters.get(filter.cluster);
  if (hidden.length === 0 && !onlyFindings && !cluster) return undefined;
  const member = cluster && memberOf(map, cluster, view);
  const kinds = new Set(VIEW_KINDS[view].filter((kind) => !hidden.includes(kind)));
  const byId = new Map(map.things.map((thing) => [thing.id, thing]));
  const shown = new Set<string>();
  for (const thing of map.things) {
    if (!kinds.has(thing.kind) || (member && !member(thing)) || (onlyFindings && !findings.has(thing.id))) continue;
    for (let at: MapThing | undefined = thing; at && !shown.has(at.id); at = byId.get(at.inside[view] ?? ''))
      if (at === thing || kinds.has(at.kind)) shown.add(at.id);
  }
  return shown;
}

/** In the physical view what is of the cluster's routers and networks: their namespaces and ports, and the nodes that have them. */
function memberOf(map: CloudMap, { routers, networks }: Cluster, view: MapView): (thing: MapThing) => boolean {
  const own = new Set([...routers, ...networks].map(({ id }) => id));
  for (const { kind, from, to } of map.links) if (kind === 'gateway' && own.has(from)) own.add(to);
  const isOwn = (thing: MapThing): boolean =>
    own.has(thing.id) || (thing.of !== undefined && own.has(thing.of)) || own.has(thing.inside.logical ?? '');
  if (view === 'logical') {
    const external = new Set(map.things.filter(({ kind }) => kind === 'external-network').map(({ id }) => id));
    // Of an external network its subnets belong to all, its ports to others.
    return (thing) => isOwn(thing) && !(external.has(thing.inside.logical ?? '') && thing.kind !== 'subnet');
  }
  return (thing) => thing.kind === 'carrier' || (thing.kind !== 'node' && isOwn(thing));
}

/** Things whose name, address or whatever stands below the name has the text in it, in the order of the map. */
export function search(things: readonly MapThing[], text: string): MapThing[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return [];
  return things.filter(
    ({ name, detail }) => name.toLowerCase().includes(wanted) || detail.toLowerCase().includes(wanted),
  );
}
