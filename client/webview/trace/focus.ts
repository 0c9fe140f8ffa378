/** The keyboard, and how far things are scrolled, over a new drawing of the page. */
import { focusedElement } from '../focus.ts';

const PLACES = 'button, [role=option], [role=treeitem]';
const SCROLLED = '.pictures, .tree-holder, .panes';

export interface Kept {
  /** Scrolls as before. */
  scroll: () => void;
  /** Gives the keyboard to what takes the place of what had it. */
  focus: () => void;
}

export function keepPlace(page: HTMLElement): Kept {
  const scrolled = [...page.querySelectorAll(SCROLLED)].map(({ scrollTop, scrollLeft }) => ({ scrollTop, scrollLeft }));
  const top = { scrollTop: page.scrollTop };
  const scroll = (): void => {
    const now = [...page.querySelectorAll(SCROLLED)];
    if (now.length === scrolled.length) for (const [i, element] of now.entries()) Object.assign(element, scrolled[i]);
    Object.assign(page, top);
  };
  return { scroll, focus: focusOf(page) };
}

function focusOf(page: HTMLElement): () => void {
  const at = focusedElement();
  if (!at || !page.contains(at)) return () => {};
  const row = (): HTMLElement | null => page.querySelector('[role=treeitem][tabindex="0"]');
  const isRow = at.closest('[role=tree]') !== null;
  const name = at.textContent;
  const same = (): HTMLElement[] =>
    [...page.querySelectorAll<HTMLElement>(PLACES)].filter(
      (each) => each.role === at.role && each.tagName === at.tagName && each.textContent === name,
    );
  const i = same().indexOf(at);
  return () => {
    const found = same();
    const next = isRow ? row() : (found[i] ?? found[0] ?? row() ?? page.querySelector<HTMLElement>('button'));
    next?.focus({ preventScroll: true });
  };
}
