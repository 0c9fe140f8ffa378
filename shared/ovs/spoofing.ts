/** What keeps a VM from using addresses that are not its own, without the openvswitch firewall: `ovs_neutron_agent.py: setup_arp_spoofing_protection`. */
import { linkLocalOf, isMac } from '../ip.ts';
import { releaseHas } from '../releases.ts';
import type { Flow } from '../state.ts';
import { hasFlowChange } from './changes.ts';
import { type OvsFacts, type Plugged, intPort, isIpv4Text, isIpv6Text } from './facts.ts';
import { flowOf, goto } from './flow.ts';
import { BR_INT } from './names.ts';
import { ARP_SPOOF_TABLE, LOCAL_EGRESS_TABLE, LOCAL_SWITCHING, MAC_SPOOF_TABLE } from './tables.ts';

/** @param next what classified frames meet */
export function spoofingFlows(facts: OvsFacts, port: Plugged, next: string): Flow[] {
  if (!port.isFiltered || !protects(facts)) return [];
  const holdsMacs = hasFlowChange(facts, 'flow_mac_spoofing');
  const inPort = `in_port=${intPort(facts, port.name)}`;
  const because = { ...port.because, neutron: 'ovs_neutron_agent.py: setup_arp_spoofing_protection' };
  const flow = (table: number, priority: number, match: string[], action: string) =>
    flowOf(facts, BR_INT, table, priority, match, [action], because);
  const texts = [...port.addresses, ...port.pairs].map(({ ip_address }) => ip_address);
  const macs = unique([port.mac, ...port.pairs.flatMap(({ mac_address }) => mac_address ?? [])]);
  const ipv4 = unique(texts.filter(isIpv4Text).map(withoutHostLength));
  const ipv6 = unique([...texts.filter(isIpv6Text).map(withoutHostLength), ...macs.filter(isMac).map(linkLocalOf)]);
  return [
    ...(holdsMacs
      ? [
          flow(LOCAL_SWITCHING, 9, [inPort], goto(MAC_SPOOF_TABLE)),
          ...macs.map((mac) => flow(MAC_SPOOF_TABLE, 2, [inPort, `dl_src=${mac}`], afterMac(facts, next))),
        ]
      : []),
    // A prefix of no length allows any address, and no field can match it.
    ...(ipv6.some(isAll)
      ? []
      : [
          flow(LOCAL_SWITCHING, 10, ['icmp6', inPort, NEIGHBOUR_ADVERTISEMENT], goto(ARP_SPOOF_TABLE)),
          ...ipv6.map((ip) =>
            flow(ARP_SPOOF_TABLE, 2, ['icmp6', inPort, NEIGHBOUR_ADVERTISEMENT, `nd_target=${ip}`], next),
          ),
        ]),
    ...(ipv4.some(isAll)
      ? []
      : [
          flow(LOCAL_SWITCHING, 10, ['arp', inPort], goto(ARP_SPOOF_TABLE)),
          ...ipv4.map((ip) =>
            flow(ARP_SPOOF_TABLE, 2, ['arp', inPort, `arp_spa=${ip}`], holdsMacs ? goto(MAC_SPOOF_TABLE) : next),
          ),
        ]),
  ];
}

/** The openvswitch firewall does it by itself; older agents could be told to leave it. */
const protects = ({ ovs, release }: OvsFacts): boolean =>
  !ovs.hasFlowFirewall &&
  releaseHas(release, 'flow_arp_spoofing') &&
  (releaseHas(release, 'flow_spoofing_forced') || ovs.hasNoSpoofing !== true);

const NEIGHBOUR_ADVERTISEMENT = 'icmp_type=136';

const afterMac = ({ release }: OvsFacts, next: string): string =>
  releaseHas(release, 'flow_local_ip') ? goto(LOCAL_EGRESS_TABLE) : next;

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];
const isAll = (ip: string): boolean => ip.endsWith('/0');

/** A whole address prints without its length. */
const withoutHostLength = (ip: string): string => ip.replace(ip.includes(':') ? /\/128$/ : /\/32$/, '');
