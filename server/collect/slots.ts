/** A number of places; whoever finds none waits for one to become free, in order. */

export interface Slots {
  /** Resolves with what gives the place back; at once when the signal ends, since then nothing will be done with it. */
  enter: (signal?: AbortSignal) => Promise<() => void>;
}

export function slots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];
  const leaveOnce = (): (() => void) => {
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      const next = waiting.shift();
      if (next) next();
      else free++;
    };
  };
  return {
    enter: async (signal) => {
      if (signal?.aborted) return () => undefined;
      if (free > 0) {
        free--;
        return leaveOnce();
      }
      return new Promise((resolve) => {
        const enter = (): void => {
          signal?.removeEventListener('abort', giveUp);
          resolve(leaveOnce());
        };
        const giveUp = (): void => {
          waiting.splice(waiting.indexOf(enter), 1);
          resolve(() => undefined);
        };
        waiting.push(enter);
        signal?.addEventListener('abort', giveUp, { once: true });
      });
    },
  };
}
