/** `fip-<external network>`: where floating IPs of a node come and go. `agent/l3/dvr_fip_ns.py`. */
import { ipv4Value } from '../ip.ts';
import { DEVICE_OWNER } from '../neutron.ts';
import type { Hosted } from '../placement.ts';
import { pointer } from '../problem.ts';
import type { Network } from '../topology/types.ts';
import { type Context, agentGatewayPort, agentsHave, agentsOf, externalDevice, namespaceName } from './devices.ts';
import { extraRoutes } from './extraRoutes.ts';
import { publishedHere } from './ndpProxy.ts';
import { distributedFloatingIps, fipLinkOf, portsOf } from './qrouter.ts';
import { fastExitOf } from './scopes.ts';
import { outsideOf } from './outside.ts';
import type { FipNamespace, FipRouterFact } from './types.ts';

/**
 * @param hosted the node's routers
 * @returns undefined when no router of this node has a gateway on the network and no active agent gateway port keeps the namespace
 */
export function fipNamespace(context: Context, network: Network, hosted: Hosted[]): FipNamespace | undefined {
  const { node } = context;
  const onNetwork = hosted.filter(({ router }) => router.external_gateway?.network === network.name);
  // What a gateway brings now, a first floating IP brought then.
  const own = agentsHave(context, 'fip_by_gateway')
    ? onNetwork
    : onNetwork.filter(({ router }) => fipLinkOf(context, router));
  const port = agentGatewayPort(context, network, DEVICE_OWNER.agentGateway);
  if (own.length === 0 && port?.status !== 'ACTIVE') return undefined;
  const neutron = 'dvr_fip_ns.py: create_or_update_gateway_port';
  const because = own[0]
    ? {
        pointer: own[0].router.external_gateway!.pointer,
        sentence: `${node.name} holds ${own[0].router.name}, which has its gateway on ${network.name}`,
        neutron,
      }
    : {
        pointer: port!.pointer,
        sentence: `${node.name} has an active gateway port on ${network.name}: the namespace stays until the last router leaves that network`,
        neutron,
      };
  const what = `${network.name} on ${node.name}`;
  const fg = externalDevice(
    context,
    'fg',
    port
      ? {
          pointer: port.pointer,
          fixed_ips: port.fixed_ips,
          ...(port.id ? { port_id: port.id } : {}),
          ...(port.mac_address ? { mac_address: port.mac_address } : {}),
        }
      : { pointer: network.pointer + pointer('fg', node.name), fixed_ips: [] },
    network,
    { ...because, pointer: port?.pointer ?? because.pointer },
    what,
  );
  const { gateways, onlink } = outsideOf(context, network, fg, port?.fixed_ips ?? []);
  return {
    kind: 'fip',
    name: namespaceName(context, 'fip', network),
    node,
    ...agentsOf(context),
    because,
    network,
    fg,
    routers: own.flatMap(({ router }) => routerFact(context, router, fg, gateways)),
    gateways,
    onlink: agentsHave(context, 'fip_onlink') ? onlink : onlink.filter(({ subnet }) => subnet === undefined),
  };
}

function routerFact(
  context: Context,
  router: Hosted['router'],
  fg: FipNamespace['fg'],
  gateways: FipNamespace['gateways'],
): FipRouterFact[] {
  const link = fipLinkOf(context, router);
  if (!link) return [];
  return [
    {
      ...link,
      router,
      table: ipv4Value(link.fprAddress) ?? 0,
      floatingIps: distributedFloatingIps(context, router),
      fastExits: portsOf(context, router, ({ port_id }) => port_id).flatMap(
        (entry) => fastExitOf(context, router, entry) ?? [],
      ),
      published: publishedHere(context, router),
      extraRoutes: agentsHave(context, 'fip_tables')
        ? extraRoutes(context, router, [fg], { key: `fip ${router.name}`, gateways })
        : [],
    },
  ];
}
