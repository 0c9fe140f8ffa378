/** Files of topologies on a disk, for `include`. Read at once and in turn: they are small, and nothing can be said before all are there. */
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { sep } from 'node:path';
import type { Found, Library } from '../shared/topology/include.ts';
import { readFile, type ReadFile } from '../shared/topology/read.ts';
import { errorCode, fileErrorText } from './collect/errorCode.ts';

/** More is no topology of a tenant or a router, and whoever edits it waits. */
export const MAX_INCLUDED_BYTES = 1_000_000;

/** `/` between the parts, on all systems. */
export const slashed = (path: string): string => (sep === '\\' ? path.replaceAll('\\', '/') : path);

/** More of a file that nobody opened is not read. */
export const MAX_ROOT_BYTES = 50_000_000;

/** @param root the file that may be longer than what it includes, by default of any length */
export const diskLibrary = (
  root: string,
  read: (path: string, text: string) => ReadFile = freshly,
  rootLimit = Infinity,
): Library => ({
  find: (path, within) => fileAt(path, within, path === root ? rootLimit : MAX_INCLUDED_BYTES, read),
  list: namesIn,
});

const freshly = (_path: string, text: string): ReadFile => readFile(text);

function fileAt(
  path: string,
  within: string | undefined,
  limit: number,
  read: (path: string, text: string) => ReadFile,
): Found {
  try {
    const wrong = wrongFile(path, within, limit);
    if (wrong) return wrong;
    const text = readFileSync(path, 'utf8');
    if (limit < Infinity && text.includes('\0'))
      return { kind: 'unreadable', why: 'is no text. Include files that end in `.dvr.yaml`.' };
    // Many files are only looked at.
    let made: ReadFile | undefined;
    return {
      kind: 'file',
      text,
      get read() {
        return (made ??= read(path, text));
      },
    };
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' };
    return { kind: 'unreadable', why: `cannot be read (${fileErrorText(error)}). May the user who runs this read it?` };
  }
}

/** What is there and must not be read, if that is so. */
export function wrongFile(path: string, within: string | undefined, limit: number): Found | undefined {
  const found = statSync(path);
  if (found.isDirectory())
    return { kind: 'unreadable', why: 'is a folder. To include what is in it, write `FOLDER/*.dvr.yaml`.' };
  // A root may come through a pipe.
  if (!found.isFile() && limit < Infinity) return { kind: 'unreadable', why: 'is no file with a text.' };
  if (found.size > limit) {
    const megabytes = (found.size / 1_000_000).toFixed(1);
    return {
      kind: 'unreadable',
      why: `has ${megabytes} MB, and included files are read up to 1 MB. Split it into several.`,
    };
  }
  if (within === undefined) return undefined;
  if (FOLDS_CASE && isOtherCase(path, within, realpathSync.native(path))) return { kind: 'missing' };
  return isElsewhere(path, within) ? { kind: 'outside' } : undefined;
}

/** Systems that find `Red.dvr.yaml` by `red.dvr.yaml`, as disks of them are made by default. */
export const FOLDS_CASE = process.platform === 'win32' || process.platform === 'darwin';

/**
 * Whether a file was found by a name with other letters than it has below a folder. Then it is missing on every other machine, and here it
 * would be two files: that one and the one that the editor has open.
 */
export function isOtherCase(path: string, within: string, real: string): boolean {
  const written = path.slice(within.length);
  const found = slashed(real).slice(-written.length);
  return found !== written && found.toLowerCase() === written.toLowerCase();
}

/** Whether a link leads out of a folder. */
function isElsewhere(path: string, folder: string): boolean {
  const [real, home] = [realpathSync(path), realpathSync(onDisk(folder))];
  return !real.startsWith(home.endsWith(sep) ? home : home + sep);
}

/** A folder as the system has it. The name of a drive alone is the folder that Windows has open there. */
const onDisk = (folder: string): string => (folder === '' ? '.' : /^[a-z]:$/i.test(folder) ? `${folder}/` : folder);

/** Links to folders are not followed: they may lead in circles. */
export function namesIn(folder: string): { name: string; isFolder: boolean }[] {
  try {
    const entries = readdirSync(onDisk(folder), { withFileTypes: true });
    return entries.flatMap((entry) => {
      const isFolder = entry.isDirectory();
      return isFolder || entry.isFile() || (entry.isSymbolicLink() && isLinkToFile(`${folder || '.'}/${entry.name}`))
        ? [{ name: entry.name, isFolder }]
        : [];
    });
  } catch {
    // No folder, or nobody may look: then nothing is found in it, which is told.
    return [];
  }
}

function isLinkToFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
