/** `dvrscope/traceView`: a trace as pictures, over the expected state and, after a comparison, over the live one. */
import { type Atlas, atlasOf, endpointOf, segmentOf } from '../../shared/picture/atlas.ts';
import { picturesOf } from '../../shared/picture/picture.ts';
import type {
  Location,
  PictureFinding,
  PictureParting,
  TraceRequestText,
  TraceView,
  TraceViewAnswer,
} from '../../shared/picture/types.ts';
import { REQUEST, type TraceParams } from '../../shared/protocol.ts';
import type { Divergence } from '../../shared/trace/diverge.ts';
import type { Trace } from '../../shared/trace/trace.ts';
import { shortName, waysOf } from '../../shared/trace/verdict.ts';
import type { Document } from '../document.ts';
import type { Finding } from '../report.ts';
import type { LiveComparison } from './compare.ts';
import { isText, type OwnRequest } from './ownRequest.ts';
import { wholeText } from './diagnostics.ts';
import { locationOf } from './range.ts';
import { tracedIn } from './trace.ts';

export const traceViewRequest: OwnRequest<TraceParams> = {
  method: REQUEST.traceView,
  params: { uri: isText },
  answer: (params, { document, comparison }) => traceView(document(params.uri), params, comparison(params.uri)),
};

function traceView(document: Document, params: TraceParams, comparison: LiveComparison | undefined): TraceViewAnswer {
  const result = tracedIn(document, params, comparison);
  if ('problem' in result) return result;
  const { expected, live, parting, findings } = result.traced;
  const atlas = atlasOf(document.reading().topology, (pointer) => placeOf(document, pointer));
  const otherWay = (live && otherWayOf(live, params)) ?? otherWayOf(expected, params);
  const view: TraceView = {
    request: requestText(params),
    ...picturesOf(expected, live, atlas),
    ...(live ? { parting: parting && partingView(parting, atlas) } : {}),
    findings: findings.map((finding) => findingView(finding, atlas)),
    ...(otherWay ? { otherWay } : {}),
    notes: notesOf(document, comparison),
  };
  return { view };
}

function placeOf(document: Document, pointer: string): Location {
  const { uri, range } = locationOf(document, pointer, 'key');
  return { uri, line: range.start.line, character: range.start.character };
}

const requestText = ({ from, to, protocol, sport, dport }: TraceRequestText): TraceRequestText => ({
  from,
  to,
  ...(protocol === undefined ? {} : { protocol }),
  ...(sport === undefined ? {} : { sport }),
  ...(dport === undefined ? {} : { dport }),
});

function partingView(parting: Divergence, atlas: Atlas): PictureParting {
  const { node, namespace, bridge, isReply, expected, live, because } = parting;
  const place = bridge ?? (namespace === null || namespace === '-' ? undefined : shortName(namespace));
  const location = because ? atlas.locate(because.pointer) : undefined;
  return {
    ...(node === null ? {} : { where: place === undefined ? node : `${place} on ${node}` }),
    isReply,
    expected,
    live,
    ...(because ? { because: { sentence: because.sentence, neutron: because.neutron } } : {}),
    ...(location ? { location } : {}),
  };
}

function findingView(
  { code, fault, title, message, breaks, fix, node, pointer }: Finding,
  atlas: Atlas,
): PictureFinding {
  const location = pointer === null ? undefined : atlas.locate(pointer);
  return {
    code,
    ...(fault === null ? {} : { fault }),
    title: title ?? message,
    ...(breaks === null ? {} : { breaks }),
    fix,
    ...(node === null ? {} : { node }),
    ...(location ? { location } : {}),
  };
}

/** From whoever got the packet to the source that it had there: what would have to work if the other one began. */
function otherWayOf(trace: Trace, { protocol, dport }: TraceRequestText): TraceRequestText | undefined {
  const { places } = waysOf(trace).there;
  const [first, last] = [places[0]?.node, places.at(-1)?.node];
  if (trace.sourceSeen === null || !first || !last || places.length < 2) return undefined;
  const from =
    last.type === 'outside'
      ? `${trace.final.dst}@${segmentOf(last.text)}`
      : last.type === 'endpoint'
        ? endpointOf(last.text, last.node)
        : undefined;
  if (from === undefined) return undefined;
  const isItself = first.type === 'endpoint' && trace.sourceSeen === trace.packet.src;
  const to = isItself ? endpointOf(first.text, first.node) : trace.sourceSeen;
  return { from, to, ...(protocol === undefined ? {} : { protocol }), ...(dport === undefined ? {} : { dport }) };
}

function notesOf(document: Document, comparison: LiveComparison | undefined): string[] {
  if (!comparison) return [];
  const unread = comparison.nodes.filter(({ error }) => error !== undefined);
  return [
    ...(comparison.text === wholeText(document)
      ? []
      : ['The topology was edited after the comparison: live findings are of the text as it was.']),
    ...unread.map(({ node, error }) => `${node} was not read: ${error}`),
  ];
}
