/**
 * What the user excludes in a folder, by the settings of VS Code: `files.exclude` hides from the explorer, and `search.exclude`, which
 * inherits from it, from searches. What both say of one pattern counts as the second one has it (`getExcludes` in VS Code's
 * `src/vs/workbench/services/search/common/search.ts`). To look through folders is to search.
 * `files.watcherExclude` is not asked for: it says of which files no change is told, searches of the editor look there all the same, and
 * what is not told does not come here.
 */
import { lstatSync } from 'node:fs';
import { extname } from 'node:path';
import { FOLDS_CASE } from './diskLibrary.ts';
import { ANY_FOLDERS, isFit, partsOf, type Part } from './glob.ts';

/** The settings of one folder, in this order. */
export const EXCLUDE_SECTIONS = ['files.exclude', 'search.exclude'] as const;

/** So many characters of patterns names are held against, and so many are read at all. */
const MAX_CHARACTERS = 20_000;
const MAX_READ = 1_000_000;

/** The end of a pattern. With `when`, which says how another name is made of it, a name counts only beside that. */
interface End {
  when?: string;
}

export interface Excludes {
  /** What was said, to see whether it is something else now. */
  said: string;
  /** Names that are excluded in any folder: most patterns are no more. */
  names: ReadonlySet<string>;
  /** The other patterns, one behind the other, and where each begins. */
  parts: readonly (Part | End)[];
  begins: readonly number[];
  /** Patterns that are too long, or too many. */
  unused: readonly string[];
}

/** A folder that the editor has open. */
export interface OpenFolder {
  path: string;
  excludes: Excludes;
}

/** @param answers what an editor has for `EXCLUDE_SECTIONS`, whatever that is: what does not say that it excludes does not */
export function excludesFrom(answers: readonly unknown[]): Excludes {
  const entries = [...new Map(answers.flatMap(entriesOf))].flatMap(([pattern, value]): [string, End][] => {
    const [, when] = entriesOf(value).find(([key]) => key === 'when') ?? [];
    return value === true ? [[pattern, {}]] : typeof when === 'string' ? [[pattern, { when }]] : [];
  });
  const names = new Set<string>();
  const parts: (Part | End)[] = [];
  const begins: number[] = [];
  const unused: string[] = [];
  let left = MAX_CHARACTERS;
  let unread = MAX_READ;
  for (const [pattern, end] of entries) {
    const ways = unread > 0 ? partsOf(folded(pattern.trim())) : undefined;
    const nameOf = (way: readonly Part[]): string | undefined =>
      end.when === undefined ? nameAnywhere(way) : undefined;
    const others = ways?.filter((way) => nameOf(way) === undefined) ?? [];
    const size = others.flat().reduce((sum, part) => sum + part.length, 0);
    unread -= pattern.length + size;
    if (!ways || size > left) {
      unused.push(pattern);
      continue;
    }
    left -= size;
    for (const name of ways.map(nameOf)) if (name !== undefined) names.add(name);
    for (const way of others) {
      begins.push(parts.length);
      parts.push(...way, end);
    }
  }
  return { said: JSON.stringify(entries), names, parts, begins, unused };
}

const entriesOf = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];

/** VS Code folds case where the system does (its documentation, "Case sensitivity"). */
const folded = (text: string): string => (FOLDS_CASE ? text.toLowerCase() : text);

/** What a pattern says that a name, and with it all that is below it, is excluded in any folder. */
function nameAnywhere([first, name, last, ...more]: readonly Part[]): string | undefined {
  const isAny = first === ANY_FOLDERS && (last === undefined || last === ANY_FOLDERS) && more.length === 0;
  return isAny && typeof name === 'string' ? name : undefined;
}

export const NO_EXCLUDES: Excludes = excludesFrom([]);

/** Says of names in a folder whether they are excluded; `undefined`: the folder itself is. One that is open never is. */
export function excludedIn({ path, excludes }: OpenFolder, folder: string): ((name: string) => boolean) | undefined {
  let [at, places] = [path, excludes.begins];
  for (const name of folder.slice(path.length).split('/')) {
    if (name === '') continue;
    const found = step(excludes, places, name);
    if (isExcluded(found, at, name)) return undefined;
    [at, places] = [pathIn(at, name), found.places];
  }
  return (name) => isExcluded(step(excludes, places, name), at, name);
}

export const pathIn = (folder: string, name: string): string => `${folder.replace(/\/$/, '')}/${name}`;

interface Step {
  /** Patterns that the name is the end of. */
  ends: End[];
  /** Where in `parts` names in a folder of that name go on. */
  places: readonly number[];
}

const ANYWHERE: End = {};

function step({ names, parts }: Excludes, places: readonly number[], written: string): Step {
  const name = folded(written);
  if (names.has(name)) return { ends: [ANYWHERE], places };
  const next = new Set<number>();
  const enter = (place: number): void => {
    const part = parts[place]!;
    if (isEnd(part)) return;
    if (part === ANY_FOLDERS) {
      next.add(place);
      enter(place + 1);
    } else if (isFit(name, part)) next.add(place + 1);
  };
  places.forEach(enter);
  const ends = [...next].flatMap((place) => {
    // `folder/**` is the folder, too.
    const part = parts[parts[place] === ANY_FOLDERS ? place + 1 : place]!;
    return isEnd(part) ? [part] : [];
  });
  return { ends, places: [...next] };
}

const isEnd = (part: Part | End): part is End => typeof part === 'object' && !Array.isArray(part);

function isExcluded({ ends }: Step, folder: string, name: string): boolean {
  return ends.some(
    ({ when }) =>
      when === undefined ||
      isThere(
        folder,
        when.replace('$(basename)', () => stemOf(name)),
      ),
  );
}

/** Without its last ending: VS Code means that by `basename`. */
const stemOf = (name: string): string => name.slice(0, name.length - extname(name).length);

/** Looked up when the folder is looked through, and when the file that this counts for changes. */
function isThere(folder: string, name: string): boolean {
  try {
    // Nothing else than a name is beside another one.
    return !/^\.{0,2}$|\//.test(name) && lstatSync(pathIn(folder, name), { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}
