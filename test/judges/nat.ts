/**
 * Judge of netfilter: real packets through a namespace that holds recorded or random tables, there, back and once more.
 * Run alone it takes a count and a seed: `node test/judges/nat.ts 100000 1`.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Connections } from '../../shared/trace/conntrack.ts';
import { type Packet, answerTo, packetOf } from '../../shared/trace/packet.ts';
import { type Pass, receive, send } from '../../shared/trace/pass.ts';
import type { NamespaceView } from '../../shared/trace/view.ts';
import { type TestNamespace, makeNamespace } from './namespace.ts';
import { type Memory, kernelMemory, otherMemory, traceMemory } from './natConntrack.ts';
import { FLOATING, INSIDE, OUTSIDE, OWN, PORTS, randomTables } from './natState.ts';
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
const SYSCTLS = [
  { key: 'net.ipv4.ip_forward', value: '1' },
  { key: 'net.ipv4.conf.all.rp_filter', value: '0' },
  { key: 'net.ipv4.conf.default.rp_filter', value: '0' },
  // A redirect is a packet of the connection that it is about, and would change its mark; the kernel sends a few only.
  ...['all', ...DEVICES].map((dev) => ({ key: `net.ipv4.conf.${dev}.send_redirects`, value: '0' })),
];

/** The answers are the judge's own, and nothing is forgotten before it is looked at. */
const FOR_JUDGING = [
  'net.ipv4.icmp_echo_ignore_all=1',
  ...['tcp_timeout_close', 'tcp_timeout_syn_recv', 'udp_timeout', 'icmp_timeout'].map(
    (name) => `net.netfilter.nf_conntrack_${name}=600`,
  ),
];

/** Sends `count` packets, through as many random states as that takes. */
export function judgeNat(count: number, seed: number): Verdict {
  const verdict: Verdict = { count: 0, states: 0, kinds: {} };
  for (; verdict.count < count && verdict.disagreement === undefined; verdict.states++) {
    const random = randomOf(seed + verdict.states);
    const setup = natSetup(random, seed + verdict.states);
    judgeSetup(setup, randomPackets(random, Math.min(PACKETS, count - verdict.count)), verdict);
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
    addresses: DEVICES.map((dev, i) => `addr add 10.${i}.0.1/24 dev ${dev}`),
    inet: [
      'route add default via 10.2.0.254 dev rfp-c',
      'route add 192.168.1.23 via 10.1.0.254 dev qr-b',
      'route add default via 10.1.0.254 dev qr-b table 16',
      'rule add from 10.0.0.9 lookup 16 pref 40000',
      'rule add fwmark 0x2/0xffff lookup 16 pref 100',
    ],
    inet6: [],
    sysctls: SYSCTLS,
    pool: { inet: [...INSIDE, ...FLOATING, ...OUTSIDE, ...OWN, '10.1.0.254', '10.2.0.254'], inet6: [] },
    tables: randomTables(random),
  };
}

/** Each packet is a connection of its own: nothing that went before may matter. */
function randomPackets(random: Random, count: number): Sent[] {
  return Array.from({ length: count }, (_, i): Sent => {
    const dev = random.pick(DEVICES);
    const src = random.pick(dev === 'rfp-c' ? [...OUTSIDE, ...FLOATING] : INSIDE);
    const dst = random.pick([...INSIDE, ...FLOATING, ...OUTSIDE, ...OWN].filter((address) => address !== src));
    return { dev, src, dst, ...randomPorts(random, i) };
  });
}

function recordedPackets({ devices, pool }: Setup, random: Random, count: number): Sent[] {
  return Array.from({ length: count }, (_, i): Sent => {
    const dst = random.pick(pool.inet);
    return {
      dev: random.pick(devices),
      src: random.pick(pool.inet.filter((text) => text !== dst)),
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
    const view = viewOfState(loadSetup(router, setup, ends));
    router.run(['sysctl', '-q', '-w', ...FOR_JUDGING]);
    router.batch(
      setup.devices.flatMap((dev, i) =>
        setup.pool.inet.map((address) => `neigh add ${address} lladdr ${macOf('end', i)} dev ${dev} nud permanent`),
      ),
    );
    const memory: Memory = new Map();
    const unfollowed = new Set<number>();
    const tuples = new Set<string>();
    const isRandom = setup.tables?.includes('--random') === true;
    for (const [index, arrived] of sendAll(router, ends, setup, packets, wait).entries()) {
      const sent = packets[index]!;
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
          setup.tables,
        ].join('\n');
      // A reset as the only answer ends a connection at once (nf_conntrack_proto_tcp.c: nf_conntrack_tcp_packet).
      const isReset = arrived[0]?.dev === 'own' && sent.protocol === 'tcp';
      if (isReset || traced.includes(NOT_FOLLOWED)) unfollowed.add(sent.sport);
      else traceMemory(connections, sent.sport, isRandom, memory);
    }
    const listed = kernelMemory(router, isRandom);
    if (!listed || !NEEDS_CONNTRACK.test(setup.tables ?? '')) return undefined;
    const remembered = [...listed].filter(([key]) => !unfollowed.has(numberOf(key)));
    const other = otherMemory(new Map(remembered), memory);
    return other === undefined ? undefined : [`${setup.name}: conntrack: ${other}`, setup.tables].join('\n');
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
  const back = end.dev === 'own' ? send(view, answer, connections) : receive(view, end.dev, answer, connections);
  const answered = confirmed(back, sent, connections, before);
  // The kernel has answered with a reset, and that connection is over.
  if (end.dev === 'own' && sent.protocol === 'tcp') return [end, answered];
  return [end, answered, arrivedOf(receive(view, sent.dev, packet, connections), sent)];
}

/** A datagram that answers an untracked one is a new connection, and may look as that of another packet: the kernel then takes any free port. */
function isClash(connections: Connections, tuples: Set<string>): boolean {
  const keys = [...connections.keys()].filter((key) => !key.startsWith('icmp'));
  const found = keys.some((key) => tuples.has(key));
  for (const key of keys) tuples.add(key);
  return found;
}

/** The number of a packet, which is one of its two ports, from 2000 on. */
const numberOf = (key: string): number =>
  Math.max(
    ...[...key.matchAll(/:(\d+)/g)]
      .map(([, port]) => Number(port))
      .filter((port) => port >= 2000 && port < 2000 + PACKETS),
  );

/** A packet that goes nowhere leaves no connection (`nf_conntrack_core.c: __nf_conntrack_confirm` comes last). */
function confirmed(pass: Pass, sent: Sent, connections: Connections, before: Connections): Arrived | string {
  const arrived = arrivedOf(pass, sent);
  if (arrived === null) for (const key of connections.keys()) if (!before.has(key)) connections.delete(key);
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
