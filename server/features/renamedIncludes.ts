/**
 * What `include` of a file must say when files and folders get other names. Paths follow what they lead to, and patterns the folder that
 * they begin in; what a pattern no longer fits is named beside it, unless its new name says that it is to be no part any more.
 */
import type { TextEdit } from 'vscode-languageserver';
import { folderOf, joinPath, nameOf, relativePath } from '../../shared/topology/filePath.ts';
import { wrongPath } from '../../shared/topology/include.ts';
import { fitsPath, fixedPart, isPattern, isTopology } from '../../shared/topology/pathPattern.ts';
import { quoted, yamlScalar } from '../../shared/topology/yamlText.ts';
import type { Document } from '../document.ts';
import { pathOf } from '../uri.ts';
import { includeEntries, type IncludeEntry } from './includeEntries.ts';
import { lspRange } from './range.ts';

/** A file or a folder. */
export interface Move {
  from: string;
  to: string;
}

function moved(path: string, moves: readonly Move[]): string {
  for (const { from, to } of moves) {
    if (path === from) return to;
    if (path.startsWith(`${from}/`)) return to + path.slice(from.length);
  }
  return path;
}

/** A file with `include`, as it is and as it will be. */
interface Including {
  document: Document;
  moves: readonly Move[];
  /** The folder in which its paths begin. */
  before: string;
  after: string;
}

export function includeEdits(document: Document, moves: readonly Move[]): TextEdit[] {
  const path = pathOf(document.text.uri);
  const entries = includeEntries(document);
  if (path === undefined || entries.length === 0) return [];
  const including: Including = { document, moves, before: folderOf(path), after: folderOf(moved(path, moves)) };
  const texts = entries.map((entry) => entryAfter(including, entry));
  const added = leftOut(including, entries, texts);
  return entries.flatMap((entry, i) => {
    const more = added.flatMap(({ entry: by, path: target }) => (by === i ? [target] : []));
    return entryEdits(including, entry, texts[i]!, more);
  });
}

/** What an entry says afterwards: the same, where it leads to the same. */
function entryAfter({ moves, before, after }: Including, { text, path }: IncludeEntry): string {
  if (path !== undefined) {
    const target = moved(path, moves);
    return joinPath(after, text) === target || (target === path && before === after)
      ? text
      : pathFrom(after, target, text);
  }
  if (!isFollowed(text)) return text;
  const fixed = fixedPart(text);
  const base = joinPath(before, fixed);
  const target = moved(base, moves);
  if (joinPath(after, fixed) === target || (target === base && before === after)) return text;
  return pathFrom(after, `${target}/${text.slice(fixed.length).replace(/^\//, '')}`, text);
}

/** A pattern that can begin elsewhere. */
const isFollowed = (text: string): boolean =>
  wrongPath(text) === undefined && isPattern(text) && !text.slice(fixedPart(text).length).split('/').includes('..');

/** The path from a folder; on another drive of Windows there is none, and the entry stays what it was. */
const pathFrom = (folder: string, path: string, otherwise: string): string =>
  driveOf(folder) === driveOf(path) ? relativePath(folder, path) : otherwise;

const driveOf = (path: string): string | undefined => /^[a-z]:/i.exec(path)?.[0].toLowerCase();

/** Files that a pattern found before and no entry finds afterwards, with the number of the entry. */
function leftOut(
  including: Including,
  entries: readonly IncludeEntry[],
  texts: readonly string[],
): { entry: number; path: string }[] {
  const { document, moves, before, after } = including;
  const isFound = (path: string): boolean =>
    texts.some((text) => (isPattern(text) ? fits(after, text, path) : joinPath(after, text) === path));
  return document.parts().flatMap(({ text: { uri } }) => {
    const path = pathOf(uri);
    const now = path === undefined ? path : moved(path, moves);
    if (path === undefined || now === undefined || now === path || !isTopology(nameOf(now)) || isFound(now)) return [];
    const entry = entries.findIndex(({ text }) => isPattern(text) && fits(before, text, path));
    const isNamed = (): boolean =>
      document.parts().some((part) => includeEntries(part).some((each) => each.path === path));
    return entry < 0 || driveOf(now) !== driveOf(after) || isNamed() ? [] : [{ entry, path: now }];
  });
}

const fits = (folder: string, pattern: string, path: string): boolean => {
  const fixed = fixedPart(pattern);
  const base = joinPath(folder, fixed);
  const prefix = base === '/' ? base : `${base}/`;
  return path.startsWith(prefix) && fitsPath(path.slice(prefix.length), pattern.slice(fixed.length));
};

/** @param more paths to be named behind the entry */
function entryEdits(
  { document, after }: Including,
  { text, range }: IncludeEntry,
  now: string,
  more: readonly string[],
): TextEdit[] {
  if (now === text && more.length === 0) return [];
  const whole = document.text.getText();
  const raw = whole.slice(...range);
  const written = now === text ? raw : writtenAs(raw, now);
  const others = more.map((path) => writtenAs(raw, relativePath(after, path)));
  const edit = (all: readonly string[]): TextEdit[] => [{ range: lspRange(document, range), newText: all.join(', ') }];
  const own = now === text ? [] : edit([written]);
  if (others.length === 0) return own;
  const list = document.reading().sourceMap.get('/include');
  if (list && whole[list.value[0]] === '[') return edit([written, ...others]);
  const line = whole.lastIndexOf('\n', range[0] - 1) + 1;
  const dash = /^[ \t]*-[ \t]+$/.exec(whole.slice(line, range[0]));
  // The list is in an alias, or written in a way that nobody writes: then the check tells what is missing.
  if (!dash) return own;
  const end = /\r?\n|$/.exec(whole.slice(range[1]))!;
  const at = range[1] + end.index;
  const newText = others.map((each) => `${end[0] || '\n'}${dash[0]}${each}`).join('');
  return [...own, { range: lspRange(document, [at, at]), newText }];
}

/** In the quotes that the entry has; a path that begins with no indicator of YAML needs none. */
function writtenAs(raw: string, text: string): string {
  if (raw.startsWith('"')) return quoted(text);
  if (raw.startsWith("'")) return `'${text.replaceAll("'", "''")}'`;
  return /^[\p{L}\p{N}_.][\p{L}\p{N}_./*?-]*$/u.test(text) && text.includes('/') ? text : yamlScalar(text);
}
