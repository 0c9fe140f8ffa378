/** `qrouter-<router>`: the router as every node that serves one of its subnets has it. `agent/l3/dvr_local_router.py`. */
import { contains, ipv4Text, ipv4Value, parsePrefix } from '../ip.ts';
import { DVR_FIP_LL_CIDR, ROUTER_INTERFACE_OWNERS } from '../neutron.ts';
import { type Hosted, hasExternal, placementOf, snatNodes } from '../placement.ts';
import type { Because } from '../state.ts';
import { isIpv4, mtuOf } from '../topology/relations.ts';
import type { Router, RouterInterface, Subnet } from '../topology/types.ts';
import {
  type Context,
  macOf,
  namespaceName,
  qrDevice,
  releaseOf,
  snatAddressOf,
  snatKey,
  vethDevice,
} from './devices.ts';
import {
  type Device,
  type FipLink,
  type InterfaceFact,
  type NeighbourFact,
  type QrouterNamespace,
  type RouteFact,
  unknown,
} from './types.ts';

export function qrouterNamespace(context: Context, { router, because }: Hosted): QrouterNamespace {
  const { lookup, node } = context;
  const interfaces = portsOf(context, router, ({ port_id }) => port_id).map(([entry, subnet]) =>
    interfaceFact(context, router, entry, subnet),
  );
  const fipLink = fipLinkOf(context, router);
  const served = placementOf(lookup.topology).floatingIpsByRouter.get(router.name) ?? [];
  const isSnatNode = snatNodes(lookup.topology, router).some(({ name }) => name === node.name);
  const listed = served.find((s) => s.node === node.name || (s.kind === 'centralised' && isSnatNode));
  return {
    kind: 'qrouter',
    name: namespaceName(context, 'qrouter', router),
    node,
    release: releaseOf(context),
    because,
    router,
    hasGateway: router.external_gateway !== undefined,
    interfaces,
    ...(fipLink ? { fipLink } : {}),
    floatingIps: distributedFloatingIps(context, router),
    ...(listed ? { floatingIpListed: listed.because } : {}),
    extraRoutes: router.routes.flatMap((route) =>
      extraRoute(
        router,
        route,
        interfaces.map((i) => i.device),
      ),
    ),
  };
}

/**
 * One entry for each port of the router, with its subnet: the IPv6 subnets of one network share a port, IPv4 ones never do.
 * @param idOf the port's id, of the interface itself or of its centralised SNAT port
 */
export function portsOf(
  { lookup }: Context,
  router: Router,
  idOf: (entry: RouterInterface) => string | undefined,
): [RouterInterface, Subnet][] {
  const seen = new Set<string>();
  return router.interfaces.flatMap((entry): [RouterInterface, Subnet][] => {
    const subnet = lookup.subnet.get(entry.subnet);
    const shared = subnet && !isIpv4(subnet) ? (idOf(entry) ?? `${router.name} in ${subnet.network}`) : undefined;
    if (!subnet || (shared !== undefined && seen.has(shared))) return [];
    if (shared !== undefined) seen.add(shared);
    return [[entry, subnet]];
  });
}

function interfaceFact(context: Context, router: Router, entry: RouterInterface, subnet: Subnet): InterfaceFact {
  if (!isIpv4(subnet)) return { device: qrDevice(context, router, entry, subnet), neighbours: [] };
  const gateway = snatAddressOf(context, entry, subnet).split('/')[0]!;
  const redirect = router.external_gateway && {
    gateway,
    key: snatKey(entry),
    because: {
      pointer: entry.pointer,
      sentence: `packets from ${subnet.cidr} to the outside go to the SNAT node by ${gateway}, the centralised SNAT port of ${entry.subnet}`,
      neutron: 'dvr_local_router.py: _snat_redirect_modify',
    },
  };
  return {
    device: qrDevice(context, router, entry, subnet),
    ...(redirect ? { redirect } : {}),
    neighbours: neighboursOf(context, subnet),
  };
}

/**
 * Permanent neighbours of a subnet: every port with an address in it but router interfaces, the centralised SNAT ports of all
 * routers on it, and single-address pairs, whose MAC wins over that of a port that owns the address
 * (`dvr_local_router.py: _set_subnet_arp_info`).
 */
function neighboursOf(context: Context, subnet: Subnet): NeighbourFact[] {
  const { lookup } = context;
  const neutron = 'dvr_local_router.py: _set_subnet_arp_info';
  const facts = new Map<string, NeighbourFact>();
  const ports = (lookup.addressesOfSubnet.get(subnet.name) ?? []).filter(
    ({ port }) => !ROUTER_INTERFACE_OWNERS.includes(port.device_owner),
  );
  for (const { port, ip_address: dst } of ports) {
    const because = {
      pointer: port.pointer,
      sentence: `${port.name} has ${dst} in ${subnet.name}; no ARP crosses nodes for it`,
      neutron,
    };
    facts.set(dst, { dst, mac: macOf(context, port.pointer, port.mac_address, port.name), key: port.pointer, because });
  }
  for (const { router, interface: entry } of lookup.interfacesOfSubnet.get(subnet.name) ?? []) {
    if (!router.external_gateway || !router.distributed) continue;
    const dst = snatAddressOf(context, entry, subnet).split('/')[0]!;
    const mac = macOf(context, snatKey(entry), entry.snat?.mac_address, `SNAT port of ${entry.subnet}`);
    const sentence = `${dst} is the centralised SNAT port of ${router.name} in ${subnet.name}`;
    facts.set(dst, {
      dst,
      mac,
      key: snatKey(entry),
      because: { pointer: entry.snat?.pointer ?? entry.pointer, sentence, neutron },
    });
  }
  for (const { port } of ports)
    for (const pair of port.allowed_address_pairs) {
      const prefix = parsePrefix(pair.ip_address);
      if (!prefix || prefix.family !== 'inet' || prefix.length !== 32 || !contains(subnet.cidr, prefix)) continue;
      const sentence = `${port.name} may use ${prefix.address} (allowed address pair)`;
      const mac = pair.mac_address ?? macOf(context, port.pointer, port.mac_address, port.name);
      facts.set(prefix.address, {
        dst: prefix.address,
        mac,
        key: port.pointer,
        because: { pointer: port.pointer, sentence, neutron },
      });
    }
  return [...facts.values()];
}

/** The veth pair to the fip namespace: on `dvr` and `dvr_snat` nodes as soon as the router has a gateway (`process_external`). */
export function fipLinkOf(context: Context, router: Router): FipLink | undefined {
  const { lookup, node, allocations } = context;
  const gateway = router.external_gateway;
  if (!gateway || !hasExternal(node)) return undefined;
  const rfpAddress =
    allocations.linkLocals[router.name] ?? unknown(`link-local address of ${router.name} on ${node.name}`);
  const value = ipv4Value(rfpAddress);
  const fprAddress =
    value === undefined ? unknown(`link-local peer of ${router.name} on ${node.name}`) : ipv4Text(value + 1);
  const mtu = mtuOf(lookup.network.get(gateway.network));
  const because: Because = {
    pointer: gateway.pointer,
    sentence: `${router.name} has a gateway, so ${node.name} connects it with the fip namespace of ${gateway.network}`,
    neutron: 'dvr_fip_ns.py: create_rtr_2_fip_link',
  };
  const end = (kind: 'rfp' | 'fpr', address: string): Device => {
    const ifname = vethDevice(context, kind, router);
    return {
      kind,
      ifname,
      mac: macOf(context, ifname, undefined, ifname),
      mtu,
      addresses: [`${address}/31`],
      key: ifname,
      within: [DVR_FIP_LL_CIDR],
      because,
    };
  };
  return { rfp: end('rfp', rfpAddress), fpr: end('fpr', fprAddress), rfpAddress, fprAddress };
}

export const distributedFloatingIps = ({ lookup, node, allocations }: Context, router: Router) =>
  (placementOf(lookup.topology).floatingIpsByRouter.get(router.name) ?? [])
    .filter((served) => served.node === node.name)
    .map(({ floating, fixed_ip_address, because }) => ({
      floating_ip_address: floating.floating_ip_address,
      fixed_ip_address,
      priority: allocations.fipPriorities[floating.floating_ip_address] ?? 0,
      because,
    }));

/** An extra route is installed where its next hop is on a connected subnet; elsewhere the kernel refuses it and the agent goes on. */
export function extraRoute(
  router: Router,
  { destination, nexthop }: { destination: string; nexthop: string },
  devices: Device[],
): RouteFact[] {
  const device = devices.find(({ addresses }) => addresses.some((own) => contains(own, nexthop)));
  if (!device) return [];
  const because = {
    pointer: `${router.pointer}/routes`,
    sentence: `${router.name} has an extra route to ${destination} by ${nexthop}`,
    neutron: 'router_info.py: _update_routing_table',
  };
  return [{ dst: destination, gateway: nexthop, dev: device.ifname, because }];
}
