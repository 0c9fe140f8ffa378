/** `conntrack -L` and `ss -Hlntu`: what goes on in a namespace, as far as faults are told by it. */
import type { Section } from './snapshot.ts';
import type { ConnectionTuple, NodeState, TrackedConnection, Traffic } from './state.ts';

/** @param failureOf why a section cannot be used */
export function readTraffic(
  sections: readonly Section[],
  state: NodeState,
  failureOf: (section: Section) => string | undefined,
): void {
  const traffic: Record<string, Traffic> = Object.create(null);
  for (const section of sections) {
    const { namespace, command, stdout } = section;
    const isConntrack = /^conntrack -L\b/.test(command) && !/-f ipv6|--family ipv6/.test(command);
    const isListening = /^ss -H?l/.test(command);
    if ((!isConntrack && !isListening) || failureOf(section) !== undefined) continue;
    const known = (traffic[namespace] ??= {});
    if (isConntrack) {
      known.translations = translationsOf(stdout);
      Object.assign(known, connectionsOf(stdout));
    } else known.listening = listeningOf(stdout);
  }
  if (Object.keys(traffic).length > 0) state.traffic = traffic;
}

/** Of the two directions of a connection each prints `src=A dst=B`; where the answer comes from another address, it was translated. */
export function translationsOf(text: string): NonNullable<Traffic['translations']> {
  const counts = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [dst, to] = [...line.matchAll(/\bsrc=(\S+) dst=(\S+)/g)].map((match, i) => match[i === 0 ? 2 : 1]);
    if (dst === undefined || to === undefined || dst === to) continue;
    counts.set(`${dst} ${to}`, (counts.get(`${dst} ${to}`) ?? 0) + 1);
  }
  return [...counts].map(([pair, count]) => ({ dst: pair.split(' ')[0]!, to: pair.split(' ')[1]!, count }));
}

/** A busy SNAT namespace holds hundreds of thousands; one by one they matter only to a trace that names the ports of an old connection. */
export const MOST_CONNECTIONS = 20_000;

const TUPLE = /\bsrc=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)/g;

/** Connections of TCP and UDP; of other protocols conntrack prints no ports. */
export function connectionsOf(text: string): Pick<Traffic, 'connections' | 'connectionsLeftOut'> {
  const connections: TrackedConnection[] = [];
  let leftOut = 0;
  for (const line of text.split('\n')) {
    const protocol = /^(?:ipv4\s+2\s+)?(tcp|udp)\s/.exec(line)?.[1];
    if (protocol !== 'tcp' && protocol !== 'udp') continue;
    if (connections.length >= MOST_CONNECTIONS) {
      leftOut++;
      continue;
    }
    const [original, reply] = [...line.matchAll(TUPLE)].map(tupleOf);
    if (!original || !reply) continue;
    const mark = Number(/\bmark=(\d+)/.exec(line)?.[1] ?? 0);
    const isUnreplied = line.includes('[UNREPLIED]');
    connections.push({ protocol, original, reply, mark, ...(isUnreplied ? { isUnreplied } : {}) });
  }
  return { connections, ...(leftOut > 0 ? { connectionsLeftOut: leftOut } : {}) };
}

const tupleOf = ([, src = '', dst = '', sport, dport]: RegExpExecArray): ConnectionTuple => ({
  src,
  dst,
  sport: Number(sport),
  dport: Number(dport),
});

/** Fourth column behind the state: `*:9697`, `[::]:9697`. */
export function listeningOf(text: string): number[] {
  const ports = text.split('\n').flatMap((line) => {
    const words = line.trim().split(/\s+/);
    const port = words[0] === 'tcp' && words[1] === 'LISTEN' ? /:(\d+)$/.exec(words[4] ?? '')?.[1] : undefined;
    return port === undefined ? [] : [Number(port)];
  });
  return [...new Set(ports)];
}
