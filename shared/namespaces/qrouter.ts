/** `qrouter-<router>`: the router as every node that serves one of its subnets has it. `agent/l3/dvr_local_router.py`. */
import { ipv4Text, ipv4Value } from '../ip.ts';
import { DVR_FIP_LL_CIDR, FIP_LL_SUBNET } from '../neutron.ts';
import { releaseHas, releaseMayHave } from '../releases.ts';
import { onDemand, onDemandEach } from '../onDemand.ts';
import { type Hosted, type ServedFloatingIp, hasExternal, placementOf, snatNodes } from '../placement.ts';
import type { Because } from '../state.ts';
import { hasSnatAddress, isIpv4 } from '../topology/relations.ts';
import type { Node, Router, RouterInterface, Topology } from '../topology/types.ts';
import { type Choice, chosenOf } from './choice.ts';
import {
  type Context,
  type RouterPort,
  macOf,
  namespaceName,
  qrDevice,
  releaseOf,
  agentsHave,
  agentsOf,
  deviceMtu,
  snatAddressOf,
  snatKey,
  vethDevice,
} from './devices.ts';
import { extraRoutes } from './extraRoutes.ts';
import { hasHaPort } from './ha.ts';
import { neighboursOf } from './neighbours.ts';
import { crossScopeOf, fastExitOf, qrouterScopes } from './scopes.ts';
import {
  type Device,
  type FipLink,
  type FloatingIpFact,
  type GatewayFact,
  type InterfaceFact,
  type QrouterNamespace,
  type RedirectFact,
  linkLocalAddress,
  unknown,
} from './types.ts';

export function qrouterNamespace(context: Context, hosted: Hosted): QrouterNamespace {
  const { router } = hosted;
  const { lookup, node } = context;
  const ha = isHaEdge(context, router);
  const interfaces = portsOf(context, router, ({ port_id }) => port_id).map((port) =>
    interfaceFact(context, router, port, ha),
  );
  const fipLink = fipLinkOf(context, router, ha);
  const served = [
    ...(placementOf(lookup.topology).floatingIpsByRouter.get(router.name) ?? []),
    ...migratingHere(context, router),
  ];
  const isSnatNode = snatNodes(lookup.topology, router).some(({ name }) => name === node.name);
  const sure = served.filter((s) => s.node === node.name || (s.kind === 'centralised' && isSnatNode));
  const choice = sure.length > 0 ? undefined : listedChoice(node, router, served);
  const isListed = choice !== undefined && chosenOf(context.allocations, choice, []).length > 0;
  const listed = isListed ? served.filter((s) => s.kind === 'centralised') : sure;
  return {
    ...headOf(context, hosted),
    hasGateway: router.external_gateway !== undefined,
    interfaces,
    ...(fipLink ? { fipLink } : {}),
    floatingIps: distributedFloatingIps(context, router),
    centralFloatingIps: factsOf(
      context,
      agentsHave(context, 'fip_rules_reread')
        ? served.filter(
            (s) => s.kind === 'centralised' && (isSnatNode || node.agent_mode === 'dvr_snat' || isPortOn(context, s)),
          )
        : [],
    ),
    ...(listed[0] ? { floatingIpListed: listed[0].because } : {}),
    ...(choice ? { listedChoice: choice } : {}),
    extraRoutes: isWithoutExtraRoutes(context)
      ? []
      : extraRoutes(
          context,
          router,
          interfaces.map((i) => i.device),
          { key: `qrouter ${router.name}`, isOwn: true, gateways: linkGateway(context, fipLink) },
        ),
    ...(ha ? { ha: true as const } : {}),
    scopes: qrouterScopes(context, router, interfaces, fipLink),
    ...(fipLink ? crossScopeOf(context, router, listed) : {}),
  };
}

/** Facts that `qrouterOnDemand` has no word of before somebody asks for one: then all of them are made. */
const FACTS: Readonly<Record<keyof Omit<QrouterNamespace, keyof ReturnType<typeof headOf>>, true>> = {
  hasGateway: true,
  interfaces: true,
  fipLink: true,
  floatingIps: true,
  centralFloatingIps: true,
  floatingIpListed: true,
  listedChoice: true,
  extraRoutes: true,
  ha: true,
  scopes: true,
  crossScope: true,
};

const headOf = (context: Context, { router, because }: Hosted) => ({
  kind: 'qrouter' as const,
  name: namespaceName(context, 'qrouter', router),
  node: context.node,
  ...agentsOf(context),
  because,
  router,
});

const factsOnDemand = onDemandEach<
  { context: Context; hosted: Hosted; made?: QrouterNamespace },
  Pick<QrouterNamespace, keyof typeof FACTS>
>(
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of the table
  Object.keys(FACTS) as (keyof typeof FACTS)[],
  (from, key) => (from.made ??= qrouterNamespace(from.context, from.hosted))[key],
);

/** The same for one packet: a router has a namespace on each of many nodes, and the packet comes to few of them. */
export const qrouterOnDemand = (context: Context, hosted: Hosted): QrouterNamespace =>
  Object.assign(factsOnDemand({ context, hosted }), headOf(context, hosted));

/**
 * The server lists centralised floating IPs to every agent in mode dvr_snat that holds the router (`l3_dvr_db.py: _get_dvr_sync_data,
 * _skip_floating_ip_for_mismatched_agent_or_host`), but tells only the SNAT node when one comes or goes: another one has them in its list
 * from its next update of the router on.
 */
function listedChoice(node: Node, router: Router, served: readonly ServedFloatingIp[]): Choice | undefined {
  if (node.agent_mode !== 'dvr_snat' || !served.some(({ kind }) => kind === 'centralised')) return undefined;
  return { key: `${router.pointer} floating IPs listed`, candidates: ['listed'], none: true };
}

/** First versions of Liberty write the extra routes of nodes in mode dvr_snat to the snat namespace alone. */
const isWithoutExtraRoutes = (context: Context): boolean =>
  context.node.agent_mode === 'dvr_snat' &&
  agentsHave(context, 'snat_extra_routes') &&
  !agentsHave(context, 'edge_extra_routes');

/** The default route of IPv6 in table main is by the fip namespace (`dvr_fip_ns.py: create_rtr_2_fip_link`). */
function linkGateway(context: Context, fipLink: FipLink | undefined): GatewayFact[] {
  const address = fipLink && linkLocalAddress(fipLink.fpr)?.split('/')[0];
  if (address === undefined || !agentsHave(context, 'rfp_ipv6_default')) return [];
  return [{ address, isLink: true, because: fipLink!.rfp.because }];
}

/**
 * The ports of the router: the IPv6 subnets of one network share one, IPv4 ones never do.
 * @param idOf the port's id, of the interface itself or of its centralised SNAT port
 */
export function portsOf(
  { lookup }: Context,
  router: Router,
  idOf: (entry: RouterInterface) => string | undefined,
): RouterPort[] {
  const ports = new Map<unknown, [RouterPort[0], ...RouterPort[0][]]>();
  for (const entry of router.interfaces) {
    const subnet = lookup.subnet.get(entry.subnet);
    if (!subnet) continue;
    const key = isIpv4(subnet) ? entry : (idOf(entry) ?? `${router.name} in ${subnet.network}`);
    const port = ports.get(key);
    if (port) port.push([entry, subnet]);
    else ports.set(key, [[entry, subnet]]);
  }
  return [...ports.values()];
}

/** Whether the agent's class for DVR with HA makes the namespace: a node with the snat namespace and an HA port (`agent.py: _create_router`). */
const isHaEdge = (context: Context, router: Router): boolean =>
  hasHaPort(context, router) &&
  snatNodes(context.lookup.topology, router).some(({ name }) => name === context.node.name);

/** `DvrEdgeHaRouter`: from Zed on its qrouter namespace has no link-local addresses (`ha_router.py: HaRouterNamespace`). */
export const withoutLinkLocal = (context: Context, ha: boolean): { noLinkLocal?: true } =>
  ha && agentsHave(context, 'ha_no_link_local') ? { noLinkLocal: true } : {};

function interfaceFact(context: Context, router: Router, port: RouterPort, ha: boolean): InterfaceFact {
  const fastExit = fastExitOf(context, router, port);
  const device = qrDevice(context, router, port);
  const subnets = port.map(([, subnet]) => subnet);
  const fact = {
    device: { ...device, ...withoutLinkLocal(context, ha) },
    redirects: fastExit ? [] : redirectsOf(context, router, port),
    ...(fastExit ? { fastExit } : {}),
  };
  // Every node of the router has them for every port of its subnets.
  return onDemand(fact, 'neighbours', () => neighboursOf(context, router, device.ifname, subnets));
}

/**
 * Every address of the port has a table of its own. Of several IPv6 addresses of the centralised SNAT port the last one is the
 * gateway in all of them (`_snat_redirect_modify` replaces the route in its inner loop); which is last the server says.
 */
function redirectsOf(context: Context, router: Router, port: RouterPort): RedirectFact[] {
  if (!router.external_gateway) return [];
  const { addresses, addresses6 = [] } = qrDevice(context, router, port);
  const ways = port.filter(([entry]) => hasSnatAddress(router, entry));
  const gateways = ways.map(([entry, subnet]) => snatAddressOf(context, entry, subnet).split('/')[0]!);
  const key = `${port[0][0].pointer} gateway`;
  const chosen = gateways.find((gateway) => gateway === context.allocations.addresses[key]) ?? gateways.at(-1)!;
  return [...addresses, ...addresses6].map((address, i) => {
    const [entry, subnet] = port[i]!;
    return {
      family: isIpv4(subnet) ? 'inet' : 'inet6',
      address,
      gateway: chosen,
      key: snatKey(entry),
      ...(gateways.length > 1 ? { choice: { key, candidates: gateways } } : {}),
      because: {
        pointer: entry.pointer,
        sentence: `packets from ${subnet.cidr} to the outside go to the SNAT node by ${chosen}, the centralised SNAT port of ${entry.subnet}`,
        neutron: 'dvr_local_router.py: _snat_redirect_modify',
      },
    };
  });
}

/**
 * The veth pair to the fip namespace: on `dvr` and `dvr_snat` nodes as soon as the router has a gateway (`process_external`), in early
 * releases with the first floating IP that the node serves (`create_dvr_fip_interfaces`), which then was an address of it as well.
 */
export function fipLinkOf(context: Context, router: Router, ha = isHaEdge(context, router)): FipLink | undefined {
  const { lookup, node, allocations } = context;
  const gateway = router.external_gateway;
  if (!gateway || !hasExternal(node)) return undefined;
  const floatingIps = agentsHave(context, 'fip_by_device') ? [] : distributedFloatingIps(context, router);
  if (!agentsHave(context, 'fip_by_gateway') && distributedFloatingIps(context, router).length === 0) return undefined;
  const rfpAddress =
    allocations.linkLocals[router.name] ?? unknown(`link-local address of ${router.name} on ${node.name}`);
  const value = ipv4Value(rfpAddress);
  const fprAddress =
    value === undefined ? unknown(`link-local peer of ${router.name} on ${node.name}`) : ipv4Text(value + 1);
  const mtu = deviceMtu(context, lookup.network.get(gateway.network));
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
      addresses: [
        `${address}/31`,
        ...(kind === 'rfp' ? floatingIps.map((fact) => `${fact.floating_ip_address}/32`) : []),
      ],
      key: ifname,
      within: linkLocalRanges(context),
      ...(kind === 'rfp' ? withoutLinkLocal(context, ha) : {}),
      because,
    };
  };
  return { rfp: end('rfp', rfpAddress), fpr: end('fpr', fprAddress), rfpAddress, fprAddress };
}

/** Where pairs come from. A stable branch that got the wider range keeps pairs of the older one (`item_allocator.py: remembered`). */
function linkLocalRanges(context: Pick<Context, 'lookup' | 'allocations'>): string[] {
  const release = releaseOf(context);
  if (releaseHas(release, 'link_local_18')) return [DVR_FIP_LL_CIDR];
  return releaseMayHave(release, 'link_local_18') ? [DVR_FIP_LL_CIDR, FIP_LL_SUBNET] : [FIP_LL_SUBNET];
}

export const distributedFloatingIps = (context: Context, router: Router): FloatingIpFact[] =>
  factsOf(
    context,
    [
      ...(placementOf(context.lookup.topology).floatingIpsByRouter.get(router.name) ?? []),
      ...migratingHere(context, router),
    ].filter(({ node }) => node === context.node.name),
  );

/** Floating IPs whose ports migrate to this node, and that its agent serves already: its state tells. */
const migratingHere = (context: Context, router: Router): ServedFloatingIp[] =>
  migratingTo(context.lookup.topology, context.node.name, router).flatMap(({ served, choice }) =>
    chosenOf(context.allocations, choice, []).length > 0 ? [served] : [],
  );

/** Those that it may serve, and where `Allocations` says whether it does. */
export const migratingTo = (
  topology: Topology,
  node: string,
  router: Router,
): { served: ServedFloatingIp; choice: Choice }[] =>
  (placementOf(topology).migratingFloatingIps.get(router.name) ?? [])
    .filter((served) => served.node === node)
    .map((served) => ({
      served,
      choice: { key: `${served.floating.pointer} migrating`, candidates: ['served'], none: true },
    }));

const isPortOn = ({ lookup, node }: Context, { floating }: ServedFloatingIp): boolean =>
  lookup.port.get(floating.port ?? '')?.node === node.name;

const factsOf = ({ allocations }: Context, served: ServedFloatingIp[]): FloatingIpFact[] =>
  served.map(({ floating, fixed_ip_address, because }) => ({
    floating_ip_address: floating.floating_ip_address,
    fixed_ip_address,
    priority: allocations.fipPriorities[floating.floating_ip_address] ?? 0,
    because,
  }));
