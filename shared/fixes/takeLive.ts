/**
 * "Take the live value": where a difference between a topology and a node is one value of the topology, that value as the node has it.
 * The texts of the two sides must be the same but for that value, so that nothing is guessed.
 */
import { pointerKeys, type Pointer } from '../problem.ts';
import { decodeScalar } from '../topology/decodeScalar.ts';
import { describe, quote } from '../topology/describe.ts';
import { fieldAt } from '../topology/fieldAt.ts';
import { relationsOf } from '../topology/relations.ts';
import { scalarText } from '../topology/scalarText.ts';
import { setEntry } from './edits.ts';
import { type Fix, type Read, thingsAt } from './fix.ts';

/** What differs, as texts of one item. */
export interface LiveDifference {
  expected: string | null;
  live: string | null;
  /** What the item is expected because of. */
  pointer: Pointer | null;
}

/** At most one: the entry whose value makes the expected text, with the value that makes the live one. */
export function takeLive({ expected, live, pointer }: LiveDifference, read: Read): Fix[] {
  if (expected === null || live === null || pointer === null) return [];
  const change = onlyChange(expected, live);
  if (!change) return [];
  const found = candidates(read, pointer).filter((entry) => says(read, entry, change.from));
  const [entry] = found;
  if (entry === undefined || found.length > 1) return [];
  const { type } = fieldAt(pointerKeys(entry))!;
  if (type.type === 'list' || type.type === 'map' || type.type === 'record') return [];
  const range: [number, number] = [0, 0];
  const { value, wrong } = decodeScalar(type, { kind: 'scalar', text: change.to, plain: true, range });
  if (value === undefined || wrong) return [];
  const title = `Take the live value into the file: \`${pointerKeys(entry).at(-1)}: ${value}\` of ${describe(entry)}`;
  return [{ title, edits: setEntry(read, entry, value) }];
}

/** A snat namespace on another node than the file says: there the gateway port is bound. Of an HA router there are several. */
export function takeLiveNode(
  { kind, node, namespace }: { kind: string; node: string | null; namespace: string | null },
  read: Read,
): Fix[] {
  const id = kind === 'unexpected' && namespace !== null ? /^snat-(.+)$/.exec(namespace)?.[1] : undefined;
  const router =
    id === undefined
      ? undefined
      : read.topology.routers.find((each) => each.id !== undefined && id.startsWith(each.id));
  const gateway = router?.external_gateway;
  if (!router || !gateway || router.ha || node === null || gateway.node === node) return [];
  const title = `Take the live value into the file: the gateway of router ${quote(router.name)} is on ${quote(node)}`;
  return [{ title, edits: setEntry(read, `${gateway.pointer}/node`, node) }];
}

/** The one word that differs, as often as it does; what the two words have in common behind a slash stays. */
function onlyChange(expected: string, live: string): { from: string; to: string } | undefined {
  const [before, after] = [expected.split(/[\s,"=]+/), live.split(/[\s,"=]+/)];
  if (before.length !== after.length) return undefined;
  const changes = new Set<string>();
  for (const [i, word] of before.entries())
    if (word !== after[i]) {
      const [from, to] = [word.split('/'), after[i]!.split('/')];
      if (from.length !== to.length || from[1] !== to[1]) return undefined;
      changes.add(`${from[0]} ${to[0]}`);
    }
  const [only] = changes;
  if (only === undefined || changes.size > 1) return undefined;
  const [from = '', to = ''] = only.split(' ');
  return { from, to };
}

const KEYS = [
  'ip_address',
  'mac_address',
  'fixed_ip_address',
  'mtu',
  'segmentation_id',
  'gateway_ip',
  'tunnel_ip',
  'node',
];

/** Entries whose values can be in what a place of the topology causes. */
function candidates({ topology, sourceMap }: Read, pointer: Pointer): Pointer[] {
  const { network, subnet, interface: entry, port, router } = thingsAt(topology, pointer);
  const find = relationsOf(topology);
  const own = network ?? find.network.get(port?.network ?? '');
  const external = find.network.get(router?.external_gateway?.network ?? '');
  const around = [
    pointer,
    `${pointer}/snat`,
    entry?.pointer,
    router?.external_gateway?.pointer,
    port?.pointer,
    ...(port?.fixed_ips.map((_, i) => `${port.pointer}/fixed_ips/${i}`) ?? []),
    ...(router?.external_gateway?.external_fixed_ips.map(
      (_, i) => `${router.external_gateway!.pointer}/external_fixed_ips/${i}`,
    ) ?? []),
    own?.pointer,
    subnet?.pointer,
    external?.pointer,
  ];
  const all = around.flatMap((parent) => (parent === undefined ? [] : KEYS.map((key) => `${parent}/${key}`)));
  // One place may have two pointers: a gateway's short form.
  const places = new Map(
    all.flatMap((each) => {
      const place = sourceMap.get(each);
      return place?.key || place ? [[place.value[0], each] as const] : [];
    }),
  );
  return [...new Set(places.values())];
}

function says({ text, sourceMap }: Read, entry: Pointer, value: string): boolean {
  const range = sourceMap.get(entry)?.value;
  const found = fieldAt(pointerKeys(entry));
  const scalar = range && scalarText(text.slice(...range));
  if (
    scalar === undefined ||
    !found ||
    found.type.type === 'list' ||
    found.type.type === 'map' ||
    found.type.type === 'record'
  )
    return false;
  const read = decodeScalar(found.type, { kind: 'scalar', text: scalar, plain: true, range: [0, 0] });
  return read.value !== undefined && String(read.value) === value;
}
