/** Recorded clouds as `verify` takes them: live, expected with what the agents chose, and expected alone. */
import type { NodeState } from '../../../shared/state.ts';
import type { Topology } from '../../../shared/topology/types.ts';
import type { Cloud } from '../../../shared/trace/cloud.ts';
import { allocationsOf, expectedCloud, liveCloud } from '../../../shared/wiring.ts';
import type { Random } from '../../judges/random.ts';
import { type ScenarioName, liveState, nodeNames, topologyOf } from '../../support/recordings.ts';

export interface Recorded {
  topology: Topology;
  /** Fresh, free to be altered. */
  states: NodeState[];
}

export const recorded = (scenario: ScenarioName): Recorded => ({
  topology: topologyOf(scenario),
  states: nodeNames(scenario).map((node) => liveState(scenario, node)),
});

export const liveOf = ({ topology, states }: Recorded): Cloud => liveCloud(topology, states);

/** What is expected of what the agents chose, and what is expected of a topology alone. */
export const expectedOf = ({ topology, states }: Recorded): Cloud[] => [
  expectedCloud(topology, allocationsOf(topology, states)),
  expectedCloud(topology),
];

/** The cloud without Open vSwitch: wires are as Neutron makes them. */
export const withoutFlows = (cloud: Cloud): Cloud => ({
  ...cloud,
  states: cloud.states.map(({ flows: _f, ports: _p, bridges: _b, ...state }) => state),
});

/** One thing of a node goes, or becomes another. */
export function alter(state: NodeState, random: Random): string {
  const names = Object.keys(state.namespaces).filter((name) => /^(qrouter|snat|fip)-/.test(name));
  const name = random.pick(names);
  const lists = (['rules', 'routes', 'neighbours', 'iptables', 'addresses', 'sysctls'] as const).filter(
    (aspect) => (state.namespaces[name]?.[aspect]?.length ?? 0) > 0,
  );
  const isFlow = state.flows !== undefined && random.oneIn(4);
  if (isFlow) {
    const i = random.below(state.flows!.length);
    const [flow] = state.flows!.splice(i, 1);
    return `a flow of ${flow!.bridge} table ${flow!.table}: ${flow!.match}`;
  }
  const aspect = random.pick(lists);
  const list = state.namespaces[name]![aspect]!;
  const i = random.below(list.length);
  const item = JSON.stringify(list[i]);
  const other = random.below(list.length);
  if (random.oneIn(3)) list.splice(i, 1, list[other] as never);
  else list.splice(i, 1);
  return `${aspect} of ${name}: ${item}`;
}
