/** Elements in few words. Text is only ever set as text: names come from files and nodes. */

type Properties = Record<string, string | number | boolean | ((event: Event) => void)>;

/** Functions listen to the event of their name; `true` and texts are attributes, `false` leaves one out. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children);
  return element;
}

/** A button with a tooltip that is its name as well where it shows only a sign. */
export const button = (label: string, title: string, click: () => void): HTMLButtonElement => {
  const made = make('button', { type: 'button', title, click }, label);
  if (label !== title && label.length < 3) made.setAttribute('aria-label', title);
  return made;
};
