/** What DVR takes from the external network: one address for each router, each floating IP, and each node with a fip namespace. */
import { ipv4Value, parsePrefix, broadcastOf } from '../ip.ts';
import { DEVICE_OWNER } from '../neutron.ts';
import { hasExternal, placementOf } from '../placement.ts';
import { quote } from '../topology/describe.ts';
import { remembered } from '../topology/kept.ts';
import { grouped } from '../topology/lookup.ts';
import { isIpv4 } from '../topology/relations.ts';
import type { Network, Node, RouterGateway, Subnet, Topology } from '../topology/types.ts';
import { unreadOf } from '../topology/unread.ts';
import type { Check } from './check.ts';
import { holdersByNetwork, type Holder } from './holders.ts';

export const externalSubnetFull: Check = {
  code: 'external-subnet-full',
  severity: 'warning',
  doc: 'An external network with fewer IPv4 addresses than its routers, floating IPs and floating IP agent gateways need (`db/l3_dvr_db.py: create_fip_agent_gw_port_if_not_exists`).',
  why: 'Every `dvr` and `dvr_snat` node that holds a router with gateway takes an address of its own for its fip namespace, whether it serves a floating IP or not. When none is left, floating IPs on the last nodes are dead.',
  check(topology, report) {
    const external = topology.networks.filter((each) => each.external && each.subnets.some(isIpv4));
    if (external.length === 0) return;
    const unread = unreadOf(topology);
    const taken = holdersByNetwork(topology);
    const waiting = gatewaysWithoutAddress(topology);
    const hosts = topology.nodes.filter(hasExternal);
    for (const network of external) {
      const pools = network.subnets.filter(isIpv4).flatMap(poolsOf);
      // A pool that ends before it starts is `invalid-pool`.
      if (unread.touches(network.pointer) || pools.some(([start, end]) => start > end)) continue;
      const merged = mergedPools(pools);
      const capacity = merged.reduce((sum, [start, end]) => sum + end - start + 1, 0);
      const gateways = waiting.get(network.name)?.length ?? 0;
      const used = countInside(takenBy(taken.get(network.name) ?? []), merged);
      // Mostly there is room for all nodes, and nobody need ask which of them hold a router.
      if (used + gateways + hosts.length <= capacity) continue;
      const nodes = nodesWithoutAddress(topology, network, hosts);
      if (gateways + nodes === 0 || used + gateways + nodes <= capacity) continue;
      const message = `External network ${quote(network.name)} has ${capacity} IPv4 addresses in its pools. ${used} are taken, and ${gateways} are still needed for router gateways and ${nodes} for nodes with a fip namespace: too few, and floating IPs on the last nodes will be dead. Add a subnet, or set nodes to \`dvr_no_external\`.`;
      report({ message, pointer: network.pointer, at: 'key' });
    }
  },
  wrong: `
nodes:
  compute1: {agent_mode: dvr}
  compute2: {agent_mode: dvr}
  net1: {agent_mode: dvr_snat}
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/29}}}
# ^^^^^^ external-subnet-full
routers:
  router1: {external_gateway: {network: public, ip_address: 192.0.2.2, node: net1}, interfaces: {red-v4: }}
ports:
  vm1: {network: red, node: compute1, fixed_ips: [{ip_address: 10.0.0.5}]}
  vm2: {network: red, node: compute2, fixed_ips: [{ip_address: 10.0.0.6}]}
floating_ips:
  192.0.2.3: {port: vm1}
  192.0.2.4: {port: vm2}
`,
  right: `
nodes:
  compute1: {agent_mode: dvr}
  compute2: {agent_mode: dvr_no_external}
  net1: {agent_mode: dvr_snat}
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/29}}}
routers:
  router1: {external_gateway: {network: public, ip_address: 192.0.2.2, node: net1}, interfaces: {red-v4: }}
ports:
  vm1: {network: red, node: compute1, fixed_ips: [{ip_address: 10.0.0.5}]}
  vm2: {network: red, node: compute2, fixed_ips: [{ip_address: 10.0.0.6}]}
  fg-net1: {network: public, node: net1, device_owner: network:floatingip_agent_gateway, fixed_ips: [{ip_address: 192.0.2.5}]}
floating_ips:
  192.0.2.3: {port: vm1}
  192.0.2.4: {port: vm2}
`,
};

type Pool = [start: number, end: number];

/** IPv4 addresses that somebody has, each once, from the lowest on. */
const takenBy = remembered((holders: Holder[]): number[] => {
  const values = holders.flatMap(({ addresses }) => addresses.flatMap(({ ip_address }) => ipv4Value(ip_address) ?? []));
  return [...new Set(values)].toSorted((a, b) => a - b);
});

/** Gateways that Neutron has still to give an address, by network. */
const gatewaysWithoutAddress = ({ routers }: Topology): Map<string, RouterGateway[]> =>
  grouped(
    routers.flatMap(({ external_gateway: gateway }) =>
      gateway?.external_fixed_ips.length === 0 ? [[gateway.network, gateway] as const] : [],
    ),
  );

/** How many nodes hold a router with its gateway on the network, and have no floating IP agent gateway port in the file. */
function nodesWithoutAddress(topology: Topology, { name }: Network, hosts: Node[]): number {
  const known = new Set(
    topology.ports
      .filter(
        ({ network, device_owner, fixed_ips }) =>
          network === name && device_owner === DEVICE_OWNER.agentGateway && fixed_ips.length > 0,
      )
      .map(({ node }) => node),
  );
  const { routersByNode } = placementOf(topology);
  const isServing = (node: Node): boolean =>
    (routersByNode.get(node.name) ?? []).some(({ router }) => router.external_gateway?.network === name);
  return hosts.filter((node) => !known.has(node.name) && isServing(node)).length;
}

/** The pools of a subnet; without any, all addresses that hosts can have but the gateway (`ipam/utils.py: generate_pools`). */
function poolsOf({ cidr, gateway_ip, allocation_pools }: Subnet): Pool[] {
  if (allocation_pools.length > 0)
    return allocation_pools.flatMap(({ start, end }) => {
      const [first, last] = [ipv4Value(start), ipv4Value(end)];
      return first === undefined || last === undefined ? [] : [[first, last] as Pool];
    });
  const prefix = parsePrefix(cidr)!;
  const broadcast = broadcastOf(prefix);
  const network = ipv4Value(prefix.address)!;
  const [first, last] = broadcast
    ? [network + 1, ipv4Value(broadcast)! - 1]
    : [network, network + 2 ** (32 - prefix.length) - 1];
  const gateway = gateway_ip === null ? undefined : ipv4Value(gateway_ip);
  if (gateway === undefined || gateway < first || gateway > last) return [[first, last]];
  const parts: Pool[] = [
    [first, gateway - 1],
    [gateway + 1, last],
  ];
  return parts.filter(([start, end]) => start <= end);
}

/** Pools in order, with those that overlap made one. */
function mergedPools(pools: Pool[]): Pool[] {
  const merged: Pool[] = [];
  for (const [start, end] of pools.toSorted(([a], [b]) => a - b)) {
    const last = merged.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  return merged;
}

/** How many of the values lie in the pools, in one walk over both. */
function countInside(values: number[], pools: Pool[]): number {
  let [i, count] = [0, 0];
  for (const value of values) {
    while (i < pools.length && pools[i]![1] < value) i++;
    if (i < pools.length && pools[i]![0] <= value) count++;
  }
  return count;
}
