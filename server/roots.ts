/** Which topology a file is a part of: found by looking at what others include. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { includedFiles } from '../shared/topology/include.ts';
import { INCLUDE, readIncluded } from '../shared/topology/includeOnly.ts';
import { diskLibrary, MAX_ROOT_BYTES, namesIn, slashed } from './diskLibrary.ts';

/** So many folders above a file are looked at, and so many files. */
const MAX_ABOVE = 6;
const MAX_LOOKED_AT = 500;

export const isTopologyName = (name: string): boolean => /^[^.].*\.dvr\.ya?ml$/s.test(name);

/** Topologies in the folder of a file and in those above it that include it, directly or by way of others; their absolute paths. */
export function rootsNear(file: string): string[] {
  const path = slashed(resolve(file));
  const roots = new Map<string, ReadonlySet<string>>();
  let left = MAX_LOOKED_AT;
  for (let folder = dirname(path), i = 0; i < MAX_ABOVE; i++, folder = dirname(folder)) {
    for (const { name, isFolder } of namesIn(folder)) {
      const other = `${folder === '/' ? '' : folder}/${name}`;
      if (isFolder || !isTopologyName(name) || other === path || left-- <= 0) continue;
      const files = filesOf(other);
      if (files.has(path)) roots.set(other, files);
    }
    if (dirname(folder) === folder) break;
  }
  return topmost(roots);
}

/** The files of a topology. Of each only what it includes is read. */
function filesOf(root: string): ReadonlySet<string> {
  if (!hasWord(root)) return NONE;
  const library = diskLibrary(root, (_path, text) => readIncluded(text), MAX_ROOT_BYTES);
  return new Set(includedFiles(root, library)?.files.map(({ path }) => path));
}

const NONE: ReadonlySet<string> = new Set();

/** So much of a file is held at a time. */
const PIECE = 64 * 1024;

/** Whether a file may include others. Most do not, and may be long: they are only looked through. */
function hasWord(path: string): boolean {
  try {
    const found = statSync(path);
    if (!found.isFile() || found.size > MAX_ROOT_BYTES) return false;
    const descriptor = openSync(path, 'r');
    try {
      return hasWordIn(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return false;
  }
}

function hasWordIn(descriptor: number): boolean {
  const piece = Buffer.allocUnsafe(PIECE);
  // The word may lie across two pieces.
  const overlap = INCLUDE.length - 1;
  for (let kept = 0; ;) {
    const read = readSync(descriptor, piece, kept, PIECE - kept, null);
    if (read === 0) return false;
    const end = kept + read;
    if (piece.subarray(0, end).includes(INCLUDE)) return true;
    kept = Math.min(overlap, end);
    piece.copy(piece, 0, end - kept, end);
  }
}

/** Those that no other one of them includes; all, where they go in a circle. */
function topmost(roots: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const included = new Set([...roots].flatMap(([root, files]) => [...files].filter((path) => path !== root)));
  const top = [...roots.keys()].filter((root) => !included.has(root));
  return top.length > 0 ? top : [...roots.keys()];
}
