/** Where everything stands on the map. The same map gives the same picture, and what is added to it moves as little as can be. */
import { LANE, toLane } from './beside.ts';
import { logicalBlocks } from './logical.ts';
import { physicalBlocks } from './physical.ts';
import type { Box, Scene, Wire } from './scene.ts';
import { shelve } from './shelves.ts';
import { type CloudMap, type MapLink, type MapView, VIEW_KINDS } from './types.ts';

/** @param shown ids of what is to be seen; all when absent. What is inside of something that is not shown stands by itself. */
export function layout(map: Pick<CloudMap, 'things' | 'links'>, view: MapView, shown?: ReadonlySet<string>): Scene {
  const kinds = new Set(VIEW_KINDS[view]);
  const things = map.things.filter(({ id, kind }) => kinds.has(kind) && (!shown || shown.has(id)));
  const ids = new Set(things.map(({ id }) => id));
  const links = map.links.filter((link) => link.view === view && ids.has(link.from) && ids.has(link.to));
  const { bars, blocks } = (view === 'physical' ? physicalBlocks : logicalBlocks)(things, links);
  const scene = shelve(bars, blocks);
  const wired = new Set(scene.wires.map(({ link }) => link));
  return {
    ...scene,
    wires: [
      ...scene.wires,
      ...between(
        scene,
        links.filter((link) => !wired.has(link)),
      ),
    ],
  };
}

/** What no block and no bar has drawn: from box to box. */
function between({ boxes }: Scene, links: readonly MapLink[]): Wire[] {
  if (links.length === 0) return [];
  const at = new Map(boxes.map((box) => [box.thing.id, box]));
  const left = boxes.reduce((least, { x }) => Math.min(least, x), 0) - LANE;
  return links.flatMap((link): Wire[] => {
    const [from, to] = [at.get(link.from), at.get(link.to)];
    return from && to ? [{ link, points: around(boxes, left, from, to) }] : [];
  });
}

/** Up to the lanes of their rows, and on the left of all from one to the other; from inside of a block straight, behind the boxes. */
function around(boxes: readonly Box[], left: number, from: Box, to: Box): number[] {
  const [a, b] = [boxes[from.parent] ?? from, boxes[to.parent] ?? to];
  if (a.thing.kind === 'network' || b.thing.kind === 'network') return [...middleOf(from), ...middleOf(to)];
  const lanes = a.y === b.y ? [] : [left, a.y - LANE, left, b.y - LANE];
  return [...toLane(from, a), ...lanes, ...pairsReversed(toLane(to, b))];
}

const pairsReversed = (points: readonly number[]): number[] =>
  points.flatMap((_, i) => (i % 2 === 0 ? [points[points.length - 2 - i]!, points[points.length - 1 - i]!] : []));

const middleOf = ({ x, y, width, height }: Box): [number, number] => [x + width / 2, y + height / 2];
