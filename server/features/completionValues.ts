/** Completion of values: words of the vocabulary, names of things that fit, free addresses, the next free prefix or number. */
import { contains, ipv4Value } from '../../shared/ip.ts';
import { RELEASES } from '../../shared/releases.ts';
import { pointer } from '../../shared/problem.ts';
import type { FieldType, ReferenceKind } from '../../shared/topology/fields.ts';
import { scalarText } from '../../shared/topology/scalarText.ts';
import type { Network, Node, Port, Router, Topology } from '../../shared/topology/types.ts';
import type { Document } from '../document.ts';
import type { Choice } from './completion.ts';
import type { Cursor } from './cursor.ts';
import {
  firstAddresses,
  freeAddresses,
  lastAddress,
  nextAddress,
  nextPrefixes,
  nextSegmentationId,
} from './freeAddresses.ts';

/** What a value of that type may be here; in the order in which it is offered. */
export function values(document: Document, cursor: Cursor, type: FieldType): Choice[] {
  const { topology } = document.reading();
  switch (type.type) {
    case 'boolean':
      return ['true', 'false'].map((label) => ({ label, text: label, kind: 'keyword' }));
    case 'enum':
      return type.values.map((label) => ({
        label: label === '' ? '""' : label,
        text: label === '' ? '""' : label,
        kind: 'enum',
      }));
    case 'reference':
      return referenceChoices(document, cursor, type.to);
    case 'integer':
      return integers(topology, cursor);
    case 'ip':
    case 'ip-or-cidr':
      return addresses(document, cursor).map((label) => ({ label, text: label, kind: 'word' }));
    case 'cidr':
      return prefixes(topology).map((label) => ({ label, text: label, kind: 'word', detail: 'free' }));
    case 'string':
      return words(topology, cursor, ownText(document, cursor)).map((label) => ({ label, kind: 'word' }));
    default:
      return [];
  }
}

/** Names of a kind: what fits here first, the rest behind it with the reason. */
export function referenceChoices(document: Document, cursor: Cursor, to: ReferenceKind): Choice[] {
  const { topology } = document.reading();
  return thingsOf(topology, to).map(({ name, pointer: at, thing }) => {
    const misfit = misfitOf(document, cursor, thing);
    const detail = [aboutOf(thing), misfit].filter(Boolean).join('; ');
    return {
      label: name,
      kind: to,
      rank: misfit === undefined ? 1 : 2,
      ...(detail !== '' && { detail }),
      data: { uri: document.text.uri, pointer: at },
    };
  });
}

type Thing =
  | { kind: 'node'; value: Node }
  | { kind: 'network'; value: Network }
  | { kind: 'subnet'; value: Network['subnets'][number]; network: Network }
  | { kind: 'router'; value: Router }
  | { kind: 'port'; value: Port };

interface NamedThing {
  name: string;
  pointer: string;
  thing: Thing;
}

function thingsOf(topology: Topology, kind: ReferenceKind): NamedThing[] {
  const named = ({ kind: of, value, ...rest }: Thing): NamedThing => ({
    name: value.name,
    pointer: value.pointer,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- put together as it was taken apart
    thing: { kind: of, value, ...rest } as Thing,
  });
  switch (kind) {
    case 'node':
      return topology.nodes.map((value) => named({ kind, value }));
    case 'network':
      return topology.networks.map((value) => named({ kind, value }));
    case 'subnet':
      return topology.networks.flatMap((network) => network.subnets.map((value) => named({ kind, value, network })));
    case 'router':
      return topology.routers.map((value) => named({ kind, value }));
    case 'port':
      return topology.ports.map((value) => named({ kind, value }));
  }
}

function aboutOf(thing: Thing): string {
  switch (thing.kind) {
    case 'node':
      return thing.value.agent_mode;
    case 'network':
      return [thing.value.external ? 'external' : '', thing.value.network_type ?? ''].filter(Boolean).join(' ');
    case 'subnet':
      return `${thing.value.cidr} on ${thing.value.network}`;
    case 'router':
      return thing.value.distributed ? 'distributed' : 'centralised';
    case 'port':
      return thing.value.fixed_ips.map(({ ip_address }) => ip_address).join(', ');
  }
}

/** Why a thing does not fit where it would be named; `undefined`: it does, for all that is known. */
function misfitOf(document: Document, { path, key, siblings }: Cursor, thing: Thing): string | undefined {
  const holder = path.at(-1) === 'external_gateway' ? 'external_gateway' : path[0];
  const isGateway = holder === 'external_gateway' || holder === 'floating_ips';
  switch (thing.kind) {
    case 'network':
      if (isGateway) return thing.value.external ? undefined : 'not external';
      return holder === 'ports' && thing.value.external ? 'external' : undefined;
    case 'node':
      // `l3_agent.ini: agent_mode`: the snat namespace is on `dvr_snat` nodes, centralised routers also on `legacy` ones.
      if (holder === 'external_gateway')
        return ['dvr_snat', 'legacy'].includes(thing.value.agent_mode) ? undefined : 'holds no SNAT';
      if (key === 'migrating_to' && siblings.get('node') === thing.value.name) return 'is there already';
      return path.includes('l3_agents') && thing.value.agent_mode === 'none' ? 'no L3 agent' : undefined;
    case 'subnet': {
      const on = path.includes('fixed_ips')
        ? valueAt(document, pointer('ports', path[1]!, 'network'))
        : gatewayNetwork(document, path);
      if (on !== undefined) return thing.value.network === on ? undefined : `not on ${on}`;
      return path.at(-1) === 'interfaces' && thing.network.external ? 'external' : undefined;
    }
    case 'router':
      return holder === 'floating_ips' && !thing.value.external_gateway ? 'no gateway' : undefined;
    case 'port':
      if (key === undefined || siblings.get(key) === thing.value.name) return undefined;
      return thing.value.device_owner.startsWith('network:') || thing.value.fixed_ips.length === 0
        ? 'no VM with an address'
        : undefined;
  }
}

function gatewayNetwork(document: Document, path: string[]): string | undefined {
  return path.includes('external_gateway')
    ? valueAt(document, pointer('routers', path[1]!, 'external_gateway', 'network'))
    : undefined;
}

/** The text of a value in the file, also of things that are not complete yet. */
function valueAt(document: Document, at: string): string | undefined {
  const place = document.reading().sourceMap.get(at);
  return place && scalarText(document.text.getText().slice(...place.value));
}

const MOST_ADDRESSES = 5;

function addresses(document: Document, cursor: Cursor): string[] {
  const { topology } = document.reading();
  const { path, key, siblings } = cursor;
  const [section, name] = path;
  const subnets = (of: string | undefined): Network['subnets'] =>
    topology.networks.find((each) => each.name === of)?.subnets ?? [];
  const free = (list: Network['subnets']): string[] =>
    list.flatMap((subnet) => freeAddresses(topology, subnet, MOST_ADDRESSES));
  const all = (): Network['subnets'] => topology.networks.flatMap((network) => network.subnets);
  const wanted = siblings.get('subnet');
  const chosen = (list: Network['subnets']): Network['subnets'] =>
    wanted === undefined ? list : list.filter((subnet) => subnet.name === wanted);
  if (section === 'nodes') return nextAddress(topology.nodes.flatMap(({ tunnel_ip }) => tunnel_ip ?? []));
  if (key === 'nexthop') return nextHops(topology, cursor);
  if (section === 'networks') return subnetAddresses(cursor, all());
  if (section === 'ports' && path.includes('fixed_ips')) {
    return free(chosen(subnets(valueAt(document, pointer('ports', name!, 'network')))));
  }
  if (path.includes('external_gateway'))
    return free(chosen(subnets(siblings.get('network') ?? gatewayNetwork(document, path))));
  if (path[2] === 'interfaces') {
    const subnet = all().find((each) => each.name === path[3]);
    if (!subnet) return [];
    const own = path.includes('snat') || subnet.gateway_ip === null ? [] : [subnet.gateway_ip];
    return [...own, ...free([subnet])];
  }
  if (section === 'floating_ips') {
    // `db/l3_db.py: _internal_fip_assoc_data`: a floating IP stands for an IPv4 address.
    const port = siblings.get('port') ?? valueAt(document, pointer('floating_ips', name ?? '', 'port'));
    return portAddresses(topology, port).filter((address) => ipv4Value(address) !== undefined);
  }
  if (path.includes('ndp_proxies'))
    return portAddresses(topology, siblings.get('port')).filter((address) => ipv4Value(address) === undefined);
  return [];
}

/** Of one port, or of all. */
function portAddresses({ ports }: Topology, name: string | undefined): string[] {
  const of = ports.filter((port) => name === undefined || port.name === name);
  return distinct(of.flatMap(({ fixed_ips }) => fixed_ips.map(({ ip_address }) => ip_address)));
}

/**
 * Who may take packets of a route: gateways, other routers, then ports, on the subnets that the holder of the route is on
 * (`db/extraroute_db.py: _validate_routes_nexthop`: not the router itself).
 */
function nextHops({ networks, routers, ports }: Topology, { path, siblings }: Cursor): string[] {
  const [section, name] = path;
  const router = section === 'routers' ? routers.find((each) => each.name === name) : undefined;
  const attached = new Set(router?.interfaces.map(({ subnet }) => subnet));
  const outside = router?.external_gateway?.network;
  const on = networks
    .flatMap(({ subnets }) => subnets)
    .filter((subnet) =>
      router
        ? attached.has(subnet.name) || subnet.network === outside
        : subnet.name === path[3] && subnet.network === name,
    );
  const near = new Set(on.map(({ network }) => network));
  const own = new Set(router && addressesOf(router));
  const others = [
    ...on.flatMap(({ gateway_ip }) => gateway_ip ?? []),
    ...routers.filter((each) => each !== router).flatMap(addressesOf),
    ...ports.filter(({ network }) => near.has(network)).flatMap((port) => port.fixed_ips.map((ip) => ip.ip_address)),
  ];
  const destination = siblings.get('destination');
  const fits = (address: string): boolean =>
    (destination === undefined || destination.includes(':') === address.includes(':')) &&
    on.some(({ cidr }) => contains(cidr, address));
  return distinct(others).filter((each) => !own.has(each) && fits(each));
}

const addressesOf = ({ interfaces, external_gateway: gateway }: Router): string[] => [
  ...interfaces.flatMap(({ ip_address, snat }) => [ip_address, snat?.ip_address].flatMap((each) => each ?? [])),
  ...(gateway?.external_fixed_ips ?? []).map(({ ip_address }) => ip_address),
];

/** Inside of a subnet: what its prefix says. */
function subnetAddresses({ path, key, siblings }: Cursor, all: Network['subnets']): string[] {
  const known = all.find(({ name, network }) => name === path[3] && network === path[1]);
  const cidr = siblings.get('cidr') ?? known?.cidr;
  if (cidr === undefined) return [];
  const [first, second] = firstAddresses(cidr);
  if (key === 'gateway_ip') return [...(first === undefined ? [] : [first]), 'null'];
  if (key === 'start') return second === undefined ? [] : [second];
  return key === 'end' ? lastAddress(cidr) : [];
}

function prefixes(topology: Topology): string[] {
  return nextPrefixes(
    topology.networks.flatMap(({ external, subnets }) => subnets.map(({ cidr }) => ({ cidr, external }))),
  );
}

function integers(topology: Topology, { key, siblings }: Cursor): Choice[] {
  if (key === 'segmentation_id') {
    const free = nextSegmentationId(topology, siblings.get('network_type'));
    return free === undefined ? [] : [{ label: String(free), kind: 'word', text: String(free), detail: 'free' }];
  }
  const usual =
    key === 'mtu'
      ? [...new Set([...topology.networks.flatMap(({ mtu }) => mtu ?? []), 1450, 1500])]
      : key === 'dvr'
        ? [1]
        : [];
  return usual.map((value) => ({ label: String(value), text: String(value), kind: 'word' }));
}

/** Texts that other places of the file have, or that are known. */
function words(topology: Topology, { path, key }: Cursor, own: string): string[] {
  const { nodes, networks, ports } = topology;
  const others = (all: readonly string[]): string[] => distinct(withoutOne(all, own));
  switch (key) {
    case 'release':
      return RELEASES.toReversed();
    case 'physical_network':
      return distinct(nodes.flatMap((node) => Object.keys(node.bridge_mappings)));
    case 'ipv4_address_scope':
      return others(networks.flatMap((network) => network.ipv4_address_scope ?? []));
    case 'ipv6_address_scope':
      return others(networks.flatMap((network) => network.ipv6_address_scope ?? []));
    case 'ssh_user':
      return others(nodes.flatMap((node) => node.ssh_user ?? []));
    case 'status':
      return path[0] === 'ports' ? ['ACTIVE', 'DOWN', 'BUILD', 'ERROR', 'N/A'] : ['ACTIVE', 'DOWN', 'ERROR'];
    case 'device_id':
      return others(ports.flatMap((port) => port.device_id ?? []));
    default:
      return path.at(-1) === 'bridge_mappings'
        ? others(nodes.flatMap((node) => Object.values(node.bridge_mappings)))
        : [];
  }
}

/** The word that is being typed is none that somebody has, unless another place has it as well. */
function withoutOne(all: readonly string[], own: string): string[] {
  const at = all.indexOf(own);
  return all.filter((_, i) => i !== at);
}

const ownText = (document: Document, { range }: Cursor): string => {
  const raw = document.text.getText().slice(...range);
  return scalarText(raw) ?? raw;
};

const distinct = (list: readonly string[]): string[] => [...new Set(list)];
