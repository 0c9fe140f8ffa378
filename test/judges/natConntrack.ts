/** What conntrack remembers of the packets that were sent, in the kernel and in a trace. */
import { existsSync } from 'node:fs';
import { canonical } from '../../shared/ip.ts';
import type { Connections } from '../../shared/trace/conntrack.ts';
import type { Family } from '../../shared/state.ts';
import type { TestNamespace } from './namespace.ts';

/** The original packet of a connection → the answer that is waited for, and the mark. */
export type Memory = Map<string, string>;

/** From the kernel's own list, which is there with or without the tool `conntrack`, but not in every kernel (`CONFIG_NF_CONNTRACK_PROCFS`). */
export function kernelMemory(router: TestNamespace, choosesPorts: (family: Family) => boolean): Memory | undefined {
  if (!existsSync('/proc/net/nf_conntrack')) return undefined;
  const memory: Memory = new Map();
  for (const line of router.run(['cat', '/proc/net/nf_conntrack']).split('\n')) {
    const protocol = /\b(tcp|udp|icmp)(?:v6)?\b/.exec(line)?.[1];
    const found = [...line.matchAll(/src=(\S+) dst=(\S+) (?:sport=(\d+) dport=(\d+)|type=\d+ code=\d+ id=(\d+))/g)];
    if (protocol === undefined || found.length !== 2) continue;
    const [original, answer] = found.map(([, src, dst, sport, dport, id]) => ({
      src: canonical(src!),
      dst: canonical(dst!),
      sport: sport ?? id,
      dport: dport ?? id,
    }));
    const isRandom = choosesPorts(line.startsWith('ipv6') ? 'inet6' : 'inet');
    const ports = isRandom || protocol === 'icmp' ? '' : ` ports ${answer!.sport} ${answer!.dport}`;
    memory.set(
      `${protocol} ${original!.src} ${original!.sport} > ${original!.dst} ${original!.dport}`,
      `answered ${answer!.src} > ${answer!.dst}${ports} mark ${/\bmark=(\d+)/.exec(line)?.[1] ?? 0}`,
    );
  }
  return memory;
}

/** Of the connections of one packet. @param id stands for the ports of ICMP */
export function traceMemory(connections: Connections, id: number, isRandom: boolean, memory: Memory): void {
  for (const { connection, direction } of connections.values()) {
    if (direction !== 'original') continue;
    const { protocol, original, translated, mark } = connection;
    const isPort = protocol !== 'icmp';
    const ports = isRandom || !isPort ? '' : ` ports ${translated.dport} ${translated.sport}`;
    memory.set(
      `${protocol} ${original.src} ${isPort ? original.sport : id} > ${original.dst} ${isPort ? original.dport : id}`,
      `answered ${translated.dst} > ${translated.src}${ports} mark ${mark}`,
    );
  }
}

/** The first connection that one side has and the other has not, or has otherwise. */
export function otherMemory(kernel: Memory, ours: Memory): string | undefined {
  for (const key of new Set([...kernel.keys(), ...ours.keys()])) {
    if (kernel.get(key) !== ours.get(key))
      return `${key}\nkernel: ${kernel.get(key) ?? 'no entry'}\ntrace:  ${ours.get(key) ?? 'no connection'}`;
  }
  return undefined;
}
