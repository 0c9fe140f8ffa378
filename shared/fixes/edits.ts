/**
 * Small changes of a topology's text: an entry set, added, renamed or taken out, in the style in which its neighbours are written.
 * Each gives `undefined` where the text has no place for it: inside of an alias or merge key, or where a comment is in the way.
 */
import { pointerKeys, type Pointer, type Range } from '../problem.ts';
import type { SourceMap } from '../topology/sourceMap.ts';
import { quoted, yamlScalar } from '../topology/yamlText.ts';

export interface Edit {
  range: Range;
  text: string;
}

/** A text and where its entries stand. */
export interface Source {
  text: string;
  sourceMap: SourceMap;
}

export type Edits = Edit[] | undefined;

/** All of them, or nothing when one has no place. */
export const together = (...parts: Edits[]): Edits =>
  parts.some((part) => part === undefined) ? undefined : parts.flatMap((part) => part ?? []);

const keyOf = (pointer: Pointer): string => pointerKeys(pointer).at(-1) ?? '';

export const parentOf = (pointer: Pointer): Pointer => pointer.slice(0, Math.max(0, pointer.lastIndexOf('/')));

/** YAML text of a value: a scalar, or a flow collection that the caller wrote. */
export interface Written {
  yaml: string;
}

const textOf = (value: string | number | boolean | Written): string =>
  typeof value === 'object' ? value.yaml : yamlScalar(value);

/** A value as it is written in place of another one: who put that in quotes wants this in quotes. */
export function inStyleOf(before: string, value: string | number | boolean): string {
  if (typeof value !== 'string') return yamlScalar(value);
  if (before.startsWith('"')) return quoted(value);
  return before.startsWith("'") && !/[\p{C}\p{Zl}\p{Zp}]/u.test(value)
    ? `'${value.replaceAll("'", "''")}'`
    : yamlScalar(value);
}

/** Gives an entry a value, whether it is there or not. */
export function setEntry(source: Source, pointer: Pointer, value: string | number | boolean | Written): Edits {
  const place = source.sourceMap.get(pointer);
  if (!place) return addEntry(source, parentOf(pointer), keyOf(pointer), textOf(value));
  if (isEmpty(place.value)) return place.key && insertBehindColon(source.text, place.key[1], textOf(value));
  // An alias or an anchor is shared with other places.
  const before = source.text.slice(...place.value);
  if (/^[*&]/.test(before)) return undefined;
  return [{ range: place.value, text: typeof value === 'object' ? value.yaml : inStyleOf(before, value) }];
}

/** Another name for an entry; what refers to it is left as it is. */
export function renameEntry({ text, sourceMap }: Source, pointer: Pointer, name: string): Edits {
  const key = sourceMap.get(pointer)?.key;
  return key && [{ range: key, text: inStyleOf(text.slice(...key), name) }];
}

const isEmpty = ([start, end]: Range): boolean => start === end;

function insertBehindColon(text: string, keyEnd: number, value: string): Edits {
  const colon = /^[ \t]*:/.exec(text.slice(keyEnd, keyEnd + 100));
  if (!colon) return undefined;
  const at = keyEnd + colon[0].length;
  return [{ range: [at, at], text: ` ${value}` }];
}

function addEntry(source: Source, parent: Pointer, key: string, value: string): Edits {
  const { text, sourceMap } = source;
  const place = sourceMap.get(parent);
  if (!place) {
    // A map that was left out as well is written with it; not a thing that a person would have to name.
    const grand = sourceMap.get(parentOf(parent));
    return grand ? addEntry(source, parentOf(parent), keyOf(parent), `{${yamlScalar(key)}: ${value}}`) : undefined;
  }
  const entry = `${yamlScalar(key)}: ${value}`;
  if (isEmpty(place.value)) return place.key && insertBehindColon(text, place.key[1], `{${entry}}`);
  const written = text.slice(...place.value);
  if (/^[*&[]/.test(written)) return undefined;
  return written.startsWith('{') ? addToFlow(place.value, written, entry) : addToBlock(text, place.value, entry);
}

function addToFlow([start, end]: Range, written: string, entry: string): Edits {
  if (!written.endsWith('}')) return undefined;
  const inner = written.slice(1, -1);
  if (inner.trim() === '') return [{ range: [start, end], text: `{${entry}}` }];
  // Behind a comment the entry would belong to the comment.
  if (inner.slice(inner.lastIndexOf('\n') + 1).includes('#') || /#[^\n]*\n\s*$/.test(inner))
    return [{ range: [start + 1, start + 1], text: `${entry}, ` }];
  const at = start + 1 + inner.trimEnd().length;
  return [{ range: [at, at], text: `${/,\s*$/.test(inner) ? '' : ','} ${entry}` }];
}

/** A line of its own behind the last entry. */
function addToBlock(text: string, [start, end]: Range, entry: string): Edits {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const before = text.slice(lineStart, start);
  if (!/^[ -]*$/.test(before)) return undefined;
  const lineEnd = endOfLine(text, end);
  if (!/^(?:[ \t]*:)?[ \t]*(?:[ \t]#.*)?$/.test(text.slice(end, lineEnd))) return undefined;
  return [{ range: [lineEnd, lineEnd], text: `${newlineOf(text)}${' '.repeat(before.length)}${entry}` }];
}

/** Where a line's text ends, before its line break. */
function endOfLine(text: string, offset: number): number {
  const found = text.indexOf('\n', offset);
  const end = found < 0 ? text.length : found;
  return end > offset && text[end - 1] === '\r' ? end - 1 : end;
}

export const newlineOf = (text: string): string => (/\r\n/.test(text.slice(0, 10_000)) ? '\r\n' : '\n');

/** Takes entries of one map out; those that are not there are no matter. */
export function removeEntries(source: Source, parent: Pointer, keys: readonly string[]): Edits {
  const there = keys
    .map((key) => source.sourceMap.get(`${parent}/${key}`))
    .filter((place) => place !== undefined)
    .toSorted((a, b) => a.value[0] - b.value[0]);
  const holder = source.sourceMap.get(parent);
  if (there.length === 0 || !holder) return undefined;
  const isFlow = source.text[holder.value[0]] === '{';
  const ranges = there.map(({ key, value }) => key && entryRange(source.text, key, value));
  if (ranges.some((range) => range === undefined)) return undefined;
  const known = ranges.filter((range) => range !== undefined);
  return isFlow ? removeFlow(source.text, known) : together(...known.map((range) => removeLines(source.text, range)));
}

/** From a key to the end of its value, or of the colon where there is no value. */
function entryRange(text: string, key: Range, value: Range): Range | undefined {
  if (!isEmpty(value)) return [key[0], value[1]];
  const colon = /^[ \t]*:?/.exec(text.slice(key[1], key[1] + 100))!;
  return [key[0], key[1] + colon[0].length];
}

/** Entries of a flow collection, each with one comma. Neighbours become one range. */
function removeFlow(text: string, ranges: readonly Range[]): Edits {
  const merged: [number, number][] = [];
  for (const [start, end] of ranges) {
    const last = merged.at(-1);
    if (last && /^\s*,\s*$/.test(text.slice(last[1], start))) last[1] = end;
    else merged.push([start, end]);
  }
  return merged.map(([start, end]): Edit => {
    const comma = /^[ \t]*,[ \t]*/.exec(text.slice(end, end + 200));
    if (comma) return { range: [start, end + comma[0].length], text: '' };
    const before = /,\s*$/.exec(text.slice(Math.max(0, start - 200), start));
    return { range: [before ? start - before[0].length : start, end], text: '' };
  });
}

/** An entry or item that has its lines to itself. A comment behind it stays. */
function removeLines(text: string, [start, end]: Range): Edits {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  if (text.slice(lineStart, start).trim() !== '') return undefined;
  const lineEnd = endOfLine(text, end);
  const rest = text.slice(end, lineEnd);
  const comment = /^[ \t]*(?=#)/.exec(rest);
  if (comment) return [{ range: [start, end + comment[0].length], text: '' }];
  if (rest.trim() !== '') return undefined;
  const next = text.indexOf('\n', lineEnd);
  return [{ range: [lineStart, next < 0 ? text.length : next + 1], text: '' }];
}

/** Takes an item out of a list. */
export function removeItem({ text, sourceMap }: Source, pointer: Pointer): Edits {
  const [place, list] = [sourceMap.get(pointer), sourceMap.get(parentOf(pointer))];
  if (!place || !list) return undefined;
  if (text[list.value[0]] === '[') return removeFlow(text, [place.value]);
  const dash = text.lastIndexOf('-', place.value[0] - 1);
  const lineStart = text.lastIndexOf('\n', place.value[0] - 1) + 1;
  return dash >= lineStart ? removeLines(text, [dash, place.value[1]]) : undefined;
}

/** A further item behind one of a list, as a flow map. */
export function addItem({ text, sourceMap }: Source, behind: Pointer, yaml: string): Edits {
  const [place, list] = [sourceMap.get(behind), sourceMap.get(parentOf(behind))];
  if (!place || !list) return undefined;
  const [start, end] = place.value;
  if (text[list.value[0]] === '[') return [{ range: [end, end], text: `, ${yaml}` }];
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const indent = /^ *(?=- )/.exec(text.slice(lineStart, start))?.[0];
  const lineEnd = endOfLine(text, end);
  if (indent === undefined || !/^[ \t]*(?:#.*)?$/.test(text.slice(end, lineEnd))) return undefined;
  return [{ range: [lineEnd, lineEnd], text: `${newlineOf(text)}${indent}- ${yaml}` }];
}

/** The text after edits that do not overlap. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let result = '';
  let at = 0;
  for (const { range, text: inserted } of edits.toSorted((a, b) => a.range[0] - b.range[0])) {
    result += text.slice(at, range[0]) + inserted;
    at = range[1];
  }
  return result + text.slice(at);
}

/** Whether edits can be made together: none touches another, but for an insertion behind a replacement. */
export function areApart(edits: readonly Edit[]): boolean {
  const sorted = edits.toSorted((a, b) => a.range[0] - b.range[0] || a.range[1] - b.range[1]);
  return sorted.every(({ range: [start] }, i) => {
    const [before, end] = sorted[i - 1]?.range ?? [-2, -1];
    return before < end ? end <= start : end < start;
  });
}
