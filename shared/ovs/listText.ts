/** What `ovs-vsctl list TABLE` and `ovs-vsctl show` print for people, into the same rows as their JSON form. */
import { hasLongLine } from '../aspects/aspect.ts';
import type { OvsPort } from '../state.ts';
import { type Row, ofInterface } from './database.ts';

/** The list of ports of a bridge with some ten thousand. */
const LONGEST_LINE = 512 * 1024;

/** Records of `column : value` lines, apart by an empty line. `undefined` when a line is neither. */
export function rowsOfText(text: string): Row[] | undefined {
  const rows: Row[] = [];
  let row: Row | undefined;
  if (hasLongLine(text, LONGEST_LINE)) return undefined;
  for (const line of text.split('\n')) {
    if (line.trim() === '') {
      row = undefined;
      continue;
    }
    const [, column, value] = /^([a-z_]\w*)\s*: (.*)$/i.exec(line.trimEnd()) ?? [];
    const read = value === undefined ? undefined : readValue(value);
    if (column === undefined || read === undefined) return undefined;
    if (!row) {
      row = newRow();
      rows.push(row);
    }
    row[column] = read.value;
  }
  return rows;
}

const newRow = (): Row => Object.create(null);

/** `ovsdb-data.c` prints atoms bare or quoted as JSON, sets in `[]` or bare when of one, maps in `{}`. */
function readValue(text: string): { value: unknown } | undefined {
  if (!/^[[{].*[\]}]$/.test(text)) return atomOf(text);
  const parts = splitList(text.slice(1, -1));
  if (!parts) return undefined;
  if (text.startsWith('[')) {
    const atoms = parts.map(atomOf);
    if (atoms.includes(undefined)) return undefined;
    const values = atoms.map((atom) => atom!.value);
    return { value: values.length === 1 ? values[0] : values };
  }
  const map: Record<string, unknown> = Object.create(null);
  for (const part of parts) {
    const [, key, value] = /^("(?:[^"\\]|\\.)*"|[^="]+)=(.*)$/.exec(part) ?? [];
    const [left, right] = [
      key === undefined ? undefined : atomOf(key),
      value === undefined ? undefined : atomOf(value),
    ];
    if (!left || !right) return undefined;
    map[String(left.value)] = right.value;
  }
  return { value: map };
}

/** Splits at commas outside of quotes. */
function splitList(text: string): string[] | undefined {
  if (text.trim() === '') return [];
  const parts = text.match(/(?:"(?:[^"\\]|\\.)*"|[^",])+/g) ?? [];
  return parts.join(',') === text ? parts.map((part) => part.trim()) : undefined;
}

function atomOf(text: string): { value: string | number } | undefined {
  if (!text.startsWith('"')) return { value: /^-?\d{1,15}$/.test(text) ? Number(text) : text };
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? { value } : undefined;
  } catch {
    return undefined;
  }
}

/** `show` has neither numbers nor the keys of ports: those of interfaces are in `list Interface`, those of ports are not known. */
export function portsOfShow(text: string, interfaces: readonly Row[]): OvsPort[] {
  const byName = new Map(interfaces.map((row) => [row['name'], row]));
  const ports: OvsPort[] = [];
  if (hasLongLine(text, LONGEST_LINE)) return [];
  let bridge: string | undefined;
  for (const line of text.split('\n')) {
    const [, indent = '', word = '', value = ''] = /^( *)(\w+):? (.*)$/.exec(line.trimEnd()) ?? [];
    const atom = String(atomOf(value)?.value ?? value);
    const port = ports.at(-1);
    if (word === 'Bridge' && indent.length === 4) bridge = atom;
    else if (word === 'Port' && indent.length === 8 && bridge !== undefined)
      ports.push({ bridge, name: atom, type: '', external_ids: {}, other_config: {}, options: {} });
    else if (port && word === 'tag' && /^\d{1,4}$/.test(value)) port.tag = Number(value);
    else if (port && word === 'Interface' && byName.has(atom)) Object.assign(port, ofInterface(byName.get(atom)!));
  }
  return ports;
}
