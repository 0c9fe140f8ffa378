/** NDP proxies of a router in its central namespace: who may be reached from outside. `agent/l3/extensions/ndp_proxy.py`. */
import { WRAP } from '../neutron.ts';
import type { Because } from '../state.ts';
import { isIpv4 } from '../topology/relations.ts';
import type { NdpProxy, Router } from '../topology/types.ts';
import type { Context } from './devices.ts';
import { scopeKey } from './scopes.ts';
import type { Device, ExtensionLine, SubnetFact } from './types.ts';

/** `DEFAULT_NDP_PROXY_CHAIN`. */
export const NDP_CHAIN = 'NDP';

/**
 * A chain that drops, with the addresses that it lets through; of a distributed router those whose node has no way out of its own
 * (`_check_if_ndp_proxy_need_process`). What the topology does not say is taken as it is, and so is all of it with HA, where only
 * the active agent has it.
 */
export function ndpProxies(context: Context, router: Router, qg: Device): ExtensionLine[] {
  const taken = context.allocations.ndpLines[router.name] ?? [];
  const { enable_ndp_proxy: isEnabled, ndp_proxies: proxies } = router;
  if (isEnabled === undefined || (isEnabled && router.ha)) return taken;
  if (!isEnabled) return [];
  const because: Because = {
    pointer: `${router.pointer}/enable_ndp_proxy`,
    sentence: `${router.name} answers for inside addresses: what nobody published must not get in`,
    neutron: 'ndp_proxy.py: NDPProxyAgentExtension._init_ndp_proxy_rule',
  };
  const line = (chain: string, spec?: string, why = because): ExtensionLine => ({
    family: 'inet6',
    table: 'filter',
    chain,
    ...(spec === undefined ? {} : { spec }),
    because: why,
  });
  const published = (proxy: NdpProxy): Because => ({
    ...because,
    sentence: `${proxy.ip_address} is published by ${router.name}`,
    neutron: 'ndp_proxy.py: NDPProxyAgentExtension._process_create',
  });
  const own = proxies?.filter(({ port }) => !router.distributed || isCentral(context, port));
  return [
    line(NDP_CHAIN),
    ...subnetsOf(context, router).map((cidr) => line('FORWARD', `-d ${cidr} -i ${qg.ifname} -j ${WRAP}-${NDP_CHAIN}`)),
    ...(own
      ? own.map((proxy) => line(NDP_CHAIN, `-d ${proxy.ip_address}/128 -i ${qg.ifname} -j ACCEPT`, published(proxy)))
      : taken.filter(({ chain, spec }) => chain === NDP_CHAIN && spec?.endsWith('-j ACCEPT'))),
    line(NDP_CHAIN, `-i ${qg.ifname} -j DROP`),
  ];
}

/** IPv6 subnets in the address scope of the external network. */
function subnetsOf({ lookup }: Context, { external_gateway: gateway, interfaces }: Router): string[] {
  const outside = scopeKey(lookup.network.get(gateway?.network ?? ''), 'inet6');
  return interfaces.flatMap((entry) => {
    const subnet = lookup.subnet.get(entry.subnet);
    if (!subnet || isIpv4(subnet)) return [];
    return scopeKey(lookup.network.get(subnet.network), 'inet6') === outside ? [subnet.cidr] : [];
  });
}

/**
 * Addresses that the agent of a `dvr` node routes from its fip namespace to the router: of ports of this node
 * (`_check_if_ndp_proxy_need_process`, `_process_create_dvr`). On a `dvr_snat` node nobody serves the ports of the node itself.
 */
export function publishedHere(context: Context, { name, enable_ndp_proxy, ndp_proxies = [] }: Router): SubnetFact[] {
  const { lookup, node } = context;
  if (!enable_ndp_proxy || node.agent_mode !== 'dvr') return [];
  return ndp_proxies.flatMap(({ ip_address, port }): SubnetFact[] => {
    const bound = lookup.port.get(port ?? '');
    if (bound?.node !== node.name) return [];
    const sentence = `${ip_address} of ${bound.name} is published by ${name}, and this node answers for it`;
    const neutron = 'ndp_proxy.py: NDPProxyAgentExtension._process_create_dvr';
    return [{ cidr: ip_address, because: { pointer: bound.pointer, sentence, neutron } }];
  });
}

const isCentral = ({ lookup }: Context, port: string | undefined): boolean =>
  lookup.node.get(lookup.port.get(port ?? '')?.node ?? '')?.agent_mode === 'dvr_no_external';
