/**
 * What is under the cursor, for all requests that ask about a place: `at` gives the entry and the name that it is or uses,
 * `usesOf` every place of a name. Names are by kind: a network and a router may both be called `red`.
 */
import { pointerKeys, type Pointer, type Range } from '../../shared/problem.ts';
import { fieldAt, isScalarType, type FieldAt } from '../../shared/topology/fieldAt.ts';
import type { ReferenceKind } from '../../shared/topology/fields.ts';
import { promiseNames, type PromiseName } from '../../shared/topology/promiseNames.ts';
import { references } from '../../shared/topology/references.ts';
import { scalarText, unquoted } from '../../shared/topology/scalarText.ts';
import type { Place, SourceMap } from '../../shared/topology/sourceMap.ts';
import type { Topology } from '../../shared/topology/types.ts';
import type { Document } from '../document.ts';

/** Things with names: those of the vocabulary, and three kinds of words that are used like names. */
export type NameKind = ReferenceKind | 'floating_ip' | 'physical_network' | 'address_scope';

export interface Name {
  kind: NameKind;
  name: string;
  role: 'definition' | 'reference';
}

/** A name where it stands. */
export interface Use extends Name {
  pointer: Pointer;
  /** Without quotes. */
  range: Range;
  /** As written, with quotes. */
  whole: Range;
  /** In a line of `promises`: the name as a part of it, and the range of the whole line as written. */
  promise?: { part: PromiseName; line: Range };
}

export interface At {
  pointer: Pointer;
  keys: string[];
  on: 'key' | 'value';
  /** Of the key or value under the cursor, as written. */
  range: Range;
  /** What the vocabulary says of the entry; absent behind unknown keys. */
  field?: FieldAt;
  /** The name that it is or uses. */
  use?: Use;
}

/** `undefined` between things: on white space, comments and punctuation. The end of a text counts as on it. */
export function at(document: Document, offset: number): At | undefined {
  const spot = spotAt(document.reading().sourceMap, offset);
  const found = spot && atOf(spot);
  const use = found && usesIn(document, found).find(({ whole: [start, end] }) => start <= offset && offset <= end);
  return found && { ...found, ...(use && { use }) };
}

type Spot = Pick<At, 'pointer' | 'on' | 'range'>;

/** The innermost entry that starts before the offset: when it does not hold it, the offset is behind a thing and before the next. */
function spotAt(sourceMap: SourceMap, offset: number): Spot | undefined {
  const around = sourceMap.around(offset);
  const entry = around instanceof Map ? lastIn(indexOf(around), offset) : lastOf(around, offset);
  if (!entry) return undefined;
  const [pointer, { key, value }] = entry;
  const isIn = ([start, end]: Range): boolean => start <= offset && offset <= end;
  if (key && isIn(key)) return { pointer, on: 'key', range: key };
  return pointer !== '' && isIn(value) ? { pointer, on: 'value', range: value } : undefined;
}

function atOf({ pointer, on, range }: Spot): At | undefined {
  const keys = pointerKeys(pointer);
  const field = fieldAt(keys);
  // Between the entries of a collection is no value.
  if (on === 'value' && field && !isScalarType(field.type)) return undefined;
  return { pointer, keys, on, range, ...(field && { field }) };
}

/** The names of a key or value: one, or those in a line of `promises`. */
function usesIn(document: Document, found: Omit<At, 'use'>): Use[] {
  const { keys, field } = found;
  if (!field) return [];
  if (isPromise(keys)) return promiseUses(document, found);
  const use = useOf(document, { ...found, field });
  return use ? [use] : [];
}

/** Whether a place is a line of `promises`. */
const isPromise = (keys: readonly string[]): boolean => keys.length === 2 && keys[0] === 'promises';

/** Only where the line is written as it reads: behind escapes and line breaks, places cannot be told. */
function promiseUses(document: Document, { pointer, range: line }: Omit<At, 'use'>): Use[] {
  const text = document.text.getText();
  const [start, end] = unquoted(text, [line[0], line[1]]);
  const inner = text.slice(start, end);
  if (scalarText(text.slice(...line)) !== inner) return [];
  return promiseNames(inner).map((part): Use => {
    const whole: Range = [start + part.range[0], start + part.range[1]];
    const range = unquoted(text, whole);
    return { kind: part.kind, name: part.name, role: 'reference', pointer, range, whole, promise: { part, line } };
  });
}

function useOf(document: Document, found: Required<Omit<At, 'use'>>): Use | undefined {
  const { pointer, keys, on, range, field } = found;
  const named = on === 'key' ? keyKind(keys, field) : valueKind(keys.at(-1)!, field);
  if (!named) return undefined;
  const text = document.text.getText();
  const name = on === 'key' ? keys.at(-1)! : valueText(document, pointer, text.slice(range[0], range[1]));
  if (name === undefined || name === '') return undefined;
  return { ...named, name, pointer, range: unquoted(text, range), whole: range };
}

/** Kinds of records whose names are told apart; other maps of things have names that nobody refers to. */
const NAMED: ReadonlySet<string> = new Set(['node', 'network', 'subnet', 'router', 'port', 'floating_ip']);

const isNamed = (kind: string): kind is NameKind => NAMED.has(kind);

/** What a key names: entries of maps define things, or refer to them as router interfaces do to subnets. */
export function keyKind(keys: readonly string[], { parent }: FieldAt): Omit<Name, 'name'> | undefined {
  if (parent?.type !== 'map') return undefined;
  if (parent.key.type === 'reference') return { kind: parent.key.to, role: 'reference' };
  if (keys.at(-2) === 'bridge_mappings') return { kind: 'physical_network', role: 'definition' };
  const { of } = parent;
  return of.type === 'record' && isNamed(of.kind) ? { kind: of.kind, role: 'definition' } : undefined;
}

/** What a value names. */
export function valueKind(key: string, { type }: FieldAt): Omit<Name, 'name'> | undefined {
  if (type.type === 'reference') return { kind: type.to, role: 'reference' };
  if (key === 'physical_network') return { kind: 'physical_network', role: 'reference' };
  return /^ipv[46]_address_scope$/.test(key) ? { kind: 'address_scope', role: 'reference' } : undefined;
}

function valueText(document: Document, pointer: Pointer, raw: string): string | undefined {
  return raw.startsWith('*') ? aliased(document.reading().topology).get(pointer) : scalarText(raw);
}

const aliasCache = new WeakMap<Topology, Map<Pointer, string>>();

/** What references say by alias (`node: *here`), which only the reader knows. Made when the first alias is asked about. */
function aliased(topology: Topology): Map<Pointer, string> {
  const known = aliasCache.get(topology);
  if (known) return known;
  const values = references(topology).filter((reference) => reference.at === 'value');
  const made = new Map(values.map(({ pointer, name }) => [pointer, name]));
  aliasCache.set(topology, made);
  return made;
}

/** Every place of a name in the document, in the order of the text. Found by searching the text: no index is kept of all names. */
export function usesOf(document: Document, kind: NameKind, name: string): Use[] {
  const { sourceMap } = document.reading();
  const found = new Map<number, Use>();
  let last: Range | undefined;
  for (const offset of mentions(document.text.getText(), name)) {
    const spot = spotAt(sourceMap, offset);
    if (!spot || spot.range === last) continue;
    last = spot.range;
    const place = atOf(spot);
    for (const use of place ? usesIn(document, place) : [])
      if (use.kind === kind && use.name === name) found.set(use.range[0], use);
  }
  return [...found.values()].toSorted((a, b) => a.range[0] - b.range[0]);
}

/** What may stand around a scalar. */
const isEdge = (character: string | undefined): boolean =>
  character === undefined || /[\s"'{}[\],:?@-]/.test(character);

/** Offsets where a scalar may be that says `name`: where its text stands, and in scalars that say another thing than is written. */
function mentions(text: string, name: string): number[] {
  // The first stretch that is written in the same way in all styles.
  const stretch = /[^ \t\r\n'"\\]+/.exec(name);
  const word = stretch?.[0] ?? '';
  const offsets: number[] = [];
  const isFirst = stretch?.index === 0;
  const isLast = word.length === name.length;
  for (let i = word === '' ? -1 : text.indexOf(word); i >= 0; i = text.indexOf(word, i + word.length)) {
    if ((!isFirst || isEdge(text[i - 1])) && (!isLast || isEdge(text[i + word.length]))) offsets.push(i);
  }
  // Escapes, and aliases; of names without such a stretch also all quotes. One of a run is enough.
  const odd = word === '' ? /["'\\]+/g : /\\+|(?<=[\s{[,:])\*/g;
  if (word === '' || text.includes('\\') || text.includes('*')) {
    for (const match of text.matchAll(odd)) offsets.push(match.index);
  }
  return offsets;
}

/** Of few entries: the one that starts last up to an offset; of those that start together the inner one, which comes later. */
function lastOf(entries: Iterable<[Pointer, Place]>, offset: number): [Pointer, Place] | undefined {
  let found: [Pointer, Place] | undefined;
  let last = -1;
  for (const entry of entries) {
    const start = startOf(entry[1]);
    if (start < last || start > offset) continue;
    last = start;
    found = entry;
  }
  return found;
}

function lastIn({ starts, pointers, places }: PlaceIndex, offset: number): [Pointer, Place] | undefined {
  const i = lastUpTo(starts, offset);
  return i < 0 ? undefined : [pointers[i]!, places[i]!];
}

/** All entries of a source map by where they start. */
interface PlaceIndex {
  starts: number[];
  pointers: Pointer[];
  places: Place[];
}

const indexCache = new WeakMap<Iterable<[Pointer, Place]>, PlaceIndex>();

/** Made once for each source map that has no parts. Of entries that start together the inner one is last. */
function indexOf(entries: Iterable<[Pointer, Place]>): PlaceIndex {
  const known = indexCache.get(entries);
  if (known) return known;
  const index: PlaceIndex = { starts: [], pointers: [], places: [] };
  let isSorted = true;
  let before = -1;
  for (const [pointer, place] of entries) {
    const start = startOf(place);
    isSorted &&= before <= start;
    before = start;
    index.starts.push(start);
    index.pointers.push(pointer);
    index.places.push(place);
  }
  const made = isSorted ? index : sorted(index);
  indexCache.set(entries, made);
  return made;
}

const startOf = ({ key, value }: Place): number => key?.[0] ?? value[0];

/** Short forms and merged maps stand in another order; those that share a place with a real entry come before it, and so lose. */
function sorted({ starts, pointers, places }: PlaceIndex): PlaceIndex {
  const order = starts.map((_, i) => i).toSorted((a, b) => starts[a]! - starts[b]! || a - b);
  return {
    starts: order.map((i) => starts[i]!),
    pointers: order.map((i) => pointers[i]!),
    places: order.map((i) => places[i]!),
  };
}

/** Index of the last number up to `limit`; -1: none. */
export function lastUpTo(numbers: readonly number[], limit: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
