/** The ends of a way that are no router namespaces: VMs and other ports, and the world outside. */
import { contains, familyOf, parsePrefix } from '../ip.ts';
import { isIn } from './arp.ts';
import { LIMITED_BROADCAST, metadataMissing, metadataServer, sendToAll } from './broadcast.ts';
import type { Endpoint, EndpointAddress } from './cloud.ts';
import type { Fabric } from './frame/fabric.ts';
import type { Parcel } from './frame/passage.ts';
import { bestSource } from './sendingAddress.ts';
import type { Packet } from './packet.ts';
import type { End } from './pass.ts';
import { remembered } from './remembered.ts';
import { tenantSegment } from './segment.ts';
import { traceNode } from './tree.ts';
import type { View } from './view.ts';
import { type Hop, askHop } from './wire.ts';

const endHop = (end: End): Hop => ({ to: { type: 'end', ...end }, nodes: [] });

/** A VM sends: to itself, to its own subnets directly, else by a host route, else to its gateway. */
export function sendFromEndpoint(view: View, endpoint: Endpoint, packet: Packet, parcel?: Parcel): Hop {
  const { node, segment } = endpoint;
  if (packet.dst === LIMITED_BROADCAST) return sendToAll(view, endpoint, packet, parcel);
  if (takes(endpoint, packet.dst)) return { to: { type: 'endpoint', endpoint }, nodes: [] };
  if (node === undefined)
    return endHop({
      disposition: 'insufficient-info',
      reason: `${endpoint.name} is bound to no node: nothing sends from it`,
    });
  const missing = metadataMissing(view, endpoint, packet.dst);
  if (missing !== undefined) return endHop({ disposition: 'insufficient-info', reason: missing, missing });
  const way = wayOf(endpoint, packet, metadataServer(view, endpoint, packet.dst));
  if (!way)
    return endHop({
      disposition: 'no-route',
      reason: `${endpoint.name} has no gateway and no host route for ${packet.dst}`,
    });
  const { family, src: address } = packet;
  const hop = askHop(view, { segment, family, address, node, endpoint, ...(parcel && { parcel }) }, way.nexthop);
  return { to: hop.to, nodes: [traceNode('detail', way.text), ...hop.nodes] };
}

/** Whom a VM asks for when it sends; `undefined` when it has no way. */
export const nexthopFrom = (view: View, endpoint: Endpoint, packet: Packet): string | undefined =>
  wayOf(endpoint, packet, metadataServer(view, endpoint, packet.dst))?.nexthop;

interface Way {
  address: EndpointAddress;
  nexthop: string;
  text: string;
}

/** @param metadata whom DHCP told for metadata */
function wayOf(endpoint: Endpoint, packet: Packet, metadata?: EndpointAddress): Way | undefined {
  const { dst } = packet;
  const addresses = endpoint.addresses.toSorted(
    (a, b) => Number(b.local === packet.src) - Number(a.local === packet.src),
  );
  const onLink = addresses.find((a) => contains(`${a.local}/${a.prefixlen}`, dst));
  if (onLink) return { address: onLink, nexthop: dst, text: `${dst} is in its own subnet` };
  const advertised = endpoint.advertised?.find((prefix) => contains(prefix, dst));
  const [first] = addresses;
  if (advertised !== undefined && first)
    return { address: first, nexthop: dst, text: `${dst} is on the link: a router advertises ${advertised} there` };
  const routes = addresses
    .flatMap((address) => (address.hostRoutes ?? []).map((route) => ({ address, ...route })))
    .filter((route) => contains(route.destination, dst))
    .toSorted((a, b) => (parsePrefix(b.destination)?.length ?? 0) - (parsePrefix(a.destination)?.length ?? 0));
  const route = routes[0];
  if (route)
    return {
      address: route.address,
      nexthop: route.nexthop,
      text: `host route ${route.destination} via ${route.nexthop}`,
    };
  if (metadata && addresses[0])
    return {
      address: addresses[0],
      nexthop: metadata.local,
      text: `DHCP told a route to ${dst} via ${metadata.local}`,
    };
  const family = packet.family === 'inet6';
  const address = addresses.find((a) => a.gateway !== undefined && a.gateway.includes(':') === family);
  return address && { address, nexthop: address.gateway!, text: `default via ${address.gateway!}` };
}

/** The address that a VM sends from when nobody says which. */
export function sourceOf(endpoint: Endpoint, dst: string): string | undefined {
  const isSix = dst.includes(':');
  const own = endpoint.addresses.filter((a) => a.local.includes(':') === isSix);
  const probe = { ...endpoint, addresses: own };
  const packet: Packet = {
    src: '',
    dst,
    protocol: 'icmp',
    family: isSix ? 'inet6' : 'inet',
    isAnswer: false,
    mark: 0,
    ttl: 1,
  };
  if (isSix) return bestSource(own, dst)?.local;
  return (wayOf(probe, packet)?.address ?? own[0])?.local;
}

/** Whether the destination is the port's: a fixed address, or inside an allowed address pair. */
export const takes = (endpoint: Endpoint, dst: string): boolean =>
  endpoint.addresses.some((a) => a.local === dst) || endpoint.extraAddresses.some((text) => contains(text, dst));

/** Somebody outside sends: what is on the external segment is asked for there; for all else it needs a route, of which only the request can tell. */
export function sendFromOutside(view: View, segment: string, packet: Packet, parcel?: Parcel, via?: string): Hop {
  const wire = view.segments.get(segment);
  const isOnLink = isIn(wire, packet.dst);
  if (!isOnLink && (via === undefined || !isIn(wire, via))) {
    const what = via === undefined ? 'no route of the outside leads to it' : `neither is ${via}`;
    return endHop({ disposition: 'no-route', reason: `${packet.dst} is not on ${segment}, and ${what}` });
  }
  const address = isIn(wire, packet.src) ? packet.src : (wire?.gateways[0] ?? packet.src);
  const asker = { segment, family: packet.family, address, ...(parcel && { parcel }) };
  const hop = askHop(view, asker, isOnLink ? packet.dst : via!);
  if (isOnLink) return hop;
  return { to: hop.to, nodes: [traceNode('detail', `the outside has a route via ${via}`), ...hop.nodes] };
}

/** Why nobody outside would answer: the destination is a tenant's, or the source is nothing that the outside has a route to. */
export function noAnswer(view: View, segment: string, packet: Packet, via?: string): string | undefined {
  const tenant = tenantSegment(view, packet.dst);
  if (tenant !== undefined) return `${packet.dst} is an address of ${tenant}: the outside has no route to it`;
  if (via === undefined && familyOf(packet.src) !== undefined && !isIn(view.segments.get(segment), packet.src))
    return `the source ${packet.src} is not on ${segment}: the outside has no route back to it`;
  return undefined;
}

/** An endpoint by name or id; the first when a name is not unique. */
export function endpointNamed({ fabric }: View, name: string): Endpoint | undefined {
  const { byName, byId } = named(fabric);
  return byName.get(name) ?? byId.get(name);
}

interface Named {
  byName: Map<string, Endpoint>;
  byId: Map<string, Endpoint>;
}

const named = remembered(({ cloud }: Fabric): Named => {
  const [byName, byId] = [new Map<string, Endpoint>(), new Map<string, Endpoint>()];
  for (const endpoint of cloud.wiring.endpoints.toReversed()) {
    byName.set(endpoint.name, endpoint);
    if (endpoint.id !== undefined) byId.set(endpoint.id, endpoint);
  }
  return { byName, byId };
});
