/** How many frames a second go through the flows of a recorded node, beside `ofproto/trace` of an Open vSwitch with the same flows. */
import type { Words } from '../shared/openflow/layout.ts';
import { walkFlows } from '../shared/openflow/walk.ts';
import { type JudgedNode, judgedNode, loadNode } from '../test/judges/flowsNode.ts';
import { poolOf, randomOf, randomPacket, readFrame } from '../test/judges/flowsPackets.ts';
import { startOpenVswitch, withoutOpenVswitch } from '../test/judges/openVswitch.ts';
import { type Figure, medianOf } from './figure.ts';

const FRAMES = 2000;

/** Without Open vSwitch on the machine there is nothing to stand beside, and only our own figure. */
export async function flowFigures(): Promise<Figure[]> {
  const node = judgedNode('L9', 'net1', () => []);
  const random = randomOf(1);
  const pool = poolOf(node.state.flows!);
  const packets = Array.from({ length: FRAMES }, () => randomPacket(node, pool, random));
  const frames = packets.map(({ bridge, parts }): [string, Words] => [bridge, readFrame(parts)]);
  const ours = medianOf(10, () => void frames.map(([bridge, frame]) => walkFlows(node.of, bridge, frame)));
  const value = FRAMES / (ours / 1000);
  const name = "flows: frames through a node's bridges";
  if (withoutOpenVswitch() !== false) return [{ name, value, unit: 'frames/s' }];
  const peer = await ofproto(node, packets);
  return [{ name, value, unit: 'frames/s', target: Math.ceil(peer), more: true, peer, ratio: value / peer }];
}

/** Frames a second of `ofproto/trace`, over one connection. */
async function ofproto(node: JudgedNode, packets: readonly { bridge: string; parts: string[] }[]): Promise<number> {
  const ovs = await startOpenVswitch();
  try {
    await loadNode(ovs, node);
    const start = performance.now();
    for (const { bridge, parts } of packets) await ovs.appctl('ofproto/trace', bridge, parts.join(','));
    return packets.length / ((performance.now() - start) / 1000);
  } finally {
    await ovs.stop();
  }
}
