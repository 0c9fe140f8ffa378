/**
 * Which diagnosis explains where the expected and the live trace of a packet part. Nothing is guessed: a diagnosis explains it when its own
 * difference is the very item at that step, or when the packet, sent again over the nodes as they would be without it, gets past that step.
 */
import { compareNode } from '../compareNode.ts';
import type { Difference } from '../compare.ts';
import { expect } from '../expect.ts';
import { readAllocations } from '../readAllocations.ts';
import type { NodeState } from '../state.ts';
import type { Topology } from '../topology/types.ts';
import { type Divergence, divergence } from '../trace/diverge.ts';
import { type Trace, type TraceRequest, trace } from '../trace/trace.ts';
import type { TraceNode } from '../trace/tree.ts';
import type { Cloud, Wiring } from '../trace/cloud.ts';
import { type AllocationsByNode, allocationsOf, expectedCloudOnDemand, liveCloud, wiringOf } from '../wiring.ts';
import { type Diagnosis, diagnoseNode, worstFirst } from './diagnose.ts';
import { mended } from './mend.ts';

/** What was traced, and over what. */
export interface Traced {
  topology: Topology;
  allocations: AllocationsByNode;
  states: readonly NodeState[];
  request: TraceRequest;
  expected: Trace;
  live: Trace;
}

/** The diagnoses that explain it, the first one foremost: nearly always one; several where only all together do. Empty: no difference does. */
export function explainDivergence(traced: Traced, parting: Divergence): Diagnosis[] {
  const nodes = nodesOf(traced, parting);
  const expected = new Map<string, NodeState>();
  const all = new Map(traced.states.map((state) => [state.node, state]));
  const ranked = traced.states.flatMap((live) => {
    if (!nodes.has(live.node)) return [];
    const compared = compareNode(traced.topology, live);
    expected.set(live.node, compared.expected);
    const { differences } = compared.comparison;
    const view = { topology: traced.topology, node: live.node, expected: compared.expected, live, differences };
    return diagnoseNode({ ...view, nodes: all }).ranked;
  });
  // What no state says is the same in every try.
  const wiring = wiringOf(traced.topology, traced.allocations);
  const candidates = worstFirst(ranked).toSorted((a, b) => nearness(a, parting) - nearness(b, parting));
  const isPast = (chosen: readonly Diagnosis[]): boolean => isPastWithout(traced, wiring, parting, expected, chosen);
  const single = candidates
    .slice(0, mostTries(traced))
    .find((one) => nearness(one, parting) === AT_IT || isPast([one]));
  return single ? [single] : together(candidates, isPast, mostTries(traced));
}

/** To make a cloud ready for a trace takes a time that grows with its nodes: this bounds what a person waits. */
const mostTries = ({ states }: Traced): number => Math.max(8, Math.min(40, Math.floor(4000 / states.length)));

/** The nodes that either packet came to or was sent to; of a small cloud all, since a node that should be silent may answer. */
function nodesOf({ states, expected, live }: Traced, parting: Divergence): Set<string> {
  if (states.length <= 16) return new Set(states.map(({ node }) => node));
  const words = new Set([parting.expected, parting.live].flatMap((text) => text?.split(/[\s,]+/) ?? []));
  const visit = (node: TraceNode): void => {
    if (node.node !== undefined) words.add(node.node);
    if (node.type === 'wire' || node.type === 'warning') for (const word of node.text.split(/[\s,]+/)) words.add(word);
    for (const child of node.children) visit(child);
  };
  for (const { tree } of [expected, live]) visit(tree);
  return new Set(states.flatMap(({ node }) => (words.has(node) ? [node] : [])));
}

/** Its difference is the item at the step. */
const AT_IT = 0;

function nearness({ node, differences }: Diagnosis, parting: Divergence): number {
  const isHere = (line: Difference): boolean => line.node === parting.node && line.namespace === parting.namespace;
  const here = differences.filter(isHere);
  if (here.some((line) => isItem(line.expected, parting.expected, parting) || isItem(line.live, parting.live, parting)))
    return AT_IT;
  return here.length > 0 ? 1 : node === parting.node ? 2 : 3;
}

/** A difference of iptables has the name of the table in front of its line, one of flows bridge and cookie. */
const isItem = (item: string | null, step: string | null, { bridge }: Divergence): boolean =>
  item !== null &&
  step !== null &&
  (item === step || (item.endsWith(` ${step}`) && (bridge === null || item.startsWith(`bridge=${bridge},`))));

function isPastWithout(
  { topology, states, request, expected }: Traced,
  wiring: Wiring,
  parting: Divergence,
  wanted: ReadonlyMap<string, NodeState>,
  chosen: readonly Diagnosis[],
): boolean {
  const healthy = states.map((state) =>
    chosen
      .filter(({ node }) => node === state.node)
      .reduce((so, each) => inRole(topology, mended(so, wanted.get(so.node) ?? so, each), each), state),
  );
  // What an agent chose is read from the node: without a wrong choice something else is expected.
  const isChoice = chosen.some(({ differences }) => differences.some(({ aspect }) => aspect === 'allocations'));
  const choices = isChoice ? allocationsOf(topology, healthy) : undefined;
  const wantedTrace = choices ? trace(expectedCloudOnDemand(topology, choices), request) : expected;
  const cloud: Cloud = choices ? liveCloud(topology, healthy, choices) : { from: 'live', states: healthy, wiring };
  const again = divergence(wantedTrace, trace(cloud, request));
  return again === null || again.step > parting.step;
}

/** The role of an HA router is more than the line that tells it: what its namespace holds follows from it. */
function inRole(topology: Topology, state: NodeState, { differences }: Diagnosis): NodeState {
  let { namespaces } = state;
  for (const { wanted } of differences) {
    if (!wanted || !('file' in wanted) || wanted.file !== 'ha-state' || !('key' in wanted)) continue;
    const isOf = (id: string | undefined): boolean => id !== undefined && id === wanted.key;
    const router = topology.routers.find(({ id }) => isOf(id));
    const allocations = readAllocations(topology, state.node, state);
    const choice = router && allocations.ha[router.name];
    if (!choice) continue;
    const isStandby = 'value' in wanted && wanted.value === 'backup';
    const ha = { ...allocations.ha, [router.name]: { ...choice, role: isStandby ? 'standby' : 'active' } as const };
    const expected = Object.entries(expect(topology, state.node, { ...allocations, ha }).namespaces);
    namespaces = {
      ...namespaces,
      ...Object.fromEntries(expected.filter(([name]) => isOf(name.slice(name.indexOf('-') + 1)))),
    };
  }
  return { ...state, namespaces };
}

/** Where no single one does: as few as it takes, the nearest first. */
function together(
  candidates: readonly Diagnosis[],
  isPast: (chosen: readonly Diagnosis[]) => boolean,
  tries: number,
): Diagnosis[] {
  if (candidates.length < 2 || !isPast(candidates)) return [];
  let [none, enough] = [1, candidates.length];
  while (enough - none > 1) {
    const middle = (none + enough) >> 1;
    if (isPast(candidates.slice(0, middle))) enough = middle;
    else none = middle;
  }
  let chosen = candidates.slice(0, enough);
  for (const one of chosen.slice(0, -1).toReversed().slice(0, tries)) {
    const fewer = chosen.filter((other) => other !== one);
    if (isPast(fewer)) chosen = fewer;
  }
  return chosen;
}
