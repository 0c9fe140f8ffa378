/** What stands in the tree of nodes, and what commands of the tree are given. */
import type { NamespaceEntry } from '../../shared/protocol.ts';
import type { AspectEntry, CloudEntry, FindingEntry, NodeSummary } from '../../shared/protocolNodes.ts';

export type TreeElement = CloudElement | NodeElement | NamespaceElement | AspectElement | FindingElement;

export interface CloudElement {
  kind: 'cloud';
  /** The topology. */
  uri: string;
  cloud: CloudEntry;
}

export interface NodeElement {
  kind: 'node';
  uri: string;
  node: NodeSummary;
  /** Few enough to be shown open. */
  isOneOfFew: boolean;
}

export interface NamespaceElement {
  kind: 'namespace';
  uri: string;
  node: NodeSummary;
  namespace: NamespaceEntry & { aspects: AspectEntry[] };
}

export interface AspectElement {
  kind: 'aspect';
  uri: string;
  node: NodeSummary;
  namespace: NamespaceEntry;
  aspect: AspectEntry;
}

export interface FindingElement {
  kind: 'finding';
  uri: string;
  finding: FindingEntry;
  /** Where in the tree it stands; absent for what is of no single node. */
  node?: NodeSummary;
  namespace?: NamespaceEntry;
  aspect?: AspectEntry;
}

/** What commands take: an element of the tree, or as much of one as a lens or a keybinding knows. */
export interface NodeArgument {
  uri?: string;
  node?: { name: string };
  namespace?: { name: string };
  aspect?: { name: string };
}
