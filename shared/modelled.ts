/** What the engine does not model yet, as gaps of the expected state: there compare says "not checked", never a difference. */
import type { Allocations } from './allocations.ts';
import { type Context, agentsHave, namespaceName } from './namespaces/devices.ts';
import { isActive } from './namespaces/dhcp.ts';
import { fipNamespace } from './namespaces/fip.ts';
import { haPortOf, hasHaPort, hasLeftTables } from './namespaces/ha.ts';
import { ovsGaps } from './ovs/gaps.ts';
import { centralNodes, dhcpPortsOf, externalNetworks, hasDhcpPorts, hasExternal, placementOf } from './placement.ts';
import type { AspectName, Gap, NamespaceAspect } from './state.ts';
import { remembered } from './topology/kept.ts';
import { relationsOf } from './topology/relations.ts';
import type { Router, Topology } from './topology/types.ts';

/** Aspects that have an IPv6 part: `ip -6 rule`, `ip6tables-save`, … */
const WITH_FAMILY: readonly NamespaceAspect[] = ['addresses', 'rules', 'routes', 'neighbours', 'sysctls', 'iptables'];

export function gapsOf(topology: Topology, nodeName: string, allocations: Allocations): Gap[] {
  const lookup = relationsOf(topology);
  const node = lookup.node.get(nodeName);
  if (!node) return [];
  const context: Context = { lookup, node, allocations };
  return [
    ...dhcpGaps(context),
    ...stateFileGaps(context),
    ...(allocations.ipv6 === false ? ipv6Gaps(nodeName) : []),
    ...allocations.vpnAgents.map((namespace): Gap => ({
      namespace,
      aspect: 'iptables',
      reason: 'chains of neutron-vpn-agent are not modelled',
    })),
    ...(topology.routers.some(hasUntoldProxies) ? allocations.ndpProxies : []).map((namespace): Gap => ({
      namespace,
      aspect: 'routes',
      family: 'inet6',
      reason: 'routes of NDP proxies are not modelled',
    })),
    ...ovsGaps(context),
    ...unusualRouters(topology).flatMap((router) => routerGaps(context, router)),
  ];
}

/** Whether nobody says which NDP proxies the router has. */
const hasUntoldProxies = ({ distributed, enable_ndp_proxy: isEnabled, ndp_proxies }: Router): boolean =>
  distributed && isEnabled !== false && ndp_proxies === undefined;

/** Where the agent leaves IPv6 alone, what there is of it is the kernel's. */
function ipv6Gaps(node: string): Gap[] {
  const reason = `the L3 agent of ${node} programs no IPv6: it is off on this node (net.ipv6.conf.default.disable_ipv6)`;
  return WITH_FAMILY.map((aspect) => ({ namespace: '*', aspect, family: 'inet6', reason }));
}

/**
 * `dvr_fip_ns.py: FipNamespace.__init__`: each external network has allocators of its own on the same two files, and each writes all
 * that it knows, so the last one to write wins.
 */
function stateFileGaps(context: Context): Gap[] {
  const { lookup, node } = context;
  const external = externalNetworks(lookup.topology);
  if (!hasExternal(node) || external.length < 2) return [];
  const hosted = placementOf(lookup.topology).routersByNode.get(node.name) ?? [];
  const networks = external.filter((network) => fipNamespace(context, network, hosted));
  if (networks.length < 2) return [];
  const names = networks.map(({ name }) => name).join(', ');
  const reason = `the floating IP namespaces of ${names} write the same state files, and the last to write wins`;
  return [{ namespace: '-', aspect: 'allocations', reason }];
}

/** Nothing about nearly all routers of a cloud can be a gap, and there may be thousands for every node. */
const unusualRouters = remembered((topology: Topology): Router[] => {
  const isOpen = placementOf(topology).openForwardings.length > 0;
  return topology.routers.filter(({ distributed, ha }) => !distributed || ha || isOpen);
});

function routerGaps(context: Context, router: Router): Gap[] {
  const { pointer } = router;
  const qrouter = namespaceName(context, 'qrouter', router);
  const snat = namespaceName(context, 'snat', router);
  const gaps = (namespace: string, aspects: readonly AspectName[], reason: string): Gap[] =>
    aspects.map((aspect) => ({ namespace, aspect, reason, pointer }));
  if (!router.distributed && router.admin_state_up && centralNodes(context.lookup.topology, router) === undefined)
    return gaps(qrouter, ['namespaces'], `the topology does not say which L3 agent holds ${router.name} (l3_agents)`);
  return [
    ...haGaps(context, router),
    ...(hasForwarding(context, router)
      ? gaps(
          router.distributed ? snat : qrouter,
          ['addresses', 'routes', 'iptables'],
          'the topology does not say which router serves a port forwarding',
        )
      : []),
  ];
}

function hasForwarding({ lookup }: Context, router: Router): boolean {
  const network = router.external_gateway?.network;
  return placementOf(lookup.topology).openForwardings.some((floating) => floating.network === network);
}

/** What decides about HA, but is told by the HA network alone or happens only before a router has a gateway. */
function haGaps(context: Context, router: Router): Gap[] {
  if (!hasHaPort(context, router)) return [];
  const { pointer } = router;
  const namespace = namespaceName(context, router.distributed ? 'snat' : 'qrouter', router);
  const noPort = `the HA port of ${router.name} on ${context.node.name} is not in the topology, nor is its MTU`;
  const noGateway = `chains of ${router.name} that an earlier gateway left are not modelled`;
  const tooOld = 'keepalived.conf of agents before Mitaka is not modelled';
  return [
    ...(agentsHave(context, 'keepalived_mitaka')
      ? []
      : [{ namespace: '-', aspect: 'keepalived' as const, reason: tooOld, pointer }]),
    ...(haPortOf(context, router) || context.allocations.haMtu !== undefined
      ? []
      : [{ namespace, aspect: 'links' as const, reason: noPort, pointer }]),
    ...(router.distributed && !router.external_gateway && hasLeftTables(context, router)
      ? [{ namespace, aspect: 'iptables' as const, reason: noGateway, pointer }]
      : []),
  ];
}

function dhcpGaps(context: Context): Gap[] {
  const { topology, network } = context.lookup;
  if (!hasDhcpPorts(topology))
    return [{ namespace: 'qdhcp-*', aspect: 'namespaces', reason: 'the topology holds no DHCP ports' }];
  const idle = dhcpPortsOf(topology, context.node.name).filter((port) => !isActive(port));
  return idle.flatMap((port): Gap[] => {
    const of = network.get(port.network);
    const reason = `${port.name} is ${port.status}: the namespace may be there or not`;
    return of
      ? [{ namespace: namespaceName(context, 'qdhcp', of), aspect: 'namespaces', reason, pointer: port.pointer }]
      : [];
  });
}
