/** Sosreports in tar archives, packed or not, also several in one, and archives in archives as `sos collect` makes them. Read as streams. */
import { fileErrorText } from '../collect/errorCode.ts';
import { DamagedInput, type Pieces } from './bytes.ts';
import {
  COMMANDS,
  REPORT_LIMITS,
  type ReportFile,
  type ReportFiles,
  STATE_FOLDER,
  isRead,
  isStateOfAgent,
  leadsOut,
  splitPath,
} from './report.ts';
import { type TarEntry, readTar } from './tar.ts';
import { type UnpackLimits, UNPACK_LIMITS, unpack } from './unpack.ts';

/** A report with the path of its archive, inner archives behind it. */
export interface ArchivedReport {
  path: string;
  /** The folder in the archive that is the report. */
  root: string;
  files: ReportFiles;
}

export interface ArchiveLimits extends UnpackLimits {
  entries: number;
  /** Archives in archives. */
  depth: number;
}

export const ARCHIVE_LIMITS: ArchiveLimits = { ...UNPACK_LIMITS, entries: 5_000_000, depth: 2 };

/** Names that an archive has, also inside another one. */
export const ARCHIVE = /\.(tar|tgz|txz)(\.(xz|gz|bz2|zst))?$/;

/**
 * All reports of an archive. Throws `DamagedInput`; of an inner archive it becomes a note, and the others are read.
 * @param notes gets a sentence for what was left out
 */
export async function* readReports(
  path: string,
  source: Pieces,
  notes: string[],
  limits: ArchiveLimits = ARCHIVE_LIMITS,
): AsyncGenerator<ArchivedReport> {
  const reports = new Map<string, ReportFiles>();
  const budget: Budget = { bytes: REPORT_LIMITS.reportBytes, files: REPORT_LIMITS.files };
  let [entries, outside] = [0, 0];
  for await (const entry of readTar(unpack(source, limits))) {
    if (++entries > limits.entries) throw new DamagedInput(`it has more than ${limits.entries} entries`);
    if (entry.kind === 'file' && ARCHIVE.test(entry.path) && limits.depth > 0) {
      yield* inner(`${path}:${entry.path}`, entry, notes, { ...limits, depth: limits.depth - 1 });
      continue;
    }
    const place = splitPath(entry.path);
    if (leadsOut(entry.path)) outside++;
    if (place) await take(place, entry, reports, budget);
  }
  if (outside > 0) notes.push(`${path}: ${outside} entries whose paths lead out of the archive are not read`);
  const whole = [...reports].filter(([, files]) => [...files.keys()].some((name) => name.startsWith(`${COMMANDS}/`)));
  for (const [root, files] of whole) yield { path: whole.length > 1 ? `${path}:${root}` : path, root, files };
}

async function* inner(
  path: string,
  entry: TarEntry,
  notes: string[],
  limits: ArchiveLimits,
): AsyncGenerator<ArchivedReport> {
  try {
    yield* readReports(path, entry.content, notes, limits);
  } catch (error) {
    notes.push(`${path}: cannot be read: ${fileErrorText(error)}`);
  }
}

/** What may still be kept of one archive. */
interface Budget {
  bytes: number;
  files: number;
}

async function take(
  { root, inside }: { root: string; inside: string },
  entry: TarEntry,
  reports: Map<string, ReportFiles>,
  budget: Budget,
): Promise<void> {
  const isState = isStateOfAgent(inside);
  const isFile = isRead(inside) && entry.kind !== 'folder';
  if (!isFile && !isState) return;
  const files = reports.get(root) ?? new Map<string, ReportFile>();
  reports.set(root, files);
  if (isState) files.set(STATE_FOLDER, { modified: entry.modified });
  if (isFile) files.set(inside, await contentOf(entry, budget));
  if (--budget.files < 0) throw new DamagedInput(`it has more than ${REPORT_LIMITS.files} files of namespaces`);
}

async function contentOf(entry: TarEntry, budget: Budget): Promise<ReportFile> {
  const { modified, kind, size, target } = entry;
  if (kind === 'link') return { modified, reason: `only a link, to ${target.slice(0, 200)}: sos had to cut it` };
  if (kind !== 'file') return { modified, reason: 'not a regular file' };
  if (size > REPORT_LIMITS.fileBytes || size > budget.bytes)
    return { modified, reason: `${size} bytes, more than is read` };
  budget.bytes -= size;
  const pieces: Uint8Array[] = [];
  for await (const piece of entry.content) pieces.push(piece.slice());
  return { modified, text: Buffer.concat(pieces).toString('utf8') };
}
