/** Topologies in the folders that an editor has open: found once, when the first topology is opened. */
import type { Dirent } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { excludedIn, pathIn, type OpenFolder } from './excludes.ts';
import { isTopologyName } from './roots.ts';

/** So many names are looked at: a workspace may be somebody's whole disk. */
export const MAX_NAMES = 200_000;
export const MAX_FOUND = 10_000;
const MAX_DEPTH = 20;

/** Folders of other programs, in which nobody keeps topologies. */
export const isPassedOver = (name: string): boolean => name.startsWith('.') || name === 'node_modules';

export interface Scan {
  /** In the order of their names. */
  paths: string[];
  /** There were more names than are looked at. */
  isCut: boolean;
}

/** A folder to look through: one that is open, or one in it. */
export interface Place {
  path: string;
  open: OpenFolder;
}

/**
 * Links are not followed: they may lead in circles. What is excluded is not opened.
 * @param isWanted whether somebody still wants to know; otherwise nothing is found
 */
export async function findTopologies(
  places: readonly Place[],
  isWanted: () => boolean,
  maxNames = MAX_NAMES,
): Promise<Scan> {
  const scan: Scan = { paths: [], isCut: false };
  let names = 0;
  let level = [...places];
  for (let depth = 0; level.length > 0 && depth < MAX_DEPTH && !scan.isCut; depth++) {
    const next: Place[] = [];
    for (const { path: folder, open } of level) {
      const isExcluded = excludedIn(open, folder);
      if (!isExcluded) continue;
      for await (const entry of entriesOf(folder)) {
        const isFound = entry.isFile() && isTopologyName(entry.name) && !isExcluded(entry.name);
        if (++names > maxNames || (isFound && scan.paths.length >= MAX_FOUND)) scan.isCut = true;
        if (!isWanted()) return { paths: [], isCut: false };
        if (scan.isCut) break;
        if (isFound) scan.paths.push(pathIn(folder, entry.name));
        else if (entry.isDirectory() && !isPassedOver(entry.name) && !isExcluded(entry.name))
          next.push({ path: pathIn(folder, entry.name), open });
      }
      if (scan.isCut) break;
    }
    level = next;
  }
  scan.paths.sort();
  return scan;
}

/** One after the other: there may be millions, and disks and descriptors are shared with the editor. */
async function* entriesOf(folder: string): AsyncGenerator<Dirent> {
  try {
    yield* await opendir(folder, { bufferSize: 256 });
  } catch {
    // No folder any more, or nobody may look into it.
  }
}

/** Those of some paths that are folders; links are not followed. */
export async function foldersAmong(paths: readonly string[]): Promise<string[]> {
  const folders: string[] = [];
  for (const path of paths) {
    // oxlint-disable-next-line no-await-in-loop -- as above
    const found = await lstat(path).catch(() => undefined);
    if (found?.isDirectory()) folders.push(path);
  }
  return folders;
}
