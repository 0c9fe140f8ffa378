/** All that the map draws of a thing, in words: for its card, its row of the table, and its title in a saved picture. */
import type { Box, Scene } from '../../../shared/map/scene.ts';
import type { MapFinding, MapPath, MapThing, MapView } from '../../../shared/map/types.ts';
import type { MapStrings } from '../../mapStrings.ts';
import { fill } from '../words.ts';
import { shortName } from './boxes.ts';
import { type Index, SEVERITIES } from './marks.ts';
import { stopsOf } from './way.ts';

/** A sign for each severity, for who does not see its colour. */
export const SIGN = { error: '✕', warning: '⚠', information: 'ℹ', hint: 'ℹ' } as const;

/** `1 port`, `12 ports`. */
export const countedIn = (texts: MapStrings, kind: keyof MapStrings['counted'], count: number): string =>
  fill(texts.counted[kind][count === 1 ? 0 : 1] ?? '{0}', count);

/** `2 errors, 1 warning`; empty where nothing was found. */
export const countTextIn = (texts: MapStrings, findings: readonly Pick<MapFinding, 'severity'>[]): string =>
  SEVERITIES.flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count === 0 ? [] : [countedIn(texts, severity, count)];
  }).join(', ');

/** What is below the name: addresses, and how the last comparison found a node. */
export const detailSaid = ({ detail, status }: MapThing, texts: MapStrings): string =>
  [detail, status === undefined ? '' : fill(texts.lastComparison, texts.status[status])].filter(Boolean).join(' · ');

/**
 * What lines lead to, with their addresses.
 * @param most more of them are only counted
 */
export function linksSaid(
  { things, links }: Index,
  id: string,
  texts: MapStrings,
  view?: MapView,
  most = Infinity,
): string {
  const joins = (links.get(id) ?? [])
    .filter((link) => view === undefined || link.view === view)
    .map(({ from, to, label }) => {
      const other = nameOf(things, from === id ? to : from);
      return label === '' ? other : `${other} (${label})`;
    });
  const few = joins.slice(0, most).join(', ');
  return joins.length > most ? fill(texts.more, few, joins.length - most) : few;
}

/** Of a namespace the beginning of its id, and the node that it is on. */
function nameOf(things: Index['things'], id: string): string {
  const thing = things.get(id);
  const node = things.get(thing?.inside.physical ?? '');
  if (thing?.kind !== 'namespace' || !node) return thing?.name ?? '';
  return `${shortName(thing.name)} · ${node.name}`;
}

export const findingSaid = ({ severity, message, isLive }: MapFinding, texts: MapStrings): string =>
  `${SIGN[severity]} ${isLive ? fill(texts.liveFinding, message) : message}`;

/** Which stops of a packet's way things are, by their ids: `Expected: packet 1, answer 4`. With the numbers that are drawn. */
export function waysSaid(
  scene: Scene,
  boxes: ReadonlyMap<string, Box>,
  paths: readonly MapPath[],
  view: MapView,
  texts: MapStrings,
): Map<string, string> {
  const said = new Map<string, string[]>();
  for (const path of paths) {
    const words = new Map<string, string[]>();
    const add = (box: Box | undefined, word: string): void => {
      if (box) words.set(box.thing.id, [...(words.get(box.thing.id) ?? []), word]);
    };
    const [there, back] = [path.there, path.back].map((way) => stopsOf(scene, boxes, way[view]));
    for (const [i, box] of there!.entries()) add(box, `${texts.packet} ${i + 1}`);
    for (const [i, box] of back!.entries()) add(box, `${texts.answer} ${i + 1}`);
    if (!path.isWhole) add(back!.at(-1) ?? there!.at(-1), texts.endsHere);
    for (const [id, list] of words)
      said.set(id, [...(said.get(id) ?? []), fill(texts.side[path.side], list.join(', '))]);
  }
  return new Map([...said].map(([id, list]) => [id, list.join('; ')]));
}

/**
 * Everything, a line for each fact.
 * @param way which stops of a packet's way it is
 * @param most of what it is joined with; more are only counted
 */
export function thingSaid(
  thing: MapThing,
  { index, view, way = '', most }: { index: Index; view: MapView; way?: string | undefined; most?: number },
  texts: MapStrings,
): string[] {
  const joined = linksSaid(index, thing.id, texts, view, most);
  return [
    `${texts.kind[thing.kind]} ${thing.name}`,
    detailSaid(thing, texts),
    joined === '' ? '' : fill(texts.joined, joined),
    ...(index.findings.get(thing.id) ?? []).map((finding) => findingSaid(finding, texts)),
    way,
  ].filter((line) => line !== '');
}
