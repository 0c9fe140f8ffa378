/** What two versions of a text have in common, which after an edit is nearly all: found without looking at each character. */

export interface Ends {
  /** Characters that are the same at the start. */
  head: number;
  /** Characters behind them that are the same at the end. */
  tail: number;
}

/** Characters that are compared at once. */
const STEP = 4096;

export function commonEnds(a: string, b: string): Ends {
  const most = Math.min(a.length, b.length);
  let head = 0;
  while (head < most && a.slice(head, head + STEP) === b.slice(head, head + STEP)) head += STEP;
  head = Math.min(head, most);
  while (head < most && a.charCodeAt(head) === b.charCodeAt(head)) head++;
  let tail = 0;
  const rest = most - head;
  const piece = (text: string): string => text.slice(text.length - tail - STEP, text.length - tail);
  while (tail + STEP <= rest && piece(a) === piece(b)) tail += STEP;
  while (tail < rest && a.charCodeAt(a.length - 1 - tail) === b.charCodeAt(b.length - 1 - tail)) tail++;
  return { head, tail };
}
