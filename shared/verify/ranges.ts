/** Sets of numbers as sorted half-open ranges that do not touch: addresses by value, or places in a list of them. */

export type Range<T extends number | bigint> = readonly [from: T, to: T];

/** What both have. */
export function intersect<T extends number | bigint>(a: readonly Range<T>[], b: readonly Range<T>[]): Range<T>[] {
  const both: Range<T>[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const [x, y] = [a[i]!, b[j]!];
    const from = x[0] > y[0] ? x[0] : y[0];
    const to = x[1] < y[1] ? x[1] : y[1];
    if (from < to) both.push([from, to]);
    if (x[1] < y[1]) i++;
    else j++;
  }
  return both;
}

/** What the first has and the second has not. */
export function subtract<T extends number | bigint>(a: readonly Range<T>[], b: readonly Range<T>[]): Range<T>[] {
  const rest: Range<T>[] = [];
  let j = 0;
  for (const [first, to] of a) {
    let from = first;
    while (j < b.length && b[j]![1] <= from) j++;
    for (let k = j; k < b.length && b[k]![0] < to; k++) {
      if (b[k]![0] > from) rest.push([from, b[k]![0]]);
      if (b[k]![1] > from) from = b[k]![1];
    }
    if (from < to) rest.push([from, to]);
  }
  return rest;
}

/** Ranges in any order, which may overlap, as a set. */
export function union<T extends number | bigint>(ranges: readonly Range<T>[]): Range<T>[] {
  const sorted = ranges.toSorted((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  const joined: [T, T][] = [];
  for (const [from, to] of sorted) {
    const last = joined.at(-1);
    if (!last || last[1] < from) joined.push([from, to]);
    else if (last[1] < to) last[1] = to;
  }
  return joined;
}

/** The first place in a sorted list whose value is not below. */
export function lowerBound(sorted: readonly bigint[], value: bigint): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
