/** A packet moves along its way, unless the user asked for less motion. */

export interface Motion {
  /** Begins, if there is anything to move now; ends by itself. */
  start(): void;
}

/** @param draw with how far the packet has come; 0 where it stands still */
export function makeMotion(isWanted: () => boolean, draw: (phase: number) => void): Motion {
  const still = matchMedia('(prefers-reduced-motion: reduce)');
  let [isMoving, phase] = [false, 0];
  const wants = (): boolean =>
    isWanted() && !still.matches && !document.body.classList.contains('vscode-reduce-motion');
  const frame = (): void => {
    isMoving = wants();
    phase = isMoving ? (phase + 0.5) % 360 : 0;
    draw(phase);
    if (isMoving) requestAnimationFrame(frame);
  };
  const start = (): void => {
    if (isMoving || !wants()) return;
    isMoving = true;
    requestAnimationFrame(frame);
  };
  still.addEventListener('change', start);
  return { start };
}
