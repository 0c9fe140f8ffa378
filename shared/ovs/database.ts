/** Tables of the Open vSwitch database as `ovs-vsctl -f json list TABLE` prints them (RFC 7047), into bridges with their ports. */
import { isDeep, isRecord } from '../aspects/aspect.ts';
import { PORT_KEYS } from '../aspects/ports.ts';
import type { OvsPort } from '../state.ts';

/** One row: column → value; sets of one are that one, empty sets are absent. */
export type Row = Record<string, unknown>;

/** @returns undefined when the text is no such table */
export function tableOf(text: string): Row[] | undefined {
  let value: unknown;
  if (isDeep(text)) return undefined;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value) || !Array.isArray(value['headings']) || !Array.isArray(value['data'])) return undefined;
  const headings = value['headings'].map(String);
  return value['data'].map((cells: unknown) => {
    const row: Row = Object.create(null);
    if (Array.isArray(cells)) for (const [i, heading] of headings.entries()) row[heading] = plain(cells[i]);
    return row;
  });
}

/** An OVSDB value: `["uuid", "…"]` → its text, `["set", […]]` → an array or the only element, `["map", […]]` → a record. */
export function plain(value: unknown): unknown {
  if (!Array.isArray(value) || value.length !== 2) return value;
  const [kind, content] = value;
  if (kind === 'uuid') return content;
  if (kind === 'map' && Array.isArray(content)) {
    const map: Record<string, unknown> = Object.create(null);
    for (const pair of content) if (Array.isArray(pair)) map[String(pair[0])] = pair[1];
    return map;
  }
  if (kind !== 'set' || !Array.isArray(content)) return value;
  const elements = content.map(plain);
  return elements.length === 1 ? elements[0] : elements;
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** The keys that are compared, in their order. */
function pick(value: unknown, keys: readonly string[]): Record<string, string> {
  const map = isRecord(value) ? value : {};
  return Object.fromEntries(keys.flatMap((key) => (typeof map[key] === 'string' ? [[key, map[key]]] : [])));
}

/** Ports with the interface of their name, bridge by bridge. A port that no bridge has is no port of the switch. */
export function portsOfTables(bridges: Row[], ports: Row[], interfaces: Row[]): OvsPort[] {
  const portByUuid = new Map(ports.map((row) => [row['_uuid'], row]));
  const interfaceByUuid = new Map(interfaces.map((row) => [row['_uuid'], row]));
  return bridges.flatMap((bridge) =>
    listOf(bridge['ports']).flatMap((uuid): OvsPort[] => {
      const port = portByUuid.get(uuid);
      const name = textOf(port?.['name']);
      if (!port || name === undefined) return [];
      const own = listOf(port['interfaces']).map((id) => interfaceByUuid.get(id) ?? {});
      const item = portOf(textOf(bridge['name']) ?? '', name, port, own[0] ?? {});
      return [name === item.bridge ? { ...item, ...failModeOf(bridge) } : item];
    }),
  );
}

/** An empty column is the switch's own default. */
const failModeOf = (bridge: Row): Pick<OvsPort, 'fail_mode'> =>
  Object.hasOwn(bridge, 'fail_mode') ? { fail_mode: textOf(bridge['fail_mode']) ?? 'standalone' } : {};

function portOf(bridge: string, name: string, port: Row, own: Row): OvsPort {
  const tag = numberOf(port['tag']);
  return {
    bridge,
    name,
    ...(tag === undefined ? {} : { tag }),
    ...ofInterface(own),
    other_config: pick(port['other_config'], PORT_KEYS.other_config),
  };
}

/** What the interface of a port tells. */
export function ofInterface(own: Row): Pick<OvsPort, 'type' | 'ofport' | 'external_ids' | 'options'> {
  const ofport = numberOf(own['ofport']);
  return {
    type: textOf(own['type']) ?? '',
    ...(ofport === undefined ? {} : { ofport }),
    external_ids: pick(own['external_ids'], PORT_KEYS.external_ids),
    options: pick(own['options'], PORT_KEYS.options),
  };
}

/** `ovs-ofctl show`: lines like ` 116(tapa9ef7272-e0): addr:…`, ` LOCAL(br-int): addr:…`. */
export function ofportsOf(text: string): Record<string, number> {
  const ofports: Record<string, number> = Object.create(null);
  for (const line of text.split('\n')) {
    const [, number, name] = /^ ?(\d+|LOCAL)\("?([^")]+)"?\): addr:/.exec(line) ?? [];
    if (name !== undefined) ofports[name] = number === 'LOCAL' ? 65_534 : Number(number);
  }
  return ofports;
}
