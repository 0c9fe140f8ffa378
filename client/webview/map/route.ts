/** The way of a packet over the map: along the lines where there are some, with arrows, and numbers at its stops. */
import { HEADER, type Box, type Scene, type Wire } from '../../../shared/map/scene.ts';
import type { MapPath } from '../../../shared/map/types.ts';
import type { Camera } from './camera.ts';
import type { Over } from './overlay.ts';

type Point = readonly [x: number, y: number];

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

/** The points from stop to stop. Two stops on one wire are joined along it; else straight. */
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

/** At the end of the name's line, so that it can still be read. */
const pointIn = ({ x, y, width, height }: Box): Point => [x + width - 14, y + Math.min(height, HEADER) / 2];

function between(scene: Scene, wires: ReadonlyMap<string, Wire>, from: Box, to: Box): Point[] {
  // Beside each other in one box there is no need to go round.
  if (from.parent === to.parent && from.parent >= 0) return [];
  for (const a of endsOf(scene, from))
    for (const b of endsOf(scene, to)) {
      const there = wires.get(`${a.thing.id}\n${b.thing.id}`);
      if (there) return pointsOf(there);
      const back = wires.get(`${b.thing.id}\n${a.thing.id}`);
      if (back) return pointsOf(back).toReversed();
    }
  return [];
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

const pointsOf = ({ points }: Wire): Point[] =>
  points.flatMap((value, i): Point[] => (i % 2 === 0 ? [[value, points[i + 1]!]] : []));

/** There solid, back with dashes beside it. Where live and expected state part, the live way has the colour of errors, and ends with a cross. */
export function paintPath(
  context: CanvasRenderingContext2D,
  scene: Scene,
  camera: Camera,
  path: MapPath,
  over: Over,
): void {
  const { palette, view, boxes, phase, paths } = over;
  const isParted = paths.length > 1 && path.side === 'live';
  const aside = isParted ? 5 : 0;
  const stops = stopsOf(scene, boxes, path.there[view]);
  const back = routeOf(scene, stopsOf(scene, boxes, path.back[view]));
  const there = routeOf(scene, stops);
  const { error } = palette.severity;
  line(context, back, camera, isParted ? error : palette.back, 2.5, [7, 5], -phase, aside + 4);
  line(context, there, camera, isParted ? error : palette.there, 3.5, phase === 0 ? [] : [14, 4], -phase, aside);
  if (!isParted)
    for (const [i, box] of stops.entries()) if (!isBar(box)) number(context, box, camera, i + 1, over, aside);
  const end = (path.back[view].length > 0 ? back : there).at(-1);
  if (!path.isWhole && end) cross(context, end, camera, error);
}

function line(
  context: CanvasRenderingContext2D,
  points: readonly Point[],
  { x, y, scale }: Camera,
  colour: string,
  width: number,
  dash: number[],
  offset: number,
  aside: number,
): void {
  if (points.length < 2) return;
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.lineWidth = width;
  context.lineJoin = 'round';
  context.setLineDash(dash);
  context.lineDashOffset = offset;
  const onScreen = points.map(([px, py]): Point => [x + px * scale + aside, y + py * scale + aside]);
  context.beginPath();
  for (const [px, py] of onScreen) context.lineTo(px, py);
  context.stroke();
  context.setLineDash([]);
  for (const [i, to] of onScreen.entries()) arrow(context, onScreen[i - 1], to);
}

/** In the middle of each part that is long enough. */
function arrow(context: CanvasRenderingContext2D, from: Point | undefined, to: Point): void {
  if (!from) return;
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dx, dy);
  if (length < 34) return;
  const [ux, uy] = [dx / length, dy / length];
  const [tipX, tipY] = [from[0] + dx / 2 + ux * 6, from[1] + dy / 2 + uy * 6];
  context.beginPath();
  context.moveTo(tipX, tipY);
  context.lineTo(tipX - ux * 12 - uy * 6, tipY - uy * 12 + ux * 6);
  context.lineTo(tipX - ux * 12 + uy * 6, tipY - uy * 12 - ux * 6);
  context.fill();
}

function number(
  context: CanvasRenderingContext2D,
  box: Box,
  { x, y, scale }: Camera,
  count: number,
  over: Over,
  aside: number,
): void {
  const { palette } = over;
  const [px, py] = pointIn(box);
  const centre: Point = [x + px * scale + aside, y + py * scale + aside];
  context.fillStyle = palette.there;
  context.beginPath();
  context.arc(centre[0], centre[1], 9, 0, 2 * Math.PI);
  context.fill();
  context.fillStyle = palette.onMark;
  context.font = `600 11px ${palette.font}`;
  context.textAlign = 'center';
  context.fillText(String(count), centre[0], centre[1] + 4);
  context.textAlign = 'start';
}

function cross(context: CanvasRenderingContext2D, [px, py]: Point, { x, y, scale }: Camera, colour: string): void {
  const [cx, cy] = [x + px * scale, y + py * scale + 18];
  context.strokeStyle = colour;
  context.lineWidth = 4;
  context.beginPath();
  context.moveTo(cx - 8, cy - 8);
  context.lineTo(cx + 8, cy + 8);
  context.moveTo(cx + 8, cy - 8);
  context.lineTo(cx - 8, cy + 8);
  context.stroke();
}
