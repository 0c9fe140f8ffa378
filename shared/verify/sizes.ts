/** How large a packet may be that is promised to arrive: no larger than the MTU of every network that it may pass. */
import type { Facts } from './facts.ts';

/** As large as all of the networks let pass; nothing when the MTU of one is not known. */
export function sizeThrough({ relations }: Facts, networks: Iterable<string>): { size?: number } {
  let size = Infinity;
  for (const name of networks) {
    const mtu = relations.network.get(name)?.mtu;
    if (mtu === undefined) return {};
    size = Math.min(size, mtu);
  }
  return Number.isFinite(size) ? { size } : {};
}

const cache = new WeakMap<Facts, ReadonlyMap<number, { size?: number }>>();

/** The same of all networks that may reach each other. */
export function sizeAround(facts: Facts, network: string): { size?: number } {
  const known = cache.get(facts) ?? sizesOf(facts);
  cache.set(facts, known);
  return known.get(facts.spheres.get(network) ?? -1) ?? {};
}

function sizesOf(facts: Facts): Map<number, { size?: number }> {
  const members = new Map<number, string[]>();
  for (const [name, sphere] of facts.spheres) members.set(sphere, [...(members.get(sphere) ?? []), name]);
  return new Map([...members].map(([sphere, names]) => [sphere, sizeThrough(facts, names)]));
}
