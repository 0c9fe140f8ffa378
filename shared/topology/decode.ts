/**
 * From the tree of a document to typed values, by the table of `fields.ts`: one function per shape (record, map, list, scalar).
 * What cannot be used is reported, left out and listed in `unread`; everything else is kept.
 */
import { pointer as join, type Pointer, type Problem, type Range } from '../problem.ts';
import { canonical } from '../ip.ts';
import type { ReaderCode } from './codes.ts';
import { decodeScalar, expectation, type ScalarType } from './decodeScalar.ts';
import { describe, quote } from './describe.ts';
import { fieldsOf, type Field, type FieldType, type Values } from './fields.ts';
import { didYouMean, nearest } from './nearest.ts';
import type { Place } from './sourceMap.ts';
import { isEmpty, isNull, type ListTree, type MapTree, type Pair, type Tree } from './tree.ts';

/** What comes of reading a part of the file, besides its value. */
export interface Decoded {
  problems: Problem[];
  unread: Pointer[];
  /** Absent: nobody asks where things stand. */
  places?: [Pointer, Place][];
  /** Nothing but places is asked for: neither what is wrong nor, but for items of lists, what is said. */
  isForPlaces?: boolean;
  isInItem?: boolean;
}

export interface DecodedTopology extends Decoded {
  places: [Pointer, Place][];
  /** Absent when the file is no map of sections at all. */
  values?: Values<'topology'>;
}

export function decodeTopology(tree: Tree): DecodedTopology {
  const out: DecodedTopology = { problems: [], places: [['', { value: tree.range }]], unread: [] };
  const values = record('topology', tree, { pointer: '', range: tree.range }, out);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table is the type: `record` makes what `Values` says
  if (values) out.values = values as unknown as Values<'topology'>;
  else out.unread.push('');
  return out;
}

const ROOT: Here = { pointer: '', range: [0, 0] };

/** The value of a key of the file, by itself; `undefined` when it is as good as left out. */
export function decodeSection(pair: Pair, out: Decoded): unknown {
  const fields = fieldsOf('topology')!;
  const field = fields.get(pair.key);
  if (field) return fieldValue(field, pair, ROOT, out);
  unknownKey('topology', fields, pair, ROOT, out);
  return undefined;
}

/** One thing of a section that holds things by name, by itself; `undefined` when it cannot be used. */
export function decodeEntry(section: string, pair: Pair, out: Decoded): unknown {
  const field = fieldsOf('topology')!.get(section);
  return field?.type === 'map'
    ? mapEntry(field, pair, { pointer: join(section), range: pair.keyRange }, out)
    : undefined;
}

/** Says that a name was used before in a section, or a section before in the file (`pointer` of it `''`). */
export const reportDuplicate = (pair: { key: string; keyRange: Range }, pointer: Pointer, out: Decoded): void =>
  duplicateKey(pair, { keyRange: [-1, -1] }, { pointer, range: pair.keyRange }, out);

/** Where a value stands. */
interface Here {
  pointer: Pointer;
  /** What to underline when the value is no scalar: the key, or the item. */
  range: Range;
}

/** A thing as read so far. Without prototype, and only keys of the vocabulary get in. */
type Thing = Record<string, unknown>;

function problemOf(code: ReaderCode, message: string, at: Here): Problem {
  const severity = code === 'unknown-release' ? 'warning' : 'error';
  return { code, severity, message, pointer: at.pointer, range: at.range };
}

const report = (out: Decoded, code: ReaderCode, message: string, at: Here): void =>
  void out.problems.push(problemOf(code, message, at));

/** Of what is missing, and may be what is typed next. */
const reportUnfinished = (out: Decoded, code: ReaderCode, message: string, at: Here): void =>
  void out.problems.push({ ...problemOf(code, message, at), unfinished: true });

function record(kind: string, tree: Tree, here: Here, out: Decoded): Thing | undefined {
  const fields = fieldsOf(kind)!;
  if (tree.kind !== 'map' && !isNull(tree)) {
    const message = `${sentence(here)} must be a map with the keys ${keysOf(fields)}.${missingSpace(tree, fields)}`;
    report(out, 'wrong-type', message, shorter(tree, here));
    return undefined;
  }
  const values: Thing = Object.create(null);
  values['pointer'] = here.pointer;
  const pairs = tree.kind === 'map' ? distinct(tree, here, out) : [];
  for (const pair of pairs) {
    const field = fields.get(pair.key);
    if (!field) unknownKey(kind, fields, pair, here, out);
    else {
      const value = fieldValue(field, pair, here, out);
      if (value !== undefined) values[pair.key] = value;
    }
  }
  return complete(fields, values, pairs, here, out) ? values : undefined;
}

/** `agent_mode:dvr` is one word for YAML. */
function missingSpace(tree: Tree, fields: ReadonlyMap<string, Field>): string {
  if (tree.kind !== 'scalar' || !tree.plain) return '';
  const key = [...fields.keys()].find((each) => tree.text.startsWith(`${each}:`));
  return key === undefined ? '' : ` A space is missing behind the colon of \`${key}\`.`;
}

const required = new WeakMap<ReadonlyMap<string, Field>, [string, Field][]>();

/** Of a kind of things; asked for each thing. */
function requiredOf(fields: ReadonlyMap<string, Field>): [string, Field][] {
  const known = required.get(fields);
  if (known) return known;
  const found = [...fields].filter(([, field]) => field.required);
  required.set(fields, found);
  return found;
}

/** Reports required keys that are missing; those that were there but unusable are reported already. */
function complete(fields: ReadonlyMap<string, Field>, values: Thing, pairs: Pair[], here: Here, out: Decoded): boolean {
  const missing = requiredOf(fields).filter(([key]) => values[key] === undefined);
  for (const [key, field] of missing) {
    if (pairs.some((pair) => pair.key === key && !isNull(pair.value))) continue;
    const message = `\`${key}\` is missing in ${describe(here.pointer)}. ${field.doc} Give ${expectation(field)}.`;
    reportUnfinished(out, 'missing-key', message, here);
  }
  return missing.length === 0;
}

/** The value of a key of a thing; `undefined` when it is as good as left out. */
function fieldValue(field: Field, pair: Pair, parent: Here, out: Decoded): unknown {
  // Nearly all values are scalars with nothing wrong: where they stand is not worked out unless somebody asks.
  if ((!out.places || out.isForPlaces) && isScalarField(field) && pair.value.kind === 'scalar' && !isNull(pair.value)) {
    if (out.isForPlaces) enter(pair, parent, out);
    // Only an item of a list has no place when something in it is wrong.
    if (out.isForPlaces && !out.isInItem) return undefined;
    const { value, wrong } = decodeScalar(field, pair.value);
    if (out.isForPlaces || (value !== undefined && !wrong)) return value;
  }
  const here = enter(pair, parent, out);
  if (isNull(pair.value)) {
    if (field.nullable) return null;
    const isScalar = isScalarField(field);
    // An explicit null leaves a key out, as in the API's answers; nothing at all is a line that is still being typed.
    if (isEmpty(pair.value) && isScalar && !field.required) {
      reportUnfinished(out, 'wrong-type', `\`${pair.key}\` has no value yet. Give ${expectation(field)}.`, here);
      out.unread.push(here.pointer);
    }
    return undefined;
  }
  const value = valueOf(field, pair.value, here, out);
  if (value === undefined) out.unread.push(here.pointer);
  return value;
}

const isScalarField = (field: FieldType): field is ScalarType =>
  field.type !== 'list' && field.type !== 'map' && field.type !== 'record';

function valueOf(type: FieldType, tree: Tree, here: Here, out: Decoded): unknown {
  switch (type.type) {
    case 'record':
      return record(type.kind, tree, here, out);
    case 'map':
      return tree.kind === 'map' ? mapEntries(type, tree, here, out) : wrongShape(type, tree, here, out);
    case 'list':
      return tree.kind === 'list' ? listItems(type.of, tree, here, out) : wrongShape(type, tree, here, out);
    default: {
      if (tree.kind !== 'scalar') return wrongShape(type, tree, here, out);
      const { value, wrong } = decodeScalar(type, tree);
      if (wrong) {
        const why = 'doc' in type && typeof type.doc === 'string' ? ` ${type.doc}` : '';
        const message = `${sentence(here)} ${wrong.message}${/[.?]$/.test(wrong.message) ? '' : '.'}${why}`;
        report(out, wrong.code, message, { pointer: here.pointer, range: tree.range });
      }
      return value;
    }
  }
}

/** Things by name. An entry that cannot be used is left out of the result, not out of the file. */
function mapEntries(type: FieldType & { type: 'map' }, tree: MapTree, parent: Here, out: Decoded): unknown[] {
  return distinct(tree, parent, out).flatMap((pair) => mapEntry(type, pair, parent, out) ?? []);
}

function mapEntry(
  type: FieldType & { type: 'map' },
  pair: Pair,
  parent: Here,
  out: Decoded,
): { name: string; pointer: Pointer; value: unknown } | undefined {
  const here = enter(pair, parent, out);
  const name = type.key.type === 'ip' ? canonical(pair.key) : pair.key;
  if (!name) badName(type, pair, here, out);
  const empty = isNull(pair.value) && type.of.type !== 'record';
  if (name && empty)
    reportUnfinished(out, 'wrong-type', `${sentence(here)} has no value yet. Give ${expectation(type.of)}.`, here);
  const value = name && !empty ? valueOf(type.of, pair.value, here, out) : undefined;
  if (name && value !== undefined) return { name, pointer: here.pointer, value };
  out.unread.push(here.pointer);
  return undefined;
}

function badName(type: FieldType & { type: 'map' }, pair: Pair, here: Here, out: Decoded): void {
  if (pair.key === '') report(out, 'wrong-type', 'A name must not be empty.', here);
  else report(out, 'bad-address', `${quote(pair.key)} must be ${expectation(type.key)}: it is the entry's name.`, here);
}

/** Items keep the index that they have in the result, so that a pointer made from the result finds its place. */
function listItems(type: FieldType, tree: ListTree, parent: Here, out: Decoded): unknown[] {
  const items: unknown[] = [];
  const wasInItem = out.isInItem === true;
  out.isInItem = true;
  for (const item of tree.items) {
    const here = { pointer: `${parent.pointer}/${items.length}`, range: item.range };
    const before = { places: out.places?.length ?? 0, unread: out.unread.length };
    if (!item.foreign) out.places?.push([here.pointer, { value: item.range }]);
    if (isNull(item)) report(out, 'wrong-type', `${sentence(parent)} has an empty item. Fill it or take it out.`, here);
    const value = isNull(item) ? undefined : valueOf(type, item, here, out);
    if (value === undefined) {
      out.places?.splice(before.places);
      out.unread.length = before.unread;
      out.unread.push(parent.pointer);
    } else items.push(value);
  }
  out.isInItem = wasInItem;
  return items;
}

function wrongShape(type: FieldType, tree: Tree, here: Here, out: Decoded): undefined {
  const found = tree.kind === 'scalar' ? quote(tree.text) : `a ${tree.kind}`;
  report(out, 'wrong-type', `${sentence(here)} must be ${expectation(type)}, not ${found}.`, shorter(tree, here));
}

function unknownKey(kind: string, fields: ReadonlyMap<string, Field>, pair: Pair, parent: Here, out: Decoded): void {
  // A place for YAML anchors, as Compose files have it.
  if (kind === 'topology' && pair.key.startsWith('x-')) return;
  const here = enter(pair, parent, out);
  const near = nearest(pair.key, fields.keys());
  const hint = near === undefined ? ` Keys here: ${keysOf(fields)}.` : didYouMean(pair.key, fields.keys());
  const place = describe(parent.pointer);
  const isHalf = [...fields.keys()].some((key) => key.startsWith(pair.key));
  const tell = isHalf ? reportUnfinished : report;
  tell(out, 'unknown-key', `${quote(pair.key)} is no key of ${place}, so it has no effect.${hint}`, here);
  // What was meant may be there; checks must not call it missing. Half a key is meant to be the whole.
  const meant = [...fields.keys()].filter((key) => key === near || key.startsWith(pair.key));
  out.unread.push(...meant.map((key) => parent.pointer + join(key)));
}

/** The pairs of a map, each key once: the first one, and the map's own before merged ones. */
function distinct(tree: MapTree, here: Here, out: Decoded): Pair[] {
  if (tree.pairs.length <= FEW && isEachOnce(tree.pairs)) return tree.pairs;
  const first = new Map<string, Pair>();
  for (const pair of tree.pairs) {
    const other = first.get(pair.key);
    if (!other || (other.merged && !pair.merged)) first.set(pair.key, pair);
    else if (!pair.merged) duplicateKey(pair, other, here, out);
  }
  return [...first.values()];
}

/** So few keys are compared with one another sooner than they are put into a map. */
const FEW = 12;

const isEachOnce = (pairs: readonly Pair[]): boolean => {
  for (let i = 1; i < pairs.length; i++) for (let k = 0; k < i; k++) if (pairs[i]!.key === pairs[k]!.key) return false;
  return true;
};

function duplicateKey(
  pair: { key: string; keyRange: Range },
  first: { keyRange: Range },
  parent: Here,
  out: Decoded,
): void {
  const place = parent.pointer + join(pair.key);
  const message = `${quote(pair.key)} is already in ${describe(parent.pointer)}; the first one counts, this one does not. Rename or remove one.`;
  // Both may be in one alias.
  const isOnePlace = first.keyRange[0] === pair.keyRange[0] && first.keyRange[1] === pair.keyRange[1];
  const related = isOnePlace ? [] : [{ pointer: place, message: 'the first one' }];
  out.problems.push({
    code: 'duplicate-key',
    severity: 'error',
    message,
    pointer: place,
    range: pair.keyRange,
    related,
  });
}

/** Notes where an entry stands. The inside of an alias has no place of its own. */
function enter({ key, keyRange, value, merged }: Pair, parent: Here, out: Decoded): Here {
  const here = { pointer: parent.pointer + join(key), range: keyRange };
  if (!merged && !value.foreign) out.places?.push([here.pointer, { key: keyRange, value: value.range }]);
  return here;
}

const shorter = (tree: Tree, here: Here): Here =>
  tree.kind === 'scalar' ? { pointer: here.pointer, range: tree.range } : here;

const keysOf = (fields: ReadonlyMap<string, Field>): string => [...fields.keys()].map((key) => `\`${key}\``).join(', ');

/** ```mtu` of network `red` ``, or the thing itself. */
function sentence({ pointer }: Here): string {
  const cut = pointer.lastIndexOf('/');
  const key = pointer
    .slice(cut + 1)
    .replaceAll('~1', '/')
    .replaceAll('~0', '~');
  const [parent, self] = [describe(pointer.slice(0, Math.max(cut, 0))), describe(pointer)];
  if (parent !== self || cut <= 0) return capital(self);
  return /^\d+$/.test(key) ? `Item ${Number(key) + 1} in ${self}` : `${quote(key)} of ${self}`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
