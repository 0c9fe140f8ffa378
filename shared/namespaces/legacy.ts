/** `qrouter-<router>` of a router that is not distributed: all of it on one node, or with HA on several. `agent/l3/legacy_router.py`, `ha_router.py`. */
import { type Hosted, placementOf } from '../placement.ts';
import { type Context, agentsOf, namespaceName, qrDevice } from './devices.ts';
import { guarded, haFact } from './ha.ts';
import { portsOf, withoutLinkLocal } from './qrouter.ts';
import { crossScopeOf } from './scopes.ts';
import { gatewayFacts } from './snat.ts';
import type { SnatNamespace } from './types.ts';

export function legacyNamespace(context: Context, { router, because }: Hosted): SnatNamespace {
  const ha = haFact(context, router);
  const served = placementOf(context.lookup.topology).floatingIpsByRouter.get(router.name) ?? [];
  const inside = portsOf(context, router, ({ port_id }) => port_id).map((port) => {
    const device = qrDevice(context, router, port);
    const sentence = `${router.name} has an interface on ${port[0][0].subnet}`;
    const neutron = ha ? 'ha_router.py: internal_network_added' : 'router_info.py: internal_network_added';
    return guarded(context, router, ha, { ...device, because: { ...device.because, sentence, neutron } });
  });
  return {
    kind: 'snat',
    legacy: true,
    name: namespaceName(context, 'qrouter', router),
    node: context.node,
    ...agentsOf(context),
    because,
    router,
    // On the active node keepalived sets the link-local addresses of the others, as the kernel would.
    ...(ha ? { ha: { ...ha, device: { ...ha.device, ...withoutLinkLocal(context, true) } } } : {}),
    ...gatewayFacts(context, router, inside, ha, because),
    ...(router.external_gateway ? crossScopeOf(context, router, served) : {}),
  };
}
