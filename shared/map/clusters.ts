/** Which routers and networks belong together: what a router connects, external networks left out. In most clouds that is one tenant. */
import type { MapLink, MapThing } from './types.ts';

export interface Cluster {
  routers: MapThing[];
  networks: MapThing[];
}

/** In the order in which the file names the first router of each, then networks without routers. */
export function clustersOf(things: readonly MapThing[], links: readonly MapLink[]): Cluster[] {
  const networkOf = new Map(things.map(({ id, kind, inside }) => [id, kind === 'subnet' ? inside.logical : id]));
  const roots = new Map<string, string>();
  const rootOf = (id: string): string => {
    let root = id;
    for (let up = roots.get(root); up !== undefined && up !== root; up = roots.get(root)) root = up;
    for (let at = id; at !== root;) {
      const next = roots.get(at) ?? root;
      roots.set(at, root);
      at = next;
    }
    return root;
  };
  const members = things.filter(({ kind }) => kind === 'router' || kind === 'network');
  const known = new Set(members.map(({ id }) => id));
  for (const { kind, from, to } of links) {
    const network = networkOf.get(to);
    if (kind === 'interface' && network !== undefined && known.has(network) && known.has(from))
      roots.set(rootOf(network), rootOf(from));
  }
  const clusters = new Map<string, Cluster>();
  const ordered = [
    ...members.filter(({ kind }) => kind === 'router'),
    ...members.filter(({ kind }) => kind === 'network'),
  ];
  for (const thing of ordered) {
    const root = rootOf(thing.id);
    const cluster = clusters.get(root) ?? { routers: [], networks: [] };
    clusters.set(root, cluster);
    (thing.kind === 'router' ? cluster.routers : cluster.networks).push(thing);
  }
  return [...clusters.values()];
}

/** `ra, rb`; of many the first and how many more. */
export function clusterName({ routers, networks }: Cluster): string {
  const names = (routers.length > 0 ? routers : networks).map(({ name }) => name);
  const more = names.length > 3 ? `, and ${names.length - 3} more` : '';
  return `${names.slice(0, 3).join(', ')}${more}`;
}
