/** What is on br-int, and leads there, only because a namespace of a deleted object is still there. */
import type { Flow, NodeState, OvsPort } from '../state.ts';
import { BR_INT, BR_TUN, isTunnelled } from './names.ts';

/** Namespaces of the agents whose devices are ports of br-int. */
const WITH_DEVICES = /^(qrouter|snat|fip|qdhcp)-/;

/** Code for a port or flow that belongs to a namespace that is left over itself. */
export const STALE_NAMESPACE = 'stale-namespace';

const staleDevices = (expected: NodeState, live: NodeState): Set<string> =>
  new Set(
    Object.entries(live.namespaces).flatMap(([name, { links }]) =>
      WITH_DEVICES.test(name) && !Object.hasOwn(expected.namespaces, name)
        ? (links ?? []).map(({ ifname }) => ifname)
        : [],
    ),
  );

const stalePorts = (expected: NodeState, live: NodeState): OvsPort[] => {
  const devices = staleDevices(expected, live);
  return (live.ports ?? []).filter(({ name }) => devices.has(name));
};

export const isStalePort = (port: OvsPort, expected: NodeState, live: NodeState): boolean =>
  stalePorts(expected, live).some(({ name, bridge }) => name === port.name && bridge === port.bridge);

/** A flow about a local VLAN that nothing but such devices has. */
export function isStaleFlow({ match, actions }: Flow, expected: NodeState, live: NodeState): boolean {
  const told = /(?:^|,)dl_vlan=(\d+)/.exec(match)?.[1];
  const set = /set_field:(\d+)->vlan_vid/.exec(actions)?.[1];
  const tag = told !== undefined ? Number(told) : set !== undefined ? Number(set) - 0x1000 : undefined;
  const isUsed = (expected.ports ?? []).some((port) => port.tag === tag);
  return tag !== undefined && !isUsed && stalePorts(expected, live).some((port) => port.tag === tag);
}

/**
 * A flow for a MAC that no port of the switch has any more. When several SNAT ports are on one subnet, the first one that goes takes
 * the agent's mapping of the subnet with it, and for the others nothing is deleted
 * (`ovs_dvr_neutron_agent.py: _unbind_centralized_snat_port_on_dvr_subnet`, `_unbind_port_on_dvr_subnet`).
 */
export function isPortLeak({ bridge, table, priority, match, actions }: Flow, live: NodeState): boolean {
  const mac = /^(?:dl_vlan=\d+|vlan_tci=0x0000\/0x1fff),dl_dst=([0-9a-f:]{17})$/.exec(match)?.[1];
  const isOfPort =
    ((table === 1 || table === 2) && /^set_field:[0-9a-f:]{17}->eth_src,/.test(actions)) ||
    (table === 60 && /^(?:pop_vlan,)?output:\d+$/.test(actions));
  return (
    bridge === BR_INT &&
    priority === 20 &&
    mac !== undefined &&
    isOfPort &&
    live.ports !== undefined &&
    !live.ports.some(({ external_ids }) => external_ids['attached-mac'] === mac)
  );
}

/**
 * A drop of ARP for an address that nobody on the node knows any more. An interface puts it there for its own address, and takes away the
 * one for the gateway of the subnet when it goes (`ovs_dvr_neutron_agent.py: _bind_distributed_router_interface_port`,
 * `_unbind_distributed_router_interface_port`), so that of an interface which is not the gateway stays.
 */
export function isArpLeak({ bridge, match, actions }: Flow, live: NodeState): boolean {
  const address = /^arp,dl_vlan=\d+,arp_tpa=([0-9.]+)$/.exec(match)?.[1];
  if (bridge === BR_INT || actions !== 'drop' || address === undefined) return false;
  return !Object.values(live.namespaces).some(
    ({ addresses, neighbours }) =>
      (addresses ?? []).some(({ local }) => local === address) || (neighbours ?? []).some(({ dst }) => dst === address),
  );
}

/**
 * A tunnel that no flow uses. The agent takes one away when it tells its last network of it; an agent that was restarted in between does not
 * know the tunnels of its earlier run (`ovs_neutron_agent.py: cleanup_tunnel_port`, `tun_br_ofports`).
 */
export function isIdleTunnel({ bridge, type, ofport }: OvsPort, { flows }: NodeState): boolean {
  if (bridge !== BR_TUN || !isTunnelled(type) || ofport === undefined || flows === undefined) return false;
  const uses = new RegExp(String.raw`(?:^|,)(?:in_port=|output:)${ofport}(?:,|$)`);
  return !flows.some((flow) => flow.bridge === BR_TUN && (uses.test(flow.match) || uses.test(flow.actions)));
}
