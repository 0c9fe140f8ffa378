/** Draws the map on a canvas: far away boxes and counts, nearer names, near everything. */
import type { MapThing } from '../../../shared/map/types.ts';
import { CELL, HEADER, type Box, type Scene, type Wire } from '../../../shared/map/scene.ts';
import { THICK, THIN, hasKindText, isContainer, isThin, shortName } from './boxes.ts';
import type { Camera, Size } from './camera.ts';
import type { Palette } from './colours.ts';
import { type Signs, takenBy } from './signs.ts';
import { writeText } from './text.ts';
import { counted, texts } from './texts.ts';

export interface Look {
  palette: Palette;
  /** Ids of what a search found. */
  matches: ReadonlySet<string>;
  signs: Signs;
}

/** From this scale on cells are seen, and from that on their names. Below, a container says how many there are. */
export const CELLS_FROM = 0.22;
const NAMES_FROM = 0.42;
const DETAILS_FROM = 0.8;

/** How many boxes and lines were in sight. */
export interface Painted {
  boxes: number;
  wires: number;
}

/** All that is in sight; marks and what is selected are drawn over it by others. */
export function paint(
  context: CanvasRenderingContext2D,
  scene: Scene,
  camera: Camera,
  size: Size,
  look: Look,
): Painted {
  context.fillStyle = look.palette.background;
  context.fillRect(0, 0, size.width, size.height);
  const sight = sightOf(camera, size);
  const containers: Box[] = [];
  const cells: Box[] = [];
  const areCellsSeen = camera.scale >= CELLS_FROM;
  for (const box of scene.boxes) {
    if (!isInSight(box, sight)) continue;
    if (isContainer(box)) containers.push(box);
    else if (areCellsSeen || box.parent < 0) cells.push(box);
  }
  for (const box of containers) paintBox(context, box, camera, look);
  const wires = paintWires(context, scene.wires, camera, size, look.palette);
  for (const box of cells) paintBox(context, box, camera, look);
  for (const box of containers) writeContainer(context, box, camera, look, scene);
  if (camera.scale >= NAMES_FROM) for (const box of cells) writeCell(context, box, camera, look);
  return { boxes: containers.length + cells.length, wires };
}

/** The part of the map that the screen shows. */
interface Sight {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const sightOf = ({ x, y, scale }: Camera, { width, height }: Size): Sight => ({
  left: -x / scale,
  top: -y / scale,
  right: (width - x) / scale,
  bottom: (height - y) / scale,
});

const isInSight = ({ x, y, width, height }: Box, { left, top, right, bottom }: Sight): boolean =>
  x < right && x + width > left && y < bottom && y + height > top;

/** Two rectangles, one in the other: quicker than a line around one. */
function paintBox(
  context: CanvasRenderingContext2D,
  box: Box,
  { x, y, scale }: Camera,
  { palette, matches }: Look,
): void {
  const left = Math.round(x + box.x * scale);
  const top = Math.round(y + box.y * scale);
  const width = Math.max(1, Math.round(box.width * scale));
  const height = Math.max(1, Math.round(box.height * scale));
  context.fillStyle = palette.border;
  context.fillRect(left, top, width, height);
  if (width < 3 || height < 3) return;
  context.fillStyle = isContainer(box) ? palette.container : palette.cell;
  context.fillRect(left + 1, top + 1, width - 2, height - 2);
  if (matches.has(box.thing.id)) {
    context.fillStyle = palette.match;
    context.fillRect(left + 1, top + 1, width - 2, height - 2);
  }
  context.fillStyle = palette.kind[box.thing.kind];
  context.fillRect(left, top, Math.max(2, Math.min(4, width / 8)), height);
}

/** Level and upright lines are thin rectangles; the others one path. */
function paintWires(
  context: CanvasRenderingContext2D,
  wires: readonly Wire[],
  camera: Camera,
  size: Size,
  palette: Palette,
): number {
  const { x, y, scale } = camera;
  context.fillStyle = palette.line;
  context.strokeStyle = palette.line;
  context.lineWidth = 1;
  context.beginPath();
  let seen = 0;
  for (const { points, link } of wires) {
    if (isThin(link) && scale < CELLS_FROM) continue;
    context.globalAlpha = isThin(link) ? THIN : THICK;
    let isSeen = false;
    for (let i = 2; i < points.length; i += 2) {
      const [ax, ay] = [x + points[i - 2]! * scale, y + points[i - 1]! * scale];
      const [bx, by] = [x + points[i]! * scale, y + points[i + 1]! * scale];
      if (Math.max(ax, bx) < 0 || Math.min(ax, bx) > size.width) continue;
      if (Math.max(ay, by) < 0 || Math.min(ay, by) > size.height) continue;
      isSeen = true;
      if (ax === bx) context.fillRect(Math.round(ax), Math.min(ay, by), 1, Math.abs(by - ay) + 1);
      else if (ay === by) context.fillRect(Math.min(ax, bx), Math.round(ay), Math.abs(bx - ax) + 1, 1);
      else {
        context.moveTo(ax, ay);
        context.lineTo(bx, by);
      }
    }
    if (isSeen) seen++;
  }
  context.stroke();
  context.globalAlpha = 1;
  return seen;
}

/** Of a container its name and detail in its header; far away its name and what it holds in its middle. */
function writeContainer(
  context: CanvasRenderingContext2D,
  box: Box,
  camera: Camera,
  { palette, signs }: Look,
  scene: Scene,
): void {
  const { scale } = camera;
  const left = camera.x + box.x * scale;
  const top = camera.y + box.y * scale;
  const width = box.width * scale;
  const font = palette.font;
  const inset = Math.min(10, width / 12) + 2;
  const room = width - 2 * inset;
  const free = Math.max(0, room - takenBy(signs, box.thing.id, scale));
  if (room < 24) return;
  // A wide bar that is only partly in sight is read at the edge of the screen.
  const at = Math.max(left + inset, Math.min(8, left + width - inset - Math.min(room, 300)));
  if (scale >= DETAILS_FROM) {
    writeText(context, box.thing.name, at, top + 18 * scale, free, {
      font,
      size: 13 * scale,
      weight: '600',
      colour: palette.text,
    });
    const { status } = box.thing;
    const found = status === undefined ? '' : texts.status[status];
    const detail = [kindText(box.thing), box.thing.detail, found].filter(Boolean).join(' · ');
    writeText(context, detail, at, top + 33 * scale, room, { font, size: 11 * scale, colour: palette.faint });
    return;
  }
  const areCellsSeen = scale >= CELLS_FROM;
  const height = (areCellsSeen ? HEADER : box.height) * scale;
  if (height < 9) return;
  const size = Math.min(12, Math.max(9, height * 0.8));
  writeText(context, box.thing.name, at, top + Math.min(height / 2, size) + size * 0.35, free, {
    font,
    size,
    weight: '600',
    colour: palette.text,
  });
  if (areCellsSeen || height < 30) return;
  const counts = countsIn(scene, box);
  const fits = Math.floor((height - 1.7 * size) / (size * 1.25));
  for (const [i, count] of counts.slice(0, Math.max(0, fits)).entries())
    writeText(context, count, at, top + size * 2.7 + i * size * 1.25, room, {
      font,
      size: size - 1,
      colour: palette.faint,
    });
}

const kindText = (thing: MapThing): string => (hasKindText(thing) ? texts.kind[thing.kind].toLowerCase() : '');

const counts = new WeakMap<Scene, Map<Box, string[]>>();

/** `12 ports`, `1 subnet`. */
function countsIn(scene: Scene, box: Box): readonly string[] {
  let all = counts.get(scene);
  if (!all) counts.set(scene, (all = countAll(scene.boxes)));
  return all.get(box) ?? [];
}

function countAll(boxes: readonly Box[]): Map<Box, string[]> {
  const held = new Map<Box, Map<MapThing['kind'], number>>();
  for (const { parent, thing } of boxes) {
    const holder = boxes[parent];
    if (!holder) continue;
    const own = held.get(holder) ?? new Map<MapThing['kind'], number>();
    held.set(holder, own);
    own.set(thing.kind, (own.get(thing.kind) ?? 0) + 1);
  }
  return new Map([...held].map(([box, own]) => [box, [...own].map(([kind, count]) => countOf(kind, count))]));
}

const countOf = (kind: MapThing['kind'], count: number): string =>
  kind === 'namespace' || kind === 'port' || kind === 'subnet' || kind === 'floating-ip' ? counted(kind, count) : '';

function writeCell(context: CanvasRenderingContext2D, box: Box, camera: Camera, { palette, signs }: Look): void {
  const { x, y, scale } = camera;
  const left = x + box.x * scale;
  const top = y + box.y * scale;
  const { font } = palette;
  const inset = 8 * Math.min(1, scale) + 2;
  const room = box.width * scale - 2 * inset;
  const free = Math.max(0, room - takenBy(signs, box.thing.id, scale));
  const hasDetail = scale >= DETAILS_FROM && box.thing.detail !== '';
  const size = Math.max(9, Math.min(12, 12 * scale)) * (scale > 1 ? scale : 1);
  const middle = top + (CELL.height / 2) * scale;
  const name = box.thing.kind === 'namespace' ? shortName(box.thing.name) : box.thing.name;
  writeText(context, name, left + inset, hasDetail ? middle - 3 * scale : middle + size * 0.35, free, {
    font,
    size,
    colour: palette.text,
  });
  if (hasDetail)
    writeText(context, box.thing.detail, left + inset, middle + 11 * scale, free, {
      font,
      size: 10.5 * scale,
      colour: palette.faint,
    });
}
