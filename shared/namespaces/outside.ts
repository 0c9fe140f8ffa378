/** What a namespace reaches by its device on the external network: gateways, and subnets on the same link. */
import { contains, familyOf } from '../ip.ts';
import type { Because } from '../state.ts';
import { isIpv4, subnetOf } from '../topology/relations.ts';
import type { FixedIp, Network, Subnet } from '../topology/types.ts';
import { type Choice, chosenOf } from './choice.ts';
import type { Context } from './devices.ts';
import type { Device, GatewayFact, OnlinkFact } from './types.ts';

/** The gateways of the external subnets that a device has an address in, and the subnets in which it has none. */
export function outsideOf(
  context: Context,
  network: Network,
  device: Device,
  fixedIps: FixedIp[],
): { gateways: GatewayFact[]; onlink: OnlinkFact[] } {
  const held = [...device.addresses, ...(device.addresses6 ?? [])].map((text) => text.split('/')[0]!);
  const holds = ({ cidr }: Subnet) => held.some((address) => contains(cidr, address));
  const used = usedSubnets(context, network, fixedIps, holds);
  const others = network.subnets.filter((subnet) => !used.includes(subnet) && !holds(subnet));
  return {
    gateways: gatewaysOf(context, device, used),
    onlink: [
      ...others.map((subnet) => subnetLink(context, network, device, subnet)),
      ...used.flatMap((subnet) => gatewayLink(context, device, subnet, others) ?? []),
    ],
  };
}

/** Of a subnet that came after the device the agent learns when it next looks at the router, for whatever reason. */
function subnetLink({ allocations }: Context, network: Network, { ifname }: Device, subnet: Subnet): OnlinkFact {
  const { cidr: dst, name, pointer } = subnet;
  const choice: Choice = { key: `${ifname} ${dst} link`, candidates: [dst], none: true };
  return {
    dst,
    because: {
      pointer,
      sentence: `${name} is another subnet of ${network.name}: it is on the same link`,
      neutron: 'interface.py: set_onlink_routes',
    },
    choice,
    subnet: name,
    ...absence(chosenOf(allocations, choice, [dst]).length > 0),
  };
}

function usedSubnets(
  { lookup }: Context,
  network: Network,
  fixedIps: FixedIp[],
  holds: (subnet: Subnet) => boolean,
): Subnet[] {
  const used = new Set(fixedIps.flatMap((fixed) => subnetOf(lookup, network.name, fixed)?.name ?? []));
  if (used.size > 0) return network.subnets.filter(({ name }) => used.has(name));
  // Addresses that are not known yet come from the first subnet of their family.
  return [true, false].flatMap((isFour) => {
    const subnets = network.subnets.filter((subnet) => isIpv4(subnet) === isFour);
    return subnets.find(holds) ?? subnets[0] ?? [];
  });
}

/**
 * Each subnet's gateway replaces the default route of the one before (`router_info.py: _external_gateway_added`,
 * `dvr_fip_ns.py: _update_gateway_route`), in the order of the database: by the id, as it seems.
 */
function gatewaysOf({ allocations }: Context, { ifname }: Device, used: Subnet[]): GatewayFact[] {
  const ordered = used.toSorted((a, b) => ((a.id ?? '') < (b.id ?? '') ? -1 : 1));
  return (['inet', 'inet6'] as const).flatMap((family) => {
    const subnets = ordered.filter(({ gateway_ip }) => gateway_ip !== null && familyOf(gateway_ip) === family);
    const candidates = [...new Set(subnets.map(({ gateway_ip }) => gateway_ip!))];
    const choice: Choice = { key: `${ifname} ${family} gateway`, candidates };
    const chosen = chosenOf(allocations, choice, candidates.slice(-1));
    return candidates.map((address): GatewayFact => {
      const subnet = subnets.find(({ gateway_ip }) => gateway_ip === address)!;
      return {
        address,
        because: gatewayBecause(subnet),
        ...(candidates.length > 1 ? { choice } : {}),
        ...absence(chosen.includes(address)),
      };
    });
  });
}

const absence = (isThere: boolean): { isAbsent?: true } => (isThere ? {} : { isAbsent: true });

const gatewayBecause = ({ pointer, name, gateway_ip }: Subnet): Because => ({
  pointer,
  sentence: `${gateway_ip} is the gateway of ${name}`,
  neutron: 'router_info.py: _external_gateway_added',
});

/**
 * A gateway outside its subnet gets a route of its own, but not for long: the agent takes it for the route of a subnet that is gone
 * when it looks again (`_add_route_to_gw` keeps the address, `set_onlink_routes` looks for the prefix). The default route stays.
 */
function gatewayLink(
  { allocations }: Context,
  { kind, ifname }: Device,
  subnet: Subnet,
  others: Subnet[],
): OnlinkFact | undefined {
  const { gateway_ip: gateway, cidr } = subnet;
  if (gateway === null || contains(cidr, gateway)) return undefined;
  const isReached = others.some((other) => contains(other.cidr, gateway));
  const choice: Choice = { key: `${ifname} ${gateway} link`, candidates: [gateway], none: true };
  const chosen = chosenOf(allocations, choice, kind === 'qg' && isReached ? [] : [gateway]);
  const because = {
    ...gatewayBecause(subnet),
    sentence: `${gateway}, the gateway of ${subnet.name}, is outside of it`,
  };
  return { dst: gateway, because, choice, ...absence(chosen.length > 0) };
}
