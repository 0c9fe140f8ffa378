/** Which port of br-int is a VM's of which the topology has neither id nor MAC: the addresses that flows let it send from tell. */
import type { Flow, OvsPort } from '../state.ts';
import type { Pointer } from '../problem.ts';
import type { Network, Port, Topology } from '../topology/types.ts';
import { BR_INT } from './names.ts';
import { segmentOf, segmentOfPort } from './segments.ts';
import { ARP_SPOOF_TABLE } from './tables.ts';

/** `constants.py: BASE_EGRESS_TABLE`, where the openvswitch firewall does the same (`firewall.py: _initialize_egress`). */
const BASE_EGRESS_TABLE = 71;

/** MACs of the devices by the pointers of their ports. @param own ports of br-int */
export function macsBySpoofing(
  { networks, ports }: Topology,
  node: string,
  own: readonly OvsPort[],
  flows: readonly Flow[],
): Map<Pointer, string> {
  const nameless = ports.filter(
    ({ node: host, migrating_to, id, mac_address, fixed_ips }) =>
      (host === node || migrating_to === node) && id === undefined && mac_address === undefined && fixed_ips.length > 0,
  );
  if (nameless.length === 0) return new Map();
  const byNetwork = new Map(networks.map((network) => [network.name, network]));
  const sendsFrom = addressesByOfport(flows);
  const candidates = new Map<string, OvsPort[]>();
  for (const port of own)
    for (const address of sendsFrom.get(port.ofport ?? 0) ?? [])
      candidates.set(address, [...(candidates.get(address) ?? []), port]);
  return new Map(
    nameless.flatMap((port) => {
      const mac = macOf(port, byNetwork.get(port.network), candidates);
      return mac === undefined ? [] : [[port.pointer, mac] as const];
    }),
  );
}

/** Its own addresses are of one port alone; those of allowed address pairs are of several. */
function macOf(
  { fixed_ips }: Port,
  network: Network | undefined,
  candidates: ReadonlyMap<string, OvsPort[]>,
): string | undefined {
  if (!network) return undefined;
  const [first = [], ...others] = fixed_ips.map(({ ip_address }) => candidates.get(ip_address) ?? []);
  const found = first.filter((port) => isOn(port, network) && others.every((each) => each.includes(port)));
  return found.length === 1 ? found[0]!.external_ids['attached-mac'] : undefined;
}

/** Tenants may have the same addresses. */
const isOn = (port: OvsPort, network: Network): boolean => {
  const segments = [segmentOfPort(port), segmentOf(network)];
  return segments.includes(undefined) || segments[0] === segments[1];
};

function addressesByOfport(flows: readonly Flow[]): Map<number, Set<string>> {
  const found = new Map<number, Set<string>>();
  for (const { bridge, table, match } of flows) {
    if (bridge !== BR_INT || (table !== ARP_SPOOF_TABLE && table !== BASE_EGRESS_TABLE)) continue;
    const port = Number(/\bin_port=(\d+)/.exec(match)?.[1]);
    const address = /\b(?:arp_spa|nd_target|nw_src|ipv6_src)=([^,]+)/.exec(match)?.[1];
    if (address === undefined || Number.isNaN(port)) continue;
    const set = found.get(port);
    if (set) set.add(address);
    else found.set(port, new Set([address]));
  }
  return found;
}
