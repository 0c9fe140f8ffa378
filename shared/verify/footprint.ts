/**
 * What a packet's way depended on: every prefix that one of its two addresses was held against. A packet whose addresses would have given the
 * same answers goes the same way, so that one trace stands for a whole class: the product of a set of sources and a set of destinations.
 *
 * Who asks is `trace/` itself (`holds` in `prefix.ts` tells it all), so that nothing is looked at that is not in the footprint. What is compared
 * as a whole (neighbour entries, who has an address) is noted by `walk.ts`. An address that a translation put in is a constant of the class;
 * where it happens to equal one of the packet's own the class becomes smaller than it need be, never larger.
 */
import type { Family } from '../state.ts';
import { type Asked, type ReadyPrefix, holds, readyAddress, readyPrefix } from '../trace/prefix.ts';
import { type Range, subtract, union } from './ranges.ts';

/** The answers for one of the two addresses. */
export interface Side {
  address: string;
  /** The longest prefix that holds it, of those asked for. */
  within: ReadyPrefix | undefined;
  /** Those that do not. */
  without: Set<ReadyPrefix>;
}

export interface Footprint {
  src: Side;
  dst: Side;
  asked: Asked;
}

/** An empty one: all packets are alike. */
export function footprintOf(src: string, dst: string): Footprint {
  const sides = [src, dst].map((address): Side => ({ address, within: undefined, without: new Set() }));
  const [source, destination] = [sides[0]!, sides[1]!];
  const asked: Asked = (address, prefix, isHeld) => {
    if (address === src) note(source, prefix, isHeld);
    if (address === dst) note(destination, prefix, isHeld);
  };
  return { src: source, dst: destination, asked };
}

function note(side: Side, prefix: ReadyPrefix, isHeld: boolean): void {
  // A placeholder is no address that anybody has.
  if (prefix.words.length === 0) return;
  if (!isHeld) side.without.add(prefix);
  else if (side.within === undefined || prefix.length > side.within.length) side.within = prefix;
}

/** Holds an address of the packet against a prefix for the footprint alone. */
export function ask({ asked }: Footprint, address: string, prefix: ReadyPrefix): void {
  holds(prefix, readyAddress(address, asked));
}

/** Addresses and prefixes, read once. */
export const readyOnce = (): ((text: string) => ReadyPrefix) => {
  const known = new Map<string, ReadyPrefix>();
  return (text) => {
    const found = known.get(text) ?? readyPrefix(text);
    known.set(text, found);
    return found;
  };
};

/** Whether an address would have given the same answers. */
export function isAlike({ within, without }: Side, address: string): boolean {
  const ready = readyAddress(address);
  if (within && !holds(within, ready)) return false;
  for (const prefix of without) if (holds(prefix, ready)) return false;
  return true;
}

/** All addresses that would have given the same answers, by value. */
export function rangesOf({ within, without }: Side, family: Family): Range<bigint>[] {
  const bits = family === 'inet' ? 32 : 128;
  const whole: Range<bigint> = within ? boundsOf(within) : [0n, 1n << BigInt(bits)];
  // One address alone: what does not hold it is elsewhere.
  if (within?.length === bits) return [whole];
  const holes = [...without].filter(({ words }) => words.length * 16 === bits).map(boundsOf);
  const inside = holes.filter(([from, to]) => from < whole[1] && whole[0] < to);
  return subtract([whole], union(inside));
}

const bounds = new WeakMap<ReadyPrefix, Range<bigint>>();

/** The addresses of a prefix. */
export function boundsOf(prefix: ReadyPrefix): Range<bigint> {
  const known = bounds.get(prefix);
  if (known) return known;
  const size = 1n << BigInt(prefix.words.length * 16 - prefix.length);
  const from = valueOf(prefix.words) & ~(size - 1n);
  const made: Range<bigint> = [from, from + size];
  bounds.set(prefix, made);
  return made;
}

const valueOf = (words: readonly number[]): bigint => words.reduce((sum, word) => (sum << 16n) | BigInt(word), 0n);

/** The value of an address, `undefined` for what is none. */
export function addressValue(text: string): bigint | undefined {
  const { words } = readyAddress(text);
  return words.length === 0 ? undefined : valueOf(words);
}
