/**
 * Tables of iptables that nobody filled: with iptables-legacy a table shows as soon as its module is loaded and anybody looked into it,
 * with its built-in chains alone. They are no business of Neutron's; a rule or another policy in one of them is.
 */
import type { Allocations, BareChain } from './allocations.ts';
import { expectIptables } from './aspects/iptablesExpect.ts';
import type { Namespace } from './namespaces/types.ts';
import type { NodeState } from './state.ts';

export function readBareTables(namespaces: readonly Namespace[], live: NodeState, allocations: Allocations): void {
  for (const namespace of namespaces) {
    const { iptables } = live.namespaces[namespace.name] ?? {};
    if (!iptables) continue;
    if (iptables.some(({ chain }) => chain.startsWith(VPN_WRAP))) allocations.vpnAgents.push(namespace.name);
    const placeOf = ({ family, table }: { family: string; table: string }) => `${family} ${table}`;
    const expected = new Set(expectIptables(namespace).map(placeOf));
    const chains = new Map<string, BareChain>();
    for (const { family, table, chain, policy } of iptables)
      if (policy !== undefined && HOOKS.has(chain) && TABLES.has(table) && !expected.has(placeOf({ family, table })))
        chains.set(`${family} ${table} ${chain}`, { family, table, chain, policy: 'ACCEPT' });
    if (chains.size > 0) allocations.bareChains[namespace.name] = [...chains.values()];
  }
}

/** `iptables_manager.py: binary_name` of the agent of neutron-vpnaas, cut to 16 characters. */
const VPN_WRAP = 'neutron-vpn-agen-';

const HOOKS: ReadonlySet<string> = new Set(['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING']);
/** `net/ipv4/netfilter/iptable_*.c`, `net/ipv6/netfilter/ip6table_*.c`. */
const TABLES: ReadonlySet<string> = new Set(['raw', 'mangle', 'nat', 'filter', 'security']);
