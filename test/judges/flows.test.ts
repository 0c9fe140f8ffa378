/**
 * The judge of flows: Open vSwitch itself. Recorded bridges are made again in a switch of the test's own; random frames go
 * through `ofproto/trace` and through our walk: same tables, same flows, same frames at the same ports.
 * `JUDGE_COUNT=100000` makes more of them, `JUDGE_SEED` others.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type FlowTrace, walkFlows } from '../../shared/openflow/walk.ts';
import { SCENARIOS, nodeNames } from '../support/recordings.ts';
import { type JudgedNode, datapathPorts, judgedNode, loadNode, tunnelOf } from './flowsNode.ts';
import { type Packet, poolOf, randomMacs, randomOf, randomPacket, readFrame } from './flowsPackets.ts';
import { verdictOfOurs, verdictOfOvs } from './flowsTrace.ts';
import { GROUPS, randomNode } from './flowsRandom.ts';
import { NO_ANSWER, type OpenVswitch, startOpenVswitch, withoutOpenVswitch } from './openVswitch.ts';

const COUNT = Number(process.env['JUDGE_COUNT'] ?? 2000);
const SEED = Number(process.env['JUDGE_SEED'] ?? 1);

interface Loaded {
  node: JudgedNode;
  ovs: OpenVswitch;
  ports: ReadonlyMap<number, string>;
}

/** What is not the same for a frame; undefined when all is. */
async function disagreement({ node, ovs, ports }: Loaded, { bridge, parts }: Packet): Promise<string | undefined> {
  const frame = readFrame(parts);
  const text = await ovs.appctl('ofproto/trace', bridge, parts.join(','));
  const theirs = verdictOfOvs(text, frame, ports);
  const trace = walkFlows(node.of, bridge, frame);
  // That it does not know is counted, and no disagreement.
  if (CUT.test(text)) cut++;
  if (TOO_LARGE.test(text)) tooLarge++;
  if (trace.disposition === 'insufficient-info' || TOO_LARGE.test(text)) return undefined;
  const ours = verdictOfOurs(trace, (name, port) => tunnelOf(node, name, port));
  const isSame =
    ours.path.join(' ') === theirs.path.join(' ') &&
    ours.outputs.join('\n') === theirs.outputs.join('\n') &&
    trace.disposition === (ours.outputs.length > 0 ? 'forwarded' : 'dropped');
  return isSame ? undefined : [reasonText(trace), ...parted('path', ours.path, theirs.path), ...parted('outputs', ours.outputs, theirs.outputs), text.slice(0, 4000), text.slice(-4000)].join('\n'); // prettier-ignore
}

/** How many loops the limits of depth and of resubmits ended. */
let cut = 0;
const CUT = /over max translation depth|over \d+ resubmit actions/;

/** How many frames were not compared: copies beyond what one netlink message holds are the datapath's limit (`xlate_resubmit_resource_check`), no rule of OpenFlow. */
let tooLarge = 0;
const TOO_LARGE = /resubmits yielded over/;

let endless = 0;
function onlyEndless(error: unknown): false {
  if (!(error instanceof Error) || error.message !== NO_ANSWER) throw error;
  endless++;
  return false;
}

/** Where two lists begin to differ. */
function parted(name: string, ours: readonly string[], theirs: readonly string[]): string[] {
  const at = ours.findIndex((each, i) => each !== theirs[i]);
  const from = at < 0 ? ours.length : at;
  if (from === ours.length && from === theirs.length) return [];
  return [
    `--- ${name} ${from}: ours`,
    ...ours.slice(from, from + 4),
    '--- theirs',
    ...theirs.slice(from, from + 4),
    '',
  ];
}

const reasonText = ({ disposition, reason }: FlowTrace): string => `${disposition}${reason === undefined ? '' : `: ${reason}`}`; // prettier-ignore

/** Takes away fields as long as the two do not agree. */
async function minimal(loaded: Loaded, packet: Packet): Promise<Packet> {
  for (const part of packet.parts) {
    if (part.startsWith('in_port') || !part.includes('=')) continue;
    const smaller = { ...packet, parts: packet.parts.filter((each) => each !== part) };
    if (await disagreement(loaded, smaller).catch(() => undefined)) return minimal(loaded, smaller);
  }
  return packet;
}

async function agree(loaded: Loaded, packet: Packet): Promise<void> {
  if (!(await disagreement(loaded, packet))) return;
  const { bridge, parts } = await minimal(loaded, packet);
  assert.fail(`${loaded.node.name} ${bridge} ${parts.join(',')}\n${await disagreement(loaded, { bridge, parts })}`);
}

describe('flows as Open vSwitch has them', { skip: withoutOpenVswitch(), timeout: 3_600_000 }, () => {
  let ovs: OpenVswitch;
  before(async () => {
    ovs = await startOpenVswitch();
  });
  after(() => ovs?.stop());

  /** After a frame that the tracer of the switch never ends with: it follows what a translation that failed would have resumed, over and over. */
  async function again(node: JudgedNode): Promise<Loaded> {
    await ovs.stop();
    ovs = await startOpenVswitch();
    await loadNode(ovs, node, GROUPS);
    return { node, ovs, ports: await datapathPorts(ovs) };
  }

  it(`${COUNT} random frames go the same way, seed ${SEED}`, async (t) => {
    const random = randomOf(SEED);
    const nodes = SCENARIOS.flatMap((scenario) => nodeNames(scenario).map((node) => [scenario, node] as const));
    const counts = { forwarded: 0, dropped: 0, 'insufficient-info': 0, flows: new Set<string>() };
    for (const [i, [scenario, name]] of nodes.entries()) {
      const node = judgedNode(scenario, name, ({ flows = [], ports = [] }) => randomMacs(flows, ports, random));
      await loadNode(ovs, node);
      const loaded = { node, ovs, ports: await datapathPorts(ovs) };
      const pool = poolOf(node.state.flows!);
      const share = Math.floor((COUNT * (i + 1)) / nodes.length) - Math.floor((COUNT * i) / nodes.length);
      for (let n = 0; n < share; n++) {
        const packet = randomPacket(node, pool, random);
        await agree(loaded, packet);
        const trace = walkFlows(node.of, packet.bridge, readFrame(packet.parts));
        counts[trace.disposition]++;
        for (const { flow } of trace.steps) if (flow) counts.flows.add(`${node.name} ${flow.cookie}`);
      }
    }
    const { flows, ...rest } = counts;
    t.diagnostic(`seed ${SEED}, ${nodes.length} nodes, ${flows.size} flows met: ${JSON.stringify(rest)}`);
    assert.ok(counts.forwarded > COUNT / 10);
    assert.equal(counts['insufficient-info'], 0);
  });

  it(`${COUNT} random frames go the same way through random flows, seed ${SEED}`, async (t) => {
    const random = randomOf(SEED);
    const counts = { forwarded: 0, dropped: 0, 'insufficient-info': 0 };
    const reasons = new Set<string>();
    const each = 250;
    for (let done = 0; done < COUNT; done += each) {
      const node = randomNode(random);
      await loadNode(ovs, node, GROUPS);
      let loaded: Loaded = { node, ovs, ports: await datapathPorts(ovs) };
      const isAgreed = (packet: Packet) => agree(loaded, packet).then(() => true, onlyEndless);
      const pool = poolOf(node.state.flows!);
      for (let n = 0; n < each; n++) {
        const packet = randomPacket(node, pool, random);
        const { disposition, reason = '' } = walkFlows(node.of, packet.bridge, readFrame(packet.parts)); // prettier-ignore
        counts[disposition]++;
        if (disposition === 'insufficient-info') reasons.add(reason.replaceAll(/\d+/g, 'N'));
        else if (!(await isAgreed(packet))) loaded = await again(node);
      }
    }
    t.diagnostic(
      `seed ${SEED}: ${JSON.stringify(counts)}, ${cut} loops cut, ${tooLarge} too large and ${endless} endless ones not compared; ${[...reasons].join('; ')}`,
    );
    assert.ok(counts.forwarded > COUNT / 10);
    assert.ok(counts['insufficient-info'] < COUNT / 10);
  });
});
