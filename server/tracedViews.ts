/** Clouds that packets are traced over, made ready once: who has traced one packet often traces the next over the same topology and nodes. */
import type { NodeState } from '../shared/state.ts';
import type { Topology } from '../shared/topology/types.ts';
import { type View, viewOf } from '../shared/trace/view.ts';
import { type AllocationsByNode, expectedCloudOnDemand, liveCloud } from '../shared/wiring.ts';

/** What agents choose where nobody read it: the same object each time, by which its clouds are known. */
export const NO_ALLOCATIONS: AllocationsByNode = new Map();

/** Gone with the topology, or with the comparison. */
type Known<K extends object> = WeakMap<Topology, WeakMap<K, View>>;

const expected: Known<AllocationsByNode> = new WeakMap();
const live: Known<readonly NodeState[]> = new WeakMap();

export const expectedView = (topology: Topology, allocations: AllocationsByNode): View =>
  known(expected, topology, allocations, () => viewOf(expectedCloudOnDemand(topology, allocations)));

/** @param allocations those of the states */
export const liveView = (topology: Topology, states: NodeState[], allocations: AllocationsByNode): View =>
  known(live, topology, states, () => viewOf(liveCloud(topology, states, allocations)));

function known<K extends object>(views: Known<K>, topology: Topology, key: K, make: () => View): View {
  const ofTopology = views.get(topology) ?? new WeakMap<K, View>();
  views.set(topology, ofTopology);
  const view = ofTopology.get(key) ?? make();
  ofTopology.set(key, view);
  return view;
}
