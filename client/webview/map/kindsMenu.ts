/** The menu of the kinds of things that are shown. */
import { type MapView, type ThingKind, VIEW_KINDS } from '../../../shared/map/types.ts';
import { make } from './dom.ts';
import { texts } from './texts.ts';

export interface KindsMenu {
  element: HTMLElement;
  show(view: MapView, hidden: readonly ThingKind[]): void;
}

export function makeKindsMenu(choose: (hidden: ThingKind[]) => void): KindsMenu {
  const kinds = make('div', { class: 'kinds' });
  const element = make('details', { class: 'menu' }, make('summary', {}, texts.kinds), kinds);
  const boxes = new Map<ThingKind, HTMLInputElement>();
  let [shown, hidden]: [MapView | undefined, readonly ThingKind[]] = [undefined, []];
  closeLikeMenus(element);
  element.addEventListener('toggle', () => keepInside(kinds));
  const fillFor = (view: MapView): void => {
    shown = view;
    boxes.clear();
    for (const kind of VIEW_KINDS[view]) boxes.set(kind, make('input', { type: 'checkbox' }));
    for (const [kind, box] of boxes)
      box.addEventListener('change', () => {
        const others = hidden.filter((each) => each !== kind);
        choose(box.checked ? others : [...others, kind]);
      });
    kinds.replaceChildren(...[...boxes].map(([kind, box]) => labelOf(kind, box)));
  };
  return {
    element,
    show(view, all) {
      hidden = all;
      // Whoever just used one of them still has the keyboard there.
      if (shown !== view) fillFor(view);
      for (const [kind, box] of boxes) box.checked = !hidden.includes(kind);
    },
  };
}

const labelOf = (kind: ThingKind, box: HTMLInputElement): HTMLElement =>
  make('label', { class: 'check' }, box, make('span', { class: `swatch ${kind}` }), texts.kind[kind]);

/** By Escape, and by a click elsewhere. */
function closeLikeMenus(menu: HTMLDetailsElement): void {
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    menu.open = false;
    menu.querySelector('summary')?.focus();
  });
  document.addEventListener('pointerdown', ({ target }) => {
    if (target instanceof Node && !menu.contains(target)) menu.open = false;
  });
}

/** A menu at the right edge of a narrow panel would be cut off. */
function keepInside(menu: HTMLElement): void {
  menu.style.left = '0';
  const { left, right } = menu.getBoundingClientRect();
  const beyond = Math.min(right - document.documentElement.clientWidth + 4, left);
  if (beyond > 0) menu.style.left = `${-beyond}px`;
}
