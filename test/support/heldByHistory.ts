/** Items of which only the history of a node says whether they are there (`namespaces/choice.ts`): without one of them a node is healthy, too. */
import type { Chosen } from '../../shared/namespaces/choice.ts';
import type { Namespace } from '../../shared/namespaces/types.ts';
import { printedPrefix } from '../../shared/ip.ts';
import type { Item, NamespaceAspect } from '../../shared/state.ts';

export function heldByHistory(
  namespaces: readonly Namespace[],
): (namespace: string, aspect: NamespaceAspect, item: Item) => boolean {
  const held = new Set(namespaces.flatMap((each) => factsOf(each).map((fact) => `${each.name} ${fact}`)));
  return (namespace, aspect, item) => 'dst' in item && held.has(`${namespace} ${aspect} ${String(item.dst)}`);
}

function factsOf(namespace: Namespace): string[] {
  if (namespace.kind === 'qdhcp') return [];
  if (namespace.kind === 'qrouter')
    return [
      ...free(
        namespace.interfaces.flatMap(({ neighbours }) => neighbours),
        'neighbours',
      ),
      ...free(namespace.extraRoutes, 'routes'),
    ];
  const extra = namespace.kind === 'snat' ? namespace.extraRoutes : namespace.routers.flatMap((r) => r.extraRoutes);
  const gateways = namespace.gateways.map((gateway) => ({ ...gateway, dst: 'default' }));
  const links = namespace.onlink.filter(({ subnet }) => subnet === undefined);
  return free([...extra, ...gateways, ...links], 'routes');
}

const free = (facts: readonly (Chosen & { dst: string })[], aspect: NamespaceAspect): string[] =>
  facts.flatMap(({ dst, choice }) => (choice ? [`${aspect} ${printedPrefix(dst)}`] : []));
