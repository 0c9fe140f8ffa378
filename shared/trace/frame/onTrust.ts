/**
 * A wire that nobody looked at is taken as Neutron makes it, which says nothing of what is not in a topology: whether a port is plugged in that
 * Neutron reports as down, and what security groups permit where they are flows (`agent/linux/openvswitch_firewall/firewall.py`).
 */
import { FIREWALL, extensionOf } from '../../openflow/extensions.ts';
import type { NodeState } from '../../state.ts';
import type { Taker } from '../arp.ts';
import type { Endpoint } from '../cloud.ts';
import type { End } from '../pass.ts';
import { remembered } from '../remembered.ts';
import type { Unseen, View } from '../view.ts';
import { INTEGRATION_BRIDGE, stateMissing } from './fabric.ts';

/** What is not known of what comes by such a wire; `undefined`: nothing that a topology does not say. @param from the port that sends */
export const openBetween = (view: View, from: Endpoint | undefined, to: Taker): string | undefined =>
  openAt(view, to) ?? (from && openAt(view, { type: 'endpoint', endpoint: from }));

/** Why nothing at all is known of the way from a port to a place: neither node was read. */
export function unreadBetween({ cloud, fabric }: View, from: Endpoint | undefined, to: Taker): End | undefined {
  if (cloud.from !== 'live' || !from || to.type !== 'endpoint') return undefined;
  const nodes = [...new Set([from.node ?? '', to.endpoint.node ?? ''])];
  if (nodes.some((node) => fabric.states.has(node))) return undefined;
  const missing = nodes.map(stateMissing).join('; ');
  return { disposition: 'insufficient-info', reason: missing, missing };
}

/** Some node's flows are known. */
export const hasFlows = ({ cloud }: View): boolean => firewallOf(cloud.states).isRead;

/** The same of one of its ends. */
export function openAt({ cloud }: View, who: Taker): string | undefined {
  if (cloud.from !== 'live' || who.type !== 'endpoint') return undefined;
  const { name, mayBeUnplugged, servesDhcp } = who.endpoint;
  const { isOn, isRead } = firewallOf(cloud.states);
  if (mayBeUnplugged && isRead) return `whether ${name} is plugged in is not known`;
  // Neutron's own ports have no security groups.
  if (servesDhcp || !isOn) return undefined;
  return 'whether the openvswitch firewall permits it is not known';
}

/** Each agent that has the firewall makes its tables, whatever ports are there (`_drop_all_unmatched_flows`). */
const firewallOf = remembered((states: readonly NodeState[]) => ({
  /** Some node's flows are known. Without any, all wires are taken on trust. */
  isRead: states.some(({ flows }) => flows !== undefined && flows.length > 0),
  isOn: states.some(({ flows }) =>
    flows?.some((flow) => flow.bridge === INTEGRATION_BRIDGE && extensionOf(flow, 'int') === FIREWALL),
  ),
}));

/** The end of a packet of which that decides. */
export function openEnd(what: string, { reason }: Unseen): End {
  const missing = `${what}: ${reason}`;
  return { disposition: 'insufficient-info', reason: missing, missing };
}
