/** A recorded cloud, healthy and with something of its Open vSwitch altered, and packets between nodes that show it. */
import type { Flow, NodeState } from '../../shared/state.ts';
import type { Cloud, Endpoint } from '../../shared/trace/cloud.ts';
import { divergence, type Divergence } from '../../shared/trace/diverge.ts';
import { type Trace, type TraceRequest, trace } from '../../shared/trace/trace.ts';
import { allocationsOf, expectedCloud, liveCloud } from '../../shared/wiring.ts';
import { type ScenarioName, liveState, nodeNames, topologyOf } from './recordings.ts';

export interface SwitchedCloud {
  expected: Cloud;
  live: Cloud;
}

/** Fresh states, free to be altered; what was chosen is read from the healthy ones. */
export function switchedCloud(scenario: ScenarioName): SwitchedCloud {
  const topology = topologyOf(scenario);
  const states = nodeNames(scenario).map((node) => liveState(scenario, node));
  const allocations = allocationsOf(topology, states);
  return { expected: expectedCloud(topology, allocations), live: liveCloud(topology, states, allocations) };
}

export interface Compared {
  live: Trace;
  expected: Trace;
  parting: Divergence | null;
}

export function compared(cloud: SwitchedCloud, request: TraceRequest): Compared {
  const [expected, live] = [trace(cloud.expected, request), trace(cloud.live, request)];
  return { expected, live, parting: divergence(expected, live) };
}

/** Why a way ended. */
export const endOf = ({ tree }: Pick<Trace, 'tree'>): string =>
  tree.children.find(({ type }) => type === 'end')?.text ?? '';

export const stateOf = ({ live }: SwitchedCloud, node: string): NodeState =>
  live.states.find((state) => state.node === node)!;

/** `br-int 60 dl_vlan=3,dl_dst=…`: enough to tell a flow by. */
const flowName = ({ bridge, table, match }: Flow): string => `${bridge} ${table} ${match}`;

/** Takes away all flows with such a name; there must be some. */
export function withoutFlows(state: NodeState, pattern: RegExp): void {
  const left = state.flows!.filter((flow) => !pattern.test(flowName(flow)));
  if (left.length === state.flows!.length) throw new Error(`${state.node} has no flow ${String(pattern)}`);
  state.flows = left;
}

export function withoutPort(state: NodeState, name: string): void {
  state.ports = state.ports!.filter((port) => port.name !== name);
  for (const { ofports } of state.bridges!) delete ofports[name];
}

/** Two VMs on different nodes, on one network or on two. */
export interface Pair {
  from: Endpoint;
  to: Endpoint;
}

/** All such pairs whose packets arrive and are answered. */
export function pairsOf(cloud: SwitchedCloud, kind: 'same network' | 'routed'): Pair[] {
  const { endpoints } = cloud.live.wiring;
  const isVm = ({ servesDhcp, addresses, node }: Endpoint) => !servesDhcp && node !== undefined && isIpv4(addresses[0]?.local); // prettier-ignore
  const vms = endpoints.filter(isVm);
  return vms.flatMap((from) =>
    vms
      .filter((to) => to.node !== from.node && (to.segment === from.segment) === (kind === 'same network'))
      .map((to) => ({ from, to }))
      .filter((pair) => isHeard(pair, trace(cloud.live, requestOf(pair)))),
  );
}

/** Another VM may have the same address behind another router. */
const isHeard = ({ to }: Pair, { answered, tree }: Trace): boolean =>
  answered && tree.children.some(({ type, text }) => type === 'endpoint' && text === `${to.name} on ${to.node}`);

const isIpv4 = (text: string | undefined): boolean => text?.includes('.') === true;

export const requestOf = ({ from, to }: Pair): TraceRequest => ({ from: from.name, to: to.addresses[0]!.local });
