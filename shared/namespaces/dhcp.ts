/** `qdhcp-<network>`: where the DHCP agent answers. `agent/linux/dhcp.py: DeviceManager`. */
import { familyOf } from '../ip.ts';
import { METADATA_V4_CIDR, METADATA_V6_CIDR } from '../neutron.ts';
import { dhcpPortsOf } from '../placement.ts';
import { type Agents, hasChange } from '../releases.ts';
import type { Family } from '../state.ts';
import { isIpv4, subnetOf } from '../topology/relations.ts';
import type { Network, Port, Subnet } from '../topology/types.ts';
import { type Choice, chosenOf } from './choice.ts';
import { type Context, agentsHave, agentsOf, deviceMtu, macOf, namespaceName, portDevice } from './devices.ts';
import { type Device, type DhcpNamespace, unknown } from './types.ts';

/** One for each network with an active DHCP port on this node. */
export function dhcpNamespaces(context: Context): DhcpNamespace[] {
  const { lookup, node } = context;
  const ports = dhcpPortsOf(lookup.topology, node.name).filter(isActive);
  return [...new Set(ports.map(({ network }) => network))].flatMap((name) => {
    const network = lookup.network.get(name);
    return network
      ? [
          dhcpNamespace(
            context,
            network,
            ports.filter((port) => port.network === name),
          ),
        ]
      : [];
  });
}

/** A port that nobody said anything about is taken as one that is in use. */
export const isActive = ({ status }: Port): boolean => status === undefined || status === 'ACTIVE';

function dhcpNamespace(context: Context, network: Network, ports: Port[]): DhcpNamespace {
  const because = {
    pointer: ports[0]!.pointer,
    sentence: `the DHCP agent of ${context.node.name} serves ${network.name} by ${ports[0]!.name}`,
    neutron: 'dhcp.py: DeviceManager.setup',
  };
  const gateways = FAMILIES.flatMap((family) => gatewayOf(context, network, ports[0]!, family) ?? []);
  return {
    kind: 'qdhcp',
    name: namespaceName(context, 'qdhcp', network),
    node: context.node,
    ...agentsOf(context),
    because,
    network,
    taps: ports.map((port) => tapDevice(context, network, port)),
    gateways,
    // A namespace keeps the chains that it was given when its device was plugged, whatever release the agent is of by now.
    ...(chosenOf(context.allocations, natChoice(network), hasNat(context)).length > 0 ? { nat: true as const } : {}),
  };
}

/** Whether the agent made a nat table there; until Train it did (`dhcp.py: DeviceManager.fill_dhcp_udp_checksums`). */
export const natChoice = ({ pointer }: Pick<Network, 'pointer'>): Choice => ({
  key: `${pointer} dhcp nat`,
  candidates: ['nat'],
  none: true,
});

const hasNat = (context: Context): string[] => (agentsHave(context, 'dhcp_without_nat') ? [] : ['nat']);

/** Where `Allocations` has the metadata address of a DHCP port. */
export const metadataKey = (port: Pick<Port, 'pointer'>): string => `${port.pointer}/metadata`;
/** The same of IPv6. */
export const metadata6Key = (port: Pick<Port, 'pointer'>): string => `${port.pointer}/metadata6`;
/** Where `Allocations` has which of several gateways a DHCP namespace uses. */
export const gatewayKey = (port: Pick<Port, 'pointer'>, family: Family): string => `${port.pointer}/gateway/${family}`;

const FAMILIES: readonly Family[] = ['inet', 'inet6'];

function tapDevice(context: Context, network: Network, port: Port): Device {
  const { lookup, allocations } = context;
  const own = port.fixed_ips.flatMap((fixed) => {
    const subnet = subnetOf(lookup, network.name, fixed);
    // Addresses in subnets without DHCP are not set (`setup_dhcp_port`).
    return subnet?.enable_dhcp ? [`${fixed.ip_address}/${subnet.cidr.split('/')[1]}`] : [];
  });
  const isSix = (text: string) => familyOf(text.split('/')[0]!) === 'inet6';
  const [first] = network.subnets.filter((subnet) => subnet.enable_dhcp && isIpv4(subnet));
  const open =
    port.fixed_ips.length === 0 && first
      ? [allocations.addresses[port.pointer] ?? `${unknown(`address of ${port.name}`)}/${first.cidr.split('/')[1]}`]
      : [];
  // Only with `enable_isolated_metadata` or `force_metadata` (`dhcp_agent.ini`), which no API tells.
  const metadata = allocations.addresses[metadataKey(port)];
  const metadata6 = allocations.addresses[metadata6Key(port)];
  return {
    kind: 'tap',
    ifname: portDevice(context, 'tap', port.pointer, port.id, port.name),
    mac: macOf(context, port.pointer, port.mac_address, port.name),
    mtu: deviceMtu(context, network),
    network: network.name,
    addresses: [...own.filter((text) => !isSix(text)), ...open, ...(metadata === undefined ? [] : [metadata])],
    addresses6: [...own.filter(isSix), ...(metadata6 === undefined ? [] : [metadata6])],
    key: port.pointer,
    within: network.subnets.filter(isIpv4).map(({ cidr }) => cidr),
    because: {
      pointer: port.pointer,
      sentence: `${port.name} is where DHCP of ${network.name} is answered on ${context.node.name}`,
      neutron: 'dhcp.py: DeviceManager.setup',
    },
  };
}

/** `constants.METADATA_V4_CIDR`; before Train the whole `169.254.0.0/16` (`dhcp.py: METADATA_DEFAULT_CIDR`). */
export const METADATA_ADDRESSES: readonly string[] = [METADATA_V4_CIDR, '169.254.169.254/16'];

/** `common/_constants.py: METADATA_V6_CIDR`; before there was that one the prefix of the link, `lib: constants.py: METADATA_V6_CIDR`. */
export const METADATA6_ADDRESSES: readonly string[] = [METADATA_V6_CIDR, 'fe80::a9fe:a9fe/64'];

/**
 * Whether a namespace with the IPv4 metadata address has the IPv6 one too: since 2025.1 only where the network has IPv6
 * (`dhcp.py: DeviceManager.setup`).
 */
export const hasMetadata6 = (agents: Agents, network: Network): boolean =>
  hasChange(agents, 'metadata_ipv6') &&
  (!hasChange(agents, 'dhcp_metadata6_by_subnet') || network.subnets.some((subnet) => !isIpv4(subnet)));

/** `dhcp.py: DeviceManager._set_default_route_ip_version`: the first subnet with DHCP and a gateway; which is first the server says. */
function gatewayOf(
  { allocations }: Context,
  network: Network,
  port: Port,
  family: Family,
): DhcpNamespace['gateways'][number] | undefined {
  const candidates = gatewaySubnets(network, family);
  const subnet = candidates.find(({ gateway_ip }) => gateway_ip === allocations.addresses[gatewayKey(port, family)]);
  const chosen = subnet ?? candidates[0];
  if (!chosen?.gateway_ip) return undefined;
  const because = {
    pointer: chosen.pointer,
    sentence: `${chosen.gateway_ip} is the gateway of ${chosen.name}; answers to relayed requests leave by it`,
    neutron: 'dhcp.py: DeviceManager._set_default_route_ip_version',
  };
  return { address: chosen.gateway_ip, because };
}

export const gatewaySubnets = (network: Network, family: Family): Subnet[] =>
  network.subnets.filter(
    (subnet) => isIpv4(subnet) === (family === 'inet') && subnet.enable_dhcp && subnet.gateway_ip !== null,
  );
