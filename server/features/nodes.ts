/** `dvrscope/nodes`: the nodes of a topology and the namespaces that each should hold, with how the last comparison found them. */
import { defaultAllocations } from '../../shared/allocations.ts';
import { namespacesOf } from '../../shared/expect.ts';
import type { Namespace } from '../../shared/namespaces/types.ts';
import type { NamespaceEntry, NodeEntry } from '../../shared/protocol.ts';
import type { Document } from '../document.ts';
import { isDifference } from '../isDifference.ts';
import type { LiveComparison } from './compare.ts';
import { rangeOf } from './range.ts';

export function nodes(document: Document, comparison: LiveComparison | undefined): NodeEntry[] {
  const { topology } = document.reading();
  return topology.nodes.map((node) => {
    const compared = comparison?.nodes.find((entry) => entry.node === node.name);
    const allocations = comparison?.allocations.get(node.name) ?? defaultAllocations(topology, node.name);
    return {
      name: node.name,
      agent_mode: node.agent_mode,
      pointer: node.pointer,
      line: rangeOf(document, node.pointer, 'key').start.line,
      namespaces: namespacesOf(topology, node.name, allocations).map((namespace) =>
        namespaceEntry(namespace, compared && countOf(comparison!, node.name, namespace.name)),
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

const countOf = ({ findings }: LiveComparison, node: string, namespace: string): number =>
  findings.filter((finding) => finding.node === node && finding.namespace === namespace && isDifference(finding))
    .length;
