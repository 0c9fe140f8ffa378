/** Patterns of paths in `include`: `*` for any characters of a name, `?` for one, `**` for any folders. */
import type { Library } from './include.ts';
import { joinPath } from './filePath.ts';

export const isPattern = (path: string): boolean => /[*?]/.test(path);

/** So deep, and at so many names, all patterns of a topology look. */
const MAX_DEPTH = 20;
export const MAX_NAMES = 100_000;

/** Topologies, or what may be some; names that begin with a dot are hidden, as a shell has it. */
export const isTopology = (name: string): boolean => /^[^.].*\.ya?ml$/s.test(name);
const isShown = (name: string): boolean => !name.startsWith('.') && name !== 'node_modules';

/** The files that fit, in the order of their names; `isCut`: there are more names than are looked at. */
export function matches(
  folder: string,
  pattern: string,
  { list }: Pick<Library, 'list'>,
  budget: { names: number },
): { paths: string[]; isCut: boolean } {
  const parts = partsOf(pattern);
  const first = parts.findIndex(isPattern);
  const paths = new Set<string>();
  const look = (at: string, rest: readonly string[], depth: number): void => {
    const [part = '', ...more] = rest;
    if (part === '**') look(at, more.length > 0 ? more : ['*'], depth);
    if (budget.names <= 0 || depth > MAX_DEPTH) return;
    if (part !== '' && !isPattern(part) && more.length > 0) return look(joinPath(at, part), more, depth + 1);
    for (const { name, isFolder } of list(at)) {
      if (--budget.names <= 0) return;
      const path = joinPath(at, name);
      if (isFolder && part === '**' && isShown(name)) look(path, rest, depth + 1);
      if (part === '**' || !fits(name, part)) continue;
      if (isFolder && more.length > 0 && isShown(name)) look(path, more, depth + 1);
      if (!isFolder && more.length === 0 && isTopology(name)) paths.add(path);
    }
  };
  look(joinPath(folder, parts.slice(0, first).join('/')), parts.slice(first), 0);
  return { paths: [...paths].toSorted(), isCut: budget.names <= 0 };
}

const partsOf = (pattern: string): string[] =>
  pattern.split('/').filter((part, i, all) => part !== '' && part !== '.' && !(part === '**' && all[i - 1] === '**'));

/** The folders that a pattern begins with. */
export function fixedPart(pattern: string): string {
  const parts = pattern.split('/');
  return parts.slice(0, parts.findIndex(isPattern)).join('/');
}

/** Whether `matches` would find a file, by its path from the same folder; `..` in a pattern fits nothing. */
export function fitsPath(path: string, pattern: string): boolean {
  const [names, parts] = [path.split('/'), partsOf(pattern)];
  /** Places in the pattern that the names so far may have led to. */
  let at = new Set([0]);
  names.forEach((name, i) => {
    const isFile = i === names.length - 1;
    const next = new Set<number>();
    const enter = (k: number): void => {
      const part = parts[k];
      if (part === undefined) return;
      // As in `matches`: at the end it stands for any file, before it for no folder, too.
      if (part === '**') {
        if (k + 1 < parts.length) enter(k + 1);
        if (isFile ? k + 1 === parts.length : isShown(name)) next.add(isFile ? parts.length : k);
      } else if ((!isPattern(part) ? part === name : fits(name, part)) && (isFile || !isPattern(part) || isShown(name)))
        next.add(k + 1);
    };
    at.forEach(enter);
    at = next;
  });
  return at.has(parts.length) && isTopology(names.at(-1)!);
}

/** Whether a name fits a part of a pattern, in time that is at most the product of their lengths. */
export function fits(name: string, part: string): boolean {
  let [at, i, star, retry] = [0, 0, -1, 0];
  while (at < name.length) {
    if (part[i] === '*') [star, retry] = [i++, at];
    else if (part[i] === '?' || part[i] === name[at]) [at, i] = [at + 1, i + 1];
    else if (star >= 0) [i, at] = [star + 1, ++retry];
    else return false;
  }
  while (part[i] === '*') i++;
  return i === part.length;
}
