/** The chains and jumps that every namespace of the L3 agent starts with, in both families: `agent/linux/iptables_manager.py`. */
import type { Namespace } from '../namespaces/types.ts';
import { WRAP } from '../neutron.ts';
import { hasChange } from '../releases.ts';
import type { Because, Family, IptablesItem } from '../state.ts';

/** One wrapped chain's rule before it is a line: table, chain without wrap, specification, why. */
export type Line = [table: string, chain: string, spec: string, because: Because];

export const itemsOf = (family: Family, lines: readonly Line[]): IptablesItem[] =>
  lines.map(([table, chain, spec, because]) => ({ family, table, chain: `${WRAP}-${chain}`, spec, because }));

const TABLES = ['mangle', 'raw', 'filter', 'nat'] as const;
type Table = (typeof TABLES)[number];

const HOOKS: Record<Table, readonly string[]> = {
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  raw: ['PREROUTING', 'OUTPUT'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
};

/** Wrapped chains. IPv6 has no marks of its own and translates nothing but metadata requests. */
const CHAINS: Record<Family, Record<Table, readonly string[]>> = {
  inet: {
    mangle: ['FORWARD', 'INPUT', 'OUTPUT', 'POSTROUTING', 'PREROUTING', 'mark'],
    raw: ['OUTPUT', 'PREROUTING'],
    filter: ['FORWARD', 'INPUT', 'OUTPUT', 'local'],
    nat: ['OUTPUT', 'POSTROUTING', 'PREROUTING', 'float-snat', 'snat'],
  },
  inet6: {
    mangle: ['FORWARD', 'INPUT', 'OUTPUT', 'POSTROUTING', 'PREROUTING'],
    raw: ['OUTPUT', 'PREROUTING'],
    filter: ['FORWARD', 'INPUT', 'OUTPUT', 'local'],
    nat: ['PREROUTING'],
  },
};

/** Only in namespaces of a router: address scopes (`router_info.py: initialize_address_scope_iptables`). */
const ROUTER_CHAINS: Record<Family, Partial<Record<Table, readonly string[]>>> = {
  inet: { mangle: ['float-snat', 'floatingip', 'scope'], filter: ['scope'] },
  inet6: { mangle: ['scope'], filter: ['scope'] },
};

/** `iptables_manager.py: IptablesManager.__init__`. */
export function frameOf(namespace: Namespace, family: Family): IptablesItem[] {
  const because: Because = {
    pointer: namespace.because.pointer,
    sentence: 'every namespace of the L3 agent starts with this frame of chains',
    neutron: 'iptables_manager.py: IptablesManager.__init__',
  };
  const at = { family, because };
  return TABLES.filter((table) => hasTable(namespace, table, family)).flatMap((table) => [
    ...HOOKS[table].map((chain) => ({ ...at, table, chain, policy: 'ACCEPT' })),
    ...[...unwrapped(table, family), ...wrapped(namespace, table, family)].map((chain) => ({
      ...at,
      table,
      chain,
      policy: '-',
    })),
    ...jumps(namespace, table, family).map(([chain, spec]) => ({ ...at, table, chain, spec })),
  ]);
}

/** Tables of ip6tables came one after the other. */
const hasTable = (namespace: Namespace, table: Table, family: Family): boolean =>
  family === 'inet' ||
  table === 'filter' ||
  hasChange(namespace, table === 'raw' ? 'raw_ipv6' : table === 'mangle' ? 'address_scopes' : 'metadata_ipv6');

const isIpv4Nat = (table: Table, family: Family): boolean => table === 'nat' && family === 'inet';

const unwrapped = (table: Table, family: Family): string[] =>
  table === 'filter' ? ['neutron-filter-top'] : isIpv4Nat(table, family) ? ['neutron-postrouting-bottom'] : [];

const wrapped = (namespace: Namespace, table: Table, family: Family): string[] =>
  [
    ...chainsOf(namespace, table, family),
    ...((hasScopes(namespace) ? ROUTER_CHAINS[family][table] : undefined) ?? []),
  ].map((chain) => `${WRAP}-${chain}`);

const chainsOf = (namespace: Namespace, table: Table, family: Family): readonly string[] =>
  CHAINS[family][table].filter((chain) => chain !== 'mark' || hasChange(namespace, 'mark_chain'));

/** In Mitaka they were part of the frame of every namespace (`IptablesManager.__init__`). */
export const hasScopes = (namespace: Namespace): boolean =>
  hasChange(namespace, 'address_scopes') &&
  namespace.kind !== 'qdhcp' &&
  (namespace.kind !== 'fip' || !hasChange(namespace, 'router_scope_chains'));

function jumps(namespace: Namespace, table: Table, family: Family): [chain: string, spec: string][] {
  const chains = chainsOf(namespace, table, family);
  const top = (hook: string): [string, string][] =>
    table === 'filter' && hook !== 'INPUT' ? [[hook, '-j neutron-filter-top']] : [];
  // A hook without a wrapped chain, as INPUT of the nat table, has no jump.
  const hooks = HOOKS[table].filter((hook) => chains.includes(hook));
  const comment = '-m comment --comment "Perform source NAT on outgoing traffic." ';
  const bottom = `${hasChange(namespace, 'mark_chain') ? comment : ''}-j ${WRAP}-snat`;
  return [
    ...hooks.flatMap((hook): [string, string][] => [...top(hook), [hook, `-j ${WRAP}-${hook}`]]),
    ...(chains.includes('mark') ? [[`${WRAP}-PREROUTING`, `-j ${WRAP}-mark`] as [string, string]] : []),
    ...(table === 'filter' ? [['neutron-filter-top', `-j ${WRAP}-local`] as [string, string]] : []),
    ...(isIpv4Nat(table, family)
      ? ([
          ['POSTROUTING', '-j neutron-postrouting-bottom'],
          ['neutron-postrouting-bottom', bottom],
        ] as [string, string][])
      : []),
  ];
}
