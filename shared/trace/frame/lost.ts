/** Why a frame did not get to whom it was for: of all the places where copies of it ended, the one that decided. */
import { FIREWALL, extensionOf } from '../../openflow/extensions.ts';
import { type Words, field } from '../../openflow/layout.ts';
import type { FlowStep } from '../../openflow/walk.ts';
import type { Carrier } from '../cloud.ts';
import type { Decider } from '../pass.ts';
import { type TraceNode, traceNode } from '../tree.ts';
import { type Carried, type Run, isTagged } from './carry.ts';
import { type Concrete, macText } from './concrete.ts';
import { destinationOf, sourceOf } from './ether.ts';
import { INTEGRATION_BRIDGE, type NodeSwitch, type PlacedPort, networksOf } from './fabric.ts';
import { flowText, wayNodes } from './show.ts';

/** Whom a frame was for. */
export interface Addressee {
  /** Absent of the world outside. */
  node?: string;
  port?: PlacedPort;
  /** Why it has no port. */
  unplugged?: string;
  carrier?: Carrier;
}

export interface Lost {
  reason: string;
  decider?: Decider;
  isLoop: boolean;
  nodes: TraceNode[];
}

const TUN_ID = field('tun_id').word + 1;
const VLAN_CFI = 0x1000;

/** By what the next flow would have told the frame. */
function frameText(frame: Words, concrete: Concrete): string {
  const [from, to] = [sourceOf(frame), destinationOf(frame)].map((mac) => macText(concrete, mac));
  const tci = frame[VLAN_TCI]!;
  const vlan = (tci & VLAN_CFI) === 0 ? '' : ` in VLAN ${tci & LOCAL_VLAN}`;
  const tunnel = frame[TUN_ID] === 0 ? '' : ` with tunnel id 0x${frame[TUN_ID]!.toString(16)}`;
  return `there the frame is from ${from} to ${to}${vlan}${tunnel}`;
}

/** A place where copies ended. */
interface Cause {
  run: Run | undefined;
  step: FlowStep | undefined;
  reason: string;
  decider?: Decider;
  isLoop: boolean;
  /** The nearer to the addressee, the higher. */
  rank: number;
}

export function lostOf(carried: Carried, to: Addressee, concrete: Concrete): Lost {
  const causes = [...lossCauses(carried, to), ...carried.runs.flatMap((run) => runCauses(carried, run, to))];
  const [first, ...others] = causes.toSorted((a, b) => b.rank - a.rank);
  if (!first)
    return {
      reason: 'no copy of it goes further',
      isLoop: false,
      nodes: carried.runs.flatMap((run) => wayNodes(run, undefined)),
    };
  const nodes = first.run ? wayNodes(first.run, first.step) : [];
  if (first.step) nodes.push(traceNode('detail', frameText(first.step.after, concrete)));
  const more = [...new Set(others.filter(({ rank }) => rank > 0).map(({ reason }) => reason))];
  nodes.push(
    ...more.filter((reason) => reason !== first.reason).map((text) => traceNode('detail', `another copy: ${text}`)),
  );
  const { reason, decider } = first;
  return { reason, ...(decider && { decider }), isLoop: causes.some(({ isLoop }) => isLoop), nodes };
}

function lossCauses({ losses, arrivals }: Carried, to: Addressee): Cause[] {
  return [
    ...losses.map(({ copy, node, reason, isLoop }) => ({
      run: copy?.run,
      step: copy?.output.from,
      reason,
      isLoop: isLoop === true,
      rank: node === to.node ? 6 : 2,
    })),
    ...arrivals.flatMap((arrival): Cause[] => {
      const isHere = arrival.type === 'device' && arrival.name === to.port?.name && arrival.node === to.node;
      if (!isHere) return [];
      const { run, output } = arrival.copy;
      const reason = isTagged(arrival.frame)
        ? `it comes to ${arrival.name} on ${arrival.node} with a VLAN tag, which the device does not take`
        : `it comes to ${arrival.name} on ${arrival.node}, but for another MAC`;
      return [{ run, step: output.from, reason, isLoop: false, rank: 9 }];
    }),
  ];
}

function runCauses(carried: Carried, run: Run, to: Addressee): Cause[] {
  const { steps, outputs } = run.trace;
  const gaveUp = steps.findLast(({ notes }) => notes.some((note) => GIVEN_UP.test(note)));
  const error = run.trace.reason ?? gaveUp?.notes.flatMap((note) => GIVEN_UP.exec(note)?.[1] ?? [])[0];
  if (error !== undefined) {
    const text = `Open vSwitch of ${run.of.node} gives it up: ${error}`;
    return [{ run, step: repeated(gaveUp ?? steps.at(-1)), reason: text, isLoop: true, rank: 9 }];
  }
  const led = new Set([...steps, ...outputs].flatMap(({ from }) => from ?? []));
  const bridges = new Set(steps.map(({ bridge }) => bridge));
  const wayOut = wayOutOf(run.of, to);
  return steps.flatMap((step): Cause[] => {
    const cause = (reason: string, rank: number): Cause => ({ run, step, reason, isLoop: false, rank });
    const name = `${step.bridge} table ${step.table} of ${run.of.node}`;
    const isNear = run.of.node === to.node;
    const switched = isNear ? switchedElsewhere(run, step, to, name) : undefined;
    if (switched !== undefined) return [cause(switched, 8)];
    if (isNear && to.unplugged !== undefined && step.bridge === INTEGRATION_BRIDGE && isNormal(step))
      return [cause(to.unplugged, 8)];
    const gone = step.notes.find((note) => note.startsWith('nonexistent output port'));
    if (gone !== undefined)
      return [
        cause(
          `${name} sends it to port ${gone.split(' ').at(-1)}, which is not there`,
          rankOf(step, isNear, to, wayOut) + 0.5,
        ),
      ];
    if (!isNear && wayOut === undefined && to.carrier?.type === 'physical' && isNormal(step))
      return [cause(`${name} switches it (NORMAL), and no bridge of ${run.of.node} is for ${to.carrier.network}`, 5)];
    // Nothing that leads to the wire was reached: the bridge that did not send it there decided.
    if (!isNear && wayOut !== undefined && !bridges.has(wayOut) && isNormal(step))
      return [cause(`${name} switches it (NORMAL), and no port leads to ${wayOut}`, 5)];
    if (!isNear && step.bridge === wayOut && isNormal(step) && !leadsOut(run, step))
      return [cause(`${name} switches it (NORMAL), and no port of ${wayOut} leads out of the node`, 4)];
    if (led.has(step)) return leftElsewhere(carried, run, step, to, name).map((reason) => cause(reason, 1));
    const rank = rankOf(step, isNear, to, wayOut);
    if (!isFirewalls(step)) return [cause(`${name} ${endText(step)}`, rank)];
    const drops = `the openvswitch firewall drops it: ${name} (${ruleText(step)})`;
    return [{ ...cause(drops, rank), decider: 'security-groups' }];
  });
}

/** What `walkFlows` notes where a frame went from bridge to bridge for too long. */
const GIVEN_UP = /^given up: (.*)/;

/** The first step on the way that was there before: from then on everything repeats itself. */
function repeated(last: FlowStep | undefined): FlowStep | undefined {
  const steps: FlowStep[] = [];
  for (let step = last; step; step = step.from) steps.unshift(step);
  const seen = new Set<string>();
  for (const step of steps) {
    const key = `${step.bridge} ${step.table} ${step.after[IN_PORT]}`;
    if (seen.has(key)) return step;
    seen.add(key);
  }
  return last;
}

const isNormal = ({ flow }: FlowStep): boolean => flow !== undefined && /\bNORMAL\b/.test(flow.actions);

/** Whether a step put a copy onto a wire, or led on to another step. */
const leadsOut = ({ of, trace: { steps, outputs } }: Run, step: FlowStep): boolean =>
  steps.some(({ from }) => from === step) ||
  outputs.some(({ from, name }) => from === step && (networksOf(of, name).length > 0 || isTunnel(of, name)));

const isTunnel = ({ ports }: NodeSwitch, name: string): boolean =>
  ports.get(name)?.port?.options['remote_ip'] !== undefined;

/** On the addressee's node its own bridge counts, on another one the bridge towards the wire. */
function rankOf({ bridge }: FlowStep, isNear: boolean, to: Addressee, wayOut: string | undefined): number {
  if (isNear) return bridge === to.port?.bridge ? 7 : 3;
  return bridge === wayOut ? 4 : 0;
}

/** The bridge by which frames to others leave a node. */
function wayOutOf(of: NodeSwitch, { carrier }: Addressee): string | undefined {
  if (!carrier) return undefined;
  if (carrier.type === 'physical')
    return of.uplinks.get(carrier.network)?.[0]?.bridge ?? of.bridges.get(carrier.network);
  return [...of.ports.values()].find(({ port }) => port?.options['remote_ip'] !== undefined)?.bridge ?? 'br-tun';
}

const isFirewalls = ({ flow, bridge }: FlowStep): boolean =>
  flow?.actions === 'drop' && bridge === INTEGRATION_BRIDGE && extensionOf(flow, 'int') === FIREWALL;

/** The flow without its table. */
const ruleText = ({ flow }: FlowStep): string => (flow ? flowText(flow).replace(/^table=\d+, /, '') : '');

function endText(step: FlowStep): string {
  const { flow, notes } = step;
  if (!flow) return 'has no flow for it';
  const text = ruleText(step);
  if (flow.actions === 'drop') return `drops it (${text})`;
  const note = notes.find((each) => /dropping|no input bundle/.test(each));
  if (note !== undefined) return `drops it (NORMAL: ${note})`;
  return flow.actions.includes('NORMAL') ? `switches it (NORMAL) to no port` : `leads no further (${text})`;
}

/** A flow that sent copies, none of them to the addressee's node. */
function leftElsewhere(
  { runs, losses }: Carried,
  { trace: { outputs }, of }: Run,
  step: FlowStep,
  to: Addressee,
  name: string,
): string[] {
  const sent = outputs.filter(({ from }) => from === step);
  const isOut = sent.some((output) => isTunnel(of, output.name));
  const isThere = [...runs.map(({ from }) => from), ...losses.map(({ copy }) => copy)].some(
    (copy) => copy !== undefined && sent.includes(copy.output),
  );
  return isOut && !isThere && to.node !== undefined ? [`${name} sends it to other nodes, not to ${to.node}`] : [];
}

const IN_PORT = field('in_port').word;
const VLAN_TCI = field('vlan_tci').word;
const LOCAL_VLAN = 0xfff;

/** `NORMAL` in another VLAN than that of the addressee's port. */
function switchedElsewhere({ of }: Run, step: FlowStep, to: Addressee, name: string): string | undefined {
  const tag = to.port?.port?.tag;
  const bridge = of.of.bridges.get(step.bridge);
  if (tag === undefined || step.bridge !== to.port?.bridge || !isNormal(step)) return undefined;
  const after: Words = step.after;
  const own = bridge?.ports.get(after[IN_PORT]!)?.tag;
  const vlan = typeof own === 'number' ? own : after[VLAN_TCI]! & LOCAL_VLAN;
  return vlan === tag
    ? undefined
    : `${name} switches it ${vlan === 0 ? 'without a VLAN' : `in VLAN ${vlan}`} (NORMAL), and ${to.port.name} is in VLAN ${tag}`;
}
