/** In which order nodes stand. Knows no editor, so that it is tested without one. */
import type { NodeStatus } from '../../shared/protocol.ts';
import type { NodeSummary } from '../../shared/protocolNodes.ts';

/** Nodes of a small cloud are shown open, in the order of the file. */
export const FEW = 5;

const RANK: Readonly<Record<NodeStatus, number>> = { differs: 0, unreachable: 1, 'not-collected': 2, 'in-sync': 3 };

/** Of many nodes those that somebody has to look at come first; without a comparison, and among equals, the order of the file stays. */
export const inOrder = (nodes: readonly NodeSummary[]): readonly NodeSummary[] =>
  nodes.length <= FEW ? nodes : nodes.toSorted((a, b) => rankOf(a) - rankOf(b));

/** What nobody has compared is worth no look before what is in sync. */
const rankOf = ({ status }: NodeSummary): number => (status === undefined ? RANK['in-sync'] : RANK[status]);
