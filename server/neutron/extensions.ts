/** What extensions of the L3 agent serve for a router: `conntrack-helpers.json`, `ndp-proxies.json`, or the router's own answer. */
import { KINDS } from '../../shared/topology/fields.ts';
import type { ConntrackHelper, NdpProxy, Router } from '../../shared/topology/types.ts';
import { address, byText, flag, has, parts, text, uuid, whole, type Item } from './answers.ts';
import { given } from './networks.ts';

export interface ExtensionSources {
  /** `conntrack-helpers.json`, by the id of the router. */
  helpersByRouter: Map<string, Item[]>;
  /** `ndp-proxies.json`, by the id of the router; absent: there is no such file. */
  proxiesByRouter: Map<string, Item[]> | undefined;
}

/** Keys of a router; none where no answer says anything. */
export function extensionsOf(
  { helpersByRouter, proxiesByRouter }: ExtensionSources,
  router: Item,
): Pick<Router, 'conntrack_helpers' | 'enable_ndp_proxy' | 'ndp_proxies'> {
  const helpers =
    helpersByRouter.get(router.id) ??
    (has(router, 'conntrack_helpers') ? parts(router, 'conntrack_helpers') : undefined);
  const proxies = proxiesByRouter && (proxiesByRouter.get(router.id) ?? []);
  return {
    ...given('conntrack_helpers', helpers?.flatMap(helperOf)),
    ...given('enable_ndp_proxy', flag(router, 'enable_ndp_proxy')),
    ...given(
      'ndp_proxies',
      proxies?.flatMap(proxyOf).toSorted((a, b) => byText(a.ip_address, b.ip_address)),
    ),
  };
}

/** The names of ports are known only when all ports are; until then a proxy has its port's id. */
export function nameProxyPorts(
  routers: readonly Router[],
  nameById: ReadonlyMap<string, string>,
  notes: string[],
): void {
  for (const { name, ndp_proxies = [] } of routers)
    for (const proxy of ndp_proxies) {
      if (proxy.port === undefined) continue;
      const found = nameById.get(proxy.port);
      if (found === undefined)
        notes.push(
          `ndp-proxies.json: port ${proxy.port} of router ${name} is not in the ports of the topology, left out`,
        );
      if (found === undefined) delete proxy.port;
      else proxy.port = found;
    }
}

function helperOf(item: Item): ConntrackHelper[] {
  const protocol = text(item, 'protocol');
  const port = whole(item, 'port', KINDS.conntrack_helper.port);
  const helper = text(item, 'helper');
  if (protocol !== undefined && port !== undefined && helper !== undefined)
    return [{ ...given('id', uuid(item, 'id')), protocol, port, helper }];
  item.notes.push(`${item.where}: incomplete conntrack helper, left out`);
  return [];
}

function proxyOf(item: Item): NdpProxy[] {
  const ip_address = address(item, 'ip_address');
  if (ip_address !== undefined)
    return [{ ...given('id', uuid(item, 'id')), ip_address, ...given('port', uuid(item, 'port_id')) }];
  item.notes.push(`${item.where}: no ip_address, left out`);
  return [];
}
