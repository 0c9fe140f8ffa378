/** `dvrscope/nodes`: the nodes of a topology and the namespaces that each should hold, with how the last comparison found them. */
import { defaultAllocations } from '../../shared/allocations.ts';
import { namespacesOf } from '../../shared/expect.ts';
import type { Namespace } from '../../shared/namespaces/types.ts';
import { REQUEST, type NamespaceEntry, type NodeEntry, type TopologyParams } from '../../shared/protocol.ts';
import type { Document } from '../document.ts';
import { isDifference } from '../isDifference.ts';
import type { Finding } from '../report.ts';
import type { LiveComparison } from './compare.ts';
import { isText, type OwnRequest } from './ownRequest.ts';
import { rangeOf } from './range.ts';

export const nodesRequest: OwnRequest<TopologyParams> = {
  method: REQUEST.nodes,
  params: { uri: isText },
  answer: ({ uri }, { document, comparison }) => nodes(document(uri), comparison(uri)),
};

function nodes(document: Document, comparison: LiveComparison | undefined): NodeEntry[] {
  const { topology } = document.reading();
  const outcomes = new Map(comparison?.nodes.map((outcome) => [outcome.node, outcome]));
  const counts = countsOf(comparison?.findings ?? []);
  return topology.nodes.map((node) => {
    const compared = outcomes.get(node.name);
    const allocations = comparison?.allocations.get(node.name) ?? defaultAllocations(topology, node.name);
    return {
      name: node.name,
      agent_mode: node.agent_mode,
      pointer: node.pointer,
      line: rangeOf(document, node.pointer, 'key').start.line,
      namespaces: namespacesOf(topology, node.name, allocations).map((namespace) =>
        namespaceEntry(namespace, compared && (counts.get(keyOf(node.name, namespace.name)) ?? 0)),
      ),
      ...(compared && { status: compared.status, differences: compared.differences }),
      ...(compared?.error && { error: compared.error }),
    };
  });
}

const namespaceEntry = (namespace: Namespace, differences: number | undefined): NamespaceEntry => ({
  name: namespace.name,
  owner: 'network' in namespace ? `network ${namespace.network.name}` : `router ${namespace.router.name}`,
  ...(differences !== undefined && { differences }),
});

const keyOf = (node: string | null, namespace: string | null): string => JSON.stringify([node, namespace]);

/** Differences of each namespace. */
function countsOf(findings: readonly Finding[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const finding of findings.filter(isDifference)) {
    const key = keyOf(finding.node, finding.namespace);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
