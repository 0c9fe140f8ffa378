/** From what a person says (port names, ids, addresses) to the request that a trace takes. For command line and editor alike. */
import { familyOf } from '../shared/ip.ts';
import { didYouMean } from '../shared/topology/nearest.ts';
import type { Port, Topology } from '../shared/topology/types.ts';
import type { TraceRequest } from '../shared/trace/trace.ts';

/** `from` is a port's name, id (its first 11 characters will do) or `IP@network`; `to` the same, or any address; `via` as in `TraceRequest`. */
export interface SpokenRequest {
  from: string;
  to: string;
  protocol?: string | undefined;
  sport?: number | undefined;
  dport?: number | undefined;
  via?: string | undefined;
  size?: number | undefined;
}

/**
 * The request, or a sentence about what is wrong.
 * @param spoken may be anything: it may come from a keybinding or from a page that was kept
 */
export function traceRequest(topology: Topology, spoken: SpokenRequest): TraceRequest | { problem: string } {
  const problem = wrongIn(spoken);
  if (problem !== undefined) return { problem };
  const from = senderOf(topology, spoken.from);
  if (typeof from === 'object' && 'problem' in from) return from;
  const sender = typeof from === 'string' ? portNamed(topology, from) : undefined;
  const to = addressOf(topology, spoken.to, sender);
  if (to === undefined)
    return { problem: `There is no port "${spoken.to}", and it is no address.${like(topology, spoken.to)}` };
  if (familyOf(to) === undefined) return { problem: `The port "${spoken.to}" has no address.` };
  const { protocol, sport, dport, via, size } = spoken;
  if (via !== undefined && familyOf(via) === undefined) return { problem: `"${via}" is no address.` };
  return {
    from,
    to,
    ...(protocol !== undefined && { protocol }),
    ...(sport !== undefined && { sport }),
    ...(dport !== undefined && { dport }),
    ...(via !== undefined && { via }),
    ...(size !== undefined && { size }),
  };
}

function wrongIn({ from, to, protocol, sport, dport }: Readonly<Partial<Record<keyof SpokenRequest, unknown>>>) {
  if (typeof from !== 'string' || typeof to !== 'string')
    return 'A trace wants two texts, where the packet is from and where it goes to.';
  if (protocol !== undefined && typeof protocol !== 'string')
    return 'The protocol of a packet is a word: icmp, tcp, udp.';
  const isPort = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 0xff_ff;
  return [sport, dport].every((port) => port === undefined || isPort(port))
    ? undefined
    : 'A port of a packet is a number up to 65535.';
}

function senderOf(topology: Topology, text: string): TraceRequest['from'] | { problem: string } {
  const port = portNamed(topology, text);
  if (port) return port.name;
  const place = placeOf(topology, text);
  if (place) return place;
  const problem = `There is no port "${text}" to start from: give a port's name or id, or IP@network.`;
  return { problem: `${problem}${like(topology, text)}` };
}

const like = ({ ports }: Topology, text: string): string =>
  didYouMean(
    text,
    ports.map(({ name }) => name),
  );

/** `10.0.0.5@red`, when there is such a network. */
function placeOf(topology: Topology, text: string): { address: string; segment: string } | undefined {
  const [address, ...network] = text.split('@');
  const segment = network.join('@');
  const isPlace = familyOf(address!) !== undefined && topology.networks.some(({ name }) => name === segment);
  return isPlace ? { address: address!, segment } : undefined;
}

function portNamed({ ports }: Topology, text: string): Port | undefined {
  const named = ports.find((port) => port.name === text);
  if (named || text.length < 11) return named;
  const found = ports.filter(({ id }) => id?.startsWith(text));
  return found.length === 1 ? found[0] : undefined;
}

/** Of a port the first address that its sender can speak to; empty text when it has none at all. */
function addressOf(topology: Topology, text: string, sender: Port | undefined): string | undefined {
  if (familyOf(text) !== undefined) return text;
  const port = portNamed(topology, text);
  if (!port) return placeOf(topology, text)?.address;
  const families = new Set(sender?.fixed_ips.map(({ ip_address }) => familyOf(ip_address)));
  const addresses = port.fixed_ips.map(({ ip_address }) => ip_address);
  return addresses.find((address) => families.has(familyOf(address))) ?? addresses[0] ?? '';
}
