/** Clouds of any size, the same each time: compute nodes with ports, a router for every ten ports, a floating IP on every third port. */
import { ipv4Text, ipv4Value } from '../shared/ip.ts';
import type { Topology } from '../shared/topology/types.ts';
import { readTopology } from '../shared/topology/read.ts';
import { writeTopology } from '../shared/topology/write.ts';

const PORTS_PER_NODE = 50;
const PORTS_PER_ROUTER = 10;
/** Nodes that the ports of one router are spread over. */
const SPREAD = 5;

const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0');
const uuid = (kind: number, n: number): string => `${hex(n, 8)}-${hex(kind, 4)}-4000-8000-${hex(n, 12)}`;
const mac = (kind: number, n: number): string =>
  `fa:16:3e:${hex(kind, 2)}:${hex((n >> 8) & 255, 2)}:${hex(n & 255, 2)}`;
const address = (base: string, n: number): string => ipv4Text(ipv4Value(base)! + n);

/** A topology with everything that an import would have: ids, MACs, centralised SNAT ports, agent gateways. */
export function cloud(computes: number, portsPerNode = PORTS_PER_NODE): Topology {
  const routers = (computes * portsPerNode) / PORTS_PER_ROUTER;
  const snatNodes = Math.max(1, Math.ceil(computes / 100));
  const node = (i: number) => `compute${i}`;
  const topology: Topology = { release: 'zed', nodes: [], networks: [], routers: [], ports: [], floating_ips: [] };
  const bridges = { physnet1: 'br-ex' };
  for (let i = 0; i < computes; i++)
    topology.nodes.push({ name: node(i), pointer: `/nodes/${node(i)}`, agent_mode: 'dvr', bridge_mappings: bridges });
  for (let i = 0; i < snatNodes; i++)
    topology.nodes.push({
      name: `net${i}`,
      pointer: `/nodes/net${i}`,
      agent_mode: 'dvr_snat',
      bridge_mappings: bridges,
    });
  addExternal(topology);
  for (let r = 0; r < routers; r++)
    addRouter(topology, r, `net${r % snatNodes}`, (i) => node((r + (i % SPREAD)) % computes));
  return topology;
}

/** As text and back: with the places that a file gives. */
export const cloudFile = (computes: number, portsPerNode?: number): { text: string; topology: Topology } => {
  const text = writeTopology(cloud(computes, portsPerNode));
  return { text, topology: readTopology(text).topology };
};

function addExternal({ networks, nodes, ports }: Topology): void {
  networks.push({
    name: 'public',
    pointer: '/networks/public',
    id: uuid(1, 0),
    external: true,
    network_type: 'flat',
    physical_network: 'physnet1',
    mtu: 1500,
    subnets: [subnet('public-sub', 'public', uuid(2, 0), '100.64.0.0/12', '100.64.0.1')],
  });
  for (const [i, { name }] of nodes.entries())
    ports.push({
      ...port(`fg-${name}`, 'public', name, uuid(3, i), mac(3, i), 'public-sub', address('100.79.0.0', i)),
      device_owner: 'network:floatingip_agent_gateway',
      status: 'ACTIVE',
    });
}

function addRouter(topology: Topology, r: number, snatNode: string, nodeOf: (i: number) => string): void {
  const [network, sub, router] = [`net-${r}`, `sub-${r}`, `router-${r}`];
  const base = address('10.0.0.0', (r % 65_536) * 256);
  topology.networks.push({
    name: network,
    pointer: `/networks/${network}`,
    id: uuid(4, r),
    external: false,
    network_type: 'vxlan',
    segmentation_id: 1000 + r,
    mtu: 1450,
    subnets: [subnet(sub, network, uuid(5, r), `${base}/24`, address(base, 1))],
  });
  const pointer = `/routers/${router}`;
  topology.routers.push({
    name: router,
    pointer,
    id: uuid(6, r),
    distributed: true,
    ha: false,
    admin_state_up: true,
    external_gateway: {
      pointer: `${pointer}/external_gateway`,
      network: 'public',
      external_fixed_ips: [{ subnet: 'public-sub', ip_address: address('100.64.1.0', r) }],
      enable_snat: true,
      node: snatNode,
      port_id: uuid(7, r),
      mac_address: mac(7, r),
    },
    interfaces: [
      {
        pointer: `${pointer}/interfaces/${sub}`,
        subnet: sub,
        ip_address: address(base, 1),
        port_id: uuid(8, r),
        mac_address: mac(8, r),
        snat: {
          pointer: `${pointer}/interfaces/${sub}/snat`,
          ip_address: address(base, 2),
          port_id: uuid(9, r),
          mac_address: mac(9, r),
        },
      },
    ],
    routes: [],
    l3_agents: [{ node: snatNode }],
  });
  for (let i = 0; i < PORTS_PER_ROUTER; i++) {
    const n = r * PORTS_PER_ROUTER + i;
    topology.ports.push(
      port(`vm-${n}`, network, nodeOf(i), uuid(10, n), mac(16 + (n >> 16), n), sub, address(base, 10 + i)),
    );
    if (n % 3 === 0)
      topology.floating_ips.push(floatingIp(address('100.66.0.0', n / 3), `vm-${n}`, router, address(base, 10 + i), n));
  }
}

const subnet = (name: string, network: string, id: string, cidr: string, gateway_ip: string) => ({
  name,
  pointer: `/networks/${network}/subnets/${name}`,
  network,
  id,
  cidr,
  gateway_ip,
  allocation_pools: [],
  enable_dhcp: true,
  host_routes: [],
});

const port = (
  name: string,
  network: string,
  node: string,
  id: string,
  mac_address: string,
  sub: string,
  ip_address: string,
) => ({
  name,
  pointer: `/ports/${name}`,
  network,
  node,
  id,
  mac_address,
  fixed_ips: [{ subnet: sub, ip_address }],
  device_owner: 'compute:nova',
  allowed_address_pairs: [],
});

const floatingIp = (text: string, portName: string, router: string, fixed: string, n: number) => ({
  name: text,
  pointer: `/floating_ips/${text}`,
  id: uuid(11, n),
  floating_ip_address: text,
  network: 'public',
  port: portName,
  router,
  fixed_ip_address: fixed,
  port_forwardings: [],
});
