/**
 * Address scopes of a router: the mark of each of its devices, which subnets leave without translation, and which floating IPs
 * lead from one scope into another. `agent/l3/router_info.py`, `dvr_local_router.py`.
 */
import { ADDRESS_SCOPE_MARK_ID_MIN, ADDRESS_SCOPE_MARK_MASK } from '../neutron.ts';
import { type ServedFloatingIp, hasExternal } from '../placement.ts';
import type { Family } from '../state.ts';
import { type Relations, isIpv4, subnetOf } from '../topology/relations.ts';
import type { Network, Router } from '../topology/types.ts';
import { type Context, type RouterPort, agentsHave } from './devices.ts';
import type { CrossScopeFact, Device, FipLink, QrouterNamespace, ScopeFact, SubnetFact } from './types.ts';

const FAMILIES: readonly Family[] = ['inet', 'inet6'];

/** A scope is of one family: two of one name are two. `undefined`: no scope. */
export function scopeKey(network: Network | undefined, family: Family): string | undefined {
  const name = family === 'inet' ? network?.ipv4_address_scope : network?.ipv6_address_scope;
  return name === undefined ? undefined : `${family} ${name}`;
}

/** The scopes that a router meets: internal ports first, then the gateway port; of a port both families (`get_port_address_scope_mark`). */
function scopesOf(lookup: Relations, router: Router): string[] {
  const networks = [
    ...router.interfaces.map(({ subnet }) => lookup.subnet.get(subnet)?.network),
    router.external_gateway?.network,
  ].map((name) => lookup.network.get(name ?? ''));
  const keys = networks.flatMap((network) => FAMILIES.flatMap((family) => scopeKey(network, family) ?? []));
  return [...new Set(keys)];
}

/** `router_info.py: get_address_scope_mark_mask`: the id, shifted into the upper half. */
const markOfId = (id: number): string => `0x${(id * 2 ** 16).toString(16)}/${ADDRESS_SCOPE_MARK_MASK}`;

/** The mark of a scope in a router; "no scope" has the first id. */
function markOf({ lookup, allocations }: Context, router: Router, scope: string | undefined): string {
  if (scope === undefined) return markOfId(ADDRESS_SCOPE_MARK_ID_MIN);
  const id = allocations.scopeMarks[router.name]?.[scope] ?? defaultScopeId(lookup, router, scope);
  return markOfId(id);
}

/** Ids count up in the order in which the router meets its scopes. */
export const defaultScopeId = (lookup: Relations, router: Router, scope: string): number =>
  ADDRESS_SCOPE_MARK_ID_MIN + 1 + scopesOf(lookup, router).indexOf(scope);

/** A device has a mark in each family of which its port has an address (`_get_port_devicename_scopemark`). */
export function deviceScopes(
  context: Context,
  router: Router,
  { ifname, network, addresses, addresses6 = [], because }: Device,
): ScopeFact[] {
  if (!agentsHave(context, 'address_scopes')) return [];
  const families = FAMILIES.filter((family) => (family === 'inet' ? addresses : addresses6).length > 0);
  const own = context.lookup.network.get(network ?? '');
  return families.map((family) => scopeFact(context, router, own, { family, ifname, pointer: because.pointer }));
}

function scopeFact(
  context: Context,
  router: Router,
  network: Network | undefined,
  device: Pick<ScopeFact, 'family' | 'ifname' | 'pointer'>,
): ScopeFact {
  const scope = scopeKey(network, device.family);
  return { ...device, mark: markOf(context, router, scope), ...(scope === undefined ? {} : { scope }) };
}

/** Of the gateway device; with `enable_snat` nothing is dropped on its way out, as it is translated (`_add_address_scope_mark`). */
export const gatewayScopes = (context: Context, router: Router, qg: Device): ScopeFact[] =>
  deviceScopes(context, router, qg).map((fact) =>
    fact.family === 'inet' && router.external_gateway?.enable_snat ? { ...fact, isExempt: true } : fact,
  );

/** Of a `qrouter` namespace, where `rfp-` stands for the gateway port (`dvr_local_router.py: _get_address_scope_mark`). */
export function qrouterScopes(
  context: Context,
  router: Router,
  interfaces: QrouterNamespace['interfaces'],
  fipLink: FipLink | undefined,
): ScopeFact[] {
  const own = interfaces.flatMap(({ device }) => deviceScopes(context, router, device));
  const gateway = router.external_gateway;
  const network = gateway && context.lookup.network.get(gateway.network);
  if (!fipLink || !network || !agentsHave(context, 'address_scopes')) return own;
  const { ifname, because } = fipLink.rfp;
  const outside = gatewayFamilies(context, router, network).map((family) =>
    scopeFact(context, router, network, { family, ifname, pointer: because.pointer }),
  );
  return [...own, ...outside];
}

/** Families of the gateway port's addresses; where the topology leaves them out, those of the network. Before Wallaby it was IPv4. */
function gatewayFamilies(context: Context, router: Router, network: Network): Family[] {
  if (!agentsHave(context, 'rfp_scope_families')) return ['inet'];
  const { lookup } = context;
  const fixed = router.external_gateway?.external_fixed_ips ?? [];
  const subnets = fixed.length > 0 ? fixed.map((ip) => subnetOf(lookup, network.name, ip)) : network.subnets;
  const has = (isFour: boolean) => subnets.some((subnet) => subnet !== undefined && isIpv4(subnet) === isFour);
  return FAMILIES.filter((family) => has(family === 'inet') || (family === 'inet' && network.subnets.length === 0));
}

/** The mark of the external network's IPv4 scope, absent where it is in none (`_get_external_address_scope`). */
export function externalMarkOf(context: Context, router: Router): string | undefined {
  if (!agentsHave(context, 'address_scopes')) return undefined;
  const scope = scopeKey(context.lookup.network.get(router.external_gateway?.network ?? ''), 'inet');
  return scope === undefined ? undefined : markOf(context, router, scope);
}

/**
 * An IPv4 subnet in the scope of the external network leaves by the fip namespace of its own node, without translation
 * (`dvr_local_router.py: _check_if_address_scopes_match`; never with IPv6).
 */
export function fastExitOf(context: Context, router: Router, port: RouterPort): SubnetFact | undefined {
  if (!agentsHave(context, 'fast_exit')) return undefined;
  const { lookup, node } = context;
  const [[entry, subnet]] = port;
  const network = router.external_gateway?.network;
  if (network === undefined || !hasExternal(node) || !port.every(([, own]) => isIpv4(own))) return undefined;
  const scope = scopeKey(lookup.network.get(subnet.network), 'inet');
  if (scope === undefined || scope !== scopeKey(lookup.network.get(network), 'inet')) return undefined;
  return {
    cidr: subnet.cidr,
    because: {
      pointer: entry.pointer,
      sentence: `${entry.subnet} and ${network} are in one address scope: its packets leave here with their own addresses`,
      neutron: 'dvr_local_router.py: set_address_scope_interface_routes',
    },
  };
}

/** Floating IPs in the router's list whose fixed address is in another scope than the external network; none counts as one. */
export function crossScopeOf(
  context: Context,
  router: Router,
  listed: readonly ServedFloatingIp[],
): { crossScope?: CrossScopeFact } {
  if (!agentsHave(context, 'address_scopes')) return {};
  const { lookup } = context;
  const outside = scopeKey(lookup.network.get(router.external_gateway?.network ?? ''), 'inet');
  const floatingIps = listed.flatMap(({ floating, fixed_ip_address, because }) => {
    const port = lookup.port.get(floating.port ?? '');
    const inside = scopeKey(lookup.network.get(port?.network ?? ''), 'inet');
    const { floating_ip_address } = floating;
    const fact = { floating_ip_address, fixed_ip_address, priority: 0, mark: markOf(context, router, inside), because };
    return inside === outside ? [] : [{ ...fact, ...(inside === undefined ? {} : { scope: inside }) }];
  });
  return floatingIps.length === 0
    ? {}
    : { crossScope: { externalMark: markOf(context, router, outside), floatingIps } };
}
