/** Files of topologies on a disk, for `include`. Read at once and in turn: they are small, and nothing can be said before all are there. */
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { sep } from 'node:path';
import type { Found, Library } from '../shared/topology/include.ts';
import { readFile, type ReadFile } from '../shared/topology/read.ts';
import { errorCode } from './collect/errorCode.ts';

/** More is no topology of a tenant or a router, and whoever edits it waits. */
export const MAX_INCLUDED_BYTES = 1_000_000;

/** `/` between the parts, on all systems. */
export const slashed = (path: string): string => (sep === '\\' ? path.replaceAll('\\', '/') : path);

/** @param root the file that may have any length */
export const diskLibrary = (root: string, read: (path: string, text: string) => ReadFile = freshly): Library => ({
  find: (path, within) => fileAt(path, within, path === root ? Infinity : MAX_INCLUDED_BYTES, read),
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
    return { kind: 'unreadable', why: `cannot be read (${code}). May the user who runs this read it?` };
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
  return within !== undefined && isElsewhere(path, within) ? { kind: 'outside' } : undefined;
}

/** Whether a link leads out of a folder. */
function isElsewhere(path: string, folder: string): boolean {
  const [real, home] = [realpathSync(path), realpathSync(folder === '' ? '.' : folder)];
  return !real.startsWith(home.endsWith(sep) ? home : home + sep);
}

/** Links to folders are not followed: they may lead in circles. */
export function namesIn(folder: string): { name: string; isFolder: boolean }[] {
  try {
    const entries = readdirSync(folder === '' ? '.' : folder, { withFileTypes: true });
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
