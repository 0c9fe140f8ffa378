/** What it costs to compute the expected state of clouds: time, memory, and how both grow. */
import { expect } from '../shared/expect.ts';
import { readTopology } from '../shared/topology/read.ts';
import type { NodeState } from '../shared/state.ts';
import { cloud, cloudFile } from './cloud.ts';
import { type Figure, medianOf } from './figure.ts';

export function expectFigures(computes: number): Figure[] {
  const name = (what: string) => `expect ${computes}: ${what}`;
  const topology = cloud(computes);
  const start = performance.now();
  // All states are kept, as an editor that has compared everything would.
  const states: NodeState[] = topology.nodes.map((node) => expect(topology, node.name));
  const all = performance.now() - start;
  const rss = process.memoryUsage().rss / 2 ** 20;
  const items = states.reduce((sum, state) => sum + itemsIn(state), 0);
  const one = medianOf(5, () => void expect(topology, `compute${Math.floor(computes / 2)}`));
  const { text } = cloudFile(computes);
  const read = medianOf(1, () => void readTopology(text));
  const big = computes >= 1000;
  return [
    { name: name('all nodes'), value: all, unit: 'ms', ...(big ? { target: 5000 } : {}) },
    { name: name('memory (RSS)'), value: rss, unit: 'MiB', ...(big ? { target: 1024 } : {}) },
    { name: name('time for each item'), value: (all * 1000) / items, unit: 'µs' },
    { name: name('one node'), value: one, unit: 'ms', ...(big ? { target: 20 } : {}) },
    { name: name(`read ${text.split('\n').length} lines`), value: read, unit: 'ms' },
  ];
}

const itemsIn = ({ namespaces }: NodeState): number =>
  Object.values(namespaces)
    .flatMap(({ because, ...aspects }) => (because ? Object.values(aspects) : []))
    .reduce((sum, items) => sum + items.length, 0);
