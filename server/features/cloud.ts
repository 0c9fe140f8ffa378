/** `dvrscope/cloud`: the nodes of a topology with how the last comparison found them, without what is in them: that is asked for one by one. */
import { REQUEST, type TopologyParams } from '../../shared/protocol.ts';
import type { CloudEntry, NodeSummary } from '../../shared/protocolNodes.ts';
import type { Severities } from '../../shared/silence.ts';
import type { Document } from '../document.ts';
import { isDifference } from '../isDifference.ts';
import type { LiveComparison } from './compare.ts';
import { wholeText } from './diagnostics.ts';
import { findingEntry, toldOf } from './findingEntry.ts';
import { isText, type OwnRequest } from './ownRequest.ts';
import { locationOf } from './range.ts';

export const cloudRequest: OwnRequest<TopologyParams> = {
  method: REQUEST.cloud,
  params: { uri: isText },
  answer: ({ uri }, { document, comparison, severities }) => cloud(document(uri), comparison(uri), severities(uri)),
};

function cloud(document: Document, comparison: LiveComparison | undefined, severities?: Severities): CloudEntry {
  const told = toldOf(document, comparison, severities);
  const counts = new Map<string, number>();
  for (const finding of told.filter(isDifference))
    counts.set(finding.node ?? '', (counts.get(finding.node ?? '') ?? 0) + 1);
  const outcomes = new Map(comparison?.nodes.map((outcome) => [outcome.node, outcome]));
  const read = new Map(comparison?.read.map((entry) => [entry.node, entry]));
  return {
    nodes: document.reading().topology.nodes.map(({ name, agent_mode, pointer }): NodeSummary => {
      const [outcome, entry] = [outcomes.get(name), read.get(name)];
      const { uri, range } = locationOf(document, pointer, 'key');
      const base = { name, agent_mode, pointer, uri, line: range.start.line };
      if (!outcome) return base;
      const { status, differences, error } = outcome;
      const silenced = differences - (counts.get(name) ?? 0);
      return {
        ...base,
        status,
        differences,
        ...(error !== undefined && { error }),
        ...(silenced > 0 && { silenced }),
        ...(entry?.readAt !== undefined && { readAt: entry.readAt }),
        ...(entry?.path !== undefined && { path: entry.path }),
      };
    }),
    findings: told.filter(({ node }) => node === null).map((finding) => findingEntry(document, finding)),
    errors: document
      .parts()
      .flatMap((part) => part.problems())
      .filter(({ severity }) => severity === 'error').length,
    ...(comparison && comparison.text !== wholeText(document) && { isStale: true }),
    ...(document.parts().length > 1 && { files: document.parts().map(({ text }) => text.uri) }),
  };
}
