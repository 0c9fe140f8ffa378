/**
 * Which differences have one cause. Everything is in the data: what an item is (a namespace, a device, an address, a port of the
 * switch) and what it needs to be there. What is missing because something that it needs is missing, belongs to that; so does what is
 * there only because something else should not be. Items with one meaning (rule and route of a table, all parts of a floating IP, one
 * number that changed in many places) belong together.
 */
import type { Difference } from '../compare.ts';
import { contains } from '../ip.ts';
import type { NodeState } from '../state.ts';
import { type Keys, keysOf, numbersOf } from './keys.ts';

export interface Group {
  /** Differences with one cause; the first is nearest to it. */
  lines: readonly [root: Difference, ...rest: Difference[]];
  /** Those of them that follow from no other one. */
  causes: ReadonlySet<Difference>;
}

/** @param expected tells in which namespace a port of the switch is, and which port a flow is about */
export function groupByCause(differences: readonly Difference[], expected: NodeState, live: NodeState): Group[] {
  if (differences.length === 0) return [];
  const numbers = numbersOf(expected, live);
  const keys = differences.map((difference) => keysOf(difference, numbers));
  const effects = differences.map(({ kind }) => (kind === 'misplaced' ? 'unexpected' : kind));
  const parent = differences.map((_, i) => i);
  const caused = new Set<number>();
  const holders = holdersOf(keys, effects);
  for (const [i, { needs, same }] of keys.entries()) {
    for (const key of same) join(parent, i, holders.get(`same ${key}`)![0]!);
    for (const key of needs)
      for (const effect of new Set([effects[i]!, 'different']))
        for (const holder of (holders.get(`${effect} ${key}`) ?? []).slice(0, 2)) {
          if (holder === i) continue;
          join(parent, i, holder);
          caused.add(i);
        }
  }
  joinUnreached(keys, effects, parent, caused);
  return setsOf(parent).map((indices) => ordered(indices, differences, caused));
}

function holdersOf(keys: readonly Keys[], effects: readonly string[]): Map<string, number[]> {
  const holders = new Map<string, number[]>();
  const note = (key: string, i: number) => {
    const list = holders.get(key);
    if (list) list.push(i);
    else holders.set(key, [i]);
  };
  for (const [i, { is, same }] of keys.entries()) {
    for (const key of is) note(`${effects[i]} ${key}`, i);
    for (const key of same) note(`same ${key}`, i);
  }
  return holders;
}

/** Addresses of one device that routes are held against; more are no healthy or broken node but a hostile text. */
const MOST_NETS = 500;

/** A gateway that no address of its device reaches: the kernel takes no such route, and drops it with the address. */
function joinUnreached(keys: readonly Keys[], effects: readonly string[], parent: number[], caused: Set<number>): void {
  const nets = new Map<string, { prefix: string; i: number }[]>();
  for (const [i, { net }] of keys.entries()) {
    if (!net) continue;
    const place = `${effects[i]} ${net.place}`;
    const list = nets.get(place) ?? [];
    nets.set(place, list);
    if (list.length < MOST_NETS) list.push({ prefix: net.prefix, i });
  }
  for (const [i, { reach }] of keys.entries())
    for (const net of reach ? (nets.get(`${effects[i]} ${reach.place}`) ?? []) : [])
      if (contains(net.prefix, reach!.address)) {
        join(parent, i, net.i);
        caused.add(i);
      }
}

/** From the cause to the consequence, where needs alone do not say it. */
const ORDER: readonly string[] = [
  'namespaces', 'ports', 'links', 'addresses', 'rules', 'routes', 'iptables', 'neighbours', 'flows', 'sysctls', 'keepalived', 'allocations',
]; // prettier-ignore
const KINDS: readonly string[] = ['missing', 'different', 'unexpected', 'misplaced'];

function ordered(indices: number[], differences: readonly Difference[], caused: ReadonlySet<number>): Group {
  const rank = (i: number): number => {
    const { aspect, kind } = differences[i]!;
    return (caused.has(i) ? 1000 : 0) + ORDER.indexOf(aspect) * KINDS.length + KINDS.indexOf(kind);
  };
  const [first, ...rest] = indices.toSorted((a, b) => rank(a) - rank(b) || a - b);
  const causes = indices.filter((i) => i === first || !caused.has(i)).map((i) => differences[i]!);
  return { lines: [differences[first!]!, ...rest.map((i) => differences[i]!)], causes: new Set(causes) };
}

/** Disjoint sets: each index leads to another one of its set, the last to itself. */
function join(parent: number[], a: number, b: number): void {
  const [x, y] = [find(parent, a), find(parent, b)];
  if (x !== y) parent[Math.max(x, y)] = Math.min(x, y);
}

function find(parent: number[], i: number): number {
  let at = i;
  while (parent[at] !== at) {
    parent[at] = parent[parent[at]!]!;
    at = parent[at]!;
  }
  return at;
}

function setsOf(parent: number[]): number[][] {
  const sets = new Map<number, number[]>();
  for (const i of parent.keys()) {
    const set = sets.get(find(parent, i));
    if (set) set.push(i);
    else sets.set(find(parent, i), [i]);
  }
  return [...sets.values()];
}
