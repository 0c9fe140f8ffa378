/**
 * Blocks in rows, under bars that all rows hang on: external networks over routers, carriers over nodes. What hangs on a bar is drawn
 * as a bus: up from the block to a rail over its row, along it to the left, and up to the bar, so that no such line runs behind a box.
 */
import {
  type Box,
  GAP,
  type Part,
  RAIL,
  type Scene,
  SPACE,
  type Wire,
  containerPart,
  columnsFor,
  place,
  CELL,
  PAD,
} from './scene.ts';
import type { MapLink, MapThing } from './types.ts';

export interface Block {
  part: Part;
  /** Lines between what is in it, from its own corner. */
  wires: Wire[];
  /** Links to bars, and where in the block they begin. */
  hangs: { link: MapLink; bar: string; x: number; y: number }[];
  /** Blocks of another group begin a row of their own. */
  group: string;
}

export interface Bar {
  thing: MapThing;
  holds: readonly MapThing[][];
}

/** Somewhat wider than high: between a whole screen and half of one. */
const ASPECT = 1.3;
/** The width grows in such steps, so that a new block seldom moves others to other rows. */
const STEP = 1.25;

export function shelve(bars: readonly Bar[], blocks: readonly Block[]): Scene {
  const rows = rowsOf(blocks, widthFor(blocks));
  const widest = Math.max(0, ...rows.map((row) => row.reduce((sum, { part }) => sum + part.width + SPACE, -SPACE)));
  const needed = Math.max(0, ...bars.map(({ holds }) => columnsFor(Math.max(0, ...holds.map(({ length }) => length)))));
  const width = Math.max(widest, bars.length > 0 ? 2 * PAD + Math.max(3, needed) * (CELL.width + GAP) - GAP : 0);
  const boxes: Box[] = [];
  const wires: Wire[] = [];
  const barAt = new Map<string, { x: number; y: number }>();
  const columns = Math.max(1, Math.floor((width - 2 * PAD + GAP) / (CELL.width + GAP)));
  // The lines from rails to bars run on the left of everything.
  const left = bars.length > 0 ? SPACE + bars.length * RAIL : 0;
  let y = 0;
  for (const [i, { thing, holds }] of bars.entries()) {
    const part = { ...containerPart(thing, [...holds], columns), width };
    place(boxes, part, left, y);
    barAt.set(thing.id, { x: left - SPACE / 2 - i * RAIL, y: y + part.height / 2 });
    y += part.height + SPACE / 2;
  }
  for (const row of rows) y = placeRow(row, y, left, barAt, boxes, wires);
  return { width: left + width, height: Math.max(0, y), boxes, wires };
}

function placeRow(
  row: readonly Block[],
  top: number,
  left: number,
  barAt: ReadonlyMap<string, { x: number; y: number }>,
  boxes: Box[],
  wires: Wire[],
): number {
  // Farther bars have higher rails, so that no rail is crossed by the lines of its own row more than it must.
  const used = [...barAt.keys()].filter((id) => row.some(({ hangs }) => hangs.some(({ bar }) => bar === id)));
  const rails = new Map(used.map((id, i) => [id, top + SPACE / 2 + i * RAIL]));
  const y = top + SPACE + used.length * RAIL;
  let x = left;
  for (const { part, wires: inner, hangs } of row) {
    place(boxes, part, x, y);
    const [dx, dy] = [x, y];
    for (const { link, points } of inner)
      wires.push({ link, points: points.map((value, i) => value + (i % 2 === 0 ? dx : dy)) });
    for (const { link, bar: id, x: atX, y: atY } of hangs) {
      const [bar, rail] = [barAt.get(id), rails.get(id)];
      if (!bar || rail === undefined) continue;
      wires.push({ link, points: [x + atX, y + atY, x + atX, rail, bar.x, rail, bar.x, bar.y, left, bar.y] });
    }
    x += part.width + SPACE;
  }
  return y + Math.max(0, ...row.map(({ part }) => part.height));
}

function widthFor(blocks: readonly Block[]): number {
  const area = blocks.reduce((sum, { part }) => sum + (part.width + SPACE) * (part.height + SPACE), 0);
  const steps = Math.ceil(Math.log(Math.max(1, Math.sqrt(area * ASPECT))) / Math.log(STEP));
  return Math.max(STEP ** steps, ...blocks.map(({ part }) => part.width));
}

/** In the order of the file, a row as long as it goes. */
function rowsOf(blocks: readonly Block[], width: number): Block[][] {
  const rows: Block[][] = [];
  let used = 0;
  for (const block of blocks) {
    const row = rows.at(-1);
    const isSame = row !== undefined && row[0]!.group === block.group;
    if (row && isSame && used + SPACE + block.part.width <= width) {
      row.push(block);
      used += SPACE + block.part.width;
    } else {
      rows.push([block]);
      used = block.part.width;
    }
  }
  return rows;
}
