/** What DVR does with frames that leave a node, on br-tun and on physical bridges alike: `openflow/native/br_dvr_process.py`. */
import type { Flow } from '../state.ts';
import type { LocalNetwork, OvsFacts, Plugged } from './facts.ts';
import { chosen, flowOf, goto, setSource } from './flow.ts';

/** `lib: ovs_constants.py: DVR_PROCESS, PATCH_LV_TO_TUN`, and `DVR_PROCESS_PHYSICAL, LOCAL_VLAN_TRANSLATION` of a physical bridge. */
const DVR_PROCESS = 1;
const NEXT = 2;

/** @param drops the table that keeps ARP and router advertisements of gateways on their host */
export function dvrProcessFlows(facts: OvsFacts, local: LocalNetwork, bridge: string, drops: number): Flow[] {
  return local.plugged.flatMap((port) =>
    port.role === 'interface' ? processFlows(facts, local, port, bridge, drops) : [],
  );
}

function processFlows(facts: OvsFacts, local: LocalNetwork, port: Plugged, bridge: string, drops: number): Flow[] {
  const vlan = `dl_vlan=${local.localVlan}`;
  const flow = (table: number, priority: number, match: string[], actions: string[], neutron: string) =>
    flowOf(facts, bridge, table, priority, [vlan, ...match], actions, {
      ...port.because,
      neutron: `br_dvr_process.py: ${neutron}`,
    });
  const isIpv6 = port.addresses.some(({ ip_address }) => ip_address.includes(':'));
  return [
    flow(DVR_PROCESS, 2, [`dl_dst=${port.mac}`], [], 'install_dvr_process'),
    flow(DVR_PROCESS, 1, [`dl_src=${port.mac}`], [setSource(facts.dvrMac), goto(NEXT)], 'install_dvr_process'),
    ...(isIpv6
      ? [flow(drops, 3, ['icmp6', `dl_src=${port.mac}`, 'icmp_type=134'], [], 'install_dvr_process_ipv6')]
      : chosen(
          facts,
          gatewayAddresses(facts, port).map((ip) =>
            flow(drops, 3, ['arp', `arp_tpa=${ip}`], [], 'install_dvr_process_ipv4'),
          ),
        )),
  ];
}

/** The interface's address, or that of the subnet's gateway where they differ: the server answers with either. */
const gatewayAddresses = ({ context }: OvsFacts, { addresses }: Plugged): string[] =>
  addresses.flatMap(({ ip_address, subnet }) => {
    const gateway = context.lookup.subnet.get(subnet ?? '')?.gateway_ip;
    return gateway === null || gateway === undefined || gateway === ip_address ? [ip_address] : [ip_address, gateway];
  });
