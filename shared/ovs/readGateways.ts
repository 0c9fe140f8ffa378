/** Where several routers of a node have an interface on one subnet: whose MAC the agent took for it, told by the flows that carry it. */
import { elect } from '../readHa.ts';
import type { Flow } from '../state.ts';
import type { OvsAllocations } from './allocations.ts';
import { type OvsFacts, gatewayMacs } from './facts.ts';
import { BR_INT } from './names.ts';

/** `ovs_dvr_neutron_agent.py: _bind_distributed_router_interface_port`: the subnet is asked for once, and the first answer stays. */
export function readGatewayMacs({ context, networks }: OvsFacts, flows: readonly Flow[], ovs: OvsAllocations): void {
  const contested = new Map([...gatewayMacs(context)].filter(([, macs]) => macs.length > 1));
  if (contested.size === 0) return;
  const subnetsByMac = new Map<string, string[]>();
  for (const { plugged } of networks)
    for (const { mac, role, addresses } of plugged)
      if (role === 'served')
        subnetsByMac.set(
          mac,
          addresses.flatMap(({ subnet }) => (subnet === undefined ? [] : [subnet])),
        );
  const votes = new Map<string, string[]>();
  const vote = (subnet: string, mac: string | undefined) => {
    if (mac !== undefined && contested.get(subnet)?.includes(mac))
      votes.set(subnet, [...(votes.get(subnet) ?? []), mac]);
  };
  for (const { bridge, table, priority, match, actions } of flows) {
    if (bridge !== BR_INT) continue;
    if (table === 0 && priority === 99)
      for (const subnet of contested.keys()) {
        vote(subnet, /(?:^|,)arp_tha=([0-9a-f:]{17})/.exec(match)?.[1]);
        vote(subnet, /^set_field:([0-9a-f:]{17})->eth_dst/.exec(actions)?.[1]);
      }
    if ((table === 1 || table === 2) && DVR_TO_SRC_MAC_PRIORITIES.includes(priority)) {
      const subnets = subnetsByMac.get(/(?:^|,)dl_dst=([0-9a-f:]{17})/.exec(match)?.[1] ?? '') ?? [];
      // A port of several subnets says only of which one it was last.
      if (subnets.length === 1) vote(subnets[0]!, /set_field:([0-9a-f:]{17})->eth_src/.exec(actions)?.[1]);
    }
  }
  for (const [subnet, macs] of votes) ovs.gatewayMacs[subnet] = elect(macs)!;
}

/** `br_int.py: install_dvr_to_src_mac`: 20, and 4 before there was a table 60. */
const DVR_TO_SRC_MAC_PRIORITIES: readonly number[] = [20, 4];
