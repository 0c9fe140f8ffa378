/** Pairing two lists of items: equal ones, altered ones, and what is left over on either side. */
import type { Comparable } from './aspects/aspect.ts';
import type { Item } from './state.ts';

export interface Pairing<I> {
  equal: [expected: I, live: I][];
  altered: [expected: I, live: I][];
  missing: I[];
  unexpected: I[];
  /** Live items that are no difference: learned, inherited, the kernel's own. */
  dynamic: I[];
  /** Ordered lists whose items are all there in another order. */
  disordered: [expected: I[], live: I[]][];
}

type Pairable<I extends Item> = Pick<Comparable<I>, 'identities' | 'explain' | 'dynamic' | 'list' | 'alike'>;

export function pairUp<I extends Item>(expected: readonly I[], live: readonly I[], aspect: Pairable<I>): Pairing<I> {
  const [exact, ...looser] = aspect.identities;
  const first = match(expected, live, exact!);
  const altered: [I, I][] = [];
  let { left, right } = first;
  const isDynamic = (item: I) => aspect.dynamic?.(item) !== undefined;
  for (const [i, identity] of looser.entries()) {
    if (left.length === 0 || right.length === 0) break;
    // Only the closest identity may pair an expected item with one that would be no difference by itself.
    const pool = i === 0 ? right : right.filter((item) => !isDynamic(item));
    const step = match(left, pool, identity);
    altered.push(...step.pairs);
    left = step.left;
    const used = new Set(step.pairs.map(([, other]) => other));
    right = right.filter((item) => !used.has(item));
  }
  const rest = right.filter((item) => !isDynamic(item));
  const alike = aspect.alike === false ? { pairs: [], left, right: rest } : matchAlike(left, rest, aspect.explain);
  altered.push(...alike.pairs);
  return {
    equal: first.pairs,
    altered,
    missing: alike.left,
    unexpected: alike.right,
    dynamic: right.filter(isDynamic),
    disordered: disorder(first.pairs, expected, live, aspect),
  };
}

interface Match<I> {
  pairs: [I, I][];
  left: I[];
  right: I[];
}

/** Pairs items with equal keys, first come first served. */
function match<I>(expected: readonly I[], live: readonly I[], key: (item: I) => string): Match<I> {
  const byKey = new Map<string, I[]>();
  for (const item of live) {
    const k = key(item);
    const list = byKey.get(k);
    if (list) list.push(item);
    else byKey.set(k, [item]);
  }
  for (const list of byKey.values()) list.reverse();
  const result: Match<I> = { pairs: [], left: [], right: [] };
  const used = new Set<I>();
  for (const item of expected) {
    const other = byKey.get(key(item))?.pop();
    if (other === undefined) result.left.push(item);
    else {
      used.add(other);
      result.pairs.push([item, other]);
    }
  }
  result.right = live.filter((item) => !used.has(item));
  return result;
}

/** How much of two texts must be the same words for them to be one thing that was altered. */
const ALIKE = 0.6;

/** Pairs the leftovers that read most alike; the work is bounded, as many leftovers mean that nothing fits anyway. */
function matchAlike<I>(left: readonly I[], right: readonly I[], explain: (item: I) => string): Match<I> {
  const result: Match<I> = { pairs: [], left: [], right: [...right] };
  if (left.length * right.length > 10_000) return { pairs: [], left: [...left], right: [...right] };
  for (const item of left) {
    let best: { other: I; score: number } | undefined;
    for (const other of result.right) {
      const score = likeness(explain(item), explain(other));
      if (score >= ALIKE && score > (best?.score ?? 0)) best = { other, score };
    }
    if (best) {
      result.pairs.push([item, best.other]);
      result.right.splice(result.right.indexOf(best.other), 1);
    } else result.left.push(item);
  }
  return result;
}

/** Dice coefficient of the words of two texts. */
function likeness(a: string, b: string): number {
  const words = (text: string) => text.split(/[\s/:,.-]+/).filter((word) => word !== '');
  const [x, y] = [words(a), words(b)];
  const rest = [...y];
  let common = 0;
  for (const word of x) {
    const at = rest.indexOf(word);
    if (at < 0) continue;
    rest.splice(at, 1);
    common++;
  }
  return (2 * common) / (x.length + y.length);
}

function disorder<I extends Item>(
  pairs: [I, I][],
  expected: readonly I[],
  live: readonly I[],
  { list }: Pairable<I>,
): [I[], I[]][] {
  if (!list) return [];
  const partner = new Map(pairs);
  const place = new Map(live.map((item, i) => [item, i]));
  const lists = new Map<string, I[]>();
  for (const item of expected) {
    const name = list(item);
    if (name === undefined || !partner.has(item)) continue;
    lists.set(name, [...(lists.get(name) ?? []), item]);
  }
  return [...lists.values()].flatMap((items): [I[], I[]][] => {
    const others = items.map((item) => partner.get(item)!);
    const sorted = others.toSorted((a, b) => place.get(a)! - place.get(b)!);
    return others.every((other, i) => other === sorted[i]) ? [] : [[items, sorted]];
  });
}
