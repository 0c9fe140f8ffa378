/** What it costs to verify everything that a cloud promises, and how that grows with its ports. */
import { verify } from '../shared/verify/verify.ts';
import { expectedCloud } from '../shared/wiring.ts';
import { cloud } from './cloud.ts';
import type { Figure } from './figure.ts';

const PORTS_PER_NODE = 10;

/** Ten ports a node, over the expected state without Open vSwitch; making that state is not counted. */
export function verifyFigures(computes: number): Figure[] {
  const topology = cloud(computes, PORTS_PER_NODE);
  const parsed = expectedCloud(topology);
  const start = performance.now();
  const { counts, broken, unknown } = verify(topology, parsed);
  const time = (performance.now() - start) / 1000;
  if (broken.length + unknown.length > 0) throw new Error('a healthy cloud breaks its promises');
  const promises = counts.reduce((sum, { asked }) => sum + asked, 0);
  const ports = computes * PORTS_PER_NODE;
  const name = `verify: ${ports.toLocaleString('en')} ports, ${promises.toLocaleString('en')} promises`;
  return [
    { name, value: time, unit: 's', ...(ports >= 10_000 ? { target: 30 } : {}) },
    {
      name: `verify: ${ports.toLocaleString('en')} ports: time for each port`,
      value: (time * 1000) / ports,
      unit: 'ms',
    },
  ];
}
