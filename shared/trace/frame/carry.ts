/**
 * The way of one frame through Open vSwitch of several nodes: over the bridges of a node, through tunnels and over physical networks
 * to others, until its copies are at devices or gone. Every frame that comes to a node is a `Run`.
 */
import { clearBeforePatch } from '../../openflow/frame.ts';
import { copied } from '../../openflow/held.ts';
import { type Words, field } from '../../openflow/layout.ts';
import type { Tracker } from '../../openflow/tracker.ts';
import { type FlowOutput, type FlowTrace, walkFlows } from '../../openflow/walk.ts';
import { type Fabric, type NodeSwitch, type PlacedPort, networksOf, nodeOfTunnel, switchOn } from './fabric.ts';

/** What one node did with a frame. */
export interface Run {
  of: NodeSwitch;
  /** The port that it came in by. */
  port: PlacedPort;
  /** As it came in. */
  frame: Words;
  trace: FlowTrace;
  /** The copy that it was on another node, and how it came from there. */
  from?: Copy;
  by?: string;
}

/** A frame that left a node's flows. */
export interface Copy {
  run: Run;
  output: FlowOutput;
}

/** Where copies came to. */
export type Arrival =
  | { type: 'device'; node: string; name: string; frame: Words; copy: Copy }
  /** A node whose Open vSwitch is not known. */
  | { type: 'unseen'; node: string; reason: string; copy: Copy | undefined }
  | { type: 'wire'; network: string; vlan: number; frame: Words; copy: Copy };

/** A copy that went no further, and why. */
export interface Loss {
  copy: Copy | undefined;
  node: string;
  reason: string;
  isLoop?: true;
}

export interface Carried {
  runs: Run[];
  arrivals: Arrival[];
  losses: Loss[];
  /** Those of the unread nodes to which a copy went. */
  unread: Set<string>;
  /** What would have to be known to say more. */
  unclear?: string;
}

/** Where a frame begins: at a device, or on the wire of a physical network. */
export type Origin =
  | { type: 'device'; of: NodeSwitch; port: PlacedPort }
  | { type: 'wire'; network: string; vlan: number };

export interface CarryOptions {
  /** The nodes on which somebody may want the frame: copies to others are not followed. */
  nodes: ReadonlySet<string>;
  /** Nodes of which nobody knows who is there: whether copies go to them is noted. */
  unread: ReadonlySet<string>;
  trackerOf?: (node: string) => Tracker;
}

/** A frame that is flooded by two nodes to each other would go on for ever. */
const MAX_RUNS = 256;

const IN_PORT = field('in_port').word;
const TUN_ID = field('tun_id').word;
const VLAN_TCI = field('vlan_tci').word;
const VLAN_TCI1 = field('vlan_tci1').word;
const PKT_MARK = field('pkt_mark').word;
const VLAN_CFI = 0x1000;

/** @param frame is left as it is */
export function carry(fabric: Fabric, origin: Origin, frame: Words, options: CarryOptions): Carried {
  const work: Work = { fabric, options, runs: [], arrivals: [], losses: [], unread: new Set(), waiting: [] };
  if (origin.type === 'device') noteUnread(work, origin.of.node);
  if (origin.type === 'device') work.waiting.push({ of: origin.of, port: origin.port, frame });
  else enterWire(work, origin.network, tagged(frame, origin.vlan), undefined, undefined);
  for (let next = work.waiting.shift(); next && work.unclear === undefined; next = work.waiting.shift()) {
    if (work.runs.length >= MAX_RUNS) work.unclear = `more than ${MAX_RUNS} copies of the frame go from node to node`;
    else runOn(work, next);
  }
  const { runs, arrivals, losses, unread, unclear } = work;
  return { runs, arrivals, losses, unread, ...(unclear === undefined ? {} : { unclear }) };
}

function noteUnread({ options, unread }: Work, node: string): void {
  if (options.unread.has(node)) unread.add(node);
}

interface Waiting {
  of: NodeSwitch;
  port: PlacedPort;
  frame: Words;
  from?: Copy;
  by?: string;
}

interface Work extends Carried {
  fabric: Fabric;
  options: CarryOptions;
  waiting: Waiting[];
}

function runOn(work: Work, { of, port, frame, from, by }: Waiting): void {
  const words = copied(frame);
  words[IN_PORT] = port.ofport;
  const before = work.runs.find((run) => run.port === port && run.of === of && isSame(run.frame, words));
  if (before) {
    const reason = `it comes to ${port.name} of ${of.node} in the same form again and again`;
    // Else it is the second copy of one frame: what becomes of it is known.
    if (isBehind(from, before)) work.losses.push({ copy: from, node: of.node, reason, isLoop: true });
    return;
  }
  const tracker = work.options.trackerOf?.(of.node);
  const trace = walkFlows(of.of, port.bridge, words, tracker ? { tracker } : {});
  const run: Run = { of, port, frame: words, trace, ...(from && { from }), ...(by !== undefined && { by }) };
  work.runs.push(run);
  if (trace.disposition === 'insufficient-info')
    work.unclear = `${trace.reason ?? 'what its flows do is not known'} (on ${of.node})`;
  else for (const output of trace.outputs) leave(work, { run, output });
}

function isSame(a: Words, b: Words): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Whether a copy came out of a run, at whatever distance. */
function isBehind(copy: Copy | undefined, run: Run): boolean {
  for (let at = copy; at; at = at.run.from) if (at.run === run) return true;
  return false;
}

/** `OFPP_LOCAL`. */
const LOCAL = 0xfffe;

function leave(work: Work, copy: Copy): void {
  const { run, output } = copy;
  const { of } = run;
  const port = of.ports.get(output.name);
  if (!port || output.port === LOCAL) return;
  if (port.port?.options['remote_ip'] !== undefined) return throughTunnel(work, port, copy);
  const networks = networksOf(of, output.name);
  for (const network of networks) {
    const vlan = vlanOf(output.frame);
    work.arrivals.push({ type: 'wire', network, vlan, frame: output.frame, copy });
    enterWire(work, network, output.frame, of.node, copy);
  }
  if (networks.length === 0)
    work.arrivals.push({ type: 'device', node: of.node, name: output.name, frame: output.frame, copy });
}

/** Of a frame without a tag 0. */
const vlanOf = (frame: Words): number => ((frame[VLAN_TCI]! & VLAN_CFI) === 0 ? 0 : frame[VLAN_TCI]! & 0xfff);

/** Whether a frame has a tag, which no device of Neutron takes. */
export const isTagged = (frame: Words): boolean => (frame[VLAN_TCI]! & VLAN_CFI) !== 0;

function tagged(frame: Words, vlan: number): Words {
  const words = copied(frame);
  words[VLAN_TCI] = vlan === 0 ? 0 : VLAN_CFI | vlan;
  words[VLAN_TCI1] = 0;
  return words;
}

/** The tunnel's key is the frame's own (`options:out_key=flow`), or one of the port. */
function throughTunnel(work: Work, { name, port }: PlacedPort, copy: Copy): void {
  const { node } = copy.run.of;
  const {
    remote_ip: remote = '',
    local_ip: local = own(work.fabric.cloud.wiring.tunnelIps, node),
    out_key: outKey = 'flow',
  } = port!.options;
  const other = nodeOfTunnel(work.fabric, remote);
  if (other === undefined) {
    const reason = `${name} of ${node} leads to ${remote}, which no node has as its tunnel_ip`;
    return toNobody(work, copy, reason);
  }
  noteUnread(work, other);
  if (!work.options.nodes.has(other)) return;
  const of = switchOn(work.fabric, other);
  if ('missing' in of) {
    work.arrivals.push({ type: 'unseen', node: other, reason: of.missing, copy });
    return;
  }
  const frame = onWire(copy.output.frame);
  const key = /^(0x[0-9a-f]+|\d+)$/i.test(outKey) ? Number(outKey) : copy.output.frame[TUN_ID + 1]!;
  frame[TUN_ID + 1] = key;
  const entry = tunnelFrom(of, port!.type, local);
  if (!entry) {
    const reason = `${other} has no ${port!.type} port to ${local ?? `the tunnel_ip of ${node}`} of ${node}`;
    work.losses.push({ copy, node: other, reason });
    return;
  }
  const by = `through ${name} to ${other}, tunnel id 0x${key.toString(16)}`;
  work.waiting.push({ of, port: entry, frame, from: copy, by });
}

/** Of a node whose ports nobody read and whose `tunnel_ip` the topology leaves out, the address may be any. */
function toNobody(work: Work, copy: Copy, reason: string): void {
  const { fabric, options } = work;
  const isNameless = (node: string): boolean =>
    fabric.states.get(node)?.ports === undefined && own(fabric.cloud.wiring.tunnelIps, node) === undefined;
  for (const node of options.unread) if (isNameless(node)) work.unread.add(node);
  const wanted = [...options.nodes].filter((node) => node !== copy.run.of.node && isNameless(node));
  for (const node of wanted) {
    const of = switchOn(fabric, node);
    if ('missing' in of) work.arrivals.push({ type: 'unseen', node, reason: of.missing, copy });
  }
  if (wanted.length === 0) work.losses.push({ copy, node: copy.run.of.node, reason });
}

/** A node has a port for each other one: they are not listed for every frame. */
function tunnelFrom({ ports }: NodeSwitch, type: string, remote: string | undefined): PlacedPort | undefined {
  for (const each of ports.values())
    if (each.port?.type === type && each.port.options['remote_ip'] === remote) return each;
  return undefined;
}

/** To every other node that is on a physical network. */
function enterWire(
  work: Work,
  network: string,
  frame: Words,
  sender: string | undefined,
  copy: Copy | undefined,
): void {
  const { bridgeMappings } = work.fabric.cloud.wiring;
  for (const node of work.options.unread) {
    const mappings = own(bridgeMappings, node);
    if (node !== sender && (mappings === undefined || Object.hasOwn(mappings, network))) work.unread.add(node);
  }
  for (const node of work.options.nodes) {
    const bridge = own(own(bridgeMappings, node), network);
    if (node === sender || bridge === undefined) continue;
    const of = switchOn(work.fabric, node);
    if ('missing' in of) {
      work.arrivals.push({ type: 'unseen', node, reason: of.missing, copy });
      continue;
    }
    const entry = of.uplinks.get(network)?.[0];
    const vlan = vlanOf(frame);
    const by = `over ${network}${vlan === 0 ? '' : ` in VLAN ${vlan}`} to ${node}`;
    if (entry) work.waiting.push({ of, port: entry, frame: onWire(frame), by, ...(copy && { from: copy }) });
    else work.losses.push({ copy, node, reason: `${bridge} of ${node} has no port to ${network}` });
  }
}

/** What a frame takes along out of a node: its headers. */
function onWire(frame: Words): Words {
  const words = copied(frame);
  clearBeforePatch(words);
  words[PKT_MARK] = 0;
  return words;
}

const own = <T>(record: Record<string, T> | undefined, key: string): T | undefined =>
  record && Object.hasOwn(record, key) ? record[key] : undefined;
