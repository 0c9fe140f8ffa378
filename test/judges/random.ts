/** Seeded random choices for the judges: the same seed makes the same packets and states. */

/** A source of numbers and of choices. */
export interface Random {
  /** From 0 to `n - 1`. */
  below: (n: number) => number;
  pick: <T>(list: readonly T[]) => T;
  /** True in one of `n` cases. */
  oneIn: (n: number) => boolean;
}

/** The generator mulberry32: enough to vary tests, and a seed is one number. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n: number): number => Math.floor(next() * n);
  return {
    below,
    pick: <T>(list: readonly T[]): T => list[below(list.length)]!,
    oneIn: (n) => below(n) === 0,
  };
}
