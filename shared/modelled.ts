/** What the engine does not model yet, as gaps of the expected state: there compare says "not checked", never a difference. */
import type { Allocations } from './allocations.ts';
import { ASPECTS } from './aspects/table.ts';
import { type Context, namespaceName, releaseOf } from './namespaces/devices.ts';
import { isModelled } from './releases.ts';
import type { AspectName, Gap, NamespaceAspect } from './state.ts';
import { relationsOf } from './topology/relations.ts';
import type { Router, Topology } from './topology/types.ts';

const ALL = ASPECTS.map(({ name }) => name);
/** Aspects of which the IPv6 part is missing; `ip -6 rule`, `ip6tables-save`, … */
const WITH_FAMILY: readonly NamespaceAspect[] = ['addresses', 'rules', 'routes', 'neighbours', 'sysctls', 'iptables'];

export function gapsOf(topology: Topology, nodeName: string, allocations: Allocations): Gap[] {
  const lookup = relationsOf(topology);
  const node = lookup.node.get(nodeName);
  if (!node) return [];
  const context: Context = { lookup, node, allocations };
  return [
    { namespace: 'qdhcp-*', aspect: 'namespaces', reason: 'DHCP namespaces are not modelled yet' },
    ...WITH_FAMILY.map((aspect): Gap => ({
      namespace: '*',
      aspect,
      family: 'inet6',
      reason: 'IPv6 is not modelled yet',
    })),
    ...releaseGaps(releaseOf(context)),
    ...topology.routers.flatMap((router) => routerGaps(context, router)),
  ];
}

function releaseGaps(release: string | undefined): Gap[] {
  if (isModelled(release)) return [];
  const reason = `the agents of ${release} are not modelled yet (zed and later are)`;
  return [
    ...[...ALL, 'namespaces' as const].map((aspect) => ({ namespace: '*', aspect, reason })),
    { namespace: '-', aspect: 'allocations', reason },
  ];
}

function routerGaps(context: Context, router: Router): Gap[] {
  const { pointer } = router;
  const qrouter = namespaceName(context, 'qrouter', router);
  const snat = namespaceName(context, 'snat', router);
  const gaps = (namespace: string, aspects: readonly AspectName[], reason: string): Gap[] =>
    aspects.map((aspect) => ({ namespace, aspect, reason, pointer }));
  if (!router.distributed)
    return gaps(qrouter, ['namespaces'], 'routers that are not distributed are not modelled yet');
  if (hasScope(context, router)) {
    const fip = context.lookup.network.get(router.external_gateway?.network ?? '');
    const reason = 'address scopes are not modelled yet';
    return [
      ...[qrouter, snat].flatMap((name) => gaps(name, ['rules', 'routes', 'sysctls', 'iptables'], reason)),
      ...(fip ? gaps(namespaceName(context, 'fip', fip), ['routes'], reason) : []),
    ];
  }
  return [
    ...(router.ha
      ? gaps(snat, ['links', 'addresses', 'routes'], 'which node of an HA router is active is not modelled yet')
      : []),
    ...(hasForwarding(context, router)
      ? gaps(snat, ['addresses', 'routes', 'iptables'], 'port forwarding is not modelled yet')
      : []),
  ];
}

function hasScope({ lookup }: Context, router: Router): boolean {
  const names = [
    router.external_gateway?.network,
    ...router.interfaces.map(({ subnet }) => lookup.subnet.get(subnet)?.network),
  ];
  return names.some((name) => lookup.network.get(name ?? '')?.ipv4_address_scope !== undefined);
}

function hasForwarding({ lookup }: Context, router: Router): boolean {
  const network = router.external_gateway?.network;
  return lookup.topology.floating_ips.some(
    (floating) =>
      floating.port_forwardings.length > 0 &&
      (floating.router === router.name || (floating.router === undefined && floating.network === network)),
  );
}
