/** Where two traces of one packet part. */
import type { Trace } from './trace.ts';
import type { TraceNode, TraceNodeType } from './tree.ts';

/** The step at which two traces part. */
export interface Divergence {
  /** Where the packet was; `null` outside of namespaces. */
  node: string | null;
  namespace: string | null;
  isReply: boolean;
  /** The first step that differs, as the item's tool prints it; `null` when this side has no further step. */
  expected: string | null;
  live: string | null;
}

/** The first step that differs, or `null` when the two go the same way. How a next hop was found (an entry or ARP) is no difference. */
export function divergence(expected: Trace, live: Trace): Divergence | null {
  const a = stepsOf(expected.tree);
  const b = stepsOf(live.tree);
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    if (isSame(a[i]?.text, b[i]?.text)) continue;
    const { node, namespace, isReply } = placeOf(a[i], b[i]);
    return { node, namespace, isReply, expected: a[i]?.text ?? null, live: b[i]?.text ?? null };
  }
  return null;
}

/** What the topology leaves open (`<mac of port p1>`) is no difference to what a node has there. */
function isSame(expected: string | undefined, live: string | undefined): boolean {
  if (expected === live || expected === undefined || live === undefined) return expected === live;
  if (!expected.includes('<')) return false;
  const words = expected.replace(/<[^<>]*>/g, '\0').split(' ');
  const others = live.split(' ');
  return words.length === others.length && words.every((word, i) => word === others[i] || word.includes('\0'));
}

interface Step {
  text: string;
  node: string | null;
  namespace: string | null;
  isReply: boolean;
}

const NO_STEPS: ReadonlySet<TraceNodeType> = new Set(['detail', 'warning', 'packet', 'table']);

function stepsOf(root: TraceNode): Step[] {
  const steps: Step[] = [];
  const visit = (nodes: readonly TraceNode[], where: Omit<Step, 'text'>): void => {
    for (const node of nodes) {
      const here = { ...where, isReply: where.isReply || node.type === 'reply' };
      if (node.type === 'namespace')
        Object.assign(here, { node: node.node ?? null, namespace: node.namespace ?? null });
      if (!NO_STEPS.has(node.type)) steps.push({ text: node.text, ...here });
      visit(node.children, here);
    }
  };
  visit(root.children, { node: null, namespace: null, isReply: false });
  return steps;
}

/** A step in a namespace says where better than the end that the other side has there. */
const placeOf = (a: Step | undefined, b: Step | undefined): Step => (a?.namespace ? a : b?.namespace ? b : (a ?? b))!;
