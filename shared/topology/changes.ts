/** What differs between two versions of a topology, as names: the ground on which everything else may be kept. */
import type { Topology } from './types.ts';

/** Names of things that were added, removed or altered; a thing that only moved in its list is none of these. */
export interface Changes {
  nodes: Set<string>;
  networks: Set<string>;
  routers: Set<string>;
  ports: Set<string>;
  floating_ips: Set<string>;
  /** Something that is in no list, such as the release; or the order of a list. */
  other: boolean;
}

const LISTS = ['nodes', 'networks', 'routers', 'ports', 'floating_ips'] as const;

export function changesBetween(before: Topology, after: Topology): Changes {
  // Nothing that a node holds follows from a promise, or from what could not be read.
  const rest = ({
    nodes: _n,
    networks: _w,
    routers: _r,
    ports: _p,
    floating_ips: _f,
    promises: _s,
    unread: _u,
    ...others
  }: Topology) => others;
  const other = !isEqual(rest(before), rest(after));
  const changed = LISTS.map((list) => changedNames(before[list], after[list]));
  const [nodes, networks, routers, ports, floatingIps] = changed.map(({ names }) => names);
  return {
    nodes: nodes!,
    networks: networks!,
    routers: routers!,
    ports: ports!,
    floating_ips: floatingIps!,
    other: other || changed.some(({ isReordered }) => isReordered),
  };
}

function changedNames(
  before: readonly { name: string }[],
  after: readonly { name: string }[],
): { names: Set<string>; isReordered: boolean } {
  const names = new Set<string>();
  const old = new Map(before.map((thing, i) => [thing.name, { thing, i }]));
  let last = -1;
  let isReordered = false;
  // Of two things with one name nothing can be told apart: both count as altered.
  const seen = new Set<string>();
  for (const thing of after) {
    const known = old.get(thing.name);
    if (!known || seen.has(thing.name) || !isEqual(known.thing, thing)) names.add(thing.name);
    seen.add(thing.name);
    if (known && known.i < last) isReordered = true;
    if (known) last = known.i;
  }
  for (const { name } of before) if (!seen.has(name)) names.add(name);
  if (old.size < before.length) for (const { name } of before) names.add(name);
  return { names, isReordered };
}

/** Equality of JSON values; a key whose value is `undefined` counts as absent. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((value, i) => isEqual(value, b[i]));
  if (!isObject(a) || !isObject(b)) return false;
  for (const key in a) if (!isEqual(a[key], b[key])) return false;
  for (const key in b) if (b[key] !== undefined && a[key] === undefined) return false;
  return true;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
