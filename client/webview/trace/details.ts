/** The selected step: all of its text, the reason, and where it leads. */
import type { Picture } from '../../../shared/picture/types.ts';
import type { FromTracePage } from '../../traceMessages.ts';
import type { TraceStrings } from '../../traceStrings.ts';
import { fill, shown } from '../words.ts';
import { button, el } from './dom.ts';

export interface DetailsOptions {
  strings: TraceStrings;
  hasLive: boolean;
  post: (message: FromTracePage) => void;
}

export function fillDetails(
  section: HTMLElement,
  picture: Picture,
  number: number | undefined,
  { strings, hasLive, post }: DetailsOptions,
): void {
  const step = number === undefined ? undefined : picture.steps[number];
  if (!step) return section.replaceChildren(el('p', { class: 'why', text: strings.noStep }));
  const { text, because, location, item } = step;
  const actions = el('p', { class: 'actions' });
  if (location)
    actions.append(
      button(fill(strings.topologyLine, location.line + 1), () => post({ type: 'topology', location }), {
        class: 'link',
      }),
    );
  if (item) {
    const state = (side: 'expected' | 'live', name: string): HTMLElement =>
      button(name, () => post({ type: 'state', side, item, text }), { class: 'link' });
    actions.append(state('expected', strings.expectedState));
    if (hasLive) actions.append(state('live', strings.liveState));
  }
  actions.append(button(strings.copy, () => post({ type: 'copy', text: shown(text) }), { class: 'link' }));
  section.replaceChildren(
    el(
      'p',
      { class: 'what' },
      el('span', { class: 'kind', text: strings.kinds[step.type] }),
      el('code', { text: shown(text) }),
    ),
    ...(because
      ? [
          el('p', { class: 'why', text: fill(strings.because, because.sentence) }),
          el('p', { class: 'neutron', text: because.neutron }),
        ]
      : []),
    actions,
  );
}
