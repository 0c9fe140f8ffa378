/** Arbitrary topologies as the reader makes them: every default filled in, every reference resolved. */
import fc from 'fast-check';
import { pointer } from '../../../shared/problem.ts';
import type {
  FixedIp,
  Network,
  Port,
  Router,
  RouterGateway,
  RouterInterface,
  Topology,
} from '../../../shared/topology/types.ts';

const name = fc.oneof(
  fc.constantFrom(
    'red',
    'yes',
    '12',
    '1e5',
    '::1',
    'a: b',
    '#',
    '*x',
    '- y',
    '__proto__',
    'a/b~c',
    '{',
    '<<',
    'two\nlines',
    '\ud800',
  ),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }),
  fc.string({ minLength: 1, maxLength: 300 }),
);
const text = fc.oneof(name, fc.constant(''));
const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'.split('')), minLength: length, maxLength: length });
const id = fc.tuple(fc.uuid(), fc.integer({ min: 11, max: 36 })).map(([uuid, length]) => uuid.slice(0, length));
const mac = fc.array(hex(2), { minLength: 5, maxLength: 5 }).map((octets) => ['fa', ...octets].join(':'));
const byte = fc.integer({ min: 1, max: 254 });
/** In none of the subnets below. */
const outside = fc.oneof(
  byte.map((n) => `203.0.113.${n}`),
  byte.map((n) => `2001:db9::${n.toString(16)}`),
);
const portNumber = fc.integer({ min: 1, max: 65_535 });
const route = fc.record(
  { destination: byte.map((n) => `172.16.${n}.0/24`), nexthop: outside },
  { noNullPrototype: true },
);

type Gen = fc.GeneratorValue;

/** The keys with the values that were drawn. */
function some<T extends object>(g: Gen, values: { [K in keyof T]: fc.Arbitrary<T[K]> }): Partial<T>;
function some(g: Gen, values: Record<string, fc.Arbitrary<unknown>>): object {
  return g(() => fc.record(values, { requiredKeys: [], noNullPrototype: true }));
}

const pick = <T>(g: Gen, list: T[]): T | undefined => (list.length > 0 ? g(() => fc.constantFrom(...list)) : undefined);

const portRange = fc.tuple(portNumber, portNumber).map(([a, b]) => `${Math.min(a, b)}:${Math.max(a, b)}`);
const conntrackHelper = fc.record(
  { id, protocol: fc.constantFrom('tcp', 'udp'), port: portNumber, helper: fc.constantFrom('ftp', 'tftp') },
  { noNullPrototype: true, requiredKeys: ['protocol', 'port', 'helper'] },
);
const ndpProxy = fc.record({ id, ip_address: outside }, { noNullPrototype: true, requiredKeys: ['ip_address'] });
const flags = { enable: fc.boolean() };

function networks(g: Gen): Network[] {
  const subnetNames = g(() => fc.uniqueArray(name, { maxLength: 5 }));
  return g(() => fc.uniqueArray(name, { maxLength: 3 })).map((network, index) => ({
    name: network,
    pointer: pointer('networks', network),
    external: g(() => flags.enable),
    ...some(g, {
      id,
      network_type: fc.constantFrom('flat', 'vlan', 'vxlan', 'gre', 'geneve', 'local'),
      physical_network: text,
      segmentation_id: fc.nat(),
      mtu: fc.integer({ min: 68, max: 65_535 }),
      ipv4_address_scope: text,
      ipv6_address_scope: text,
    }),
    subnets: subnetNames
      .filter((_, at) => at % 3 === index)
      .map((subnet, at) => {
        const start = g(() => fc.constantFrom(`10.${index}.${at}.`, `2001:db8:${index + 1}:${at + 1}::`));
        return {
          name: subnet,
          pointer: pointer('networks', network, 'subnets', subnet),
          network,
          cidr: start.includes(':') ? `${start}/64` : `${start}0/24`,
          gateway_ip: g(() => fc.constantFrom(null, `${start}1`, `${start}7`)),
          allocation_pools: g(() => fc.constantFrom([], [{ start: `${start}2`, end: `${start}9` }])),
          enable_dhcp: g(() => flags.enable),
          ...some(g, { id, ipv6_ra_mode: fc.constant('slaac'), ipv6_address_mode: fc.constant('dhcpv6-stateful') }),
          host_routes: g(() => fc.array(route, { maxLength: 2 })),
        };
      }),
  }));
}

function fixedIps(g: Gen, network: Network): FixedIp[] {
  const count = g(() => fc.nat({ max: 3 }));
  return Array.from({ length: count }, () => {
    const subnet = pick(g, network.subnets);
    const ip_address = g(() => outside);
    return subnet
      ? { subnet: subnet.name, ip_address: g(() => fc.constantFrom(ip_address, subnet.cidr.replace(/0?\/.*/, '5'))) }
      : { ip_address };
  });
}

function gateway(g: Gen, at: string, all: Network[], nodes: string[]): { external_gateway?: RouterGateway } {
  const network = pick(g, all);
  if (!network || !g(() => flags.enable)) return {};
  const node = pick(g, nodes);
  const external_gateway = {
    pointer: `${at}/external_gateway`,
    network: network.name,
    external_fixed_ips: fixedIps(g, network),
    enable_snat: g(() => flags.enable),
    ...(node !== undefined && { node }),
    ...some(g, { port_id: id, mac_address: mac }),
  };
  return { external_gateway };
}

function interfaces(g: Gen, at: string, all: Network[]): RouterInterface[] {
  const subnets = g(() => fc.subarray(all.flatMap((network) => network.subnets)));
  return subnets.map(({ name: subnet, gateway_ip }) => {
    const self = `${at}/interfaces${pointer(subnet)}`;
    const own = g(() => fc.option(outside, { nil: undefined })) ?? gateway_ip;
    const snat = g(() => flags.enable) && {
      pointer: `${self}/snat`,
      ...some(g, { ip_address: outside, port_id: id, mac_address: mac }),
    };
    return {
      pointer: self,
      subnet,
      ...(own !== null && { ip_address: own }),
      ...some(g, { port_id: id, mac_address: mac }),
      ...(snat && { snat }),
    };
  });
}

function routers(g: Gen, all: Network[], nodes: string[]): Router[] {
  return g(() => fc.uniqueArray(name, { maxLength: 2 })).map((router) => {
    const at = pointer('routers', router);
    const agents = nodes.map((node) => ({ node, ...some(g, { ha_state: fc.constantFrom('active', 'standby') }) }));
    return {
      name: router,
      pointer: at,
      ...some(g, { id }),
      distributed: g(() => flags.enable),
      ha: g(() => flags.enable),
      admin_state_up: g(() => flags.enable),
      ...gateway(g, at, all, nodes),
      interfaces: interfaces(g, at, all),
      routes: g(() => fc.array(route, { maxLength: 2 })),
      ...(g(() => flags.enable) && { l3_agents: agents }),
      ...(g(() => flags.enable) && { conntrack_helpers: g(() => fc.array(conntrackHelper, { maxLength: 2 })) }),
      ...(g(() => flags.enable) && { enable_ndp_proxy: g(() => flags.enable) }),
      ...(g(() => flags.enable) && { ndp_proxies: g(() => fc.array(ndpProxy, { minLength: 1, maxLength: 2 })) }),
    };
  });
}

function ports(g: Gen, all: Network[], nodes: string[]): Port[] {
  if (all.length === 0) return [];
  return g(() => fc.uniqueArray(name, { maxLength: 3 })).map((port) => {
    const network = pick(g, all)!;
    const node = pick(g, nodes);
    const pair = fc.record(
      { ip_address: fc.oneof(outside, fc.constant('10.9.9.9/16')), mac_address: mac },
      { noNullPrototype: true, requiredKeys: ['ip_address'] },
    );
    return {
      name: port,
      pointer: pointer('ports', port),
      network: network.name,
      ...(node !== undefined && { node }),
      ...some(g, { id, mac_address: mac, device_id: text, status: text, port_security_enabled: flags.enable }),
      ...some(g, { vnic_type: text, admin_state_up: flags.enable }),
      fixed_ips: fixedIps(g, network),
      device_owner: g(() => fc.oneof(fc.constantFrom('compute:nova', 'network:dhcp', ''), text)),
      allowed_address_pairs: g(() => fc.array(pair, { maxLength: 2 })),
    };
  });
}

function floatingIps(g: Gen, { networks: all, routers: routing, ports: fixed }: Topology): Topology['floating_ips'] {
  const forwarding = fc.record(
    {
      id,
      protocol: fc.constantFrom('tcp', 'udp'),
      external_port: portNumber,
      internal_port: portNumber,
      internal_ip_address: outside,
      internal_port_id: id,
      external_port_range: portRange,
      internal_port_range: portRange,
    },
    { noNullPrototype: true, requiredKeys: ['protocol', 'internal_ip_address'] },
  );
  return g(() => fc.uniqueArray(outside, { maxLength: 3 })).map((address) => {
    const [network, router, port] = [pick(g, all)?.name, pick(g, routing)?.name, pick(g, fixed)?.name];
    return {
      name: address,
      pointer: pointer('floating_ips', address),
      floating_ip_address: address,
      ...some(g, { id, status: text }),
      ...(network !== undefined && { network }),
      ...(router !== undefined && { router }),
      ...(port !== undefined && { port, fixed_ip_address: '10.0.0.9' }),
      port_forwardings: g(() => fc.array(forwarding, { maxLength: 2 })),
    };
  });
}

function nodesOf(g: Gen): Topology['nodes'] {
  return g(() => fc.uniqueArray(name, { maxLength: 3 })).map((node) => ({
    name: node,
    pointer: pointer('nodes', node),
    agent_mode: g(() => fc.constantFrom('legacy', 'dvr', 'dvr_snat', 'dvr_no_external', 'none')),
    ...some(g, { address: text, ssh_port: portNumber, ssh_user: text, tunnel_ip: outside, l3_agent_id: id }),
    ...some(g, { enable_distributed_routing: flags.enable, l2_population: flags.enable }),
    bridge_mappings: g(() => fc.array(fc.tuple(name, text), { maxLength: 3 }).map(withoutPrototype)),
  }));
}

/** As the reader makes maps with a user's keys. */
function withoutPrototype(entries: [string, string][]): Record<string, string> {
  const map: Record<string, string> = Object.create(null);
  for (const [key, value] of entries) map[key] = value;
  return map;
}

export const anyTopology: fc.Arbitrary<Topology> = fc.gen().map((g): Topology => {
  const nodes = nodesOf(g);
  const nodeNames = nodes.map((node) => node.name);
  const all = networks(g);
  const topology: Topology = {
    release: g(() => fc.constantFrom('zed', '2023.1', 'pike')),
    nodes,
    networks: all,
    routers: routers(g, all, nodeNames),
    ports: ports(g, all, nodeNames),
    floating_ips: [],
  };
  topology.floating_ips = floatingIps(g, topology);
  return topology;
});
