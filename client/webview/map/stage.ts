/**
 * The two canvases of the map: the map itself, and over it what changes more often. Both are larger than what is seen of them. Who moves
 * the map moves what is drawn already, and who zooms stretches it, until it is drawn again at rest, or when its edge comes into sight.
 */
import type { Scene } from '../../../shared/map/scene.ts';
import type { Camera, Size } from './camera.ts';
import { make } from './dom.ts';
import { type Over, paintOver } from './overlay.ts';
import { type Look, type Painted, paint } from './paint.ts';
import { forgetFont } from './text.ts';

export interface Stage {
  element: HTMLElement;
  /** Takes the keys and the mouse. */
  surface: HTMLElement;
  size(): Size;
  /** Draws all of it with the next frame. */
  draw(): void;
  /** Draws only what lies over the map. */
  drawOver(): void;
  /** Shows it from where the camera is. */
  look(): void;
}

export interface Shown {
  scene: Scene;
  camera: Camera;
  look: Look;
  over: Over;
}

/** Drawn beyond each edge. */
const BEYOND = 240;
/** Stretched further than this it would not be sharp enough even for a moment. */
const STRETCH = 1.4;
/** When nothing has moved for so long, it is drawn as it should be. */
const REST_MS = 120;

type Wanted = 'look' | 'over' | 'all';

/** @param shown what is to be drawn; asked for each time */
export function makeStage(shown: () => Shown | undefined, onPainted: (painted: Painted) => void): Stage {
  const surface = make('div', { class: 'surface', tabindex: 0, role: 'application' });
  const [base, top] = [make('canvas', { 'aria-hidden': 'true' }), make('canvas', { 'aria-hidden': 'true' })];
  const element = make('div', { class: 'stage' }, base, top, surface);
  // The map does not shine through.
  const under = base.getContext('2d', { alpha: false });
  const upper = top.getContext('2d');
  const wanted = new Set<Wanted>();
  let drawn: { camera: Camera; size: Size } | undefined;
  let rest: ReturnType<typeof setTimeout> | undefined;
  const size = (): Size => ({ width: element.clientWidth, height: element.clientHeight });

  const work = (): void => {
    const what = shown();
    const now = size();
    const isAll = wanted.has('all') || !drawn || !what || isFar(drawn.camera, what.camera);
    const isOver = isAll || wanted.has('over');
    wanted.clear();
    if (!what || !under || !upper || now.width === 0) return;
    const room = { width: now.width + 2 * BEYOND, height: now.height + 2 * BEYOND };
    if (isAll) {
      drawn = { camera: what.camera, size: room };
      for (const canvas of [base, top]) fitTo(canvas, room);
      forgetFont();
      sharp(under);
      onPainted(paint(under, what.scene, shifted(what.camera), room, what.look));
    }
    if (isOver && drawn) {
      sharp(upper);
      paintOver(upper, what.scene, shifted(drawn.camera), room, what.over);
    }
    if (drawn) for (const canvas of [base, top]) canvas.style.transform = stretched(drawn.camera, what.camera);
    clearTimeout(rest);
    if (drawn && drawn.camera !== what.camera) rest = setTimeout(() => settle(what.camera), REST_MS);
  };
  /** Small steps aside stay as they are: they are sharp. */
  const settle = ({ x, y, scale }: Camera): void => {
    const before = drawn?.camera;
    const far = BEYOND / 2;
    if (!before || before.scale !== scale || Math.abs(before.x - x) > far || Math.abs(before.y - y) > far) want('all');
  };
  const want = (what: Wanted): void => {
    if (wanted.size === 0) requestAnimationFrame(work);
    wanted.add(what);
  };
  new ResizeObserver(() => want('all')).observe(element);
  onOtherRatio(() => want('all'));
  const [draw, drawOver, look] = [() => want('all'), () => want('over'), () => want('look')];
  return { element, surface, size, draw, drawOver, look };
}

/** On a screen of other points the canvases keep their size, and would not be sharp. */
function onOtherRatio(act: () => void): void {
  const query = matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
  const follow = (): void => {
    act();
    onOtherRatio(act);
  };
  query.addEventListener('change', follow, { once: true });
}

/** The corner of the canvas is beyond that of the screen. */
const shifted = ({ x, y, scale }: Camera): Camera => ({ x: x + BEYOND, y: y + BEYOND, scale });

/** Whether what was drawn no longer covers the screen, or too roughly. */
function isFar(before: Camera, now: Camera): boolean {
  const ratio = now.scale / before.scale;
  if (ratio > STRETCH || ratio < 1 / STRETCH) return true;
  return ratio === 1 && (Math.abs(now.x - before.x) > BEYOND || Math.abs(now.y - before.y) > BEYOND);
}

/** About the corner of the screen. */
function stretched(before: Camera, now: Camera): string {
  const ratio = now.scale / before.scale;
  return `translate(${now.x - before.x * ratio}px, ${now.y - before.y * ratio}px) scale(${ratio})`;
}

/** As many points as the screen has; giving a canvas its size empties it, which takes time. */
function fitTo(canvas: HTMLCanvasElement, { width, height }: Size): void {
  const ratio = window.devicePixelRatio;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width === w && canvas.height === h) return;
  canvas.width = w;
  canvas.height = h;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  canvas.style.left = canvas.style.top = `${-BEYOND}px`;
  canvas.style.transformOrigin = `${BEYOND}px ${BEYOND}px`;
}

function sharp(context: CanvasRenderingContext2D): void {
  const ratio = window.devicePixelRatio;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
}
