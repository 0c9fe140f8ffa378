/** `snat-<router>`: where packets without a floating IP leave. `agent/l3/dvr_edge_router.py`, `dvr_snat_ns.py`. */
import { placementOf } from '../placement.ts';
import { isIpv4, subnetOf } from '../topology/relations.ts';
import type { Router } from '../topology/types.ts';
import { type Context, externalDevice, namespaceName, outsideOf, releaseOf, sgDevice } from './devices.ts';
import { extraRoute, portsOf } from './qrouter.ts';
import type { SnatNamespace } from './types.ts';

/** @returns undefined for a router without gateway: its SNAT node has no snat namespace */
export function snatNamespace(context: Context, router: Router): SnatNamespace | undefined {
  const { lookup, node } = context;
  const gateway = router.external_gateway;
  const network = gateway && lookup.network.get(gateway.network);
  if (!gateway || !network) return undefined;
  const because = {
    pointer: gateway.pointer,
    sentence: `${node.name} holds the SNAT role of ${router.name}`,
    neutron: 'dvr_edge_router.py: _is_this_snat_host',
  };
  const port = { ...gateway, fixed_ips: gateway.external_fixed_ips };
  const qg = externalDevice(context, 'qg', port, network, because, `${router.name} on ${network.name}`);
  const sg = portsOf(context, router, ({ snat }) => snat?.port_id).map(([entry, subnet]) =>
    sgDevice(context, router, entry, subnet),
  );
  const centralised = (placementOf(lookup.topology).floatingIpsByRouter.get(router.name) ?? []).filter(
    ({ kind }) => kind === 'centralised',
  );
  const ipv4 = gateway.external_fixed_ips.filter((fixed) => {
    const subnet = subnetOf(lookup, network.name, fixed);
    return subnet !== undefined && isIpv4(subnet);
  });
  const snatAddress = qg.addresses[0]?.split('/')[0];
  return {
    kind: 'snat',
    name: namespaceName(context, 'snat', router),
    node,
    release: releaseOf(context),
    because,
    router,
    // Each centralised floating IP is an address of the gateway device (`dvr_edge_router.py: add_centralized_floatingip`).
    qg: {
      ...qg,
      addresses: [...qg.addresses, ...centralised.map(({ floating }) => `${floating.floating_ip_address}/32`)],
    },
    sg,
    enableSnat: gateway.enable_snat,
    ...(snatAddress === undefined ? {} : { snatAddress }),
    ...outsideOf(context, network, qg, ipv4),
    floatingIps: centralised.map(({ floating, fixed_ip_address, because: why }) => ({
      floating_ip_address: floating.floating_ip_address,
      fixed_ip_address,
      priority: 0,
      because: why,
    })),
    extraRoutes: router.routes.flatMap((route) => extraRoute(router, route, [...sg, qg])),
  };
}
