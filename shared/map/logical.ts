/** The logical view: external networks on top, below them routers with their floating IPs, below these networks with subnets and ports. */
import { grouped } from '../topology/lookup.ts';
import { type Cluster, clustersOf } from './clusters.ts';
import { type Part, RAIL, SPACE, cellPart, containerPart } from './scene.ts';
import { besideWires } from './beside.ts';
import type { Bar, Block } from './shelves.ts';
import type { MapLink, MapThing } from './types.ts';

export function logicalBlocks(
  things: readonly MapThing[],
  links: readonly MapLink[],
): { bars: Bar[]; blocks: Block[] } {
  const world: World = {
    held: grouped(things.map((thing) => [thing.inside.logical ?? '', thing] as const)),
    linksOf: grouped(links.map((link) => [link.from, link] as const)),
    networkOf: new Map(things.map(({ id, kind, inside }) => [id, kind === 'subnet' ? (inside.logical ?? id) : id])),
    externals: new Set(things.filter(({ kind }) => kind === 'external-network').map(({ id }) => id)),
  };
  const bars = things
    .filter(({ kind }) => kind === 'external-network')
    .map((thing) => ({ thing, holds: listsOf(world, thing.id) }));
  const blocks = clustersOf(things, links).map((cluster) => clusterBlock(world, cluster));
  return { bars, blocks: [...blocks, ...looseBlock(things)] };
}

interface World {
  held: ReadonlyMap<string, MapThing[]>;
  linksOf: ReadonlyMap<string, MapLink[]>;
  /** Of a subnet its network, of any other thing itself. */
  networkOf: ReadonlyMap<string, string>;
  externals: ReadonlySet<string>;
}

/** What is in a network or router, one list for each kind. */
function listsOf({ held }: World, id: string): MapThing[][] {
  const all = held.get(id) ?? [];
  return (['subnet', 'floating-ip', 'port'] as const).map((kind) => all.filter((thing) => thing.kind === kind));
}

function clusterBlock(world: World, cluster: Cluster): Block {
  const part: Part = { width: 0, height: 0, inner: [] };
  const block: Block = { part, wires: [], hangs: [], group: '' };
  const bottoms = placeRouters(world, cluster, block);
  const below = { y: part.height, rails: cluster.routers.length };
  placeNetworks(world, cluster, block, bottoms);
  const floating = cluster.routers.flatMap(({ id }) => world.held.get(id) ?? []);
  block.wires.push(
    ...besideWires(
      part,
      floating.flatMap(({ id }) => world.linksOf.get(id) ?? []),
      below,
    ),
  );
  return block;
}

/** Where the lines of a router to its networks begin: its place among the others, and its lower edge. */
type Bottoms = ReadonlyMap<string, { x: number; width: number; y: number }>;

function placeRouters(world: World, { routers }: Cluster, { part, hangs }: Block): Bottoms {
  const bottoms = new Map<string, { x: number; width: number; y: number }>();
  let x = 0;
  for (const router of routers) {
    const made = containerPart(router, listsOf(world, router.id));
    part.inner.push({ part: made, x, y: 0 });
    bottoms.set(router.id, { x, width: made.width, y: made.height });
    const up = (world.linksOf.get(router.id) ?? []).flatMap((link) => {
      const to = world.networkOf.get(link.to) ?? '';
      return world.externals.has(to) ? [{ link, bar: to }] : [];
    });
    for (const [i, each] of up.entries())
      hangs.push({ ...each, x: x + (made.width * (i + 1)) / (up.length + 1), y: 0 });
    x += made.width + SPACE;
    part.width = Math.max(part.width, x - SPACE);
    part.height = Math.max(part.height, made.height);
  }
  return bottoms;
}

/** Networks in rows below the routers. Each router has a rail of its own over each row, so that one sees what is on which. */
function placeNetworks(world: World, { routers, networks }: Cluster, { part, wires }: Block, bottoms: Bottoms): void {
  const parts = networks.map((network) => containerPart(network, listsOf(world, network.id)));
  const area = parts.reduce((sum, { width, height }) => sum + (width + SPACE) * (height + SPACE), 0);
  const width = Math.max(part.width, ...parts.map((each) => each.width), Math.sqrt(area * 1.6));
  const rows = rowsOf(parts, width);
  const inner = routers.flatMap(({ id }) => world.linksOf.get(id) ?? []);
  const byNetwork = grouped(inner.map((link) => [world.networkOf.get(link.to) ?? '', link] as const));
  // A second row is reached on the left of the first.
  const gutter = rows.length > 1 ? routers.length * RAIL + SPACE / 2 : 0;
  if (gutter > 0) {
    for (const each of part.inner) each.x += gutter;
  }
  const railOf = new Map(routers.map(({ id }, i) => [id, i]));
  const rails = routers.length * RAIL;
  const first = part.height;
  let y = part.height;
  for (const row of rows) {
    const top = routers.length === 0 ? y : y + SPACE + rails;
    let x = gutter;
    for (const each of row) {
      part.inner.push({ part: each, x, y: top });
      const links = byNetwork.get(each.thing?.id ?? '') ?? [];
      for (const [i, link] of links.entries()) {
        const end = { x: x + (each.width * (i + 1)) / (links.length + 1), y: top };
        const rail = railOf.get(link.from) ?? 0;
        wires.push({ link, points: comb(bottoms.get(link.from)!, gutter, rail, routers.length, first, y, end) });
      }
      x += each.width + SPACE;
      part.width = Math.max(part.width, x - SPACE);
    }
    y = top + Math.max(0, ...row.map(({ height }) => height));
  }
  part.height = Math.max(part.height, y);
}

/** From a router down to its rail below the routers, and from there to a network: straight, or down the gutter to the rail of its row. */
function comb(
  from: { x: number; width: number; y: number },
  gutter: number,
  rail: number,
  rails: number,
  first: number,
  row: number,
  end: { x: number; y: number },
): number[] {
  const start = from.x + gutter + (from.width * (rail + 1)) / (rails + 1);
  const firstRail = first + SPACE / 2 + rail * RAIL;
  if (row === first) return [start, from.y, start, firstRail, end.x, firstRail, end.x, end.y];
  const ownRail = row + SPACE / 2 + rail * RAIL;
  const down = gutter - SPACE / 2 - (rail + 1) * RAIL + RAIL / 2;
  return [start, from.y, start, firstRail, down, firstRail, down, ownRail, end.x, ownRail, end.x, end.y];
}

function rowsOf(parts: readonly Part[], width: number): Part[][] {
  const rows: Part[][] = [];
  let used = 0;
  for (const part of parts) {
    const row = rows.at(-1);
    if (row && used + SPACE + part.width <= width) {
      row.push(part);
      used += SPACE + part.width;
    } else {
      rows.push([part]);
      used = part.width;
    }
  }
  return rows;
}

/** Ports and floating IPs whose network the file does not have, side by side. */
function looseBlock(things: readonly MapThing[]): Block[] {
  const alone = things.filter(
    ({ kind, inside }) =>
      inside.logical === undefined && (kind === 'port' || kind === 'floating-ip' || kind === 'subnet'),
  );
  if (alone.length === 0) return [];
  return alone.map((thing) => ({ part: cellPart(thing), wires: [], hangs: [], group: 'loose' }));
}
