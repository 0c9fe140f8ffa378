/** SVG as text: elements, colours and lines of text as every program reads them, not only a browser. */

/** Of markup, and of what XML has no place for at all (XML 1.0, `Char`): control characters, halves of pairs. */
const escapeXml = (text: string): string =>
  text.replaceAll(NO_CHAR, '\uFFFD').replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
const NO_CHAR = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

export type Attributes = Record<string, string | number | undefined>;

/** @param inner elements, or a text that is escaped already */
export function tag(name: string, attributes: Attributes, ...inner: string[]): string {
  const all = Object.entries(attributes)
    .flatMap(([key, value]) => (value === undefined ? [] : [` ${key}="${valueText(value)}"`]))
    .join('');
  return inner.length === 0 ? `<${name}${all}/>` : `<${name}${all}>${inner.join('')}</${name}>`;
}

const valueText = (value: string | number): string =>
  typeof value === 'number' ? String(Math.round(value * 10) / 10) : escapeXml(value);

export const titleTag = (text: string): string => tag('title', {}, escapeXml(text));

/** The whole file. */
export const svgFile = (
  { width, height, title, font }: { width: number; height: number; title: string; font: string },
  ...inner: string[]
): string =>
  `${tag(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`,
      role: 'img',
      'font-family': font,
      'font-size': 12,
    },
    titleTag(title),
    '\n',
    inner.join('\n'),
  )}\n`;

/** A colour of CSS as SVG 1.1 has it: opacity apart. @param of `fill` or `stroke` */
export function colour(of: 'fill' | 'stroke', css: string): Attributes {
  const [value, opacity] = solid(css.trim());
  return { [of]: value, ...(opacity < 1 ? { [`${of}-opacity`]: String(Math.round(opacity * 100) / 100) } : {}) };
}

function solid(css: string): [value: string, opacity: number] {
  const [, hex] = /^#([0-9a-f]{3,8})$/i.exec(css) ?? [];
  if (hex !== undefined) {
    const whole = hex.length < 6 ? hex.replaceAll(/./g, '$&$&') : hex;
    return [`#${whole.slice(0, 6)}`, whole.length === 8 ? Number.parseInt(whole.slice(6), 16) / 255 : 1];
  }
  const [, space, list] = /^(rgba?|color)\((.*)\)$/i.exec(css) ?? [];
  const parts = list
    ?.match(/[\d.]+%?/g)
    ?.map((part) => (part.endsWith('%') ? Number.parseFloat(part) / 100 : Number(part)));
  if (parts && parts.length >= 3) {
    const most = space === 'color' ? 1 : 255;
    const digits = parts.slice(0, 3).map((part) => Math.round((Math.min(part, most) / most) * 255));
    return [`#${digits.map((digit) => digit.toString(16).padStart(2, '0')).join('')}`, parts[3] ?? 1];
  }
  return css === 'transparent' ? ['none', 1] : [/^[a-z]+$/i.test(css) ? css : '#808080', 1];
}

/** How wide a text is. */
export type Measure = (text: string, style: TextStyle) => number;

export interface TextStyle {
  size: number;
  bold?: boolean;
  mono?: boolean;
}

/** One line of text; `y` is where its letters stand. */
export const textTag = (
  text: string,
  { x, y }: { x: number; y: number },
  { size, bold, css, font, anchor }: Lettering,
): string =>
  tag(
    'text',
    {
      x,
      y,
      ...colour('fill', css),
      'font-size': size,
      'font-weight': bold ? 600 : undefined,
      'font-family': font,
      'text-anchor': anchor,
    },
    escapeXml(text),
  );

export interface Lettering extends Pick<TextStyle, 'size' | 'bold'> {
  css: string;
  /** Absent: that of the file. */
  font?: string | undefined;
  anchor?: 'middle' | undefined;
}

/** As much of a text as there is room for. */
export function cut(text: string, room: number, measure: (text: string) => number): string {
  if (measure(text) <= room) return text;
  const letters = Array.from(text);
  let [fits, most] = [0, letters.length];
  while (fits + 1 < most) {
    const middle = (fits + most) >> 1;
    if (measure(`${letters.slice(0, middle).join('')}…`) <= room) fits = middle;
    else most = middle;
  }
  return `${letters.slice(0, fits).join('')}…`;
}

/** Lines of a text, broken between words, and within those that have no room. */
export function wrap(text: string, room: number, measure: (text: string) => number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/(?<= )/)) {
    if (measure((line + word).trimEnd()) <= room) {
      line += word;
      continue;
    }
    if (line !== '') lines.push(line.trimEnd());
    line = '';
    for (const letter of word) {
      if (line !== '' && measure(line + letter) > room) {
        lines.push(line);
        line = '';
      }
      line += letter;
    }
  }
  return line.trim() === '' && lines.length > 0 ? lines : [...lines, line.trimEnd()];
}
