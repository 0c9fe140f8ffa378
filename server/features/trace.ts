/** `dvrscope/trace`: the way of a packet there and back as text, over the expected state and, after a comparison, over the live one. */
import type { TraceParams } from '../../shared/protocol.ts';
import { renderDivergence, renderRest, renderTrace, renderVerdicts } from '../../shared/trace/render.ts';
import type { Document } from '../document.ts';
import { traceRequest } from '../traceRequest.ts';
import { linesOf, traced } from '../traced.ts';
import type { LiveComparison } from './compare.ts';

/** What to trace is untrusted: it may come from a keybinding or from a document that was kept. */
export function traceText(document: Document, params: TraceParams, comparison: LiveComparison | undefined): string {
  const { topology, sourceMap } = document.reading();
  const request = traceRequest(topology, params);
  if ('problem' in request) return `${request.problem}\n`;
  const file = document.text.uri.split('/').at(-1) ?? '';
  const source = { file, text: document.text.getText(), topology, sourceMap };
  const lineOf = linesOf(source);
  const isCompared = comparison !== undefined && comparison.live.size > 0;
  const states = isCompared ? [...comparison.live.values()] : undefined;
  const { expected, live, parting, findings } = traced(source, request, comparison?.allocations ?? new Map(), states);
  if (!live)
    return `${renderTrace(expected, lineOf)}\nThis is the expected state. After "DVR: Compare with Live Nodes" the live one is traced too.\n`;
  const line = `\n${'─'.repeat(80)}\n\n`;
  if (!parting) return [renderDivergence(null), renderTrace(live, lineOf)].join(line);
  const head = `${renderDivergence(parting, findings, lineOf)}\n${renderVerdicts(expected, live)}`;
  return [head, renderTrace(live, lineOf), renderRest(expected, live, lineOf)].join(line);
}
