/** What it costs to verify everything that a cloud promises, and how that grows with its ports. */
import { verify } from '../shared/verify/verify.ts';
import { expectedCloud, expectedCloudWithoutSwitches } from '../shared/wiring.ts';
import { cloud } from './cloud.ts';
import type { Figure } from './figure.ts';
import { withTunnels } from './trace.ts';

const PORTS_PER_NODE = 10;

/**
 * Ten ports a node, over the expected state as `dvrscope verify` asks it; making that state is not counted.
 * @param hasFlows also through Open vSwitch of every node, as live state is asked
 */
export function verifyFigures(computes: number, hasFlows = false): Figure[] {
  const topology = withTunnels(cloud(computes, PORTS_PER_NODE));
  const parsed = hasFlows ? expectedCloud(topology) : expectedCloudWithoutSwitches(topology);
  const start = performance.now();
  const { counts, broken, unknown } = verify(topology, parsed);
  const time = (performance.now() - start) / 1000;
  if (broken.length + unknown.length > 0) throw new Error('a healthy cloud breaks its promises');
  const promises = counts.reduce((sum, { asked }) => sum + asked, 0);
  const ports = computes * PORTS_PER_NODE;
  const about = `verify${hasFlows ? ' with flows' : ''}: ${ports.toLocaleString('en')} ports`;
  return [
    {
      name: `${about}, ${promises.toLocaleString('en')} promises`,
      value: time,
      unit: 's',
      ...(ports >= 10_000 ? { target: 30 } : {}),
    },
    {
      name: `${about}: time for each port`,
      value: (time * 1000) / ports,
      unit: 'ms',
    },
  ];
}
