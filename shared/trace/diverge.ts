/** Where two traces of one packet part. */
import type { Because } from '../state.ts';
import type { Trace } from './trace.ts';
import type { TraceNode, TraceNodeType } from './tree.ts';

/** The step at which two traces part. */
export interface Divergence {
  /** Where the packet was; `null` outside of nodes. `-` is the node itself, with its bridges. */
  node: string | null;
  namespace: string | null;
  /** Of two flows: theirs. */
  bridge: string | null;
  isReply: boolean;
  /** How many steps the two have in common. */
  step: number;
  /** The first step that differs, as the item's tool prints it; `null` when this side has no further step. */
  expected: string | null;
  live: string | null;
  /** Why the expected step's item is there; `null` when it is no item, or nobody knows. */
  because: Because | null;
  /** Who made the live step's flow, when that is an extension or a driver of which no topology tells: security groups, mostly. */
  apart?: string;
}

/**
 * The first step that differs, or `null` when the two go the same way. How a next hop was found (an entry, or a question) is no difference, and
 * neither is a flow that a switch learned in the place of a flood. Flows of the firewall, and of what else no topology tells of, are none as
 * long as they let the packet pass.
 */
export function divergence(expected: Trace, live: Trace): Divergence | null {
  const { common, parted } = walk(stepsOf(expected.tree), stepsOf(live.tree));
  if (!parted) return null;
  const [a, b] = parted;
  const { node, namespace, isReply } = placeOf(a, b, common.at(-1)?.[1]);
  const because = a?.because ?? null;
  const bridge = a?.flow?.bridge ?? b?.flow?.bridge ?? null;
  const texts = { expected: a?.text ?? null, live: b?.text ?? null };
  const apart = b?.flow?.apart;
  return { node, namespace, bridge, isReply, step: common.length, ...texts, because, ...(apart ? { apart } : {}) };
}

/** The tree of the live trace with the reasons of the expected items, as far as the two go the same way: live items bring none. */
export function withReasons(expected: Trace, live: Trace): Trace {
  const { common } = walk(stepsOf(expected.tree), stepsOf(live.tree));
  const reasons = new Map(common.flatMap(([a, b]) => (a.because ? [[b.self, a.because] as const] : [])));
  const copy = (node: TraceNode): TraceNode => {
    const because = node.because ?? reasons.get(node);
    return { ...node, ...(because ? { because } : {}), children: node.children.map(copy) };
  };
  return { ...live, tree: copy(live.tree) };
}

/** What the expected trace has from the step on where the two part, in the places where that is; `null` when they do not part. */
export function expectedRest(expected: Trace, live: Trace): TraceNode | null {
  const { parted } = walk(stepsOf(expected.tree), stepsOf(live.tree));
  const first = parted?.[0]?.self;
  if (!first) return null;
  let isPast = false;
  const cut = (node: TraceNode): TraceNode[] => {
    isPast ||= node === first;
    const isWhole = isPast;
    const children = node.children.flatMap(cut);
    return isWhole || isPast ? [{ ...node, children }] : [];
  };
  return cut(expected.tree)[0] ?? null;
}

/** The steps that two traces have in common, in order, and the first ones on which they part; a side may have no further one. */
export function partingOf(
  expected: Trace,
  live: Trace,
): {
  common: [expected: TraceNode, live: TraceNode][];
  parted?: [expected: TraceNode | undefined, live: TraceNode | undefined];
} {
  const { common, parted } = walk(stepsOf(expected.tree), stepsOf(live.tree));
  return {
    common: common.map(([a, b]) => [a.self, b.self]),
    ...(parted ? { parted: [parted[0]?.self, parted[1]?.self] } : {}),
  };
}

interface Walk {
  common: [expected: Step, live: Step][];
  parted?: [expected: Step | undefined, live: Step | undefined];
}

function walk(a: readonly Step[], b: readonly Step[]): Walk {
  const common: Walk['common'] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]];
    if (left && right && isSameStep(left, right)) {
      common.push([left, right]);
      i++;
      j++;
    } else if (left?.type === 'question' && right?.type !== 'question') i = left.next;
    // Somebody who knows the next hop does not ask, and does not meet the second one who would answer.
    else if (left?.type === 'warning') i++;
    // Where a permanent entry should be, that somebody has to be asked is a difference.
    else if (right?.type === 'question' && left?.type !== 'question' && left?.type !== 'neighbour') j = right.next;
    else if (left?.flow?.isDefault && right?.flow?.isLearned) {
      i = left.bridgeEnd;
      j = right.bridgeEnd;
    } else if (left?.flow && left.flow.bridge === right?.flow?.bridge && right.flow.apart !== undefined) {
      if (isLost(b[right.bridgeEnd]) && !isLost(a[left.bridgeEnd]))
        return { common, parted: [left, b[right.bridgeEnd - 1]] };
      i = left.bridgeEnd;
      j = right.bridgeEnd;
    } else return { common, parted: [left, right] };
  }
  return { common };
}

/** @param step what follows on a bridge */
const isLost = (step: Step | undefined): boolean => step?.type === 'end' && step.disposition !== 'delivered';

/** Where both bring the packet to a namespace, what nobody looked at there (whether something listens) makes no difference. */
const isSameStep = (a: Step, b: Step): boolean =>
  isSame(a.text, b.text) ||
  (b.disposition === 'delivered' && (a.disposition === 'delivered' || a.text.includes('where nothing listens')));

/** What the topology leaves open (`<mac of port p1>`) is no difference to what a node has there. */
function isSame(expected: string, live: string): boolean {
  if (expected === live || !expected.includes('<')) return expected === live;
  const words = expected.replace(/<[^<>]*>/g, '\0').split(' ');
  const others = live.split(' ');
  return words.length === others.length && words.every((word, i) => isAround(word.split('\0'), others[i]!));
}

/** Whether a word consists of these pieces, in order, with anything between them. */
function isAround(pieces: readonly string[], word: string): boolean {
  const [first = '', ...rest] = pieces;
  if (rest.length === 0) return word === first;
  const last = rest.pop()!;
  if (!word.startsWith(first) || !word.endsWith(last) || word.length < first.length + last.length) return false;
  let at = first.length;
  for (const piece of rest) {
    const found = word.indexOf(piece, at);
    if (found < 0 || found + piece.length > word.length - last.length) return false;
    at = found + piece.length;
  }
  return true;
}

interface Where {
  node: string | null;
  namespace: string | null;
  isReply: boolean;
}

interface Step extends Where, Pick<TraceNode, 'type' | 'text' | 'because' | 'disposition' | 'flow'> {
  self: TraceNode;
  /** The number of the step behind all that is inside of it. */
  next: number;
  /** Of a flow: the number of the step behind its bridge. */
  bridgeEnd: number;
}

const NO_STEPS: ReadonlySet<TraceNodeType> = new Set(['detail', 'warning', 'packet', 'table']);

function stepsOf(root: TraceNode): Step[] {
  const steps: Step[] = [];
  const visit = (nodes: readonly TraceNode[], where: Where): Step[] => nodes.flatMap((node) => visitOne(node, where));
  const visitOne = (node: TraceNode, where: Where): Step[] => {
    const here = { ...where, isReply: where.isReply || node.type === 'reply' };
    // What is in no namespace belongs to the node itself: its bridges.
    if (node.node !== undefined) Object.assign(here, { node: node.node, namespace: node.namespace ?? '-' });
    const own = isStep(node) ? [{ ...node, ...here, self: node, next: 0, bridgeEnd: 0 }] : [];
    steps.push(...own);
    const inside = visit(node.children, here);
    for (const step of own) step.next = steps.length;
    if (node.type === 'bridge') for (const step of inside) step.bridgeEnd = steps.length;
    return own;
  };
  visit(root.children, { node: null, namespace: null, isReply: false });
  return steps;
}

/** A jump of iptables is told by the rules that it leads to. A packet that may go to one of several (`wire.ts`) has come to a fork. */
const isStep = ({ type, children, text }: TraceNode): boolean =>
  (!NO_STEPS.has(type) && !(type === 'iptables' && children.length > 0)) ||
  (type === 'warning' && text.startsWith('several answer for '));

const ENTRIES: ReadonlySet<TraceNodeType> = new Set(['bridge', 'namespace', 'endpoint', 'outside']);
const isEnd = (step: Step | undefined): boolean => step === undefined || step.type === 'end';

/** Where only one side goes on to another place, they part where both are still. A step in a place says where better than the end that the other side has there. */
function placeOf(a: Step | undefined, b: Step | undefined, before: Step | undefined): Where {
  if (before && [a, b].some((step) => step && ENTRIES.has(step.type)) && a?.node !== b?.node) return before;
  if (before && isEnd(a) && isEnd(b)) return before;
  return (a?.namespace ? a : b?.namespace ? b : (a ?? b))!;
}
