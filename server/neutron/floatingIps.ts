/** Floating IPs of the topology: `floatingips.json` with the forwardings of `port-forwardings.json`. */
import { compareAddresses, contains, familyOf } from '../../shared/ip.ts';
import { pointer } from '../../shared/problem.ts';
import { KINDS } from '../../shared/topology/fields.ts';
import { routerOfFloatingIp } from '../../shared/topology/floatingIp.ts';
import { lookUp, type Lookup } from '../../shared/topology/lookup.ts';
import type { FloatingIp, Network, PortForwarding, Topology } from '../../shared/topology/types.ts';
import { address, parts, portRange, text, uuid, whole, type Item } from './answers.ts';
import { given, type Networks } from './networks.ts';

/** What floating IPs are made from. */
export interface FloatingIpSources {
  floatingIps: Item[];
  /** The ports that keep the addresses on the external network; the floating IP has all that they hold. */
  placeholders: Item[];
  /** `port-forwardings.json`, by the id of the floating IP. */
  forwardingsById: Map<string, Item[]>;
  networks: Networks;
  /** The topology so far: everything but its floating IPs. */
  topology: Topology;
  portNameById: Map<string, string>;
  routerNameById: Map<string, string>;
  notes: string[];
}

/** In the order of their addresses. An address that two external networks share has one place only: the second is noted and left out. */
export function importFloatingIps(sources: FloatingIpSources): FloatingIp[] {
  const byAddress = new Map<string, FloatingIp>();
  for (const item of sources.floatingIps) {
    const name = address(item, 'floating_ip_address');
    if (name === undefined) sources.notes.push(`${item.where}: no floating_ip_address, left out`);
    else if (byAddress.has(name)) sources.notes.push(`${item.where}: ${name} for the second time, left out`);
    else byAddress.set(name, floatingIpOf(sources, item, name));
  }
  const ids = new Set(sources.floatingIps.map(({ id }) => id));
  for (const id of sources.forwardingsById.keys())
    if (!ids.has(id)) sources.notes.push(`port-forwardings.json: ${id} is not in floatingips.json, left out`);
  for (const port of sources.placeholders)
    if (!ids.has(text(port, 'device_id') ?? ''))
      sources.notes.push(`${port.where}: its floating IP is not in floatingips.json, left out`);
  const external = sources.topology.networks.filter((network) => network.external);
  const find = lookUp(sources.topology);
  for (const floatingIp of byAddress.values()) complete(floatingIp, external, find);
  return [...byAddress.values()].toSorted(byAddressOrder);
}

/** What the answer left open is completed as the reader of topologies does, so that reading the file changes nothing. */
function complete(floatingIp: FloatingIp, external: Network[], find: Lookup): void {
  const holds = ({ cidr }: { cidr: string }) => contains(cidr, floatingIp.name);
  const network = floatingIp.network ?? external.find(({ subnets }) => subnets.some(holds))?.name;
  if (network !== undefined) floatingIp.network = network;
  const fixedIps = find.port.get(floatingIp.port ?? '')?.fixed_ips ?? [];
  const [first, ...more] = fixedIps.filter(({ ip_address }) => familyOf(ip_address) === 'inet');
  if (first && more.length === 0) floatingIp.fixed_ip_address ??= first.ip_address;
  const router = floatingIp.router ?? routerOfFloatingIp(find, floatingIp)?.name;
  if (router !== undefined) floatingIp.router = router;
}

const byAddressOrder = ({ name: a }: FloatingIp, { name: b }: FloatingIp): number =>
  Number(familyOf(a) === 'inet6') - Number(familyOf(b) === 'inet6') || compareAddresses(a, b);

function floatingIpOf(sources: FloatingIpSources, item: Item, name: string): FloatingIp {
  const { networks, portNameById, routerNameById, forwardingsById } = sources;
  const networkName = (id: string) => networks.networkById.get(id)?.name;
  return {
    name,
    pointer: pointer('floating_ips', name),
    id: item.id,
    floating_ip_address: name,
    ...given('network', reference(item, 'floating_network_id', 'networks.json', networkName)),
    ...given(
      'port',
      reference(item, 'port_id', 'the ports of the topology', (id) => portNameById.get(id)),
    ),
    ...given('fixed_ip_address', address(item, 'fixed_ip_address')),
    ...given(
      'router',
      reference(item, 'router_id', 'routers.json', (id) => routerNameById.get(id)),
    ),
    ...given('status', text(item, 'status')),
    port_forwardings: (forwardingsById.get(item.id) ?? parts(item, 'port_forwardings')).flatMap(forwardingOf),
  };
}

function reference(
  item: Item,
  key: string,
  where: string,
  nameOf: (id: string) => string | undefined,
): string | undefined {
  const id = uuid(item, key);
  const name = id === undefined ? undefined : nameOf(id);
  if (id !== undefined && name === undefined)
    item.notes.push(`${item.where}: ${key} ${id} is not in ${where}, left out`);
  return name;
}

function forwardingOf(item: Item): PortForwarding[] {
  const protocol = text(item, 'protocol');
  const external = portsOf(item, 'external');
  const internal = portsOf(item, 'internal');
  const internal_ip_address = address(item, 'internal_ip_address');
  if (protocol === undefined || !external || !internal || internal_ip_address === undefined) {
    item.notes.push(`${item.where}: incomplete port forwarding, left out`);
    return [];
  }
  const internal_port_id = given('internal_port_id', uuid(item, 'internal_port_id'));
  return [
    { ...given('id', uuid(item, 'id')), protocol, ...external, ...internal, internal_ip_address, ...internal_port_id },
  ];
}

/** One port, or a range; a range of one port, `80:80`, is a port (`lib: api/definitions/fip_pf_port_range.py`). */
function portsOf(item: Item, side: 'external' | 'internal'): Partial<PortForwarding> | undefined {
  const range = portRange(item, `${side}_port_range`);
  const [first, last] = (range ?? '').split(':');
  const port = whole(item, `${side}_port`, KINDS.port_forwarding[`${side}_port`]);
  if (range !== undefined && first !== last) return { [`${side}_port_range`]: range };
  const single = port ?? (range === undefined ? undefined : Number(first));
  return single === undefined ? undefined : { [`${side}_port`]: single };
}
