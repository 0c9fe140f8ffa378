/** What it costs to compute the expected state of clouds: time, memory, and how both grow. */
import { expect } from '../shared/expect.ts';
import { readTopology } from '../shared/topology/read.ts';
import { cloudOf, stateOf } from '../shared/cloud.ts';
import { placementOf } from '../shared/placement.ts';
import type { NodeState } from '../shared/state.ts';
import type { Topology } from '../shared/topology/types.ts';
import { cloud, cloudFile } from './cloud.ts';
import { type Figure, medianOf } from './figure.ts';

export function expectFigures(computes: number): Figure[] {
  const name = (what: string) => `expect ${computes}: ${what}`;
  const topology = cloud(computes);
  const start = performance.now();
  let items = 0;
  let peak = 0;
  // One node after the other, as `check` and `expect` do: a state is needed no longer than it takes to compare or print it.
  for (const node of topology.nodes) {
    items += itemsIn(expect(topology, node.name));
    peak = Math.max(peak, process.memoryUsage.rss());
  }
  const all = performance.now() - start;
  const middle = `compute${Math.floor(computes / 2)}`;
  const one = medianOf(5, () => void expect(topology, middle));
  const edit = medianOf(5, editOf(topology, middle));
  const { text } = cloudFile(computes);
  const read = medianOf(1, () => void readTopology(text));
  const big = computes >= 1000;
  return [
    { name: name('all nodes'), value: all, unit: 'ms', ...(big ? { target: 5000 } : {}) },
    { name: name('peak memory (RSS)'), value: peak / 2 ** 20, unit: 'MiB', ...(big ? { target: 1024 } : {}) },
    { name: name('time for each item'), value: (all * 1000) / items, unit: 'µs' },
    { name: name('one node'), value: one, unit: 'ms', ...(big ? { target: 20 } : {}) },
    { name: name('one node after an edit of one of its routers'), value: edit, unit: 'ms' },
    { name: name(`read ${text.split('\n').length} lines`), value: read, unit: 'ms' },
  ];
}

/** The edit, and the state of the node after it; all of them start from the same version. */
function editOf(topology: Topology, node: string): () => void {
  const before = cloudOf(topology);
  stateOf(before, node);
  const router = placementOf(topology).routersByNode.get(node)?.[0]?.router;
  const routes = [{ destination: '198.51.100.0/24', nexthop: router?.interfaces[0]?.ip_address ?? '' }];
  return () => {
    const routers = topology.routers.map((other) => (other === router ? { ...other, routes } : other));
    stateOf(cloudOf({ ...topology, routers }, before), node);
  };
}

const itemsIn = ({ namespaces }: NodeState): number =>
  Object.values(namespaces)
    .flatMap(({ because, ...aspects }) => (because ? Object.values(aspects) : []))
    .reduce((sum, items) => sum + items.length, 0);
