/** The map as a file of its own: all of it at its full size, as it is drawn, with all that is known of each thing as its title. */
import { CELL, type Box, type Scene, type Wire } from '../../../shared/map/scene.ts';
import { type MapPath, type MapView, VIEW_KINDS } from '../../../shared/map/types.ts';
import type { Severity } from '../../../shared/problem.ts';
import type { MapStrings } from '../../mapStrings.ts';
import { type Measure, type TextStyle, colour, cut, svgFile, tag, textTag, titleTag, wrap } from '../svg.ts';
import { fill } from '../words.ts';
import { THICK, THIN, hasKindText, isContainer, isThin, shortName } from './boxes.ts';
import { type Index, worstOf } from './marks.ts';
import type { Palette } from './colours.ts';
import { type Signs, asideOf, numbered, takenBy } from './signs.ts';
import { STOP, isBar, pointIn, routeOf, stopsOf } from './way.ts';
import { thingSaid, waysSaid } from './said.ts';

export interface MapShown {
  scene: Scene;
  boxes: ReadonlyMap<string, Box>;
  index: Index;
  paths: readonly MapPath[];
  view: MapView;
}

export interface MapDress {
  title: string;
  palette: Palette;
  texts: MapStrings;
  measure: Measure;
}

/** With what is the same for all boxes. */
interface Drawn extends MapShown {
  signs: Signs;
  /** Which stops of a packet's way things are, by their ids. */
  ways: ReadonlyMap<string, string>;
}

const MARGIN = 24;
/** A line of the heading. */
const HEAD = 20;
const LEGEND = 34;

export function mapSvg(shown: MapShown, dress: MapDress): string {
  const { scene, paths, index, view } = shown;
  const { palette, title, texts } = dress;
  const drawn: Drawn = {
    ...shown,
    signs: { found: index.findings, stops: numbered(scene, shown.boxes, paths, view) },
    ways: waysSaid(scene, shown.boxes, paths, view, texts),
  };
  const legend = legendOf(shown, dress);
  const room = Math.max(scene.width, legend.width, 480);
  const width = room + 2 * MARGIN;
  const verdicts = paths.map(({ side, verdict }) => fill(texts.side[side], verdict));
  const head = [title, ...verdicts].flatMap((text, i) => {
    const style = i === 0 ? { size: 16, bold: true } : { size: 12 };
    return wrap(text, room, (part) => dress.measure(part, style)).map((part) => ({ part, style }));
  });
  const top = MARGIN + head.length * HEAD + 8;
  const height = top + scene.height + LEGEND + MARGIN;
  const place = `translate(${MARGIN} ${top})`;
  const { boxes } = scene;
  return svgFile(
    { width, height, title, font: palette.font },
    tag('rect', { width, height, ...colour('fill', palette.background) }),
    ...head.map(({ part, style }, i) => line(dress, part, MARGIN, MARGIN + 8 + i * HEAD, Infinity, style)),
    tag(
      'g',
      { transform: place },
      '\n',
      ...boxes.filter(isContainer).map((box) => boxOf(box, drawn, dress)),
      ...scene.wires.map((wire) => wireOf(wire, palette)),
      ...boxes.filter((box) => !isContainer(box)).map((box) => boxOf(box, drawn, dress)),
      ...paths.map((path) => pathOf(path, shown, dress)),
    ),
    tag('g', { transform: `translate(${MARGIN} ${top + scene.height + LEGEND})` }, ...legend.elements),
  );
}

function line(
  { palette, measure }: MapDress,
  text: string,
  x: number,
  y: number,
  room: number,
  { isFaint = false, ...style }: TextStyle & { isFaint?: boolean },
): string {
  const shown = cut(text, room, (part) => measure(part, style));
  return textTag(shown, { x, y }, { ...style, css: isFaint ? palette.faint : palette.text });
}

/** Names that are cut stand in the title as they are. */
function boxOf(box: Box, { index, view, signs, ways }: Drawn, dress: MapDress): string {
  const { palette, texts } = dress;
  const { thing, x, y, width, height } = box;
  const taken = takenBy(signs, thing.id, 1);
  const rect = tag('rect', {
    x: x + 0.5,
    y: y + 0.5,
    width: width - 1,
    height: height - 1,
    ...colour('fill', isContainer(box) ? palette.container : palette.cell),
    ...colour('stroke', palette.border),
  });
  const bar = tag('rect', { x, y, width: 4, height, ...colour('fill', palette.kind[thing.kind]) });
  const worst = worstOf(index.findings.get(thing.id) ?? []);
  return `${tag(
    'g',
    { 'data-id': thing.id },
    titleTag(thingSaid(thing, { index, view, way: ways.get(thing.id) }, texts).join('\n')),
    rect,
    bar,
    ...(isContainer(box) ? headerOf(box, taken, dress) : cellOf(box, taken, dress)),
    ...(worst ? [badge(x + width - 8 - asideOf(signs, thing.id, 1), y + Math.min(8, height / 2), worst, palette)] : []),
  )}\n`;
}

function headerOf({ thing, x, y, width }: Box, taken: number, dress: MapDress): string[] {
  const { texts } = dress;
  const status = thing.status === undefined ? '' : texts.status[thing.status];
  const kind = hasKindText(thing) ? texts.kind[thing.kind].toLowerCase() : '';
  const detail = [kind, thing.detail, status].filter(Boolean).join(' · ');
  return [
    line(dress, thing.name, x + 12, y + 18, width - 24 - taken, { size: 13, bold: true }),
    line(dress, detail, x + 12, y + 33, width - 24, { size: 11, isFaint: true }),
  ];
}

function cellOf({ thing, x, y, width }: Box, taken: number, dress: MapDress): string[] {
  const name = thing.kind === 'namespace' ? shortName(thing.name) : thing.name;
  const middle = y + CELL.height / 2;
  if (thing.detail === '') return [line(dress, name, x + 10, middle + 4, width - 20 - taken, { size: 12 })];
  return [
    line(dress, name, x + 10, middle - 3, width - 20 - taken, { size: 12 }),
    line(dress, thing.detail, x + 10, middle + 11, width - 20 - taken, { size: 10.5, isFaint: true }),
  ];
}

function wireOf({ link, points }: Wire, { line: stroke }: Palette): string {
  const opacity = isThin(link) ? THIN : THICK;
  return `${tag(
    'polyline',
    { points: pointsText(points), fill: 'none', ...colour('stroke', stroke), opacity: String(opacity) },
    ...(link.label === '' ? [] : [titleTag(link.label)]),
  )}\n`;
}

const pointsText = (points: readonly number[]): string =>
  points.map((value, i) => `${i % 2 === 0 ? (i === 0 ? '' : ' ') : ','}${Math.round(value * 10) / 10}`).join('');

/** As on the screen: there solid, back with dashes; a live way that parts has the colour of errors. */
function pathOf(path: MapPath, { scene, boxes, paths, view }: MapShown, { palette }: MapDress): string {
  const isParted = paths.length > 1 && path.side === 'live';
  const [there, back] = [stopsOf(scene, boxes, path.there[view]), stopsOf(scene, boxes, path.back[view])];
  const { error } = palette.severity;
  const way = (stops: readonly Box[], css: string, width: number, aside: number, dash?: string): string => {
    const points = routeOf(scene, stops).flatMap(([x, y]) => [x + aside, y + aside]);
    if (points.length < 4) return '';
    const look = { fill: 'none', 'stroke-width': width, 'stroke-linejoin': 'round', 'stroke-dasharray': dash };
    return tag('polyline', { points: pointsText(points), ...look, ...colour('stroke', css) });
  };
  const aside = isParted ? 5 : 0;
  const end = routeOf(scene, back.length > 0 ? back : there).at(-1);
  return tag(
    'g',
    {},
    way(back, isParted ? error : palette.back, 2.5, aside + 4, '7 5'),
    way(there, isParted ? error : palette.there, 3.5, aside),
    ...(isParted ? [] : there.map((box, i) => (isBar(box) ? '' : stopOf(box, i + 1, palette)))),
    ...(!path.isWhole && end ? [cross(end[0], end[1] + 18, 8, error, 4)] : []),
  );
}

function stopOf(box: Box, number: number, { there, onMark }: Palette): string {
  const [cx, cy] = pointIn(box);
  const style = { size: 11, bold: true, css: onMark, anchor: 'middle' } as const;
  return (
    tag('circle', { cx, cy, r: STOP / 2, ...colour('fill', there) }) +
    textTag(String(number), { x: cx, y: cy + 4 }, style)
  );
}

const cross = (x: number, y: number, half: number, css: string, width: number): string =>
  tag('path', {
    d: `M${x - half} ${y - half}L${x + half} ${y + half}M${x + half} ${y - half}L${x - half} ${y + half}`,
    fill: 'none',
    'stroke-width': width,
    ...colour('stroke', css),
  });

/** A disc with a cross, a triangle, a square with an i. */
function badge(x: number, y: number, severity: Severity, { severity: colours, onMark }: Palette): string {
  const look = colour('fill', colours[severity]);
  const stroke = { fill: 'none', 'stroke-width': 1.5, ...colour('stroke', onMark) };
  if (severity === 'error') return tag('circle', { cx: x, cy: y, r: 7.5, ...look }) + cross(x, y, 3, onMark, 1.5);
  if (severity === 'warning')
    return (
      tag('path', { d: `M${x} ${y - 7.5}L${x + 8.5} ${y + 7.5}H${x - 8.5}Z`, ...look }) +
      tag('path', { d: `M${x} ${y - 2.5}V${y + 2}M${x} ${y + 3.7}V${y + 5.3}`, ...stroke })
    );
  return (
    tag('rect', { x: x - 7.5, y: y - 7.5, width: 15, height: 15, ...look }) +
    tag('path', { d: `M${x} ${y - 0.5}V${y + 4.5}M${x} ${y - 4.8}V${y - 3.2}`, ...stroke })
  );
}

function legendOf({ view, paths }: MapShown, dress: MapDress): { width: number; elements: string[] } {
  const { palette, texts, measure } = dress;
  const { there, back, severity } = palette;
  const rows: [css: string, text: string, isLine?: boolean][] = [
    ...VIEW_KINDS[view].map((kind): [string, string] => [palette.kind[kind], texts.kind[kind]]),
    [palette.line, texts.thin[view], true],
    ...(paths.length > 0
      ? ([
          [there, texts.packet],
          [back, texts.answer],
        ] satisfies [string, string][])
      : []),
    ...(paths.length > 1 ? ([[severity.error, texts.liveWay]] satisfies [string, string][]) : []),
  ];
  let x = 0;
  const elements = rows.map(([css, text, isLine]) => {
    const swatch = isLine ? { y: -4, width: 18, height: 1 } : { y: -11, width: 4, height: 14 };
    const element =
      tag('rect', { x, ...swatch, ...colour('fill', css) }) +
      line(dress, text, x + swatch.width + 5, 0, Infinity, { size: 11, isFaint: true });
    x += swatch.width + 5 + measure(text, { size: 11 }) + 16;
    return element;
  });
  return { width: x, elements };
}
