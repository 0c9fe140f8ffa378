/** The file of the Open vSwitch database, `conf.db`: a log of transactions, ovsdb(5) "Standalone Format", into rows by table. */
import { isDeep, isRecord } from '../aspects/aspect.ts';
import { type Row, plain } from './database.ts';

/** Rows by name of their table, as `ovs-vsctl -f json list` would have them; or a sentence on what is wrong. */
export function readConfDb(text: string): Map<string, Row[]> | string {
  const records = recordsOf(text);
  if (typeof records === 'string') return records;
  const columns = columnsOf(records[0]!);
  const tables = new Map<string, Map<string, Row>>();
  for (const record of records.slice(1))
    for (const [table, rows] of Object.entries(record)) {
      if (!isRecord(rows)) continue;
      const known = tables.get(table) ?? new Map<string, Row>();
      tables.set(table, known);
      const diffs = record['_is_diff'] === true ? columns.get(table) : undefined;
      for (const [uuid, row] of Object.entries(rows)) applyRow(known, uuid, row, diffs);
    }
  return new Map(
    [...tables].map(([table, rows]) => [table, [...rows.values()].map((row) => plainRow(row, columns.get(table)))]),
  );
}

/** A record is a header line and one line of JSON; the server itself ignores a last one that was only half written. */
function recordsOf(text: string): Record<string, unknown>[] | string {
  const records: Record<string, unknown>[] = [];
  const lines = text.split('\n');
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const magic = /^OVSDB ([A-Z]+) \d+ [0-9a-f]{40}$/.exec(lines[i]!)?.[1];
    if (magic !== 'JSON') return magic === 'CLUSTER' ? 'a clustered database' : `line ${i + 1} begins no record`;
    const record = jsonOf(lines[i + 1]!);
    if (isRecord(record)) records.push(record);
    else if (i + 3 < lines.length) return `line ${i + 2} is no record`;
  }
  return isRecord(records[0]?.['tables']) ? records : 'it begins with no schema';
}

function jsonOf(text: string): unknown {
  if (isDeep(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface Column {
  /** It may hold several values. Of those a transaction that `_is_diff` tells what changed, of others the value. */
  isComposite: boolean;
  /** What a row that does not have the column means (RFC 7047, 5.2.1). */
  default: unknown;
}

type Columns = ReadonlyMap<string, Column>;

/** By name of the table. */
function columnsOf(schema: Record<string, unknown>): Map<string, Columns> {
  const tables = isRecord(schema['tables']) ? Object.entries(schema['tables']) : [];
  return new Map(
    tables.map(([name, table]) => {
      const columns = isRecord(table) && isRecord(table['columns']) ? Object.entries(table['columns']) : [];
      return [
        name,
        new Map(columns.map(([column, value]) => [column, columnOf(isRecord(value) ? value['type'] : undefined)])),
      ];
    }),
  );
}

function columnOf(type: unknown): Column {
  const { key, value, min, max } = isRecord(type) ? type : { key: type, value: undefined, min: 1, max: 1 };
  const base = isRecord(key) ? key['type'] : key;
  const isEmpty = value !== undefined || min === 0;
  return {
    isComposite: max === 'unlimited' || (typeof max === 'number' && max > 1),
    default: isEmpty
      ? ['set', []]
      : base === 'string'
        ? ''
        : base === 'boolean'
          ? false
          : base === 'uuid'
            ? undefined
            : 0,
  };
}

function applyRow(rows: Map<string, Row>, uuid: string, change: unknown, diffs: Columns | undefined): void {
  if (!isRecord(change)) {
    rows.delete(uuid);
    return;
  }
  const row = rows.get(uuid) ?? newRow(uuid);
  rows.set(uuid, row);
  for (const [column, value] of Object.entries(change))
    row[column] = diffs?.get(column)?.isComposite ? changed(row[column], value) : value;
}

function newRow(uuid: string): Row {
  const row: Row = Object.create(null);
  row['_uuid'] = ['uuid', uuid];
  return row;
}

/** What is on one side only stays; of a map, a key with another value takes it. */
function changed(before: unknown, difference: unknown): unknown {
  const [old, change] = [elementsOf(before), elementsOf(difference)];
  const isMap = [before, difference].some((value) => Array.isArray(value) && value[0] === 'map');
  const key = (element: unknown) => JSON.stringify(isMap && Array.isArray(element) ? element[0] : element);
  const result = new Map(old.map((element) => [key(element), element]));
  for (const element of change) {
    const same = result.get(key(element));
    if (same !== undefined && JSON.stringify(same) === JSON.stringify(element)) result.delete(key(element));
    else result.set(key(element), element);
  }
  return [isMap ? 'map' : 'set', [...result.values()]];
}

/** Of a set or map as RFC 7047 writes it: a set of one is that one. */
function elementsOf(value: unknown): unknown[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && (value[0] === 'set' || value[0] === 'map') && Array.isArray(value[1])) return value[1];
  return [value];
}

function plainRow(row: Row, columns: Columns | undefined): Row {
  const result: Row = Object.create(null);
  for (const [column, value] of columns ?? []) result[column] = plain(value.default);
  for (const [column, value] of Object.entries(row)) result[column] = plain(value);
  return result;
}
