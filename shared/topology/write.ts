/**
 * A topology as YAML text, in the order and style that a person would write it: things are blocks, their parts flow maps.
 * Law: reading what was written gives the same topology, and writing that gives the same text.
 * What equals a default is left out only where `read.ts` gives it back; gateways and addresses are always written, since people look for them.
 */
import { contains } from '../ip.ts';
import type {
  DevicePort,
  FixedIp,
  FloatingIp,
  Network,
  Node,
  Port,
  PortForwarding,
  Router,
  RouterGateway,
  RouterInterface,
  Subnet,
  Topology,
} from './types.ts';
import { yamlLines, type YamlMap, type YamlValue } from './yamlText.ts';

/** The text of `topology`, ending in a newline; the sections and keys always in the same order. */
export function writeTopology(topology: Topology): string {
  const sections = block({
    dvr: 1,
    release: topology.release,
    nodes: named(topology.nodes, nodeEntry),
    networks: named(topology.networks, networkEntry),
    routers: named(topology.routers, (router) => routerEntry(router, topology)),
    ports: named(topology.ports, portEntry),
    floating_ips: named(topology.floating_ips, floatingIpEntry),
    promises: topology.promises?.map(({ text }) => text),
  });
  return ['# OpenStack Neutron DVR topology. Keys are the names of the Neutron API.', ...yamlLines(sections), ''].join(
    '\n',
  );
}

const nodeEntry = (node: Node): YamlMap =>
  flow({
    agent_mode: node.agent_mode,
    address: node.address,
    ssh_port: node.ssh_port,
    ssh_user: node.ssh_user,
    tunnel_ip: node.tunnel_ip,
    bridge_mappings: filled({ style: 'flow', entries: Object.entries(node.bridge_mappings) }),
    l3_agent_id: node.l3_agent_id,
    enable_distributed_routing: node.enable_distributed_routing,
    l2_population: node.l2_population,
  });

const networkEntry = (network: Network): YamlMap =>
  block({
    id: network.id,
    'router:external': unless(false, network.external),
    network_type: network.network_type,
    physical_network: network.physical_network,
    segmentation_id: network.segmentation_id,
    mtu: network.mtu,
    ipv4_address_scope: network.ipv4_address_scope,
    ipv6_address_scope: network.ipv6_address_scope,
    subnets: named(network.subnets, subnetEntry),
  });

const subnetEntry = (subnet: Subnet): YamlMap =>
  flow({
    id: subnet.id,
    cidr: subnet.cidr,
    gateway_ip: subnet.gateway_ip,
    allocation_pools: several(subnet.allocation_pools.map(({ start, end }) => flow({ start, end }))),
    enable_dhcp: unless(true, subnet.enable_dhcp),
    ipv6_ra_mode: subnet.ipv6_ra_mode,
    ipv6_address_mode: subnet.ipv6_address_mode,
    host_routes: several(subnet.host_routes.map(routeEntry)),
  });

const routeEntry = ({ destination, nexthop }: { destination: string; nexthop: string }): YamlMap =>
  flow({ destination, nexthop });

const routerEntry = (router: Router, topology: Topology): YamlMap =>
  block({
    id: router.id,
    distributed: router.distributed,
    ha: unless(false, router.ha),
    admin_state_up: unless(true, router.admin_state_up),
    external_gateway: router.external_gateway && gatewayEntry(router.external_gateway, topology),
    interfaces: filled({
      style: 'block',
      entries: router.interfaces.map((port) => [port.subnet, interfaceEntry(port)]),
    }),
    routes: several(router.routes.map(routeEntry)),
    l3_agents: router.l3_agents?.map(({ node, ha_state }) => flow({ node, ha_state })),
    conntrack_helpers: router.conntrack_helpers?.map(({ id, protocol, port, helper }) =>
      flow({ id, protocol, port, helper }),
    ),
    enable_ndp_proxy: router.enable_ndp_proxy,
    ndp_proxies: router.ndp_proxies?.map(({ id, ip_address, port }) => flow({ id, ip_address, port })),
  });

/** One address is written as `ip_address` where reading finds its subnet again: the first of the network that holds it. */
function gatewayEntry(gateway: RouterGateway, topology: Topology): YamlMap {
  const subnets = topology.networks.find(({ name }) => name === gateway.network)?.subnets ?? [];
  const [only, ...more] = gateway.external_fixed_ips;
  const found = only && subnets.find(({ cidr }) => contains(cidr, only.ip_address))?.name;
  const isShort = only !== undefined && more.length === 0 && found === only.subnet;
  return flow({
    network: gateway.network,
    ip_address: isShort ? only.ip_address : undefined,
    external_fixed_ips: isShort ? undefined : several(gateway.external_fixed_ips.map(fixedIpEntry)),
    enable_snat: gateway.enable_snat,
    node: gateway.node,
    ...deviceKeys(gateway),
  });
}

const interfaceEntry = (port: RouterInterface): YamlMap =>
  flow({
    ip_address: port.ip_address,
    ...deviceKeys(port),
    snat: port.snat && flow({ ip_address: port.snat.ip_address, ...deviceKeys(port.snat) }),
  });

const deviceKeys = ({ port_id, mac_address }: DevicePort) => ({ port_id, mac_address });

const fixedIpEntry = ({ subnet, ip_address }: FixedIp): YamlMap => flow({ subnet, ip_address });

const portEntry = (port: Port): YamlMap =>
  flow({
    id: port.id,
    network: port.network,
    node: port.node,
    migrating_to: port.migrating_to,
    mac_address: port.mac_address,
    fixed_ips: several(port.fixed_ips.map(fixedIpEntry)),
    device_owner: unless('compute:nova', port.device_owner),
    device_id: port.device_id,
    status: port.status,
    allowed_address_pairs: several(
      port.allowed_address_pairs.map(({ ip_address, mac_address }) => flow({ ip_address, mac_address })),
    ),
    port_security_enabled: port.port_security_enabled,
    admin_state_up: port.admin_state_up,
    vnic_type: port.vnic_type,
  });

const floatingIpEntry = (floatingIp: FloatingIp): YamlMap =>
  flow({
    id: floatingIp.id,
    network: floatingIp.network,
    port: floatingIp.port,
    fixed_ip_address: floatingIp.fixed_ip_address,
    router: floatingIp.router,
    status: floatingIp.status,
    port_forwardings: several(floatingIp.port_forwardings.map(forwardingEntry)),
  });

const forwardingEntry = (forwarding: PortForwarding): YamlMap =>
  flow({
    id: forwarding.id,
    protocol: forwarding.protocol,
    external_port: forwarding.external_port,
    external_port_range: forwarding.external_port_range,
    internal_port: forwarding.internal_port,
    internal_port_range: forwarding.internal_port_range,
    internal_ip_address: forwarding.internal_ip_address,
    internal_port_id: forwarding.internal_port_id,
  });

/** A map of things by their names; absent when there is none. */
const named = <T extends { name: string }>(things: T[], entry: (thing: T) => YamlMap): YamlMap | undefined =>
  filled({ style: 'block', entries: things.map((thing) => [thing.name, entry(thing)]) });

const filled = (map: YamlMap): YamlMap | undefined => (map.entries.length > 0 ? map : undefined);

const several = (list: YamlValue[]): YamlValue[] | undefined => (list.length > 0 ? list : undefined);

const unless = <T extends YamlValue>(byDefault: T, value: T): T | undefined =>
  value === byDefault ? undefined : value;

const block = (values: Record<string, YamlValue | undefined>): YamlMap => ({ style: 'block', entries: given(values) });

const flow = (values: Record<string, YamlValue | undefined>): YamlMap => ({ style: 'flow', entries: given(values) });

/** Only Neutron's own keys come here, never a user's. */
const given = (values: Record<string, YamlValue | undefined>): [string, YamlValue][] =>
  Object.entries(values).filter((entry): entry is [string, YamlValue] => entry[1] !== undefined);
