/** Flows of a physical bridge, where VLAN and flat networks leave and enter a node: `openflow/native/br_phys.py`. */
import { releaseHas } from '../releases.ts';
import type { Flow } from '../state.ts';
import { isWired } from './brInt.ts';
import { hasFlowChange } from './changes.ts';
import { dvrProcessFlows } from './dvrProcess.ts';
import { type LocalNetwork, type OvsFacts, isPhysical, ofportOf } from './facts.ts';
import { always, flowOf, flowsByHost, goto, output, setVlan } from './flow.ts';

/** `lib: ovs_constants.py: DVR_PROCESS_PHYSICAL, LOCAL_VLAN_TRANSLATION, DVR_NOT_LEARN_PHYSICAL`. */
const DVR_PROCESS = 1;
const LOCAL_VLAN_TRANSLATION = 2;
const DVR_NOT_LEARN = 3;
/** `FLOOD_TO_TUN`: the shared code drops there on a physical bridge too, where no frame comes. */
const FLOOD_TO_TUN = 22;

/** @param peer name of the bridge's patch port */
export function physicalFlows(facts: OvsFacts, physnet: string, bridge: string, peer: string): Flow[] {
  const inPort = `in_port=${ofportOf(facts, bridge, peer)}`;
  const because = always(facts, 'ovs_dvr_neutron_agent.py: setup_dvr_flows_on_phys_br');
  const flow = (table: number, priority: number, match: string[], actions: string[]) =>
    flowOf(facts, bridge, table, priority, match, actions, because);
  const host = {
    ...because,
    sentence: 'the DVR MAC of another host is never learned',
    neutron: 'br_phys.py: add_dvr_mac_physical',
  };
  const networks = facts.networks.filter(({ network }) => isPhysical(network) && network.physical_network === physnet);
  const distributed = isWiredBridge(facts);
  return [
    ...(distributed
      ? [
          flow(0, 2, [inPort], [goto(DVR_PROCESS)]),
          flow(0, 1, [], [goto(DVR_NOT_LEARN)]),
          flow(DVR_PROCESS, 0, [], [goto(LOCAL_VLAN_TRANSLATION)]),
          flow(LOCAL_VLAN_TRANSLATION, 2, [inPort], []),
          ...flowsByHost(
            facts,
            { bridge, table: DVR_NOT_LEARN, priority: 2 },
            [],
            [output(ofportOf(facts, bridge, peer))],
            host,
          ),
          flow(DVR_NOT_LEARN, 1, [], ['NORMAL']),
        ]
      : [flow(0, 2, [inPort], [])]),
    ...normalFlows(facts, flow),
    ...networks.flatMap((local) => networkFlows(facts, local, bridge, inPort)),
  ];
}

/** Whether DVR sorts what passes a physical bridge (`ovs_dvr_neutron_agent.py: setup_dvr_flows_on_phys_br`). */
const isWiredBridge = ({ isDistributed, release }: OvsFacts): boolean =>
  isDistributed && releaseHas(release, 'flow_vlan_dvr');

/** `br_phys.py: setup_default_table`; before Liberty at priority 1, where DVR puts another flow in its place. */
function normalFlows(
  facts: OvsFacts,
  flow: (table: number, priority: number, match: string[], actions: string[]) => Flow,
): Flow[] {
  if (releaseHas(facts.release, 'flow_arp_spoofing')) return [flow(0, 0, [], ['NORMAL'])];
  return isWiredBridge(facts) ? [] : [flow(0, 1, [], ['NORMAL'])];
}

/** `br_phys.py: provision_local_vlan`. */
function networkFlows(facts: OvsFacts, local: LocalNetwork, bridge: string, inPort: string): Flow[] {
  const { network, localVlan, because } = local;
  const drops = hasFlowChange(facts, 'flow_arp_to_responder') ? FLOOD_TO_TUN : DVR_PROCESS;
  const translation = isWiredBridge(facts) ? LOCAL_VLAN_TRANSLATION : 0;
  const leave = network.network_type === 'flat' ? 'pop_vlan' : setVlan(network.segmentation_id ?? 0);
  return [
    flowOf(facts, bridge, translation, 4, [inPort, `dl_vlan=${localVlan}`], [leave, 'NORMAL'], {
      ...because,
      neutron: 'br_phys.py: provision_local_vlan',
    }),
    ...(isWired(facts, local) ? dvrProcessFlows(facts, local, bridge, drops) : []),
  ];
}
