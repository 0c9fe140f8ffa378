/** What the page shows, told: to a screen reader, in a table, as a file. */
import type { MapThing, MapView } from '../../../shared/map/types.ts';
import { measureOn } from '../measure.ts';
import type { Model } from './model.ts';
import type { Palette } from './colours.ts';
import { thingSaid, waysSaid } from './said.ts';
import { mapSvg } from './svg.ts';
import { texts } from './texts.ts';

/** Which stops of a packet's way things are, by their ids. */
export const waysIn = ({ scene, boxes, map }: Model, view: MapView): Map<string, string> =>
  waysSaid(scene, boxes, map.paths ?? [], view, texts);

/** Whoever listens cannot pass over the rest of a long list; the table has it. */
const MOST_READ = 8;

/** To who does not see the map as much as to who does. */
export function saidOf(model: Model, view: MapView, thing: MapThing): string {
  const way = waysIn(model, view).get(thing.id);
  const [, ...facts] = thingSaid(thing, { index: model.index, view, way, most: MOST_READ }, texts);
  return [texts.kind[thing.kind], thing.name, ...facts].join(', ');
}

export function svgOf({ scene, boxes, index, map }: Model, view: MapView, palette: Palette): string {
  const title = `${document.title}, ${texts.views[view]}`;
  const dress = { title, palette, texts, measure: measureOn(palette.font) };
  return mapSvg({ scene, boxes, index, paths: map.paths ?? [], view }, dress);
}
