/** `dvrscope/map`: the things of a cloud, what connects them, what is wrong with them, and the way of a packet over them. */
import { concerned, idsOf } from '../../shared/map/findings.ts';
import { pathOf } from '../../shared/map/path.ts';
import { thingsOf } from '../../shared/map/things.ts';
import type { CloudMap, MapFinding, MapPlace, MapThing } from '../../shared/map/types.ts';
import type { Pointer, Problem } from '../../shared/problem.ts';
import { REQUEST, type MapParams } from '../../shared/protocol.ts';
import type { Severities } from '../../shared/silence.ts';
import type { Document } from '../document.ts';
import type { LiveComparison } from './compare.ts';
import { placeOf, toldFindings, toldProblems, wholeText } from './diagnostics.ts';
import { isObject } from './feature.ts';
import { isText, maybe, type OwnRequest } from './ownRequest.ts';
import { lspRange, rangeOf } from './range.ts';
import { tracedIn } from './trace.ts';

export const mapRequest: OwnRequest<MapParams> = {
  method: REQUEST.map,
  params: { uri: isText, trace: maybe(isObject) },
  answer: (params, { document, comparison, severities }) =>
    cloudMap(document(params.uri), params, comparison(params.uri), severities(params.uri)),
};

export function cloudMap(
  document: Document,
  { trace }: MapParams,
  comparison: LiveComparison | undefined,
  severities: Severities = new Map(),
): CloudMap {
  const { topology } = document.reading();
  const { things, links } = thingsOf(topology, comparison?.allocations);
  const statuses = new Map(comparison?.nodes.map(({ node, status }) => [node, status]));
  for (const thing of things) {
    if (thing.id.startsWith('/')) thing.place = placeAt(document, thing.id);
    const status = thing.kind === 'node' ? statuses.get(thing.name) : undefined;
    if (status) thing.status = status;
  }
  const isSame = comparison?.text === wholeText(document);
  return {
    things,
    links,
    findings: findingsOf(document, comparison, severities, idsOf(things)),
    compared: comparison ? (isSame ? 'yes' : 'outdated') : 'no',
    ...brokenIn(document),
    ...(trace && pathsOf(document, trace, comparison, things)),
  };
}

/** Lines of the file that has it; the document itself goes without saying. */
function placeAt(document: Document, pointer: Pointer): MapPlace {
  const home = document.home(pointer);
  const { start } = rangeOf(home, pointer, 'key');
  const { end } = rangeOf(home, pointer);
  // A block ends at the beginning of the line behind it.
  const last = Math.max(start.line, end.character === 0 ? end.line - 1 : end.line);
  return { ...fileOf(document, home), first: start.line, last };
}

const fileOf = (document: Document, { text: { uri } }: Document): Pick<MapPlace, 'uri'> =>
  uri === document.text.uri ? {} : { uri };

function findingsOf(
  document: Document,
  comparison: LiveComparison | undefined,
  severities: Severities,
  ids: ReadonlySet<string>,
): MapFinding[] {
  const problems = document.parts().flatMap((part) =>
    toldProblems(part, severities).problems.map((problem): MapFinding => {
      const { severity, code, message, pointer } = problem;
      const found = { pointer, node: null, namespace: null };
      const place = problemPlace(document, part, problem);
      return { severity, code, message, isLive: false, things: concerned(found, ids), place };
    }),
  );
  const live = comparison ? toldFindings(document, comparison, severities) : [];
  return [
    ...problems,
    ...live
      // Mistakes of the text stand above already.
      .filter(({ node }) => node !== null)
      .map((finding): MapFinding => {
        const { severity, code, message } = finding;
        const place = placeAt(document, placeOf(finding));
        return { severity, code, message, isLive: true, things: concerned(finding, ids), place };
      }),
  ];
}

function problemPlace(document: Document, part: Document, { range, pointer, at }: Problem): MapPlace {
  const { start } = range ? lspRange(part, range) : rangeOf(part, pointer, at);
  return { ...fileOf(document, part), first: start.line, last: start.line };
}

/** Entries that could not be read are not on the map: it is not the whole cloud. */
function brokenIn(document: Document): Pick<CloudMap, 'broken'> {
  if (!document.reading().topology.unread?.length) return {};
  for (const part of document.parts()) {
    const first = part.reading().problems.find(({ severity }) => severity === 'error');
    if (first) return { broken: { message: first.message, place: problemPlace(document, part, first) } };
  }
  return {};
}

function pathsOf(
  document: Document,
  spoken: NonNullable<MapParams['trace']>,
  comparison: LiveComparison | undefined,
  things: readonly MapThing[],
): Pick<CloudMap, 'paths' | 'pathProblem'> {
  const result = tracedIn(document, spoken, comparison);
  if ('problem' in result) return { pathProblem: result.problem };
  const { expected, live, parting } = result.traced;
  const { topology } = document.reading();
  const allocations = comparison?.allocations ?? new Map();
  const byId = new Map(things.map((thing) => [thing.id, thing]));
  const sides = live && parting ? [expected, live] : [live ?? expected];
  return { paths: sides.map((side) => pathOf(topology, allocations, byId, side)) };
}
