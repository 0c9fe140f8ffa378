/** Which topology a file is a part of: found by looking at what others include. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { includedFiles } from '../shared/topology/include.ts';
import { diskLibrary, namesIn, slashed } from './diskLibrary.ts';

/** So many folders above a file are looked at, and so many files. */
const MAX_ABOVE = 6;
const MAX_LOOKED_AT = 500;

/** Whether a text may include others: the key may be written in many ways, but not without the word. */
export const mayInclude = (text: string): boolean => text.includes('include');

export const isTopologyName = (name: string): boolean => /^[^.].*\.dvr\.ya?ml$/s.test(name);

/** Topologies in the folder of a file and in those above it that include it, directly or by way of others; their absolute paths. */
export function rootsNear(file: string): string[] {
  const path = slashed(resolve(file));
  const roots: string[] = [];
  let left = MAX_LOOKED_AT;
  for (let folder = dirname(path), i = 0; i < MAX_ABOVE; i++, folder = dirname(folder)) {
    for (const { name, isFolder } of namesIn(folder)) {
      const other = `${folder === '/' ? '' : folder}/${name}`;
      if (isFolder || !isTopologyName(name) || other === path || left-- <= 0) continue;
      if (includesFile(other, path)) roots.push(other);
    }
    if (dirname(folder) === folder) break;
  }
  return topmost(roots);
}

function includesFile(root: string, path: string): boolean {
  try {
    if (statSync(root).size > 50_000_000 || !mayInclude(readFileSync(root, 'utf8'))) return false;
  } catch {
    return false;
  }
  return includedFiles(root, diskLibrary(root))?.files.some((file) => file.path === path) ?? false;
}

/** Those that no other one of them includes; all, where they go in a circle. */
export function topmost(roots: readonly string[], includes = includesFile): string[] {
  const top = roots.filter((root) => !roots.some((other) => other !== root && includes(other, root)));
  return top.length > 0 ? top : [...roots];
}
