/** The signs of findings, drawn once for each size. Told by form as well as by colour: a disc with a cross, a triangle, a square with an i. */
import type { Severity } from '../../../shared/problem.ts';
import type { Palette } from './colours.ts';
import { MARK } from './signs.ts';

const made = new WeakMap<Palette, Map<string, HTMLCanvasElement>>();

/** Centred at a place. */
export function drawBadge(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  size: number,
  severity: Severity,
  palette: Palette,
): void {
  const badges = made.get(palette) ?? new Map<string, HTMLCanvasElement>();
  made.set(palette, badges);
  const whole = Math.round(size);
  const key = `${severity} ${whole} ${window.devicePixelRatio}`;
  const badge = badges.get(key) ?? makeBadge(whole, severity, palette);
  badges.set(key, badge);
  const side = whole + 4;
  context.drawImage(badge, Math.round(x - side / 2), Math.round(y - side / 2), side, side);
}

function makeBadge(size: number, severity: Severity, palette: Palette): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  const ratio = window.devicePixelRatio;
  canvas.width = canvas.height = Math.ceil((size + 4) * ratio);
  const context = canvas.getContext('2d');
  if (!context) return canvas;
  const scale = (size / MARK) * ratio;
  context.setTransform(scale, 0, 0, scale, canvas.width / 2, canvas.height / 2);
  context.fillStyle = palette.severity[severity];
  context.strokeStyle = palette.onMark;
  context.lineWidth = 1.5;
  outline(context, severity);
  context.stroke();
  context.fill();
  context.beginPath();
  if (severity === 'error') lines(context, [-3, -3, 3, 3], [3, -3, -3, 3]);
  else if (severity === 'warning') lines(context, [0, -2.5, 0, 2], [0, 3.7, 0, 5.3]);
  else lines(context, [0, -0.5, 0, 4.5], [0, -4.8, 0, -3.2]);
  context.stroke();
  return canvas;
}

function outline(context: CanvasRenderingContext2D, severity: Severity): void {
  const half = MARK / 2;
  context.beginPath();
  if (severity === 'error') return context.arc(0, 0, half, 0, 2 * Math.PI);
  if (severity !== 'warning') return context.rect(-half, -half, MARK, MARK);
  lines(context, [0, -half, half + 1, half, -half - 1, half]);
  context.closePath();
}

function lines(context: CanvasRenderingContext2D, ...all: number[][]): void {
  for (const points of all)
    for (let i = 0; i < points.length; i += 2)
      if (i === 0) context.moveTo(points[0]!, points[1]!);
      else context.lineTo(points[i]!, points[i + 1]!);
}
