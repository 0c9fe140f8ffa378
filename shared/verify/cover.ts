/**
 * Covers sources × destinations by classes: one packet is walked, every pair of its class is settled with it, and the rest is divided and
 * covered in turn. Each pair is settled exactly once, by a packet that goes the same way; the law is tested pair by pair against `traceIn`.
 *
 *              destinations                       alike × reached   settled by the walk
 *            reached  │  rest                     alike × rest      covered in turn
 *   alike   ──────────┼───────                    others × all      covered in turn
 *   others            │
 */
import { bigText } from '../ip.ts';
import type { Family } from '../state.ts';
import type { Taker } from '../trace/arp.ts';
import type { Endpoint } from '../trace/cloud.ts';
import { takes } from '../trace/ends.ts';
import type { Protocol } from '../trace/packet.ts';
import type { Hop } from '../trace/wire.ts';
import { type Side, addressValue, isAlike, rangesOf } from './footprint.ts';
import { type Range, intersect, lowerBound, subtract } from './ranges.ts';
import { type Look, type Outcome, walk } from './walk.ts';
import type { Walker } from './walker.ts';

/** A port and the address that it sends from. */
export interface Source {
  from: Endpoint;
  address: string;
}

/** What destinations are chosen from: a list of addresses, or all of a family. */
export interface Space<T extends number | bigint> {
  addressOf: (place: T) => string;
  /** The places of the addresses that are alike. */
  placesOf: (side: Side) => Range<T>[];
  /** Places one by one; a space that is too large to list has none. */
  each?: (ranges: readonly Range<T>[]) => T[];
}

/** What goes the same way. `outcome` is that of the walked pair; only its addresses differ from the others'. */
export interface Class<T extends number | bigint, S extends Source = Source> {
  sources: S[];
  places: Range<T>[];
  /** `undefined`: nothing was walked, because there were too many classes. */
  walked: { source: Source; address: string; outcome: Outcome } | undefined;
  /** Who gets what is sent to one of the addresses. */
  endOf: (address: string) => Taker | null;
}

/** More classes than this for sources that are alike is no state that an agent or a person made; what is left is not looked at, and said so. */
const MAX_CLASSES = { listed: 20_000, unlisted: 1000 };

/** @param emit is given each class once; pairs of a port with an address of its own are in classes by chance, and mean nothing */
export function cover<T extends number | bigint, S extends Source>(
  walker: Walker,
  space: Space<T>,
  all: { sources: S[]; places: Range<T>[]; protocol: Protocol; dport?: number; size?: number },
  emit: (found: Class<T, S>) => void,
): void {
  const { sources: _sources, places: _places, ...packet } = all;
  const open = [{ sources: all.sources, places: all.places }];
  for (let classes = 0; open.length > 0; classes++) {
    const { sources, places } = open.pop()!;
    const first = places[0]?.[0];
    if (first === undefined || sources.length === 0) continue;
    const address = space.addressOf(first);
    const source = sources.find(({ from }) => !isOwn(from, address));
    const walked = source && walk(walker, { from: source.from, src: source.address, dst: address, ...packet });
    if (!source || !walked) {
      open.push({ sources, places: subtract(places, placesOf(space, address)) });
      continue;
    }
    if (classes > (space.each ? MAX_CLASSES.listed : MAX_CLASSES.unlisted)) {
      emit({ sources, places, walked: undefined, endOf: () => null });
      continue;
    }
    const { footprint, looks, outcome } = walked;
    const alike = sources.filter((each) => each === source || isAlikeSource(each, footprint.src, looks));
    const reached = reachedIn(space, places, footprint.dst, looks, outcome, address);
    const own = looks.find(({ side, must }) => side === 'dst' && must === 'owner');
    emit({
      sources: alike,
      places: reached,
      walked: { source, address, outcome },
      endOf: (to) => (own && outcome.end ? takerOf(own.to(to, undefined)) : outcome.end),
    });
    const others = sources.length === alike.length ? [] : sources.filter((each) => !alike.includes(each));
    open.push({ sources: alike, places: subtract(places, reached) }, { sources: others, places });
  }
}

const takerOf = (to: Hop['to']): Taker | null => (to.type === 'end' ? null : to);

/** Whether an endpoint has the address itself. */
export const isOwn = (from: Endpoint, address: string): boolean =>
  from.addresses.some(({ local }) => local === address);

const placesOf = <T extends number | bigint>(space: Space<T>, address: string): Range<T>[] =>
  space.placesOf(single(address));

/** The side of a footprint that this address alone fits. */
function single(address: string): Side {
  const words = addressWords(address);
  return { address, within: { text: address, words, length: words.length * 16 }, without: new Set() };
}

function addressWords(address: string): number[] {
  const value = addressValue(address) ?? 0n;
  const count = address.includes(':') ? 8 : 2;
  return Array.from({ length: count }, (_, i) => Number((value >> BigInt(16 * (count - 1 - i))) & 0xffffn));
}

/** On its own look-ups the packet, or the reply to it, must go as it did in the walk. */
function isAlikeSource({ from, address }: Source, side: Side, looks: readonly Look[]): boolean {
  if (!isAlike(side, address)) return false;
  return looks.every((look) => {
    if (look.side !== 'src') return true;
    const to = look.to(address, from);
    return look.must === 'same' ? isSame(to, look.walked) : to.type === 'endpoint' && to.endpoint === from;
  });
}

/** The same receiver, or the same end. */
function isSame(a: Hop['to'], b: Hop['to']): boolean {
  if (a === b) return true;
  if (a.type === 'end') return b.type === 'end' && a.disposition === b.disposition && a.missing === b.missing;
  if (b.type === 'end' || a.doubt !== b.doubt) return false;
  if (a.type === 'outside') return b.type === 'outside' && a.segment === b.segment;
  if (a.type === 'endpoint') return b.type === 'endpoint' && a.endpoint === b.endpoint;
  return b.type === 'namespace' && a.namespace === b.namespace && a.ifname === b.ifname;
}

/** On its own look-ups a destination must come to a port that has it, and that answers as the one of the walk did. */
function reachedIn<T extends number | bigint>(
  space: Space<T>,
  places: readonly Range<T>[],
  side: Side,
  looks: readonly Look[],
  { end }: Outcome,
  address: string,
): Range<T>[] {
  const alike = intersect(places, space.placesOf(side));
  const own = looks.filter((look) => look.side === 'dst');
  if (own.length === 0) return alike;
  const first = intersect(places, placesOf(space, address));
  if (!space.each || end?.type !== 'endpoint') return first;
  const key = senderKey(end.endpoint, address);
  const fits = (place: T): boolean => {
    const text = space.addressOf(place);
    let owner: Endpoint | undefined;
    // The way there comes first, and finds who has the address.
    return own.every((look) => {
      const to = look.to(text, owner);
      if (look.must === 'same') return isSame(to, look.walked);
      if (to.type !== 'endpoint' || !takes(to.endpoint, text) || senderKey(to.endpoint, text) !== key) return false;
      owner = to.endpoint;
      return true;
    });
  };
  const fitting = space.each(alike).filter((place) => space.addressOf(place) === address || fits(place));
  const kept = fitting.flatMap((place) => placesOf(space, space.addressOf(place)));
  return kept.length > 0 ? kept : first;
}

/** Ports with the same key send alike from these addresses: from the same node and network, with the same routes. */
export function senderKey(endpoint: Endpoint, address: string): string {
  const { node, segment, addresses, extraAddresses, name } = endpoint;
  const known = keys.get(endpoint);
  const key =
    known ??
    JSON.stringify([
      node,
      segment,
      addresses.map(({ local, prefixlen, gateway, hostRoutes }) => [networkOf(local, prefixlen), gateway, hostRoutes]),
      extraAddresses.length > 0 ? name : '',
    ]);
  if (known === undefined) keys.set(endpoint, key);
  return `${addresses.findIndex(({ local }) => local === address)} ${key}`;
}

const keys = new WeakMap<Endpoint, string>();

function networkOf(address: string, length: number): string {
  const bits = address.includes(':') ? 128 : 32;
  return `${(addressValue(address) ?? 0n) >> BigInt(Math.max(0, bits - length))}/${length}`;
}

/** Addresses in order, each once: a space that can be listed. Places are indices. */
export function listSpace(addresses: readonly string[], family: Family): Space<number> & { addresses: string[] } {
  const valued = [...new Set(addresses)].flatMap((text) => {
    const value = text.includes(':') === (family === 'inet6') ? addressValue(text) : undefined;
    return value === undefined ? [] : [{ text, value }];
  });
  valued.sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0));
  const values = valued.map(({ value }) => value);
  const texts = valued.map(({ text }) => text);
  return {
    addresses: texts,
    addressOf: (place) => texts[place]!,
    placesOf: (side) =>
      rangesOf(side, family).flatMap(([from, to]): Range<number>[] => {
        const [first, last] = [lowerBound(values, from), lowerBound(values, to)];
        return first < last ? [[first, last]] : [];
      }),
    each: (ranges) => ranges.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i)),
  };
}

/** All addresses of a family. */
export const worldSpace = (family: Family): Space<bigint> => ({
  addressOf: (value) => bigText(value, family),
  placesOf: (side) => rangesOf(side, family),
});
