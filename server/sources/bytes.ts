/** Bytes that arrive in pieces, taken in the sizes that a format has. Nothing is kept but the piece at hand. */

export type Pieces = AsyncIterable<Uint8Array>;

/** What is wrong with the input, as a sentence; the one exception of the readers of archives, caught where a file is opened. */
export class DamagedInput extends Error {}

export interface ByteReader {
  /** Exactly `count` bytes; fewer only where the input ends. */
  take(count: number): Promise<Uint8Array>;
  /** The next `count` bytes as they come. Ends early where the input does. */
  pieces(count: number): AsyncGenerator<Uint8Array>;
  /** How many bytes were taken. */
  position(): number;
  /** Lets go of the source; nothing more is read from it. */
  close(): Promise<void>;
}

export function byteReader(source: Pieces): ByteReader {
  const iterator = source[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  let [taken, isOver] = [0, false];

  async function next(most: number): Promise<Uint8Array | undefined> {
    while (rest.length === 0 && !isOver) {
      const { done, value } = await iterator.next();
      if (done) isOver = true;
      else rest = value;
    }
    if (rest.length === 0) return undefined;
    const piece = rest.subarray(0, most);
    rest = rest.subarray(piece.length);
    taken += piece.length;
    return piece;
  }

  async function* pieces(count: number): AsyncGenerator<Uint8Array> {
    for (let left = count; left > 0;) {
      const piece = await next(left);
      if (!piece) return;
      left -= piece.length;
      yield piece;
    }
  }

  async function take(count: number): Promise<Uint8Array> {
    const first = count === 0 ? undefined : await next(count);
    if (!first || first.length === count) return first ?? new Uint8Array(0);
    const whole = new Uint8Array(count);
    whole.set(first);
    let length = first.length;
    for await (const piece of pieces(count - length)) {
      whole.set(piece, length);
      length += piece.length;
    }
    return whole.subarray(0, length);
  }

  const close = async (): Promise<void> => {
    isOver = true;
    await iterator.return?.();
  };
  return { take, pieces, position: () => taken, close };
}

/** As `take`, but too few bytes are an error. */
export async function takeAll(reader: ByteReader, count: number): Promise<Uint8Array> {
  const bytes = await reader.take(count);
  if (bytes.length < count) throw new DamagedInput('it ends early');
  return bytes;
}
