/** From the keys of a pointer to what the vocabulary says about that place, whether or not anything stands there. */
import { fieldsOf, type Field, type FieldType } from './fields.ts';

export interface FieldAt {
  /** What is taken here. */
  type: FieldType;
  /** The entry of the table; absent for names that a person chose, and for items of lists. */
  field?: Field;
  /** What holds this place: a map of things, a list, or a thing. Absent for the whole file. */
  parent?: FieldType;
}

const TOPOLOGY: FieldAt = { type: { type: 'record', kind: 'topology' } };

/** `undefined` where the vocabulary knows nothing: behind an unknown key, or inside of a scalar. */
export function fieldAt(keys: readonly string[]): FieldAt | undefined {
  let at: FieldAt | undefined = TOPOLOGY;
  for (const key of keys) {
    at = at && step(at, key);
    if (!at) return undefined;
  }
  return at;
}

/** One key further in. The same answer, as the same object, whenever it is asked: whole files are walked with it. */
export function step({ type: parent }: FieldAt, key: string): FieldAt | undefined {
  if (parent.type === 'map' || parent.type === 'list') return inner(parent);
  return parent.type === 'record' ? keysOf(parent).get(key) : undefined;
}

const innerCache = new WeakMap<FieldType, FieldAt>();

function inner(parent: FieldType & { type: 'map' | 'list' }): FieldAt {
  const known = innerCache.get(parent);
  if (known) return known;
  const made: FieldAt = { type: parent.of, parent };
  innerCache.set(parent, made);
  return made;
}

const keysCache = new Map<string, ReadonlyMap<string, FieldAt>>();

function keysOf(parent: FieldType & { type: 'record' }): ReadonlyMap<string, FieldAt> {
  const known = keysCache.get(parent.kind);
  if (known) return known;
  const fields = [...(fieldsOf(parent.kind) ?? [])];
  const made = new Map(fields.map(([key, field]): [string, FieldAt] => [key, { type: field, field, parent }]));
  keysCache.set(parent.kind, made);
  return made;
}

/** A value without entries of its own. */
export const isScalarType = ({ type }: FieldType): boolean => type !== 'map' && type !== 'list' && type !== 'record';
