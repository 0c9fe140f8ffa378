/** `dvrscope/statePlace`: the line of a state's document that an item of a trace stands on. */
import { ASPECTS, NODE_ASPECTS } from '../../shared/aspects/table.ts';
import { REQUEST, type StatePlace, type StatePlaceParams } from '../../shared/protocol.ts';
import type { Document } from '../document.ts';
import type { LiveComparison } from './compare.ts';
import { isObject } from './feature.ts';
import { isText, type OwnRequest } from './ownRequest.ts';
import { STATE_PARAMS, stateText } from './state.ts';

export const statePlaceRequest: OwnRequest<StatePlaceParams> = {
  method: REQUEST.statePlace,
  params: { ...STATE_PARAMS, item: isObject, text: isText },
  answer: (params, { document, comparison }) => statePlace(document(params.uri), params, comparison(params.uri)),
};

/** Where the item is not there, the heading that it would be under; the first line where there is no such heading. */
function statePlace(document: Document, params: StatePlaceParams, comparison: LiveComparison | undefined): StatePlace {
  const { item, text, ...state } = params;
  return findItem(stateText(document, state, comparison).split('\n'), item, text);
}

function findItem(lines: readonly string[], item: StatePlaceParams['item'], text: string): StatePlace {
  const title = [...ASPECTS, ...NODE_ASPECTS].find(({ name }) => name === item.aspect)?.title;
  const heading = lines.indexOf(`# ${item.namespace}: ${title ?? ''}`);
  if (heading < 0) return { line: 0, isFound: false };
  const wanted = plain(text);
  let table: string | undefined;
  for (let i = heading + 1; i < lines.length && !isHeading(lines[i]!); i++) {
    table = /^\*(\S+)$/.exec(lines[i]!)?.[1] ?? table;
    const isInTable = item.table === undefined || item.table === table;
    if (isInTable && plain(lines[i]!) === wanted) return { line: i, isFound: true };
  }
  return { line: heading, isFound: false };
}

/** `# -: ovs-ofctl dump-flows`; not `# ip -6 rule`, which stands inside of one. */
const isHeading = (line: string): boolean => /^# \S+: /.test(line);

/** A trace tells flows without bridge and cookie, and rules that lead to nothing with what they miss. */
const plain = (line: string): string =>
  line
    .replace(/^bridge=\S+, cookie=\S+, /, '')
    .replace(/(^\d+:\t.*): no route to \S+$/, '$1')
    .trimEnd();
