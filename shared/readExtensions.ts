/** What extensions of the L3 agent have on a node and the topology leaves out, for `Allocations`: ids, and chains that outlive what they were for. */
import type { Allocations } from './allocations.ts';
import { choose } from './namespaces/choice.ts';
import { HELPER_CHAIN, HELPER_ID_LENGTH, helperChoice, helperKey, helperSpec } from './namespaces/conntrackHelper.ts';
import { NDP_CHAIN } from './namespaces/ndpProxy.ts';
import {
  FORWARDING_CHAIN,
  FORWARDING_CHAIN_PREFIX,
  FORWARDING_ID_LENGTH,
  forwardingKey,
  forwardingSpec,
} from './namespaces/portForwarding.ts';
import type { ExtensionLine, SnatNamespace } from './namespaces/types.ts';
import { WRAP } from './neutron.ts';
import { placementOf } from './placement.ts';
import type { IptablesItem, NamespaceState } from './state.ts';
import type { Router, Topology } from './topology/types.ts';

export function readExtensions(
  topology: Topology,
  namespace: SnatNamespace,
  { iptables }: NamespaceState,
  allocations: Allocations,
): void {
  if (!iptables) return;
  readForwardings(topology, namespace, iptables, allocations);
  readHelpers(namespace.router, iptables, allocations);
  readNdpProxies(namespace.router, iptables, allocations);
}

/** Ids of port forwardings that the topology leaves out, told by their rules; and the chain that stays when the last is gone. */
function readForwardings(
  topology: Topology,
  { router, portForwardings }: SnatNamespace,
  iptables: readonly IptablesItem[],
  allocations: Allocations,
): void {
  const prefix = `${WRAP}-${FORWARDING_CHAIN_PREFIX}`;
  const served = placementOf(topology).forwardingsByRouter.get(router.name) ?? [];
  for (const { floating } of served)
    for (const [index, forwarding] of floating.port_forwardings.entries()) {
      const spec = forwardingSpec(floating, forwarding);
      if (forwarding.id !== undefined || spec === undefined) continue;
      const rule = iptables.find((item) => item.spec === spec && item.chain.startsWith(prefix));
      const id = rule?.chain.slice(prefix.length);
      if (id?.length === FORWARDING_ID_LENGTH) allocations.ids[forwardingKey(floating, index)] = id;
    }
  const chain = `${WRAP}-${FORWARDING_CHAIN}`;
  const isLeft = iptables.some((item) => item.chain === chain) && iptables.some((item) => item.spec === `-j ${chain}`);
  if (portForwardings.length === 0 && isLeft) allocations.leftForwardingChains[router.name] = true;
}

/** Conntrack helpers: their ids, the chain that stays when the last is gone, or all of them where the topology says nothing. */
function readHelpers(router: Router, iptables: readonly IptablesItem[], allocations: Allocations): void {
  const prefix = `${WRAP}-${HELPER_CHAIN}`;
  const own = iptables.filter(
    ({ table, chain, spec }) =>
      table === 'raw' &&
      chain.startsWith(`${WRAP}-`) &&
      (chain === prefix || chain.startsWith(`${prefix}-`) || spec === `-j ${prefix}`),
  );
  if (!router.conntrack_helpers) {
    if (own.length > 0) allocations.helperLines[router.name] = own.map((item) => takenLine(router, item));
    return;
  }
  for (const [index, helper] of router.conntrack_helpers.entries()) {
    const rule = own.find(({ spec, chain }) => spec === helperSpec(helper) && chain.startsWith(`${prefix}-`));
    const id = rule?.chain.slice(prefix.length + 1);
    if (helper.id === undefined && id?.length === HELPER_ID_LENGTH) allocations.ids[helperKey(router, index)] = id;
  }
  // Chain and jump, in both families.
  const common = own.filter(({ chain, spec }) => spec === `-j ${prefix}` || (chain === prefix && spec === undefined));
  choose(allocations, helperChoice(router), common.length > 2 ? [HELPER_CHAIN] : []);
}

function readNdpProxies(router: Router, iptables: readonly IptablesItem[], allocations: Allocations): void {
  const name = `${WRAP}-${NDP_CHAIN}`;
  const own = iptables.filter(
    ({ family, table, chain, spec }) =>
      family === 'inet6' &&
      table === 'filter' &&
      chain.startsWith(`${WRAP}-`) &&
      (chain === name || spec?.endsWith(`-j ${name}`)),
  );
  if (own.length > 0) allocations.ndpLines[router.name] = own.map((item) => takenLine(router, item));
}

const takenLine = ({ name, pointer }: Router, { family, table, chain, spec }: IptablesItem): ExtensionLine => ({
  family,
  table,
  chain: chain.slice(WRAP.length + 1),
  ...(spec === undefined ? {} : { spec }),
  because: {
    pointer,
    sentence: `the topology does not say what an extension of the agent does for ${name}: it is taken as it is`,
    neutron: 'l3_agent_extensions_manager.py: L3AgentExtensionsManager.update_router',
  },
});
