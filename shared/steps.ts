/** Work in pieces: who runs it may look around between two of them, and stop. */
export type Steps<T> = Generator<undefined, T>;

/** So many lines or things are one piece: less than a millisecond. */
export const PIECE = 256;

/** All of it at once. */
export function finished<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}
