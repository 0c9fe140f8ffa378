/** One measured number. */
export interface Figure {
  name: string;
  value: number;
  unit: string;
  /** What it must be below, or at least, when `more`. */
  target?: number;
  more?: true;
  /** The same job done another way, and how many times that one takes. */
  peer?: number;
  ratio?: number;
}

/** The median time of some runs, in milliseconds, after one that warms up. */
export function medianOf(runs: number, work: () => void): number {
  work();
  const times = Array.from({ length: runs }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return times.toSorted((a, b) => a - b)[Math.floor(runs / 2)]!;
}
