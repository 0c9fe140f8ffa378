/** `dvrscope/node`: one node, by namespace and aspect, with what the last comparison found in each. */
import { defaultAllocations } from '../../shared/allocations.ts';
import { ASPECTS, NODE_ASPECTS } from '../../shared/aspects/table.ts';
import { expect, namespacesOf } from '../../shared/expect.ts';
import { gapFor } from '../../shared/gaps.ts';
import type { Namespace } from '../../shared/namespaces/types.ts';
import { REQUEST } from '../../shared/protocol.ts';
import type { AspectEntry, NodeDetails, NodeParams } from '../../shared/protocolNodes.ts';
import type { Severities } from '../../shared/silence.ts';
import type { AspectName, NodeAspectName, NodeState } from '../../shared/state.ts';
import type { Document } from '../document.ts';
import { isDifference } from '../isDifference.ts';
import type { Finding } from '../report.ts';
import type { LiveComparison } from './compare.ts';
import { findingEntry, toldOf } from './findingEntry.ts';
import { isText, type OwnRequest } from './ownRequest.ts';

/** The node itself, in findings of the report `null` where it is about what was not collected. */
const NODE = '-';

export const nodeRequest: OwnRequest<NodeParams> = {
  method: REQUEST.node,
  params: { uri: isText, node: isText },
  answer: ({ uri, node }, { document, comparison, severities }) =>
    nodeDetails(document(uri), node, comparison(uri), severities(uri)),
};

/** A node that the topology does not have has nothing in it. */
export function nodeDetails(
  document: Document,
  node: string,
  comparison: LiveComparison | undefined,
  severities?: Severities,
): NodeDetails {
  const { topology } = document.reading();
  if (!topology.nodes.some(({ name }) => name === node)) return { namespaces: [] };
  const allocations = comparison?.allocations.get(node) ?? defaultAllocations(topology, node);
  const expected = expect(topology, node, allocations);
  const live = comparison?.live.get(node);
  const found = groupsOf(toldOf(document, comparison, severities).filter((finding) => finding.node === node));
  const owners = new Map(namespacesOf(topology, node, allocations).map((namespace) => [namespace.name, namespace]));
  const names = [...new Set([...Object.keys(expected.namespaces), ...found.keys()])].filter((name) => name !== NODE);
  return {
    namespaces: [...names, NODE].flatMap((name) => {
      const inside = found.get(name) ?? new Map<string, Finding[]>();
      const aspects = aspectsOf(name, expected, live, inside).map((aspect): AspectEntry => ({
        ...aspect,
        findings: (inside.get(aspect.name) ?? []).map((finding) => findingEntry(document, finding)),
      }));
      if (aspects.length === 0) return [];
      const differences = [...inside.values()].flat().filter(isDifference).length;
      return [{ name, owner: ownerOf(owners.get(name)), aspects, ...(live && { differences }) }];
    }),
  };
}

/** By namespace, then by aspect. */
function groupsOf(findings: readonly Finding[]): Map<string, Map<string, Finding[]>> {
  const groups = new Map<string, Map<string, Finding[]>>();
  for (const finding of findings) {
    const inside = groups.get(finding.namespace ?? NODE) ?? new Map<string, Finding[]>();
    groups.set(finding.namespace ?? NODE, inside);
    const known = inside.get(finding.aspect ?? OTHER);
    if (known) known.push(finding);
    else inside.set(finding.aspect ?? OTHER, [finding]);
  }
  return groups;
}

const OTHER = 'other';

function ownerOf(namespace: Namespace | undefined): string {
  if (!namespace) return '';
  return 'network' in namespace ? `network ${namespace.network.name}` : `router ${namespace.router.name}`;
}

type Bare = Omit<AspectEntry, 'findings'>;

/** Those that are compared, and those that something was found in: what has no command of its own is named in words. */
function aspectsOf(
  namespace: string,
  expected: NodeState,
  live: NodeState | undefined,
  found: ReadonlyMap<string, unknown>,
): Bare[] {
  const isThere = (name: NodeAspectName): boolean =>
    [expected, live].some((state) => (state?.[name] ?? []).length > 0) || found.has(name);
  const ofNode = NODE_ASPECTS.filter(({ name }) => isThere(name));
  const compared = namespace === NODE ? ofNode : Object.hasOwn(expected.namespaces, namespace) ? ASPECTS : [];
  const shown = compared.map(({ name, title }): Bare => ({
    name,
    title,
    hasText: true,
    ...reasonOf(namespace, name, expected, live),
  }));
  const others = [...found.keys()].filter((name) => !shown.some((aspect) => aspect.name === name));
  return [...shown, ...others.map((name): Bare => ({ name, title: TITLE[name] ?? name }))];
}

function reasonOf(
  namespace: string,
  name: AspectName,
  expected: NodeState,
  live: NodeState | undefined,
): Pick<Bare, 'reason' | 'isUnknown'> {
  if (!live) return { isUnknown: true };
  // A namespace that is not there has one finding, which says so.
  if (namespace !== NODE && !Object.hasOwn(live.namespaces, namespace)) return { reason: 'the namespace is not there' };
  const gap = gapFor(live.gaps, namespace, name) ?? gapFor(expected.gaps, namespace, name);
  return gap ? { reason: gap.reason } : {};
}

const TITLE: Readonly<Record<string, string>> = {
  namespaces: 'the namespace itself',
  allocations: 'state files of the agent',
  processes: 'processes',
  conntrack: 'connections',
  [OTHER]: 'others',
};
