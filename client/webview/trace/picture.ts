/** One trace as a picture: a lane for each node, the places that the packet passes as boxes, the packet on its way between them. */
import type { Lane, Picture, PictureBox, PictureWay } from '../../../shared/picture/types.ts';
import type { Side } from '../../../shared/protocol.ts';
import type { TraceStrings } from '../../traceStrings.ts';
import { fill, shown } from '../words.ts';
import { el, sign } from './dom.ts';
import { endText, packetText } from './packet.ts';
import { devicesText, isBeyond, isGood, isIn, lanesOf, noReplyText, partingOf } from './said.ts';

export interface PictureElement {
  element: HTMLElement;
  /** Marks the box and the line of a step; `isTwin`: it is selected on the other side. */
  select: (step: number | undefined, isTwin: boolean) => void;
}

export interface PictureOptions {
  lanes: Lane[];
  strings: TraceStrings;
  choose: (side: Side, step: number) => void;
}

export function drawPicture(picture: Picture, { lanes: all, ...rest }: PictureOptions): PictureElement {
  const { there, back } = picture;
  const { lanes, others } = lanesOf(picture, all);
  const options = { lanes, ...rest };
  const { strings } = options;
  const drawing: Drawing = { picture, options, boxes: [], lines: new Map(), parting: partingOf(picture) };
  const element = el(
    'section',
    {
      class: `picture ${picture.side}`,
      attributes: { 'aria-label': fill(strings.pictureOf, strings.picture, strings[picture.side]) },
    },
    el('div', { class: 'heads' }, el('h2', { text: strings[picture.side] }), laneHeads(options)),
    wayElement(drawing, there, strings.there),
    back ? wayElement(drawing, back, strings.back) : el('p', { class: 'silence', text: noReplyText(picture, strings) }),
  );
  if (others.length > 0) element.append(el('p', { class: 'silence', text: fill(strings.never, others.join(', ')) }));
  element.style.setProperty('--lanes', String(lanes.length));
  return { element, select: (step, isTwin) => mark(drawing, step, isTwin) };
}

interface Drawing {
  picture: Picture;
  options: PictureOptions;
  boxes: { step: number; element: HTMLElement }[];
  lines: Map<number, HTMLElement>;
  /** The step at which the sides part. */
  parting: number | undefined;
}

function laneHeads({ lanes }: PictureOptions): HTMLElement {
  return el(
    'div',
    { class: 'lanes', attributes: { 'aria-hidden': 'true' } },
    ...lanes.map(({ kind, title }) => el('div', { class: `lane ${kind}`, title, text: title })),
  );
}

function wayElement(drawing: Drawing, way: PictureWay, name: string): HTMLElement {
  const { picture, options } = drawing;
  const { strings, lanes } = options;
  const laneOf = new Map(lanes.map(({ id }, i) => [id, i]));
  const column = (box: PictureBox): number => laneOf.get(box.lane) ?? 0;
  const label = fill(strings.pictureOf, strings[picture.side], name);
  const list = el('div', { class: 'way', attributes: { role: 'listbox', 'aria-label': label } });
  for (const [i, box] of way.boxes.entries()) {
    const before = way.boxes[i - 1];
    if (before)
      list.append(hop(before, box, column(before), column(box), isBeyond(picture, box.step, drawing.parting)));
    list.append(boxElement(drawing, box, column(box)));
  }
  const last = way.boxes.at(-1);
  if (way.end) list.append(endElement(drawing, way.end, last ? column(last) : 0));
  const stripes = el('div', { class: 'stripes', attributes: { 'aria-hidden': 'true' } }, ...lanes.map(() => el('div')));
  listKeys(list, (i) => options.choose(picture.side, way.boxes[i]!.step));
  return el(
    'div',
    { class: 'leg' },
    el('h3', {}, el('span', { text: name }), el('code', { text: packetText(way.packet) })),
    el('div', { class: 'field' }, stripes, list),
  );
}

function boxElement(drawing: Drawing, box: PictureBox, column: number): HTMLElement {
  const { options, picture, boxes, lines, parting } = drawing;
  const { strings } = options;
  const isAt = parting !== undefined && isIn(picture, box, parting);
  const element = el(
    'div',
    {
      class: [
        'box',
        box.kind,
        isAt && 'parts',
        isBeyond(picture, box.step, parting) && 'beyond',
        box.isQuestion && 'asks',
      ]
        .filter(Boolean)
        .join(' '),
      attributes: { role: 'option', 'aria-selected': 'false', tabindex: '-1' },
      onClick: () => options.choose(picture.side, box.step),
    },
    el(
      'div',
      { class: 'head' },
      el('span', { class: 'title', text: box.title, title: titleText(box, picture) }),
      el('span', { class: 'owner', text: box.owner ?? '' }),
    ),
    el('div', { class: 'lane-name', text: options.lanes[column]?.title }),
    devices(box),
    box.isQuestion ? el('div', { class: 'note', text: strings.asks }) : undefined,
    isBeyond(picture, box.step, parting) ? el('div', { class: 'note', text: strings.beyond }) : undefined,
  );
  for (const line of box.lines) {
    const row = el(
      'div',
      {
        class: `line ${line.kind}${line.step === parting ? ' parts' : ''}`,
        title: shown(line.text),
        onClick: (event) => {
          event.stopPropagation();
          options.choose(picture.side, line.step);
        },
      },
      el('span', { class: 'kind', text: strings.kinds[line.kind] }),
      el('span', { class: 'text', text: shown(line.text) }),
    );
    lines.set(line.step, row);
    element.append(row);
  }
  if (isAt)
    element.append(el('div', { class: 'note parting-note' }, sign('≠'), el('span', { text: strings.partsHere })));
  element.style.gridColumn = String(column + 1);
  boxes.push({ step: box.step, element });
  return element;
}

const titleText = (box: PictureBox, { steps }: Picture): string => shown(steps[box.step]?.text ?? box.title);

function devices(box: PictureBox): HTMLElement | undefined {
  const text = devicesText(box);
  return text === undefined ? undefined : el('div', { class: 'devices', text, title: text });
}

/** From box to box: down, and across where the lane changes. The packet is told where it begins, changes or leaves a node. */
function hop(from: PictureBox, to: PictureBox, a: number, b: number, beyond: boolean): HTMLElement {
  const [left, right] = [Math.min(a, b), Math.max(a, b)];
  const isInside = from.kind === 'bridge' && to.kind === 'bridge' && a === b;
  const header = el('span', { class: 'packet' }, ...packetParts(from));
  const element = el(
    'div',
    {
      class: ['hop', a === b ? 'down' : a < b ? 'right' : 'left', beyond && 'beyond', isInside && 'inside']
        .filter(Boolean)
        .join(' '),
      attributes: { 'aria-hidden': 'true' },
    },
    el('span', { class: 'line-a' }),
    el('span', { class: 'line-b' }),
    isInside ? undefined : header,
    to.by === undefined ? undefined : el('span', { class: 'by', text: to.by, title: to.by }),
  );
  element.style.gridColumn = `${left + 1} / ${right + 2}`;
  element.style.setProperty('--span', String(right - left + 1));
  return element;
}

/** Source and destination, with a mark on what was translated in the box that it leaves. */
function packetParts({ packet, changed }: PictureBox): Node[] {
  const { src, dst, protocol, sport, dport } = packet;
  const end = (address: string, port: number | undefined, fields: string[]): HTMLElement => {
    const isNew = changed.some((field) => fields.includes(field));
    return el('span', { class: isNew ? 'new' : undefined, text: endText(protocol, address, port) });
  };
  return [end(src, sport, ['src', 'sport']), document.createTextNode(' → '), end(dst, dport, ['dst', 'dport'])];
}

function endElement(
  { picture, options }: Drawing,
  { disposition, text, step }: NonNullable<PictureWay['end']>,
  column: number,
): HTMLElement {
  const hasArrived = isGood(disposition);
  const element = el(
    'div',
    {
      class: `finish ${hasArrived ? 'good' : 'bad'}`,
      title: text,
      attributes: { 'aria-hidden': 'true' },
      onClick: () => options.choose(picture.side, step),
    },
    sign(hasArrived ? '✓' : '✗'),
    el('span', { text: options.strings.ways[disposition] }),
  );
  element.style.gridColumn = String(column + 1);
  return element;
}

/** Arrows go from box to box and choose them; the first one is where the keyboard comes in. */
function listKeys(list: HTMLElement, choose: (box: number) => void): void {
  const boxes = [...list.querySelectorAll<HTMLElement>('[role=option]')];
  boxes[0]?.setAttribute('tabindex', '0');
  // Also by mouse: Tab leads back to where one was.
  list.addEventListener('focusin', ({ target }) => {
    for (const box of boxes) box.setAttribute('tabindex', box === target ? '0' : '-1');
  });
  list.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const at = boxes.findIndex((box) => box === document.activeElement);
    const keys: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: boxes.length - 1 };
    const to = event.key === 'Enter' || event.key === ' ' ? at : keys[event.key];
    if (to === undefined || !boxes[to]) return;
    event.preventDefault();
    boxes[to].focus({ preventScroll: true });
    choose(to);
  });
}

function mark({ boxes, lines, picture }: Drawing, step: number | undefined, isTwin: boolean): void {
  const name = isTwin ? 'twin' : 'selected';
  const isEnd = step !== undefined && picture.steps[step]?.type === 'end';
  const found = step === undefined || isEnd ? undefined : boxes.findLast((box) => box.step <= step);
  for (const { element } of boxes) {
    const isIt = element === found?.element;
    element.classList.toggle('selected', isIt && name === 'selected');
    element.classList.toggle('twin', isIt && name === 'twin');
    element.setAttribute('aria-selected', String(isIt && !isTwin));
  }
  for (const [number, line] of lines) line.classList.toggle('selected', number === step);
  found?.element.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}
