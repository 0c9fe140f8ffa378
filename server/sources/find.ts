/** What is behind a path that a person gives: snapshots, sosreports, archives of them, and folders of any. Seen from content, not from names. */
import { createReadStream } from 'node:fs';
import { open, readFile, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Snapshot, isSnapshot, parseSnapshot } from '../../shared/snapshot.ts';
import { errorCode, fileErrorText } from '../collect/errorCode.ts';
import { mapLimit } from './mapLimit.ts';
import { COMMANDS, type ReportFiles } from './report.ts';
import { ARCHIVE, readReports } from './reportArchive.ts';
import { isFolder, readReportFolder } from './reportFolder.ts';
import { hostNames, snapshotOfReport } from './sosreport.ts';
import { isHeader } from './tar.ts';
import { packingOf } from './unpack.ts';

/** One state of one node that somebody kept. Its content is read only when it is asked for. */
export interface Found {
  path: string;
  /** What the node may be called, the likeliest first. */
  names: string[];
  collectedAt?: string;
  /** A sentence instead of the snapshot when it cannot be read. */
  read(): Promise<Snapshot | string>;
}

/** What was given and cannot be used: a sentence with its path. */
export interface Unusable {
  path: string;
  error: string;
}

/** The same as what a node may send. */
const MOST_BYTES = 64 * 1024 * 1024;
/** Folders in folders: `sos collect` by site, by day. */
const MOST_DEPTH = 4;
const PARALLEL = 16;

/** In the order of the paths and of the names in a folder; a report out of an archive comes when it was read. */
export async function* findSources(paths: readonly string[], mostBytes = MOST_BYTES): AsyncGenerator<Found | Unusable> {
  for (const path of paths) {
    let isEmpty = true;
    for await (const found of explore(path, 0, mostBytes)) {
      isEmpty = false;
      yield found;
    }
    if (isEmpty) yield { path, error: `${path}: a folder without snapshots and sosreports` };
  }
}

async function* explore(path: string, depth: number, mostBytes: number): AsyncGenerator<Found | Unusable> {
  try {
    if ((await stat(path)).isDirectory()) yield* folder(path, depth, mostBytes);
    else yield* file(path, mostBytes);
  } catch (error) {
    yield { path, error: reasonOf(path, error) };
  }
}

async function* folder(path: string, depth: number, mostBytes: number): AsyncGenerator<Found | Unusable> {
  if (await isFolder(join(path, COMMANDS))) {
    const files = await readReportFolder(path);
    yield ofReport(path, path, files);
    return;
  }
  const entries = (await readdir(path, { withFileTypes: true })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const snapshots = entries.filter(({ name }) => name.endsWith('.snapshot')).map(({ name }) => join(path, name));
  yield* await mapLimit(snapshots, PARALLEL, async (own) => headOf(own, mostBytes));
  for (const entry of entries) {
    if (entry.name.endsWith('.snapshot')) continue;
    const inner = join(path, entry.name);
    if ((entry.isFile() || entry.isSymbolicLink()) && ARCHIVE.test(entry.name)) yield* explore(inner, depth, mostBytes);
    else if (entry.isDirectory() && depth < MOST_DEPTH) yield* explore(inner, depth + 1, mostBytes);
  }
}

async function* file(path: string, mostBytes: number): AsyncGenerator<Found | Unusable> {
  if (!(await stat(path)).isFile()) yield { path, error: `${path}: not a regular file` };
  else {
    const start = await startOf(path, 512);
    if (packingOf(start) === 'none' && !(start.length === 512 && isHeader(start))) yield await headOf(path, mostBytes);
    else yield* archive(path);
  }
}

async function* archive(path: string): AsyncGenerator<Found | Unusable> {
  const notes: string[] = [];
  let isEmpty = true;
  try {
    for await (const report of readReports(path, createReadStream(path), notes)) {
      isEmpty = false;
      yield ofReport(report.path, report.root, report.files);
    }
    if (isEmpty && notes.length === 0) yield { path, error: `${path}: an archive without a sosreport` };
  } catch (error) {
    yield { path, error: `${path}: cannot be read: ${fileErrorText(error)}` };
  }
  for (const note of notes) yield { path, error: note };
}

/** `sosreport-HOST-2026-11-21-abcdefg.tar.xz`, `sosreport-HOST-CASE-…`. */
function namesInPath(path: string): string[] {
  const name = /^sosreport-([\w.-]+?)(?:-[^-]*)?-\d{4}-\d\d-\d\d-\w+\b/.exec(basename(path))?.[1];
  return name === undefined ? [] : [name];
}

/** @param folderName what the report itself is called */
function ofReport(path: string, folderName: string, files: ReportFiles): Found {
  const snapshot = snapshotOfReport(files);
  return {
    path,
    names: [...new Set([...hostNames(files), ...namesInPath(folderName), ...namesInPath(path)])],
    ...(snapshot.collectedAt === undefined ? {} : { collectedAt: snapshot.collectedAt }),
    read: async () => Promise.resolve(snapshot),
  };
}

/** Header lines alone: of thousands of snapshots only those that are used are read whole. */
const HEAD_BYTES = 4096;

async function headOf(path: string, mostBytes: number): Promise<Found | Unusable> {
  try {
    const info = await stat(path);
    if (!info.isFile()) return { path, error: `${path}: not a regular file` };
    if (info.size > mostBytes)
      return { path, error: `${path}: ${info.size} bytes, more than the ${mostBytes} that are read` };
    const start = (await startOf(path, HEAD_BYTES)).toString('utf8').replace(/^\uFEFF/, '');
    if (!isSnapshot(start)) return { path, error: notASnapshot(path, start) };
    const { node, collectedAt } = parseSnapshot(start.split(/\r?\n\r?\n/)[0]!);
    const stem = basename(path).replace(/\.snapshot$/, '');
    // `NODE/2026-11-21T22:10:00Z.snapshot`: there the folder is the node's.
    const isTime = !Number.isNaN(Date.parse(stem)) && /^\d{4}-\d\d-\d\d/.test(stem);
    const time = collectedAt ?? (isTime ? stem : undefined);
    return {
      path,
      names: [
        ...new Set([
          ...(node === undefined ? [] : [node]),
          isTime && node === undefined ? basename(dirname(path)) : stem,
        ]),
      ],
      ...(time === undefined ? {} : { collectedAt: time }),
      read: async () => readSnapshot(path),
    };
  } catch (error) {
    return { path, error: reasonOf(path, error) };
  }
}

async function readSnapshot(path: string): Promise<Snapshot | string> {
  try {
    return parseSnapshot((await readFile(path, 'utf8')).replace(/^\uFEFF/, ''));
  } catch (error) {
    return reasonOf(path, error);
  }
}

async function startOf(path: string, length: number): Promise<Buffer> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

const notASnapshot = (path: string, text: string): string =>
  text === ''
    ? `${path}: empty`
    : `${path}: neither a snapshot (its first line is not "dvrscope-snapshot 1") nor an archive of a sosreport`;

function reasonOf(path: string, error: unknown): string {
  return errorCode(error) === 'ENOENT'
    ? `${path}: no such file or folder`
    : `${path}: cannot be read: ${fileErrorText(error)}`;
}
