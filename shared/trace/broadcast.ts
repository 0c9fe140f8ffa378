/** What a VM sends to all on its segment, above all its question for an address (DHCP, RFC 2131), and the metadata that DHCP namespaces serve. */
import { contains } from '../ip.ts';
import { endpointTaker } from './arp.ts';
import type { Endpoint, EndpointAddress } from './cloud.ts';
import { type Parcel, announce } from './frame/passage.ts';
import { type Packet, packetOf } from './packet.ts';
import { devicesNear } from './segment.ts';
import { type TraceNode, traceNode } from './tree.ts';
import { missingText } from './unread.ts';
import { type View, namespacesOn } from './view.ts';
import { type Hop, handOver, takerHop } from './wire.ts';

/** RFC 919: nobody routes it on. */
export const LIMITED_BROADCAST = '255.255.255.255';
/** RFC 2131 section 4.1. */
const [DHCP_SERVER, DHCP_CLIENT] = [67, 68];

const isToServer = ({ protocol, dport }: Pick<Packet, 'protocol' | 'dport'>): boolean =>
  protocol === 'udp' && dport === DHCP_SERVER;

/** What a client sends that has no address yet: its source address and port. */
export const discoverFrom = (packet: Packet): Packet =>
  packet.dst === LIMITED_BROADCAST && isToServer(packet) ? { ...packet, src: '0.0.0.0', sport: DHCP_CLIENT } : packet;

/** To all who hear it; what is for DHCP servers, to these. */
export function sendToAll(view: View, endpoint: Endpoint, packet: Packet, parcel: Parcel | undefined): Hop {
  const { segment, node } = endpoint;
  const isDhcp = isToServer(packet);
  const others = (view.endpoints.get(segment) ?? []).filter(
    (each) => each !== endpoint && each.node !== undefined && (!isDhcp || each.servesDhcp === true),
  );
  const who = isDhcp ? `no DHCP port is on ${segment}` : `nobody else is on ${segment}`;
  if (others.length === 0) return { to: { type: 'end', disposition: 'neighbour-unreachable', reason: who }, nodes: [] };
  const nodes: TraceNode[] = [traceNode('detail', `${packet.dst} is for all on ${segment}`)];
  const takers = others.map(endpointTaker);
  if (!parcel || node === undefined) return takerHop(takers[0]!, nodes);
  const heard = announce(view, { segment, family: packet.family, address: packet.src, node, endpoint }, takers, parcel);
  nodes.push(...heard.nodes);
  if (heard.type === 'lost') return { to: { type: 'end', ...heard.end }, nodes };
  if (heard.type === 'unlooked') return takerHop(takers[0]!, nodes);
  return takerHop(heard.to, nodes);
}

/** The server's answer to the address that it gives: to the MAC that asked, since nobody has the address yet (`dnsmasq: dhcp.c`). */
export function offerTo(view: View, server: Endpoint, client: Endpoint, packet: Packet, parcel: Parcel): Hop {
  const { segment, node } = server;
  const asker = {
    segment,
    family: packet.family,
    address: packet.src,
    endpoint: server,
    parcel,
    ...(node === undefined ? {} : { node }),
  };
  const mac = client.mac ?? `mac of ${client.name}`;
  return handOver(view, asker, { takers: [endpointTaker(client)], mac, target: packet.dst }, []);
}

/** The packet of that answer; undefined when the client has no IPv4 address that the server could give. */
export function offerOf(server: Endpoint, client: Endpoint): Packet | undefined {
  const pairs = server.addresses.flatMap((own) =>
    client.addresses.flatMap((other) => (isNear(own, other) ? [[own.local, other.local] as const] : [])),
  );
  const [src, dst] = pairs[0] ?? [];
  if (src === undefined || dst === undefined) return undefined;
  const packet = packetOf({ src, dst, protocol: 'udp', sport: DHCP_SERVER, dport: DHCP_CLIENT });
  return packet && { ...packet, isAnswer: true };
}

const isNear = (a: EndpointAddress, b: EndpointAddress): boolean =>
  !a.local.includes(':') && contains(`${a.local}/${a.prefixlen}`, b.local);

/** `lib: constants.py: METADATA_V4_IP`. */
const METADATA = '169.254.169.254';

/**
 * The DHCP port by which a VM reaches metadata: in a subnet that no router is the gateway of, DHCP tells a route to it
 * (`dhcp.py: Dnsmasq.get_isolated_subnets, _generate_opts_per_subnet`), when the agent serves metadata there at all.
 */
export function metadataServer(view: View, client: Endpoint, dst: string): EndpointAddress | undefined {
  if (dst !== METADATA) return undefined;
  const servers = (view.endpoints.get(client.segment) ?? []).filter((each) => servesMetadata(view, each));
  for (const own of client.addresses) {
    if (own.local.includes(':') || isRouted(view, client.segment, own.gateway)) continue;
    const found = servers.flatMap(({ addresses }) => addresses).find((each) => isNear(each, own));
    if (found) return found;
  }
  return undefined;
}

/** Why nobody can say by which way a VM reaches metadata: the DHCP server, or the router that may be its gateway, is on a node that nobody read. */
export function metadataMissing(view: View, { segment, addresses }: Endpoint, dst: string): string | undefined {
  if (dst !== METADATA || view.unseen.length === 0) return undefined;
  const open = addresses.filter(({ local, gateway }) => !local.includes(':') && !isRouted(view, segment, gateway));
  const servers = (view.endpoints.get(segment) ?? []).filter(
    ({ servesDhcp, node }) => servesDhcp && node !== undefined,
  );
  if (open.length === 0 || servers.length === 0) return undefined;
  if (!servers.some((each) => servesMetadata(view, each)))
    return missingText(view.unseen.filter(({ node }) => servers.some((each) => each.node === node)));
  return open.some(({ gateway }) => gateway !== undefined) ? missingText(view.unseen) : undefined;
}

/** Whether an address is one that the DHCP namespace behind a port has, though the port has not. */
export const isMetadataOf = (view: View, endpoint: Endpoint, dst: string): boolean =>
  dst === METADATA && servesMetadata(view, endpoint);

const servesMetadata = (view: View, { servesDhcp, node, addresses }: Endpoint): boolean =>
  servesDhcp === true &&
  node !== undefined &&
  namespacesOn(view, node).some(({ name, state }) => {
    const own = name.startsWith('qdhcp-') ? (state.addresses ?? []) : [];
    const devices = own.filter(({ local }) => local === METADATA).map(({ ifname }) => ifname);
    return own.some(({ ifname, local }) => devices.includes(ifname) && addresses.some((each) => each.local === local));
  });

const isRouted = (view: View, segment: string, gateway: string | undefined): boolean =>
  gateway !== undefined &&
  devicesNear(view, segment, gateway).some(({ namespace: { state }, ifname }) =>
    (state.addresses ?? []).some((each) => each.ifname === ifname && each.local === gateway),
  );
