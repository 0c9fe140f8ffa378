/** Readable names for objects that Neutron knows by id: unique, and the same whatever the order of the answers. */
import { familyOf } from '../../shared/ip.ts';
import { byText } from './answers.ts';

export interface Nameable {
  id: string;
  /** The object's own name in Neutron, where it has one: need not be unique. */
  own: string | undefined;
  /** What to call it otherwise, from what it is. */
  derived: string;
}

/** A name for each id: its own where no other has it, else the derived one; where that is taken, with as much of the id as it needs. */
export function uniqueNames(things: Nameable[]): Map<string, string> {
  const ownCount = countBy(things.flatMap(({ own }) => own ?? []));
  const isOwn = ({ own }: Nameable) => own !== undefined && ownCount.get(own) === 1;
  const names = new Map(things.filter(isOwn).map(({ id, own }) => [id, own!]));
  const taken = new Set(names.values());
  const others = things.filter((thing) => !isOwn(thing)).toSorted((a, b) => byText(a.id, b.id));
  const derivedCount = countBy(others.map(({ derived }) => derived));
  for (const { id, derived } of others) {
    const isFree = derivedCount.get(derived) === 1 && !taken.has(derived);
    const name = isFree
      ? derived
      : withId(derived, id, (candidate) => taken.has(candidate) || derivedCount.has(candidate));
    names.set(id, name);
    taken.add(name);
  }
  return names;
}

/** The part of an id that people recognise: its first group. */
export const shortId = (id: string): string => id.slice(0, 8);

/** An address or prefix as part of a name: `10-0-0-5`. */
export const dashed = (address: string): string => address.replaceAll(/[.:/]+/g, '-').replace(/^-|-$/g, '');

/** The address that names a thing: the first of IPv4, else the first. */
export const namingAddress = (addresses: string[]): string | undefined =>
  addresses.find((text) => familyOf(text) === 'inet') ?? addresses[0];

function withId(derived: string, id: string, isTaken: (name: string) => boolean): string {
  for (const suffix of [shortId(id), id]) if (!isTaken(`${derived}-${suffix}`)) return `${derived}-${suffix}`;
  let number = 2;
  while (isTaken(`${derived}-${id}-${number}`)) number++;
  return `${derived}-${id}-${number}`;
}

function countBy(texts: string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of texts) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
