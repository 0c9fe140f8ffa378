/**
 * Routers of the topology: `routers.json`, with the ports that Neutron made for them (interfaces, gateway, centralised SNAT) in their places.
 * A port that finds no place in a router is left for the ports of the topology, so that nothing is lost.
 */
import { DEVICE_OWNER, ROUTER_INTERFACE_OWNERS } from '../../shared/neutron.ts';
import { pointer } from '../../shared/problem.ts';
import { KINDS } from '../../shared/topology/fields.ts';
import type { Network, Router, RouterAgent, RouterGateway, RouterInterface } from '../../shared/topology/types.ts';
import { byText, flag, has, mac, part, parts, text, uuid, word, type Item } from './answers.ts';
import { extensionsOf, type ExtensionSources } from './extensions.ts';
import { dashed, namingAddress, shortId, uniqueNames } from './names.ts';
import { fixedIpOf, given, routesOf, type Networks } from './networks.ts';

/** What routers are made from. */
export interface RouterSources extends ExtensionSources {
  routers: Item[];
  /** The ports that name a router as their `device_id`. */
  portsByRouter: Map<string, Item[]>;
  /** `router-l3-agents.json`; a router that is not in it: not known. */
  agentsByRouter: Map<string, Item[]>;
  networks: Networks;
  hostOf: (port: Item) => string | undefined;
  notes: string[];
}

export interface Routers {
  routers: Router[];
  nameById: Map<string, string>;
  /** Ids of the ports that are now part of a router. */
  usedPorts: Set<string>;
}

export function importRouters(sources: RouterSources): Routers {
  const nameById = uniqueNames(
    sources.routers.map((item) => ({ id: item.id, own: text(item, 'name'), derived: routerName(item) })),
  );
  const usedPorts = new Set<string>();
  const routers = sources.routers.map((item) => routerOf(sources, item, nameById.get(item.id)!, usedPorts));
  for (const id of sources.agentsByRouter.keys())
    if (!nameById.has(id)) sources.notes.push(`router-l3-agents.json: ${id} is not in routers.json, left out`);
  return { routers: routers.toSorted((a, b) => byText(a.name, b.name)), nameById, usedPorts };
}

function routerName(item: Item): string {
  const own = text(item, 'name');
  if (own !== undefined) return `${own}-${shortId(item.id)}`;
  const info = part(item, 'external_gateway_info');
  const ips = info ? parts(info, 'external_fixed_ips').flatMap((ip) => text(ip, 'ip_address') ?? []) : [];
  const ip = namingAddress(ips);
  return `router-${ip === undefined ? shortId(item.id) : dashed(ip)}`;
}

function routerOf(sources: RouterSources, item: Item, name: string, usedPorts: Set<string>): Router {
  const ports = sources.portsByRouter.get(item.id) ?? [];
  const ofOwner = (...owners: string[]) => ports.filter((port) => owners.includes(text(port, 'device_owner') ?? ''));
  const external_gateway = gatewayOf(sources, item, ofOwner(DEVICE_OWNER.gateway), pointer('routers', name), usedPorts);
  const interfaces = interfacesOf(sources, ofOwner(...ROUTER_INTERFACE_OWNERS), pointer('routers', name), usedPorts);
  addSnatPorts(sources, interfaces, ofOwner(DEVICE_OWNER.snat), usedPorts);
  const agents = sources.agentsByRouter.get(item.id)?.flatMap(routerAgentOf);
  return {
    name,
    pointer: pointer('routers', name),
    id: item.id,
    distributed: flag(item, 'distributed') ?? isDistributed(item, ofOwner),
    ha: flag(item, 'ha') ?? ofOwner(DEVICE_OWNER.ha, HA_REPLICATED).length > 0,
    admin_state_up: flag(item, 'admin_state_up') ?? true,
    ...given('external_gateway', external_gateway),
    interfaces,
    routes: routesOf(item, 'routes'),
    ...given(
      'l3_agents',
      agents?.toSorted((a, b) => byText(a.node, b.node)),
    ),
    ...extensionsOf(sources, item),
  };
}

/** `lib: constants.py: DEVICE_OWNER_HA_REPLICATED_INT`, `DEVICE_OWNER_ROUTER_INTF`. */
const HA_REPLICATED = 'network:ha_router_replicated_interface';
const ROUTER_INTERFACE = 'network:router_interface';

/** Only administrators see `distributed` (`conf/policies/router.py: get_router:distributed`); the owners of its ports tell as well. */
function isDistributed(item: Item, ofOwner: (...owners: string[]) => Item[]): boolean {
  if (ofOwner(DEVICE_OWNER.interface, DEVICE_OWNER.snat).length > 0) return true;
  if (ofOwner(ROUTER_INTERFACE, HA_REPLICATED).length > 0) return false;
  item.notes.push(`${item.where}: nothing says whether router ${item.id} is distributed, taken as distributed`);
  return true;
}

function routerAgentOf(agent: Item): RouterAgent[] {
  const node = text(agent, 'host');
  return node === undefined ? [] : [{ node, ...given('ha_state', word(agent, 'ha_state', KINDS.l3_agent.ha_state)) }];
}

/**
 * From `external_gateway_info`; what a user who is no administrator is not shown there, from the gateway port. A gateway port of a
 * router that says it has no gateway is no part of it.
 */
function gatewayOf(
  sources: RouterSources,
  router: Item,
  ports: Item[],
  parent: string,
  usedPorts: Set<string>,
): RouterGateway | undefined {
  const info = part(router, 'external_gateway_info');
  if (parts(router, 'external_gateways').length > 1)
    router.notes.push(`${router.where}: several external_gateways: only the first has a place in a router`);
  const hidden = has(router, 'external_gateway_info') ? undefined : ports[0];
  const networkId = info ? uuid(info, 'network_id') : hidden ? uuid(hidden, 'network_id') : undefined;
  if (networkId === undefined) return undefined;
  const network = sources.networks.networkById.get(networkId);
  if (!network) {
    router.notes.push(`${router.where}: external network ${networkId} is not in networks.json, gateway left out`);
    return undefined;
  }
  const port = ports.find((candidate) => uuid(candidate, 'network_id') === networkId);
  if (port) usedPorts.add(port.id);
  const inInfo = info ? fixedIpsOf(sources, info, 'external_fixed_ips', network) : [];
  return {
    pointer: `${parent}/external_gateway`,
    network: network.name,
    external_fixed_ips: inInfo.length > 0 || !port ? inInfo : fixedIpsOf(sources, port, 'fixed_ips', network),
    enable_snat: (info && flag(info, 'enable_snat')) ?? true,
    ...given('node', port && sources.hostOf(port)),
    ...(port && devicePortOf(port)),
  };
}

const fixedIpsOf = ({ networks }: RouterSources, item: Item, key: string, network: Network) =>
  parts(item, key).flatMap((ip) => fixedIpOf(ip, network, networks) ?? []);

const devicePortOf = (port: Item) => ({ port_id: port.id, ...given('mac_address', mac(port, 'mac_address')) });

/** One interface for each subnet: a port on several IPv6 subnets of a network gives several with the same port. */
function interfacesOf(
  sources: RouterSources,
  ports: Item[],
  parent: string,
  usedPorts: Set<string>,
): RouterInterface[] {
  const bySubnet = new Map<string, RouterInterface>();
  for (const { port, subnet, ip_address } of addressesOf(sources, ports)) {
    if (bySubnet.has(subnet)) {
      sources.notes.push(`${port.where}: a second interface of one router on subnet ${subnet}, left out`);
      continue;
    }
    usedPorts.add(port.id);
    bySubnet.set(subnet, {
      pointer: `${parent}/interfaces${pointer(subnet)}`,
      subnet,
      ip_address,
      ...devicePortOf(port),
    });
  }
  return [...bySubnet.values()].toSorted((a, b) => byText(a.subnet, b.subnet));
}

/** A centralised SNAT port goes to the interface on its subnet. */
function addSnatPorts(
  sources: RouterSources,
  interfaces: RouterInterface[],
  ports: Item[],
  usedPorts: Set<string>,
): void {
  const bySubnet = new Map(interfaces.map((port) => [port.subnet, port]));
  for (const { port, subnet, ip_address } of addressesOf(sources, ports)) {
    const place = bySubnet.get(subnet);
    if (!place || place.snat) {
      sources.notes.push(`${port.where}: SNAT port ${port.id} has no interface of its own on subnet ${subnet}`);
      continue;
    }
    usedPorts.add(port.id);
    place.snat = { pointer: `${place.pointer}/snat`, ip_address, ...devicePortOf(port) };
  }
}

function addressesOf(sources: RouterSources, ports: Item[]): { port: Item; subnet: string; ip_address: string }[] {
  return ports.flatMap((port) => {
    const network = sources.networks.networkById.get(uuid(port, 'network_id') ?? '');
    const fixedIps = network ? fixedIpsOf(sources, port, 'fixed_ips', network) : [];
    return fixedIps.flatMap(({ subnet, ip_address }) => (subnet === undefined ? [] : [{ port, subnet, ip_address }]));
  });
}
