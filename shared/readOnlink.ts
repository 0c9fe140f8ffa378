/** Which subnets of an external network came after the devices on it, so that the agent has made no on-link routes for them yet. */
import type { Allocations } from './allocations.ts';
import { printedPrefix } from './ip.ts';
import { type Choice, choose } from './namespaces/choice.ts';
import type { Namespace } from './namespaces/types.ts';
import { isOnlink } from './readForms.ts';
import type { NodeState } from './state.ts';

/** As many devices must be without the route of a subnet: one alone rather has lost it. */
const FEW = 2;

export function readOnlink(namespaces: readonly Namespace[], live: NodeState, allocations: Allocations): void {
  const missing = new Map<string, Choice[]>();
  for (const namespace of namespaces) {
    const routes = live.namespaces[namespace.name]?.routes;
    if (!routes || (namespace.kind !== 'snat' && namespace.kind !== 'fip')) continue;
    for (const { dst, subnet, choice } of namespace.onlink)
      if (choice && subnet !== undefined && !isOnlink(routes, printedPrefix(dst)))
        missing.set(subnet, [...(missing.get(subnet) ?? []), choice]);
  }
  for (const choices of missing.values())
    if (choices.length >= FEW) for (const choice of choices) choose(allocations, choice, []);
}
