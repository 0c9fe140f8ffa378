/** The first packet of a trace: who sends it, from which address. */
import { familyOf } from '../ip.ts';
import type { Taker } from './arp.ts';
import { discoverFrom } from './broadcast.ts';
import type { Endpoint } from './cloud.ts';
import { endpointNamed, sourceOf, takes } from './ends.ts';
import { type Packet, type Protocol, packetOf, protocolOf } from './packet.ts';
import type { TraceRequest } from './trace.ts';
import type { View } from './view.ts';

/** Who sends, and what. */
export interface Start {
  place: Taker;
  packet: Packet;
}

/** From a request; `reason` says why nothing can be sent. */
export function startOf(view: View, request: TraceRequest): Start | { reason: string } {
  const { from, to } = request;
  const protocol = protocolOf(request.protocol ?? 'icmp');
  if (!protocol) return { reason: `the protocol "${request.protocol}" is not one of icmp, tcp, udp` };
  if (!familyOf(to)) return { reason: `"${to}" is not an address` };
  if (typeof from === 'string') {
    const endpoint = endpointNamed(view, from);
    return endpoint
      ? startAt(endpoint, sourceOf(endpoint, to), request, protocol)
      : { reason: `there is no port "${from}"` };
  }
  const { address, segment } = from;
  const endpoint = view.endpoints.get(segment)?.find((e) => e.node !== undefined && takes(e, address));
  if (endpoint) return startAt(endpoint, address, request, protocol);
  if (!view.segments.get(segment)?.external) return { reason: `nobody has the address ${address} on ${segment}` };
  return startFrom({ type: 'outside', segment }, address, request, protocol);
}

const startAt = (
  endpoint: Endpoint,
  src: string | undefined,
  request: TraceRequest,
  protocol: Protocol,
): Start | { reason: string } =>
  src === undefined
    ? { reason: `${endpoint.name} has no address of the family of ${request.to}` }
    : startFrom({ type: 'endpoint', endpoint }, src, request, protocol);

function startFrom(place: Taker, src: string, request: TraceRequest, protocol: Protocol): Start | { reason: string } {
  const { to: dst, sport, dport } = request;
  if (familyOf(src) !== undefined && familyOf(src) !== familyOf(dst))
    return { reason: `${src} and ${dst} are not of one family` };
  const ports = { ...(sport === undefined ? {} : { sport }), ...(dport === undefined ? {} : { dport }) };
  const packet = packetOf({ src, dst, protocol, ...ports });
  if (!packet) return { reason: `"${dst}" is not an address` };
  return { place, packet: { ...discoverFrom(packet), ...(request.size === undefined ? {} : { size: request.size }) } };
}
