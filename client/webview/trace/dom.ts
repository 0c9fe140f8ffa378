/** Elements from data: texts are only ever text. */

export interface Options {
  class?: string | undefined;
  text?: string | undefined;
  title?: string | undefined;
  attributes?: Record<string, string | undefined>;
  onClick?: ((event: Event) => void) | undefined;
}

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  { class: className, text, title, attributes = {}, onClick }: Options = {},
  ...children: (Node | undefined)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  if (title !== undefined) element.title = title;
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(name, value);
  if (onClick) element.addEventListener('click', onClick);
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** `button` with a text of its own. */
export function button(text: string, onClick: () => void, { title, ...more }: Options = {}): HTMLButtonElement {
  const element = el('button', { text, title, onClick, ...more });
  element.type = 'button';
  return element;
}

/** A sign that says what a word beside it says too. */
export const sign = (text: string, className?: string): HTMLElement =>
  el('span', { class: ['sign', className].filter(Boolean).join(' '), text, attributes: { 'aria-hidden': 'true' } });
