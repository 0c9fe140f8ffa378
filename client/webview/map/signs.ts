/** Signs that stand on boxes: what was found, and the numbers of stops. Names leave them room, and they leave each other. */
import type { Box, Scene } from '../../../shared/map/scene.ts';
import type { MapPath, MapView } from '../../../shared/map/types.ts';
import { STOP, isBar, stopsOf } from './way.ts';

/** The size of a mark where there is room. */
export const MARK = 15;
/** Between signs and names. */
const APART = 2;
/** Names end so far before the edge of their box, where it is not smaller than that. */
const INSET = 8;

export interface Signs {
  /** Ids of things that have findings. */
  found: { has(id: string): boolean };
  /** Ids of things that have the number of a stop. */
  stops: ReadonlySet<string>;
}

/** Where the live way parts from the expected one only the latter has numbers. */
export function numbered(
  scene: Scene,
  boxes: ReadonlyMap<string, Box>,
  paths: readonly MapPath[],
  view: MapView,
): Set<string> {
  const shown = paths.filter(({ side }) => paths.length === 1 || side !== 'live');
  const stops = shown.flatMap(({ there }) => stopsOf(scene, boxes, there[view]));
  return new Set(stops.filter((box) => !isBar(box)).map(({ thing }) => thing.id));
}

/** How far the mark of a finding is moved to the left of its corner. */
export const asideOf = ({ stops }: Signs, id: string, scale: number): number =>
  stops.has(id) ? stopRoom(scale) + APART : 0;

/** Room at the end of a name that belongs to signs, in pixels. */
export function takenBy(signs: Signs, id: string, scale: number): number {
  const mark = signs.found.has(id) ? MARK + APART : 0;
  const stop = signs.stops.has(id) ? stopRoom(scale) + APART : 0;
  return mark + stop === 0 ? 0 : Math.max(0, mark + stop - INSET * Math.min(1, scale));
}

/** From the right edge of a box to the left of the disc, `way.ts: pointIn`. */
const stopRoom = (scale: number): number => 14 * scale + STOP / 2;
