/** What is on br-int, and leads there, only because a namespace of a deleted object is still there. */
import type { Flow, NodeState, OvsPort } from '../state.ts';
import { BR_INT } from './names.ts';

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
