/** Addresses of allowed address pairs that can be promised: somebody who claims one gets what is sent to it. */
import { contains, parsePrefix } from '../ip.ts';
import { subnetOf } from '../topology/relations.ts';
import type { Port, Subnet } from '../topology/types.ts';
import type { Endpoint } from '../trace/cloud.ts';
import { type End, type Facts, whyNoPort } from './facts.ts';
import { type Tally, leaveOut } from './tally.ts';

/** An address that is claimed, and by whom. */
export interface Claimed {
  end: End & { claimants: readonly Port[] };
  endpoint: Endpoint;
}

interface Claim {
  port: Port;
  endpoint: Endpoint;
  address: string;
  subnet: Subnet;
}

/** Each address once, with all ports that claim it: only one of them can have it up, and which one nobody but the ports knows. */
export function claimedAddresses(facts: Facts, endpoints: readonly Endpoint[], tally: Tally): Claimed[] {
  const claims = new Map<string, Claim[]>();
  const bound = boundAddresses(facts, endpoints);
  for (const endpoint of endpoints) {
    const port = facts.relations.port.get(endpoint.name);
    if (!port || whyNoPort(facts, port) !== undefined) continue;
    for (const pair of port.allowed_address_pairs) {
      const claim = claimOf(facts, bound, { port, endpoint }, pair);
      if ('reason' in claim) leaveOut(tally, `allowed address pairs ${claim.reason}`, 1, () => port.name);
      else {
        const key = sphereKey(facts, port, claim.address);
        claims.set(key, [...(claims.get(key) ?? []), claim]);
      }
    }
  }
  return [...claims.values()].flatMap((all) => claimedBy(all, tally));
}

const sphereKey = ({ spheres }: Facts, { network }: Port, address: string): string =>
  `${spheres.get(network)} ${address}`;

/** Addresses that are somebody's own: of bound ports and of routers. */
function boundAddresses(facts: Facts, endpoints: readonly Endpoint[]): Set<string> {
  const { topology, relations, spheres } = facts;
  const found = new Set<string>();
  for (const { name, node, addresses } of endpoints) {
    const port = relations.port.get(name);
    if (port && node !== undefined) for (const { local } of addresses) found.add(sphereKey(facts, port, local));
  }
  for (const { interfaces } of topology.routers)
    for (const { subnet: name, ip_address: own, snat } of interfaces) {
      const subnet = relations.subnet.get(name);
      for (const address of [own ?? subnet?.gateway_ip, snat?.ip_address])
        if (subnet && address) found.add(`${spheres.get(subnet.network)} ${address}`);
    }
  return found;
}

function claimOf(
  facts: Facts,
  bound: ReadonlySet<string>,
  { port, endpoint }: Pick<Claim, 'port' | 'endpoint'>,
  { ip_address: text, mac_address: mac }: Port['allowed_address_pairs'][number],
): Claim | { reason: string } {
  const prefix = parsePrefix(text);
  const address = text.split('/')[0]!;
  const bits = address.includes(':') ? 128 : 32;
  if (text.includes('/') && prefix?.length !== bits)
    return { reason: 'of whole prefixes: which of the addresses are up is not known' };
  if (mac !== undefined && mac !== port.mac_address)
    return { reason: 'with a MAC that is not that of the port: whether it is up is not known' };
  const subnet =
    facts.relations.network.get(port.network)?.subnets.find(({ cidr }) => contains(cidr, address)) ??
    routedTo(facts, port, address);
  if (!subnet) return { reason: 'outside of the subnets of the network' };
  if (bound.has(sphereKey(facts, port, address))) return { reason: 'with an address that somebody else has' };
  return { port, endpoint, address, subnet };
}

/** The subnet of the port by which its router sends to the address: all extra routes to it, and to nothing nearer, lead to the port. */
function routedTo({ gateways, relations }: Facts, port: Port, address: string): Subnet | undefined {
  for (const fixed of port.fixed_ips) {
    const subnet = subnetOf(relations, port.network, fixed);
    const routes = gateways.get(subnet?.name ?? '')?.routes.filter((r) => contains(r.destination, address)) ?? [];
    const longest = Math.max(...routes.map(({ destination }) => parsePrefix(destination)?.length ?? 0));
    const nearest = routes.filter(({ destination }) => (parsePrefix(destination)?.length ?? 0) === longest);
    if (subnet && nearest.length > 0 && nearest.every(({ nexthop }) => nexthop === fixed.ip_address)) return subnet;
  }
  return undefined;
}

function claimedBy(claims: readonly Claim[], tally: Tally): Claimed[] {
  const [first] = claims;
  if (!first) return [];
  const { port, endpoint, address, subnet } = first;
  if (claims.some((each) => each.subnet !== subnet)) {
    leaveOut(tally, 'allowed address pairs with an address that somebody else has', claims.length, () => port.name);
    return [];
  }
  const claimants = [...new Set(claims.map((each) => each.port))];
  return [{ end: { port, address, subnet, claimants }, endpoint }];
}
