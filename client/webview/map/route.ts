/** Draws the way of a packet over the map, with arrows, and numbers at its stops. */
import type { Box, Scene } from '../../../shared/map/scene.ts';
import type { MapPath } from '../../../shared/map/types.ts';
import type { Camera } from './camera.ts';
import type { Over } from './overlay.ts';
import { type Point, STOP, isBar, pointIn, routeOf, stopsOf } from './way.ts';

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
  context.arc(centre[0], centre[1], STOP / 2, 0, 2 * Math.PI);
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
