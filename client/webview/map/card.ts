/** The card that says all that is known of a thing: beside the mouse, or beside what is selected. */
import type { Index } from './marks.ts';
import { fill } from '../words.ts';
import { countText, texts } from './texts.ts';
import { make } from './dom.ts';
import type { Size } from './camera.ts';
import { findingSaid, linksSaid } from './said.ts';

export interface Card {
  element: HTMLElement;
  show(index: Index, id: string, at: { x: number; y: number }, room: Size): void;
  hide(): void;
}

/** More of them would cover the map; the table and the Problems view have all. */
const SHOWN_FINDINGS = 3;
const SHOWN_LINKS = 4;

export function makeCard(): Card {
  const element = make('div', { class: 'card', role: 'tooltip', hidden: true });
  return {
    element,
    show(index, id, at, room) {
      const parts = contentOf(index, id);
      if (parts.length === 0) return void (element.hidden = true);
      element.replaceChildren(...parts);
      element.hidden = false;
      const { offsetWidth: width, offsetHeight: height } = element;
      const left = at.x + 14 + width < room.width ? at.x + 14 : Math.max(4, at.x - width - 10);
      const top = at.y + 14 + height < room.height ? at.y + 14 : Math.max(4, at.y - height - 10);
      element.style.left = `${left}px`;
      element.style.top = `${top}px`;
    },
    hide() {
      element.hidden = true;
    },
  };
}

function contentOf(index: Index, id: string): HTMLElement[] {
  const { things, findings } = index;
  const thing = things.get(id);
  if (!thing) return [];
  const found = findings.get(id) ?? [];
  const rest = found.length - SHOWN_FINDINGS;
  const joined = linksSaid(index, id, texts, undefined, SHOWN_LINKS);
  const facts = [
    thing.detail,
    thing.status === undefined ? '' : fill(texts.lastComparison, texts.status[thing.status]),
    joined === '' ? '' : fill(texts.joined, joined),
  ];
  return [
    make('div', { class: 'card-name' }, thing.name),
    make('div', { class: 'card-kind' }, texts.kind[thing.kind]),
    ...facts.filter((text) => text !== '').map((text) => make('div', {}, text)),
    ...found
      .slice(0, SHOWN_FINDINGS)
      .map((finding) => make('div', { class: `finding ${finding.severity}` }, findingSaid(finding, texts))),
    ...(rest > 0
      ? [make('div', { class: 'card-kind' }, fill(texts.moreFindings, countText(found.slice(SHOWN_FINDINGS))))]
      : []),
  ];
}
