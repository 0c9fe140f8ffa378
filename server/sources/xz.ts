/**
 * The .xz container (file format 1.2.1): streams of blocks of LZMA2, each with a checksum, then an index. Node has no decoder for it.
 * Reads from any pieces, also of another archive; memory is the dictionary, which is bounded.
 */
import { createHash } from 'node:crypto';
import { type ByteReader, DamagedInput, type Pieces, byteReader, takeAll } from './bytes.ts';
import { type Crc64, crc32, crc64 } from './checksums.ts';
import { lzma2 } from './lzma2.ts';

export const XZ_MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];

/** `xz -9` has 64 MiB; nobody packs a report with more. */
const MOST_DICTIONARY = 64 * 1024 * 1024;

/** What the pieces unpack to. Throws `DamagedInput`. */
export async function* unxz(source: Pieces): AsyncGenerator<Uint8Array> {
  const reader = byteReader(source);
  try {
    let start = await takeAll(reader, 4);
    while (start.length > 0) {
      // Between streams there may be padding of zeros.
      if (start.some((byte) => byte !== 0)) yield* stream(reader, start);
      start = await reader.take(4);
    }
  } finally {
    await reader.close();
  }
}

async function* stream(reader: ByteReader, start: Uint8Array): AsyncGenerator<Uint8Array> {
  const header = Uint8Array.from([...start, ...(await takeAll(reader, 8))]);
  if (XZ_MAGIC.some((byte, i) => header[i] !== byte))
    throw new DamagedInput('there is something else behind the .xz data');
  if (crc32(header.subarray(6, 8)) !== littleEndian(header, 8)) throw new DamagedInput('the .xz header is damaged');
  const check = header[7]! & 0x0f;
  for (;;) {
    const size = (await takeAll(reader, 1))[0]!;
    if (size === 0) break;
    yield* block(reader, size, check);
  }
  await skipIndex(reader);
  const footer = await takeAll(reader, 12);
  if (footer[10] !== 0x59 || footer[11] !== 0x5a) throw new DamagedInput('the .xz data does not end as it should');
}

const littleEndian = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;

async function* block(reader: ByteReader, size: number, check: number): AsyncGenerator<Uint8Array> {
  const header = Uint8Array.from([size, ...(await takeAll(reader, size * 4 + 3))]);
  const end = header.length - 4;
  if (crc32(header.subarray(0, end)) !== littleEndian(header, end)) throw new DamagedInput('a block header is damaged');
  const dictionary = dictionaryOf(header);
  const begin = reader.position();
  const sum = newSum(check);
  for await (const piece of lzma2(reader, dictionary)) {
    sum.add(piece);
    yield piece;
  }
  await takeAll(reader, (4 - ((reader.position() - begin) % 4)) % 4);
  const written = await takeAll(reader, CHECK_SIZES[check]!);
  if (!sum.isEqual(written)) throw new DamagedInput('the checksum of a block is wrong');
}

/** Header: size, flags, perhaps two sizes, one filter with its properties. */
function dictionaryOf(header: Uint8Array): number {
  const flags = header[1]!;
  let at = 2;
  const number = () => {
    const start = at;
    while (header[at]! & 0x80 && at < start + 9) at++;
    at++;
    return header[start]!;
  };
  if (flags & 0x40) number();
  if (flags & 0x80) number();
  const [id, length] = [number(), number()];
  if ((flags & 0x3f) !== 0 || id !== 0x21 || length !== 1)
    throw new DamagedInput('it is packed with a filter other than LZMA2');
  const bits = header[at]!;
  const size = bits === 40 ? 2 ** 32 - 1 : (2 | (bits & 1)) * 2 ** (Math.floor(bits / 2) + 11);
  if (bits > 40 || size > MOST_DICTIONARY) throw new DamagedInput('it needs more memory to unpack than is permitted');
  return size;
}

/** By number of the kind of check. */
const CHECK_SIZES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];
const [CRC32, CRC64, SHA256] = [1, 4, 10] as const;

interface Sum {
  add(piece: Uint8Array): void;
  isEqual(written: Uint8Array): boolean;
}

/** Kinds of checks that no version of xz writes are not checked. */
function newSum(check: number): Sum {
  let [short, long] = [0, [0, 0] as Crc64];
  const hash = check === SHA256 ? createHash('sha256') : undefined;
  return {
    add: (piece) => {
      if (check === CRC32) short = crc32(piece, short);
      else if (check === CRC64) long = crc64(piece, long);
      else hash?.update(piece);
    },
    isEqual: (written) => {
      if (check === CRC32) return littleEndian(written, 0) === short;
      if (check === CRC64) return littleEndian(written, 0) === long[0] && littleEndian(written, 4) === long[1];
      return hash === undefined || hash.digest().equals(written);
    },
  };
}

/** Sizes of the blocks, which are known by now. */
async function skipIndex(reader: ByteReader): Promise<void> {
  const begin = reader.position() - 1;
  const records = await variableNumber(reader);
  for (let i = 0; i < records * 2; i++) await variableNumber(reader);
  await takeAll(reader, (4 - ((reader.position() - begin) % 4)) % 4);
  await takeAll(reader, 4);
}

async function variableNumber(reader: ByteReader): Promise<number> {
  let [value, scale] = [0, 1];
  for (let i = 0; i < 9; i++) {
    const byte = (await takeAll(reader, 1))[0]!;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
    scale *= 128;
  }
  throw new DamagedInput('the index is damaged');
}
