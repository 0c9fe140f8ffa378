/** Which part of the map is seen, and how large. `x` and `y` are where the map's corner is on the screen. */
export interface Camera {
  x: number;
  y: number;
  scale: number;
}

export interface Size {
  width: number;
  height: number;
}

export interface Rect extends Size {
  x: number;
  y: number;
}

/** The smallest text can be read at the one end, a thousand nodes are seen at the other. */
const SMALLEST = 0.004;
const LARGEST = 3;
/** What is small is not blown up to fill the screen. */
const FIT_LARGEST = 1.25;
const MARGIN = 16;

/** All of it, in the middle. */
export function fit(content: Size, screen: Size): Camera {
  const room = { width: Math.max(1, screen.width - 2 * MARGIN), height: Math.max(1, screen.height - 2 * MARGIN) };
  const least = Math.min(room.width / Math.max(1, content.width), room.height / Math.max(1, content.height));
  const scale = Math.max(SMALLEST, Math.min(FIT_LARGEST, least));
  return {
    x: (screen.width - content.width * scale) / 2,
    y: (screen.height - content.height * scale) / 2,
    scale,
  };
}

/** Larger or smaller around a point of the screen, which stays where it is. */
export function zoom({ x, y, scale }: Camera, factor: number, at: { x: number; y: number }): Camera {
  const next = Math.max(SMALLEST, Math.min(LARGEST, scale * factor));
  const ratio = next / scale;
  return { x: at.x - (at.x - x) * ratio, y: at.y - (at.y - y) * ratio, scale: next };
}

/** Never so far that nothing is seen any more. */
export function pan({ x, y, scale }: Camera, dx: number, dy: number, content: Size, screen: Size): Camera {
  const inside = (value: number, size: number, room: number): number =>
    Math.max(MARGIN * 2 - size * scale, Math.min(room - MARGIN * 2, value));
  return {
    x: inside(x + dx, content.width, screen.width),
    y: inside(y + dy, content.height, screen.height),
    scale,
  };
}

/** A camera that shows a box: where it is if that is in sight and large enough to be read, else in the middle. */
export function toward(camera: Camera, box: Rect, screen: Size): Camera {
  const scale = Math.max(camera.scale, Math.min(READABLE, fit(box, screen).scale));
  const left = camera.x + box.x * camera.scale;
  const top = camera.y + box.y * camera.scale;
  const isInSight =
    scale === camera.scale &&
    left >= 0 &&
    top >= 0 &&
    left + box.width * scale <= screen.width &&
    top + box.height * scale <= screen.height;
  if (isInSight) return camera;
  return {
    x: screen.width / 2 - (box.x + box.width / 2) * scale,
    y: screen.height / 2 - (box.y + box.height / 2) * scale,
    scale,
  };
}

const READABLE = 0.9;
