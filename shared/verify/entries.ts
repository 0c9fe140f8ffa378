/** From outside to floating IPs and forwarded ports. */
import { familyOf } from '../ip.ts';
import type { FloatingIp, Port, Router } from '../topology/types.ts';
import { worldSpace } from './cover.ts';
import { outsideBehind, witnessIn } from './exits.ts';
import { type Facts, subnetOfAddress, whyNoPort, whyNoRouter } from './facts.ts';
import { rangesOf } from './footprint.ts';
import { type Expectation, judge, resultOf } from './promise.ts';
import { type Range, subtract } from './ranges.ts';
import { TOO_MANY } from './pairs.ts';
import { type Case, type Tally, leaveOut, settle } from './tally.ts';
import { walk } from './walk.ts';
import type { Walker } from './walker.ts';

interface Work {
  facts: Facts;
  walker: Walker;
  tally: Tally;
}

/** A way in: an address outside, with its port where only that is forwarded. */
interface Entry {
  floating: FloatingIp;
  router: Router;
  port: Port;
  /** The fixed address that it leads to. */
  address: string;
  protocol: 'icmp' | 'tcp' | 'udp';
  dport?: number;
  /** The TCP or UDP port inside. */
  inner?: number;
}

/** A reason of `placement.ts` without the names in it, so that it can be counted. */
const ofMany = (reason: string): string =>
  reason
    .replace(/^.* is down$/, 'the router is down')
    .replace(/^.* has no L3 agent/, 'the node of the port has no L3 agent')
    .replace(/^.* has no IPv4 address$/, 'the port has no IPv4 address')
    .replace(/the subnet of \S+ /, 'the subnet of the port ');

/** Each floating IP that the topology lets somebody serve, asked by everybody outside. */
export function verifyEntries(work: Work): void {
  const { placement } = work.facts;
  for (const { floating, reason } of placement.unserved)
    leaveOut(work.tally, `floating IPs that nobody serves: ${ofMany(reason)}`, 1, () => floating.name);
  for (const { floating, router, fixed_ip_address: address } of [...placement.floatingIpsByRouter.values()].flat()) {
    const port = work.facts.relations.port.get(floating.port ?? '');
    if (port) verifyEntry(work, { floating, router, port, address, protocol: 'icmp' });
  }
  for (const [name, served] of placement.forwardingsByRouter) {
    const router = work.facts.relations.router.get(name);
    if (router)
      for (const { floating } of served)
        for (const entry of forwarded(work, floating, router)) verifyEntry(work, entry);
  }
}

/** The first and the last port of each forwarding; the ports between them go by the same rule. */
function forwarded({ facts, tally }: Work, floating: FloatingIp, router: Router): Entry[] {
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
    return outer.map((dport, i) => {
      const to = inner[i] ?? inner[0];
      return {
        floating,
        router,
        port,
        address: each.internal_ip_address,
        protocol,
        dport,
        ...(to === undefined ? {} : { inner: to }),
      };
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

function whyNot(facts: Facts, { router, port, address }: Entry): string | undefined {
  const subnet = subnetOfAddress(facts, port, address);
  if (!subnet) return 'to addresses in no known subnet';
  const why = whyNoPort(facts, port);
  if (why !== undefined) return `to ${why}`;
  if (facts.gateways.get(subnet.name) !== router) return 'by a router that is not the gateway of the subnet';
  return whyNoRouter(facts, router, { port, address, subnet });
}

function verifyEntry({ facts, walker, tally }: Work, entry: Entry): void {
  const { floating, router, port, address, protocol, dport, inner } = entry;
  const to = floating.floating_ip_address;
  const why = whyNot(facts, entry);
  if (why !== undefined || floating.network === undefined)
    return leaveOut(tally, `ways in ${why ?? 'by networks that are not known'}`, 1, () => floating.name);
  const expectation: Expectation = { type: 'reach', port: port.name, ...(inner === undefined ? {} : { dport: inner }) };
  const subnet = subnetOfAddress(facts, port, address)!;
  const family = familyOf(to)!;
  const space = worldSpace(family);
  const segment = floating.network;
  const layer4 = dport === undefined ? {} : { dport };
  const one = (from: string): Case => ({
    kind: 'floating-ip',
    from: { address: from, segment },
    to,
    protocol,
    ...layer4,
    expectation,
    text: `reach outside -> ${to}${dport === undefined ? '' : ` ${protocol} ${dport}`}`,
  });
  let places: Range<bigint>[] = outsideBehind(facts, router, subnet, family);
  for (let i = 0; places.length > 0; i++) {
    const src = witnessIn(space, family, places);
    const walked = walk(walker, { from: { segment }, src, dst: to, protocol, ...layer4 });
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
