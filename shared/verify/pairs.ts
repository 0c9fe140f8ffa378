/** Ports among each other: what they must reach, and what they must not. */
import { type Class, isOwn, cover } from './cover.ts';
import { type End, type Facts, type Relation, ledBy, relationOf } from './facts.ts';
import { isServed } from './neutronPorts.ts';
import { type Addresses, type Owner, type Ports, type Sender, fromPort, portName } from './ports.ts';
import { TOO_MANY, type Expectation, type PromiseKind, asSentBy, judge, resultOf } from './promise.ts';
import type { Range } from './ranges.ts';
import { sizeAround } from './sizes.ts';
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
  for (const group of work.ports.groups.flatMap((all) => ledAlike(work.facts, all))) {
    const addresses = work.ports.addresses[group[0]!.address.includes(':') ? 'inet6' : 'inet'];
    const places: Range<number>[] = [[0, addresses.space.addresses.length]];
    const relations = new Map<Owner, Relation | 'served'>();
    const size = sizeAround(work.facts, group[0]!.end.port.network);
    cover(work.walker, addresses.space, { sources: group, places, protocol: 'icmp', ...size }, (found) =>
      settleClass(work, { found, addresses, group, relations, size }),
    );
  }
}

/** What is promised to one of them is promised to all. */
function ledAlike(facts: Facts, group: Sender[]): Sender[][] {
  const parts = new Map<string, Sender[]>();
  for (const sender of group) {
    const key = ledBy(facts, sender.end);
    const part = parts.get(key);
    if (part) part.push(sender);
    else parts.set(key, [sender]);
  }
  return [...parts.values()];
}

interface Settled {
  found: Class<number, Sender>;
  addresses: Addresses;
  group: Sender[];
  relations: Map<Owner, Relation | 'served'>;
  size: { size?: number };
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
function settleOwner(work: Work, settled: Settled, place: number, owner: Owner): void {
  const { found, addresses, group, relations } = settled;
  const known = relations.get(owner) ?? relationTo(work.facts, group[0]!.end, owner.end);
  relations.set(owner, known);
  // Told apart from what is left out: `verifyNeutronPorts` asks for it.
  if (known === 'served') return;
  const address = addresses.space.addressOf(place);
  const senders = sendersTo(found, address, owner);
  if (typeof known === 'object')
    return leaveOut(work.tally, `pairs ${known.reason}`, senders.length, () => pairText(senders[0]!, owner));
  const expectation = expectationOf(work.facts, group[0]!, owner, known);
  settleSenders(work, settled, { senders, owner, expectation, kind: known === 'reach' ? 'inside' : 'apart' });
}

const relationTo = (facts: Facts, from: End, to: End): Relation | 'served' =>
  isServed(facts, from, to) ? 'served' : relationOf(facts, from, to);

const sendersTo = ({ sources }: Class<number, Sender>, address: string, { end }: Owner): Sender[] =>
  sources.filter((sender) => !isOwn(sender.from, address) && !end.claimants?.includes(sender.end.port));

function expectationOf(facts: Facts, sender: Sender, owner: Owner, known: 'reach' | 'apart' | 'scoped'): Expectation {
  if (known === 'reach') return reachOf(owner);
  return known === 'apart' ? apartFrom(facts, sender) : { type: 'unreached', port: owner.end.port.name };
}

const reachOf = ({ end: { port, claimants = [port] } }: Owner): Expectation => ({
  type: 'reach',
  ports: claimants.map(({ name }) => name),
});

interface Toward {
  senders: Sender[];
  owner: Owner;
  expectation: Expectation;
  kind: PromiseKind;
}

function settleSenders(
  { tally }: Work,
  { found, size }: Settled,
  { senders, owner, expectation: wanted, kind }: Toward,
): void {
  const first = senders[0];
  if (!first) return;
  const { address: own } = first;
  // Nothing is translated between ports (`router_info.py: _prevent_snat_for_internal_traffic_rule`).
  const expectation: Expectation = wanted.type === 'reach' ? { ...wanted, source: own } : wanted;
  const one = (): Case => ({
    kind,
    from: fromPort(first),
    to: owner.end.address,
    protocol: 'icmp',
    ...size,
    expectation,
    text: `${kind === 'apart' ? 'unreachable' : 'reach'} ${pairText(first, owner)}`,
  });
  if (!found.walked) return settle(tally, TOO_MANY, undefined, one, kind, senders.length);
  const { outcome, source } = found.walked;
  const result = asSentBy(resultOf(outcome, found.endOf(owner.end.address)), source.address, own);
  settle(tally, judge(expectation, result), result, one, kind, senders.length);
}

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
    const address = addresses.space.addressOf(place);
    if (isPort)
      for (const owner of owners)
        settleSenders(work, settled, { senders: sendersTo(found, address, owner), owner, expectation, kind: 'apart' });
    else settleAll(work, settled, { senders: found.sources, owner: owners[0]!, expectation, kind: 'apart' }, others);
  }
}

function settleAll(
  { tally }: Work,
  { found, size }: Settled,
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
    ...size,
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
