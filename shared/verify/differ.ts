/**
 * The same questions over two clouds: what could be reached before and cannot be now, what can be now and could not, and what the receiver sees
 * as another source. Ports are told by name, so that they may have moved or changed their address. Grouped by networks.
 */
import { familyOf } from '../ip.ts';
import type { Family } from '../state.ts';
import type { FloatingIp, Topology } from '../topology/types.ts';
import type { Cloud, Endpoint } from '../trace/cloud.ts';
import type { Protocol } from '../trace/packet.ts';
import type { TraceRequest } from '../trace/trace.ts';
import { viewOf } from '../trace/view.ts';
import { cover, isOwn, worldSpace } from './cover.ts';
import { outsideOf, witnessIn } from './exits.ts';
import { entriesOf } from './entries.ts';
import { type Facts, factsOf } from './facts.ts';
import { askFloating, floatingQuestions } from './floating.ts';
import { type Owner, type Ports, type Sender, portName, portsOf } from './ports.ts';
import type { Range } from './ranges.ts';
import { NOT_PERMITTED, type Tally, newTally } from './tally.ts';
import type { Reason } from './verify.ts';
import { type Outcome, walk } from './walk.ts';
import { type Walker, walkerOf } from './walker.ts';

/** What differs between ports of two networks, or of one and the outside. */
export interface ReachChange {
  kind: 'lost' | 'gained' | 'source';
  /** Name of a network, or `outside`. */
  from: string;
  to: string;
  count: number;
  /** The first: in the words of promises. */
  example: string;
  /** Of the example: what became of it. */
  before: string;
  after: string;
  /** Of the example: the packet. */
  request: TraceRequest;
}

export interface ReachComparison {
  /** How many questions were the same on both sides. */
  asked: number;
  changes: ReachChange[];
  /** What one side reaches, and of the other nobody knows, and why; the most first. */
  unknown: Reason[];
  /** Ports that only one side has. */
  onlyBefore: string[];
  onlyAfter: string[];
}

/** One answer: `null` when it does not arrive or is not answered; else what the receiver sees as source, `own` for the sender's address. */
interface Answer {
  from: string;
  to: string;
  reached: string | null;
  text: string;
  request: TraceRequest;
  /** Why it is not known. */
  unknown?: string;
  /** Of too many such questions not all are asked, and not the same on both sides: only what both asked is compared. */
  isSome?: true;
}

interface Side {
  topology: Topology;
  cloud: Cloud;
}

export function compareReach(before: Side, after: Side): ReachComparison {
  const isMixed = before.cloud.from !== after.cloud.from;
  const [a, b] = [answersOf(before, isMixed), answersOf(after, isMixed)];
  const changes = new Map<string, ReachChange>();
  const unknown: Tally['unknown'] = new Map();
  let asked = 0;
  const compare = (old: Answer, now: Answer): void => {
    const why = old.unknown ?? now.unknown;
    if (why !== undefined && old.reached !== now.reached) return noteUnknown(unknown, why, now);
    asked++;
    note(changes, old, now);
  };
  for (const [key, old] of a.answers) {
    const now = b.answers.get(key);
    if (!now && (old.isSome || !isSure(key, b.names))) continue;
    compare(old, now ?? unreached(b, key, old));
  }
  for (const [key, now] of b.answers)
    if (!a.answers.has(key) && !now.isSome && isSure(key, a.names)) compare(unreached(a, key, now), now);
  return {
    asked,
    changes: [...changes.values()].toSorted((x, y) => y.count - x.count),
    unknown: [...unknown.values()].toSorted((x, y) => y.count - x.count),
    onlyBefore: [...a.names].filter((name) => !b.names.has(name)),
    onlyAfter: [...b.names].filter((name) => !a.names.has(name)),
  };
}

/** Pairs that are not reached are in no list: the other side did ask, if it has both ports. */
const isSure = (key: string, names: ReadonlySet<string>): boolean => key.split('\n').every((name) => names.has(name));

/** The same question of a side that does not list it. */
function unreached({ pairs }: Answers, key: string, { unknown: _unknown, ...answer }: Answer): Answer {
  const [a = '', b = ''] = key.split('\n');
  const to = pairs.places.get(b);
  const found =
    to && pairs.unknown.get(a)?.find(({ family, places }) => to.family === family && isIn(places, to.place));
  return { ...answer, reached: null, ...(found && { unknown: found.reason }) };
}

const isIn = (ranges: readonly Range<number>[], place: number): boolean =>
  ranges.some(([from, to]) => from <= place && place < to);

function noteUnknown(reasons: Tally['unknown'], reason: string, now: Answer): void {
  const known = reasons.get(reason);
  if (known) known.count++;
  else reasons.set(reason, { reason, count: 1, example: now.text });
}

function note(changes: Map<string, ReachChange>, old: Answer, now: Answer): void {
  if (old.reached === now.reached) return;
  const kind = now.reached === null ? 'lost' : old.reached === null ? 'gained' : 'source';
  const key = JSON.stringify([kind, old.from, old.to]);
  const known = changes.get(key);
  if (known) known.count++;
  else
    changes.set(key, {
      kind,
      from: old.from,
      to: old.to,
      count: 1,
      example: now.text,
      before: told(old),
      after: told(now),
      request: now.request,
    });
}

const told = ({ reached }: Answer): string =>
  reached === null ? 'not reached' : reached === 'own' ? 'reached' : `reached as ${reached}`;

interface Answers {
  answers: Map<string, Answer>;
  pairs: Pairs;
  /** The other side is an expected state, and this one is live, or the other way round. */
  isMixed: boolean;
  /** Names that may stand in a key. */
  names: Set<string>;
}

/** Pairs of ports of which nobody knows whether one reaches the other, as classes: there may be very many. */
interface Pairs {
  /** By the name of the sender. */
  unknown: Map<string, { family: Family; places: readonly Range<number>[]; reason: string }[]>;
  /** Where the address of a name is in the list of all of its family. */
  places: Map<string, { family: Family; place: number }>;
}

const pairsOf = ({ addresses }: Ports): Pairs => ({
  unknown: new Map(),
  places: new Map(
    [addresses.inet, addresses.inet6].flatMap(({ family, owners }) =>
      owners.flatMap((all, place) => all.map(({ end }) => [portName(end), { family, place }] as const)),
    ),
  ),
});

function answersOf({ topology, cloud }: Side, isMixed: boolean): Answers {
  const walker = walkerOf(viewOf(cloud));
  const facts = factsOf(topology);
  const ports = portsOf(facts, cloud.wiring.endpoints, newTally());
  const found: Answers = { answers: new Map(), pairs: pairsOf(ports), isMixed, names: new Set(['outside']) };
  for (const sender of ports.senders) found.names.add(portName(sender.end));
  for (const { end } of claimedIn(ports)) found.names.add(portName(end));
  answerPairs(walker, ports, found);
  answerExits(walker, topology, ports, found);
  answerEntries(walker, topology, found);
  answerFloating({ walker, facts, ports, tally: newTally() }, found);
  return found;
}

const from = ({ end }: Sender): TraceRequest['from'] => ({ address: end.address, segment: end.port.network });

/** Only what is reached is kept. */
function answerPairs(walker: Walker, { groups, addresses, senders }: Ports, found: Answers): void {
  const { answers, pairs } = found;
  const sending = new Set(senders.map(({ end }) => `${end.port.name} ${end.address}`));
  for (const group of groups) {
    const own = addresses[group[0]!.address.includes(':') ? 'inet6' : 'inet'];
    const places: Range<number>[] = [[0, own.space.addresses.length]];
    cover(
      walker,
      own.space,
      { sources: group, places, protocol: 'icmp' },
      ({ sources, places: reached, walked, endOf }) => {
        const reason = whyUnknown(found, walked?.outcome);
        if (reason !== undefined)
          for (const { end } of sources) {
            const all = pairs.unknown.get(portName(end)) ?? [];
            pairs.unknown.set(portName(end), all);
            all.push({ family: own.family, places: reached, reason });
          }
        if (!walked?.outcome.answered || walked.outcome.end?.type !== 'endpoint') return;
        for (const place of own.space.each!(reached)) {
          const to = own.space.addressOf(place);
          const end = endOf(to);
          const owner = own.owners[place]!.find((each) => end?.type === 'endpoint' && isHad(each, end.endpoint));
          if (!owner || !(owner.end.claimants || sending.has(`${owner.end.port.name} ${to}`))) continue;
          for (const sender of sources) {
            if (isOwn(sender.from, to) || owner.end.claimants?.includes(sender.end.port)) continue;
            const seen = walked.outcome.sourceSeen === walked.source.address ? 'own' : walked.outcome.sourceSeen;
            const [a, b] = [portName(sender.end), portName(owner.end)];
            answers.set(`${a}\n${b}`, {
              from: sender.end.port.network,
              to: owner.end.port.network,
              reached: seen,
              text: `reach ${a} -> ${b}`,
              request: { from: from(sender), to },
            });
          }
        }
      },
    );
  }
}

/**
 * Why nobody can say what became of a packet, or of its answer. Whether a port forwards, a state never says; what security groups permit, no
 * expected state.
 */
function whyUnknown({ isMixed }: Answers, outcome: Outcome | undefined): string | undefined {
  if (!outcome) return undefined;
  const { disposition, reply, reason, answered, decider } = outcome;
  if (disposition === 'insufficient-info' || reply === 'insufficient-info')
    return decider === 'port' ? undefined : reason;
  return isMixed && !answered && decider === 'security-groups' ? NOT_PERMITTED : undefined;
}

/** Whether the port that gets it is the one that has the address, or one that claims it. */
const isHad = ({ end: { claimants }, endpoint }: Owner, got: Endpoint): boolean =>
  claimants ? claimants.some(({ name }) => name === got.name) : endpoint === got;

const claimedIn = ({ addresses }: Ports): Owner[] =>
  [addresses.inet, addresses.inet6].flatMap(({ owners }) => owners.flat().filter(({ end }) => end.claimants));

/** What the outside sees of each port; several sources are one text. */
function answerExits(walker: Walker, topology: Topology, { groups }: Ports, all: Answers): void {
  const inside = topology.networks.flatMap(({ subnets }) => subnets.map(({ cidr }) => cidr));
  for (const group of groups) {
    const family = familyOf(group[0]!.address)!;
    const space = worldSpace(family);
    const seen = new Map<Sender, { sources: Set<string>; to: string; unknown?: string }>();
    cover(walker, space, { sources: group, places: outsideOf(family, inside), protocol: 'icmp' }, (found) => {
      const { outcome, source } = found.walked ?? {};
      const to = witnessIn(space, family, found.places);
      const unknown = outcome?.end?.type === 'outside' ? undefined : whyUnknown(all, outcome);
      for (const sender of found.sources) {
        const text =
          outcome?.end?.type !== 'outside'
            ? '-'
            : outcome.sourceSeen === source?.address
              ? 'own'
              : (outcome.sourceSeen ?? '-');
        const known = seen.get(sender) ?? { sources: new Set(), to };
        seen.set(sender, { ...known, sources: known.sources.add(text), ...(unknown !== undefined && { unknown }) });
      }
    });
    for (const [sender, { sources, to, unknown }] of seen) {
      const name = portName(sender.end);
      const reached = [...sources].filter((text) => text !== '-').toSorted();
      all.answers.set(`${name}\noutside`, {
        from: sender.end.port.network,
        to: 'outside',
        reached: reached.length === 0 ? null : reached.join(', '),
        text: `reach ${name} -> ${to}`,
        request: { from: from(sender), to },
        ...(unknown !== undefined && { unknown }),
      });
    }
  }
}

/** Who answers for each floating IP and each forwarded port, told by the port. */
function answerEntries(walker: Walker, topology: Topology, all: Answers): void {
  const { answers, names } = all;
  const inside = topology.networks.flatMap(({ subnets }) => subnets.map(({ cidr }) => cidr));
  for (const { to, network, name, ...packet } of topology.floating_ips.flatMap(doorsOf)) {
    const family = familyOf(to);
    if (network === undefined || family === undefined) continue;
    names.add(name);
    const places = outsideOf(family, inside);
    if (places.length === 0) continue;
    const src = witnessIn(worldSpace(family), family, places);
    const walked = walk(walker, { from: { segment: network }, src, dst: to, ...packet });
    const end = walked?.outcome.answered ? walked.outcome.end : null;
    const unknown = whyUnknown(all, walked?.outcome);
    answers.set(`outside\n${name}`, {
      from: 'outside',
      to: network,
      reached: end?.type === 'endpoint' ? end.endpoint.name : end ? 'own' : null,
      text: `reach outside -> ${name}`,
      request: { from: { address: src, segment: network }, to, ...packet },
      ...(unknown !== undefined && { unknown }),
    });
  }
}

interface Door {
  to: string;
  network: string | undefined;
  /** As it stands in a promise: `192.168.1.161 tcp 2222`. */
  name: string;
  protocol: Protocol;
  dport?: number;
}

/** The address itself, and the first port of each forwarding. */
function doorsOf({ floating_ip_address: to, network, port_forwardings: forwardings }: FloatingIp): Door[] {
  const forwarded = forwardings.flatMap(({ protocol, external_port: one, external_port_range: range }): Door[] => {
    const dport = one ?? Number(range?.split(':')[0]);
    if ((protocol !== 'tcp' && protocol !== 'udp') || !Number.isInteger(dport)) return [];
    return [{ to, network, name: `${to} ${protocol} ${dport}`, protocol, dport }];
  });
  return [{ to, network, name: to, protocol: 'icmp' }, ...forwarded];
}

interface Work {
  facts: Facts;
  walker: Walker;
  tally: Tally;
  ports: Ports;
}

/** What the port behind each floating IP, and each forwarded port, sees of ports inside. */
function answerFloating(work: Work, all: Answers): void {
  for (const question of floatingQuestions(work, entriesOf(work)))
    askFloating(work, question, ({ to, network, end }, { protocol, dport }, { sources, walked, endOf }) => {
      const got = walked && endOf(to);
      const isReached = got?.type === 'endpoint' && (walked!.outcome.answered || question.party.way.isTenants);
      const { port, claimants = [port] } = end;
      const isRight = got?.type === 'endpoint' && claimants.some(({ name }) => name === got.endpoint.name);
      const seen = walked?.outcome.sourceSeen === walked?.source.address ? 'own' : walked?.outcome.sourceSeen;
      const layer4 = dport === undefined ? '' : ` ${protocol} ${dport}`;
      const unknown = question.party.way.isTenants && got ? undefined : whyUnknown(all, walked?.outcome);
      for (const sender of sources)
        all.answers.set(`${portName(sender.end)}\n${to}${layer4}`, {
          from: sender.end.port.network,
          to: network,
          reached: isReached && isRight ? (seen ?? null) : null,
          text: `reach ${portName(sender.end)} -> ${to}${layer4}`,
          request: { from: from(sender), to, protocol, ...(dport === undefined ? {} : { dport }) },
          isSome: true,
          ...(unknown !== undefined && { unknown }),
        });
    });
}
