/** The map as it is drawn: boxes in boxes, and wires between them. Sizes are those of the screen when nothing is zoomed. */
import type { MapLink, MapThing } from './types.ts';

export interface Box {
  thing: MapThing;
  x: number;
  y: number;
  width: number;
  height: number;
  /** Index of the box that it is in; -1 for none. It comes before. */
  parent: number;
  /** How many boxes are in it. */
  holds: number;
}

export interface Wire {
  link: MapLink;
  /** x and y in turn; at least two points. */
  points: number[];
}

export interface Scene {
  width: number;
  height: number;
  /** Containers before what is in them. */
  boxes: Box[];
  wires: Wire[];
}

/** Of a thing that holds nothing. */
export const CELL = { width: 148, height: 36 } as const;
/** Name and detail of a thing that holds others. */
export const HEADER = 42;
export const PAD = 8;
export const GAP = 6;
/** Between blocks. */
export const SPACE = 28;
/** Between two lines that run side by side. */
export const RAIL = 6;
/** A container is never narrower: its name must fit. */
const NARROWEST = 210;

/** A thing with what is in it, before it has a place. A group without a thing is only room. */
export interface Part {
  thing?: MapThing;
  width: number;
  height: number;
  inner: { part: Part; x: number; y: number }[];
}

export const cellPart = (thing: MapThing, width: number = CELL.width): Part => ({
  thing,
  width,
  height: CELL.height,
  inner: [],
});

/** Columns of a grid that is somewhat wider than high. They stay the same until the number of cells has doubled, so that few cells move. */
export function columnsFor(count: number): number {
  const room = 2 ** Math.ceil(Math.log2(Math.max(1, count)));
  return Math.max(1, Math.round(Math.sqrt((room * 1.6 * (CELL.height + GAP)) / (CELL.width + GAP))));
}

/** A container: its header, then each list of things as a grid of cells. */
export function containerPart(thing: MapThing, lists: readonly MapThing[][], columns?: number): Part {
  const filled = lists.filter((list) => list.length > 0);
  const most = Math.max(0, ...filled.map((list) => list.length));
  const across = columns ?? columnsFor(most);
  const used = Math.min(across, most);
  const width = Math.max(NARROWEST, 2 * PAD + used * (CELL.width + GAP) - GAP);
  const cell = used === 1 ? width - 2 * PAD : CELL.width;
  const inner: Part['inner'] = [];
  let y = HEADER;
  for (const list of filled) {
    for (const [i, each] of list.entries()) {
      const [column, row] = [i % across, Math.floor(i / across)];
      inner.push({
        part: cellPart(each, cell),
        x: PAD + column * (CELL.width + GAP),
        y: y + row * (CELL.height + GAP),
      });
    }
    y += Math.ceil(list.length / across) * (CELL.height + GAP) + GAP;
  }
  return { thing, width, height: y + (filled.length > 0 ? PAD - 2 * GAP : 0), inner };
}

/** Gives a part and all that is in it their places. */
export function place(boxes: Box[], part: Part, x: number, y: number, parent = -1): void {
  const { thing, width, height, inner } = part;
  let self = parent;
  if (thing) {
    self = boxes.length;
    boxes.push({ thing, x, y, width, height, parent, holds: inner.length });
  }
  for (const each of inner) place(boxes, each.part, x + each.x, y + each.y, self);
}
