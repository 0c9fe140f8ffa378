/** What is above the panes: the packet, what became of it, what can be done, and where expected and live part. */
import type { Picture, PictureFinding, PictureParting, TraceView } from '../../../shared/picture/types.ts';
import type { FromTracePage, Shown } from '../../traceMessages.ts';
import type { TraceStrings } from '../../traceStrings.ts';
import { fill, shown } from '../words.ts';
import { button, el, sign } from './dom.ts';
import { isGood, verdictText } from './said.ts';

export interface HeaderOptions {
  strings: TraceStrings;
  hasMap: boolean;
  post: (message: FromTracePage) => void;
  /** What is drawn becomes a file. */
  save: () => void;
}

export function header(view: TraceView, options: HeaderOptions): HTMLElement {
  const { strings } = options;
  const { from, to, protocol = 'icmp', dport } = view.request;
  const verdicts = el('div', { class: 'verdicts' }, verdict(view.expected, strings));
  if (view.live) verdicts.append(verdict(view.live, strings));
  return el(
    'header',
    {},
    el(
      'div',
      { class: 'top' },
      el(
        'h1',
        {},
        el('bdi', { text: from }),
        document.createTextNode(' → '),
        el('bdi', { text: to }),
        document.createTextNode(' '),
        el('span', { class: 'protocol', text: [protocol, dport].filter((part) => part !== undefined).join(' ') }),
      ),
      toolbar(view, options),
    ),
    verdicts,
  );
}

function verdict(picture: Picture, strings: TraceStrings): HTMLElement {
  const { side, outcome, disposition, answered } = picture;
  const isWhole = isGood(disposition) && answered;
  return el(
    'p',
    { class: `verdict ${isWhole ? 'good' : 'bad'}` },
    sign(isWhole ? '✓' : '✗'),
    el('span', { class: 'side', text: strings[side] }),
    el('strong', { text: verdictText(picture, strings) }),
    el('span', { class: 'outcome', text: outcome }),
  );
}

function toolbar({ otherWay }: TraceView, { strings, hasMap, post, save }: HeaderOptions): HTMLElement {
  const other = button(strings.otherWay, () => post({ type: 'otherWay' }), {
    title: otherWay ? fill(strings.otherWayHelp, otherWay.from, otherWay.to) : strings.noOtherWay,
  });
  other.disabled = !otherWay;
  const copy = (text: string, format: 'text' | 'json' | 'mermaid', label: string): HTMLElement =>
    button(text, () => post({ type: 'export', format }), { title: label, attributes: { 'aria-label': label } });
  return el(
    'div',
    { class: 'toolbar', attributes: { role: 'group', 'aria-label': strings.tools } },
    button(strings.again, () => post({ type: 'again' }), { title: strings.againHelp }),
    other,
    el(
      'span',
      { class: 'joined' },
      copy(strings.copyText, 'text', strings.copyText),
      copy(strings.copyJson, 'json', strings.copyJsonHelp),
      copy(strings.copyMermaid, 'mermaid', strings.copyMermaidHelp),
      button(strings.saveSvg, save),
    ),
    button(strings.asText, () => post({ type: 'asText' })),
    hasMap ? button(strings.map, () => post({ type: 'map' })) : undefined,
  );
}

/** Where they part and why; or that they do not, or that nothing live is known. */
export function comparison(view: TraceView, options: HeaderOptions): HTMLElement {
  const { strings, post } = options;
  if (view.parting) return partingBox(view.parting, view.findings, options);
  const [mark, text] = view.live ? (['✓', strings.agree] as const) : (['i', strings.onlyExpected] as const);
  return el(
    'div',
    { class: 'hint' },
    sign(mark, view.live ? 'good' : undefined),
    el('span', { text }),
    view.live ? undefined : button(strings.compare, () => post({ type: 'compare' }), { class: 'link' }),
  );
}

function partingBox(parting: PictureParting, findings: PictureFinding[], options: HeaderOptions): HTMLElement {
  const { strings } = options;
  const { where, isReply } = parting;
  const title = where ? fill(isReply ? strings.partsAtBack : strings.partsAt, where) : strings.parts;
  const row = (name: string, text: string | null): HTMLElement[] => [
    el('dt', { text: name }),
    el('dd', {}, el('code', { text: text === null ? strings.noStepThere : shown(text) })),
  ];
  return el(
    'section',
    { class: 'parting', attributes: { 'aria-labelledby': 'parting-title' } },
    el('h2', { attributes: { id: 'parting-title' } }, sign('≠'), el('span', { text: title })),
    el('dl', {}, ...row(strings.expected, parting.expected), ...row(strings.live, parting.live)),
    parting.because ? el('p', { class: 'why', text: fill(strings.because, parting.because.sentence) }) : undefined,
    ...(findings.length > 0
      ? findings.map((finding) => findingBox(finding, options))
      : [el('p', { class: 'why', text: strings.unexplained })]),
  );
}

function findingBox(finding: PictureFinding, { strings, post }: HeaderOptions): HTMLElement {
  const { code, fault, title, breaks, fix, location } = finding;
  return el(
    'div',
    { class: 'finding' },
    el(
      'p',
      {},
      el('span', { class: 'badge', text: fault ?? code }),
      el('strong', { text: title }),
      location
        ? button(fill(strings.topologyLine, location.line + 1), () => post({ type: 'topology', location }), {
            class: 'link',
          })
        : undefined,
    ),
    breaks ? el('p', { text: `${breaks.charAt(0).toUpperCase()}${breaks.slice(1)}.` }) : undefined,
    fix.length > 0 ? el('p', { class: 'mend', text: `${strings.toMend}:` }) : undefined,
    ...fix.map((command) =>
      el(
        'p',
        { class: 'command' },
        el('code', { text: command }),
        button(strings.copyCommand, () => post({ type: 'copy', text: command }), { class: 'link' }),
      ),
    ),
  );
}

/** Side by side, or one of them. */
export function chooser(now: Shown, strings: TraceStrings, choose: (shown: Shown) => void): HTMLElement {
  const names: [Shown, string][] = [
    ['both', strings.sideBySide],
    ['expected', strings.expected],
    ['live', strings.live],
  ];
  return el(
    'div',
    { class: 'joined chooser', attributes: { role: 'group', 'aria-label': strings.show } },
    ...names.map(([name, text]) =>
      button(text, () => choose(name), { attributes: { 'aria-pressed': String(name === now) } }),
    ),
  );
}
