/** What became of a packet in one line, and the places that it passed: what a person reads first. */
import type { PacketHeader } from './packet.ts';
import type { Trace } from './trace.ts';
import type { TraceNode } from './tree.ts';

/** A place on the way, with the packet as it was when it left there (at the last place: when it ended). */
export interface Place {
  /** `endpoint`, `namespace` or `outside`. */
  node: TraceNode;
  /** `vm1 on compute1`, `qrouter-ef25020f on compute1`, `outside, on public`. */
  label: string;
  packet: PacketHeader;
}

/** One way, there or back. */
export interface Way {
  places: Place[];
  /** `undefined` only where a tree is cut. */
  end: TraceNode | undefined;
}

/** The way there; the way back is empty when nobody answers. */
export function waysOf({ tree, path, packet, reply }: Trace): { there: Way; back: Way } {
  const answer = tree.children.find(({ type }) => type === 'reply');
  return {
    there: wayOf(tree.children, packet, path),
    back: reply ? wayOf(answer?.children ?? [], reply.packet, reply.path) : { places: [], end: undefined },
  };
}

const PLACES: ReadonlySet<string> = new Set(['endpoint', 'namespace', 'outside']);

function wayOf(nodes: readonly TraceNode[], packet: PacketHeader, path: Trace['path']): Way {
  let passed = 0;
  let now = packet;
  const places = nodes
    .filter(({ type }) => PLACES.has(type))
    .map((node): Place => {
      if (node.type === 'namespace') now = path[passed++]?.packet ?? now;
      return { node, label: labelOf(node), packet: now };
    });
  return { places, end: nodes.find(({ type }) => type === 'end') };
}

const labelOf = ({ type, text, node, namespace }: TraceNode): string =>
  type === 'namespace' && namespace !== undefined ? `${shortName(namespace)} on ${node ?? '?'}` : text;

/** The kind and the beginning of the id: `qrouter-ef25020f`. Other names stay whole. */
export const shortName = (namespace: string): string =>
  /^([a-z]+-[0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f-]+$/.exec(namespace)?.[1] ?? namespace;

/** `vm1 → 8.8.8.8 icmp: exits-network as 192.168.1.21, answered`. */
export function verdictOf(trace: Trace): string {
  const { packet } = trace;
  const { there } = waysOf(trace);
  const first = there.places[0]?.node;
  const sender = first?.type === 'endpoint' ? first.text.split(' on ')[0]! : packet.src || '?';
  const port = packet.dport === undefined ? '' : ` ${packet.dport}`;
  return `${sender} → ${packet.dst} ${packet.protocol}${port}: ${outcomeOf(trace)}`;
}

/** `exits-network as 192.168.1.21, answered`. */
export function outcomeOf(trace: Trace): string {
  const { disposition, sourceSeen, packet } = trace;
  const { there } = waysOf(trace);
  const last = there.places.at(-1);
  if (sourceSeen === null) {
    const where = last ? ` at ${last.label}` : '';
    return `${disposition}${where}: ${reasonOf(there.end)}`;
  }
  const as = disposition === 'exits-network' || sourceSeen !== packet.src ? ` as ${sourceSeen}` : '';
  const to = disposition === 'delivered' && last ? ` to ${last.label}` : '';
  return `${disposition}${to}${as}, ${answerOf(trace)}`;
}

/** The end's text without the disposition in front. */
const reasonOf = (end: TraceNode | undefined): string => end?.text.replace(/^[a-z-]+: /, '') ?? 'nothing is known';

function answerOf(trace: Trace): string {
  if (trace.answered) return 'answered';
  const { tree, reply } = trace;
  const silence = tree.children.find(({ type }) => type === 'reply');
  if (!reply) return silence?.text ?? 'no reply';
  const { back } = waysOf(trace);
  const last = back.places.at(-1);
  if (reply.disposition !== 'delivered' && reply.disposition !== 'exits-network')
    return `not answered: the reply ends${last ? ` at ${last.label}` : ''}, ${reply.disposition}: ${reasonOf(back.end)}`;
  const warning = tree.children.findLast(({ type }) => type === 'warning');
  return `not answered: ${warning?.text ?? `the reply goes to ${last?.label ?? 'somebody else'}`}`;
}
