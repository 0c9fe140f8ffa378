/** Ports towards the outside, and towards the metadata proxy. */
import { familyOf } from '../ip.ts';
import type { Family } from '../state.ts';
import type { Router, Subnet } from '../topology/types.ts';
import { type Space, cover, listSpace, worldSpace } from './cover.ts';
import { type Facts, type WayOut, insideOf, ledElsewhere, outerNexthops, wayOut, whyNoRouter } from './facts.ts';
import { addressValue, boundsOf, readyOnce } from './footprint.ts';
import { type Ports, type Sender, fromPort, portName } from './ports.ts';
import {
  TOO_MANY,
  type Expectation,
  type PromiseKind,
  type Result,
  type Verdict,
  asSentBy,
  judge,
  resultOf,
} from './promise.ts';
import { type Range, intersect, subtract, union } from './ranges.ts';
import { sizeThrough } from './sizes.ts';
import { type Case, type Tally, leaveOut, settle } from './tally.ts';
import type { Walker } from './walker.ts';

interface Work {
  facts: Facts;
  walker: Walker;
  tally: Tally;
  ports: Ports;
}

const ready = readyOnce();
const rangesOf = (prefixes: readonly string[]): Range<bigint>[] => union(prefixes.map((text) => boundsOf(ready(text))));

/** Addresses that a host may talk to: IPv4 without private use of the host and multicast (RFC 1122, RFC 3927, RFC 5771), IPv6 global unicast (RFC 4291). */
const WORLD: Record<Family, Range<bigint>[]> = {
  inet: subtract(rangesOf(['0.0.0.0/0']), rangesOf(['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3'])),
  inet6: rangesOf(['2000::/3']),
};

/** Of all addresses outside those that people know, for witnesses. */
const WELL_KNOWN: Record<Family, string[]> = {
  inet: ['8.8.8.8', '1.1.1.1', '198.51.100.10', '203.0.113.10'],
  inet6: ['2001:4860:4860::8888', '2606:4700:4700::1111'],
};

/** All addresses outside of a cloud with these prefixes. */
export const outsideOf = (family: Family, inside: readonly string[]): Range<bigint>[] =>
  subtract(WORLD[family], rangesOf(inside.filter((text) => familyOf(text.split('/')[0]!) === family)));

/** By external network. */
const outsides = new WeakMap<Facts, Map<string | undefined, Record<Family, Range<bigint>[]>>>();

/** The whole outside, as ports behind a router see it. */
export function outsideBehind(facts: Facts, router: Router, subnet: Subnet, family: Family): Range<bigint>[] {
  const own = router.external_gateway?.network;
  const all = outsides.get(facts) ?? new Map<string | undefined, Record<Family, Range<bigint>[]>>();
  outsides.set(facts, all);
  const inside = all.has(own) ? [] : insideOf(facts, own);
  const known = all.get(own) ?? { inet: outsideOf('inet', inside), inet6: outsideOf('inet6', inside) };
  all.set(own, known);
  const led = ledElsewhere(facts, router, subnet).filter((text) => familyOf(text.split('/')[0]!) === family);
  return led.length === 0 ? known[family] : subtract(known[family], rangesOf(led));
}

/** An address of the ranges, one that people know if there is one. */
export function witnessIn(space: Space<bigint>, family: Family, ranges: readonly Range<bigint>[]): string {
  const known = WELL_KNOWN[family].find((text) => {
    const value = addressValue(text)!;
    return intersect(ranges, [[value, value + 1n]]).length > 0;
  });
  return known ?? space.addressOf(ranges[0]![0]);
}

/** Every port with a promised way out, over all addresses outside: one promise for each address of a port. */
export function verifyExits(work: Work): void {
  for (const group of work.ports.groups) {
    const ways = group.map((sender) => ({ sender, way: wayOut(work.facts, sender.end) }));
    for (const { sender, way } of ways)
      if ('reason' in way) leaveOut(work.tally, `ways out ${way.reason}`, 1, () => portName(sender.end));
    const out = ways.flatMap(({ sender, way }) => ('reason' in way ? [] : [{ sender, way }]));
    const [first] = out;
    if (!first) continue;
    const { subnet, address } = first.sender.end;
    const family = familyOf(address)!;
    const region = outsideBehind(work.facts, first.way.router, subnet, family);
    coverOutside(work, out, family, region);
  }
}

type Out = { sender: Sender; way: Exclude<WayOut, { reason: string }> };

/** As far as a packet to the outside gets inside of the cloud. */
const sizeOut = ({ facts }: Work, [first]: readonly Out[]): { size?: number } =>
  !first || 'none' in first.way ? {} : sizeThrough(facts, [first.sender.end.port.network, first.way.network]);

interface Worst {
  verdict: Verdict;
  result: Result | undefined;
  to: string;
}

/** The worst of all classes counts; the first of equals. */
function coverOutside(work: Work, out: readonly Out[], family: Family, places: Range<bigint>[]): void {
  const space = worldSpace(family);
  const worst = new Map<Sender, Worst>();
  const expected = new Map(out.map(({ sender, way }) => [sender, expectationOf(work.facts, way, family)]));
  const size = sizeOut(work, out);
  cover(work.walker, space, { sources: [...expected.keys()], places, protocol: 'icmp', ...size }, (found) => {
    const to = witnessIn(space, family, found.places);
    for (const sender of found.sources) {
      const result =
        found.walked && asSentBy(resultOf(found.walked.outcome), found.walked.source.address, sender.address);
      const verdict = result ? judge(expected.get(sender)!, result) : TOO_MANY;
      const before = worst.get(sender);
      if (!before || BADNESS[verdict.type] > BADNESS[before.verdict.type]) worst.set(sender, { verdict, result, to });
    }
  });
  for (const { sender, way } of out)
    settleOut(work.tally, { sender, way }, { expectation: expected.get(sender)!, ...size }, worst.get(sender));
}

const BADNESS: Record<Verdict['type'], number> = { held: 0, unknown: 1, broken: 2 };

function expectationOf(facts: Facts, way: Out['way'], family: Family): Expectation {
  if ('none' in way) return { type: 'no-way' };
  const { router, source, network, isTenants } = way;
  const exit = { type: 'exit', source, isAnswered: !isTenants } as const;
  // An IPv6 gateway may be a link-local address that routers outside announce.
  if (family === 'inet6') return exit;
  const subnets = facts.relations.network.get(network)?.subnets ?? [];
  return {
    ...exit,
    gateways: [...subnets.flatMap((subnet) => subnet.gateway_ip ?? []), ...outerNexthops(facts, router)],
  };
}

function settleOut(
  tally: Tally,
  { sender, way }: Out,
  asked: Pick<Case, 'expectation' | 'size'>,
  worst: Worst | undefined,
): void {
  const kind: PromiseKind = 'none' in way ? 'no-way-out' : 'outside';
  if (!worst)
    return leaveOut(tally, 'ways out where routes of the cloud take every address', 1, () => portName(sender.end));
  const { to, verdict, result } = worst;
  const words =
    'none' in way
      ? `unreachable ${portName(sender.end)} -> ${to}`
      : `reach ${portName(sender.end)} -> ${to} as ${way.source}`;
  const one = (): Case => ({ kind, from: fromPort(sender), to, protocol: 'icmp', ...asked, text: words });
  settle(tally, verdict, result, one, kind, 1);
}

/** `lib: constants.py: METADATA_V4_IP`. */
const METADATA = '169.254.169.254';

/** TCP port 80 of the metadata address ends in the own router, on the own node when the router is distributed (`metadata/driver.py: metadata_nat_rules`). */
export function verifyMetadata(work: Work): void {
  const space = listSpace([METADATA], 'inet');
  for (const group of work.ports.groups) {
    const [first] = group;
    if (!first || first.address.includes(':')) continue;
    const router = work.facts.gateways.get(first.end.subnet.name);
    const led = first.end.subnet.host_routes.some(({ destination }) => destination.startsWith(METADATA));
    const why =
      !router || led
        ? 'of subnets without router: the DHCP namespace answers, where it does'
        : whyNoRouter(work.facts, router, first.end);
    if (!router || why !== undefined) {
      leaveOut(work.tally, `metadata ${why}`, group.length, () => portName(first.end));
      continue;
    }
    const node = router.distributed ? { node: first.from.node! } : {};
    const expectation: Expectation = { type: 'taken', namespace: `qrouter-${router.id ?? ''}`, ...node };
    const asked = { sources: group, places: [[0, 1]] as Range<number>[], protocol: 'tcp' as const, dport: 80 };
    cover(work.walker, space, asked, ({ sources, walked }) => {
      const result = walked && resultOf(walked.outcome);
      const sender = sources[0]!;
      const one = (): Case => ({
        kind: 'metadata',
        from: fromPort(sender),
        to: METADATA,
        protocol: 'tcp',
        dport: 80,
        expectation,
        text: `reach ${portName(sender.end)} -> ${METADATA} tcp 80`,
      });
      settle(work.tally, result ? judge(expectation, result) : TOO_MANY, result, one, 'metadata', sources.length);
    });
  }
}
