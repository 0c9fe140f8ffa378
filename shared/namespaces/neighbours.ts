/**
 * Permanent neighbours of a subnet in a `qrouter` namespace. Two mechanisms write them: the agent asks for all bound ports when it
 * sets up an interface (`dvr_local_router.py: _set_subnet_arp_info`), and the server sends single entries when a port changes
 * (`l3_dvr_db.py: update_arp_entry_for_dvr_service_port`). They differ, so some entries depend on what came first.
 */
import { contains, familyOf, parsePrefix } from '../ip.ts';
import { ROUTER_INTERFACE_OWNERS } from '../neutron.ts';
import { isServiced } from '../placement.ts';
import { releaseHas, releaseMayHave } from '../releases.ts';
import type { Because } from '../state.ts';
import { canBind } from '../topology/binding.ts';
import { hasSnatAddress, isIpv4 } from '../topology/relations.ts';
import type { Port, Router, Subnet } from '../topology/types.ts';
import { type Choice, chosenOf } from './choice.ts';
import { type Context, agentsHave, interfaceAddress, macOf, releaseOf, snatAddressOf, snatKey } from './devices.ts';
import type { NeighbourFact } from './types.ts';

/** One reason for an entry. */
interface Source {
  dst: string;
  mac: string;
  key: string;
  /** Whatever the history of the node: it is there. */
  isSure: boolean;
  /** It is there after a restart of the agent on a new node, or the server sends it when the port is made. */
  isUsual: boolean;
  /** An allowed address pair. */
  isPair?: true;
  because: Because;
}

/**
 * @param ifname the router's device
 * @param subnets those that it serves: one, or the IPv6 subnets of a network
 */
export function neighboursOf(context: Context, router: Router, ifname: string, subnets: Subnet[]): NeighbourFact[] {
  const sources = [
    ...subnets.flatMap((subnet) => pairSources(context, subnet)),
    ...subnets.flatMap((subnet) => snatSources(context, router, subnet)),
    ...subnets.flatMap((subnet) => portSources(context, subnet)),
    ...subnets.flatMap((subnet) => pushedPairs(context, subnet)),
    ...subnets.flatMap((subnet) => otherSources(context, subnet, subnets)),
    ...subnets.flatMap((subnet) => interfaceSources(context, subnet)),
  ];
  const family = subnets.some(isIpv4) ? 'inet' : 'inet6';
  const byAddress = new Map<string, Source[]>();
  for (const source of sources) {
    const list = byAddress.get(source.dst);
    if (list) list.push(source);
    else byAddress.set(source.dst, [source]);
  }
  return [...byAddress].map(([dst, all]) => ({
    family: familyOf(dst) ?? family,
    dst,
    ...entryOf(context, `${ifname} ${dst}`, all),
  }));
}

function entryOf({ allocations }: Context, key: string, all: Source[]): Omit<NeighbourFact, 'family' | 'dst'> {
  // What nothing writes by itself does not compete with what something does.
  const usual = all.filter(({ isUsual }) => isUsual);
  const sources = usual.length > 0 ? usual : all;
  const candidates = [...new Set(sources.map(({ mac }) => mac))];
  const isSure = sources.some((source) => source.isSure);
  const choice: Choice = { key, candidates, ...(isSure ? {} : { none: true as const }) };
  const [chosen] = chosenOf(allocations, choice, usual.length > 0 ? candidates.slice(0, 1) : []);
  const { mac, key: macKey, isPair, because } = sources.find((source) => source.mac === chosen) ?? sources[0]!;
  return {
    mac,
    key: macKey,
    ...(isPair ? { isPair } : {}),
    because,
    ...(isSure && candidates.length === 1 ? {} : { choice }),
    ...(chosen === undefined ? { isAbsent: true as const } : {}),
  };
}

const AGENT = 'dvr_local_router.py: _set_subnet_arp_info';
const SERVER = 'l3_dvr_db.py: update_arp_entry_for_dvr_service_port';

const isNoRouter = ({ port }: { port: Port }): boolean => !ROUTER_INTERFACE_OWNERS.includes(port.device_owner);

/** `l3_dvr_db.py: is_port_bound`. On a host without an OVS agent binding fails, and where it maps no bridge to the physical network. */
const isBound = ({ lookup }: Context, { node: name, network }: Port): boolean => {
  const [node, of] = [lookup.node.get(name ?? ''), lookup.network.get(network)];
  return node !== undefined && (of === undefined || canBind(node, of));
};

const portMac = (context: Context, port: Port): string => macOf(context, port.pointer, port.mac_address, port.name);

/**
 * Ports with an address in the subnet. The server sends an entry for each port that DVR serves, bound or not, and none for others;
 * the agent takes bound ones, but those of load balancers (`common/utils.py: get_dvr_allowed_address_pair_device_owners`).
 */
function portSources(context: Context, subnet: Subnet): Source[] {
  const release = releaseOf(context);
  return (context.lookup.addressesOfSubnet.get(subnet.name) ?? [])
    .filter(isNoRouter)
    .map(({ port, ip_address: dst }) => {
      const isSent = isServiced(port, release);
      const isLeft = isSent && agentsHave(context, 'no_lbaas_arp');
      const isAsked = isBound(context, port) && !(isLeft && port.device_owner.startsWith('neutron:LOADBALANCER'));
      const sentence = `${port.name} has ${dst} in ${subnet.name}; no ARP crosses nodes for it`;
      return {
        dst,
        mac: portMac(context, port),
        key: port.pointer,
        isSure: isSent && isAsked,
        isUsual: isSent || isAsked,
        because: { pointer: port.pointer, sentence, neutron: AGENT },
      };
    });
}

/**
 * Until Xena the agent wrote all addresses of a port on the device of each of its subnets, those of other subnets and of the other
 * family too; the server sends each to its own subnet, so which of the two saw the port first decides.
 */
function otherSources(context: Context, subnet: Subnet, own: Subnet[]): Source[] {
  if (agentsHave(context, 'arp_of_subnet')) return [];
  const entries = (context.lookup.addressesOfSubnet.get(subnet.name) ?? []).filter(isNoRouter);
  return distinctPorts(entries)
    .filter((port) => isBound(context, port))
    .flatMap((port) =>
      port.fixed_ips
        .filter(({ ip_address }) => !own.some(({ cidr }) => contains(cidr, ip_address)))
        .map(({ ip_address: dst }): Source => {
          const sentence = `${port.name} has an address in ${subnet.name}, and ${dst} elsewhere`;
          return {
            dst,
            mac: portMac(context, port),
            key: port.pointer,
            isSure: false,
            isUsual: true,
            because: { pointer: port.pointer, sentence, neutron: AGENT },
          };
        }),
    );
}

/**
 * Interfaces of routers, the own one among them. The agent leaves them out, but the server sends an entry for any port whose addresses
 * change (`l3_dvrscheduler_db.py: _notify_l3_agent_port_update`), to the nodes that hold a router of the subnet at that time. So does a
 * second IPv6 subnet of a network: it becomes another address of the port that is there.
 */
function interfaceSources(context: Context, subnet: Subnet): Source[] {
  return (context.lookup.interfacesOfSubnet.get(subnet.name) ?? []).map(({ router, interface: entry }) => {
    const dst = interfaceAddress(context, router, entry, subnet).split('/')[0]!;
    return {
      dst,
      mac: macOf(context, entry.pointer, entry.mac_address, `${router.name} in ${entry.subnet}`),
      key: entry.pointer,
      isSure: false,
      isUsual: false,
      because: {
        pointer: entry.pointer,
        sentence: `${dst} is an interface of ${router.name}, whose addresses changed while this node had a router of ${subnet.name}`,
        neutron: SERVER,
      },
    };
  });
}

/** Centralised SNAT ports: the router's own are in its data, those of other routers are bound ports like any. */
function snatSources(context: Context, own: Router, subnet: Subnet): Source[] {
  return (context.lookup.interfacesOfSubnet.get(subnet.name) ?? []).flatMap(
    ({ router, interface: entry }): Source[] => {
      if (!router.external_gateway || !router.distributed || !hasSnatAddress(router, entry)) return [];
      const dst = snatAddressOf(context, entry, subnet).split('/')[0]!;
      const sentence = `${dst} is the centralised SNAT port of ${router.name} in ${subnet.name}`;
      return [
        {
          dst,
          mac: macOf(context, snatKey(entry), entry.snat?.mac_address, `SNAT port of ${entry.subnet}`),
          key: snatKey(entry),
          isSure: router.name === own.name,
          isUsual: true,
          because: { pointer: entry.snat?.pointer ?? entry.pointer, sentence, neutron: AGENT },
        },
      ];
    },
  );
}

/** Single addresses that a port may use besides its own; those that do not ask for the family take any. */
const pairsOf = (port: Port, subnet: Subnet, isOfSubnet: boolean): { address: string; mac: string | undefined }[] =>
  port.allowed_address_pairs.flatMap((pair) => {
    const prefix = parsePrefix(pair.ip_address);
    const isIn = prefix && (!isOfSubnet || (prefix.family === 'inet') === isIpv4(subnet));
    const isRight = isIn && prefix.length === (prefix.family === 'inet' ? 32 : 128);
    return isRight ? [{ address: prefix.address, mac: pair.mac_address }] : [];
  });

const distinctPorts = (entries: readonly { port: Port }[]): Port[] => [...new Set(entries.map(({ port }) => port))];

/** Pairs as the agent writes them: with their own MAC, also where the address is of another subnet. Of equal ones the last counts. */
function pairSources(context: Context, subnet: Subnet): Source[] {
  const isSure = releaseHas(releaseOf(context), 'pair_arp');
  if (!isSure && !releaseMayHave(releaseOf(context), 'pair_arp')) return [];
  const entries = (context.lookup.addressesOfSubnet.get(subnet.name) ?? []).filter(isNoRouter);
  const release = releaseOf(context);
  return distinctPorts(entries)
    .filter((port) => isBound(context, port) || isServiced(port, release))
    .flatMap((port) =>
      pairsOf(port, subnet, isSure).map(({ address: dst, mac }): Source => ({
        dst,
        mac: mac ?? portMac(context, port),
        key: port.pointer,
        isSure: isSure && isBound(context, port) && contains(subnet.cidr, dst),
        isUsual: isBound(context, port) || contains(subnet.cidr, dst),
        isPair: true,
        because: {
          pointer: port.pointer,
          sentence: `${port.name} may use ${dst} (allowed address pair)`,
          neutron: AGENT,
        },
      })),
    )
    .toReversed();
}

/** Pairs as the server sends them: with the MAC of the port until 2024.2, to the subnet of the address, whichever the port is in. */
function pushedPairs(context: Context, subnet: Subnet): Source[] {
  if (!agentsHave(context, 'pair_push')) return [];
  const { lookup } = context;
  const ports = (lookup.pairPortsOfNetwork.get(subnet.network) ?? []).filter((port) => isNoRouter({ port }));
  const isIn = (port: Port) => (lookup.addressesOfSubnet.get(subnet.name) ?? []).some((entry) => entry.port === port);
  return ports
    .filter((port) => isBound(context, port) || isServiced(port, releaseOf(context)))
    .flatMap((port) =>
      pairsOf(port, subnet, true)
        .filter(({ address }) => contains(subnet.cidr, address))
        .map(({ address: dst, mac }): Source => ({
          dst,
          mac: (agentsHave(context, 'pair_mac') ? mac : undefined) ?? portMac(context, port),
          key: port.pointer,
          isSure: false,
          isUsual: isIn(port),
          isPair: true,
          because: {
            pointer: port.pointer,
            sentence: `${port.name} may use ${dst} (allowed address pair)`,
            neutron: SERVER,
          },
        })),
    );
}
