/** The steps of a trace as a tree for keyboard and screen reader (WAI-ARIA, tree view pattern). */
import type { Picture, PictureStep } from '../../../shared/picture/types.ts';
import type { TraceStrings } from '../../traceStrings.ts';
import { shown } from '../words.ts';
import { el, sign } from './dom.ts';

export interface TreeElement {
  element: HTMLElement;
  /** Opens what it is in. */
  select: (step: number) => void;
  opened: () => boolean[];
}

export interface TreeOptions {
  strings: TraceStrings;
  label: string;
  /** What the picture says of steps besides their texts. */
  said: ReadonlyMap<number, string>;
  /** Which steps show what is in them, as `opened` told; else as they come. */
  open: readonly boolean[] | undefined;
  /** A step was chosen, by mouse or arrows. */
  choose: (step: number) => void;
  /** Enter, or a double click. */
  activate: (step: number) => void;
}

interface Row {
  step: PictureStep;
  element: HTMLElement;
  parent: number;
  /** The number of the row behind all that is inside of it. */
  end: number;
  isOpen: boolean;
}

export function makeTree({ steps }: Picture, options: TreeOptions): TreeElement {
  const rows = rowsOf(steps, options);
  const element = el('div', { class: 'tree', attributes: { role: 'tree', 'aria-label': options.label } });
  element.append(...rows.map((row) => row.element));
  const tree: Tree = { rows, at: 0, typed: '' };
  rows[0]?.element.setAttribute('tabindex', '0');
  showOpen(rows);
  const select: TreeElement['select'] = (step) => move(tree, step, false);
  element.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (onKey(tree, event, options)) event.preventDefault();
  });
  element.addEventListener('click', (event) => {
    const { target } = event;
    if (!(target instanceof Element)) return;
    const number = rows.findIndex((row) => row.element === target.closest('[role=treeitem]'));
    if (number < 0) return;
    if (target.classList.contains('twist')) toggle(rows, number, !rows[number]!.isOpen);
    move(tree, number, true);
    options.choose(number);
  });
  element.addEventListener('dblclick', ({ target }) => {
    const isRow = target instanceof Element && target.closest('[role=treeitem]') !== null;
    // Twice on its sign opens and closes it.
    if (isRow && !target.classList.contains('twist')) options.activate(tree.at);
  });
  return { element, select, opened: () => rows.map(({ isOpen }) => isOpen) };
}

interface Tree {
  rows: Row[];
  at: number;
  typed: string;
  clear?: ReturnType<typeof setTimeout>;
}

function rowsOf(steps: readonly PictureStep[], { strings, said, open: before }: TreeOptions): Row[] {
  const rows: Row[] = [];
  const open: number[] = [];
  for (const [i, step] of steps.entries()) {
    while (open.length > 0 && steps[open.at(-1)!]!.level >= step.level) rows[open.pop()!]!.end = i;
    const parent = open.at(-1) ?? -1;
    open.push(i);
    rows.push({
      step,
      parent,
      end: steps.length,
      isOpen: before?.[i] ?? !step.isClosed,
      element: rowElement(step, strings, said.get(i)),
    });
  }
  numberSiblings(rows);
  return rows;
}

function rowElement(step: PictureStep, strings: TraceStrings, said = ''): HTMLElement {
  const { type, text, level, isParting } = step;
  const element = el(
    'div',
    {
      class: `row ${type}${isParting ? ' parts' : ''}`,
      attributes: { role: 'treeitem', tabindex: '-1', 'aria-level': String(level), 'aria-selected': 'false' },
    },
    sign('', 'twist'),
    el('span', { class: 'kind', text: strings.kinds[type] }),
    el(
      'span',
      { class: 'words' },
      el('span', { class: 'text', text: shown(text) }),
      said === '' ? undefined : document.createTextNode(' '),
      said === '' ? undefined : el('span', { class: 'said', text: said }),
    ),
    isParting ? el('span', { class: 'mark', text: `≠ ${strings.partsHere}` }) : undefined,
  );
  element.style.setProperty('--level', String(level));
  return element;
}

function numberSiblings(rows: readonly Row[]): void {
  const counts = new Map<number, number>();
  for (const { parent, element } of rows) {
    counts.set(parent, (counts.get(parent) ?? 0) + 1);
    element.setAttribute('aria-posinset', String(counts.get(parent)));
  }
  for (const { parent, element } of rows) element.setAttribute('aria-setsize', String(counts.get(parent)));
}

const hasInner = (rows: readonly Row[], i: number): boolean => rows[i]!.end > i + 1;

/** Shows what all that it is in shows. */
function showOpen(rows: readonly Row[]): void {
  const isHidden: boolean[] = [];
  for (const [i, { element, parent, isOpen }] of rows.entries()) {
    isHidden[i] = parent >= 0 && (isHidden[parent]! || !rows[parent]!.isOpen);
    element.hidden = isHidden[i];
    if (hasInner(rows, i)) element.setAttribute('aria-expanded', String(isOpen));
  }
}

function toggle(rows: readonly Row[], i: number, isOpen: boolean): void {
  if (!hasInner(rows, i) || rows[i]!.isOpen === isOpen) return;
  rows[i]!.isOpen = isOpen;
  showOpen(rows);
}

function move(tree: Tree, to: number, focus: boolean): void {
  const { rows } = tree;
  const row = rows[to];
  if (!row) return;
  for (let up = row.parent; up >= 0; up = rows[up]!.parent) toggle(rows, up, true);
  const before = rows[tree.at]!.element;
  before.setAttribute('tabindex', '-1');
  before.setAttribute('aria-selected', 'false');
  before.classList.remove('selected');
  tree.at = to;
  row.element.setAttribute('tabindex', '0');
  row.element.setAttribute('aria-selected', 'true');
  row.element.classList.add('selected');
  row.element.scrollIntoView({ block: 'nearest' });
  if (focus) row.element.focus({ preventScroll: true });
}

/** Whether the key was one of the tree's. */
function onKey(tree: Tree, { key }: KeyboardEvent, options: TreeOptions): boolean {
  const { rows, at } = tree;
  const go = (to: number): void => {
    if (to < 0 || to >= rows.length || to === at) return;
    move(tree, to, true);
    options.choose(to);
  };
  const visible = rows.flatMap(({ element }, i) => (element.hidden ? [] : [i]));
  const place = visible.indexOf(at);
  const isInner = hasInner(rows, at);
  switch (key) {
    case 'ArrowDown':
      go(visible[place + 1] ?? at);
      return true;
    case 'ArrowUp':
      go(visible[place - 1] ?? at);
      return true;
    case 'Home':
      go(visible[0] ?? at);
      return true;
    case 'End':
      go(visible.at(-1) ?? at);
      return true;
    case 'ArrowRight':
      if (isInner && rows[at]!.isOpen) go(at + 1);
      else toggle(rows, at, true);
      return true;
    case 'ArrowLeft':
      if (isInner && rows[at]!.isOpen) toggle(rows, at, false);
      else go(rows[at]!.parent);
      return true;
    case 'Enter':
      options.activate(at);
      return true;
    default:
      return key.length === 1 && find(tree, key, visible, go);
  }
}

const TYPED_MS = 800;

/** The next row whose text or kind begins with what was typed. */
function find(tree: Tree, key: string, visible: readonly number[], go: (to: number) => void): boolean {
  clearTimeout(tree.clear);
  // A space alone would scroll the page.
  if (key === ' ' && tree.typed === '') return true;
  tree.typed += key.toLowerCase();
  tree.clear = setTimeout(() => (tree.typed = ''), TYPED_MS);
  const from = tree.typed.length > 1 ? tree.at : tree.at + 1;
  const later = [...visible.filter((i) => i >= from), ...visible.filter((i) => i < from)];
  const isIt = (i: number): boolean => {
    const parts = [...tree.rows[i]!.element.querySelectorAll('.kind, .text')].map(({ textContent }) => textContent);
    return [parts.join(' '), ...parts].some((text) => text.toLowerCase().startsWith(tree.typed));
  };
  const found = later.find(isIt);
  if (found !== undefined) go(found);
  return true;
}
