/** From outside to floating IPs and forwarded ports. */
import { familyOf } from '../ip.ts';
import type { FloatingIp, Port, Router } from '../topology/types.ts';
import { worldSpace } from './cover.ts';
import { outsideBehind, witnessIn } from './exits.ts';
import { type End, type Facts, subnetOfAddress, whyNoPort, whyNoRouter } from './facts.ts';
import { rangesOf } from './footprint.ts';
import { TOO_MANY, type Expectation, judge, resultOf } from './promise.ts';
import { type Range, subtract } from './ranges.ts';
import type { Ports } from './ports.ts';
import { sizeThrough } from './sizes.ts';
import { type Case, type Tally, leaveOut, settle } from './tally.ts';
import { walk } from './walk.ts';
import type { Walker } from './walker.ts';

interface Work {
  facts: Facts;
  walker: Walker;
  tally: Tally;
  ports: Ports;
}

/** A way in: an address outside, with its port where only that is forwarded. */
export interface Entry {
  /** The address outside. */
  to: string;
  /** The external network that it is on. */
  network: string;
  router: Router;
  /** The node that serves it, where that is the port's own. */
  node?: string;
  /** The fixed address that it leads to; or that of an allowed address pair, with those who claim it. */
  end: End;
  protocol: 'icmp' | 'tcp' | 'udp';
  dport?: number;
  /** The TCP or UDP port inside. */
  inner?: number;
}

/** The packets that ask for it. */
type Asked = Pick<Entry, 'protocol' | 'dport' | 'inner'>;

/** A reason of `placement.ts` without the names in it, so that it can be counted. */
const ofMany = (reason: string): string =>
  reason
    .replace(/^.* is down$/, 'the router is down')
    .replace(/^.* has no L3 agent/, 'the node of the port has no L3 agent')
    .replace(/^.* has no IPv4 address$/, 'the port has no IPv4 address')
    .replace(/the subnet of \S+ /, 'the subnet of the port ');

/** Each floating IP and forwarded port that the topology lets somebody serve, and lets lead to a port. */
export function entriesOf(work: Work): Entry[] {
  const { placement, relations } = work.facts;
  for (const { floating, reason } of placement.unserved)
    leaveOut(work.tally, `floating IPs that nobody serves: ${ofMany(reason)}`, 1, () => floating.name);
  const served = [...placement.floatingIpsByRouter.values()].flat();
  const whole = served.flatMap(({ floating, router, fixed_ip_address: address, node }) => {
    const port = relations.port.get(floating.port ?? '');
    return port ? entryOf(work, { floating, router, port, address, node }, { protocol: 'icmp' }) : [];
  });
  const single = [...placement.forwardingsByRouter].flatMap(([name, all]) => {
    const router = relations.router.get(name);
    return router ? all.flatMap(({ floating }) => forwarded(work, floating, router)) : [];
  });
  return [...whole, ...single];
}

interface Led {
  floating: FloatingIp;
  router: Router;
  port: Port;
  /** The fixed address that it leads to. */
  address: string;
  node?: string | undefined;
}

function entryOf(work: Work, led: Led, asked: Asked): Entry[] {
  const { floating, router, node } = led;
  const end = endOf(work, led);
  const why = 'reason' in end ? end.reason : whyNot(work.facts, router, end);
  if ('reason' in end || why !== undefined || floating.network === undefined) {
    leaveOut(work.tally, `ways in ${why ?? 'by networks that are not known'}`, 1, () => floating.name);
    return [];
  }
  const to = floating.floating_ip_address;
  return [{ to, network: floating.network, router, end, ...asked, ...(node === undefined ? {} : { node }) }];
}

/** The port; where it is none to send to, those that have its address as an allowed address pair. */
function endOf({ facts, ports }: Work, { port, address }: Led): End | { reason: string } {
  const subnet = subnetOfAddress(facts, port, address);
  if (!subnet) return { reason: 'to addresses in no known subnet' };
  const why = whyNoPort(facts, port);
  if (why === undefined) return { port, address, subnet };
  const { space, owners } = ports.addresses[familyOf(address) ?? 'inet'];
  const place = space.addresses.indexOf(address);
  const claimed = owners[place]?.find(({ end }) => end.claimants && end.subnet === subnet);
  return claimed ? claimed.end : { reason: `to ${why}` };
}

/** The first and the last port of each forwarding; the ports between them go by the same rule. */
function forwarded(work: Work, floating: FloatingIp, router: Router): Entry[] {
  const { facts, tally } = work;
  return floating.port_forwardings.flatMap((each): Entry[] => {
    const port = portInside(facts, router, each.internal_port_id, each.internal_ip_address);
    const protocol = each.protocol === 'tcp' || each.protocol === 'udp' ? each.protocol : undefined;
    const outer = portsOf(each.external_port, each.external_port_range);
    const inner = portsOf(each.internal_port, each.internal_port_range);
    if (!port || !protocol || outer.length === 0) {
      leaveOut(
        tally,
        'port forwardings of which the topology does not say port, protocol or receiver',
        1,
        () => floating.name,
      );
      return [];
    }
    const led = { floating, router, port, address: each.internal_ip_address };
    return outer.flatMap((dport, i) => {
      const to = inner[i] ?? inner[0];
      return entryOf(work, led, { protocol, dport, ...(to === undefined ? {} : { inner: to }) });
    });
  });
}

const portsOf = (one: number | undefined, range: string | undefined): number[] =>
  one !== undefined ? [one] : [...new Set((range ?? '').split(':').filter(Boolean).map(Number))];

function portInside(
  { topology, relations }: Facts,
  router: Router,
  id: string | undefined,
  address: string,
): Port | undefined {
  const subnets = new Set(router.interfaces.map(({ subnet }) => relations.subnet.get(subnet)?.network));
  return (
    (id === undefined ? undefined : topology.ports.find((port) => port.id !== undefined && id.startsWith(port.id))) ??
    topology.ports.find(
      ({ network, fixed_ips: fixed }) => subnets.has(network) && fixed.some(({ ip_address }) => ip_address === address),
    )
  );
}

function whyNot(facts: Facts, router: Router, end: End): string | undefined {
  if (facts.gateways.get(end.subnet.name) !== router) return 'by a router that is not the gateway of the subnet';
  return whyNoRouter(facts, router, end);
}

/** Those whom it leads to: what must become of a packet to it. */
export const reachedBy = ({ end: { port, claimants = [port] }, inner }: Entry): Reached => ({
  type: 'reach',
  ports: claimants.map(({ name }) => name),
  ...(inner === undefined ? {} : { dport: inner }),
});

type Reached = Extract<Expectation, { type: 'reach' }>;

/** Asked by everybody outside. */
export function verifyEntries(work: Work, entries: readonly Entry[]): void {
  for (const entry of entries) verifyEntry(work, entry);
}

function verifyEntry({ facts, walker, tally }: Work, entry: Entry): void {
  const { router, end, protocol, dport, to, network: segment } = entry;
  const family = familyOf(to);
  if (!family) return leaveOut(tally, 'ways in by what is no address', 1, () => to);
  const expectation = reachedBy(entry);
  const space = worldSpace(family);
  const layer4 = dport === undefined ? {} : { dport };
  const size = sizeThrough(facts, [segment, end.port.network]);
  const one = (from: string): Case => ({
    kind: 'floating-ip',
    from: { address: from, segment },
    to,
    protocol,
    ...layer4,
    ...size,
    expectation,
    text: `reach outside -> ${to}${dport === undefined ? '' : ` ${protocol} ${dport}`}`,
  });
  const everybody: Range<bigint>[] = outsideBehind(facts, router, end.subnet, family);
  if (everybody.length === 0) leaveOut(tally, 'ways in where routes of the cloud take every address', 1, () => to);
  for (let i = 0, places = everybody; places.length > 0; i++) {
    const src = witnessIn(space, family, places);
    const walked = walk(walker, { from: { segment }, src, dst: to, protocol, ...layer4, ...size });
    const result = walked && resultOf(walked.outcome);
    const verdict = !result || i > MAX_CLASSES ? TOO_MANY : judge(expectation, result);
    places = walked ? subtract(places, rangesOf(walked.footprint.src, family)) : [];
    // One promise: the first class that breaks it, or the last that holds it.
    if (verdict.type !== 'held' || places.length === 0)
      return settle(tally, verdict, result, () => one(src), 'floating-ip', 1);
  }
}

/** As in `cover.ts`: no state that anybody made has so many. */
const MAX_CLASSES = 1000;
