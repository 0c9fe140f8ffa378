/** The tree of a trace in preorder, as a person reads it: what is only about jumps and misses is folded away. */
import type { TraceNode, TraceNodeType } from '../trace/tree.ts';
import type { Atlas } from './atlas.ts';
import type { ItemPlace, PictureStep } from './types.ts';

export interface Steps {
  steps: PictureStep[];
  /** The step of a node of the tree; jumps of iptables have none. */
  numbers: ReadonlyMap<TraceNode, number>;
}

/** Where a step is in the cloud. */
interface Where {
  level: number;
  isReply: boolean;
  node?: string;
  namespace?: string;
  table?: string;
}

export function stepsOf(root: TraceNode, atlas: Atlas): Steps {
  const steps: PictureStep[] = [];
  const numbers = new Map<TraceNode, number>();
  const visitAll = (nodes: readonly TraceNode[], where: Where): void => {
    for (let i = 0; i < nodes.length; i++) {
      const missed = missedFrom(nodes, i);
      if (missed.length > 1) {
        steps.push({ ...base('detail', missesText(missed), where), isClosed: true });
        for (const each of missed) visit(each, { ...where, level: where.level + 1 }, false);
        i += missed.length - 1;
      } else visit(nodes[i]!, where, i === nodes.length - 1);
    }
  };
  const visit = (node: TraceNode, where: Where, isLast: boolean): void => {
    // A jump is explained by the rules that it leads to, which name their chain.
    if (node.type === 'iptables' && node.children.length > 0) return visitAll(node.children, where);
    const here = placed(node, where);
    numbers.set(node, steps.length);
    steps.push(stepOf(node, here, atlas, isLast));
    visitAll(node.children, { ...here, level: here.level + 1 });
  };
  visitAll(root.children, { level: 1, isReply: false });
  return { steps, numbers };
}

function placed(node: TraceNode, where: Where): Where {
  const here = { ...where, isReply: where.isReply || node.type === 'reply' };
  if (node.node !== undefined) Object.assign(here, { node: node.node, namespace: node.namespace ?? '-' });
  // `nat POSTROUTING`
  if (node.type === 'table') here.table = node.text.split(' ')[0]!;
  return here;
}

const base = (type: TraceNodeType, text: string, { level, isReply }: Where): PictureStep => ({
  level,
  type,
  text,
  ...(isReply ? { isReply: true } : {}),
});

function stepOf(node: TraceNode, where: Where, atlas: Atlas, isLast: boolean): PictureStep {
  const { type, because } = node;
  const isAnswered = type === 'question' && !isLast;
  const pointer = because?.pointer ?? atlas.place(node).pointer;
  const location = pointer === undefined ? undefined : atlas.locate(pointer);
  const item = itemOf(node, where);
  return {
    ...base(type, isAnswered ? answeredText(node) : node.text, where),
    ...(isAnswered ? { isClosed: true } : {}),
    ...(because ? { because: { sentence: because.sentence, neutron: because.neutron } } : {}),
    ...(location ? { location } : {}),
    ...(item ? { item } : {}),
  };
}

/** Who answers stands inside; one line says enough. */
function answeredText({ text, children }: TraceNode): string {
  const answer = children.find((child) => child.type === 'detail' && child.text.endsWith(' answers'));
  return `${text}: ${answer?.text ?? (children.length > 0 ? 'Open vSwitch answers' : 'answered')}`;
}

const ASPECTS: Partial<Record<TraceNodeType, ItemPlace['aspect']>> = {
  rule: 'rules',
  route: 'routes',
  neighbour: 'neighbours',
  iptables: 'iptables',
  flow: 'flows',
};

function itemOf({ type, text }: TraceNode, { node, namespace, table }: Where): ItemPlace | undefined {
  const aspect = type === 'detail' && MISSED.test(text) ? 'rules' : ASPECTS[type];
  if (!aspect || node === undefined || namespace === undefined) return undefined;
  // Open vSwitch is in no namespace, wherever the packet came from.
  const place = { node, namespace: aspect === 'flows' ? '-' : namespace, aspect };
  return aspect === 'iptables' && table !== undefined ? { ...place, table } : place;
}

/** `0:\tfrom all lookup local: no route to 10.0.0.5` (`policy.ts`). */
const MISSED = /^(\d+):\t(?:from all )?(.*): no route to \S+$/;

function missedFrom(nodes: readonly TraceNode[], from: number): TraceNode[] {
  const end = nodes.findIndex(({ type, text }, i) => i >= from && !(type === 'detail' && MISSED.test(text)));
  return nodes.slice(from, end < 0 ? nodes.length : end);
}

/** A node with many floating IPs has as many rules. */
const MOST_TOLD = 4;

function missesText(missed: readonly TraceNode[]): string {
  const told = missed.slice(0, MOST_TOLD).map(({ text }) => text.replace(MISSED, '$1 ($2)'));
  const more = missed.length - told.length;
  return `no route: rules ${told.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
