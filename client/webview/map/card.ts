/** The card that says all that is known of a thing: beside the mouse, or beside what is selected. */
import type { Index } from './marks.ts';
import { countText, fill, texts } from './texts.ts';
import { make } from './dom.ts';
import type { Size } from './camera.ts';
import { shortName } from './paint.ts';

export interface Card {
  element: HTMLElement;
  show(index: Index, id: string, at: { x: number; y: number }, room: Size): void;
  hide(): void;
}

/** More of them would cover the map; the table and the Problems view have all. */
const SHOWN_FINDINGS = 3;

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

function contentOf({ things, findings, links }: Index, id: string): HTMLElement[] {
  const thing = things.get(id);
  if (!thing) return [];
  const found = findings.get(id) ?? [];
  const rest = found.length - SHOWN_FINDINGS;
  const facts = [
    thing.detail,
    thing.status === undefined ? '' : fill(texts.lastComparison, texts.status[thing.status]),
    linkText(links.get(id) ?? [], things, id),
  ];
  return [
    make('div', { class: 'card-name' }, thing.name),
    make('div', { class: 'card-kind' }, texts.kind[thing.kind]),
    ...facts.filter((text) => text !== '').map((text) => make('div', {}, text)),
    ...found
      .slice(0, SHOWN_FINDINGS)
      .map(({ severity, message, isLive }) =>
        make(
          'div',
          { class: `finding ${severity}` },
          `${SIGN[severity]} ${isLive ? fill(texts.liveFinding, message) : message}`,
        ),
      ),
    ...(rest > 0
      ? [make('div', { class: 'card-kind' }, fill(texts.moreFindings, countText(found.slice(SHOWN_FINDINGS))))]
      : []),
  ];
}

/** A sign for each severity, for who does not see its colour. */
export const SIGN = { error: '✕', warning: '⚠', information: 'ℹ', hint: 'ℹ' } as const;

/** What it is joined with, as far as it can be read at a glance. */
function linkText(
  links: Index['links'] extends ReadonlyMap<string, infer L> ? L : never,
  things: Index['things'],
  id: string,
): string {
  const FEW = 4;
  const joins = links.map(({ from, to, label }) => {
    const other = nameOf(things, from === id ? to : from);
    return label === '' ? other : `${other} (${label})`;
  });
  if (joins.length === 0) return '';
  const few = joins.slice(0, FEW).join(', ');
  return fill(texts.joined, joins.length > FEW ? fill(texts.more, few, joins.length - FEW) : few);
}

/** Of a namespace the beginning of its id, and the node that it is on. */
function nameOf(things: Index['things'], id: string): string {
  const thing = things.get(id);
  const node = things.get(thing?.inside.physical ?? '');
  if (thing?.kind !== 'namespace' || !node) return thing?.name ?? '';
  return `${shortName(thing.name)} · ${node.name}`;
}
