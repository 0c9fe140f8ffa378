/**
 * The law of classes: what one walk says of a whole class is what a trace says of each of its packets; and each pair is in exactly one class.
 * On healthy clouds, and with one random thing taken away or altered, with and without Open vSwitch.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cloud } from '../../../shared/trace/cloud.ts';
import { traceIn } from '../../../shared/trace/trace.ts';
import { type View, viewOf } from '../../../shared/trace/view.ts';
import {
  type Source,
  type Space,
  cover,
  isOwn,
  listSpace,
  senderKey,
  worldSpace,
} from '../../../shared/verify/cover.ts';
import { outsideOf } from '../../../shared/verify/exits.ts';
import { type Result, resultOf, resultOfTrace } from '../../../shared/verify/promise.ts';
import type { Range } from '../../../shared/verify/ranges.ts';
import { type Walker, walkerOf } from '../../../shared/verify/walker.ts';
import { randomOf } from '../../judges/random.ts';
import { SCENARIOS } from '../../support/recordings.ts';
import { alter, liveOf, recorded, withoutFlows } from './clouds.ts';

/** What must be the same; whether the outside answers is said of what is asked of it alone. */
function told({ disposition, end, sourceSeen, answered, reply }: Result, source: string, own: string): string {
  const back = end?.type === 'endpoint' ? [answered, reply] : [];
  return JSON.stringify([disposition, end, sourceSeen === source ? own : sourceSeen, ...back]);
}

const groupsOf = (sources: readonly Source[]): Source[][] => {
  const groups = new Map<string, Source[]>();
  for (const source of sources) {
    const key = senderKey(source.from, source.address);
    groups.set(key, [...(groups.get(key) ?? []), source]);
  }
  return [...groups.values()];
};

interface Asked<T extends number | bigint> {
  name: string;
  space: Space<T>;
  places: Range<T>[];
  /** Which addresses of a class are traced. */
  pick: (found: readonly Range<T>[]) => T[];
  packet: { protocol: 'icmp' | 'tcp'; dport?: number; size?: number };
}

/** Every class, packet by packet; the pairs that were in one. */
function checkClasses<T extends number | bigint>(
  view: View,
  walker: Walker,
  group: Source[],
  asked: Asked<T>,
): Map<string, number> {
  const { name, space, places, pick, packet } = asked;
  const settled = new Map<string, number>();
  let classes = 0;
  cover(walker, space, { sources: group, places, ...packet }, (found) => {
    const { walked } = found;
    assert.ok(walked, `${name}: too many classes`);
    classes++;
    for (const { from, address } of found.sources)
      for (const to of pick(found.places).map(space.addressOf)) {
        const pair = `${address} ${to}`;
        assert.ok(!settled.has(pair), `${name}: ${pair} twice`);
        settled.set(pair, classes);
        if (isOwn(from, to)) continue;
        const traced = traceIn(view, { from: { address, segment: from.segment }, to, ...packet });
        const expected = told(resultOfTrace(traced, view.cloud.wiring.endpoints), address, address);
        const result = told(resultOf(walked.outcome, found.endOf(to)), walked.source.address, address);
        assert.equal(result, expected, `${name}: ${pair}, class of ${walked.source.address} ${walked.address}`);
      }
  });
  return settled;
}

function checkLaw(cloud: Cloud, name: string): { pairs: number; classes: number } {
  const view = viewOf(cloud);
  const walker = walkerOf(view);
  const seen = { pairs: 0, classes: 0 };
  const check = <T extends number | bigint>(group: Source[], asked: Asked<T>): Map<string, number> => {
    const settled = checkClasses(view, walker, group, asked);
    seen.pairs += settled.size;
    seen.classes += new Set(settled.values()).size;
    return settled;
  };
  const inside = Object.values(cloud.wiring.segments).flatMap(({ prefixes }) => prefixes);
  for (const family of ['inet', 'inet6'] as const) {
    const sources = cloud.wiring.endpoints
      .filter(({ node }) => node !== undefined)
      .flatMap((from) => from.addresses.map(({ local: address }) => ({ from, address })))
      .filter(({ address }) => address.includes(':') === (family === 'inet6'));
    const list = listSpace([...sources.map(({ address }) => address), ...claimedIn(cloud)], family);
    const pairs = listed(name, list, { protocol: 'icmp', size: SIZE });
    const routers = listed(name, listSpace(routersIn(cloud), family), { protocol: 'icmp' });
    const outer = listSpace(
      Object.values(cloud.wiring.segments).flatMap(({ reserved }) => reserved),
      family,
    );
    const floating = [listed(name, outer, { protocol: 'icmp', size: SIZE }), listed(name, outer, FORWARDED)];
    const world: Asked<bigint> = {
      name,
      space: worldSpace(family),
      places: outsideOf(family, inside),
      pick: someOf,
      packet: { protocol: 'icmp' },
    };
    const metadata = listed(name, listSpace([METADATA], 'inet'), { protocol: 'tcp', dport: 80 });
    for (const group of groupsOf(sources)) {
      const settled = check(group, pairs);
      for (const { address } of group)
        for (const to of list.addresses)
          assert.ok(
            to === address || settled.has(`${address} ${to}`) || isOwnOf(group, address, to),
            `${name}: ${address} ${to} in no class`,
          );
      check(group, world);
      for (const asked of [routers, ...floating, ...(family === 'inet' ? [metadata] : [])])
        if (asked.places.length > 0) check(group, asked);
    }
  }
  return seen;
}

const METADATA = '169.254.169.254';
/** The MTU of the smallest network of the recordings. */
const SIZE = 1400;
/** A port that a recording forwards. */
const FORWARDED = { protocol: 'tcp', dport: 2222 } as const;

type Listed = ReturnType<typeof listSpace>;

const listed = (name: string, space: Listed, packet: Asked<number>['packet']): Asked<number> => ({
  name,
  space,
  places: space.addresses.length > 0 ? [[0, space.addresses.length]] : [],
  pick: space.each!,
  packet,
});

/** Single addresses of allowed address pairs. */
const claimedIn = ({ wiring }: Cloud): string[] =>
  wiring.endpoints.flatMap(({ extraAddresses }) => extraAddresses.filter((text) => !text.includes('/')));

/** Addresses of routers on their subnets: gateways and SNAT ports. */
const routersIn = ({ states }: Cloud): string[] =>
  states.flatMap(({ namespaces }) =>
    Object.values(namespaces).flatMap(({ addresses = [] }) =>
      addresses.flatMap(({ ifname, local }) =>
        /^(?:qr|sg)-/.test(ifname) && !local.startsWith('fe80') ? [local] : [],
      ),
    ),
  );

const isOwnOf = (group: readonly Source[], address: string, to: string): boolean =>
  group.some((source) => source.address === address && isOwn(source.from, to));

/** The ends and the middle of some ranges. */
const someOf = (ranges: readonly Range<bigint>[]): bigint[] =>
  [...new Set(ranges.flatMap(([from, to]) => [from, (from + to) / 2n, to - 1n]))].slice(0, 9);

const SEED = Number(process.env['JUDGE_SEED'] ?? 1);
const FAULTS = Number(process.env['VERIFY_FAULTS'] ?? 4);

for (const scenario of SCENARIOS)
  test(`${scenario}: classes say what each packet says`, (context) => {
    const healthy = liveOf(recorded(scenario));
    const seen = [checkLaw(healthy, scenario), checkLaw(withoutFlows(healthy), `${scenario} without flows`)];
    const random = randomOf(SEED + scenario.length * 1000 + SCENARIOS.indexOf(scenario));
    for (let i = 0; i < FAULTS; i++) {
      const cloud = recorded(scenario);
      const said = alter(random.pick(cloud.states), random);
      const live = liveOf(cloud);
      seen.push(checkLaw(i % 2 === 0 ? live : withoutFlows(live), `${scenario} without ${said}`));
    }
    const sum = (key: 'pairs' | 'classes') => seen.reduce((total, each) => total + each[key], 0);
    context.diagnostic(`${sum('pairs')} packets in ${sum('classes')} classes, seed ${SEED}`);
  });

/** Flows that no agent makes: packets of the same addresses, and those of single addresses, go different ways. */
const TELLING = [
  'icmp,icmp_type=0',
  'icmp',
  'tcp,tp_dst=80',
  'ip,nw_proto=6',
  'icmp,nw_ttl=63',
  'ip,nw_dst=10.1.0.11',
  'ip,nw_src=10.1.0.11',
  'ip,nw_dst=198.51.100.0/24',
  'arp,arp_tpa=10.1.0.11',
  'arp,arp_op=2,arp_spa=10.1.0.1',
];

for (const scenario of ['S1', 'L9'] as const)
  test(`${scenario}: classes say what each packet says where flows tell packets apart`, () => {
    const random = randomOf(SEED);
    for (const match of TELLING) {
      const cloud = recorded(scenario);
      const { node, flows = [] } = random.pick(cloud.states);
      const bridge = random.pick(['br-int', 'br-tun']);
      flows.push({ bridge, table: 0, priority: 65_000, match, actions: 'drop', cookie: '0x1' });
      checkLaw(liveOf(cloud), `${scenario} with ${match} dropped by ${bridge} of ${node}`);
    }
  });
