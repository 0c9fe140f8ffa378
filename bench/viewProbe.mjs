// Runs in a page of a web view: tells it something as VS Code does, and measures what it draws.
globalThis.probe = {
  /** Milliseconds from a message until the frame after the one in which `isDone` holds. */
  told: (text, isDone) =>
    new Promise((resolve) => {
      const start = performance.now();
      window.dispatchEvent(new MessageEvent('message', { data: JSON.parse(text) }));
      const look = () => requestAnimationFrame(isDone() ? () => resolve(performance.now() - start) : look);
      requestAnimationFrame(look);
    }),
  /** Goes down a tree by keyboard: milliseconds from a key to the frame after it, on average. */
  keys: async (count) => {
    const item = () => document.querySelector('[role=treeitem][tabindex="0"]');
    item().focus();
    const start = performance.now();
    for (let i = 0; i < count; i++) {
      item().dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true }));
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    return (performance.now() - start) / count;
  },
  /** Drags the map in circles for two seconds, a step with every frame: frames a second, and what the last one drew. */
  pan: () =>
    new Promise((resolve) => {
      const canvas = document.querySelector('.surface');
      canvas.setPointerCapture = () => undefined;
      const at = (type, clientX, clientY) =>
        canvas.dispatchEvent(new PointerEvent(type, { clientX, clientY, button: 0, pointerId: 1, bubbles: true }));
      at('pointerdown', 700, 400);
      const start = performance.now();
      let frames = 0;
      const step = () => {
        const passed = performance.now() - start;
        if (passed < 2000) {
          frames++;
          at('pointermove', 700 + 500 * Math.sin(frames / 30), 400 + 350 * Math.cos(frames / 30));
          return void requestAnimationFrame(step);
        }
        at('pointerup', 700, 400);
        const [boxes, lines] = document.querySelector('[data-painted]').dataset.painted.split(' ');
        resolve({ frames: (frames * 1000) / passed, drawn: `${boxes} boxes, ${lines} lines` });
      };
      requestAnimationFrame(step);
    }),
};
