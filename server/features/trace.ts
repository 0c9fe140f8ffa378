/** `dvrscope/trace`: the way of a packet there and back as text, over the expected state and, after a comparison, over the live one. */
import type { TraceParams } from '../../shared/protocol.ts';
import { divergence } from '../../shared/trace/diverge.ts';
import { renderDivergence, renderTrace } from '../../shared/trace/render.ts';
import { trace } from '../../shared/trace/trace.ts';
import { expectedCloud, liveCloud } from '../../shared/wiring.ts';
import type { Document } from '../document.ts';
import { traceRequest } from '../traceRequest.ts';
import type { LiveComparison } from './compare.ts';

/** What to trace is untrusted: it may come from a keybinding or from a document that was kept. */
export function traceText(document: Document, params: TraceParams, comparison: LiveComparison | undefined): string {
  const { topology } = document.reading();
  const request = traceRequest(topology, params);
  if ('problem' in request) return `${request.problem}\n`;
  const expected = trace(expectedCloud(topology, comparison?.allocations), request);
  if (!comparison || comparison.live.size === 0) {
    return `${renderTrace(expected)}\nThis is the expected state. After "DVR: Compare with Live Nodes" the live one is traced too.\n`;
  }
  const live = trace(liveCloud(topology, [...comparison.live.values()], comparison.allocations), request);
  const parting = renderDivergence(divergence(expected, live));
  return [parting, renderTrace(expected), renderTrace(live)].join(`\n${'─'.repeat(80)}\n\n`);
}
