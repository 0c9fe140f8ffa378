/** A trace as text for people: what became of the packet, then the tree, indented, as `ovs-appctl ofproto/trace` prints its own. */
import { type Divergence, expectedRest } from './diverge.ts';
import { type PacketHeader, packetText } from './packet.ts';
import type { Trace } from './trace.ts';
import type { TraceNode } from './tree.ts';
import { type Way, verdictOf, waysOf } from './verdict.ts';

/** Where an entry of the topology stands, for a person: `cloud.dvr.yaml:83`; `undefined` when that is not known. */
export type LineOf = (pointer: string) => string | undefined;

/** Ends in a newline. */
export function renderTrace(trace: Trace, lineOf: LineOf = () => undefined): string {
  const { from, tree } = trace;
  const { there, back } = waysOf(trace);
  return [
    `${from === 'live' ? 'Live' : 'Expected'} state: ${verdictOf(trace)}`,
    ...wayLines('there', there),
    ...wayLines('back', back),
    '',
    `Packet: ${tree.text} (over the ${from} state)`,
    ...linesOf(tree.children, 0, { lineOf, changed: changesIn(there, back), told: new Set() }),
    '',
  ].join('\n');
}

/** How the expected packet would go on from where the live one parts from it. Ends in a newline; empty where they do not part. */
export function renderRest(expected: Trace, live: Trace, lineOf: LineOf = () => undefined): string {
  const rest = expectedRest(expected, live);
  if (!rest) return '';
  const page = { lineOf, changed: new Map<TraceNode, string>(), told: new Set<string>() };
  return ['As expected it would go on there:', ...linesOf(rest.children, 0, page), ''].join('\n');
}

function wayLines(name: string, { places }: Way): string[] {
  return places.length > 0 ? [`    ${name.padEnd(6)}${places.map(({ label }) => label).join(' → ')}`] : [];
}

interface Page {
  lineOf: LineOf;
  /** Places that a packet leaves as another one than it came, and as which. */
  changed: ReadonlyMap<TraceNode, string>;
  /** Reasons, each of which is told once. */
  told: Set<string>;
}

function changesIn(...ways: Way[]): Map<TraceNode, string> {
  const changed = new Map<TraceNode, string>();
  for (const { places } of ways) {
    let before: PacketHeader | undefined;
    for (const { node, packet } of places) {
      // What leaves a place is what comes into the next one.
      if (before && packetText(before) !== packetText(packet)) changed.set(node, packetText(packet));
      before = packet;
    }
  }
  return changed;
}

const INDENT = '    ';

function linesOf(nodes: readonly TraceNode[], depth: number, page: Page): string[] {
  const lines: string[] = [];
  for (let i = 0; i < nodes.length; i++) {
    const missed = missedFrom(nodes, i);
    if (missed.length > 0) {
      const shown =
        missed.length > MOST_MISSED ? [...missed.slice(0, MOST_MISSED), `${missed.length - MOST_MISSED} more`] : missed;
      lines.push(`${INDENT.repeat(depth)}. no route: ${missed.length > 1 ? 'rules' : 'rule'} ${shown.join(', ')}`);
      i += missed.length - 1;
    } else if (nodes[i]!.type === 'question' && i < nodes.length - 1) lines.push(answeredLine(nodes[i]!, depth));
    else lines.push(...nodeLines(nodes[i]!, depth, page));
  }
  return lines;
}

/** A question that was answered is one line; how it went over the bridges is in the JSON. One that was not, comes last in its place, and is told wholly. */
function answeredLine({ text, children }: TraceNode, depth: number): string {
  const answers = children.find(({ type, text: said }) => type === 'detail' && said.endsWith(' answers'));
  const by = answers ? `: ${answers.text}` : children.length > 0 ? ': Open vSwitch answers' : '';
  return `${INDENT.repeat(depth)}? ${text}${by}`;
}

/** A node with many floating IPs has as many rules; those behind these are counted, and told in the JSON. */
const MOST_MISSED = 12;

/** Rules in a row that lead to no route are one line: `0 (lookup local), 32766 (lookup main)`. */
function missedFrom(nodes: readonly TraceNode[], from: number): string[] {
  const missed: string[] = [];
  for (let i = from; i < nodes.length; i++) {
    const { type, text } = nodes[i]!;
    const match = type === 'detail' ? /^(\d+):\t(?:from all )?(.*): no route to \S+$/.exec(text) : null;
    if (!match) break;
    missed.push(`${match[1]} (${match[2]})`);
  }
  return missed;
}

function nodeLines(node: TraceNode, depth: number, page: Page): string[] {
  const { type, text, children } = node;
  // A jump is explained by the rules that it leads to, which name their chain.
  if (type === 'iptables' && children.length > 0) return linesOf(children, depth, page);
  const indent = INDENT.repeat(depth);
  const isSection = SECTIONS.has(type);
  // iproute2 puts a tab behind a rule's priority; on a screen a space reads better beside other texts.
  const own = `${indent}${MARKS[type] ?? ''}${text.replace('\t', ' ')}`;
  const changed = page.changed.get(node);
  // The last translation; where there is none, it is told at the end.
  const last = children.findLastIndex((child) => child.type === 'nat' || child.text.startsWith('nat '));
  const split = last < 0 ? children.length : last + 1;
  return [
    ...(isSection ? [''] : []),
    own,
    ...becauseLines(node, indent, page),
    ...linesOf(children.slice(0, split), depth + 1, page),
    ...(changed === undefined ? [] : [`${indent}${INDENT}. the packet is now ${changed}`]),
    ...linesOf(children.slice(split), depth + 1, page),
  ];
}

function becauseLines({ because }: TraceNode, indent: string, { told, lineOf }: Page): string[] {
  const key = because && JSON.stringify([because.sentence, because.pointer]);
  if (!because || key === undefined || told.has(key)) return [];
  told.add(key);
  const line = lineOf(because.pointer);
  return [`${indent}      because ${because.sentence}${line === undefined ? '' : ` (${line})`}`];
}

const SECTIONS: ReadonlySet<string> = new Set(['endpoint', 'namespace', 'outside', 'reply', 'end']);

const MARKS: Partial<Record<TraceNode['type'], string>> = {
  rule: 'rule       ',
  route: 'route      ',
  neighbour: 'neighbour  ',
  nat: 'nat        ',
  wire: '-> ',
  question: '? ',
  detail: '. ',
  warning: '! ',
  end: '=> ',
};

/** What explains a divergence, as a finding says it. */
export interface Explanation {
  code: string;
  message: string;
  fault: string | null;
  title: string | null;
  breaks: string | null;
  fix: readonly string[];
}

/**
 * The first step on which expected and live state do not agree, both sides below each other. Ends in a newline.
 * @param explanations absent: nobody looked; empty: nothing that differs explains it
 */
export function renderDivergence(
  parting: Divergence | null,
  explanations?: readonly Explanation[],
  lineOf: LineOf = () => undefined,
): string {
  if (!parting) return 'Expected and live state take the packet the same way.\n';
  const { node, namespace, bridge, isReply, expected, live, because } = parting;
  const place = bridge ?? (namespace === '-' ? null : namespace);
  const where = node === null ? '' : `${place === null ? '' : ` in ${place}`} on ${node}`;
  const line = because ? lineOf(because.pointer) : undefined;
  return [
    `Expected and live state part${where}${isReply ? ', on the way back' : ''}:`,
    `    expected  ${expected?.replace('\t', ' ') ?? '(no further step)'}`,
    `    live      ${live?.replace('\t', ' ') ?? '(no further step)'}`,
    ...(because ? [`    because   ${because.sentence}${line === undefined ? '' : ` (${line})`}`] : []),
    ...explanationLines(parting, explanations),
    '',
  ].join('\n');
}

function explanationLines({ node, live, apart }: Divergence, explanations?: readonly Explanation[]): string[] {
  if (!explanations) return [];
  if (explanations.length === 0 && isUnknown(live))
    return ['    finding   none: what decides there is not known of the live state'];
  if (explanations.length === 0 && apart !== undefined)
    return [`    finding   none: ${apart}; no topology says what it should do, so it was not checked`];
  if (explanations.length === 0)
    return [
      `    finding   none: comparing ${node ?? 'the nodes'} with the topology shows no difference that explains this`,
    ];
  return explanations.flatMap(({ code, message, fault, title, breaks, fix }) => [
    `    finding   [${code}] ${fault === null ? '' : `${fault} `}${title ?? message}`,
    ...(breaks === null ? [] : [`    breaks    ${breaks}`]),
    ...fix.map((command) => `    to mend   ${command}`),
  ]);
}

/** The live trace ends where nobody collected what decides. */
export const isUnknown = (live: string | null): boolean => live?.startsWith('insufficient-info:') === true;

/** Both verdicts below each other. */
export const renderVerdicts = (expected: Trace, live: Trace): string =>
  `Expected: ${verdictOf(expected)}\nLive:     ${verdictOf(live)}\n`;
