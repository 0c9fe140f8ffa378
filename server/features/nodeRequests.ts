/** The requests about nodes, findings and lines of states, by their methods: each is answered from one document and its last comparison. */
import { REQUEST, type TopologyParams } from '../../shared/protocol.ts';
import type { FindingParams, LineParams, NodeParams } from '../../shared/protocolNodes.ts';
import type { Severities } from '../../shared/silence.ts';
import type { Document } from '../document.ts';
import { cloud } from './cloud.ts';
import type { LiveComparison } from './compare.ts';
import { findingPage } from './findingPage.ts';
import { nodeDetails } from './nodeDetails.ts';
import { explainLine } from './stateLine.ts';

type Answer<P extends TopologyParams> = (
  document: Document,
  params: P,
  comparison: LiveComparison | undefined,
  severities: Severities | undefined,
) => unknown;

// oxlint-disable-next-line typescript/no-explicit-any -- each of them reads what is its own
export const NODE_REQUESTS: Record<string, Answer<any>> = {
  [REQUEST.cloud]: (document, _, comparison, severities) => cloud(document, comparison, severities),
  [REQUEST.node]: (document, { node }: NodeParams, comparison, severities) =>
    nodeDetails(document, node, comparison, severities),
  [REQUEST.line]: (document, params: LineParams, comparison, severities) =>
    explainLine(document, params, comparison, severities),
  [REQUEST.finding]: (document, { finding }: FindingParams, comparison) => ({
    text: findingPage(document, finding, comparison),
  }),
};
