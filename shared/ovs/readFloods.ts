/** Nodes that get floods of a network besides those that are on it (`twoHop.ts`): whom the server counted is its history, and the flow tells it. */
import { placementOf } from '../placement.ts';
import type { Flow } from '../state.ts';
import { relationsOf } from '../topology/relations.ts';
import type { Network, Topology } from '../topology/types.ts';
import type { OvsAllocations } from './allocations.ts';
import type { OvsFacts } from './facts.ts';
import { BR_TUN, isTunnelled, tunnelName } from './names.ts';
import { remoteNodes } from './tunnels.ts';
import { isBoundByRelation } from './twoHop.ts';

export function readExtraFloods(facts: OvsFacts, flows: readonly Flow[], ovs: OvsAllocations): void {
  if (!facts.hasL2population) return;
  const floods = flows.filter(({ bridge, table, priority }) => bridge === BR_TUN && table === 22 && priority === 1);
  for (const { network, localVlan } of facts.networks) {
    if (!isTunnelled(network.network_type)) continue;
    const flow = floods.find(({ match }) => match === `dl_vlan=${localVlan}`);
    const outputs = new Set([...(flow?.actions ?? '').matchAll(/output:(\d+)/g)].map(([, number]) => Number(number)));
    const usual = remoteNodes(facts, network);
    const extra = facts.topology.nodes.filter(
      ({ name, tunnel_ip: ip }) =>
        name !== facts.node.name &&
        ip !== undefined &&
        !usual.includes(name) &&
        outputs.has(ovs.ofports[`${BR_TUN} ${tunnelName(network.network_type!, ip)}`] ?? -1) &&
        (isBoundByRelation(facts.topology, network, name) || isArriving(facts.topology, network, name)),
    );
    if (extra.length > 0) ovs.extraFloods[network.name] = extra.map(({ name }) => name);
  }
}

/** Whether a router on the network comes to the node with a VM that migrates. */
const isArriving = (topology: Topology, network: Network, node: string): boolean =>
  (placementOf(topology).routersByNode.get(node) ?? []).some(
    ({ router, isMigration }) =>
      isMigration && (relationsOf(topology).routersOfNetwork.get(network.name) ?? []).includes(router),
  );
