/** Ways between cells that run beside the boxes: in the room between columns and rows, and around what holds them, never over a name. */
import { GAP, type Part, RAIL, SPACE, type Wire } from './scene.ts';
import type { MapLink } from './types.ts';

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** In the middle of the room between two columns or rows. */
const BESIDE = GAP / 2;

/** Beside a box, nearer than what runs between boxes. */
export const LANE = SPACE / 4;

const right = ({ x, width }: Rect): number => x + width;
const middle = ({ y, height }: Rect): number => y + height / 2;

/** Out of a cell on its right. */
const outOf = (cell: Rect): number[] => [right(cell), middle(cell), right(cell) + BESIDE, middle(cell)];

/** Along the row above a cell, and in on its right. */
const into = (cell: Rect): number[] => {
  const x = right(cell) + BESIDE;
  return [x, cell.y - BESIDE, x, middle(cell), right(cell), middle(cell)];
};

/** Between two cells of one grid. */
export const withinGrid = (from: Rect, to: Rect): number[] =>
  right(from) === right(to)
    ? [...outOf(from), right(to) + BESIDE, middle(to), right(to), middle(to)]
    : [...outOf(from), right(from) + BESIDE, to.y - BESIDE, ...into(to)];

/** From a cell to a place on the upper or lower edge of what holds it, on the right of all that is in there. */
export function toEdge(cell: Rect, holder: Rect, [x, y]: readonly [number, number]): number[] {
  const side = right(holder) - BESIDE;
  return [...outOf(cell), right(cell) + BESIDE, cell.y - BESIDE, side, cell.y - BESIDE, side, y, x, y];
}

/** From a cell to a place on the left edge of what holds it, along the row above the cell. */
export const toSide = (cell: Rect, [x, y]: readonly [number, number]): number[] => [
  ...outOf(cell),
  right(cell) + BESIDE,
  cell.y - BESIDE,
  x,
  cell.y - BESIDE,
  x,
  y,
];

/** A cell, and the box that it is in. */
interface Spot {
  cell: Rect;
  holder: Rect;
}

function spotsIn(whole: Part): Map<string, Spot> {
  const spots = new Map<string, Spot>();
  const walk = ({ thing, inner, width, height }: Part, x: number, y: number, holder?: Rect): void => {
    const self = { x, y, width, height };
    if (thing) spots.set(thing.id, { cell: self, holder: holder ?? self });
    for (const each of inner) walk(each.part, x + each.x, y + each.y, thing ? self : holder);
  };
  walk(whole, 0, 0);
  return spots;
}

/** Lines between cells of one part. Those of two boxes leave the upper one below, where there is a lane `below` it. */
export function besideWires(part: Part, links: readonly MapLink[], below?: { y: number; rails: number }): Wire[] {
  if (links.length === 0) return [];
  const spots = spotsIn(part);
  return links.flatMap((link): Wire[] => {
    const [from, to] = [spots.get(link.from), spots.get(link.to)];
    if (!from || !to) return [];
    const isOne = from.holder.x === to.holder.x && from.holder.y === to.holder.y;
    if (!isOne && !below) return [];
    return [{ link, points: isOne ? withinGrid(from.cell, to.cell) : around(part, from, to, below!) }];
  });
}

/** Out of a box that stands in a row of the map by itself, or of a cell in one, up to the lane above that row. */
export const toLane = (box: Rect, holder: Rect): number[] => {
  const side = right(holder) + LANE;
  const out = box === holder ? [right(box), middle(box), side, middle(box)] : outOf(box);
  const up = box === holder ? [] : [right(box) + BESIDE, box.y - BESIDE, side, box.y - BESIDE];
  return [...out, ...up, side, holder.y - LANE];
};

/** Down from the upper box, along the lane above the row of the other one (a farther row is reached on the right of all), and in from its right. */
function around(part: Part, from: Spot, to: Spot, below: { y: number; rails: number }): number[] {
  const first = below.y + LANE;
  const own = to.holder.y - SPACE - below.rails * RAIL + LANE;
  const [down, side] = [right(from.cell) + BESIDE, right(to.holder) + LANE];
  const aside = part.width + LANE;
  return [
    ...outOf(from.cell),
    down,
    first,
    ...(own === first ? [] : [aside, first, aside, own]),
    side,
    own,
    side,
    to.cell.y - BESIDE,
    ...into(to.cell),
  ];
}
