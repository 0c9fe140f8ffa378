/**
 * Tar archives (ustar, pax, GNU) as streams: entry by entry, nothing unpacked, nothing written. Contents are read only where they are wanted.
 * An entry's path is what the archive says; whoever uses it as more than a name must look at it first.
 */
import { DamagedInput, type Pieces, byteReader, takeAll, type ByteReader } from './bytes.ts';

export interface TarEntry {
  path: string;
  /** `other`: devices, sparse files and whatever else has no plain content. */
  kind: 'file' | 'folder' | 'link' | 'other';
  /** Of a link: where it leads. */
  target: string;
  size: number;
  /** Seconds since 1970. */
  modified: number;
  /** What was not read when the next entry is asked for is skipped. */
  content: Pieces;
}

const BLOCK = 512;
/** Long names and pax records; the kernel's own limit of a path is 4096. */
const MOST_META = 1024 * 1024;

/** Throws `DamagedInput`. */
export async function* readTar(source: Pieces): AsyncGenerator<TarEntry> {
  const reader = byteReader(source);
  try {
    yield* entries(reader);
  } finally {
    await reader.close();
  }
}

async function* entries(reader: ByteReader): AsyncGenerator<TarEntry> {
  const global = new Map<string, string>();
  let own = new Map<string, string>();
  for (;;) {
    const header = await reader.take(BLOCK);
    if (header.length === 0) throw new DamagedInput('it ends early');
    if (header.length < BLOCK) throw new DamagedInput('it is no tar archive, or ends early');
    // Two empty blocks end an archive; one is enough to know.
    if (header.every((byte) => byte === 0)) return;
    if (!isHeader(header)) throw new DamagedInput('it is no tar archive, or damaged');
    const type = String.fromCharCode(header[156]!);
    const size = numberAt(header, 124, 12);
    if (!Number.isSafeInteger(size) || size < 0) throw new DamagedInput('an entry has an impossible size');
    if (META.has(type)) {
      await readMeta(reader, type, size, type === 'g' ? global : own);
      continue;
    }
    yield* entry(reader, header, type, new Map([...global, ...own]));
    own = new Map();
  }
}

async function* entry(
  reader: ByteReader,
  header: Uint8Array,
  type: string,
  records: ReadonlyMap<string, string>,
): AsyncGenerator<TarEntry> {
  const prefix = isUstar(header) ? textAt(header, 345, 155) : '';
  const name = textAt(header, 0, 100);
  const written = Number(records.get('size') ?? NaN);
  const size = Number.isSafeInteger(written) && written >= 0 ? written : numberAt(header, 124, 12);
  const end = reader.position() + size;
  const contentSize = NO_CONTENT.has(type) ? 0 : size;
  yield {
    path: records.get('path') ?? (prefix === '' ? name : `${prefix}/${name}`),
    kind: records.has('GNU.sparse') ? 'other' : (KINDS[type] ?? 'other'),
    target: records.get('linkpath') ?? textAt(header, 157, 100),
    size: contentSize,
    modified: numberAt(header, 136, 12),
    content: reader.pieces(contentSize),
  };
  if (contentSize > 0) await skip(reader, end - reader.position() + padding(size));
}

const KINDS: Readonly<Record<string, TarEntry['kind']>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'link',
  '2': 'link',
  '5': 'folder',
};

/** Links, devices and folders: what their header says as size means nothing. */
const NO_CONTENT = new Set(['1', '2', '3', '4', '5', '6']);

/** pax records, of the next entry or of all; GNU's long name and long link. */
const META = new Set(['x', 'g', 'L', 'K']);

async function readMeta(reader: ByteReader, type: string, size: number, records: Map<string, string>): Promise<void> {
  if (size > MOST_META) throw new DamagedInput('a name in it is longer than is permitted');
  const text = decode(await takeAll(reader, size));
  await skip(reader, padding(size));
  if (type === 'L') records.set('path', text.replace(/\0.*$/s, ''));
  else if (type === 'K') records.set('linkpath', text.replace(/\0.*$/s, ''));
  // `LENGTH KEY=VALUE\n`. The length counts bytes; keys that are used here stand at the beginning of a line.
  else
    for (const [, key, value] of text.matchAll(/^\d+ (path|linkpath|size|GNU\.sparse)[^=\n]*=(.*)$/gm))
      records.set(key!, value!);
}

const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;

async function skip(reader: ByteReader, count: number): Promise<void> {
  let left = count;
  for await (const piece of reader.pieces(count)) left -= piece.length;
  if (left > 0) throw new DamagedInput('it ends early');
}

const isUstar = (header: Uint8Array): boolean => textAt(header, 257, 6) === 'ustar';

/** The sum of a header's bytes, with spaces for the sum itself. */
export function isHeader(header: Uint8Array): boolean {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 0x20 : (header[i] ?? 0);
  return sum === numberAt(header, 148, 8);
}

/** Octal digits; GNU writes what is too large for them in base 256. */
function numberAt(header: Uint8Array, at: number, length: number): number {
  const first = header[at]!;
  if (first & 0x80) {
    let value = first & 0x7f;
    for (let i = at + 1; i < at + length; i++) value = value * 256 + header[i]!;
    return value;
  }
  const text = textAt(header, at, length).trim();
  return text === '' ? 0 : /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : NaN;
}

function textAt(header: Uint8Array, at: number, length: number): string {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return decode(end < 0 ? field : field.subarray(0, end));
}

const decoder = new TextDecoder();
const decode = (bytes: Uint8Array): string => decoder.decode(bytes);
