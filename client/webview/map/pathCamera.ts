/** Where one looks from to see the way of a packet. */
import type { MapView } from '../../../shared/map/types.ts';
import { type Camera, type Size, fit } from './camera.ts';
import type { Model } from './model.ts';
import { isBar, routeOf, stopsOf } from './way.ts';

/** Where names can be read, all of the map is shown with a path. */
const PATH_READABLE = 0.5;

export function pathCamera({ map, boxes, scene }: Model, view: MapView, size: Size): Camera {
  const ways = (map.paths ?? []).flatMap((path) => [path.there[view], path.back[view]]);
  const stops = ways.map((ids) => stopsOf(scene, boxes, ids));
  const points = [
    ...stops.flatMap((each) => routeOf(scene, each)),
    ...stops
      .flat()
      .filter((box) => !isBar(box))
      .flatMap(({ x, y, width, height }) => [[x, y] as const, [x + width, y + height] as const]),
  ];
  const all = fit(scene, size);
  if (points.length === 0 || all.scale >= PATH_READABLE) return all;
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  const next = fit({ width: Math.max(...xs) - x, height: Math.max(...ys) - y }, size);
  return { scale: next.scale, x: next.x - x * next.scale, y: next.y - y * next.scale };
}
