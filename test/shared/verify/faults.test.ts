/**
 * Each fault of the catalogue, made on recordings: it breaks a promise, with a packet that the trace over the same state confirms; or it breaks
 * none, and here is said why. And leaks between tenants, made by hand, are found.
 */
import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import type { NamespaceState } from '../../../shared/state.ts';
import type { Cloud } from '../../../shared/trace/cloud.ts';
import type { Trace } from '../../../shared/trace/trace.ts';
import { resultOfTrace } from '../../../shared/verify/promise.ts';
import { type Verification, verify } from '../../../shared/verify/verify.ts';
import { liveCloud } from '../../../shared/wiring.ts';
import type { ScenarioName } from '../../support/recordings.ts';
import { type Made, cloudOf, recordedCloud, take } from '../faults/cloud.ts';
import { settle } from '../trace/candidates.ts';
import { MADE, SHOWN, faulty, keepConnection, packetOf, tracersOf } from '../trace/shownFaults.ts';
import { recorded } from './clouds.ts';

/** Where faults are made, in this order, until one breaks something. */
const TRIED: readonly ScenarioName[] = ['S3', 'S6', 'S1', 'L5', 'S4', 'S6ha', 'L7', 'L6'];

const LEFT_OVER = 'it is left over, and no packet of a promise meets it';
const ANSWERED = 'the ARP responder of br-tun, a flood, or the other end of the veth pair answers instead';
const FLOODED = 'the flood, or a flow that was learned, carries the frames as well';
const NO_CHANGE = 'rules and translations are the same for every packet';

/** Faults that break no promise, and why. */
const HARMLESS: Readonly<Record<string, string>> = {
  'F02 another priority': NO_CHANGE,
  'F02 a second rule': NO_CHANGE,
  'F06 on a spare SNAT node': 'no packet passes a spare SNAT node',
  'F19 proxy_delay of the kernel': 'answers come late, not never',
  'S01 a second qg': 'where the second device leads is not known: promises cannot be decided',
  'S01 a second qg, with its port': 'where the second device leads is not known: promises cannot be decided',
  'S08 nf_conntrack_tcp_loose': 'it concerns connections that are older than a restart',
  'A01 no neighbour': ANSWERED,
  'A04 no neighbour': ANSWERED,
  'A06 on another device': ANSWERED,
  'A07 in the router': ANSWERED,
  'A07 in the fip namespace': ANSWERED,
  'A08 arp_ignore': 'it makes too many answer, not too few',
  'A08 arp_announce': 'it concerns which address a question names',
  'A11 of a port that is gone': LEFT_OVER,
  'H05 two ha devices': LEFT_OVER,
  'H05 two ha devices, with the port of the other': LEFT_OVER,
  'O03 the MAC of the SNAT port': LEFT_OVER,
  'O08 nothing of l2population': FLOODED,
  'O08 one remote port': FLOODED,
  'O09 to a stranger': LEFT_OVER,
  'O19 table 21 is empty': FLOODED,
  'C06 a port': LEFT_OVER,
  'C06 a namespace': LEFT_OVER,
  'X03 without the rule': 'connections are tracked once more, and go the same way',
  'X04 a connection to an old address':
    'it concerns one connection that is known already, and promises are about new ones',
  'X06 a rule twice': NO_CHANGE,
};

/** Those of which a packet ends otherwise all the same: it is none of those that promises are about. */
const BEYOND: readonly string[] = ['X04 a connection to an old address'];

function found(made: Made): { where: string; verification: Verification } | undefined {
  for (const scenario of TRIED)
    for (const node of recordedCloud(scenario).states.keys()) {
      const cloud = cloudOf(scenario, made.isWide ? undefined : node);
      if (!made.make(cloud.states.get(node)!, cloud)) continue;
      for (const state of cloud.states.values()) settle(state);
      const verification = verify(cloud.topology, liveCloud(cloud.topology, [...cloud.states.values()]));
      if (verification.broken.length > 0) return { where: `${scenario} ${node}`, verification };
    }
  return undefined;
}

describe('faults of the catalogue', () => {
  for (const made of MADE) {
    const name = `${made.fault} ${made.how}`;
    it(name, (context) => {
      const broken = found(made);
      context.diagnostic(
        `${name}: ${broken ? `${broken.where}, ${broken.verification.broken.map(({ count, what }) => `${count} ${what}`).join('; ')}` : HARMLESS[name]}`,
      );
      if (Object.hasOwn(HARMLESS, name)) {
        assert.equal(broken, undefined, broken?.where);
        return;
      }
      assert.ok(broken, 'it breaks no promise');
      for (const { witness, count, places } of broken.verification.broken) {
        assert.ok(witness.isConfirmed, witness.promise);
        assert.ok(count > 0 && places.length > 0);
      }
    });
  }

  it('every name of a harmless one is that of a fault', () => {
    const names = new Set(MADE.map(({ fault, how }) => `${fault} ${how}`));
    assert.deepEqual(
      Object.keys(HARMLESS).filter((name) => !names.has(name)),
      [],
    );
  });
});

/** What a promise is about: how it ends, where, from which source, by which next hop, and whether the answer comes back. */
function endOf(trace: Trace, { wiring }: Cloud): unknown {
  const { disposition, end, sourceSeen, dport, answered, reply } = resultOfTrace(trace, wiring.endpoints);
  const via = / via (\S+)/.exec(trace.path.at(-1)?.route ?? '')?.[1];
  return { disposition, end, sourceSeen, dport, answered, reply, via: end?.type === 'outside' ? via : undefined };
}

describe('a fault that breaks no promise leaves the packet that shows it where it was', () => {
  for (const [fault, how, where, packet] of SHOWN) {
    const name = `${fault} ${how}`;
    if (!Object.hasOwn(HARMLESS, name)) continue;
    it(`${name}: ${packet} (${where})`, () => {
      const cloud = faulty(fault, how, where);
      if (fault === 'X04') keepConnection(cloud);
      const { expected, live } = tracersOf(cloud);
      const wired = liveCloud(cloud.topology, cloud.list);
      const [should, is] = [expected, live].map((trace) => endOf(trace(packetOf(packet)), wired));
      if (BEYOND.includes(name)) assert.notDeepEqual(is, should);
      else assert.deepEqual(is, should);
    });
  }
});

/** The namespace of a kind on a node, of the router with that name. */
function routerOn({ topology, states }: ReturnType<typeof recorded>, node: string, router: string): NamespaceState {
  const { id } = topology.routers.find(({ name }) => name === router)!;
  return states.find((state) => state.node === node)!.namespaces[`qrouter-${id}`]!;
}

/** A device of one router that somebody plugged into the namespace of another, with its address and route. */
function plugInto(cloud: ReturnType<typeof recorded>, node: string, from: string, to: string): void {
  const [source, target] = [routerOn(cloud, node, from), routerOn(cloud, node, to)];
  const { ifname } = source.links!.find((link) => link.ifname.startsWith('qr-'))!;
  const isOf = (item: { ifname?: string; dev?: string }) => (item.ifname ?? item.dev) === ifname;
  target.links!.push(...source.links!.filter(isOf));
  target.addresses!.push(...source.addresses!.filter(isOf));
  target.routes!.push(...source.routes!.filter(isOf));
  target.neighbours!.push(...source.neighbours!.filter(isOf));
}

const LEAKS: readonly [how: string, make: (cloud: ReturnType<typeof recorded>) => void][] = [
  ["a device of another tenant's router", (cloud) => plugInto(cloud, 'compute1', 'rb', 'ra')],
  [
    "a route in another tenant's router that leads to its own",
    (cloud) => {
      plugInto(cloud, 'compute1', 'rb', 'ra');
      const ra = routerOn(cloud, 'compute1', 'ra');
      const { ifname } = routerOn(cloud, 'compute1', 'rb').links!.find((link) => link.ifname.startsWith('qr-'))!;
      ra.routes!.push({ family: 'inet', dst: '10.2.0.0/16', dev: ifname, protocol: 'static' });
    },
  ],
  [
    "a rule that leads one tenant's packets into a table with the other's network",
    (cloud) => {
      plugInto(cloud, 'compute1', 'rb', 'ra');
      const ra = routerOn(cloud, 'compute1', 'ra');
      const moved = ra.routes!.filter(({ dst }) => dst.startsWith('10.2.'));
      ra.routes = ra.routes!.filter((route) => !moved.includes(route));
      ra.routes.push(...moved.map((route) => ({ ...route, table: '4711' })));
      ra.rules!.push({ family: 'inet', priority: 100, src: '10.1.0.0', srclen: 24, table: '4711' });
    },
  ],
];

for (const [how, make] of LEAKS)
  test(`a leak between tenants is found: ${how}`, () => {
    const cloud = recorded('S3');
    make(cloud);
    const live = verify(cloud.topology, liveCloud(cloud.topology, cloud.states));
    const leaks = live.broken.filter(({ kinds }) => kinds.some(({ kind }) => kind === 'apart'));
    assert.ok(leaks.length > 0, JSON.stringify(live.counts));
    for (const { witness, what } of leaks) {
      assert.ok(witness.isConfirmed);
      assert.match(witness.promise, /^unreachable /);
      assert.match(what, / gets it$/);
      assert.equal(witness.trace.disposition, 'delivered');
    }
  });

test('a way between address scopes is found, and that scopes are not looked at', () => {
  for (const isGone of [
    (spec: string) => /^-o qr-\S+ -m mark ! --mark \S+ -j DROP$/.test(spec),
    (spec: string) => spec === '-j neutron-l3-agent-scope',
  ]) {
    const cloud = recorded('L6');
    for (const { namespaces } of cloud.states)
      for (const [name, { iptables }] of Object.entries(namespaces))
        if (name.startsWith('qrouter-'))
          take(iptables, ({ table, spec }) => table === 'filter' && spec !== undefined && isGone(spec));
    const { broken } = verify(cloud.topology, liveCloud(cloud.topology, cloud.states));
    const ways = broken.filter(({ kinds }) => kinds.some(({ kind }) => kind === 'apart'));
    assert.ok(ways.length > 0);
    for (const { witness, what } of ways) {
      assert.ok(witness.isConfirmed);
      assert.match(what, / gets it$/);
    }
  }
});
