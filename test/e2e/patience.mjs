// Waiting for what a busy machine does later: every wait is for a state, and long. No test says how fast an editor is.

/** How long anything may take. */
export const PATIENCE_MS = 90_000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Tries until it does not throw, and gives what it gives; at last it throws what it threw. For assertions and questions that change nothing. */
export async function eventually(attempt, { every = 50 } = {}) {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > end) throw error;
      await pause(every);
    }
  }
}

/** Polls until it gives something true, and gives that. */
export const until = (what, probe) =>
  eventually(async () => {
    const seen = await probe();
    if (!seen) throw new Error(`timed out: ${what}`);
    return seen;
  });

/** Does something again as long as it does not come off in its own time; anything but a timeout is a failure at once. */
export async function persist(attempt) {
  const end = performance.now() + 2 * PATIENCE_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (error.name !== 'TimeoutError' || performance.now() > end) throw error;
    }
  }
}

/** What something says as soon as it says it twice: where a thing is while it moves. */
export async function atRest(read) {
  let before;
  return eventually(
    async () => {
      const now = await read();
      const text = JSON.stringify(now);
      const isSame = text === before;
      before = text;
      if (!isSame) throw new Error(`it still changes: ${text}`);
      return now;
    },
    { every: 100 },
  );
}

/**
 * Computed properties of an element as it is on the screen. One that was taken away between being found and being asked, since what it is in
 * was drawn anew, has none.
 */
export const styleOf = (locator, ...names) =>
  eventually(async () => {
    const values = await locator.evaluate((element, all) => all.map((name) => getComputedStyle(element)[name]), names);
    if (values.includes('')) throw new Error('the element is not on the screen');
    return values.join();
  });
