/** `dvrscope/state`: a node's state as text, alone or as one side of the expected-against-live diff. */
import { compare } from '../../shared/compare.ts';
import { defaultAllocations } from '../../shared/allocations.ts';
import { ASPECTS, NODE_ASPECTS } from '../../shared/aspects/table.ts';
import { expect } from '../../shared/expect.ts';
import { REQUEST, type StateParams, type TextResult } from '../../shared/protocol.ts';
import { type RenderOptions, renderNode, sideBySide } from '../../shared/render.ts';
import type { NodeState } from '../../shared/state.ts';
import type { Document } from '../document.ts';
import type { LiveComparison } from './compare.ts';
import { isOneOf, isText, maybe, type OwnRequest } from './ownRequest.ts';

/** What says which state, also in requests about its text. */
export const STATE_PARAMS = {
  uri: isText,
  node: isText,
  side: isOneOf('expected', 'live'),
  namespace: maybe(isText),
  aspect: maybe(isText),
};

export const stateRequest: OwnRequest<StateParams> = {
  method: REQUEST.state,
  params: STATE_PARAMS,
  answer: (params, { document, comparison }): TextResult => ({
    text: stateText(document(params.uri), params, comparison(params.uri)),
  }),
};

/** Always a text: where there is no state, it says why. */
export function stateText(document: Document, params: StateParams, comparison: LiveComparison | undefined): string {
  const { topology } = document.reading();
  if (!topology.nodes.some((node) => node.name === params.node)) return `# ${params.node} is not in the topology.\n`;
  const allocations = comparison?.allocations.get(params.node) ?? defaultAllocations(topology, params.node);
  const expected = expect(topology, params.node, allocations);
  if (params.side === 'expected' && !params.isDiff)
    return renderNode(expected, wanted(params)) || '# Nothing is expected here.\n';
  const live = comparison?.live.get(params.node);
  if (live && !params.isDiff) return renderNode(live, wanted(params)) || '# Nothing is there.\n';
  if (live) return diffSide(expected, live, params);
  return params.side === 'expected'
    ? renderNode(expected, wanted(params))
    : `# ${missingText(params.node, comparison)}\n`;
}

/** What a client asks for may be anything; an aspect that does not exist is none. */
function wanted({ namespace, aspect }: StateParams): RenderOptions {
  const name = [...ASPECTS, ...NODE_ASPECTS].find((each) => each.name === aspect)?.name;
  return { ...(namespace !== undefined && { namespace }), ...(name !== undefined && { aspect: name }) };
}

function missingText(node: string, comparison: LiveComparison | undefined): string {
  const failed = comparison?.nodes.find((entry) => entry.node === node);
  if (failed?.error) return `There is no live state of ${node}: ${failed.error}`;
  return `There is no live state of ${node} yet: run "DVR: Compare with Live Nodes".`;
}

/** One of two texts that differ exactly where the states do; what was not compared is listed the same on both. */
function diffSide(expected: NodeState, live: NodeState, params: StateParams): string {
  const { side } = params;
  const { namespace, aspect } = wanted(params);
  const isWanted = (entry: { namespace: string; aspect: string }): boolean =>
    (namespace === undefined || entry.namespace === namespace) && (aspect === undefined || entry.aspect === aspect);
  const sections = sideBySide(expected, live)
    .filter(isWanted)
    .map((section) => `# ${section.namespace}: ${section.title}\n${section[side]}`);
  const gaps = compare(expected, live)
    .notCompared.filter(isWanted)
    .map(
      (gap) =>
        `# not compared: ${gap.family ? `${gap.family} ` : ''}${gap.aspect} of ${gap.namespace}: ${gap.reason}\n`,
    );
  return [...sections, ...(gaps.length > 0 ? [gaps.join('')] : [])].join('\n') || '# Nothing to compare here.\n';
}
