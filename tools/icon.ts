/**
 * The icon of the extension as PNG, which the marketplace wants, made from `media/icon.svg` when the package is built. It knows what
 * that picture is made of: filled `rect` with `rx`, filled `circle`, and `line` with round ends.
 */
import { crc32, deflateSync } from 'node:zlib';

const SIZE = 128;
/** Points that each pixel is looked at in, along each side. */
const SAMPLES = 4;

interface Shape {
  color: readonly [number, number, number];
  covers: (x: number, y: number) => boolean;
}

export function iconPng(svg: string): Buffer {
  const shapes = shapesOf(svg);
  const rows = Array.from({ length: SIZE }, (_, y) =>
    // Each row begins with its filter (PNG, 9.2): none.
    Buffer.from([0, ...Array.from({ length: SIZE }, (_column, x) => pixel(shapes, x, y)).flat()]),
  );
  const header = Buffer.alloc(13);
  header.writeUInt32BE(SIZE, 0);
  header.writeUInt32BE(SIZE, 4);
  // PNG, 11.2.2: 8 bits a channel; colour type 6, red, green, blue, alpha.
  header.set([8, 6, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = deflateSync(Buffer.concat(rows), { level: 9 });
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

/** PNG, 5.3: length, type, data, CRC of type and data. */
function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

function pixel(shapes: readonly Shape[], column: number, row: number): number[] {
  const sum = [0, 0, 0, 0];
  for (let i = 0; i < SAMPLES * SAMPLES; i++) {
    const [x, y] = [column + ((i % SAMPLES) + 0.5) / SAMPLES, row + (Math.floor(i / SAMPLES) + 0.5) / SAMPLES];
    const top = shapes.findLast((shape) => shape.covers(x, y));
    for (const [channel, value] of (top ? [...top.color, 1] : []).entries()) sum[channel] = (sum[channel] ?? 0) + value;
  }
  const [red, green, blue, covered] = sum as [number, number, number, number];
  if (covered === 0) return [0, 0, 0, 0];
  return [red / covered, green / covered, blue / covered, (255 * covered) / SAMPLES ** 2].map(Math.round);
}

function shapesOf(svg: string): Shape[] {
  return [...svg.matchAll(/<(rect|circle|line)\s([^>]*)\/>/g)].map(([, kind, text = '']) => {
    const attributes = new Map(
      [...text.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
    );
    const number = (name: string): number => Number(attributes.get(name));
    const color = colorOf(attributes.get(kind === 'line' ? 'stroke' : 'fill')!);
    return { color, covers: COVERS[kind as keyof typeof COVERS](number) };
  });
}

type Covers = (number: (name: string) => number) => Shape['covers'];

const COVERS: Record<'circle' | 'line' | 'rect', Covers> = {
  circle: (number) => {
    const [cx, cy, r] = ['cx', 'cy', 'r'].map(number) as [number, number, number];
    return (x, y) => Math.hypot(x - cx, y - cy) <= r;
  },
  line: (number) => {
    const [x1, y1, x2, y2] = ['x1', 'y1', 'x2', 'y2'].map(number) as [number, number, number, number];
    const [dx, dy, half] = [x2 - x1, y2 - y1, number('stroke-width') / 2];
    return (x, y) => {
      const along = Math.min(1, Math.max(0, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy)));
      return Math.hypot(x - x1 - along * dx, y - y1 - along * dy) <= half;
    };
  },
  rect: (number) => {
    const [left, top, width, height, rx] = ['x', 'y', 'width', 'height', 'rx'].map(number) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const beyond = (at: number, from: number, length: number): number =>
      Math.max(from + rx - at, at - (from + length - rx), 0);
    return (x, y) => Math.hypot(beyond(x, left, width), beyond(y, top, height)) <= rx;
  },
};

const colorOf = (text: string): [number, number, number] => {
  const value = Number.parseInt(text.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
};
