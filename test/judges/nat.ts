/**
 * Judge of netfilter: real packets through a namespace that holds recorded or random tables, there, back and once more.
 * Run alone it takes a count and a seed: `node test/judges/nat.ts 100000 1`.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { familyOf } from '../../shared/ip.ts';
import type { Family } from '../../shared/state.ts';
import type { Connections } from '../../shared/trace/conntrack.ts';
import { type Packet, answerTo, packetOf } from '../../shared/trace/packet.ts';
import { type Pass, receive, send } from '../../shared/trace/pass.ts';
import type { NamespaceView } from '../../shared/trace/view.ts';
import { type TestNamespace, makeNamespace } from './namespace.ts';
import { type Memory, kernelMemory, otherMemory, traceMemory } from './natConntrack.ts';
import { PLACES, PORTS, randomTables } from './natState.ts';
import { type Random, randomOf } from './random.ts';
import { everyNth, recordedSetups } from './recordedSetup.ts';
import { type Verdict, verdictText } from './routes.ts';
import { DEVICES } from './routesState.ts';
import { type Setup, loadSetup, macOf, viewOfState } from './setup.ts';

/** A packet that is sent into the router by one of its devices. `sport` of ICMP is the identifier. */
export interface Sent {
  dev: string;
  src: string;
  dst: string;
  protocol: 'icmp' | 'tcp' | 'udp';
  sport: number;
  dport: number;
}

/** What came out: of which device, or `own` when the router took it. */
type Arrived = { dev: string; src: string; dst: string; sport: number; dport: number } | null;

const PACKETS = 200;
/** Fewer packets for each state when there are few, so that there are more states. */
const perState = (count: number): number => Math.min(PACKETS, Math.max(60, count / 500));
const SYSCTLS = [
  { key: 'net.ipv4.ip_forward', value: '1' },
  { key: 'net.ipv6.conf.all.forwarding', value: '1' },
  { key: 'net.ipv4.conf.all.rp_filter', value: '0' },
  { key: 'net.ipv4.conf.default.rp_filter', value: '0' },
  // A redirect is a packet of the connection that it is about, and would change its mark; the kernel sends a few only.
  ...['all', ...DEVICES].map((dev) => ({ key: `net.ipv4.conf.${dev}.send_redirects`, value: '0' })),
];

/** The answers are the judge's own, and nothing is forgotten before it is looked at. */
const FOR_JUDGING = [
  'net.ipv4.icmp_echo_ignore_all=1',
  'net.ipv6.icmp.echo_ignore_all=1',
  // An error is a packet of the connection that it is about, too.
  ...['net.ipv4.icmp_ratelimit', 'net.ipv6.icmp.ratelimit'].map((key) => `${key}=2147483647`),
  ...['tcp_timeout_close', 'tcp_timeout_syn_recv', 'udp_timeout', 'icmp_timeout', 'icmpv6_timeout'].map(
    (name) => `net.netfilter.nf_conntrack_${name}=600`,
  ),
];

/** Sends `count` packets, through as many random states as that takes. */
export function judgeNat(count: number, seed: number): Verdict {
  const verdict: Verdict = { count: 0, states: 0, kinds: {} };
  for (; verdict.count < count && verdict.disagreement === undefined; verdict.states++) {
    const random = randomOf(seed + verdict.states);
    const setup = natSetup(random, seed + verdict.states);
    judgeSetup(setup, randomPackets(random, Math.min(perState(count), count - verdict.count)), verdict);
  }
  return verdict;
}

/** Sends `each` packets through every namespace of the recordings, or every n-th. */
export function judgeRecordedNat(each: number, seed: number, nth = 1): Verdict {
  const verdict: Verdict = { count: 0, states: 0, kinds: {} };
  for (const setup of everyNth(recordedSetups(), nth, seed)) {
    if (verdict.disagreement !== undefined || setup.devices.length === 0) continue;
    judgeSetup(setup, recordedPackets(setup, randomOf(seed + verdict.states++), each), verdict);
  }
  return verdict;
}

function judgeSetup(setup: Setup, packets: readonly Sent[], verdict: Verdict): void {
  verdict.count += packets.length;
  const text = disagreement(setup, packets, SOON, verdict.kinds);
  // A machine that is busy may be late: what differs is looked at again, slowly.
  const again = text === undefined ? undefined : disagreement(setup, packets, LATE, {});
  if (again !== undefined) verdict.disagreement = again;
}

/** How long, in seconds, a packet is waited for that may have been dropped. */
const SOON = 0.001;
const LATE = 0.02;

/** Next hops and neighbours are all known, so that no packet waits for ARP. */
function natSetup(random: Random, seed: number): Setup {
  return {
    name: `seed ${seed}`,
    devices: DEVICES,
    addresses: DEVICES.flatMap((dev, i) => [
      `addr add ${PLACES.inet.own[i]!}/24 dev ${dev}`,
      `addr add ${PLACES.inet6.own[i]!}/64 dev ${dev} nodad`,
      ...(random.oneIn(4) ? [`addr add 10.${i}.0.2/${random.pick([24, 32])} dev ${dev}`] : []),
      ...(random.oneIn(4) ? [`addr add 2001:db8:${i}:7::2/${random.pick([64, 128])} dev ${dev} nodad`] : []),
    ]),
    inet: routesOf('inet'),
    inet6: routesOf('inet6'),
    sysctls: SYSCTLS,
    pool: { inet: poolOf('inet'), inet6: poolOf('inet6') },
    tables: { inet: randomTables(random, 'inet'), inet6: randomTables(random, 'inet6') },
  };
}

function routesOf(family: Family): string[] {
  const { floating, inside, gateways } = PLACES[family];
  return [
    `route add default via ${gateways[1]} dev rfp-c`,
    `route add ${floating[2]} via ${gateways[0]} dev qr-b`,
    `route add default via ${gateways[0]} dev qr-b table 16`,
    `rule add from ${inside[1]} lookup 16 pref 40000`,
    'rule add fwmark 0x2/0xffff lookup 16 pref 100',
  ];
}

function poolOf(family: Family): string[] {
  const { prefixes: _, ...addresses } = PLACES[family];
  return Object.values(addresses).flat();
}

/** Each packet is a connection of its own: nothing that went before may matter. */
function randomPackets(random: Random, count: number): Sent[] {
  return Array.from({ length: count }, (_, i): Sent => {
    const { inside, floating, outside, own } = PLACES[random.pick(['inet', 'inet6'] as const)];
    const dev = random.pick(DEVICES);
    const src = random.pick(dev === 'rfp-c' ? [...outside, ...floating] : inside);
    const dst = random.pick([...inside, ...floating, ...outside, ...own].filter((address) => address !== src));
    return { dev, src, dst, ...randomPorts(random, i) };
  });
}

function recordedPackets({ devices, pool }: Setup, random: Random, count: number): Sent[] {
  return Array.from({ length: count }, (_, i): Sent => {
    // What answers for an anycast address is another one (`tcp_ipv6.c: tcp_v6_send_reset` answers not at all).
    const six = pool.inet6.filter((text) => !text.endsWith('::'));
    const addresses = random.oneIn(2) && six.length > 1 ? six : pool.inet;
    const dst = random.pick(addresses);
    return {
      dev: random.pick(devices),
      src: random.pick(addresses.filter((text) => text !== dst)),
      dst,
      ...randomPorts(random, i),
    };
  });
}

function randomPorts(random: Random, i: number): Pick<Sent, 'protocol' | 'sport' | 'dport'> {
  const protocol = random.pick(['icmp', 'tcp', 'udp'] as const);
  return { protocol, sport: 2000 + i, dport: protocol === 'icmp' ? 2000 + i : random.pick(PORTS) };
}

/** Without any such rule the kernel does not track at all (`nf_conntrack_proto.c: nf_ct_netns_get`); it makes no difference to packets. */
const NEEDS_CONNTRACK = /-m (conntrack|connmark)|-j (CONNMARK|SNAT|DNAT|MASQUERADE|REDIRECT)/;

/** The first packet that the trace takes elsewhere, with all that is needed to see why. */
function disagreement(
  setup: Setup,
  packets: readonly Sent[],
  wait: number,
  kinds: Record<string, number>,
): string | undefined {
  const router = makeNamespace();
  const ends = makeNamespace();
  try {
    const state = loadSetup(router, setup, ends);
    const view = viewOfState(state);
    router.run(['sysctl', '-q', '-w', ...FOR_JUDGING]);
    const gateways = state.routes!.flatMap(({ gateway }) => gateway ?? []);
    const neighbours = new Set([...setup.pool.inet, ...setup.pool.inet6, ...gateways]);
    router.batch(
      setup.devices.flatMap((dev, i) =>
        [...neighbours].map((address) => `neigh add ${address} lladdr ${macOf('end', i)} dev ${dev} nud permanent`),
      ),
    );
    const memory: Memory = new Map();
    const unfollowed = new Set<number>();
    const tuples = new Set<string>();
    for (const [index, arrived] of sendAll(router, ends, setup, packets, wait).entries()) {
      const sent = packets[index]!;
      const family = familyOf(sent.dst)!;
      const isRandom = choosesPorts(setup, family);
      const kernel = arrived.map((one) => textOf(one, sent, isRandom));
      const kind = `${kernel[0] === 'gone' ? 'gone' : arrived[0]!.dev.slice(0, 3)}/${arrived[1]?.dev.slice(0, 3) ?? (kernel.length > 1 ? 'gone' : '-')}`;
      kinds[kind] = (kinds[kind] ?? 0) + 1;
      const connections: Connections = new Map();
      const traced = weSay(view, sent, connections)
        .slice(0, kernel.length)
        .map((one) => (typeof one === 'string' ? one : textOf(one, sent, isRandom)));
      if (isClash(connections, tuples)) traced.push(NOT_FOLLOWED);
      if (!traced.includes(NOT_FOLLOWED) && traced.join('\n') !== kernel.join('\n'))
        return [
          `${setup.name}: ${JSON.stringify(sent)} (there, back, there again)`,
          'kernel:',
          ...kernel,
          'trace:',
          ...traced,
          setup.tables?.[family],
        ].join('\n');
      // A reset as the only answer ends a connection at once (nf_conntrack_proto_tcp.c: nf_conntrack_tcp_packet).
      const isReset = arrived[0]?.dev === 'own' && sent.protocol === 'tcp';
      if (isReset || traced.includes(NOT_FOLLOWED)) unfollowed.add(sent.sport);
      else traceMemory(connections, sent.sport, isRandom, memory);
    }
    const listed = kernelMemory(router, (family) => choosesPorts(setup, family));
    const isCompared = ([key]: [string, string]): boolean =>
      !unfollowed.has(numberOf(key)) && NEEDS_CONNTRACK.test(setup.tables?.[familyOfKey(key)] ?? '');
    const other =
      listed && otherMemory(new Map([...listed].filter(isCompared)), new Map([...memory].filter(isCompared)));
    return other === undefined ? undefined : [`${setup.name}: conntrack: ${other}`, ...Object.values(setup.tables ?? {})].join('\n'); // prettier-ignore
  } finally {
    router.remove();
    ends.remove();
  }
}

function sendAll(
  router: TestNamespace,
  ends: TestNamespace,
  { devices }: Setup,
  packets: readonly Sent[],
  wait: number,
): Arrived[][] {
  const job = {
    router: router.name,
    ports: PORTS,
    wait,
    ends: devices.map((dev, i) => ({ dev, end: `p${i}`, router_mac: macOf('router', i), end_mac: macOf('end', i) })),
    packets,
  };
  const script = join(import.meta.dirname, 'natWire.py');
  const { stdout, stderr } = spawnSync('ip', ['netns', 'exec', ends.name, 'python3', script], {
    input: JSON.stringify(job),
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (stdout === '') throw new Error(`natWire.py: ${stderr}`);
  return JSON.parse(stdout) as Arrived[][];
}

/** There, back, and there again: each what came out, or a text when nothing does or nobody knows. */
function weSay(view: NamespaceView, sent: Sent, connections: Connections): (Arrived | string)[] {
  const packet = packetOf(sent)!;
  const there = receive(view, sent.dev, packet, connections);
  const end = confirmed(there, sent, connections, new Map());
  if (end === null || typeof end === 'string') return [end];
  const answer = answerTo(there.packet);
  const before = new Map(connections);
  const back =
    end.dev === 'own' ? send(view, answer, connections, sent.dev) : receive(view, end.dev, answer, connections);
  const answered = confirmed(back, sent, connections, before);
  // The kernel has answered with a reset, and that connection is over.
  if (end.dev === 'own' && sent.protocol === 'tcp') return [end, answered];
  return [end, answered, arrivedOf(receive(view, sent.dev, packet, connections), sent)];
}

/**
 * A datagram that answers an untracked one is a new connection, and may look as that of another packet: the kernel then takes any free port,
 * and for others of that source the same one (`nf_nat_core.c: find_appropriate_src`).
 */
function isClash(connections: Connections, tuples: Set<string>): boolean {
  const keys = [...connections.keys()].filter((key) => !key.startsWith('icmp'));
  const sources = [...connections.values()].map(
    ({ connection: { protocol, original } }) => `from ${protocol} ${original.src} ${original.sport}`,
  );
  const isFound = [...keys, ...sources].some((key) => tuples.has(key));
  for (const key of isFound ? [...keys, ...sources] : keys) tuples.add(key);
  return isFound;
}

/** The number of a packet, which is one of its two ports, from 2000 on. */
const numberOf = (key: string): number =>
  Math.max(
    ...[...key.matchAll(/ (\d+)(?= |$)/g)]
      .map(([, port]) => Number(port))
      .filter((port) => port >= 2000 && port < 2000 + PACKETS),
  );

const familyOfKey = (key: string): Family => (key.includes(':') ? 'inet6' : 'inet');

/** `--random`: the kernel draws source ports. */
const choosesPorts = ({ tables }: Setup, family: Family): boolean => tables?.[family]?.includes('--random') === true;

/** What the router sends to itself is confirmed when it leaves, before it comes in and is dropped; the names of chains tell. */
const isBehindLoopback = ({ element, next }: Pass): boolean =>
  element.in === null && next.type === 'end' && /INPUT|PREROUTING/.test(next.reason);

/** A packet that goes nowhere leaves no connection (`nf_conntrack_core.c: __nf_conntrack_confirm` comes last). */
function confirmed(pass: Pass, sent: Sent, connections: Connections, before: Connections): Arrived | string {
  const arrived = arrivedOf(pass, sent);
  if (arrived === null && !isBehindLoopback(pass))
    for (const key of connections.keys()) if (!before.has(key)) connections.delete(key);
  return arrived;
}

/** A trace says so of broadcasts, which the kernel takes itself; so it is where the kernel chooses a next hop by a hash, or a port. */
const NOT_FOLLOWED = 'not followed';

function arrivedOf({ next, packet, nodes }: Pass, sent: Sent): Arrived | string {
  if (nodes.some(({ type, text }) => type === 'warning' && text.includes('next hops'))) return NOT_FOLLOWED;
  if (next.type === 'end' && next.reason.includes('broadcast address')) return NOT_FOLLOWED;
  if (next.type === 'end') return next.disposition === 'insufficient-info' ? `unknown: ${next.reason}` : null;
  return { dev: next.type === 'out' ? next.ifname : 'own', src: packet.src, dst: packet.dst, ...portsOf(packet, sent) };
}

const portsOf = ({ sport, dport }: Packet, sent: Sent): { sport: number; dport: number } => ({
  sport: sport ?? sent.sport,
  dport: dport ?? sent.dport,
});

/** A source port that the kernel chose at random is not compared. */
function textOf(arrived: Arrived, { protocol }: Sent, isRandom: boolean): string {
  if (arrived === null) return 'gone';
  const { dev, src, dst, sport, dport } = arrived;
  const ports = protocol === 'icmp' || isRandom ? '' : ` ports ${sport} ${dport}`;
  return `${dev} ${src} > ${dst}${ports}`;
}

if (process.argv[1] === import.meta.filename) {
  const [count = 100_000, seed = 1] = process.argv.slice(2).map(Number);
  for (const verdict of [judgeRecordedNat(100, seed), judgeNat(count, seed)]) {
    process.stdout.write(`${verdictText(seed, verdict)}\n`);
    if (verdict.disagreement !== undefined) process.exitCode = 1;
  }
}
