/** The places of one way as boxes: what decided in each, and the packet as it left. */
import type { PacketHeader } from '../trace/packet.ts';
import type { PathElement } from '../trace/pass.ts';
import type { TraceNode } from '../trace/tree.ts';
import { type Place, type Way, shortName } from '../trace/verdict.ts';
import { type Atlas, endpointOf, segmentOf } from './atlas.ts';
import type { BoxLine, PictureBox, PictureWay } from './types.ts';

type Numbers = ReadonlyMap<TraceNode, number>;

interface Leg {
  packet: PacketHeader;
  path: readonly PathElement[];
}

export function wayOf({ places, end }: Way, { packet, path }: Leg, numbers: Numbers, atlas: Atlas): PictureWay {
  let [passed, before] = [0, packet];
  const boxes = places.flatMap((place, i) => {
    const element = place.node.type === 'namespace' ? path[passed++] : undefined;
    const own: PictureBox = {
      ...placeBox(place, element, numbers, atlas),
      changed: changedIn(before, place.packet),
    };
    before = place.packet;
    return [own, ...bridgeBoxes(place, i === places.length - 1, numbers)];
  });
  const step = end && numbers.get(end);
  return {
    packet,
    boxes,
    ...(end?.disposition !== undefined && step !== undefined
      ? { end: { disposition: end.disposition, text: end.text, step } }
      : {}),
  };
}

const FIELDS = ['src', 'dst', 'protocol', 'sport', 'dport'] as const;
const changedIn = (before: PacketHeader, after: PacketHeader): PictureBox['changed'] =>
  FIELDS.filter((field) => before[field] !== after[field]);

/** A lane for each node and each network that has an outside. */
const laneId = ({ type, text, node }: TraceNode): string =>
  type === 'outside' ? `outside ${segmentOf(text)}` : node === undefined ? 'nowhere' : `node ${node}`;

function placeBox(
  { node, packet }: Place,
  element: PathElement | undefined,
  numbers: Numbers,
  atlas: Atlas,
): Omit<PictureBox, 'changed'> {
  const { owner } = atlas.place(node);
  return {
    kind: node.type === 'namespace' || node.type === 'outside' ? node.type : 'endpoint',
    lane: laneId(node),
    title: titleOf(node),
    ...(owner ? { owner } : {}),
    ...(element?.in == null ? {} : { in: element.in }),
    ...(element?.out == null ? {} : { out: element.out }),
    step: numbers.get(node) ?? 0,
    lines: node.children.flatMap((child, i) => linesOf(child, i === node.children.length - 1, numbers)),
    packet,
  };
}

function titleOf({ type, text, node, namespace }: TraceNode): string {
  if (type === 'namespace') return shortName(namespace ?? text);
  return type === 'outside' ? 'somebody outside' : endpointOf(text, node);
}

const KINDS: Partial<Record<TraceNode['type'], BoxLine['kind']>> = {
  rule: 'rule',
  route: 'route',
  neighbour: 'neighbour',
  nat: 'nat',
  warning: 'warning',
};

/** What decides the way; marks and counters are in the tree alone. */
function linesOf(node: TraceNode, isLast: boolean, numbers: Numbers): BoxLine[] {
  const step = numbers.get(node) ?? 0;
  const kind = KINDS[node.type];
  if (kind) return [{ kind, text: node.text, step }];
  if (node.type === 'question' && isLast) return [{ kind: 'question', text: node.text, step }];
  return node.type === 'table' ? leavesOf(node).flatMap((leaf) => ruleLine(leaf, numbers)) : [];
}

const leavesOf = (node: TraceNode): TraceNode[] =>
  node.children.length === 0 ? [node] : node.children.flatMap(leavesOf);

/** Targets that change a packet's addresses, and those that end it (iptables-extensions(8)). */
const NAT = /-j (?:SNAT|DNAT|MASQUERADE|REDIRECT|NETMAP)\b.*/;
const FILTER = /-j (?:DROP|REJECT)\b.*/;

function ruleLine(leaf: TraceNode, numbers: Numbers): BoxLine[] {
  const step = numbers.get(leaf) ?? 0;
  const [nat] = NAT.exec(leaf.text) ?? [];
  if (nat !== undefined) return [{ kind: 'nat', text: nat.slice('-j '.length), step }];
  return FILTER.test(leaf.text) ? [{ kind: 'filter', text: leaf.text, step }] : [];
}

/** The bridges that the packet passes when it leaves a place; where it ended with a question, those that the question passed. */
function bridgeBoxes({ node, packet }: Place, isLast: boolean, numbers: Numbers): PictureBox[] {
  const own = boxesAmong(node.children, packet, numbers);
  const asked = node.children.at(-1);
  if (!isLast || asked?.type !== 'question') return own;
  return [...own, ...boxesAmong(asked.children, packet, numbers).map((box) => ({ ...box, isQuestion: true as const }))];
}

function boxesAmong(nodes: readonly TraceNode[], packet: PacketHeader, numbers: Numbers): PictureBox[] {
  return nodes.flatMap((node, i): PictureBox[] => {
    if (node.type !== 'bridge') return [];
    const [, title = node.text, ifname] = BRIDGE.exec(node.text) ?? [];
    const before = nodes[i - 1];
    const by = before?.type === 'detail' && BETWEEN.test(before.text) ? before.text : undefined;
    return [
      {
        kind: 'bridge',
        lane: laneId(node),
        title,
        ...(ifname === undefined ? {} : { in: ifname }),
        step: numbers.get(node) ?? 0,
        lines: flowLines(node, numbers),
        packet,
        changed: [],
        ...(by === undefined ? {} : { by }),
      },
    ];
  });
}

/** `br-int on compute1, in by tap0` (`frame/show.ts: bridgeNode`). */
const BRIDGE = /^(.*?) on .*, in by (.*)$/;
/** How a frame came from node to node (`frame/carry.ts`). */
const BETWEEN = /^(?:through|over) /;

const LEARN = /learn\((?:[^()]|\([^()]*\))*\)/g;

/** All flows in one line: the tables, and what the last one does. */
function flowLines({ children }: TraceNode, numbers: Numbers): BoxLine[] {
  const flows = children.filter(({ type }) => type === 'flow');
  const last = flows.at(-1);
  if (!last) return [];
  const tables = flows.map(({ flow }) => flow?.table ?? '?').join(' → ');
  // What a switch learns is long, and its own business; the tree has it.
  const does = / actions=(.*)$/.exec(last.text)?.[1]?.replaceAll(LEARN, 'learn(…)') ?? 'no flow matches';
  const name = flows.length > 1 ? 'tables' : 'table';
  return [{ kind: 'flow', text: `${name} ${tables}: ${does}`, step: numbers.get(last) ?? 0 }];
}
