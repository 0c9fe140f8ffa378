/** What is drawn over the map: findings, what is selected or under the mouse and what belongs to it, and the way of a packet. */
import type { MapFinding, MapPath, MapView } from '../../../shared/map/types.ts';
import { type Box, HEADER, type Scene, type Wire } from '../../../shared/map/scene.ts';
import type { Camera, Size } from './camera.ts';
import { drawBadge } from './badge.ts';
import { isContainer, isThin } from './boxes.ts';
import { worstOf } from './marks.ts';
import { CELLS_FROM } from './paint.ts';
import type { Palette } from './colours.ts';
import { paintPath } from './route.ts';
import { MARK, type Signs, asideOf } from './signs.ts';

export interface Over {
  palette: Palette;
  view: MapView;
  boxes: ReadonlyMap<string, Box>;
  findings: ReadonlyMap<string, MapFinding[]>;
  signs: Signs;
  selected: string | undefined;
  hovered: string | undefined;
  /** What belongs to the selected thing. */
  related: ReadonlySet<string>;
  paths: readonly MapPath[];
  /** How far the packet has come, for what moves; still where it must not. */
  phase: number;
}

export function paintOver(
  context: CanvasRenderingContext2D,
  scene: Scene,
  camera: Camera,
  size: Size,
  over: Over,
): void {
  context.clearRect(0, 0, size.width, size.height);
  const { palette, boxes, selected, hovered, related } = over;
  if (selected !== undefined) paintLinks(context, scene, camera, selected, palette);
  for (const id of related) frame(context, boxes.get(id), camera, palette.related, 1.5, [4, 3]);
  if (hovered !== selected) frame(context, boxes.get(hovered ?? ''), camera, palette.focus, 1.5);
  frame(context, boxes.get(selected ?? ''), camera, palette.focus, 3);
  for (const path of over.paths) paintPath(context, scene, camera, path, over);
  paintMarks(context, camera, size, over, scene);
}

/** A frame around a box, never smaller than can be seen. */
function frame(
  context: CanvasRenderingContext2D,
  box: Box | undefined,
  { x, y, scale }: Camera,
  colour: string,
  width: number,
  dash: number[] = [],
): void {
  if (!box) return;
  const least = 7;
  const [w, h] = [Math.max(least, box.width * scale), Math.max(least, box.height * scale)];
  const left = x + (box.x + box.width / 2) * scale - w / 2;
  const top = y + (box.y + box.height / 2) * scale - h / 2;
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.setLineDash(dash);
  context.strokeRect(left - 1, top - 1, w + 2, h + 2);
  context.setLineDash([]);
}

function paintLinks(
  context: CanvasRenderingContext2D,
  { wires, boxes }: Scene,
  camera: Camera,
  id: string,
  { related }: Palette,
): void {
  const { x, y, scale } = camera;
  let isAcross = false;
  context.strokeStyle = related;
  context.lineWidth = 2;
  context.beginPath();
  for (const { link, points } of wires) {
    if ((link.from !== id && link.to !== id) || (isThin(link) && scale < CELLS_FROM)) continue;
    isAcross ||= isDirect(points);
    context.moveTo(x + points[0]! * scale, y + points[1]! * scale);
    for (let i = 2; i < points.length; i += 2) context.lineTo(x + points[i]! * scale, y + points[i + 1]! * scale);
  }
  context.stroke();
  if (isAcross) for (const box of boxes) keepReadable(context, box, camera);
}

/** A line that no room was made for, as between things that stand by themselves. */
const isDirect = (points: Wire['points']): boolean => points.length === 4;

/** It runs behind what is written. */
function keepReadable(context: CanvasRenderingContext2D, box: Box, { x, y, scale }: Camera): void {
  const height = isContainer(box) ? Math.min(box.height, HEADER) : box.height;
  context.clearRect(x + box.x * scale, y + box.y * scale, box.width * scale, height * scale);
}

const SMALLEST_MARK = 8;

/** A mark stands on the thing itself, or far away on what it is in; one for each place, the worst. */
function paintMarks(context: CanvasRenderingContext2D, camera: Camera, size: Size, over: Over, scene: Scene): void {
  const { x, y, scale } = camera;
  const places = new Map<Box, MapFinding[]>();
  for (const [id, findings] of over.findings) {
    const own = over.boxes.get(id);
    const box = own && scale < CELLS_FROM && !isContainer(own) ? (scene.boxes[own.parent] ?? own) : own;
    if (!box) continue;
    const list = places.get(box) ?? [];
    list.push(...findings);
    places.set(box, list);
  }
  const taken = new Set<string>();
  for (const [box, findings] of places) {
    const mark = Math.max(SMALLEST_MARK, Math.min(MARK, (box.width * scale) / 3, box.height * scale));
    const right = x + (box.x + box.width) * scale - mark / 2 - asideOf(over.signs, box.thing.id, scale);
    const top = y + box.y * scale + Math.min(mark / 2, (box.height * scale) / 2);
    if (right < -MARK || top < -MARK || right > size.width + MARK || top > size.height + MARK) continue;
    const spot = `${Math.round(right / 10)} ${Math.round(top / 10)}`;
    if (taken.has(spot)) continue;
    taken.add(spot);
    drawBadge(context, right, top, mark, worstOf(findings)!, over.palette);
  }
}
