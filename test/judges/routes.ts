/**
 * Judge of the routing decision: random rules and routes in a real namespace, and for random packets what the kernel answers to `ip route get`.
 * Run alone it takes a count and a seed: `node test/judges/routes.ts 100000 1`.
 */
import { routes as routesAspect } from '../../shared/aspects/routes.ts';
import { rules as rulesAspect } from '../../shared/aspects/rules.ts';
import { canonical } from '../../shared/ip.ts';
import type { Family, NamespaceState, Nexthop } from '../../shared/state.ts';
import { lookup } from '../../shared/trace/fib.ts';
import type { Packet, Protocol } from '../../shared/trace/packet.ts';
import { type Pass, receive, send } from '../../shared/trace/pass.ts';
import { badSource, isLoopbackSource } from '../../shared/trace/source.ts';
import { fibView } from '../../shared/trace/view.ts';
import { type Answer, makeNamespace } from './namespace.ts';
import { type Random, randomOf } from './random.ts';
import { everyNth, recordedSetups } from './recordedSetup.ts';
import { randomSetup } from './routesState.ts';
import { type Setup, loadSetup, viewOfState } from './setup.ts';

/** A packet to ask for. */
export interface Query {
  family: Family;
  src: string;
  dst: string;
  /** Absent: the namespace sends it itself. */
  iif?: string;
  /** Of a link-local destination. */
  oif?: string;
  mark: number;
  protocol: Protocol;
  sport?: number;
  dport?: number;
}

/** What was asked, and how often each kind of answer came. */
export interface Verdict {
  count: number;
  states: number;
  kinds: Record<string, number>;
  /** The first one that differs. */
  disagreement?: string;
}

/** Fewer packets for each state when there are few: most mistakes show in some states only. */
const perState = (count: number): number => Math.min(200, Math.max(25, count / 500));

/** Asks `count` times, over as many random states as that takes. */
export function judgeRoutes(count: number, seed: number): Verdict {
  const verdict: Verdict = { count: 0, states: 0, kinds: {} };
  for (; verdict.count < count && verdict.disagreement === undefined; verdict.states++) {
    const random = randomOf(seed + verdict.states);
    judgeSetup(
      randomSetup(random, seed + verdict.states),
      random,
      verdict,
      Math.min(perState(count), count - verdict.count),
    );
  }
  return verdict;
}

/** Asks `each` times in every namespace of the recordings, or every n-th. */
export function judgeRecordedRoutes(each: number, seed: number, nth = 1): Verdict {
  const verdict: Verdict = { count: 0, states: 0, kinds: {} };
  for (const setup of everyNth(recordedSetups(), nth, seed)) {
    if (verdict.disagreement === undefined) judgeSetup(setup, randomOf(seed + verdict.states++), verdict, each);
  }
  return verdict;
}

function judgeSetup(setup: Setup, random: Random, verdict: Verdict, count: number): void {
  const namespace = makeNamespace();
  try {
    const { tables: _, ...untranslated } = setup;
    const state = loadSetup(namespace, untranslated);
    const queries = Array.from({ length: count }, () => randomQuery(random, setup, state));
    for (const family of ['inet', 'inet6'] as const) {
      const own = queries.filter((query) => query.family === family);
      const answers = namespace.batch(own.map(queryText), [family === 'inet' ? '-4' : '-6', '-o']);
      for (const [index, query] of own.entries()) judgeOne(setup, state, query, answers[index]!, verdict);
    }
  } finally {
    namespace.remove();
  }
}

function judgeOne(setup: Setup, state: NamespaceState, query: Query, answer: Answer, verdict: Verdict): void {
  const kernel = kernelSays(answer, query);
  const ours = weSay(state, query);
  const kind = kernel.split(' ')[0]!;
  verdict.kinds[kind] = (verdict.kinds[kind] ?? 0) + 1;
  verdict.count++;
  if (ours.includes(kernel)) return;
  verdict.disagreement ??= [
    `${setup.name}: ${queryText(query)}`,
    `kernel: ${kernel} (${JSON.stringify(answer)})`,
    `trace:  ${ours.join(' or ')}`,
    stateText(state, query.family),
  ].join('\n');
}

function randomQuery(random: Random, { pool, devices }: Setup, state: NamespaceState): Query {
  const family = random.pick(['inet', 'inet6'] as const);
  // `ip route get` takes a link-local source from a wire, which forwarding refuses.
  const own = state.addresses!.filter(({ family: its, local }) => its === family && !local.startsWith('fe80'));
  const address = (): string =>
    random.oneIn(8) && own.length > 0 ? random.pick(own).local : random.pick(pool[family]);
  if (devices.length === 0 || (random.oneIn(5) && own.length > 0))
    return { family, src: random.pick(own).local, ...randomDestination(random, family === 'inet6' && random.oneIn(4) ? 'fe80::5' : address(), devices), mark: 0, ...randomPayload(random) }; // prettier-ignore
  let src = address();
  while (/^(fe80|ff)/.test(src)) src = address();
  return {
    family,
    src,
    dst: address(),
    iif: random.pick(devices),
    mark: random.pick([0, 0, 1, 2, 3, 0x10001, 0x20000]),
    ...randomPayload(random),
  };
}

const randomDestination = (random: Random, dst: string, devices: readonly string[]): Pick<Query, 'dst' | 'oif'> =>
  dst.startsWith('fe80') && random.oneIn(2) ? { dst, oif: random.pick(devices) } : { dst };

function randomPayload(random: Random): Pick<Query, 'protocol' | 'sport' | 'dport'> {
  const protocol = random.pick(['icmp', 'tcp', 'udp'] as const);
  const port = (): number => random.pick([53, 80, 443, 999, 1000, 1500, 2000, 2001]);
  return protocol === 'icmp' ? { protocol } : { protocol, sport: port(), dport: port() };
}

const queryText = ({ family, src, dst, iif, oif, mark, protocol, sport, dport }: Query): string =>
  [
    `route get ${dst} from ${src}`,
    ...(iif === undefined ? [] : [`iif ${iif}`]),
    ...(oif === undefined ? [] : [`oif ${oif}`]),
    ...(mark === 0 ? [] : [`mark ${mark}`]),
    `ipproto ${protocol === 'icmp' && family === 'inet6' ? 'ipv6-icmp' : protocol}`,
    ...(sport === undefined ? [] : [`sport ${sport} dport ${dport}`]),
  ].join(' ');

const ERRORS: readonly [text: RegExp, kind: string][] = [
  [/Network is unreachable|No route to host|Permission denied/, 'no-route'],
  [/Invalid argument|Invalid cross-device link/, 'refused'],
  // What `ip6mr_get_route` says of a multicast packet that came in.
  [/Message too long/, 'refused'],
];

/** `out DEV via GATEWAY table TABLE`, `local`, `no-route`, `refused`. */
function kernelSays(answer: Answer, { family, dst }: Query): string {
  if ('error' in answer) return ERRORS.find(([text]) => text.test(answer.error))?.[1] ?? answer.error;
  const { out } = answer;
  const word = (name: string): string | undefined => new RegExp(`\\b${name} (?:inet6 )?(\\S+)`).exec(out)?.[1];
  if (/^(local|anycast) /.test(out)) return 'local';
  if (/^(broadcast|multicast) /.test(out)) return 'refused';
  const table = family === 'inet' ? ` table ${word('table') ?? 'main'}` : '';
  const via = word('via');
  return `out ${word('dev')}${via === undefined || canonical(via) === canonical(dst) ? '' : ` via ${via}`}${table}`;
}

/** What the trace permits; of several next hops each. */
function weSay(state: NamespaceState, query: Query): string[] {
  const { iif, oif, mark, ...header } = query;
  const { family } = header;
  const spec = `-j MARK --set-xmark 0x${mark.toString(16)}/0xffffffff`;
  const iptables = mark === 0 ? [] : [{ family, table: 'mangle', chain: 'PREROUTING', spec }];
  const view = viewOfState({ ...state, iptables });
  const packet: Packet = { ...header, mark: 0, isAnswer: false, ttl: 64 };
  const pass = iif === undefined ? send(view, packet, new Map(), oif) : receive(view, iif, packet, new Map());
  const say = endText(pass);
  const fib = fibView(view, family);
  const result = 'value' in fib ? lookup(fib.value, { ...query, iif: iif ?? 'lo' }) : undefined;
  // Which of several next hops the kernel took, it decided by a hash; the way back to the source may depend on it.
  if (
    result?.type === 'route' &&
    result.choice.length > 1 &&
    (say === undefined || /rp_filter|martian source|a loopback address is not sent/.test(reasonOf(pass)))
  )
    return result.choice.map((hop) =>
      (
        iif === undefined
          ? isLoopbackSource(view, packet, hop.dev!)
          : badSource(view, { ...packet, mark }, iif, hop.dev) !== undefined
      )
        ? 'refused'
        : wayText(query, pass, hop),
    );
  return [say ?? wayText(query, pass, hopOf(pass))];
}

const reasonOf = ({ next }: Pass): string => (next.type === 'end' ? next.reason : '');

function endText({ next }: Pass): string | undefined {
  if (next.type === 'out') return undefined;
  if (next.type === 'taken') return 'local';
  // The kernel answers with the same error as where there is no route.
  if (next.disposition === 'no-route' || next.reason.endsWith('nothing is forwarded')) return 'no-route';
  return next.disposition === 'insufficient-info' ? `unknown: ${next.reason}` : 'refused';
}

const hopOf = ({ next }: Pass): Nexthop => (next.type === 'out' ? { dev: next.ifname, gateway: next.nexthop } : {});

/** A gateway that is the destination itself is the same way as none. */
function wayText({ family, dst }: Query, { element }: Pass, { dev, gateway }: Nexthop): string {
  const table = family === 'inet' ? ` table ${/lookup (\S+)/.exec(element.rule ?? '')?.[1] ?? '?'}` : '';
  return `out ${dev}${gateway === undefined || canonical(gateway) === canonical(dst) ? '' : ` via ${gateway}`}${table}`;
}

const stateText = (state: NamespaceState, family: Family): string =>
  [
    ...state.rules!.filter((rule) => rule.family === family).map((rule) => rulesAspect.explain(rule)),
    ...state.routes!.filter((route) => route.family === family).map((route) => routesAspect.explain(route)),
    ...state.sysctls!.map(({ key, value }) => `${key}=${value}`),
  ].join('\n');

/** What a judge found, on one line, and the disagreement below it. */
export const verdictText = (seed: number, { kinds, count, states, disagreement }: Verdict): string =>
  [
    `seed ${seed}: ${count} packets, ${states} states, ${JSON.stringify(kinds)}`,
    ...(disagreement === undefined ? [] : [disagreement]),
  ].join('\n');

if (process.argv[1] === import.meta.filename) {
  const [count = 100_000, seed = 1] = process.argv.slice(2).map(Number);
  for (const verdict of [judgeRecordedRoutes(100, seed), judgeRoutes(count, seed)]) {
    process.stdout.write(`${verdictText(seed, verdict)}\n`);
    if (verdict.disagreement !== undefined) process.exitCode = 1;
  }
}
