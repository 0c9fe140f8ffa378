/** Ports towards floating IPs and forwarded ports: out of their own router, and in again as everybody outside comes in. */
import { contains, familyOf } from '../ip.ts';
import { hasExternal } from '../placement.ts';
import { RELEASES, releaseHas } from '../releases.ts';
import { type Class, cover, listSpace } from './cover.ts';
import { type Entry, reachedBy } from './entries.ts';
import { type Facts, type WayOut, ledElsewhere, scopeOf, wayOut } from './facts.ts';
import { chosenOf } from './manyFloating.ts';
import { type Ports, type Sender, fromPort, portName } from './ports.ts';
import { TOO_MANY, type Expectation, asSentBy, judge, resultOf } from './promise.ts';
import type { Range } from './ranges.ts';
import { sizeThrough } from './sizes.ts';
import { type Case, type Tally, leaveOut, settle } from './tally.ts';
import type { Walker } from './walker.ts';

interface Work {
  facts: Facts;
  walker: Walker;
  tally: Tally;
  ports: Ports;
}

/** Senders of one group whose packets leave alike, but for their source. */
export interface Party {
  senders: Sender[];
  way: Exclude<WayOut, { reason: string } | { none: true }>;
  /** What routes of the router and the subnet lead elsewhere. */
  led: string[];
  /** The source that the receiver sees. */
  sourceOf: ReadonlyMap<Sender, string>;
}

/** Floating IPs that the same packet asks for, but for its destination. */
export type Bunch = readonly [Entry, ...Entry[]];

/** All ports with a way out, to all that their router's outside leads to. */
export function verifyFloating(work: Work, entries: readonly Entry[]): void {
  for (const question of floatingQuestions(work, entries))
    askFloating(work, question, (entry, packet, found) =>
      settleEntry(work, { party: question.party, packet, found }, entry),
    );
}

/** Who asks for what, all with the same packet. */
export interface FloatingQuestion {
  party: Party;
  bunch: Bunch;
}

/** All that is promised, or of too many some. */
export function floatingQuestions(work: Work, entries: readonly Entry[]): FloatingQuestion[] {
  const four = entries.filter(({ to }) => familyOf(to) === 'inet');
  const parties = work.ports.groups.flatMap((group) => partiesOf(work, group, four.length));
  const promised = parties.map((party) => ({ party, entries: promisedTo(work, party, four) }));
  return chosenOf(work, promised).flatMap(({ party, entries: asked }) =>
    bunchesOf(asked).map((bunch) => ({ party, bunch })),
  );
}

/** @param count of how many floating IPs nothing is promised where there is no way out */
function partiesOf({ facts, tally }: Work, group: readonly Sender[], count: number): Party[] {
  const parties = new Map<string, Party & { sourceOf: Map<Sender, string> }>();
  for (const sender of group) {
    if (familyOf(sender.address) !== 'inet') continue;
    const way = wayOut(facts, sender.end);
    const why = 'reason' in way ? way.reason : 'none' in way ? 'by routers without gateway' : undefined;
    if (why !== undefined) leaveOut(tally, `to floating IPs ${why}`, count, () => portName(sender.end));
    if ('reason' in way || 'none' in way) continue;
    const hasFloating = facts.hasScopes && isFloating(facts, sender);
    const key = `${way.isTenants} ${hasFloating}`;
    const led = ledElsewhere(facts, way.router, sender.end.subnet);
    const party = parties.get(key) ?? { senders: [], way, led, sourceOf: new Map<Sender, string>() };
    parties.set(key, party);
    party.senders.push(sender);
    party.sourceOf.set(sender, way.source);
  }
  return [...parties.values()];
}

/** What is promised to those who send; why the rest is not. */
function promisedTo({ facts, tally }: Work, party: Party, entries: readonly Entry[]): readonly Entry[] {
  const early = earlyFaults(facts, party);
  const promised = entries.filter((entry) => {
    const why = whyNot(party, entry) ?? scopedOff(facts, party, entry) ?? early(entry);
    if (why !== undefined)
      leaveOut(tally, `to floating IPs ${why}`, party.senders.length, () => exampleOf(party, entry));
    return why === undefined;
  });
  return promised.length === entries.length ? entries : promised;
}

const exampleOf = ({ senders }: Party, { to }: Entry): string => `${portName(senders[0]!.end)} -> ${to}`;

/** Why a floating IP is not promised to those who send. */
function whyNot({ way, senders, led }: Party, { network, to, router, node }: Entry): string | undefined {
  if (way.network !== network) return 'of another external network than that of the router';
  if (led.some((route) => contains(route, to))) return 'where host routes or extra routes lead elsewhere';
  if (!way.isTenants || way.router !== router) return undefined;
  // The namespace that translates the destination has seen the connection before, and asks the nat table once for each.
  const isSeen = node === undefined || node === senders[0]!.end.port.node;
  return isSeen ? 'of the same router, from addresses of tenants that are not translated' : undefined;
}

const isFloating = ({ floating }: Facts, { end: { port, address } }: Sender): boolean =>
  floating.has(`${port.name} ${address}`);

/**
 * Both translations in one namespace: the packet keeps the mark of the device that it came in by, and what leaves by a device of another
 * address scope is dropped (`router_info.py: _add_address_scope_mark`). From another namespace it comes in by the gateway's device, and has
 * the mark of the floating IP (`process_floating_ip_address_scope_rules`).
 */
function scopedOff(facts: Facts, { way, senders }: Party, { router, node, end: to }: Entry): string | undefined {
  if (!facts.hasScopes || node !== undefined || router !== way.router) return undefined;
  const { relations } = facts;
  const { port, address, subnet } = senders[0]!.end;
  const at = relations.node.get(port.node ?? '');
  if (isFloating(facts, senders[0]!) && router.distributed && at && hasExternal(at)) return undefined;
  const [from, into] = [subnet.network, to.subnet.network].map((name) => relations.network.get(name));
  return scopeOf(from, address) === scopeOf(into, to.address)
    ? undefined
    : 'of the same router and another address scope, where one namespace translates both';
}

/** What agents of early releases do not do yet. */
function earlyFaults({ topology, relations }: Facts, { way, senders }: Party): (entry: Entry) => string | undefined {
  const release = topology.release ?? RELEASES.at(-1);
  const hasDevices = releaseHas(release, 'fip_by_device');
  const subnets = relations.network.get(way.network)?.subnets ?? [];
  const isNear = releaseHas(release, 'fip_onlink') || subnets.length < 2;
  const { node } = senders[0]!.end.port;
  return (entry) => {
    if (!isNear) return 'of external networks with several subnets: agents before Stein do not know that they are one';
    const isOwn = entry.router === way.router && entry.node === node;
    return isOwn && !hasDevices ? 'of the own router and node: agents before Newton translate them at once' : undefined;
  };
}

/** Those that are asked for with the same packet. */
function bunchesOf(entries: readonly Entry[]): Bunch[] {
  const bunches = new Map<string, [Entry, ...Entry[]]>();
  for (const entry of entries) {
    const key = `${entry.protocol} ${entry.dport}`;
    const bunch = bunches.get(key);
    if (bunch) bunch.push(entry);
    else bunches.set(key, [entry]);
  }
  return [...bunches.values()];
}

type FloatingPacket = Pick<Case, 'protocol' | 'dport' | 'size'>;

/** @param emit is given each floating IP with each class of senders that it is in */
export function askFloating(
  { facts, walker }: Pick<Work, 'facts' | 'walker'>,
  { party, bunch }: FloatingQuestion,
  emit: (entry: Entry, packet: FloatingPacket, found: Class<number, Sender>) => void,
): void {
  const [{ protocol, dport }] = bunch;
  const networks = [party.senders[0]!.end.port.network, party.way.network, ...bunch.map(({ end }) => end.port.network)];
  const packet = { protocol, ...(dport === undefined ? {} : { dport }), ...sizeThrough(facts, networks) };
  const byAddress = new Map(bunch.map((entry) => [entry.to, entry]));
  const space = listSpace([...byAddress.keys()], 'inet');
  const places: Range<number>[] = [[0, space.addresses.length]];
  cover(walker, space, { sources: party.senders, places, ...packet }, (found) => {
    for (const place of space.each!(found.places)) emit(byAddress.get(space.addressOf(place))!, packet, found);
  });
}

interface Settled {
  party: Party;
  packet: FloatingPacket;
  found: Class<number, Sender>;
}

/** Those who are seen as the same address are one. */
function settleEntry({ tally }: Work, { party, packet, found }: Settled, entry: Entry): void {
  const { to } = entry;
  for (const [source, senders] of bySource(party, found.sources)) {
    const [first] = senders;
    if (!first) continue;
    const isUnanswered = party.way.isTenants ? { isUnanswered: true as const } : {};
    const expectation: Expectation = { ...reachedBy(entry), source, ...isUnanswered };
    const layer4 = packet.dport === undefined ? '' : ` ${packet.protocol} ${packet.dport}`;
    const one = (): Case => ({
      kind: 'floating-inside',
      from: fromPort(first),
      to,
      ...packet,
      expectation,
      text: `reach ${portName(first.end)} -> ${to}${layer4} as ${source}`,
    });
    const { walked } = found;
    const result = walked && asSentBy(resultOf(walked.outcome, found.endOf(to)), walked.source.address, first.address);
    const verdict = result ? judge(expectation, result) : TOO_MANY;
    settle(tally, verdict, result, one, 'floating-inside', senders.length);
  }
}

function bySource({ sourceOf }: Party, senders: readonly Sender[]): Map<string, Sender[]> {
  const groups = new Map<string, Sender[]>();
  for (const sender of senders) {
    const source = sourceOf.get(sender)!;
    const group = groups.get(source);
    if (group) group.push(sender);
    else groups.set(source, [sender]);
  }
  return groups;
}
