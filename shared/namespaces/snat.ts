/** `snat-<router>`: where packets without a floating IP leave. `agent/l3/dvr_edge_router.py`, `dvr_snat_ns.py`. */
import { placementOf } from '../placement.ts';
import type { Because } from '../state.ts';
import { hasSnatAddress } from '../topology/relations.ts';
import type { Router } from '../topology/types.ts';
import { conntrackHelpers } from './conntrackHelper.ts';
import { type Context, agentsHave, agentsOf, externalDevice, namespaceName, sgDevice } from './devices.ts';
import { extraRoutes, haExtraRoutes } from './extraRoutes.ts';
import { guarded, haFact } from './ha.ts';
import { ndpProxies } from './ndpProxy.ts';
import { outsideOf } from './outside.ts';
import { forwardedAddresses, portForwardings } from './portForwarding.ts';
import { portsOf } from './qrouter.ts';
import { deviceScopes, externalMarkOf, gatewayScopes } from './scopes.ts';
import type { Device, FloatingIpFact, GatewayFact, HaFact, SnatNamespace } from './types.ts';

/** @returns undefined for a router without gateway: its SNAT node has no snat namespace, unless keepalived runs in it */
export function snatNamespace(context: Context, router: Router): SnatNamespace | undefined {
  const { lookup, node } = context;
  const ha = haFact(context, router);
  const gateway = router.external_gateway;
  if (!ha && !lookup.network.has(gateway?.network ?? '')) return undefined;
  const because = {
    pointer: gateway?.pointer ?? router.pointer,
    sentence: `${node.name} holds the SNAT role of ${router.name}`,
    neutron: ha ? 'dvr_edge_ha_router.py: initialize' : 'dvr_edge_router.py: _is_this_snat_host',
  };
  const sg = gateway
    ? portsOf(context, withSnat(router), ({ snat }) => snat?.port_id).map((port) =>
        guarded(context, router, ha, sgDevice(context, router, port)),
      )
    : [];
  return {
    kind: 'snat',
    name: namespaceName(context, 'snat', router),
    node,
    ...agentsOf(context),
    because,
    router,
    ...(ha ? { ha } : {}),
    ...gatewayFacts(context, router, sg, ha, because),
  };
}

/** The router with those of its interfaces that have an address of a SNAT port. */
const withSnat = (router: Router): Router => ({
  ...router,
  interfaces: router.interfaces.filter((entry) => hasSnatAddress(router, entry)),
});

type GatewayFacts = Pick<
  SnatNamespace,
  | 'sg'
  | 'scopes'
  | 'externalMark'
  | 'enableSnat'
  | 'gateways'
  | 'onlink'
  | 'floatingIps'
  | 'extraRoutes'
  | 'portForwardings'
  | 'extensions'
> & { qg?: Device; snatAddress?: string; leftForwardingChain?: true };

/**
 * What follows from the gateway of a router, with the devices of its subnets. On the standby of an HA router there are no routes:
 * those that are there belong to keepalived (`ha_router.py: _add_default_gw_virtual_route, routes_updated`).
 */
export function gatewayFacts(
  context: Context,
  router: Router,
  inside: Device[],
  ha: HaFact | undefined,
  because: Because,
): GatewayFacts {
  const { lookup, allocations } = context;
  const gateway = router.external_gateway;
  const network = gateway && lookup.network.get(gateway.network);
  const isStandby = ha?.role === 'standby';
  const extra = (devices: Device[], gateways: GatewayFact[] = []) =>
    isStandby
      ? []
      : ha
        ? haExtraRoutes(context, router, devices, ha)
        : router.distributed && !agentsHave(context, 'snat_extra_routes')
          ? []
          : extraRoutes(context, router, devices, { key: `snat ${router.name}`, isOwn: !router.distributed, gateways });
  const scopes = inside.flatMap((device) => deviceScopes(context, router, device));
  // Without a gateway a distributed router has no tables where they could be.
  const helpers = gateway || !router.distributed ? conntrackHelpers(context, router) : [];
  const base = {
    sg: inside,
    scopes,
    enableSnat: gateway?.enable_snat ?? true,
    portForwardings: [],
    floatingIps: [],
    extensions: helpers,
  };
  if (!gateway || !network) return { ...base, gateways: [], onlink: [], extraRoutes: extra(inside) };
  const port = { ...gateway, fixed_ips: gateway.external_fixed_ips };
  const reason = { ...because, pointer: gateway.pointer };
  const own = externalDevice(context, 'qg', port, network, reason, `${router.name} on ${network.name}`);
  const floatingIps = centralFloatingIps(context, router);
  // Each centralised floating IP is an address of the gateway device (`dvr_edge_router.py: add_centralized_floatingip`).
  const served = [
    ...floatingIps.map(({ floating_ip_address: address, because: why }) => [`${address}/32`, why] as const),
    ...forwardedAddresses(context, router),
  ];
  const qg = guarded(context, router, ha, {
    ...own,
    addresses: [...own.addresses, ...served.map(([address]) => address)],
    ...(served.length > 0 ? { reasons: Object.fromEntries(served) } : {}),
  });
  const snatAddress = own.addresses[0]?.split('/')[0];
  const outside = isStandby
    ? { gateways: [], onlink: [] }
    : outsideOf(context, network, own, gateway.external_fixed_ips);
  const option = isStandby ? [] : optionalGateway(context, outside.gateways, gateway.pointer);
  const gateways = [...(ha ? everyGateway(outside.gateways) : outside.gateways), ...option];
  const externalMark = gateway.enable_snat ? externalMarkOf(context, router) : undefined;
  return {
    ...base,
    qg,
    scopes: [...scopes, ...gatewayScopes(context, router, own)],
    ...(externalMark === undefined ? {} : { externalMark }),
    ...(snatAddress === undefined ? {} : { snatAddress }),
    ...outside,
    gateways,
    floatingIps,
    portForwardings: portForwardings(context, router),
    extensions: [...base.extensions, ...ndpProxies(context, router, qg)],
    ...(allocations.leftForwardingChains[router.name] ? { leftForwardingChain: true as const } : {}),
    extraRoutes: extra([...inside, qg], gateways),
  };
}

/**
 * keepalived has a default route of each gateway (`ha_router.py: _add_default_gw_virtual_route`), where an agent would write one over
 * the other. It adds them in their order, and the kernel puts the later one first (`net/ipv4/fib_trie.c: fib_table_insert`).
 */
const everyGateway = (gateways: readonly GatewayFact[]): GatewayFact[] =>
  gateways.map(({ address, because }) => ({ address, because })).toReversed();

/** `router_info.py: _get_external_gw_ips`. */
function optionalGateway(
  { allocations: { ipv6Gateway } }: Context,
  gateways: SnatNamespace['gateways'],
  pointer: Because['pointer'],
): SnatNamespace['gateways'] {
  if (ipv6Gateway === undefined || gateways.some(({ address }) => address.includes(':'))) return [];
  const sentence = `the agent has the option ipv6_gateway = ${ipv6Gateway}`;
  const because = { pointer, sentence, neutron: 'router_info.py: _get_external_gw_ips' };
  return [{ address: ipv6Gateway, isLink: true, because }];
}

function centralFloatingIps({ lookup }: Context, router: Router): FloatingIpFact[] {
  const served = placementOf(lookup.topology).floatingIpsByRouter.get(router.name) ?? [];
  return served
    .filter(({ kind }) => kind === 'centralised')
    .map(({ floating, fixed_ip_address, because }) => ({
      floating_ip_address: floating.floating_ip_address,
      fixed_ip_address,
      priority: 0,
      because,
    }));
}
