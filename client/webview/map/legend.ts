/** What the colours and signs mean, and which keys there are. */
import type { MapView } from '../../../shared/map/types.ts';
import { VIEW_KINDS } from '../../../shared/map/types.ts';
import { make } from './dom.ts';
import { texts } from './texts.ts';

export interface Legend {
  element: HTMLElement;
  /** @param ways how many ways of packets are shown */
  show(view: MapView, ways: number): void;
}

/** What is said already stays as it is, however often the map is drawn anew. */
export function makeLegend(): Legend {
  const element = make('div', { class: 'legend-place' });
  let said = '';
  return {
    element,
    show(view, ways) {
      const now = `${view} ${Math.min(ways, 2)}`;
      if (now !== said) element.replaceChildren(legendOf(view, ways));
      said = now;
    },
  };
}

function legendOf(view: MapView, ways: number): HTMLElement {
  const kinds = VIEW_KINDS[view].map((kind) =>
    make('span', {}, make('span', { class: `swatch ${kind}` }), texts.kind[kind]),
  );
  const thin = make('span', {}, make('span', { class: 'swatch thin' }), texts.thin[view]);
  const shown = [
    make('span', {}, make('span', { class: 'swatch there' }), texts.packet),
    make('span', {}, make('span', { class: 'swatch back' }), texts.answer),
    ...(ways > 1 ? [make('span', {}, make('span', { class: 'swatch lost' }), texts.liveWay)] : []),
  ];
  const keys = texts.keys.map(([name, does]) => make('span', {}, make('kbd', {}, name ?? ''), ` ${does ?? ''}`));
  return make(
    'div',
    { class: 'legend' },
    make('div', { class: 'legend-kinds' }, ...kinds, thin, ...(ways > 0 ? shown : [])),
    make('div', { class: 'legend-keys' }, ...keys),
  );
}
