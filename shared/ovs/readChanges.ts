/**
 * Which changes a node's agent has where its release leaves that open (`changes.ts`), and how it is configured: told by the most of
 * the flows that tell it, so that one flow more or less is one difference.
 */
import type { Context } from '../namespaces/devices.ts';
import type { Flow, OvsPort } from '../state.ts';
import type { OvsAllocations } from './allocations.ts';
import type { Backported } from './changes.ts';
import type { OvsFacts } from './facts.ts';
import { BR_INT, BR_TUN, TUN_TABLE, peerName } from './names.ts';

type Told = (flow: Flow) => boolean | undefined;

/** What a flow says of a change: that it is there, that it is not, or nothing. */
const TOLD: readonly (readonly [Backported, Told])[] = [
  [
    'flow_mac_spoofing',
    ({ bridge, table, priority, match, actions }) => {
      if (bridge !== BR_INT) return undefined;
      if (table === 25 || (table === 0 && priority === 9)) return true;
      return table === 24 && match.startsWith('arp,') ? actions === 'goto_table:25' : undefined;
    },
  ],
  [
    'flow_dead_drop',
    ({ bridge, table, priority }) => (bridge === BR_INT && table === 0 && priority === 65_535 ? true : undefined),
  ],
  [
    'flow_accepted_egress',
    ({ bridge, table, priority, match }) => {
      if (bridge !== BR_INT) return undefined;
      if (table === 62) return true;
      const isUnicast = (table === 1 || table === 2 || table === 60) && match.includes('dl_dst=');
      return isUnicast && (priority === 20 || priority === 4) ? priority === 20 : undefined;
    },
  ],
  [
    'flow_arp_to_responder',
    ({ bridge, table, priority, match }) => {
      if (bridge === BR_INT) return priority === 5 && (table === 0 || table === 3 || table === 4) ? true : undefined;
      if (priority !== 3 || !/^(arp|icmp6),dl_vlan=/.test(match)) return undefined;
      return table === 22 ? true : table === 1 ? false : undefined;
    },
  ],
  [
    'flow_learn_announced',
    ({ bridge, table, priority }) => (bridge === BR_TUN && table === 10 && priority === 2 ? true : undefined),
  ],
];

/** How many flows must tell of a change of which nothing tells that it is not there. */
const ENOUGH: Partial<Record<Backported, number>> = { flow_learn_announced: 2 };

export function readChanges(
  { node }: Context,
  ports: readonly OvsPort[],
  flows: readonly Flow[],
  ovs: OvsAllocations,
): void {
  for (const [change, told] of TOLD) {
    const votes = flows.map(told).filter((vote) => vote !== undefined);
    const yes = votes.filter(Boolean).length;
    ovs.changes[change] = yes >= (ENOUGH[change] ?? 1) && yes * 2 > votes.length;
  }
  ovs.changes.flow_tag_kept = isMost(
    ports.flatMap(({ other_config: kept }) => (kept['net_uuid'] === undefined ? [] : [kept['tag'] !== undefined])),
  );
  ovs.failModes = Object.fromEntries(
    ports.flatMap(({ bridge, fail_mode: mode }) => (mode === undefined ? [] : [[bridge, mode]])),
  );
  const peers = ports.filter(({ name, bridge }) => isPeer(name, bridge, Object.values(node.bridge_mappings)));
  ovs.hasVeth = isMost(peers.flatMap(({ type, options }) => [type !== 'patch', options['peer'] === undefined]));
  ovs.isOfctl = isMost(flows.flatMap((flow) => ofctlOf(flow) ?? []));
  ovs.hasNoSpoofing = flows.length > 0 && !flows.some(isOfSpoofing);
  ovs.hasArpResponder = flows.some(isOfResponder);
  if (node.l2_population === false) ovs.tunnelTypes = tunnelTypes(ports, flows);
}

const isMost = (votes: readonly boolean[]): boolean => votes.filter(Boolean).length * 2 > votes.length;

const isPeer = (name: string, bridge: string, physical: readonly string[]): boolean =>
  physical.some(
    (other) =>
      (bridge === BR_INT && name === peerName('int', other)) || (bridge === other && name === peerName('phy', other)),
  );

/** The order of actions in an answer to ARP is that of the interface which wrote it. */
const ofctlOf = ({ bridge, table, priority, actions }: Flow): boolean | undefined =>
  bridge === BR_TUN && table === 21 && priority === 1
    ? actions.startsWith('move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]')
    : undefined;

const isOfSpoofing = ({ bridge, table, priority }: Flow): boolean =>
  bridge === BR_INT &&
  ((table === 24 && priority === 2) || table === 25 || (table === 0 && (priority === 9 || priority === 10)));

/** The two flows that lead to the responder and on from it. */
const isOfResponder = ({ bridge, table, priority, match, actions }: Flow): boolean =>
  bridge === BR_TUN &&
  ((table === 21 && priority === 0 && match === '' && actions === 'goto_table:22') ||
    (table === 2 && priority === 1 && match === 'arp,dl_dst=ff:ff:ff:ff:ff:ff' && actions === 'goto_table:21'));

/** Types of which there are tunnels; a single port is told by its flow too. */
function tunnelTypes(ports: readonly OvsPort[], flows: readonly Flow[]): string[] {
  return Object.entries(TUN_TABLE).flatMap(([type, table]) => {
    const there = ports.some((port) => port.bridge === BR_TUN && port.type === type);
    const led = flows.some(
      (flow) => flow.bridge === BR_TUN && flow.table === 0 && flow.actions === `goto_table:${table}`,
    );
    return there || led ? [type] : [];
  });
}

/** DVR on flat networks shows on the physical bridge, by the local VLAN of such a network. */
export function readFlatDvr({ networks, physical }: OvsFacts, flows: readonly Flow[], ovs: OvsAllocations): void {
  const bridges = new Set(physical.map(({ bridge }) => bridge));
  const vlans = new Set(
    networks.filter(({ network }) => network.network_type === 'flat').map(({ localVlan }) => `dl_vlan=${localVlan}`),
  );
  ovs.changes.flow_flat_dvr = flows.some(
    ({ bridge, table, priority, match }) =>
      (bridges.has(bridge) && table === 1 && priority > 0 && vlans.has(match.split(',', 1)[0]!)) ||
      (bridge === BR_INT && table === 2 && match.startsWith('vlan_tci=0x0000/0x1fff,dl_dst=')),
  );
}
