/** Texts that a person names on the command line, `-` for standard input: read as what they are, and never written over by what was misread. */
import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import type { Found, Library } from '../../shared/topology/include.ts';
import { readFile as readOneFile } from '../../shared/topology/read.ts';
import { errorCode, fileErrorText } from '../collect/errorCode.ts';
import { diskLibrary } from '../diskLibrary.ts';
import { type Io, UsageError } from './io.ts';

export const STANDARD_INPUT = '-';

/** A topology of ten thousand nodes is smaller; a device or a pipe may have no end. */
const MOST_BYTES = 100_000_000;

/**
 * Throws a UsageError where it is no text in UTF-8.
 * @param say where only some bytes of it are not UTF-8, that is said and they are read as U+FFFD; absent: that is an error as well
 * @param hint what to give instead of something that is no text
 */
export async function readText(path: string, say?: Io['err'], hint = ''): Promise<string> {
  const bytes = await bytesOf(path);
  if (isWide(bytes)) throw new UsageError(`${path} is UTF-16: save it as UTF-8`, false);
  if (bytes.includes(0)) throw new UsageError(`${path} is no text${hint}`, false);
  const line = lineOfOthers(bytes);
  if (line !== undefined && !say) throw notWritten(path, line);
  if (line !== undefined) say?.(`${path}:${line}: what is not UTF-8 here is read as \uFFFD; save the file as UTF-8\n`);
  return bytes.toString('utf8');
}

const notWritten = (path: string, line: number): UsageError =>
  new UsageError(`${path}:${line}: not UTF-8, so the file is left as it is: save it as UTF-8 first`, false);

/**
 * Writes a text over the one that was read.
 * Where the file holds anything else it stays: bytes that are no UTF-8 would be lost, and so would what somebody wrote meanwhile.
 */
export async function writeOver(path: string, before: string, after: string): Promise<void> {
  try {
    if (!(await stat(path)).isFile()) throw new UsageError(`${path} is no file that can be written over`, false);
    const bytes = await readFile(path);
    const line = lineOfOthers(bytes);
    if (line !== undefined) throw notWritten(path, line);
    if (bytes.toString('utf8') !== before)
      throw new UsageError(`${path} was changed meanwhile, so it is left as it is: try again`, false);
    await writeFile(path, after);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${path} cannot be written: ${fileErrorText(error)}`, false);
  }
}

/** Files on the disk, but for those whose text is given. */
export function libraryWith(root: string, texts: ReadonlyMap<string, string>): Library {
  const disk = diskLibrary(root);
  const made = new Map<string, Found>();
  return {
    ...disk,
    find(path, within) {
      const text = texts.get(path);
      if (text === undefined) return disk.find(path, within);
      const found: Found = made.get(path) ?? { kind: 'file', text, read: readOneFile(text) };
      made.set(path, found);
      return found;
    },
  };
}

async function bytesOf(path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of path === STANDARD_INPUT ? process.stdin : createReadStream(path)) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- no encoding is set on these streams
      chunks.push(chunk as Buffer);
      size += chunks.at(-1)!.length;
      if (size > MOST_BYTES)
        throw new UsageError(`${path} has more than ${MOST_BYTES / 1_000_000} MB, which are read at most`, false);
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const instead = errorCode(error) === 'EISDIR' ? '. Give the file in it that has the topology' : '';
    throw new UsageError(`${path} cannot be read: ${fileErrorText(error)}${instead}`, false);
  }
  return Buffer.concat(chunks);
}

/** By its byte order mark. */
const isWide = (bytes: Buffer): boolean =>
  (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);

/** The first line, from 1, with bytes that are no UTF-8. No line feed is ever a part of another character. */
function lineOfOthers(bytes: Buffer): number | undefined {
  if (isUtf8(bytes)) return undefined;
  let line = 1;
  for (let start = 0; ; line++) {
    const end = bytes.indexOf(10, start);
    if (end === -1 || !isUtf8(bytes.subarray(start, end))) return line;
    start = end + 1;
  }
}
