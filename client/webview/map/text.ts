/** Text on a canvas, cut where there is no more room. Widths are measured once for each text and weight. */

export interface Lettering {
  font: string;
  size: number;
  weight?: string;
  colour: string;
}

/** Width at one pixel of size: letters grow with their size, nearly. */
const widths = new Map<string, number>();
const MANY = 50_000;
const MEASURED_AT = 12;

/** Nothing where not even a letter has room. */
export function writeText(
  context: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  room: number,
  { font, size, weight = 'normal', colour }: Lettering,
): void {
  const shown = cut(context, text, room / size, font, weight);
  if (shown === '') return;
  // Setting a font costs more than a comparison.
  const wanted = `${weight} ${Math.round(size * 4) / 4}px ${font}`;
  if (context.font !== wanted && lastFont !== wanted) {
    context.font = wanted;
    lastFont = wanted;
  }
  context.fillStyle = colour;
  context.fillText(shown, Math.round(x), Math.round(y));
}

let lastFont = '';

/** After somebody else set the font, or on another canvas. */
export const forgetFont = (): void => {
  lastFont = '';
};

/** @param room in units of the size */
function cut(context: CanvasRenderingContext2D, text: string, room: number, font: string, weight: string): string {
  const width = widthOf(context, text, font, weight);
  if (width <= room) return text;
  const kept = Math.floor((text.length * (room - 0.8)) / width);
  // Not between the two halves of a letter.
  return kept < 2 ? '' : `${text.slice(0, kept).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

function widthOf(context: CanvasRenderingContext2D, text: string, font: string, weight: string): number {
  const key = `${weight} ${text}`;
  const known = widths.get(key);
  if (known !== undefined) return known;
  if (widths.size > MANY) widths.clear();
  context.font = `${weight} ${MEASURED_AT}px ${font}`;
  lastFont = '';
  const width = context.measureText(text).width / MEASURED_AT;
  widths.set(key, width);
  return width;
}
