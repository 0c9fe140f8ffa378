/** From a topology to the things of its map and what connects them. Where each stands in the file is added by who knows the text. */
import { isTunnelled } from '../ovs/names.ts';
import { placementOf } from '../placement.ts';
import { type Relations, relationsOf, subnetOf } from '../topology/relations.ts';
import type { FloatingIp, Network, Node, Port, Router, Topology } from '../topology/types.ts';
import type { AllocationsByNode } from '../wiring.ts';
import { type Held, heldOn } from './namespaces.ts';
import { type MapLink, type MapThing, type MapView, UNBOUND } from './types.ts';

export interface Things {
  /** Containers before what is in them; else in the order of the file. */
  things: MapThing[];
  links: MapLink[];
}

export const physicalNetworkId = (name: string): string => `physical network ${name}`;
export const tunnelsId = (type: string): string => `${type} tunnels`;
export const namespaceId = (node: string, namespace: string): string => `${namespace} on ${node}`;

/** @param allocations what agents chose, where a comparison told: names of namespaces may depend on it */
export function thingsOf(topology: Topology, allocations: AllocationsByNode = new Map()): Things {
  const lookup = relationsOf(topology);
  const things = [
    ...carriers(topology),
    ...topology.nodes.map(nodeThing),
    ...unboundPlace(lookup),
    ...topology.networks.flatMap((network) => networkThings(network)),
    ...topology.routers.map(routerThing),
  ];
  const links: MapLink[] = [...carriedLinks(topology), ...routerLinks(lookup)];
  for (const node of topology.nodes) addNamespaces(lookup, node, allocations, things, links);
  const routerOf = servingRouters(topology);
  for (const port of topology.ports) things.push(portThing(lookup, port));
  for (const floating of topology.floating_ips) things.push(floatingThing(lookup, floating, routerOf));
  links.push(...floatingLinks(lookup));
  return { things: once(things), links };
}

/** Two routers of one id have one namespace. */
function once(things: readonly MapThing[]): MapThing[] {
  const seen = new Set<string>();
  return things.filter(({ id }) => !seen.has(id) && seen.add(id));
}

/** What joins the nodes: physical networks of mappings and of networks, and the tunnels of each type in use. */
function carriers({ nodes, networks }: Topology): MapThing[] {
  const physical = new Set([
    ...nodes.flatMap(({ bridge_mappings: mappings }) => Object.keys(mappings)),
    ...networks.flatMap(({ physical_network: name }) => name ?? []),
  ]);
  const types = new Set(
    networks.flatMap(({ network_type: type }) => (type !== undefined && isTunnelled(type) ? type : [])),
  );
  const counted = (count: number): string => `${count} ${count === 1 ? 'network' : 'networks'}`;
  return [
    ...[...physical].map((name) => ({
      ...carrier(physicalNetworkId(name), name),
      detail: `physical network, ${counted(networks.filter((each) => each.physical_network === name).length)}`,
    })),
    ...[...types].map((type) => ({
      ...carrier(tunnelsId(type), `${type} tunnels`),
      detail: counted(networks.filter((each) => each.network_type === type).length),
    })),
  ];
}

const carrier = (id: string, name: string): MapThing => ({ id, kind: 'carrier', name, detail: '', inside: {} });

const nodeThing = ({ pointer, name, agent_mode: mode, address, tunnel_ip: tunnel }: Node): MapThing => ({
  id: pointer,
  kind: 'node',
  name,
  detail: joined(mode === 'none' ? 'no L3 agent' : mode, address ?? '', tunnel === undefined ? '' : `tunnel ${tunnel}`),
  inside: {},
  mode,
});

/** Ports that are bound to nothing, or to a node that the file does not have, have a place of their own. */
function unboundPlace({ topology, node: nodes }: Relations): MapThing[] {
  const count = topology.ports.filter((port) => !nodes.has(port.node ?? '')).length;
  if (count === 0) return [];
  return [
    {
      id: UNBOUND,
      kind: 'node',
      name: UNBOUND,
      detail: 'not bound, or to a node that the file does not have',
      inside: {},
    },
  ];
}

function networkThings(network: Network): MapThing[] {
  const { pointer, name, external, network_type: type, segmentation_id: segment, physical_network: physical } = network;
  const detail = joined([type, segment].filter((each) => each !== undefined).join(' '), physical ?? '');
  return [
    { id: pointer, kind: external ? 'external-network' : 'network', name, detail, inside: {} },
    ...network.subnets.map((subnet): MapThing => ({
      id: subnet.pointer,
      kind: 'subnet',
      name: subnet.name,
      detail: joined(subnet.cidr, subnet.gateway_ip === null ? 'no gateway' : `gateway ${subnet.gateway_ip}`),
      inside: { logical: pointer },
    })),
  ];
}

const routerThing = ({ pointer, name, distributed, ha, admin_state_up: isUp }: Router): MapThing => ({
  id: pointer,
  kind: 'router',
  name,
  detail: joined(distributed ? 'distributed' : 'not distributed', ha ? 'HA' : '', isUp ? '' : 'down'),
  inside: {},
});

function portThing({ node: nodes, network: networks }: Relations, port: Port): MapThing {
  const network = networks.get(port.network);
  const node = nodes.get(port.node ?? '');
  return {
    id: port.pointer,
    kind: 'port',
    name: port.name,
    detail: joined(port.fixed_ips.map(({ ip_address: address }) => address).join(' '), ownerText(port.device_owner)),
    inside: { physical: node?.pointer ?? UNBOUND, ...(network && { logical: network.pointer }) },
  };
}

/** A VM's port says no more than its address. */
const ownerText = (owner: string): string => (owner.startsWith('compute:') ? '' : owner.replace(/^network:/, ''));

function floatingThing(lookup: Relations, floating: FloatingIp, routerOf: ReadonlyMap<string, Router>): MapThing {
  const router = routerOf.get(floating.name) ?? lookup.router.get(floating.router ?? '');
  const inside = router?.pointer ?? lookup.network.get(floating.network ?? '')?.pointer;
  const forwarded = floating.port_forwardings.length;
  return {
    id: floating.pointer,
    kind: 'floating-ip',
    name: floating.name,
    detail:
      joined(
        floating.port === undefined ? '' : `to ${floating.port}`,
        forwarded === 0 ? '' : `${forwarded} port ${forwarded === 1 ? 'forwarding' : 'forwardings'}`,
      ) || 'not in use',
    inside: inside === undefined ? {} : { logical: inside },
  };
}

function servingRouters(topology: Topology): Map<string, Router> {
  const { floatingIpsByRouter, forwardingsByRouter } = placementOf(topology);
  const { router: routers } = relationsOf(topology);
  const served = [...floatingIpsByRouter, ...forwardingsByRouter].flatMap(([name, list]) =>
    list.flatMap(({ floating }) => {
      const router = routers.get(name);
      return router ? [[floating.name, router] as const] : [];
    }),
  );
  return new Map(served);
}

function carriedLinks({ nodes, networks }: Topology): MapLink[] {
  const link = (node: Node, to: string, label: string): MapLink => ({
    view: 'physical',
    kind: 'carried',
    from: node.pointer,
    to,
    label,
  });
  const types = new Set(
    networks.flatMap(({ network_type: type }) => (type !== undefined && isTunnelled(type) ? type : [])),
  );
  return nodes.flatMap((node) => [
    ...Object.entries(node.bridge_mappings).map(([name, bridge]) => link(node, physicalNetworkId(name), bridge)),
    // A node without `tunnel_ip` has tunnels all the same: the file only leaves out their address.
    ...[...types].map((type) => link(node, tunnelsId(type), node.tunnel_ip ?? '')),
  ]);
}

function routerLinks({ topology, network: networks, subnet: subnets }: Relations): MapLink[] {
  return topology.routers.flatMap((router): MapLink[] => {
    const base = { view: 'logical' as MapView, from: router.pointer };
    const { external_gateway: gateway } = router;
    const external = gateway && networks.get(gateway.network);
    const addresses = gateway?.external_fixed_ips.map(({ ip_address: address }) => address).join(' ') ?? '';
    return [
      ...(external ? [{ ...base, kind: 'gateway' as const, to: external.pointer, label: addresses }] : []),
      ...router.interfaces.flatMap(({ subnet: name, ip_address: address }): MapLink[] => {
        const subnet = subnets.get(name);
        if (!subnet) return [];
        return [{ ...base, kind: 'interface', to: subnet.pointer, label: address ?? subnet.gateway_ip ?? '' }];
      }),
    ];
  });
}

const floatingLinks = ({ topology, port: ports }: Relations): MapLink[] =>
  topology.floating_ips.flatMap((floating): MapLink[] => {
    const port = ports.get(floating.port ?? '');
    if (!port) return [];
    const label = floating.fixed_ip_address ?? '';
    return [{ view: 'logical', kind: 'floating', from: floating.pointer, to: port.pointer, label }];
  });

/** The namespaces of a node, and which of its ports each router serves there. */
function addNamespaces(
  lookup: Relations,
  node: Node,
  allocations: AllocationsByNode,
  things: MapThing[],
  links: MapLink[],
): void {
  const here = new Map<string, string>();
  for (const { name, kind, owner } of heldOn(lookup, node, allocations.get(node.name))) {
    const id = namespaceId(node.name, name);
    things.push({
      id,
      kind: 'namespace',
      name,
      detail: `${ROLE[kind]} ${owner.name}`,
      inside: { physical: node.pointer },
      of: owner.pointer,
    });
    if (kind === 'qrouter' || kind === 'legacy') here.set(owner.name, id);
  }
  for (const port of portsOn(lookup.topology, node.name))
    for (const router of new Set(port.fixed_ips.flatMap((fixed) => routersAt(lookup, port, fixed)))) {
      const from = here.get(router.name);
      if (from !== undefined) links.push({ view: 'physical', kind: 'serves', from, to: port.pointer, label: '' });
    }
}

const ROLE: Readonly<Record<Held['kind'], string>> = {
  qrouter: 'router',
  legacy: 'router',
  snat: 'SNAT of',
  fip: 'floating IPs of',
  qdhcp: 'DHCP of',
};

function routersAt(lookup: Relations, port: Port, fixed: Port['fixed_ips'][number]): Router[] {
  const subnet = subnetOf(lookup, port.network, fixed);
  return subnet ? (lookup.routersOfSubnet.get(subnet.name) ?? []) : [];
}

const portLists = new WeakMap<Topology, Map<string, Port[]>>();

function portsOn(topology: Topology, node: string): readonly Port[] {
  let lists = portLists.get(topology);
  if (!lists) {
    lists = new Map();
    for (const port of topology.ports) {
      const list = lists.get(port.node ?? '');
      if (list) list.push(port);
      else lists.set(port.node ?? '', [port]);
    }
    portLists.set(topology, lists);
  }
  return lists.get(node) ?? [];
}

const joined = (...parts: string[]): string => parts.filter((part) => part !== '').join(' · ');
