/** Runs work in pieces, so that what an editor sends meanwhile is read: above all that it no longer wants the answer. */
import { setImmediate as others } from 'node:timers/promises';
import type { Steps } from '../shared/steps.ts';

/** So long nobody else has a turn. */
const MOST_AT_ONCE_MS = 15;

/** @param stop throws when the answer is no longer wanted */
export async function inSteps<T>(steps: Steps<T>, stop: () => void): Promise<T> {
  for (let start = performance.now(); ;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (performance.now() - start < MOST_AT_ONCE_MS) continue;
    // Messages are read in one turn and worked off in the next.
    await others();
    await others();
    stop();
    start = performance.now();
  }
}
