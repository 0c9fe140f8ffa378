/** `dvrscope/trace`: the way of a packet there and back as text, over the expected state and, after a comparison, over the live one. */
import { REQUEST, type TextResult, type TraceExportParams, type TraceParams } from '../../shared/protocol.ts';
import { mermaidOf } from '../../shared/trace/mermaid.ts';
import { renderDivergence, renderRest, renderTrace, renderVerdicts } from '../../shared/trace/render.ts';
import { remembered } from '../../shared/trace/remembered.ts';
import type { Document } from '../document.ts';
import { traceRequest } from '../traceRequest.ts';
import { type Source, type Traced, linesOf, traced, tracedJson } from '../traced.ts';
import { NO_ALLOCATIONS } from '../tracedViews.ts';
import type { LiveComparison } from './compare.ts';
import { isText, type OwnRequest } from './ownRequest.ts';

export const traceRequests: readonly [OwnRequest<TraceParams>, OwnRequest<TraceExportParams>] = [
  {
    method: REQUEST.trace,
    params: { uri: isText },
    answer: (params, { document, comparison }): TextResult => ({
      text: traceText(document(params.uri), params, comparison(params.uri)),
    }),
  },
  {
    method: REQUEST.traceExport,
    params: { uri: isText },
    answer: (params, { document, comparison }): TextResult => ({
      text: traceExport(document(params.uri), params, comparison(params.uri)),
    }),
  },
];

/** Over the topology of a document and, after a comparison, over the live state. */
export function tracedIn(
  document: Document,
  params: Omit<TraceParams, 'uri'>,
  comparison: LiveComparison | undefined,
): { traced: Traced; source: Source } | { problem: string } {
  const whole = document.whole();
  const request = traceRequest(whole.topology, params);
  if ('problem' in request) return request;
  const file = document.parts()[0]!.text.uri.split('/').at(-1) ?? '';
  const source = { ...whole, file };
  const allocations = comparison?.allocations ?? NO_ALLOCATIONS;
  const states = comparison && comparison.live.size > 0 ? statesOf(comparison) : undefined;
  return { traced: traced(source, request, allocations, states), source };
}

// The same object each time, by which `tracedViews.ts` knows what it has made.
const statesOf = remembered(({ live }: LiveComparison) => [...live.values()]);

function traceText(document: Document, params: TraceParams, comparison: LiveComparison | undefined): string {
  const result = tracedIn(document, params, comparison);
  return 'problem' in result ? `${result.problem}\n` : asText(result.source, result.traced);
}

/** For a ticket or a program. */
function traceExport(
  document: Document,
  { format, ...params }: TraceExportParams,
  comparison: LiveComparison | undefined,
): string {
  const result = tracedIn(document, params, comparison);
  if ('problem' in result) return `${result.problem}\n`;
  const { expected, live, parting } = result.traced;
  if (format === 'json') return tracedJson(result.source, result.traced);
  return format === 'mermaid' ? mermaidOf(live ?? expected, parting) : asText(result.source, result.traced);
}

function asText(source: Source, { expected, live, parting, findings }: Traced): string {
  const lineOf = linesOf(source);
  if (!live)
    return `${renderTrace(expected, lineOf)}\nThis is the expected state. After "DVR: Compare with Live Nodes" the live one is traced too.\n`;
  const line = `\n${'─'.repeat(80)}\n\n`;
  if (!parting) return [renderDivergence(null), renderTrace(live, lineOf)].join(line);
  const head = `${renderDivergence(parting, findings, lineOf)}\n${renderVerdicts(expected, live)}`;
  return [head, renderTrace(live, lineOf), renderRest(expected, live, lineOf)].join(line);
}
