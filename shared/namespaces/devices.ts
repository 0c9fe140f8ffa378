/** Names, MACs and addresses of devices, from the topology or from what was allotted; placeholders where neither knows. */
import type { Allocations } from '../allocations.ts';
import { contains, parsePrefix } from '../ip.ts';
import { DEV_PREFIX, type DeviceKind, NS_PREFIX, deviceName } from '../neutron.ts';
import { type Pointer, pointer } from '../problem.ts';
import type { Because } from '../state.ts';
import { type Relations, isIpv4, mtuOf, subnetOf } from '../topology/relations.ts';
import type { DevicePort, FixedIp, Network, Node, Port, Router, RouterInterface, Subnet } from '../topology/types.ts';
import { type Device, unknown } from './types.ts';

/** What the builders of namespaces share for one node. */
export interface Context {
  lookup: Relations;
  node: Node;
  allocations: Allocations;
}

export const releaseOf = ({ lookup, allocations }: Context): string | undefined =>
  lookup.topology.release ?? allocations.release;

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

/** The `qr-` device of an interface. */
export function qrDevice(context: Context, router: Router, entry: RouterInterface, subnet: Subnet): Device {
  const address = entry.ip_address ?? subnet.gateway_ip ?? undefined;
  const placeholder = `${unknown(`address of ${router.name} in ${entry.subnet}`)}/0`;
  return {
    kind: 'qr',
    ifname: portDevice(context, 'qr', entry.pointer, entry.port_id, entry.subnet),
    mac: macOf(context, entry.pointer, entry.mac_address, `${router.name} in ${entry.subnet}`),
    mtu: mtuOf(context.lookup.network.get(subnet.network)),
    network: subnet.network,
    addresses: isIpv4(subnet)
      ? [withLength(address, subnet) ?? context.allocations.addresses[entry.pointer] ?? placeholder]
      : [],
    key: entry.pointer,
    within: [subnet.cidr],
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

export function sgDevice(context: Context, router: Router, entry: RouterInterface, subnet: Subnet): Device {
  const key = snatKey(entry);
  return {
    kind: 'sg',
    ifname: portDevice(context, 'sg', key, entry.snat?.port_id, entry.subnet),
    mac: macOf(context, key, entry.snat?.mac_address, `SNAT port of ${entry.subnet}`),
    mtu: mtuOf(context.lookup.network.get(subnet.network)),
    network: subnet.network,
    addresses: isIpv4(subnet) ? [snatAddressOf(context, entry, subnet)] : [],
    key,
    within: [subnet.cidr],
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
  const known = port.fixed_ips.flatMap((fixed) => {
    const subnet = subnetOf(context.lookup, network.name, fixed);
    return subnet && isIpv4(subnet) ? [withLength(fixed.ip_address, subnet)!] : [];
  });
  const wanted = known.length > 0 || port.fixed_ips.length > 0;
  const guess =
    context.allocations.addresses[port.pointer] ?? `${unknown(`address of ${what}`)}/${prefixLength(network)}`;
  return {
    kind,
    ifname: portDevice(context, kind, port.pointer, port.port_id, what),
    mac: macOf(context, port.pointer, port.mac_address, what),
    mtu: mtuOf(network),
    network: network.name,
    addresses: wanted ? known : [guess],
    key: port.pointer,
    within: network.subnets.filter(isIpv4).map(({ cidr }) => cidr),
    because,
  };
}

/** Prefix length of the first IPv4 subnet of a network. */
const prefixLength = (network: Network): number => parsePrefix(network.subnets.find(isIpv4)?.cidr ?? '')?.length ?? 0;

function withLength(address: string | undefined, subnet: Subnet): string | undefined {
  const prefix = parsePrefix(subnet.cidr);
  return address === undefined || !prefix ? undefined : `${address}/${prefix.length}`;
}

/** The gateways of the external subnets that a device has an address in, and the subnets in which it has none. */
export function outsideOf({ lookup }: Context, network: Network, device: Device, fixedIps: FixedIp[]) {
  const because = (subnet: Subnet, sentence: string, neutron: string): Because => ({
    pointer: subnet.pointer,
    sentence,
    neutron,
  });
  const used = new Set(fixedIps.flatMap((fixed) => subnetOf(lookup, network.name, fixed)?.name ?? []));
  const ipv4 = network.subnets.filter(isIpv4);
  // An address that is not known yet comes from the first subnet.
  const own = used.size > 0 ? ipv4.filter((subnet) => used.has(subnet.name)) : ipv4.slice(0, 1);
  return {
    gateways: own.flatMap((subnet) =>
      subnet.gateway_ip === null
        ? []
        : [
            {
              address: subnet.gateway_ip,
              because: because(
                subnet,
                `${subnet.gateway_ip} is the gateway of ${subnet.name}`,
                'router_info.py: _external_gateway_added',
              ),
            },
          ],
    ),
    onlink: ipv4
      .filter(
        (subnet) =>
          !own.includes(subnet) && !device.addresses.some((text) => contains(subnet.cidr, text.split('/')[0]!)),
      )
      .map((subnet) => ({
        dst: subnet.cidr,
        because: because(
          subnet,
          `${subnet.name} is another subnet of ${network.name}: it is on the same link`,
          'interface.py: set_onlink_routes',
        ),
      })),
  };
}

/** The agent gateway port of this node on an external network; of several the active one, which alone is plugged. */
export function agentGatewayPort({ lookup, node }: Context, network: Network, owner: string): Port | undefined {
  const candidates = lookup.topology.ports.filter(
    (port) =>
      port.device_owner === owner &&
      port.network === network.name &&
      (port.node === node.name ||
        (port.node === undefined && node.l3_agent_id !== undefined && port.device_id === node.l3_agent_id)),
  );
  return candidates.find((port) => port.status === 'ACTIVE') ?? candidates[0];
}
