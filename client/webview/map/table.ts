/** The map as a table, for who does not see it or would rather read: the same things, sorted and searched, by keyboard. */
import type { MapThing, MapView } from '../../../shared/map/types.ts';
import { focusedElement } from '../focus.ts';
import { make } from './dom.ts';
import { type Index, worstOf } from './marks.ts';
import { fill } from '../words.ts';
import { SIGN, detailSaid, findingSaid, linksSaid } from './said.ts';
import { countText, texts } from './texts.ts';

export interface Table {
  element: HTMLElement;
  /** Other things, in the order of the map. */
  fill(things: readonly MapThing[], facts: Facts): void;
  /** Marks and shows one row, without taking the keyboard. */
  select(id: string | undefined): void;
}

/** What is known of the things. */
export interface Facts {
  index: Index;
  view: MapView;
  /** Which stops of a packet's way they are. */
  ways: ReadonlyMap<string, string>;
}

interface Column {
  title: string;
  text: (thing: MapThing, facts: Facts) => string;
}

const COLUMNS: readonly Column[] = [
  { title: texts.columns.kind, text: ({ kind }) => texts.kind[kind] },
  { title: texts.columns.name, text: ({ name }) => name },
  { title: texts.columns.details, text: (thing) => detailSaid(thing, texts) },
  {
    title: texts.columns.inside,
    text: ({ inside }, { index, view }) => index.things.get(inside[view] ?? '')?.name ?? '',
  },
  { title: texts.columns.joined, text: ({ id }, { index, view }) => linksSaid(index, id, texts, view) },
  { title: texts.columns.findings, text: findingText },
  { title: texts.columns.way, text: ({ id }, { ways }) => ways.get(id) ?? '' },
];

/** The last column, where there is no packet. */
const isUnused = (i: number, facts: Facts | undefined): boolean =>
  i === COLUMNS.length - 1 && (facts?.ways.size ?? 0) === 0;

/** All of a row, with the names of the columns where a value alone does not tell. */
function wholeText(thing: MapThing | undefined, facts: Facts | undefined): string {
  if (!thing || !facts) return '';
  const [kind, name, details, ...more] = COLUMNS.map(({ title, text }) => ({ title, text: text(thing, facts) }));
  const named = more.filter(({ text }) => text !== '').map(({ title, text }) => `${title}: ${text}`);
  return [`${kind!.text} ${name!.text}`, details!.text, ...named].filter((text) => text !== '').join(' · ');
}

function findingText({ id }: MapThing, { index }: Facts): string {
  const found = index.findings.get(id) ?? [];
  const worst = worstOf(found);
  if (worst === undefined) return '';
  return `${SIGN[worst]} ${countText(found)}: ${found.map((finding) => findingSaid(finding, texts)).join(' ')}`;
}

const ROW = 26;
/** Rows above and below those in sight. */
const SPARE = 12;

/** @param open a row was chosen: its line is asked for, with or without the keyboard going there */
export function makeTable(open: (thing: MapThing, isFocused: boolean) => void): Table {
  let things: readonly MapThing[] = [];
  let rows: readonly MapThing[] = [];
  let facts: Facts | undefined;
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
  const scroller = make('div', { class: 'table', scroll: () => draw() }, grid, none);
  // What the columns have no room for; whoever listens was told with the row.
  const whole = make('div', { class: 'whole', 'aria-hidden': 'true' });
  const element = make('div', { class: 'table-place' }, scroller, whole);

  function sort(column: number): void {
    sorted =
      sorted?.column === column ? (sorted.isDown ? undefined : { column, isDown: true }) : { column, isDown: false };
    arrange();
  }
  function arrange(): void {
    const by = sorted;
    const textOf = COLUMNS[by?.column ?? 0]!.text;
    const known = facts;
    const before = rows[current];
    rows = things;
    if (by && known) {
      const keys = new Map(things.map((thing) => [thing, textOf(thing, known)]));
      const order = new Intl.Collator(undefined, { numeric: true });
      rows = things.toSorted((a, b) => order.compare(keys.get(a)!, keys.get(b)!) * (by.isDown ? -1 : 1));
    }
    for (const [i, head] of heads.entries())
      head.setAttribute('aria-sort', by?.column === i ? (by.isDown ? 'descending' : 'ascending') : 'none');
    for (const [i, head] of heads.entries()) head.hidden = isUnused(i, facts);
    // The row that one is on stays the one of its thing, wherever that is now.
    const same = rows.findIndex(({ id }) => id === before?.id);
    current = same >= 0 ? same : Math.min(current, Math.max(0, rows.length - 1));
    grid.setAttribute('aria-rowcount', String(rows.length + 1));
    none.hidden = rows.length > 0;
    draw();
  }
  /** Only the rows in sight are made: ten thousand would take a second. */
  function draw(): void {
    const first = Math.max(0, Math.floor(scroller.scrollTop / ROW) - SPARE);
    const last = Math.min(
      rows.length,
      Math.ceil((scroller.scrollTop + Math.max(600, scroller.clientHeight)) / ROW) + SPARE,
    );
    const hadFocus = body.contains(focusedElement() ?? null);
    above.style.height = `${first * ROW}px`;
    below.style.height = `${(rows.length - last) * ROW}px`;
    body.replaceChildren(
      ...(first > 0 ? [above] : []),
      ...rows.slice(first, last).map((thing, i) => rowOf(thing, first + i)),
      ...(last < rows.length ? [below] : []),
    );
    if (hadFocus) rowElement(current)?.focus({ preventScroll: true });
    whole.textContent = wholeText(rows[current], facts);
  }
  function rowOf(thing: MapThing, i: number): HTMLElement {
    const cells = COLUMNS.filter((_, each) => !isUnused(each, facts)).map(({ title, text }) => {
      const shown = facts ? text(thing, facts) : '';
      return title === texts.columns.name
        ? make('th', { scope: 'row', title: shown }, make('bdi', {}, shown))
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
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (top + ROW + head > scroller.scrollTop + scroller.clientHeight)
      scroller.scrollTop = top + ROW + head - scroller.clientHeight;
  }
  body.addEventListener('keydown', (event) => {
    const page = Math.max(1, Math.floor(scroller.clientHeight / ROW) - 2);
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
    fill(all, of) {
      [things, facts] = [all, of];
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
