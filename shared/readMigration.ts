/** Which floating IPs of ports that migrate to a node its agent serves already. Of the things that tell it the most count. */
import type { Allocations } from './allocations.ts';
import { choose } from './namespaces/choice.ts';
import { migratingTo } from './namespaces/qrouter.ts';
import type { Namespace } from './namespaces/types.ts';
import { FIP_RT_TBL, NS_PREFIX } from './neutron.ts';
import type { ServedFloatingIp } from './placement.ts';
import type { NodeState } from './state.ts';
import type { Topology } from './topology/types.ts';

export function readMigration(
  topology: Topology,
  namespaces: readonly Namespace[],
  live: NodeState,
  allocations: Allocations,
): void {
  for (const namespace of namespaces) {
    if (namespace.kind !== 'qrouter') continue;
    for (const { served, choice } of migratingTo(topology, live.node, namespace.router)) {
      const votes = votesOf(served, namespace.name, live).filter((vote) => vote !== undefined);
      const isServed = votes.filter(Boolean).length > votes.length / 2;
      choose(allocations, choice, isServed ? choice.candidates : []);
    }
  }
}

/** Its rule and its translation in the `qrouter` namespace, its route in the `fip` namespace, its line in the state file. */
function votesOf(
  { floating: { floating_ip_address: floating }, fixed_ip_address: fixed }: ServedFloatingIp,
  name: string,
  live: NodeState,
): (boolean | undefined)[] {
  const { rules, iptables } = live.namespaces[name] ?? {};
  const fips = Object.entries(live.namespaces).flatMap(([other, { routes }]) =>
    other.startsWith(NS_PREFIX.fip) && routes ? [routes] : [],
  );
  return [
    rules?.some(({ src, table }) => src === fixed && table === String(FIP_RT_TBL)),
    iptables?.some(({ table, spec = '' }) => table === 'nat' && spec.startsWith(`-d ${floating}/32 `)),
    fips.length === 0 ? undefined : fips.flat().some(({ dst }) => dst === floating),
    live.allocations?.some(({ file, key }) => file === 'fip-priorities' && key === floating),
  ];
}
