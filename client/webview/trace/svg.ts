/** The pictures of a trace as a file of its own: what stands on the page, laid out anew, without what is selected. */
import type { Lane, Picture, PictureBox, PictureWay, TraceView } from '../../../shared/picture/types.ts';
import type { Side } from '../../../shared/protocol.ts';
import type { TraceStrings } from '../../traceStrings.ts';
import { type Measure, type TextStyle, colour, svgFile, tag, textTag, titleTag, wrap } from '../svg.ts';
import { fill, shown } from '../words.ts';
import { packetText, wayText } from './packet.ts';
import { devicesText, isBeyond, isGood, isIn, lanesOf, noReplyText, partingOf, verdictText } from './said.ts';

/** Colours and fonts of the theme. */
export interface TracePalette {
  background: string;
  text: string;
  soft: string;
  line: string;
  box: string;
  good: string;
  bad: string;
  nat: string;
  font: string;
  mono: string;
}

export interface TraceDress {
  strings: TraceStrings;
  palette: TracePalette;
  measure: Measure;
}

const MARGIN = 24;
const LANE = 250;
const GAP = 10;
/** Between two pictures. */
const APART = 40;

/** @param sides which pictures, side by side */
export function traceSvg(view: TraceView, sides: readonly Side[], dress: TraceDress): string {
  const { from, to, protocol = 'icmp', dport } = view.request;
  const title = `${from} → ${to} ${[protocol, dport].filter((part) => part !== undefined).join(' ')}`;
  const pictures = sides.flatMap((side) => (side === 'live' ? (view.live ?? []) : view.expected));
  const head: Column = { x: MARGIN, y: MARGIN, width: widthOf(pictures, view.lanes), dress, out: [] };
  write(head, title, { size: 16, bold: true });
  for (const picture of pictures) writeVerdict(head, picture);
  const out = [...head.out];
  let [x, bottom] = [MARGIN, head.y];
  for (const picture of pictures) {
    const { lanes } = lanesOf(picture, view.lanes);
    const width = lanesWidth(lanes);
    const column: Column = { x, y: head.y + 14, width, dress, out };
    drawPicture(column, picture, view.lanes);
    x += width + APART;
    bottom = Math.max(bottom, column.y);
  }
  const [width, height] = [head.width + 2 * MARGIN, bottom + MARGIN];
  const ground = tag('rect', { width, height, ...colour('fill', dress.palette.background) });
  return svgFile({ width, height, title, font: dress.palette.font }, ground, ...out);
}

const lanesWidth = (lanes: readonly Lane[]): number => Math.max(1, lanes.length) * (LANE + GAP) - GAP;

const widthOf = (pictures: readonly Picture[], all: readonly Lane[]): number =>
  pictures.reduce((sum, picture) => sum + lanesWidth(lanesOf(picture, all).lanes) + APART, -APART);

/** Where one writes: each line moves it down. */
interface Column {
  x: number;
  y: number;
  width: number;
  dress: TraceDress;
  out: string[];
}

type Style = TextStyle & { css?: string; anchor?: 'middle' };

const LEADING = 1.35;

/** All of a text, on as many lines as it needs. */
function write(column: Column, text: string, { css, anchor, ...style }: Style): void {
  const { x, width, dress, out } = column;
  const { palette, measure } = dress;
  const { size, mono } = style;
  const look = { ...style, css: css ?? palette.text, font: mono ? palette.mono : undefined, anchor };
  for (const line of wrap(shown(text), width, (part) => measure(part, style))) {
    column.y += size * LEADING;
    out.push(textTag(line, { x: anchor ? x + width / 2 : x, y: column.y - size * 0.3 }, look));
  }
}

function writeVerdict(column: Column, picture: Picture): void {
  const { strings, palette } = column.dress;
  const { side, outcome, disposition, answered } = picture;
  const css = isGood(disposition) && answered ? palette.good : palette.bad;
  column.y += 3;
  write(column, `${strings[side]}: ${verdictText(picture, strings)}`, { size: 12, bold: true, css });
  write(column, outcome, { size: 12, css: palette.soft });
}

function drawPicture(column: Column, picture: Picture, all: readonly Lane[]): void {
  const { strings, palette } = column.dress;
  const { there, back, side } = picture;
  const { lanes, others } = lanesOf(picture, all);
  write(column, strings[side], { size: 14, bold: true });
  drawLaneHeads(column, lanes);
  const drawing: Drawing = { column, picture, lanes, parting: partingOf(picture) };
  drawWay(drawing, there, strings.there);
  if (back) drawWay(drawing, back, strings.back);
  column.y += 8;
  const silence = { size: 12, css: palette.soft };
  if (!back) write(column, noReplyText(picture, strings), silence);
  if (others.length > 0) write(column, fill(strings.never, others.join(', ')), silence);
}

interface Drawing {
  column: Column;
  picture: Picture;
  lanes: readonly Lane[];
  parting: number | undefined;
}

const laneColumn = ({ x, y, dress, out }: Column, lane: number): Column => ({
  x: x + lane * (LANE + GAP) + 8,
  y,
  width: LANE - 16,
  dress,
  out,
});

function drawLaneHeads(column: Column, lanes: readonly Lane[]): void {
  const heads = lanes.map(({ title }, i) => {
    const head = laneColumn(column, i);
    write(head, title, { size: 12, bold: true, anchor: 'middle' });
    return head.y;
  });
  column.y = Math.max(column.y, ...heads) + 4;
  for (const [i, { kind }] of lanes.entries())
    column.out.push(
      tag('path', {
        d: `M${column.x + i * (LANE + GAP)} ${column.y}h${LANE}`,
        'stroke-width': 2,
        'stroke-dasharray': kind === 'node' ? undefined : '5 4',
        ...colour('stroke', column.dress.palette.line),
      }),
    );
}

function drawWay(drawing: Drawing, way: PictureWay, name: string): void {
  const { column, lanes } = drawing;
  const { palette, strings } = column.dress;
  const laneOf = new Map(lanes.map(({ id }, i) => [id, i]));
  const at = (box: PictureBox): number => laneOf.get(box.lane) ?? 0;
  column.y += 12;
  write(column, `${name}: ${packetText(way.packet)}`, { size: 12, bold: true });
  column.y += 6;
  const ground = column.out.length;
  const top = column.y;
  for (const [i, box] of way.boxes.entries()) {
    const before = way.boxes[i - 1];
    if (before) drawHop(drawing, before, box, [at(before), at(box)]);
    drawBox(drawing, box, at(box));
  }
  const last = way.boxes.at(-1);
  if (way.end) {
    const end = laneColumn(column, last ? at(last) : 0);
    const hasArrived = isGood(way.end.disposition);
    end.y += 6;
    const css = hasArrived ? palette.good : palette.bad;
    const text = `${hasArrived ? '✓' : '✗'} ${strings.ways[way.end.disposition]}`;
    write(end, text, { size: 12, bold: true, css, anchor: 'middle' });
    column.y = end.y;
  }
  // Under all of it, which is known only now.
  const height = column.y - top + 8;
  const stripe = { y: top - 4, width: LANE, height, ...colour('fill', palette.text), 'fill-opacity': '0.04' };
  const stripes = lanes.map((_, i) => tag('rect', { x: column.x + i * (LANE + GAP), ...stripe }));
  column.out.splice(ground, 0, ...stripes);
}

function drawBox({ column, picture, parting }: Drawing, box: PictureBox, lane: number): void {
  const { palette, strings } = column.dress;
  const inner = laneColumn(column, lane);
  const ground = inner.out.length;
  const top = inner.y;
  const isAt = parting !== undefined && isIn(picture, box, parting);
  const beyond = isBeyond(picture, box.step, parting);
  Object.assign(inner, { x: inner.x + 8, y: top + 2, width: inner.width - 16 });
  write(inner, box.title, { size: 12, bold: true });
  if (box.owner !== undefined) write(inner, box.owner, { size: 11, css: palette.soft });
  const devices = devicesText(box);
  if (devices !== undefined) write(inner, devices, { size: 11, mono: true, css: palette.soft });
  if (box.isQuestion) write(inner, strings.asks, { size: 11, css: palette.soft });
  for (const { kind, text, step } of box.lines)
    write(inner, `${strings.kinds[kind]} ${text}`, {
      size: 11,
      mono: true,
      bold: kind === 'nat' || step === parting,
      ...(kind === 'nat' ? { css: palette.nat } : {}),
    });
  if (isAt) write(inner, `≠ ${strings.partsHere}`, { size: 11, bold: true, css: palette.bad });
  if (beyond) write(inner, strings.beyond, { size: 11, css: palette.soft });
  column.y = inner.y + 6;
  const isBridge = box.kind === 'bridge';
  const rect = tag(
    'rect',
    {
      x: inner.x - 8,
      y: top,
      width: LANE - 16,
      height: column.y - top,
      rx: box.kind === 'endpoint' || box.kind === 'outside' ? 12 : 4,
      ...(isBridge || beyond ? { fill: 'none' } : colour('fill', palette.box)),
      ...colour('stroke', isAt ? palette.bad : palette.line),
      'stroke-width': isAt ? 2 : 1,
      'stroke-dasharray': isBridge ? '1 3' : beyond ? '5 4' : undefined,
    },
    titleTag(shown(picture.steps[box.step]?.text ?? box.title)),
  );
  inner.out.splice(ground, 0, rect);
}

/** Down, and across where the lane changes, with the packet and what carries it. */
function drawHop(
  { column, picture, parting }: Drawing,
  from: PictureBox,
  to: PictureBox,
  [a, b]: readonly [number, number],
): void {
  const { palette } = column.dress;
  const { out } = column;
  const middle = (lane: number): number => column.x + lane * (LANE + GAP) + LANE / 2;
  const top = column.y;
  const isInside = from.kind === 'bridge' && to.kind === 'bridge' && a === b;
  const left = Math.min(a, b);
  const text: Column = { ...laneColumn(column, left), y: top + 4 };
  // Beside the line where that goes down, over it where it goes across.
  if (a !== b) Object.assign(text, { x: middle(left) + 8, width: Math.abs(a - b) * (LANE + GAP) - 16 });
  const ground = out.length;
  if (!isInside) write(text, wayText(from.packet), { size: 11, mono: true, anchor: 'middle' });
  if (to.by !== undefined) write(text, to.by, { size: 11, css: palette.soft, anchor: 'middle' });
  const level = text.y + 5;
  column.y = level + 14;
  // Where the line is straight, the texts stand on it.
  const label = {
    x: middle(a) - 100,
    y: top + 5,
    width: 200,
    height: level - top - 6,
    ...colour('fill', palette.background),
  };
  const line = tag('path', {
    d: `M${middle(a)} ${top}V${level}H${middle(b)}V${column.y - 5}`,
    fill: 'none',
    ...colour('stroke', palette.text),
    'stroke-opacity': '0.6',
    'stroke-dasharray': isBeyond(picture, to.step, parting) ? '5 4' : undefined,
  });
  out.splice(ground, 0, line, ...(a === b && text.y > top + 4 ? [tag('rect', label)] : []));
  const tip = column.y;
  out.push(tag('path', { d: `M${middle(b)} ${tip}l-4.5 -6h9Z`, ...colour('fill', palette.text) }));
}
