/** Nothing here says how fast an editor is: a busy machine is given time. */
const PATIENCE_MS = 90_000;

/** Polls until `probe` gives something truthy, or gives up. */
export async function until<T>(what: string, probe: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  while (performance.now() < end) {
    const value = await probe();
    if (value) return value;
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
  throw new Error(`timed out: ${what}`);
}
