/** The time that one stage of a connection may take. It does not run out while a person is being asked something. */

export interface StageClock {
  /** (Re)starts it for the next stage. */
  arm: (milliseconds: number, what: string) => void;
  /** Something came: the stage's time begins anew. */
  refresh: () => void;
  stop: () => void;
}

/** @param expire called with what did not happen for how long */
export function stageClock(isAsking: () => boolean, expire: (message: string) => void): StageClock {
  let timer: NodeJS.Timeout | undefined;
  const arm = (milliseconds: number, what: string): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (isAsking()) arm(milliseconds, what);
      else expire(`${what} for ${milliseconds / 1000} s`);
    }, milliseconds);
  };
  return {
    arm,
    refresh: () => void timer?.refresh(),
    stop: () => {
      clearTimeout(timer);
      // Output that is still on its way must not start the clock again.
      timer = undefined;
    },
  };
}
