/** Compressed input as the bytes that were packed. What it is, is seen from its first bytes, not from its name. */
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { DamagedInput, type Pieces } from './bytes.ts';
import { XZ_MAGIC, unxz } from './xz.ts';

export type Packing = 'gzip' | 'xz' | 'bzip2' | 'zstd' | 'none';

const MAGICS: readonly [Packing, readonly number[]][] = [
  ['gzip', [0x1f, 0x8b]],
  ['xz', XZ_MAGIC],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
];

export const packingOf = (start: Uint8Array): Packing =>
  MAGICS.find(([, magic]) => magic.every((byte, i) => start[i] === byte))?.[0] ?? 'none';

export interface UnpackLimits {
  /** Bytes that one archive may unpack to. */
  mostBytes: number;
  /** How many times its packed size; judged from `FREE_BYTES` on. Logs reach 30, a bomb 1000 and more. */
  mostRatio: number;
}

export const UNPACK_LIMITS: UnpackLimits = { mostBytes: 32 * 1024 ** 3, mostRatio: 250 };

const FREE_BYTES = 64 * 1024 * 1024;

/** Throws `DamagedInput`, also for what unpacks to more than is permitted. */
export async function* unpack(source: Pieces, limits: UnpackLimits = UNPACK_LIMITS): AsyncGenerator<Uint8Array> {
  let [packed, unpacked] = [0, 0];
  const counted = async function* (pieces: Pieces): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      packed += piece.length;
      yield piece;
    }
  };
  const { start, all } = await peek(counted(source));
  for await (const piece of unpackAs(packingOf(start), all)) {
    unpacked += piece.length;
    if (unpacked > limits.mostBytes || (unpacked > FREE_BYTES && unpacked > packed * limits.mostRatio))
      throw new DamagedInput(`it unpacks to more than is permitted: ${unpacked} bytes out of ${packed}`);
    yield piece;
  }
}

function unpackAs(packing: Packing, source: Pieces): Pieces {
  switch (packing) {
    case 'none':
      return source;
    case 'gzip':
      return gunzip(source);
    case 'xz':
      return unxz(source);
    case 'bzip2':
    case 'zstd':
      throw new DamagedInput(`it is packed with ${packing}, which is not read: unpack it first`);
  }
}

async function* gunzip(source: Pieces): AsyncGenerator<Uint8Array> {
  const input = Readable.from(source, { objectMode: false });
  const output = createGunzip();
  input.once('error', (error) => output.destroy(error));
  input.pipe(output);
  try {
    for await (const piece of output as AsyncIterable<Uint8Array>) yield piece;
  } catch (error) {
    throw error instanceof DamagedInput ? error : new DamagedInput('its gzip data is damaged, or ends early');
  } finally {
    input.destroy();
  }
}

/** The first bytes, and everything from the beginning. */
async function peek(source: AsyncGenerator<Uint8Array>): Promise<{ start: Uint8Array; all: Pieces }> {
  let start: Uint8Array = new Uint8Array(0);
  while (start.length < 6) {
    const { done, value } = await source.next();
    if (done) break;
    const joined = new Uint8Array(start.length + value.length);
    joined.set(start);
    joined.set(value, start.length);
    start = joined;
  }
  const all = async function* (): AsyncGenerator<Uint8Array> {
    if (start.length > 0) yield start;
    yield* source;
  };
  return { start, all: all() };
}
