/** A trace as text for people: the tree, indented, as `ovs-appctl ofproto/trace` prints its own. */
import type { Divergence } from './diverge.ts';
import type { Trace } from './trace.ts';
import type { TraceNode } from './tree.ts';

/** Ends in a newline. */
export function renderTrace({ from, tree }: Trace): string {
  return [`Packet: ${tree.text} (over the ${from} state)`, ...tree.children.flatMap((node) => lines(node, 0)), ''].join(
    '\n',
  );
}

function lines(node: TraceNode, depth: number): string[] {
  const indent = '    '.repeat(depth);
  const isSection = SECTIONS.has(node.type);
  // iproute2 puts a tab behind a rule's priority; on a screen a space reads better beside other texts.
  const own = `${indent}${MARKS[node.type] ?? ''}${node.text.replace('\t', ' ')}`;
  // A jump is explained by the rules that it leads to.
  const isJump = node.type === 'iptables' && node.children.length > 0;
  const because = node.because && !isJump ? [`${indent}      because ${node.because.sentence}`] : [];
  return [...(isSection ? [''] : []), own, ...because, ...node.children.flatMap((child) => lines(child, depth + 1))];
}

const SECTIONS: ReadonlySet<string> = new Set(['endpoint', 'namespace', 'outside', 'reply', 'end']);

const MARKS: Partial<Record<TraceNode['type'], string>> = {
  rule: 'rule       ',
  route: 'route      ',
  neighbour: 'neighbour  ',
  nat: 'nat        ',
  wire: '-> ',
  detail: '. ',
  warning: '! ',
  end: '=> ',
};

/** The first step on which expected and live state do not agree, both sides below each other. Ends in a newline. */
export function renderDivergence(parting: Divergence | null): string {
  if (!parting) return 'Expected and live state take the packet the same way.\n';
  const where = parting.namespace ? ` in ${parting.namespace} on ${parting.node}` : '';
  return [
    `Expected and live state part${where}${parting.isReply ? ', on the way back' : ''}:`,
    `    expected  ${parting.expected?.replace('\t', ' ') ?? '(no further step)'}`,
    `    live      ${parting.live?.replace('\t', ' ') ?? '(no further step)'}`,
    '',
  ].join('\n');
}
