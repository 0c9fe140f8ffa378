/**
 * The same questions over two clouds: what could be reached before and cannot be now, what can be now and could not, and what the receiver sees
 * as another source. Ports are told by name, so that they may have moved or changed their address. Grouped by networks.
 */
import { familyOf } from '../ip.ts';
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
import { type Tally, newTally } from './tally.ts';
import { walk } from './walk.ts';
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
  /** Of too many such questions not all are asked, and not the same on both sides: only what both asked is compared. */
  isSome?: true;
}

interface Side {
  topology: Topology;
  cloud: Cloud;
}

export function compareReach(before: Side, after: Side): ReachComparison {
  const [a, b] = [answersOf(before), answersOf(after)];
  const changes = new Map<string, ReachChange>();
  let asked = 0;
  for (const [key, old] of a.answers) {
    const now = b.answers.get(key);
    if (!now && (old.isSome || !isSure(key, b.names))) continue;
    asked++;
    note(changes, old, now ?? { ...old, reached: null });
  }
  for (const [key, now] of b.answers)
    if (!a.answers.has(key) && !now.isSome && isSure(key, a.names)) {
      asked++;
      note(changes, { ...now, reached: null }, now);
    }
  return {
    asked,
    changes: [...changes.values()].toSorted((x, y) => y.count - x.count),
    onlyBefore: [...a.names].filter((name) => !b.names.has(name)),
    onlyAfter: [...b.names].filter((name) => !a.names.has(name)),
  };
}

/** Pairs that are not reached are in no list: the other side did ask, if it has both ports. */
const isSure = (key: string, names: ReadonlySet<string>): boolean => key.split('\n').every((name) => names.has(name));

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
  /** Names that may stand in a key. */
  names: Set<string>;
}

function answersOf({ topology, cloud }: Side): Answers {
  const walker = walkerOf(viewOf(cloud));
  const facts = factsOf(topology);
  const ports = portsOf(facts, cloud.wiring.endpoints, newTally());
  const found: Answers = { answers: new Map(), names: new Set(['outside']) };
  for (const sender of ports.senders) found.names.add(portName(sender.end));
  for (const { end } of claimedIn(ports)) found.names.add(portName(end));
  answerPairs(walker, ports, found.answers);
  answerExits(walker, topology, ports, found.answers);
  answerEntries(walker, topology, found);
  answerFloating({ walker, facts, ports, tally: newTally() }, found.answers);
  return found;
}

const from = ({ end }: Sender): TraceRequest['from'] => ({ address: end.address, segment: end.port.network });

/** Only what is reached is kept. */
function answerPairs(walker: Walker, { groups, addresses, senders }: Ports, answers: Map<string, Answer>): void {
  const sending = new Set(senders.map(({ end }) => `${end.port.name} ${end.address}`));
  for (const group of groups) {
    const own = addresses[group[0]!.address.includes(':') ? 'inet6' : 'inet'];
    const places: Range<number>[] = [[0, own.space.addresses.length]];
    cover(
      walker,
      own.space,
      { sources: group, places, protocol: 'icmp' },
      ({ sources, places: reached, walked, endOf }) => {
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

/** Whether the port that gets it is the one that has the address, or one that claims it. */
const isHad = ({ end: { claimants }, endpoint }: Owner, got: Endpoint): boolean =>
  claimants ? claimants.some(({ name }) => name === got.name) : endpoint === got;

const claimedIn = ({ addresses }: Ports): Owner[] =>
  [addresses.inet, addresses.inet6].flatMap(({ owners }) => owners.flat().filter(({ end }) => end.claimants));

/** What the outside sees of each port; several sources are one text. */
function answerExits(walker: Walker, topology: Topology, { groups }: Ports, answers: Map<string, Answer>): void {
  const inside = topology.networks.flatMap(({ subnets }) => subnets.map(({ cidr }) => cidr));
  for (const group of groups) {
    const family = familyOf(group[0]!.address)!;
    const space = worldSpace(family);
    const seen = new Map<Sender, { sources: Set<string>; to: string }>();
    cover(walker, space, { sources: group, places: outsideOf(family, inside), protocol: 'icmp' }, (found) => {
      const { outcome, source } = found.walked ?? {};
      const to = witnessIn(space, family, found.places);
      for (const sender of found.sources) {
        const text =
          outcome?.end?.type !== 'outside'
            ? '-'
            : outcome.sourceSeen === source?.address
              ? 'own'
              : (outcome.sourceSeen ?? '-');
        const known = seen.get(sender) ?? { sources: new Set(), to };
        seen.set(sender, { sources: known.sources.add(text), to: known.to });
      }
    });
    for (const [sender, { sources, to }] of seen) {
      const name = portName(sender.end);
      const reached = [...sources].filter((text) => text !== '-').toSorted();
      answers.set(`${name}\noutside`, {
        from: sender.end.port.network,
        to: 'outside',
        reached: reached.length === 0 ? null : reached.join(', '),
        text: `reach ${name} -> ${to}`,
        request: { from: from(sender), to },
      });
    }
  }
}

/** Who answers for each floating IP and each forwarded port, told by the port. */
function answerEntries(walker: Walker, topology: Topology, { answers, names }: Answers): void {
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
    answers.set(`outside\n${name}`, {
      from: 'outside',
      to: network,
      reached: end?.type === 'endpoint' ? end.endpoint.name : end ? 'own' : null,
      text: `reach outside -> ${name}`,
      request: { from: { address: src, segment: network }, to, ...packet },
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
function answerFloating(work: Work, answers: Map<string, Answer>): void {
  for (const question of floatingQuestions(work, entriesOf(work)))
    askFloating(work, question, ({ to, network, end }, { protocol, dport }, { sources, walked, endOf }) => {
      const got = walked && endOf(to);
      const isReached = got?.type === 'endpoint' && (walked!.outcome.answered || question.party.way.isTenants);
      const { port, claimants = [port] } = end;
      const isRight = got?.type === 'endpoint' && claimants.some(({ name }) => name === got.endpoint.name);
      const seen = walked?.outcome.sourceSeen === walked?.source.address ? 'own' : walked?.outcome.sourceSeen;
      const layer4 = dport === undefined ? '' : ` ${protocol} ${dport}`;
      for (const sender of sources)
        answers.set(`${portName(sender.end)}\n${to}${layer4}`, {
          from: sender.end.port.network,
          to: network,
          reached: isReached && isRight ? (seen ?? null) : null,
          text: `reach ${portName(sender.end)} -> ${to}${layer4}`,
          request: { from: from(sender), to, protocol, ...(dport === undefined ? {} : { dport }) },
          isSome: true,
        });
    });
}
