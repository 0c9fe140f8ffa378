/** What a namespace does with a packet that is for itself. */
import type { Disposition } from './disposition.ts';
import type { Pass } from './pass.ts';
import type { NamespaceView } from './view.ts';

/** How the packet ends, and what a person should know. */
export interface Taken {
  disposition: Disposition;
  reason: string;
  warning?: string;
}

/** Which TCP ports are open is known on live state only (`ss -Hlntu`); a closed one answers with a reset (`tcp_ipv4.c: tcp_v4_rcv`). */
export function takenBy(namespace: NamespaceView, { packet, element }: Pass): Taken {
  const { protocol, dport, dst } = packet;
  const port = `${protocol} port ${dport ?? '?'}`;
  const reason = element.nat?.includes('REDIRECT')
    ? `it is redirected to ${port} of the namespace itself`
    : `${dst} is an address of the namespace itself`;
  if (protocol === 'icmp') return { disposition: 'delivered', reason };
  const listening = protocol === 'tcp' ? namespace.traffic?.listening : undefined;
  if (listening === undefined || dport === undefined)
    return { disposition: 'delivered', reason, warning: `what listens on ${port} there is not looked at` };
  if (listening.includes(dport)) return { disposition: 'delivered', reason: `${reason}, where something listens` };
  return { disposition: 'dropped', reason: `${reason}, where nothing listens: the connection is refused` };
}
