/**
 * LZMA2, the compression of .xz files: chunks of at most 64 KiB that hold at most 2 MiB, over a dictionary of what came before.
 * One chunk is decoded at once, so that the input may come from anywhere. Bounded by the dictionary that the caller permits.
 */
import { type ByteReader, DamagedInput, takeAll } from './bytes.ts';

export async function* lzma2(reader: ByteReader, dictionarySize: number): AsyncGenerator<Uint8Array> {
  const decoder = newDecoder(dictionarySize);
  for (let isFirst = true; ; isFirst = false) {
    const control = (await takeAll(reader, 1))[0]!;
    if (control === 0) return;
    const isReset = control === 1 || control >= 0xe0;
    if (isFirst && !isReset) throw new DamagedInput('the compressed data begins in the middle');
    if (isReset) [decoder.filled, decoder.position] = [0, 0];
    if (control >= 0x80) yield* compressedChunk(reader, decoder, control);
    else if (control <= 2) {
      const size = bigEndian16(await takeAll(reader, 2)) + 1;
      const bytes = await takeAll(reader, size);
      for (let i = 0; i < size; i++) put(decoder, bytes[i]!);
      yield* written(decoder, size);
    } else throw new DamagedInput('an unknown kind of chunk');
  }
}

async function* compressedChunk(reader: ByteReader, decoder: Decoder, control: number): AsyncGenerator<Uint8Array> {
  const sizes = await takeAll(reader, 4);
  const unpacked = ((control & 0x1f) << 16) + bigEndian16(sizes) + 1;
  const packed = bigEndian16(sizes.subarray(2)) + 1;
  if (control >= 0xc0) setProperties(decoder, (await takeAll(reader, 1))[0]!);
  if (control >= 0xa0) resetState(decoder);
  if (!decoder.isReady) throw new DamagedInput('the compressed data has no properties');
  decodeChunk(decoder, await takeAll(reader, packed), unpacked);
  yield* written(decoder, unpacked);
}

/** The last bytes of the dictionary, in one piece or two. */
function* written({ dictionary, at }: Decoder, size: number): Generator<Uint8Array> {
  if (size > at) yield dictionary.slice(dictionary.length - (size - at));
  if (at > 0) yield dictionary.slice(Math.max(0, at - size), at);
}

const bigEndian16 = (bytes: Uint8Array): number => (bytes[0]! << 8) | bytes[1]!;

/** Everything that one chunk leaves to the next: the probabilities, the last four distances, and the dictionary, a ring. */
interface Decoder {
  dictionary: Uint8Array;
  at: number;
  /** How many bytes of the dictionary are of this stream. */
  filled: number;
  isReady: boolean;
  literalContextBits: number;
  literalPositionMask: number;
  positionMask: number;
  position: number;
  state: number;
  distances: [number, number, number, number];
  probabilities: Uint16Array;
  literals: Uint16Array;
}

/** Places of the groups of probabilities in one array. */
const [IS_MATCH, IS_REP, IS_REP0, IS_REP1, IS_REP2, IS_REP0_LONG] = [0, 192, 204, 216, 228, 240] as const;
const [SLOTS, SPECIAL, ALIGN, MATCH_LENGTH, REP_LENGTH] = [432, 688, 816, 832, 1346] as const;
const PROBABILITIES = 1860;
const EVEN = 1024;

/** What one chunk may hold. */
const MOST_OF_CHUNK = 2 * 1024 * 1024;

const newDecoder = (size: number): Decoder => ({
  dictionary: new Uint8Array(size + MOST_OF_CHUNK),
  at: 0,
  filled: 0,
  isReady: false,
  literalContextBits: 0,
  literalPositionMask: 0,
  positionMask: 0,
  position: 0,
  state: 0,
  distances: [0, 0, 0, 0],
  probabilities: new Uint16Array(PROBABILITIES),
  literals: new Uint16Array(0),
});

function setProperties(decoder: Decoder, byte: number): void {
  const [lc, lp, pb] = [byte % 9, Math.floor(byte / 9) % 5, Math.floor(byte / 45)];
  if (byte > 224 || lc + lp > 4) throw new DamagedInput('the compressed data has impossible properties');
  decoder.literalContextBits = lc;
  decoder.literalPositionMask = (1 << lp) - 1;
  decoder.positionMask = (1 << pb) - 1;
  decoder.literals = new Uint16Array(0x300 << (lc + lp));
  decoder.isReady = true;
}

function resetState(decoder: Decoder): void {
  decoder.state = 0;
  decoder.distances = [0, 0, 0, 0];
  decoder.probabilities.fill(EVEN);
  decoder.literals.fill(EVEN);
}

function put(decoder: Decoder, byte: number): void {
  decoder.dictionary[decoder.at] = byte;
  decoder.at = decoder.at + 1 === decoder.dictionary.length ? 0 : decoder.at + 1;
  if (decoder.filled < decoder.dictionary.length) decoder.filled++;
  // Only its lowest four bits matter.
  decoder.position = (decoder.position + 1) & 0xff;
}

/** Once more what was that many bytes before. It may overlap what is being written. */
function repeat(decoder: Decoder, distance: number, length: number): void {
  const { dictionary } = decoder;
  const size = dictionary.length;
  let to = decoder.at;
  let from = to - distance - 1;
  if (from < 0) from += size;
  if (to + length >= size || from + length >= size) {
    for (let i = 0; i < length; i++) put(decoder, back(decoder, distance));
    return;
  }
  for (const end = to + length; to < end;) dictionary[to++] = dictionary[from++]!;
  decoder.at = to;
  decoder.filled = Math.min(decoder.filled + length, size);
  decoder.position = (decoder.position + length) & 0xff;
}

/** The byte that many before; 0 is the last one. */
function back(decoder: Decoder, distance: number): number {
  const at = decoder.at - distance - 1;
  return decoder.dictionary[at < 0 ? at + decoder.dictionary.length : at]!;
}

/** The range decoder over one chunk. */
interface Range {
  bytes: Uint8Array;
  next: number;
  range: number;
  code: number;
}

function bit(range: Range, probabilities: Uint16Array, index: number): number {
  const probability = probabilities[index]!;
  const bound = (range.range >>> 11) * probability;
  let result = 0;
  if (range.code >>> 0 < bound) {
    range.range = bound;
    probabilities[index] = probability + ((2048 - probability) >>> 5);
  } else {
    range.range = (range.range - bound) >>> 0;
    range.code = (range.code - bound) >>> 0;
    probabilities[index] = probability - (probability >>> 5);
    result = 1;
  }
  normalise(range);
  return result;
}

function normalise(range: Range): void {
  if (range.range >= 0x1000000) return;
  range.range = (range.range << 8) >>> 0;
  range.code = ((range.code << 8) | (range.bytes[range.next++] ?? 0)) >>> 0;
}

function directBits(range: Range, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i++) {
    range.range >>>= 1;
    const isOne = range.code >= range.range;
    if (isOne) range.code = (range.code - range.range) >>> 0;
    value = value * 2 + (isOne ? 1 : 0);
    normalise(range);
  }
  return value;
}

function tree(range: Range, probabilities: Uint16Array, base: number, bits: number): number {
  let node = 1;
  for (let i = 0; i < bits; i++) node = (node << 1) | bit(range, probabilities, base + node);
  return node - (1 << bits);
}

function reverseTree(range: Range, probabilities: Uint16Array, base: number, bits: number): number {
  let [node, value] = [1, 0];
  for (let i = 0; i < bits; i++) {
    const next = bit(range, probabilities, base + node);
    node = (node << 1) | next;
    value |= next << i;
  }
  return value;
}

function decodeChunk(decoder: Decoder, bytes: Uint8Array, size: number): void {
  const code = ((bytes[1]! << 24) | (bytes[2]! << 16) | (bytes[3]! << 8) | bytes[4]!) >>> 0;
  if (bytes.length < 5 || bytes[0] !== 0) throw new DamagedInput('a chunk of the compressed data begins wrong');
  const range: Range = { bytes, next: 5, range: 0xffffffff, code };
  for (let left = size; left > 0;) {
    const copied = symbol(decoder, range);
    if (copied === 0) put(decoder, literal(decoder, range));
    else {
      const [distance] = decoder.distances;
      if (distance >= decoder.filled || copied > left)
        throw new DamagedInput('the compressed data points outside of itself');
      repeat(decoder, distance, copied);
    }
    left -= copied || 1;
  }
  if (range.next !== bytes.length || range.code !== 0)
    throw new DamagedInput('a chunk of the compressed data is damaged');
}

/** Decides what comes: 0 a literal, else the length of a copy from `distances[0]`. */
function symbol(decoder: Decoder, range: Range): number {
  const { probabilities: p, distances, state } = decoder;
  const position = decoder.position & decoder.positionMask;
  if (!bit(range, p, IS_MATCH + state * 16 + position)) return 0;
  if (!bit(range, p, IS_REP + state)) {
    const length = lengthOf(range, p, MATCH_LENGTH, position);
    decoder.distances = [distanceOf(range, p, length), distances[0], distances[1], distances[2]];
    decoder.state = state < 7 ? 7 : 10;
    return length;
  }
  if (!bit(range, p, IS_REP0 + state)) {
    if (!bit(range, p, IS_REP0_LONG + state * 16 + position)) {
      decoder.state = state < 7 ? 9 : 11;
      return 1;
    }
  } else if (!bit(range, p, IS_REP1 + state))
    decoder.distances = [distances[1], distances[0], distances[2], distances[3]];
  else if (!bit(range, p, IS_REP2 + state))
    decoder.distances = [distances[2], distances[0], distances[1], distances[3]];
  else decoder.distances = [distances[3], distances[0], distances[1], distances[2]];
  decoder.state = state < 7 ? 8 : 11;
  return lengthOf(range, p, REP_LENGTH, position);
}

function lengthOf(range: Range, p: Uint16Array, base: number, position: number): number {
  if (!bit(range, p, base)) return 2 + tree(range, p, base + 2 + position * 8, 3);
  if (!bit(range, p, base + 1)) return 10 + tree(range, p, base + 130 + position * 8, 3);
  return 18 + tree(range, p, base + 258, 8);
}

function distanceOf(range: Range, p: Uint16Array, length: number): number {
  const slot = tree(range, p, SLOTS + Math.min(length - 2, 3) * 64, 6);
  if (slot < 4) return slot;
  const bits = (slot >> 1) - 1;
  const base = (2 | (slot & 1)) * 2 ** bits;
  if (slot < 14) return base + reverseTree(range, p, SPECIAL + base - slot, bits);
  return base + directBits(range, bits - 4) * 16 + reverseTree(range, p, ALIGN, 4);
}

function literal(decoder: Decoder, range: Range): number {
  const { literals, literalContextBits: lc, state, position } = decoder;
  const before = decoder.filled > 0 ? back(decoder, 0) : 0;
  const context = ((position & decoder.literalPositionMask) << lc) + (before >> (8 - lc));
  const base = 0x300 * context;
  let node = 1;
  if (state >= 7) {
    if (decoder.distances[0] >= decoder.filled) throw new DamagedInput('the compressed data points outside of itself');
    // After a copy the byte that would have followed it is a hint, as long as it agrees.
    let hint = back(decoder, decoder.distances[0]);
    for (let agrees = true; agrees && node < 0x100;) {
      const hinted = (hint >> 7) & 1;
      hint <<= 1;
      const next = bit(range, literals, base + ((1 + hinted) << 8) + node);
      node = (node << 1) | next;
      agrees = hinted === next;
    }
  }
  while (node < 0x100) node = (node << 1) | bit(range, literals, base + node);
  decoder.state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
  return node & 0xff;
}
