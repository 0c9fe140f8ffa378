/** The map as a table, for who does not see it or would rather read: the same things, sorted and searched, by keyboard. */
import type { MapThing, MapView } from '../../../shared/map/types.ts';
import { SIGN } from './card.ts';
import { make } from './dom.ts';
import { type Index, worstOf } from './marks.ts';
import { countText, fill, texts } from './texts.ts';

export interface Table {
  element: HTMLElement;
  /** Other things, in the order of the map. */
  fill(things: readonly MapThing[], index: Index, view: MapView): void;
  /** Marks and shows one row, without taking the keyboard. */
  select(id: string | undefined): void;
}

interface Column {
  title: string;
  text: (thing: MapThing, index: Index, view: MapView) => string;
}

const COLUMNS: readonly Column[] = [
  { title: texts.columns.kind, text: ({ kind }) => texts.kind[kind] },
  { title: texts.columns.name, text: ({ name }) => name },
  { title: texts.columns.details, text: ({ detail }) => detail },
  { title: texts.columns.inside, text: ({ inside }, { things }, view) => things.get(inside[view] ?? '')?.name ?? '' },
  { title: texts.columns.findings, text: findingText },
];

function findingText({ id }: MapThing, { findings }: Index): string {
  const found = findings.get(id) ?? [];
  const worst = worstOf(found);
  return worst === undefined ? '' : `${SIGN[worst]} ${countText(found)}`;
}

const ROW = 26;
/** Rows above and below those in sight. */
const SPARE = 12;

/** @param open a row was chosen: its line is asked for, with or without the keyboard going there */
export function makeTable(open: (thing: MapThing, isFocused: boolean) => void): Table {
  let things: readonly MapThing[] = [];
  let rows: readonly MapThing[] = [];
  let index: Index | undefined;
  let view: MapView = 'logical';
  let sorted: { column: number; isDown: boolean } | undefined;
  let current = 0;
  const [above, below] = [
    make('tr', { 'aria-hidden': 'true', class: 'room' }),
    make('tr', { 'aria-hidden': 'true', class: 'room' }),
  ];
  const body = make('tbody');
  const heads = COLUMNS.map((column, i) =>
    make(
      'th',
      { scope: 'col' },
      make('button', { type: 'button', title: fill(texts.sortBy, column.title), click: () => sort(i) }, column.title),
    ),
  );
  const grid = make(
    'table',
    { role: 'grid', 'aria-label': texts.tableOf },
    make('thead', {}, make('tr', {}, ...heads)),
    body,
  );
  const none = make('p', { class: 'none', hidden: true }, texts.noRows);
  const element = make('div', { class: 'table', scroll: () => draw() }, grid, none);

  function sort(column: number): void {
    sorted =
      sorted?.column === column ? (sorted.isDown ? undefined : { column, isDown: true }) : { column, isDown: false };
    arrange();
  }
  function arrange(): void {
    const by = sorted;
    const textOf = COLUMNS[by?.column ?? 0]!.text;
    const known = index;
    rows = things;
    if (by && known) {
      const keys = new Map(things.map((thing) => [thing, textOf(thing, known, view)]));
      const order = new Intl.Collator(undefined, { numeric: true });
      rows = things.toSorted((a, b) => order.compare(keys.get(a)!, keys.get(b)!) * (by.isDown ? -1 : 1));
    }
    for (const [i, head] of heads.entries())
      head.setAttribute('aria-sort', by?.column === i ? (by.isDown ? 'descending' : 'ascending') : 'none');
    current = Math.min(current, Math.max(0, rows.length - 1));
    grid.setAttribute('aria-rowcount', String(rows.length + 1));
    none.hidden = rows.length > 0;
    draw();
  }
  /** Only the rows in sight are made: ten thousand would take a second. */
  function draw(): void {
    const first = Math.max(0, Math.floor(element.scrollTop / ROW) - SPARE);
    const last = Math.min(
      rows.length,
      Math.ceil((element.scrollTop + Math.max(600, element.clientHeight)) / ROW) + SPARE,
    );
    const hadFocus = body.contains(document.activeElement);
    above.style.height = `${first * ROW}px`;
    below.style.height = `${(rows.length - last) * ROW}px`;
    body.replaceChildren(
      ...(first > 0 ? [above] : []),
      ...rows.slice(first, last).map((thing, i) => rowOf(thing, first + i)),
      ...(last < rows.length ? [below] : []),
    );
    if (hadFocus) rowElement(current)?.focus({ preventScroll: true });
  }
  function rowOf(thing: MapThing, i: number): HTMLElement {
    const cells = COLUMNS.map(({ title, text }) => {
      const shown = index ? text(thing, index, view) : '';
      return title === texts.columns.name
        ? make('th', { scope: 'row', title: shown }, shown)
        : make('td', { title: shown }, shown);
    });
    return make(
      'tr',
      {
        'aria-rowindex': i + 2,
        'aria-selected': String(i === current),
        tabindex: i === current ? 0 : -1,
        'data-row': i,
        click: () => {
          go(i);
          open(thing, false);
        },
      },
      ...cells,
    );
  }
  const rowElement = (i: number): HTMLElement | null => body.querySelector(`[data-row="${i}"]`);
  function go(i: number): void {
    current = Math.max(0, Math.min(rows.length - 1, i));
    reveal();
    draw();
    rowElement(current)?.focus({ preventScroll: true });
  }
  function reveal(): void {
    const top = current * ROW;
    const head = ROW;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + ROW + head > element.scrollTop + element.clientHeight)
      element.scrollTop = top + ROW + head - element.clientHeight;
  }
  body.addEventListener('keydown', (event) => {
    const page = Math.max(1, Math.floor(element.clientHeight / ROW) - 2);
    const target: Readonly<Record<string, number>> = {
      ArrowDown: current + 1,
      ArrowUp: current - 1,
      PageDown: current + page,
      PageUp: current - page,
      Home: 0,
      End: rows.length - 1,
    };
    const thing = rows[current];
    if (event.key in target) go(target[event.key]!);
    else if ((event.key === 'Enter' || event.key === ' ') && thing) open(thing, event.key === 'Enter');
    else return;
    event.preventDefault();
  });
  return {
    element,
    fill(all, of, shown) {
      [things, index, view] = [all, of, shown];
      arrange();
    },
    select(id) {
      const i = rows.findIndex((thing) => thing.id === id);
      if (i < 0 || i === current) return;
      current = i;
      reveal();
      draw();
    },
  };
}
