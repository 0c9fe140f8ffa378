/** The entries of `include` in one file: where they stand, and where they lead. */
import { pointer, type Range } from '../../shared/problem.ts';
import { folderOf, joinPath } from '../../shared/topology/filePath.ts';
import { wrongPath } from '../../shared/topology/include.ts';
import { isPattern } from '../../shared/topology/pathPattern.ts';
import { scalarText } from '../../shared/topology/scalarText.ts';
import type { Document } from '../document.ts';
import { pathOf } from '../uri.ts';

/** An entry of `include` in one file. */
export interface IncludeEntry {
  text: string;
  /** As written, with quotes. */
  range: Range;
  /** Where it leads; absent: nowhere, or to many. */
  path?: string;
}

/** In the order of the file. */
export function includeEntries(document: Document): IncludeEntry[] {
  const path = pathOf(document.text.uri);
  const { sourceMap } = document.reading();
  if (path === undefined || !sourceMap.has('/include')) return [];
  const entries: IncludeEntry[] = [];
  for (let i = 0, at = sourceMap.get(pointer('include', 0)); at; at = sourceMap.get(pointer('include', ++i))) {
    const raw = document.text.getText().slice(...at.value);
    const text = scalarText(raw);
    if (text === undefined) continue;
    const leads = wrongPath(text) === undefined && !isPattern(text);
    entries.push({ text, range: at.value, ...(leads && { path: joinPath(folderOf(path), text) }) });
  }
  return entries;
}
