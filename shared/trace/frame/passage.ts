/**
 * From one device to another through Open vSwitch: the packet's frame, and before it the question who has its next hop.
 * Who may take it is known already (`arp.ts`); here it is seen whether the flows bring it there.
 */
import type { Words } from '../../openflow/layout.ts';
import type { Asker, Taker } from '../arp.ts';
import type { Packet } from '../packet.ts';
import type { End } from '../pass.ts';
import { type TraceNode, traceNode } from '../tree.ts';
import { type View, aspectOf, knownText } from '../view.ts';
import { type Arrival, type Carried, type Origin, carry } from './carry.ts';
import { macValue } from './concrete.ts';
import { BROADCAST, type Question, answerFrame, answeredMac, packetFrame, questionFrame } from './ether.ts';
import { lostOf } from './lost.ts';
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
  nodes: TraceNode[];
}

export type Delivery = { type: 'arrived'; to: Taker; nodes: TraceNode[] } | Lost | Unlooked;

/** What a question brought: with which MAC it was answered, and by whom, unless only a switch did. */
export type Asked = { type: 'answered'; by: Taker | undefined; mac: string; nodes: TraceNode[] } | Lost | Unlooked;

/** The packet's frame, to a MAC. @param takers who may take it, the likeliest first */
export function deliver(view: View, asker: Asker, takers: readonly Taker[], mac: string, parcel: Parcel): Delivery {
  const begun = begin(view, asker, takers, parcel);
  if ('type' in begun) return begun;
  const { sites } = begun;
  // A MAC that the sender's entry leaves open is that of the likeliest; whose MAC nobody knows has the one that the sender knows.
  const known = knownText(mac) === undefined ? sites.find(({ isVague }) => !isVague)?.mac : undefined;
  const to = known ?? macValue(view.fabric.concrete, mac);
  for (const site of sites) if (site.isVague) site.mac = to;
  const carried = sent(view, begun, to, parcel);
  const [found] = takenBy(carried, sites);
  return found ? arrived(found, parcel) : lost(view, carried, sites, 'dropped', '');
}

/** A broadcast of the packet. @param takers who would like to hear it; those who do are told, and the first is who gets it */
export function announce(view: View, asker: Asker, takers: readonly Taker[], parcel: Parcel): Delivery {
  const begun = begin(view, asker, takers, parcel);
  if ('type' in begun) return begun;
  const carried = sent(view, begun, BROADCAST, parcel);
  const [first, ...others] = takenBy(carried, begun.sites);
  if (!first) return lost(view, carried, begun.sites, 'dropped', '');
  const delivery = arrived(first, parcel);
  const names = others.map(({ site }) => site.name);
  if (names.length > 0) delivery.nodes.push(traceNode('detail', `${names.join(', ')} hear it, too`));
  return delivery;
}

/** ARP or neighbour discovery for a target. @param takers who would answer, the likeliest first */
export function ask(view: View, asker: Asker, takers: readonly Taker[], target: string, parcel: Parcel): Asked {
  const begun = begin(view, asker, takers, parcel);
  if ('type' in begun) return begun;
  const { from, origin, sites } = begun;
  const { concrete } = view.fabric;
  const question: Question = { family: asker.family, mac: from.mac, address: sourceOf(asker), target };
  const asked = carry(view.fabric, origin, questionFrame(concrete, question), { nodes: nodesOf([...sites, from]) });
  const macIn = (arrival: Arrival) => ('frame' in arrival ? answeredMac(arrival.frame, concrete, target) : undefined);
  const back = asked.arrivals.find((arrival) => isAt(arrival, from) && macIn(arrival) !== undefined);
  let failure: Lost | undefined;
  for (const { site, arrival } of takenBy(asked, sites)) {
    // A switch on the way answers before anybody on another node does.
    if (back && site.node !== from.node) continue;
    const answered = answer(view, { site, arrival }, from, question, parcel);
    if (answered.type === 'answered') return answered;
    failure ??= answered;
  }
  const mac = back && macIn(back);
  if (mac !== undefined)
    return { type: 'answered', by: sites.find((site) => site.mac === mac)?.who, mac, nodes: wayOf(back!, parcel) };
  return failure ?? lost(view, asked, sites, 'neighbour-unreachable', `nobody answers for ${target}: `);
}

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
  parcel: Parcel,
): Exclude<Asked, Unlooked> {
  const answered = { type: 'answered', by: site.who, mac: site.mac } as const;
  const nodes = arrived({ site, arrival }, parcel).nodes;
  const origin = originOf(site);
  // Of a switch that is not known the answer is taken to come.
  if (!origin) return { ...answered, nodes };
  const frame: Words = answerFrame(view.fabric.concrete, question, site.mac);
  const back = carry(view.fabric, origin, frame, { nodes: nodesOf([from, site]) });
  const [found] = takenBy(back, [from]);
  if (found)
    return {
      ...answered,
      nodes: [...nodes, traceNode('detail', `${site.name} answers`), ...wayOf(found.arrival, parcel)],
    };
  const before = `${site.name} answers for ${question.target}, and the answer is lost: `;
  const failed = lost(view, back, [from], 'neighbour-unreachable', before);
  return { ...failed, nodes: [...nodes, ...failed.nodes] };
}

interface Begun {
  from: Site;
  origin: Origin;
  sites: Site[];
}

/** Both ends; or why no frame can be followed. */
function begin(view: View, asker: Asker, takers: readonly Taker[], { noted }: Parcel): Begun | Lost | Unlooked {
  const from = askerSite(view, asker);
  const sites = takers.map((who) => siteOf(view, who, asker.segment));
  const unclear = from.missing === undefined ? sites.find(({ isBlind }) => isBlind) : from;
  if (unclear)
    return { type: 'unlooked', nodes: notLooked(unclear.node ?? unclear.name, unclear.missing ?? '', noted) };
  const origin = originOf(from);
  return origin
    ? { from, origin, sites }
    : { type: 'lost', end: { disposition: 'dropped', reason: unpluggedText(from) }, nodes: [] };
}

const sent = (view: View, { from, origin, sites }: Begun, to: string, { packet, zones }: Parcel): Carried =>
  carry(view.fabric, origin, packetFrame(view.fabric.concrete, packet, { src: from.mac, dst: to }), {
    nodes: nodesOf([...sites, from]),
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

function arrived({ site, arrival }: Found, parcel: Parcel): Delivery & { type: 'arrived' } {
  const unseen = arrival.type === 'unseen' ? notLooked(arrival.node, arrival.reason, parcel.noted) : [];
  return { type: 'arrived', to: site.who, nodes: [...wayOf(arrival, parcel), ...unseen] };
}

const wayOf = ({ copy }: Arrival, { isSilent }: Parcel): TraceNode[] => (copy && !isSilent ? copyNodes(copy) : []);

/** Said once for each node. */
function notLooked(node: string, reason: string, noted: Set<string>): TraceNode[] {
  if (noted.has(node)) return [];
  noted.add(node);
  const text = `Open vSwitch of ${node} is not looked at, the wire is taken as Neutron makes it: ${reason}`;
  return [traceNode('detail', text)];
}

const unpluggedText = ({ name, node = '' }: Site): string => `${name} has no port in Open vSwitch of ${node}`;

function lost(
  { fabric: { concrete } }: View,
  carried: Carried,
  [site]: readonly Site[],
  disposition: End['disposition'],
  before: string,
): Lost {
  const isUnplugged = site?.node !== undefined && !site.port && site.missing === undefined;
  const unplugged = isUnplugged ? unpluggedText(site) : undefined;
  const to = { ...site, ...(unplugged !== undefined && { unplugged }) };
  const { reason, isLoop, nodes } = lostOf(carried, to, concrete);
  const { unclear } = carried;
  const end: End =
    unclear === undefined
      ? { disposition: isLoop ? 'loop' : disposition, reason: `${before}${unplugged ?? reason}` }
      : { disposition: 'insufficient-info', reason: unclear };
  return { type: 'lost', end, nodes };
}
