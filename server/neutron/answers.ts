/**
 * Saved answers of the Neutron API, read without trust: each file may be missing, wrapped (`{"networks": […]}`) or a bare list, and
 * anything in it may be of a wrong type. What cannot be used is left out and noted by file, index and key; nothing throws.
 */
import { decodeScalar, expectation, type ScalarType } from '../../shared/topology/decodeScalar.ts';

/** JSON documents by file name without `.json`. */
export type Answers = Record<string, unknown>;

type Json = Record<string, unknown>;

/** One object of an answer. */
export interface Item {
  /** For notes: `ports.json[3]`. */
  where: string;
  /** Neutron's id; empty for parts of an object, which have none. */
  id: string;
  value: Json;
  /** Where what is wrong with it is noted: the notes of the whole import. */
  notes: string[];
}

/** The objects of `file.json`, ordered by id, so that the order of the answer does not matter. `key` is what wraps them. */
export function objects(answers: Answers, file: string, key: string, notes: string[]): Item[] {
  const document = answerOf(answers, file);
  if (document === undefined) return [];
  const list = isRecord(document) && Object.hasOwn(document, key) ? document[key] : document;
  const byId = new Map<string, Item>();
  for (const item of records(list, `${file}.json`, notes)) {
    const id = uuid(item, 'id');
    if (id === undefined) notes.push(`${item.where}: no id, left out`);
    else if (byId.has(id)) notes.push(`${item.where}: id ${id} for the second time, left out`);
    else byId.set(id, { ...item, id });
  }
  return [...byId.values()].toSorted((a, b) => byText(a.id, b.id));
}

/** Answers that were asked per object, `{ID: {"agents": […]}}`: the lists by id. */
export function objectsById(answers: Answers, file: string, key: string, notes: string[]): Map<string, Item[]> {
  const document = answerOf(answers, file);
  const byId = new Map<string, Item[]>();
  if (document === undefined) return byId;
  if (!isRecord(document)) notes.push(`${file}.json: not an object by id, left out`);
  else
    for (const [id, answer] of Object.entries(document)) {
      const list = isRecord(answer) && Object.hasOwn(answer, key) ? answer[key] : answer;
      if (Array.isArray(list)) byId.set(id, records(list, `${file}.json: ${id}`, notes));
      else notes.push(`${file}.json: ${id}: no list of ${key}, left out`);
    }
  return byId;
}

/** The document of a file, told by letters alone: `floating-ips`, `floating_ips` and `floatingips` are one. */
export function answerOf(answers: Answers, file: string): unknown {
  const name = Object.keys(answers).find((candidate) => fileKey(candidate) === fileKey(file));
  return name === undefined ? undefined : answers[name];
}

/** What a file name comes to for `answerOf`. */
export const fileKey = (file: string): string => file.toLowerCase().replaceAll(/[-_]/g, '');

/** The objects in a list inside an item; none when the key is absent or null. */
export function parts(item: Item, key: string): Item[] {
  const value = own(item, key);
  return value === undefined || value === null ? [] : records(value, `${item.where}.${key}`, item.notes);
}

/** The object under a key of an item. */
export function part(item: Item, key: string): Item | undefined {
  const value = own(item, key);
  if (value === undefined || value === null) return undefined;
  if (isRecord(value)) return { where: `${item.where}.${key}`, id: '', value, notes: item.notes };
  return wrong(item, key, 'must be an object');
}

/** A text that is not empty. */
export const text = (item: Item, key: string): string | undefined => scalar(item, key, 'string', { type: 'string' });

/** A whole number in the range of a field of the topology. */
export const whole = (item: Item, key: string, field: ScalarType & { type: 'integer' }): number | undefined =>
  scalar(item, key, 'number', field);

export const flag = (item: Item, key: string): boolean | undefined => scalar(item, key, 'boolean', { type: 'boolean' });

/** A UUID, or enough of one, in lower case. */
export const uuid = (item: Item, key: string): string | undefined => scalar(item, key, 'string', { type: 'id' });

/** An address in canonical text. */
export const address = (item: Item, key: string): string | undefined => scalar(item, key, 'string', { type: 'ip' });

/** A prefix without host bits. */
export const prefix = (item: Item, key: string): string | undefined => scalar(item, key, 'string', { type: 'cidr' });

/** An address, or a prefix with its host bits. */
export const addressOrPrefix = (item: Item, key: string): string | undefined =>
  scalar(item, key, 'string', { type: 'ip-or-cidr' });

/** L4 ports as `first:last`. */
export const portRange = (item: Item, key: string): string | undefined =>
  scalar(item, key, 'string', { type: 'port-range' });

/** A MAC in lower case. */
export const mac = (item: Item, key: string): string | undefined => scalar(item, key, 'string', { type: 'mac' });

/** One of the words that a field of the topology takes. */
export const word = (item: Item, key: string, field: ScalarType & { type: 'enum' }): string | undefined =>
  scalar(item, key, 'string', field);

interface ScalarByType {
  string: string;
  number: number;
  boolean: boolean;
}

/** By the rules of the topology's reader, so that whatever is kept reads back. Null and the empty text are as good as absent. */
function scalar<T extends keyof ScalarByType>(
  item: Item,
  key: string,
  type: T,
  field: ScalarType,
): ScalarByType[T] | undefined;
function scalar(item: Item, key: string, type: string, field: ScalarType): string | number | boolean | undefined {
  const value = own(item, key);
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== type) return wrong(item, key, `must be ${expectation(field)}`);
  const decoded = decodeScalar(field, {
    kind: 'scalar',
    text: typeof value === 'string' ? value : JSON.stringify(value),
    plain: true,
    range: [0, 0],
  });
  return decoded.wrong ? wrong(item, key, decoded.wrong.message) : decoded.value;
}

/** Whether the answer has the key at all, be it null: some are hidden from users who are no administrators. */
export const has = (item: Item, key: string): boolean => own(item, key) !== undefined;

/** Items by a key; those without it are in no group. */
export function grouped(items: Item[], keyOf: (item: Item) => string | undefined): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** Orders texts by code unit: the same on every machine, whatever its language. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const own = (item: Item, key: string): unknown => (Object.hasOwn(item.value, key) ? item.value[key] : undefined);

function wrong(item: Item, key: string, message: string): undefined {
  item.notes.push(`${item.where}: ${key} ${message}; left out`);
}

function records(list: unknown, where: string, notes: string[]): Item[] {
  if (!Array.isArray(list)) {
    notes.push(`${where}: not a list, left out`);
    return [];
  }
  return list.flatMap((value: unknown, index) => {
    const item = { where: `${where}[${index}]`, id: '', value: isRecord(value) ? value : {}, notes };
    if (isRecord(value)) return [item];
    notes.push(`${item.where}: not an object, left out`);
    return [];
  });
}

const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
