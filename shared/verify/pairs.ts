/** Ports among each other: what they must reach, and what they must not. */
import { type Class, isOwn, cover } from './cover.ts';
import { type Facts, type Relation, relationOf } from './facts.ts';
import { type Addresses, type Owner, type Ports, type Sender, fromPort, portName } from './ports.ts';
import { type Expectation, type PromiseKind, judge, resultOf } from './promise.ts';
import type { Range } from './ranges.ts';
import { type Case, type Tally, leaveOut, settle } from './tally.ts';
import type { Walker } from './walker.ts';

interface Work {
  facts: Facts;
  walker: Walker;
  tally: Tally;
  ports: Ports;
}

/** All pairs of a sender and an address of another port: class by class, each pair once. */
export function verifyPairs(work: Work): void {
  for (const group of work.ports.groups) {
    const addresses = work.ports.addresses[group[0]!.address.includes(':') ? 'inet6' : 'inet'];
    const places: Range<number>[] = [[0, addresses.space.addresses.length]];
    const relations = new Map<Owner, Relation>();
    cover(work.walker, addresses.space, { sources: group, places, protocol: 'icmp' }, (found) =>
      settleClass(work, { found, addresses, group, relations }),
    );
  }
}

interface Settled {
  found: Class<number, Sender>;
  addresses: Addresses;
  group: Sender[];
  relations: Map<Owner, Relation>;
}

function settleClass(work: Work, settled: Settled): void {
  const { found, addresses, group } = settled;
  const sphere = work.facts.spheres.get(group[0]!.end.port.network) ?? -2;
  const [mine, external] = [sphere, -1].map((key) => placesIn(addresses.bySphere.get(key) ?? [], found.places));
  const near = new Set([...mine!, ...external!]);
  let others = found.places.reduce((sum, [from, to]) => sum + addresses.sums[to]! - addresses.sums[from]!, 0);
  for (const place of near) {
    others -= addresses.owners[place]!.length;
    for (const owner of addresses.owners[place]!) settleOwner(work, settled, place, owner);
  }
  settleApart(work, settled, near, others);
}

/** One address that may be reached: of the own sphere, or on an external network. */
function settleOwner(work: Work, { found, addresses, group, relations }: Settled, place: number, owner: Owner): void {
  const known = relations.get(owner) ?? relationOf(work.facts, group[0]!.end, owner.end);
  relations.set(owner, known);
  const address = addresses.space.addressOf(place);
  const senders = sendersTo(found, address);
  if (typeof known === 'object')
    return leaveOut(work.tally, `pairs ${known.reason}`, senders.length, () => pairText(senders[0]!, owner));
  const expectation: Expectation =
    known === 'reach' ? { type: 'reach', port: owner.end.port.name } : apartFrom(work.facts, group[0]!);
  settleSenders(work, found, { senders, owner, expectation, kind: known === 'reach' ? 'inside' : 'apart' });
}

const sendersTo = ({ sources }: Class<number, Sender>, address: string): Sender[] =>
  sources.filter(({ from }) => !isOwn(from, address));

interface Toward {
  senders: Sender[];
  owner: Owner;
  expectation: Expectation;
  kind: PromiseKind;
}

function settleSenders(
  { tally }: Work,
  found: Class<number, Sender>,
  { senders, owner, expectation, kind }: Toward,
): void {
  const first = senders[0];
  if (!first) return;
  const one = (): Case => ({
    kind,
    from: fromPort(first),
    to: owner.end.address,
    protocol: 'icmp',
    expectation,
    text: `${kind === 'apart' ? 'unreachable' : 'reach'} ${pairText(first, owner)}`,
  });
  if (!found.walked) return settle(tally, TOO_MANY, undefined, one, kind, senders.length);
  const result = resultOf(found.walked.outcome, found.endOf(owner.end.address));
  settle(tally, judge(expectation, result), result, one, kind, senders.length);
}

/** When a state has so many ways that not all were looked at. */
export const TOO_MANY = {
  type: 'unknown',
  reason: 'there are too many different ways to look at all of them',
} as const;

const pairText = (sender: Sender, { end }: Owner): string => `${portName(sender.end)} -> ${portName(end)}`;

const apartFrom = ({ spheres, relations }: Facts, { end }: Sender): Expectation => {
  const own = spheres.get(end.port.network);
  return {
    type: 'apart',
    isForeign: (name) => {
      const network = relations.port.get(name)?.network ?? '';
      return spheres.get(network) !== own && relations.network.get(network)?.external !== true;
    },
  };
};

/** All addresses of the class that nobody near has: together, unless a port gets what is sent to them. */
function settleApart(work: Work, settled: Settled, near: ReadonlySet<number>, others: number): void {
  const { found, addresses, group } = settled;
  if (others === 0) return;
  const expectation = apartFrom(work.facts, group[0]!);
  const isPort = found.walked?.outcome.end?.type === 'endpoint';
  const places = isPort ? addresses.space.each!(found.places) : firstOther(found.places, near);
  const far = places.filter((place) => !near.has(place));
  for (const place of far) {
    const owners = addresses.owners[place]!;
    const senders = sendersTo(found, addresses.space.addressOf(place));
    if (isPort) for (const owner of owners) settleSenders(work, found, { senders, owner, expectation, kind: 'apart' });
    else settleAll(work, found, { senders: found.sources, owner: owners[0]!, expectation, kind: 'apart' }, others);
  }
}

function settleAll(
  { tally }: Work,
  found: Class<number, Sender>,
  { senders, owner, expectation, kind }: Toward,
  others: number,
): void {
  const first = senders[0]!;
  const to = owner.end.address;
  const one = (): Case => ({
    kind,
    from: fromPort(first),
    to,
    protocol: 'icmp',
    expectation,
    text: `unreachable ${pairText(first, owner)}`,
  });
  const result = found.walked && resultOf(found.walked.outcome);
  settle(tally, result ? judge(expectation, result) : TOO_MANY, result, one, kind, others * senders.length);
}

function firstOther(ranges: readonly Range<number>[], near: ReadonlySet<number>): number[] {
  for (const [from, to] of ranges) for (let place = from; place < to; place++) if (!near.has(place)) return [place];
  return [];
}

/** Those of a sorted list that are in the ranges. */
function placesIn(sorted: readonly number[], ranges: readonly Range<number>[]): number[] {
  const found: number[] = [];
  for (const [from, to] of ranges) {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sorted[middle]! < from) low = middle + 1;
      else high = middle;
    }
    for (let i = low; i < sorted.length && sorted[i]! < to; i++) found.push(sorted[i]!);
  }
  return found;
}
