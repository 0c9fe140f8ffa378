/** Recorded clouds as `verify` takes them: live, expected with what the agents chose, and expected alone. */
import type { NodeState } from '../../../shared/state.ts';
import type { Topology } from '../../../shared/topology/types.ts';
import type { Cloud } from '../../../shared/trace/cloud.ts';
import { allocationsOf, expectedCloud, liveCloud } from '../../../shared/wiring.ts';
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
