/**
 * From one device to another through Open vSwitch: the packet's frame, and before it the question who has its next hop.
 * Who may take it is known already (`arp.ts`); here it is seen whether the flows bring it there.
 */
import type { Words } from '../../openflow/layout.ts';
import type { Asker, Taker } from '../arp.ts';
import type { Disposition } from '../disposition.ts';
import type { Packet } from '../packet.ts';
import type { End } from '../pass.ts';
import { type TraceNode, traceNode } from '../tree.ts';
import { endBeside, isOwner, missingText, unreadFor, unreadNodes } from '../unread.ts';
import { type Unseen, type View, aspectOf, knownText } from '../view.ts';
import { type Arrival, type Carried, type Origin, carry } from './carry.ts';
import { macValue } from './concrete.ts';
import { BROADCAST, type Question, answerFrame, answeredMac, packetFrame, questionFrame } from './ether.ts';
import { lostOf } from './lost.ts';
import { openAt, openEnd } from './onTrust.ts';
import { copyNodes } from './show.ts';
import { type Site, askerSite, isAt, isTaken, nodesOf, originOf, siteOf } from './site.ts';
import { type Zones, trackerOf } from './tracking.ts';

/** What is sent, and what the switches remember of what was sent before. */
export interface Parcel {
  packet: Packet;
  zones: Zones;
  /** Nodes of which it was said that their Open vSwitch is not known. */
  noted: Set<string>;
  /** Nobody will look at the nodes of what arrives: none are made. */
  isSilent?: true;
}

interface Lost {
  type: 'lost';
  end: End;
  nodes: TraceNode[];
}

/** The Open vSwitch of the sender is not known, or nobody could tell that the frame arrives: the wire is taken as Neutron makes it. */
interface Unlooked {
  type: 'unlooked';
  /** Whose, and why. */
  missing: Unseen;
  nodes: TraceNode[];
}

/** `beside`: nodes that nobody read, to which copies went and where somebody may rather take them. */
interface Arrived {
  type: 'arrived';
  to: Taker;
  beside: Unseen[];
  nodes: TraceNode[];
}

export type Delivery = Arrived | Lost | Unlooked;

/** What a question brought: with which MAC it was answered, and by whom, unless only a switch did; `isAssumed`: whose switch is not known. */
export type Asked =
  | { type: 'answered'; by: Taker | undefined; mac: string; isAssumed?: true; nodes: TraceNode[] }
  | Lost
  | Unlooked;

/** Whom a frame is for: who may take it, the likeliest first; its MAC, and the next hop that the sender took that for. */
export interface Addressed {
  takers: readonly Taker[];
  mac: string;
  target: string;
}

/** The packet's frame, to a MAC. */
export function deliver(view: View, asker: Asker, { takers, mac, target }: Addressed, parcel: Parcel): Delivery {
  const begun = begin(view, asker, takers, parcel, { disposition: 'dropped', target });
  if ('type' in begun) return begun;
  const { sites } = begun;
  // A MAC that the sender's entry leaves open is that of the likeliest; whose MAC nobody knows has the one that the sender knows.
  const known = knownText(mac) === undefined ? sites.find(({ isVague }) => !isVague)?.mac : undefined;
  const to = known ?? macValue(view.fabric.concrete, mac);
  for (const site of sites) if (site.isVague) site.mac = to;
  const carried = sent(view, begun, to, parcel);
  const [found, ...others] = takenBy(carried, sites);
  if (!found)
    return lost(view, carried, sites, { disposition: 'dropped', beside: besideOf(view, carried, takers, target) });
  const beside = unreadFor(view, [found.site.who], target).filter(({ node }) => carried.unread.has(node));
  const delivery = { ...arrived(found, parcel), beside };
  if (found.arrival.type !== 'unseen') return delivery;
  const missing = switchMissing(found.arrival.node, found.arrival.reason);
  const open = openAt(view, found.site.who);
  if (open !== undefined) return { type: 'lost', end: openEnd(open, missing), nodes: delivery.nodes };
  if (others.some(({ site }) => isOwner(site.who, target))) beside.push(missing);
  return delivery;
}

/** The nodes that nobody read to which copies went, when none of the takers got one. */
const besideOf = (view: View, { unread }: Carried, takers: readonly Taker[], target: string): Unseen[] =>
  unread.size === 0 ? [] : unreadFor(view, takers, target).filter(({ node }) => unread.has(node));

/** A broadcast of the packet. @param takers who would like to hear it; those who do are told, and the first is who gets it */
export function announce(view: View, asker: Asker, takers: readonly Taker[], parcel: Parcel): Delivery {
  const begun = begin(view, asker, takers, parcel, { disposition: 'dropped', target: BROADCAST });
  if ('type' in begun) return begun;
  const carried = sent(view, begun, BROADCAST, parcel);
  const [first, ...others] = takenBy(carried, begun.sites);
  if (!first) return lost(view, carried, begun.sites, { disposition: 'dropped', beside: [] });
  const delivery = arrived(first, parcel);
  const names = others.map(({ site }) => site.name);
  if (names.length > 0) delivery.nodes.push(traceNode('detail', `${names.join(', ')} hear it, too`));
  return delivery;
}

/** ARP or neighbour discovery for a target. @param takers who would answer, the likeliest first */
export function ask(view: View, asker: Asker, takers: readonly Taker[], target: string, parcel: Parcel): Asked {
  const begun = begin(view, asker, takers, parcel, { disposition: 'neighbour-unreachable', target });
  if ('type' in begun) return begun;
  const { from, origin, sites } = begun;
  const { concrete } = view.fabric;
  const question: Question = { family: asker.family, mac: from.mac, address: sourceOf(asker), target };
  const frame = questionFrame(concrete, question);
  const asked = carry(view.fabric, origin, frame, { nodes: nodesOf([...sites, from]), unread: unreadNodes(view) });
  const beside = besideOf(view, asked, takers, target);
  const macIn = (arrival: Arrival) => ('frame' in arrival ? answeredMac(arrival.frame, concrete, target) : undefined);
  const back = asked.arrivals.find((arrival) => isAt(arrival, from) && macIn(arrival) !== undefined);
  let failure: Lost | undefined;
  for (const { site, arrival } of takenBy(asked, sites)) {
    // A switch on the way answers before anybody on another node does.
    if (back && site.node !== from.node) continue;
    const answered = answer(view, { site, arrival }, from, question, { parcel, beside });
    if (answered.type === 'answered') return answered;
    failure ??= answered;
  }
  const mac = back && macIn(back);
  if (mac !== undefined) return { type: 'answered', by: ownerOf(sites, mac), mac, nodes: wayOf(back!, parcel) };
  const before = `nobody answers for ${target}: `;
  return failure ?? lost(view, asked, sites, { disposition: 'neighbour-unreachable', before, beside });
}

/** Who has a MAC that a switch answers with; else who may, since nobody knows his. */
const ownerOf = (sites: readonly Site[], mac: string): Taker | undefined =>
  (sites.find((site) => site.mac === mac) ?? sites.find(({ isVague }) => isVague))?.who;

/** A place, and how a copy came there. */
interface Found {
  site: Site;
  arrival: Arrival;
}

/** Somebody who heard the question answers it. */
function answer(
  view: View,
  { site, arrival }: Found,
  from: Site,
  question: Question,
  { parcel, beside }: { parcel: Parcel; beside: readonly Unseen[] },
): Exclude<Asked, Unlooked> {
  const answered = { type: 'answered', by: site.who, mac: site.mac } as const;
  const nodes = arrived({ site, arrival }, parcel).nodes;
  const origin = originOf(site);
  // Of a switch that is not known the answer is taken to come.
  if (!origin) return { ...answered, isAssumed: true, nodes };
  const frame: Words = answerFrame(view.fabric.concrete, question, site.mac);
  const back = carry(view.fabric, origin, frame, { nodes: nodesOf([from, site]), unread: NO_NODES });
  const [found] = takenBy(back, [from]);
  if (found)
    return {
      ...answered,
      nodes: [...nodes, traceNode('detail', `${site.name} answers`), ...wayOf(found.arrival, parcel)],
    };
  const before = `${site.name} answers for ${question.target}, and the answer is lost: `;
  const failed = lost(view, back, [from], { disposition: 'neighbour-unreachable', before, beside });
  return { ...failed, nodes: [...nodes, ...failed.nodes] };
}

const NO_NODES: ReadonlySet<string> = new Set();

interface Begun {
  from: Site;
  origin: Origin;
  sites: Site[];
}

/** Both ends; or why no frame can be followed. @param failed what it is called that nobody gets it */
function begin(
  view: View,
  asker: Asker,
  takers: readonly Taker[],
  { noted }: Parcel,
  failed: { disposition: Disposition; target: string },
): Begun | Lost | Unlooked {
  const from = askerSite(view, asker);
  const sites = takers.map((who) => siteOf(view, who, asker.segment));
  const unclear = from.missing === undefined ? sites.find(({ isBlind }) => isBlind) : from;
  if (unclear) {
    const [node, reason] = [unclear.node ?? unclear.name, unclear.missing ?? ''];
    const nodes = notLooked(node, reason, noted);
    // However a frame gets to a node, no device gets it there that is not plugged in.
    if (sites[0] === undefined || !sites.every(isUnplugged))
      return { type: 'unlooked', missing: switchMissing(node, reason), nodes };
    const end = { disposition: failed.disposition, reason: unpluggedText(sites[0]) };
    const beside = unreadFor(view, takers, failed.target);
    return { type: 'lost', end: endBeside(end, missingText(beside)), nodes };
  }
  const origin = originOf(from);
  return origin
    ? { from, origin, sites }
    : { type: 'lost', end: { disposition: 'dropped', reason: unpluggedText(from) }, nodes: [] };
}

const sent = (view: View, { from, origin, sites }: Begun, to: string, { packet, zones }: Parcel): Carried =>
  carry(view.fabric, origin, packetFrame(view.fabric.concrete, packet, { src: from.mac, dst: to }), {
    nodes: nodesOf([...sites, from]),
    unread: unreadNodes(view),
    trackerOf: (node) => trackerOf(zones, node),
  });

/** An address of the device that asks, as the kernel chooses it (`arp.c: arp_solicit`); else the packet's own source. */
function sourceOf({ address, namespace, ifname, family }: Asker): string {
  const addresses = namespace && aspectOf(namespace, 'addresses', family);
  if (!addresses || 'missing' in addresses) return address;
  const own = addresses.value.filter((each) => each.family === family && each.ifname === ifname);
  if (own.some(({ local }) => local === address)) return address;
  return (own.find(({ scope }) => scope !== 'link') ?? own[0])?.local ?? address;
}

/** The places that take a copy, in their own order. */
const takenBy = ({ arrivals }: Carried, sites: readonly Site[]): Found[] =>
  sites.flatMap((site) => {
    const arrival = arrivals.find((each) => isTaken(each, site));
    return arrival ? [{ site, arrival }] : [];
  });

function arrived({ site, arrival }: Found, parcel: Parcel): Arrived {
  const unseen = arrival.type === 'unseen' ? notLooked(arrival.node, arrival.reason, parcel.noted) : [];
  return { type: 'arrived', to: site.who, beside: [], nodes: [...wayOf(arrival, parcel), ...unseen] };
}

const wayOf = ({ copy }: Arrival, { isSilent }: Parcel): TraceNode[] => (copy && !isSilent ? copyNodes(copy) : []);

const switchMissing = (node: string, reason: string): Unseen => ({
  node,
  reason: `Open vSwitch of ${node} is not known: ${reason}`,
});

/** Said once for each node. */
function notLooked(node: string, reason: string, noted: Set<string>): TraceNode[] {
  if (noted.has(node)) return [];
  noted.add(node);
  const text = `Open vSwitch of ${node} is not looked at, the wire is taken as Neutron makes it: ${reason}`;
  return [traceNode('detail', text)];
}

const isUnplugged = ({ node, port, missing }: Site): boolean => node !== undefined && !port && missing === undefined;

const unpluggedText = ({ name, node = '' }: Site): string => `${name} has no port in Open vSwitch of ${node}`;

/** What came of it, and what stands before the reason; `beside` as of what arrived. */
interface Failure {
  disposition: Disposition;
  before?: string;
  beside: readonly Unseen[];
}

function lost(
  { fabric: { concrete } }: View,
  carried: Carried,
  [site]: readonly Site[],
  { disposition, before = '', beside }: Failure,
): Lost {
  const unplugged = site && isUnplugged(site) ? unpluggedText(site) : undefined;
  const to = { ...site, ...(unplugged !== undefined && { unplugged }) };
  const { reason, decider, isLoop, nodes } = lostOf(carried, to, concrete);
  const { unclear } = carried;
  const end: End =
    unclear === undefined
      ? {
          disposition: isLoop ? 'loop' : disposition,
          reason: `${before}${unplugged ?? reason}`,
          ...(decider && unplugged === undefined && { decider }),
        }
      : { disposition: 'insufficient-info', reason: unclear };
  return { type: 'lost', end: endBeside(end, missingText(beside)), nodes };
}
