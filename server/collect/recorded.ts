/**
 * Snapshots from files. What a path is, one snapshot or a folder of them, is seen from what is there, not from its name.
 */
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isSnapshot } from '../../shared/snapshot.ts';
import { errorCode } from './errorCode.ts';

/** Either `text` or `error` is set. */
/** One file that was asked for, or that is in a folder that was. */
export interface RecordedSnapshot {
  path: string;
  text?: string;
  /** For a person, with the path. */
  error?: string;
}

/** The same as what a node may send. */
const MOST_BYTES = 64 * 1024 * 1024;

/** All snapshots of some files and folders, in the order of the paths and of the names in a folder. */
export async function readRecorded(paths: readonly string[], mostBytes = MOST_BYTES): Promise<RecordedSnapshot[]> {
  const all = await Promise.all(paths.map(async (path) => readPath(path, mostBytes)));
  return all.flat();
}

async function readPath(path: string, mostBytes: number): Promise<RecordedSnapshot[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [await readSnapshotFile(path, mostBytes)];
    const entries = await readdir(path);
    const names = entries.filter((name) => name.endsWith('.snapshot')).toSorted();
    if (names.length === 0) return [{ path, error: `${path}: a folder without any *.snapshot file` }];
    return await Promise.all(names.map(async (name) => readSnapshotFile(join(path, name), mostBytes)));
  } catch (error) {
    return [{ path, error: reason(path, error) }];
  }
}

async function readSnapshotFile(path: string, mostBytes: number): Promise<RecordedSnapshot> {
  try {
    const info = await stat(path);
    if (!info.isFile()) return { path, error: `${path}: not a regular file` };
    if (info.size > mostBytes)
      return { path, error: `${path}: ${info.size} bytes, more than the ${mostBytes} that are read` };
    const text = (await readFile(path, 'utf8')).replace(/^\uFEFF/, '');
    return isSnapshot(text) ? { path, text } : { path, error: notASnapshot(path, text) };
  } catch (error) {
    return { path, error: reason(path, error) };
  }
}

const notASnapshot = (path: string, text: string): string =>
  text === '' ? `${path}: empty` : `${path}: not a snapshot: its first line is not "dvrscope-snapshot 1"`;

function reason(path: string, error: unknown): string {
  const code = errorCode(error);
  return code === 'ENOENT' ? `${path}: no such file or folder` : `${path}: cannot be read: ${code}`;
}
