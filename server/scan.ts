/** Topologies in the folders that an editor has open: found once, when the first topology is opened. */
import { readdir } from 'node:fs/promises';
import { isTopologyName } from './roots.ts';

/** So many names are looked at: a workspace may be somebody's whole disk. */
const MAX_NAMES = 200_000;
const MAX_FOUND = 10_000;
const MAX_DEPTH = 20;

/** Folders of other programs, in which nobody keeps topologies. */
const isPassedOver = (name: string): boolean => name.startsWith('.') || name === 'node_modules';

export interface Scan {
  /** In the order of their names. */
  paths: string[];
  /** There were more names than are looked at. */
  isCut: boolean;
}

/** Links are not followed: they may lead in circles. */
export async function findTopologies(folders: readonly string[]): Promise<Scan> {
  const scan: Scan = { paths: [], isCut: false };
  let names = 0;
  let level = [...folders];
  for (let depth = 0; level.length > 0 && depth < MAX_DEPTH && !scan.isCut; depth++) {
    const next: string[] = [];
    for (const folder of level) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other: disks and descriptors are shared with the editor
      const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
      for (const entry of entries) {
        if (++names > MAX_NAMES || scan.paths.length >= MAX_FOUND) scan.isCut = true;
        if (scan.isCut) break;
        const path = `${folder === '/' ? '' : folder}/${entry.name}`;
        if (entry.isDirectory() && !isPassedOver(entry.name)) next.push(path);
        else if (entry.isFile() && isTopologyName(entry.name)) scan.paths.push(path);
      }
      if (scan.isCut) break;
    }
    level = next;
  }
  scan.paths.sort();
  return scan;
}
