/** Which things of the map a finding concerns. */
import type { Pointer } from '../problem.ts';
import { pointer } from '../problem.ts';
import { namespaceId } from './things.ts';
import type { MapThing } from './types.ts';

/** What a finding says of its place. */
export interface Found {
  /** Null of what nothing in the topology asks for. */
  pointer: Pointer | null;
  node: string | null;
  namespace: string | null;
}

/**
 * Ids of the things that a finding is about: the entry that it points to, or the nearest around it, and the namespace or else the node
 * that it was found on.
 */
export function concerned({ pointer: at, node, namespace }: Found, ids: ReadonlySet<string>): string[] {
  const entry = at === null ? undefined : nearest(at, ids);
  const machine = node === null ? undefined : pointer('nodes', node);
  const inside = node === null || namespace === null ? undefined : namespaceId(node, namespace);
  const place = inside !== undefined && ids.has(inside) ? inside : machine;
  return [...new Set([entry, place])].flatMap((id) => (id !== undefined && ids.has(id) ? id : []));
}

function nearest(at: Pointer, ids: ReadonlySet<string>): string | undefined {
  for (let cut = at.length; cut > 0; cut = at.lastIndexOf('/', cut - 1)) {
    const id = at.slice(0, cut);
    if (ids.has(id)) return id;
  }
  return undefined;
}

export const idsOf = (things: readonly MapThing[]): Set<string> => new Set(things.map(({ id }) => id));
