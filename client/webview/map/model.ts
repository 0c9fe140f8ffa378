/** What the page shows, made of the last map and what the user chose; and how a new map takes the place of an old one. */
import type { KeptMap, MapMessage } from '../../mapMessages.ts';
import { type Cluster, clusterName } from '../../../shared/map/clusters.ts';
import { layout } from '../../../shared/map/layout.ts';
import type { Box, Scene } from '../../../shared/map/scene.ts';
import { type CloudMap, type MapThing, VIEW_KINDS } from '../../../shared/map/types.ts';
import type { Camera } from './camera.ts';
import { clustersById, search, shownBy } from './filter.ts';
import { type Index, indexOf, relatedTo } from './marks.ts';

export type MapNews = Extract<MapMessage, { type: 'map' }>;

export interface Model {
  news: MapNews;
  /** What is seen: that of the news, or the last one of a file that could be read. */
  map: CloudMap;
  isOld: boolean;
  index: Index;
  clusters: ReadonlyMap<string, Cluster>;
  scene: Scene;
  boxes: ReadonlyMap<string, Box>;
  /** Of the scene, in the order of the map. */
  things: readonly MapThing[];
  matches: readonly MapThing[];
  related: ReadonlySet<string>;
}

export type Chosen = Omit<KeptMap, 'uri' | 'camera' | 'trace'>;

/** While a file cannot be read as a whole, the last map of it that was whole goes on being shown. */
export function modelOf(news: MapNews, chosen: Chosen, text: string, previous: Model | undefined): Model {
  const isBefore = previous !== undefined && previous.news.uri === news.uri && news.map.broken !== undefined;
  const isOld = isBefore && (previous.isOld || previous.map.broken === undefined);
  const map = isOld ? { ...previous.map, paths: news.map.paths ?? [] } : news.map;
  const index = isOld ? previous.index : indexOf(map);
  const clusters = isOld ? previous.clusters : clustersById(map);
  return arranged({ news, map, isOld, index, clusters }, chosen, text);
}

/** After another choice. */
export function arranged(
  base: Pick<Model, 'news' | 'map' | 'isOld' | 'index' | 'clusters'>,
  chosen: Chosen,
  text: string,
): Model {
  const { map, index, clusters } = base;
  const scene = layout(map, chosen.view, shownBy(map, index, chosen, clusters));
  const boxes = new Map(scene.boxes.map((box) => [box.thing.id, box]));
  const things = scene.boxes.map(({ thing }) => thing);
  return { ...base, scene, boxes, things, ...searched(things, text), related: relatedFor(index, chosen.selected) };
}

export const searched = (things: readonly MapThing[], text: string): Pick<Model, 'matches'> => ({
  matches: search(things, text),
});

export const relatedFor = (index: Index, id: string | undefined): ReadonlySet<string> =>
  id === undefined ? new Set() : relatedTo(index, id);

/** The clusters to choose from, by name. */
export const clusterChoices = ({ clusters }: Model): { id: string; name: string }[] =>
  [...clusters].map(([id, cluster]) => ({ id, name: clusterName(cluster) }));

/** So that what is looked at stays where it is: the selected thing, or what is nearest to the middle of the screen. */
export function follow(
  camera: Camera,
  before: Model,
  after: Model,
  selected: string | undefined,
  middle: { x: number; y: number },
): Camera {
  const at = { x: (middle.x - camera.x) / camera.scale, y: (middle.y - camera.y) / camera.scale };
  const distance = ({ x, y, width, height }: Box): number => Math.hypot(x + width / 2 - at.x, y + height / 2 - at.y);
  const chosen = selected === undefined ? undefined : before.boxes.get(selected);
  const kept = before.scene.boxes.filter((box) => after.boxes.has(box.thing.id));
  let anchor = chosen && after.boxes.has(chosen.thing.id) ? chosen : kept[0];
  if (anchor !== chosen) for (const box of kept) if (distance(box) < distance(anchor!)) anchor = box;
  const now = anchor && after.boxes.get(anchor.thing.id);
  if (!anchor || !now) return camera;
  return {
    ...camera,
    x: camera.x + (anchor.x - now.x) * camera.scale,
    y: camera.y + (anchor.y - now.y) * camera.scale,
  };
}

/** The innermost thing of the view that has a line of a file in it. */
export function thingAt(
  model: Model,
  view: Chosen['view'],
  place: { uri?: string; line: number },
): MapThing | undefined {
  const kinds = new Set(VIEW_KINDS[view]);
  let found: MapThing | undefined;
  for (const thing of model.map.things) {
    const at = thing.place;
    if (!at || !kinds.has(thing.kind) || at.uri !== place.uri || place.line < at.first || place.line > at.last)
      continue;
    if (!found || at.first >= found.place!.first) found = thing;
  }
  return found;
}
