/** What stands above the map: the view, search, filters, zoom, and the way to the table. */
import type { MapView, ThingKind } from '../../../shared/map/types.ts';
import { button, make } from './dom.ts';
import { fill } from '../words.ts';
import { makeKindsMenu } from './kindsMenu.ts';
import { texts } from './texts.ts';

export interface Choices {
  view: MapView;
  isTable: boolean;
  hidden: ThingKind[];
  onlyFindings: boolean;
  cluster: string;
}

export interface Toolbar {
  element: HTMLElement;
  /** Shows choices that were made elsewhere or before. */
  show(choices: Choices): void;
  /** What there is to choose from. */
  offer(clusters: readonly { id: string; name: string }[], findings: string): void;
  /** `3 of 12`. */
  found(text: string): void;
  /** Whether anything is shown that could be saved. */
  canSave(isThere: boolean): void;
  search: HTMLInputElement;
}

export interface ToolbarActions {
  choose(choices: Partial<Choices>): void;
  search(text: string): void;
  /** The next match, or the one before. */
  step(by: 1 | -1): void;
  zoom(factor: number): void;
  fit(): void;
  /** What is drawn becomes a file. */
  save(): void;
}

export function makeToolbar(actions: ToolbarActions): Toolbar {
  const views = (['physical', 'logical'] as const).map((view) => viewButton(view, actions));
  const search = make('input', {
    type: 'search',
    placeholder: texts.searchHint,
    'aria-label': texts.search,
  });
  const count = make('span', { class: 'count', 'aria-live': 'polite' });
  search.addEventListener('input', () => actions.search(search.value));
  search.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') actions.step(event.shiftKey ? -1 : 1);
    else if (event.key === 'Escape') {
      search.value = '';
      actions.search('');
    }
  });
  const cluster = make('select', { 'aria-label': texts.clusterHelp });
  cluster.addEventListener('change', () => actions.choose({ cluster: cluster.value }));
  const only = make('input', { type: 'checkbox' });
  only.addEventListener('change', () => actions.choose({ onlyFindings: only.checked }));
  const onlyText = make('span', {}, fill(texts.only, texts.none));
  const kinds = makeKindsMenu((hidden) => actions.choose({ hidden }));
  const table = button(texts.table, texts.tableHelp, () =>
    actions.choose({ isTable: table.getAttribute('aria-pressed') !== 'true' }),
  );
  const save = button(texts.save, texts.saveHelp, () => actions.save());
  save.disabled = true;
  const zooms = make(
    'div',
    { class: 'group', role: 'group', 'aria-label': texts.zoom },
    button('−', texts.zoomOut, () => actions.zoom(1 / 1.25)),
    button('+', texts.zoomIn, () => actions.zoom(1.25)),
    button(texts.fit, texts.fitHelp, () => actions.fit()),
  );
  const element = make(
    'div',
    { class: 'toolbar' },
    make('div', { class: 'group', role: 'group', 'aria-label': texts.view }, ...views),
    table,
    make('div', { class: 'search' }, search, count),
    zooms,
    make('span', { class: 'filler' }),
    cluster,
    kinds.element,
    make('label', { class: 'check' }, only, onlyText),
    save,
  );
  return {
    element,
    search,
    show(choices) {
      for (const each of views) each.setAttribute('aria-pressed', String(each.dataset['view'] === choices.view));
      only.checked = choices.onlyFindings;
      cluster.value = choices.cluster;
      table.setAttribute('aria-pressed', String(choices.isTable));
      zooms.hidden = choices.isTable;
      kinds.show(choices.view, choices.hidden);
    },
    offer(clusters, findings) {
      const kept = cluster.value;
      const options = clusters.map(({ id, name }) => make('option', { value: id }, name));
      cluster.replaceChildren(make('option', { value: '' }, texts.all), ...options);
      cluster.value = kept;
      if (cluster.selectedIndex < 0) cluster.value = '';
      cluster.hidden = clusters.length < 2;
      onlyText.textContent = onlyText.title = fill(texts.only, findings === '' ? texts.none : findings);
    },
    canSave(isThere) {
      save.disabled = !isThere;
    },
    found(text) {
      count.textContent = text;
    },
  };
}

function viewButton(view: MapView, actions: ToolbarActions): HTMLButtonElement {
  const made = button(texts.views[view], texts.viewHelp[view], () => actions.choose({ view }));
  made.dataset['view'] = view;
  return made;
}
