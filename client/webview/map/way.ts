/** Where the way of a packet runs over the map: its stops, and along the lines where there are some. */
import { toEdge, toSide, withinGrid } from '../../../shared/map/beside.ts';
import { GAP, HEADER, type Box, type Scene, type Wire } from '../../../shared/map/scene.ts';

export type Point = readonly [x: number, y: number];

const known = new WeakMap<Scene, Map<string, Wire>>();

/** Lines by the things that they connect, either way round, also those that only hold the ends. */
function wiresOf(scene: Scene): Map<string, Wire> {
  let wires = known.get(scene);
  if (!wires) {
    wires = new Map();
    for (const wire of scene.wires) wires.set(`${wire.link.from}\n${wire.link.to}`, wire);
    known.set(scene, wires);
  }
  return wires;
}

/** Where the way stops: not at a network on the way to a port that is in it, which shows that. */
export function stopsOf(scene: Scene, boxes: ReadonlyMap<string, Box>, ids: readonly string[]): Box[] {
  const all = ids.flatMap((id) => boxes.get(id) ?? []);
  const isIn = (inner: Box | undefined, outer: Box): boolean =>
    inner !== undefined && scene.boxes[inner.parent] === outer;
  return all.filter((box, i) => !isIn(all[i - 1], box) && !isIn(all[i + 1], box));
}

/** The points from stop to stop: along the wire that joins them, beside the boxes; where there is none, straight. */
export function routeOf(scene: Scene, stops: readonly Box[]): Point[] {
  const wires = wiresOf(scene);
  const points: Point[] = [];
  for (const [i, box] of stops.entries()) {
    const before = stops[i - 1];
    if (before) points.push(...between(scene, wires, before, box));
    // A bar is passed where the lines reach it.
    if (!isBar(box)) points.push(pointIn(box));
  }
  return points;
}

export const isBar = ({ thing }: Box): boolean => thing.kind === 'carrier' || thing.kind === 'external-network';

/** The size of the disc with the number of a stop, whatever the scale. */
export const STOP = 18;

/** At the end of the name's line, so that it can still be read. */
export const pointIn = ({ x, y, width, height }: Box): Point => [x + width - 14, y + Math.min(height, HEADER) / 2];

function between(scene: Scene, wires: ReadonlyMap<string, Wire>, from: Box, to: Box): Point[] {
  if (from.parent === to.parent && from.parent >= 0) return pointsOf(withinGrid(from, to));
  for (const a of endsOf(scene, from))
    for (const b of endsOf(scene, to)) {
      const there = wires.get(`${a.thing.id}\n${b.thing.id}`);
      const back = wires.get(`${b.thing.id}\n${a.thing.id}`);
      const points = there ? pointsOf(there.points) : back ? pointsOf(back.points).toReversed() : [];
      const [first, last] = [points[0], points.at(-1)];
      if (first && last) return [...leave(scene, from, first), ...points, ...leave(scene, to, last).toReversed()];
    }
  return [];
}

/** From a stop to the end of a wire: where that is on the edge of its box, along the right of what is in there. */
function leave(scene: Scene, box: Box, [x, y]: Point): Point[] {
  const holder = scene.boxes[box.parent] ?? box;
  if (isBar(holder)) return holder === box ? [] : pointsOf(toSide(box, [x, y]));
  if (y !== holder.y && y !== holder.y + holder.height) return [];
  if (holder !== box) return pointsOf(toEdge(box, holder, [x, y]));
  const side = box.x + box.width - GAP / 2;
  return [
    [side, pointIn(box)[1]],
    [side, y],
  ];
}

/** A box and what it is in; of a network the subnets, which lines to it are about. */
function endsOf(scene: Scene, box: Box): Box[] {
  const around = scene.boxes[box.parent];
  const network = [box, around].find((each) => each?.thing.kind === 'network');
  const subnets = network
    ? scene.boxes.filter((each) => each.thing.kind === 'subnet' && scene.boxes[each.parent] === network)
    : [];
  return [box, ...(around ? [around] : []), ...subnets];
}

const pointsOf = (points: readonly number[]): Point[] =>
  points.flatMap((value, i): Point[] => (i % 2 === 0 ? [[value, points[i + 1]!]] : []));
