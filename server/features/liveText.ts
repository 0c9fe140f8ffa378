/** Where in the documents of live states the lines of a finding stand, as related information of its diagnostic. */
import type { DiagnosticRelatedInformation } from 'vscode-languageserver';
import { stateUriParts, type StateParams } from '../../shared/protocol.ts';
import { renderNode } from '../../shared/render.ts';
import { ASPECTS, NODE_ASPECTS } from '../../shared/aspects/table.ts';
import type { Finding } from '../report.ts';
import type { LiveComparison } from './compare.ts';

/** Of a finding with more differences the first ones are shown, and how many more there are. */
const MOST_SHOWN = 10;

/** Lines of states that are looked through for one comparison; then only the document is named. That is some tenths of a second. */
const MOST_LINES = 500_000;

/** Made once for a finding: neither it nor the live state that it is about ever changes. */
const made = new WeakMap<Finding, DiagnosticRelatedInformation[]>();
const looked = new WeakMap<LiveComparison, { lines: Map<string, string[]>; count: number }>();

/** @param uri the topology's */
export function liveTextOf(uri: string, finding: Finding, comparison: LiveComparison): DiagnosticRelatedInformation[] {
  const known = made.get(finding);
  if (known) return known;
  const all = finding.differences ?? [finding];
  const shown = all.slice(0, MOST_SHOWN).flatMap((each) => relatedOf(uri, each, comparison) ?? []);
  const last = shown.at(-1);
  if (last && all.length > MOST_SHOWN) shown.push({ ...last, message: `… and ${all.length - MOST_SHOWN} more` });
  made.set(finding, shown);
  return shown;
}

/** Nothing for what no document of a state has: a missing namespace, a state file, a promise. */
function relatedOf(
  uri: string,
  { node, namespace, aspect, expected, live }: Finding,
  comparison: LiveComparison,
): DiagnosticRelatedInformation | undefined {
  const state = comparison.live.get(node ?? '');
  const known = [...ASPECTS, ...NODE_ASPECTS].find(({ name }) => name === aspect);
  if (!state || !known || node === null || namespace === null) return undefined;
  if (namespace !== '-' && !Object.hasOwn(state.namespaces, namespace)) return undefined;
  const params: StateParams = { uri, node, side: 'live', namespace, aspect: known.name };
  const line = Math.max(0, live === null ? 0 : lineOf(live, params, comparison));
  const position = { line, character: 0 };
  const message = live === null ? `live: no line ${expected ?? ''}` : `live: ${live}`;
  return {
    location: { uri: encoded(params), range: { start: position, end: position } },
    message: message.replaceAll(/\s+/g, ' ').slice(0, 300),
  };
}

/** The line of the document, or -1. */
function lineOf(live: string, params: StateParams, comparison: LiveComparison): number {
  const { node, namespace, aspect } = params;
  const known = looked.get(comparison) ?? { lines: new Map<string, string[]>(), count: 0 };
  looked.set(comparison, known);
  const key = `${node} ${namespace} ${aspect}`;
  if (!known.lines.has(key)) {
    if (known.count > MOST_LINES) return -1;
    const name = [...ASPECTS, ...NODE_ASPECTS].find((each) => each.name === aspect)!.name;
    const lines = renderNode(comparison.live.get(node)!, { namespace: namespace!, aspect: name }).split('\n');
    known.count += lines.length;
    known.lines.set(key, lines);
  }
  const first = live.split('\n')[0]!;
  // iptables-save names the table on a line above.
  const wanted = aspect === 'iptables' ? first.slice(first.indexOf(' ') + 1) : first;
  return known.lines.get(key)!.indexOf(wanted);
}

/** As editors write URIs: what is no letter, digit or one of a few marks is encoded. */
function encoded(params: StateParams): string {
  const { scheme, path, query } = stateUriParts(params);
  return `${scheme}:${path.split('/').map(encodeURIComponent).join('/')}?${encodeURIComponent(query)}`;
}
