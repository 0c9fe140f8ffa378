/** Lines above the map on what one must know of it: that it is not up to date, which packet is shown, that there is nothing. */
import type { MapMessage, MapRequest } from '../../mapMessages.ts';
import { button, make } from './dom.ts';
import { fill } from '../words.ts';
import { texts } from './texts.ts';

export interface Note {
  kind: 'warning' | 'info' | 'there';
  text: string;
  actions: { label: string; request: MapRequest }[];
}

type MapNews = Extract<MapMessage, { type: 'map' }>;

/** @param isOld what is seen is an earlier map, since the file has a mistake */
export function notesOf({ map, trace, file }: MapNews, isOld: boolean): Note[] {
  const notes: Note[] = [];
  const { broken, paths = [], pathProblem, compared } = map;
  const clear = { label: texts.clear, request: { type: 'clearTrace' } } as const;
  if (broken) {
    const at = fill(texts.brokenAt, file, broken.place.first + 1, broken.message);
    const request: MapRequest = { type: 'open', place: broken.place, isFocused: true };
    const text = `${isOld ? texts.brokenBefore : texts.brokenParts} ${at}`;
    notes.push({ kind: 'warning', text, actions: [{ label: texts.goToMistake, request }] });
  }
  if (compared === 'outdated')
    notes.push({
      kind: 'info',
      text: texts.outdated,
      actions: [{ label: texts.compareAgain, request: { type: 'compare' } }],
    });
  if (trace && pathProblem !== undefined) notes.push({ kind: 'warning', text: pathProblem, actions: [clear] });
  for (const [i, { isWhole, side, verdict }] of paths.entries())
    notes.push({
      kind: isWhole ? 'there' : 'warning',
      text: fill(texts.side[side], verdict),
      actions: i === paths.length - 1 ? [clear] : [],
    });
  return notes;
}

export const noteElement = ({ kind, text, actions }: Note, send: (request: MapRequest) => void): HTMLElement =>
  make(
    'div',
    { class: `note ${kind}` },
    make('span', { class: 'sign', 'aria-hidden': 'true' }, { warning: '⚠', info: 'ℹ', there: '→' }[kind]),
    make('span', { class: 'note-text' }, text),
    ...actions.map(({ label, request }) => button(label, label, () => send(request))),
  );

/** In the place of a map: why there is none, and what can be done. */
export function emptyElement(
  text: string,
  detail: string,
  actions: Note['actions'],
  send: (request: MapRequest) => void,
): HTMLElement {
  return make(
    'div',
    { class: 'empty', role: 'status' },
    make('h2', {}, text),
    make('p', {}, detail),
    make('p', {}, ...actions.map(({ label, request }) => button(label, label, () => send(request)))),
  );
}
