/** Names, MACs and addresses of devices, from the topology or from what was allotted; placeholders where neither knows. */
import type { Allocations } from '../allocations.ts';
import { parsePrefix } from '../ip.ts';
import { DEV_PREFIX, type DeviceKind, NS_PREFIX, deviceName } from '../neutron.ts';
import { type Pointer, pointer } from '../problem.ts';
import { type Agents, type Change, hasChange } from '../releases.ts';
import type { Because } from '../state.ts';
import { type Relations, isIpv4, mtuOf, subnetOf } from '../topology/relations.ts';
import type { DevicePort, FixedIp, Network, Node, Port, Router, RouterInterface, Subnet } from '../topology/types.ts';
import { type Device, isUnknown, unknown } from './types.ts';

/** What the builders of namespaces share for one node. */
export interface Context {
  lookup: Relations;
  node: Node;
  allocations: Allocations;
}

export const releaseOf = ({ lookup, allocations }: Pick<Context, 'lookup' | 'allocations'>): string | undefined =>
  lookup.topology.release ?? allocations.release;

/** Whose agents made what is on the node. */
export const agentsOf = (context: Pick<Context, 'lookup' | 'allocations'>): Agents => ({
  release: releaseOf(context),
  backports: context.allocations.backports,
});

/** Whether the agents of the node have a change. */
export const agentsHave = (context: Pick<Context, 'lookup' | 'allocations'>, change: Change): boolean =>
  hasChange(agentsOf(context), change);

/** MTU of a device: its network's, before that was known the agent's option `network_device_mtu`, else the kernel's. */
export const deviceMtu = (context: Context, network: Network | undefined): number =>
  agentsHave(context, 'network_mtu') ? mtuOf(network) : (context.allocations.deviceMtu ?? KERNEL_MTU);

/** `include/uapi/linux/if_ether.h: ETH_DATA_LEN`. */
const KERNEL_MTU = 1500;

const FULL_ID = 36;

/** The whole id of a thing, or undefined. */
export const fullId = ({ allocations }: Context, at: Pointer, id: string | undefined): string | undefined =>
  id !== undefined && id.length === FULL_ID ? id : allocations.ids[at];

export function namespaceName(
  context: Context,
  kind: keyof typeof NS_PREFIX,
  thing: { name: string; pointer: Pointer; id?: string },
): string {
  return (
    NS_PREFIX[kind] + (fullId(context, thing.pointer, thing.id) ?? unknown(thing.id ? `${thing.id}…` : thing.name))
  );
}

/** The device name of a port; the first 11 characters of an id are all that it shows. */
export function portDevice(
  { allocations }: Context,
  kind: DeviceKind,
  at: Pointer,
  id: string | undefined,
  what: string,
): string {
  const known = allocations.ids[at] ?? id;
  return known === undefined ? DEV_PREFIX[kind] + unknown(what) : deviceName(kind, known);
}

/** Both ends of the veth pair are named after the router. */
export function vethDevice(context: Context, kind: 'rfp' | 'fpr', router: Router): string {
  return portDevice(context, kind, router.pointer, router.id, router.name);
}

/** MAC of a port by its key; a placeholder of its own where nobody knows it. */
export const macOf = (
  { allocations }: { allocations: Pick<Allocations, 'macs'> },
  key: string,
  mac: string | undefined,
  what: string,
): string => mac ?? allocations.macs[key] ?? unknown(`mac of ${what}`);

/** One port of a router: an interface on an IPv4 subnet, or those on the IPv6 subnets of one network, which share a port. */
export type RouterPort = readonly [
  [entry: RouterInterface, subnet: Subnet],
  ...[entry: RouterInterface, subnet: Subnet][],
];

/** `ip/prefixlen` of each subnet of a port, by family, and what of it nobody knows. */
function addressesOf(
  port: RouterPort,
  addressOf: (entry: RouterInterface, subnet: Subnet) => string,
  keyOf: (entry: RouterInterface) => Pointer,
): Pick<Device, 'addresses' | 'addresses6' | 'open'> {
  const all = port.map(([entry, subnet]) => ({ entry, subnet, text: addressOf(entry, subnet) }));
  const texts = (isFour: boolean) => all.flatMap(({ subnet, text }) => (isIpv4(subnet) === isFour ? [text] : []));
  return {
    addresses: texts(true),
    addresses6: texts(false),
    open: all.flatMap(({ entry, subnet, text }) =>
      isUnknown(text) ? [{ key: keyOf(entry), within: [subnet.cidr] }] : [],
    ),
  };
}

/** `ip/prefixlen` of an interface, or a placeholder. */
export function interfaceAddress(
  { allocations }: Context,
  router: Router,
  entry: RouterInterface,
  subnet: Subnet,
): string {
  return (
    withLength(entry.ip_address ?? subnet.gateway_ip ?? undefined, subnet) ??
    allocations.addresses[entry.pointer] ??
    `${unknown(`address of ${router.name} in ${entry.subnet}`)}/${parsePrefix(subnet.cidr)?.length ?? 0}`
  );
}

/** What a device without id is called after: its subnet, and its router too where several are on it. */
const placeOf = ({ lookup }: Context, router: Router, { subnet }: RouterInterface): string =>
  (lookup.interfacesOfSubnet.get(subnet)?.length ?? 0) > 1 ? `${router.name} in ${subnet}` : subnet;

/** The `qr-` device of a port. */
export function qrDevice(context: Context, router: Router, port: RouterPort): Device {
  const [[entry, subnet]] = port;
  return {
    kind: 'qr',
    ifname: portDevice(context, 'qr', entry.pointer, entry.port_id, placeOf(context, router, entry)),
    mac: macOf(context, entry.pointer, entry.mac_address, `${router.name} in ${entry.subnet}`),
    mtu: deviceMtu(context, context.lookup.network.get(subnet.network)),
    network: subnet.network,
    ...addressesOf(
      port,
      (own, of) => interfaceAddress(context, router, own, of),
      (own) => own.pointer,
    ),
    key: entry.pointer,
    within: port.map(([, { cidr }]) => cidr),
    because: {
      pointer: entry.pointer,
      sentence: `${router.name} has an interface on ${entry.subnet}; every node that holds the router has it`,
      neutron: 'dvr_local_router.py: internal_network_added',
    },
  };
}

/** Pointer of the centralised SNAT port of an interface: its own when it stands in the file. */
export const snatKey = (entry: RouterInterface): Pointer => entry.snat?.pointer ?? entry.pointer + pointer('snat');

/** `ip/prefixlen` of the centralised SNAT port, or a placeholder. */
export function snatAddressOf({ allocations }: Context, entry: RouterInterface, subnet: Subnet): string {
  return (
    withLength(entry.snat?.ip_address, subnet) ??
    allocations.addresses[snatKey(entry)] ??
    `${unknown(`SNAT address of ${entry.subnet}`)}/${parsePrefix(subnet.cidr)?.length ?? 0}`
  );
}

export function sgDevice(context: Context, router: Router, port: RouterPort): Device {
  const [[entry, subnet]] = port;
  const key = snatKey(entry);
  return {
    kind: 'sg',
    ifname: portDevice(context, 'sg', key, entry.snat?.port_id, placeOf(context, router, entry)),
    mac: macOf(context, key, entry.snat?.mac_address, `SNAT port of ${entry.subnet}`),
    mtu: deviceMtu(context, context.lookup.network.get(subnet.network)),
    network: subnet.network,
    ...addressesOf(port, (own, of) => snatAddressOf(context, own, of), snatKey),
    key,
    within: port.map(([, { cidr }]) => cidr),
    because: {
      pointer: entry.snat?.pointer ?? entry.pointer,
      sentence: `the centralised SNAT port of ${router.name} in ${entry.subnet} is where other nodes send packets to the outside`,
      neutron: 'dvr_edge_router.py: _create_dvr_gateway',
    },
  };
}

/** A device on the external network: `qg-` of a router or `fg-` of the node. */
export function externalDevice(
  context: Context,
  kind: 'qg' | 'fg',
  port: DevicePort & { fixed_ips: FixedIp[] },
  network: Network,
  because: Because,
  what: string,
): Device {
  const { addresses: given, learned } = context.allocations;
  const ifname = portDevice(context, kind, port.pointer, port.port_id, what);
  const open: { key: string; within: string[] }[] = [];
  // A port without given addresses gets one of each family that the network has (`ipam_pluggable_backend.py: _allocate_ips_for_port`).
  const ofFamily = (isFour: boolean): string[] => {
    const subnets = network.subnets.filter((subnet) => isIpv4(subnet) === isFour);
    const known = port.fixed_ips.flatMap((fixed) => {
      const subnet = subnetOf(context.lookup, network.name, fixed);
      return subnet && isIpv4(subnet) === isFour ? [withLength(fixed.ip_address, subnet)!] : [];
    });
    if (known.length > 0 || port.fixed_ips.length > 0) return known;
    if (subnets.length === 0 && !(isFour && network.subnets.length === 0)) return [];
    const key = isFour ? port.pointer : `${port.pointer} IPv6`;
    open.push({ key, within: subnets.map(({ cidr }) => cidr) });
    const length = parsePrefix(subnets[0]?.cidr ?? '')?.length ?? 0;
    return [given[key] ?? `${unknown(`${isFour ? '' : 'IPv6 '}address of ${what}`)}/${length}`];
  };
  return {
    kind,
    ifname,
    mac: macOf(context, port.pointer, port.mac_address, what),
    mtu: deviceMtu(context, network),
    network: network.name,
    addresses: ofFamily(true),
    addresses6: ofFamily(false),
    ...(learned[ifname] ? { learned: learned[ifname] } : {}),
    open,
    key: port.pointer,
    within: network.subnets.map(({ cidr }) => cidr),
    because,
  };
}

function withLength(address: string | undefined, subnet: Subnet): string | undefined {
  const prefix = parsePrefix(subnet.cidr);
  return address === undefined || !prefix ? undefined : `${address}/${prefix.length}`;
}

/** The agent gateway port of this node on an external network; of several the active one, which alone is plugged. */
export function agentGatewayPort({ lookup, node }: Context, network: Network, owner: string): Port | undefined {
  const bound = lookup.agentPortsOfNode.get(node.name) ?? [];
  const unbound = (lookup.agentPortsOfNode.get('') ?? []).filter(
    ({ device_id: agent }) => agent !== undefined && agent === node.l3_agent_id,
  );
  const candidates = [...bound, ...unbound].filter(
    (port) => port.device_owner === owner && port.network === network.name,
  );
  return candidates.find((port) => port.status === 'ACTIVE') ?? candidates[0];
}
