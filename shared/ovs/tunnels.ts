/** Who is on the other end of a node's tunnels: whom l2population announces, or without it every node that has an address. */
import type { Context } from '../namespaces/devices.ts';
import type { Because } from '../state.ts';
import { relationsOf } from '../topology/relations.ts';
import type { Network, Node } from '../topology/types.ts';
import type { OvsAllocations } from './allocations.ts';
import { type LocalNetwork, type OvsFacts, type Tunnel, hasL2population } from './facts.ts';
import { isTunnelled } from './names.ts';
import { type Announced, sitesOf } from './sites.ts';

export function tunnelsOf(context: Context, ovs: OvsAllocations, networks: readonly LocalNetwork[]): Tunnel[] {
  return hasL2population(context.node) ? announcedTunnels(context, ovs, networks) : tunnelsToAll(context, ovs);
}

/** One tunnel for each other node that has a port on a tunnelled network of this one (`rpc_manager/l2population_rpc.py: fdb_add_tun`). */
function announcedTunnels({ lookup, node }: Context, ovs: OvsAllocations, networks: readonly LocalNetwork[]): Tunnel[] {
  const { nodes } = sitesOf(lookup.topology);
  const tunnels = new Map<string, Tunnel>();
  for (const { network } of networks) {
    const type = network.network_type;
    if (type === undefined || !isTunnelled(type)) continue;
    for (const name of [...(nodes.get(network.name) ?? []), ...(ovs.extraFloods[network.name] ?? [])]) {
      const other = lookup.node.get(name);
      if (!other || name === node.name || tunnels.has(`${type} ${name}`)) continue;
      tunnels.set(`${type} ${name}`, {
        type,
        node: other,
        because: {
          pointer: network.pointer,
          sentence: `${node.name} and ${name} both have ports on ${network.name}`,
          neutron: 'l2population_rpc.py: fdb_add_tun',
        },
      });
    }
  }
  return [...tunnels.values()];
}

/** A tunnel of each type of the agent's to every other endpoint (`ovs_neutron_agent.py: tunnel_sync`). */
function tunnelsToAll({ lookup, node }: Context, ovs: OvsAllocations): Tunnel[] {
  const { topology } = lookup;
  const used = topology.networks.flatMap(({ network_type: type }) =>
    type !== undefined && isTunnelled(type) ? [type] : [],
  );
  const types = ovs.tunnelTypes ?? [...new Set(used)];
  return types.flatMap((type) =>
    topology.nodes
      .filter((other) => other.name !== node.name && other.tunnel_ip !== undefined)
      .map((other) => ({ type, node: other, because: toAll(node, other) })),
  );
}

const toAll = (node: Node, other: Node): Because => ({
  pointer: other.pointer,
  sentence: `without l2population ${node.name} has a tunnel to every other node`,
  neutron: 'ovs_neutron_agent.py: tunnel_sync',
});

/** Ports of a network that other nodes have; without l2population nobody tells. */
export const remotePorts = ({ topology, node, hasL2population: isTold }: OvsFacts, network: Network): Announced[] =>
  isTold ? (sitesOf(topology).announced.get(network.name) ?? []).filter((port) => port.node !== node.name) : [];

/** Names of the other nodes that get the floods of a network. */
export function remoteNodes({ topology, node, ovs, hasL2population: isTold }: OvsFacts, network: Network): string[] {
  const names = isTold
    ? [...(sitesOf(topology).nodes.get(network.name) ?? []), ...(ovs.extraFloods[network.name] ?? [])]
    : topology.nodes.flatMap(({ name, tunnel_ip: ip }) => (ip === undefined ? [] : [name]));
  return [...new Set(names)].filter((name) => name !== node.name && relationsOf(topology).node.has(name));
}
