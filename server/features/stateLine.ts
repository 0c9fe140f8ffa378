/**
 * `dvrscope/line`: why a line of a node's state is there, or what is wrong with it. The line is looked up by what the document says above
 * it (namespace, tool, family, table) among the items of both states, so that any text of `dvrscope/state` can be asked about.
 */
import { defaultAllocations } from '../../shared/allocations.ts';
import { ASPECTS, NODE_ASPECTS } from '../../shared/aspects/table.ts';
import type { Comparable } from '../../shared/aspects/aspect.ts';
import { expect } from '../../shared/expect.ts';
import { REQUEST } from '../../shared/protocol.ts';
import type { LineExplanation, LineParams } from '../../shared/protocolNodes.ts';
import { isSix } from '../../shared/render.ts';
import type { Severities } from '../../shared/silence.ts';
import type { Family, IptablesItem, Item, NodeState } from '../../shared/state.ts';
import type { Document } from '../document.ts';
import type { Finding } from '../report.ts';
import type { LiveComparison } from './compare.ts';
import { placeOf } from './diagnostics.ts';
import { findingId, toldOf } from './findingEntry.ts';
import { codeBlock, escapeMarkdown } from './markdown.ts';
import { isNumber, type OwnRequest } from './ownRequest.ts';
import { locationOf } from './range.ts';
import { STATE_PARAMS, stateText } from './state.ts';

export const lineRequest: OwnRequest<LineParams> = {
  method: REQUEST.line,
  params: { ...STATE_PARAMS, line: isNumber },
  answer: (params, { document, comparison, severities }) =>
    explainLine(document(params.uri), params, comparison(params.uri), severities(params.uri)),
};

/** Null where there is nothing to say: between lines, on what is no item. */
export function explainLine(
  document: Document,
  params: LineParams,
  comparison: LiveComparison | undefined,
  severities?: Severities,
): LineExplanation | null {
  const place = placeIn(stateText(document, params, comparison).split('\n'), params.line);
  if (!place) return null;
  const { topology } = document.reading();
  const allocations = comparison?.allocations.get(params.node) ?? defaultAllocations(topology, params.node);
  const expected = expect(topology, params.node, allocations);
  const wanted = itemAt(expected, place);
  const live = comparison?.live.get(params.node);
  const there = live && itemAt(live, place);
  const item = wanted ?? there;
  if (!item) return null;
  const found = findingAt(toldOf(document, comparison, severities), params.node, place, place.aspect.explain(item));
  const text = [
    found && problemText(found, place.aspect.explain(item)),
    wanted ? reasonText(wanted) : unwantedText(place, item, expected),
  ];
  const pointer = wanted?.because?.pointer ?? (found && placeOf(found));
  const target = pointer === undefined ? undefined : locationOf(document, pointer, 'key');
  return {
    markdown: text.filter((part) => part !== undefined).join('\n\n'),
    ...(target && { target: { uri: target.uri, ...target.range.start } }),
    ...(found && { finding: findingId(found) }),
  };
}

interface Place {
  namespace: string;
  aspect: Comparable<Item>;
  line: string;
  isSix: boolean;
  /** Of `iptables-save`: the table that was named last. */
  table: string | undefined;
}

/** What the lines above a line say of it. */
function placeIn(lines: readonly string[], at: number): Place | undefined {
  const line = lines[at];
  if (line === undefined || line === '' || line.startsWith('# ')) return undefined;
  let family: Family = 'inet';
  let table: string | undefined;
  for (let i = at - 1; i >= 0; i--) {
    const above = lines[i]!;
    if (above === '# ip -6 rule' || above === '# ip6tables-save') family = 'inet6';
    if (/^\*\S+$/.test(above)) table ??= above.slice(1);
    const [, namespace, title] = /^# (\S+): (.+)$/.exec(above) ?? [];
    const aspect = [...ASPECTS, ...NODE_ASPECTS].find((each) => each.title === title);
    if (namespace !== undefined && aspect) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its items go to its own functions alone
      return { namespace, aspect: aspect as Comparable<Item>, line, isSix: family === 'inet6', table };
    }
  }
  return undefined;
}

function itemAt(state: NodeState, { namespace, aspect, line, isSix: six, table }: Place): Item | undefined {
  const ofNode = NODE_ASPECTS.find(({ name }) => name === aspect.name);
  const inside = ASPECTS.find(({ name }) => name === aspect.name);
  const holder = Object.hasOwn(state.namespaces, namespace) ? state.namespaces[namespace] : undefined;
  const items: readonly Item[] = (ofNode ? state[ofNode.name] : inside && holder?.[inside.name]) ?? [];
  if (aspect.name === 'iptables')
    return items.find((item) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the items of this aspect
      const rule = item as IptablesItem;
      return rule.table === table && isSix(rule) === six && `${rule.table} ${line}` === aspect.explain(rule).trimEnd();
    });
  // Only rules of both families look alike.
  return items.find((item) => aspect.explain(item) === line && (aspect.name !== 'rules' || isSix(item) === six));
}

/** The told finding that has this line among its differences. */
function findingAt(told: readonly Finding[], node: string, place: Place, text: string): Finding | undefined {
  const isIt = ({ namespace, aspect, expected, live }: Finding): boolean =>
    (namespace ?? '-') === place.namespace &&
    aspect === place.aspect.name &&
    [expected, live].some((side) => side?.split('\n').includes(text));
  return told.find(
    (finding) => finding.node === node && (isIt(finding) || (finding.differences ?? []).some((each) => isIt(each))),
  );
}

const HEAD: Readonly<Record<string, string>> = {
  missing: 'This is missing on the node.',
  unexpected: 'This should not be on the node.',
  different: 'The node has something else.',
  misplaced: 'This is on the wrong node.',
};

function problemText(finding: Finding, line: string): string {
  const own =
    [finding, ...(finding.differences ?? [])].find(({ expected, live }) => expected === line || live === line) ??
    finding;
  const { fault, title, breaks } = finding;
  const name = fault !== null && title !== null ? ` ${escapeMarkdown(`${fault}: ${title}.`)}` : '';
  const effect = breaks === null ? '' : ` ${escapeMarkdown(`${breaks.charAt(0).toUpperCase()}${breaks.slice(1)}.`)}`;
  const pair =
    own.kind === 'different' && own.expected !== null && own.live !== null
      ? `\n\n${codeBlock(`expected: ${own.expected}\nlive:     ${own.live}`)}`
      : '';
  return `**${HEAD[own.kind] ?? 'This differs.'}**${name}${effect}${pair}`;
}

const reasonText = ({ because }: Item): string =>
  because ? `Expected because ${escapeMarkdown(because.sentence)}. (\`${because.neutron}\`)` : 'Expected.';

function unwantedText({ aspect: { name, dynamic: ofNamespace } }: Place, item: Item, expected: NodeState): string {
  const ofNode = NODE_ASPECTS.find((aspect) => aspect.name === name);
  const dynamic = ofNode ? ofNode.dynamic(item, expected[ofNode.name] ?? []) : ofNamespace?.(item);
  return dynamic === undefined ? 'Nothing in the topology asks for it.' : `Not compared: ${escapeMarkdown(dynamic)}.`;
}
