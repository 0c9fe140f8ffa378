/** The map by mouse and keyboard: what each means, without knowing what becomes of it. */
import { type Box, type Scene } from '../../../shared/map/scene.ts';
import { isContainer } from './boxes.ts';
import { type Camera, type Size, fit, pan, zoom } from './camera.ts';
import { CELLS_FROM } from './paint.ts';

export interface Hands {
  scene(): Scene | undefined;
  camera(): Camera;
  size(): Size;
  look(camera: Camera): void;
  selected(): Box | undefined;
  /** `isOpened`: its line is asked for; `isFocused`: with the keyboard going there. */
  select(box: Box | undefined, isOpened: boolean, isFocused: boolean): void;
  hover(box: Box | undefined, at: { x: number; y: number }): void;
}

/** Who moves less far than that meant to click. */
const CLICK = 4;
const KEY_STEP = 80;
const KEY_ZOOM = 1.25;

export function listen(surface: HTMLElement, hands: Hands): void {
  let pressed: { x: number; y: number; isDrag: boolean } | undefined;
  const at = (event: MouseEvent): { x: number; y: number } => {
    const { left, top } = surface.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const move = (dx: number, dy: number): void => {
    const scene = hands.scene();
    if (scene) hands.look(pan(hands.camera(), dx, dy, scene, hands.size()));
  };
  surface.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    pressed = { ...at(event), isDrag: false };
    surface.setPointerCapture(event.pointerId);
  });
  surface.addEventListener('pointermove', (event) => {
    const now = at(event);
    if (!pressed) return hands.hover(boxAt(hands.scene(), hands.camera(), now), now);
    const [dx, dy] = [now.x - pressed.x, now.y - pressed.y];
    if (!pressed.isDrag && Math.hypot(dx, dy) < CLICK) return;
    pressed = { ...now, isDrag: true };
    surface.classList.add('dragged');
    hands.hover(undefined, now);
    move(dx, dy);
  });
  const release = (): boolean => {
    const isClick = pressed !== undefined && !pressed.isDrag;
    pressed = undefined;
    surface.classList.remove('dragged');
    return isClick;
  };
  surface.addEventListener('pointerup', (event) => {
    if (release()) hands.select(boxAt(hands.scene(), hands.camera(), at(event)), true, false);
  });
  surface.addEventListener('pointercancel', release);
  surface.addEventListener('pointerleave', (event) => hands.hover(undefined, at(event)));
  surface.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      if (event.shiftKey) return move(-(event.deltaX || event.deltaY), 0);
      hands.look(zoom(hands.camera(), 1.0016 ** -event.deltaY, at(event)));
    },
    { passive: false },
  );
  surface.addEventListener('keydown', (event) => {
    if (key(event, hands, move)) event.preventDefault();
  });
}

const DIRECTIONS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Whether the key means something here. Those with Ctrl, Alt or Cmd are VS Code's. */
function key(event: KeyboardEvent, hands: Hands, move: (dx: number, dy: number) => void): boolean {
  const scene = hands.scene();
  if (!scene || event.ctrlKey || event.altKey || event.metaKey) return false;
  const direction = DIRECTIONS[event.key];
  if (direction && event.shiftKey) {
    hands.select(nextBox(scene, hands.selected(), direction, hands.camera(), hands.size()), false, false);
    return true;
  }
  if (direction) {
    move(-direction[0] * KEY_STEP, -direction[1] * KEY_STEP);
    return true;
  }
  const { width, height } = hands.size();
  const middle = { x: width / 2, y: height / 2 };
  const selected = hands.selected();
  const actions: Readonly<Record<string, () => void>> = {
    '+': () => hands.look(zoom(hands.camera(), KEY_ZOOM, middle)),
    '=': () => hands.look(zoom(hands.camera(), KEY_ZOOM, middle)),
    '-': () => hands.look(zoom(hands.camera(), 1 / KEY_ZOOM, middle)),
    '0': () => hands.look(fit(scene, hands.size())),
    Home: () => hands.look(fit(scene, hands.size())),
    Enter: () => hands.select(selected, true, true),
    ' ': () => hands.select(selected, true, false),
    Escape: () => hands.select(undefined, false, false),
  };
  const action = actions[event.key];
  action?.();
  return action !== undefined;
}

/** The innermost box there; far away what is in a container cannot be told apart. */
function boxAt(scene: Scene | undefined, { x, y, scale }: Camera, at: { x: number; y: number }): Box | undefined {
  const [px, py] = [(at.x - x) / scale, (at.y - y) / scale];
  return scene?.boxes.findLast(
    (box) =>
      (scale >= CELLS_FROM || isContainer(box) || box.parent < 0) &&
      px >= box.x &&
      px <= box.x + box.width &&
      py >= box.y &&
      py <= box.y + box.height,
  );
}

/** The nearest box in a direction, what is straight ahead before what is aside; the first on the screen where nothing is selected. */
function nextBox(
  scene: Scene,
  from: Box | undefined,
  [dx, dy]: readonly [number, number],
  camera: Camera,
  size: Size,
): Box | undefined {
  const choices = scene.boxes.filter((box) => camera.scale >= CELLS_FROM || box.parent < 0);
  if (!from) {
    const [left, top] = [-camera.x / camera.scale, -camera.y / camera.scale];
    const isSeen = (box: Box): boolean =>
      box.x + box.width > left && box.y + box.height > top && box.x < left + size.width / camera.scale;
    return choices.find(isSeen) ?? choices[0];
  }
  let best: Box | undefined;
  let least = Infinity;
  for (const box of choices) {
    if (box === from || scene.boxes[from.parent] === box) continue;
    const [x, y] = [box.x + box.width / 2 - from.x - from.width / 2, box.y + box.height / 2 - from.y - from.height / 2];
    const ahead = x * dx + y * dy;
    const aside = Math.abs(x * dy) + Math.abs(y * dx);
    const cost = ahead + 2 * aside;
    if (ahead > 1 && cost < least) [best, least] = [box, cost];
  }
  return best ?? from;
}
