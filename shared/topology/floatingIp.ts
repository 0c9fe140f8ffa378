/** Which router translates a floating IP, by Neutron's rule. */
import type { Lookup } from './lookup.ts';
import type { FloatingIp, Router, Subnet } from './types.ts';

/**
 * The router of an associated floating IP: one with an interface on the subnet of the fixed address and a gateway on the floating
 * IP's network. Of several, the one whose interface has the subnet's `gateway_ip`, else the first (`db/l3_db.py: get_router_for_floatingip`).
 * `undefined`: none, or too little is known.
 */
export function routerOfFloatingIp(find: Lookup, floatingIp: FloatingIp): Router | undefined {
  const subnet = subnetOfFixedIp(find, floatingIp);
  if (!subnet || floatingIp.network === undefined) return undefined;
  const attached = find.routersOfSubnet.get(subnet.name) ?? [];
  const candidates = attached.filter((router) => router.external_gateway?.network === floatingIp.network);
  const atGateway = candidates.find((router) =>
    router.interfaces.some((each) => each.subnet === subnet.name && each.ip_address === subnet.gateway_ip),
  );
  return atGateway ?? candidates[0];
}

/** The subnet of the fixed address that a floating IP stands for; `undefined` when it has none, or it is not known. */
export function subnetOfFixedIp(find: Lookup, { port: name, fixed_ip_address }: FloatingIp): Subnet | undefined {
  const port = name === undefined ? undefined : find.port.get(name);
  if (!port || fixed_ip_address === undefined) return undefined;
  const known = port.fixed_ips.find((each) => each.ip_address === fixed_ip_address)?.subnet;
  if (known !== undefined) return find.subnet.get(known);
  return find.holding(port.network, fixed_ip_address);
}
