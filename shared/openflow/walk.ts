/**
 * The way of a frame over the bridges of a node, as `ovs-appctl ofproto/trace` tells it. Works through a stack of its own:
 * no state, however chained, makes it run deep or long.
 */
import type { Flow } from '../state.ts';
import type { Action, Ct } from './actions.ts';
import { type Change, change } from './change.ts';
import { actionsIn, breadth, lookup } from './classifier.ts';
import { clearBeforePatch, clearConnection, committed } from './frame.ts';
import { type Held, copied, held, putBack, writable } from './held.ts';
import { type Words, field, readSlice } from './layout.ts';
import { learnedFlow } from './learn.ts';
import { normal } from './normal.ts';
import { type Switch, type SwitchBridge, bucketsOf } from './switch.ts';
import type { Tracker } from './tracker.ts';
import { RESERVED } from './value.ts';

/** One table that the frame came to. */
export interface FlowStep {
  bridge: string;
  table: number;
  /** Absent: no flow matches, the frame is dropped. */
  flow?: Flow;
  /** The step that led here; absent of the first. */
  from?: FlowStep;
  /** The frame after the flow's actions, up to the first that leads on. */
  after: Words;
  /** What `NORMAL` did, what connection tracking was taken to say, … */
  notes: string[];
  /** What `learn` would leave behind. */
  learned: Flow[];
}

/** A frame that leaves by a port that is no patch. */
export interface FlowOutput {
  bridge: string;
  port: number;
  /** Name of the port. */
  name: string;
  frame: Words;
  /** The step whose flow sent it. */
  from?: FlowStep;
}

export interface FlowTrace {
  disposition: 'forwarded' | 'dropped' | 'insufficient-info';
  reason?: string;
  steps: FlowStep[];
  outputs: FlowOutput[];
}

export interface WalkOptions {
  /** Bits of `ct_state` that connection tracking gives to the frame; `trk|new` when absent. */
  ctState?: number;
  /** Connection tracking that remembers; it stands above `ctState`. */
  tracker?: Tracker;
}

/** `ofproto/ofproto-dpif-xlate.c: MAX_DEPTH`, `MAX_RESUBMITS`. */
const MAX_DEPTH = 64;
const MAX_RESUBMITS = MAX_DEPTH * MAX_DEPTH;
/** A switch that resubmits as often as it may does some actions for each. */
const MAX_WORK = 100_000;
/** How often a frame may come back from connection tracking. The datapaths stop earlier (`lib/dpif-netdev.c: MAX_RECIRC_DEPTH`). */
const MAX_RESUMED = 64;
/** `lib/packets.h: CS_NEW | CS_TRACKED`. */
const NEW_CONNECTION = 0x21;

/** @param frame is left as it is, and must be left so: steps may hold it; its `in_port` is a port of the bridge */
export function walkFlows(of: Switch, bridge: string, frame: Words, options: WalkOptions = {}): FlowTrace {
  const start = of.bridges.get(bridge);
  if (of.missing !== undefined) return unclear(of.missing);
  if (!start) return unclear(`there is no bridge ${bridge} on ${of.node}`);
  const { ctState = NEW_CONNECTION, tracker } = options;
  const walk: Walk = { of, ctState, ...(tracker && { tracker }), budget: { left: MAX_WORK }, steps: [], outputs: [], waiting: [] }; // prettier-ignore
  walk.waiting.push({ bridge: start, table: 0, words: frame });
  for (let passes = 0; walk.waiting.length > 0 && walk.unclear === undefined; passes++) {
    if (passes > MAX_RESUMED) walk.unclear = `it comes back from connection tracking more than ${MAX_RESUMED} times`;
    else pass(walk, walk.waiting.shift()!);
  }
  const { steps, outputs, failed } = walk;
  if (walk.unclear !== undefined) return { disposition: 'insufficient-info', reason: walk.unclear, steps, outputs };
  if (outputs.length > 0) return { disposition: 'forwarded', steps, outputs };
  return { disposition: 'dropped', ...(failed !== undefined && { reason: failed }), steps, outputs };
}

const unclear = (reason: string): FlowTrace => ({ disposition: 'insufficient-info', reason, steps: [], outputs: [] });

interface Walk {
  of: Switch;
  ctState: number;
  tracker?: Tracker;
  /** How much may still be done, over all passes. */
  budget: { left: number };
  steps: FlowStep[];
  outputs: FlowOutput[];
  /** Where frames begin, or go on after connection tracking. */
  waiting: { bridge: SwitchBridge; table: number; words: Words; from?: FlowStep }[];
  unclear?: string;
  failed?: string;
}

/** What is done for a frame: actions of flows, and frames that `NORMAL` or a flood sends. */
type Doing = Action | { type: 'send'; port: number; frame: Words } | { type: 'bucket'; actions: readonly Action[] };

/** Where what is being done stands, and what is as before once it is done. */
interface Activation {
  doing: readonly Doing[];
  at: number;
  step: FlowStep | undefined;
  table: number;
  depth: number;
  leave?: () => void;
}

interface Pass extends Walk, Held {
  bridge: SwitchBridge;
  table: number;
  depth: number;
  resubmits: number;
  stack: Activation[];
  /** Translation failed, or `exit`: the rest of the actions is not done. */
  ended?: 'exit' | { error: string };
  /** An `exit` that only ended another bridge or a bucket: see `connection`. */
  hasExited?: true;
}

const at = (name: string): number => field(name).word;
const [IN_PORT, VLAN_TCI, VLAN_TCI1] = [at('in_port'), at('vlan_tci'), at('vlan_tci1')];
const [CT_STATE, CT_ZONE] = [at('ct_state'), at('ct_zone')];

function pass(walk: Walk, { bridge, table, words, from }: Walk['waiting'][number]): void {
  const own: Pass = { ...walk, bridge, words, isHeld: true, table, depth: 0, resubmits: 0, stack: [], outputs: [], waiting: [] }; // prettier-ignore
  enter(own, table, words[IN_PORT]!, from);
  while (own.stack.length > 0 && own.unclear === undefined) {
    const top = own.stack.at(-1)!;
    if (own.ended === undefined && top.at < top.doing.length) {
      act(own, top.doing[top.at++]!, top.step);
      continue;
    }
    // The actions of a flow may have changed the frame after it came back: what counts is what it led on with.
    settle(own, top.step);
    own.stack.pop();
    own.table = top.table;
    own.depth = top.depth;
    top.leave?.();
  }
  for (const { step } of own.stack) settle(own, step);
  if (own.unclear !== undefined) walk.unclear = own.unclear;
  // A translation that fails does nothing at all.
  if (typeof own.ended === 'object') walk.failed = own.ended.error;
  else {
    walk.outputs.push(...own.outputs);
    walk.waiting.push(...own.waiting);
  }
}

function push(own: Pass, doing: readonly Doing[], step: FlowStep | undefined, leave?: () => void): void {
  const { table, depth } = own;
  own.stack.push({ doing, at: 0, step, table, depth, ...(leave && { leave }) });
}

/** Of a step whose flow has not led on yet. */
const PENDING: Words = new Uint32Array(0);

function settle(own: Pass, step: FlowStep | undefined): void {
  if (step?.after === PENDING) step.after = held(own);
}

/** `xlate_resubmit_resource_check`. */
function isOver(own: Pass): boolean {
  if (own.depth >= MAX_DEPTH) own.ended = { error: `over max translation depth ${MAX_DEPTH}` };
  else if (own.resubmits >= MAX_RESUBMITS) own.ended = { error: `over ${MAX_RESUBMITS} resubmit actions` };
  return own.ended !== undefined;
}

/** `xlate_table_action`. */
function enter(own: Pass, table: number, inPort: number, resumed?: FlowStep): void {
  if (isOver(own)) return;
  const flows = own.bridge.classifier().get(table);
  if (!spend(own, Math.floor(breadth(flows) / 64))) return;
  const found = lookup(flows, own.words, inPort);
  if ('unclear' in found) {
    own.unclear = `${own.bridge.name}: ${found.unclear}`;
    return;
  }
  const flow = found.entry?.flow;
  const from = own.stack.at(-1)?.step ?? resumed;
  const step: FlowStep = { bridge: own.bridge.name, table, after: PENDING, notes: [], learned: [] };
  if (flow) step.flow = flow;
  if (from) step.from = from;
  own.steps.push(step);
  // The first flow of all is not counted.
  const deepens = own.stack.length > 0 && table <= own.table;
  if (own.stack.length > 0) own.resubmits++;
  push(own, found.entry ? actionsIn(found.entry) : [], step);
  if (deepens) own.depth++;
  own.table = table;
}

/** Copies of copies are not followed for ever. */
function spend(own: Pass, work: number): boolean {
  own.budget.left -= work;
  if (own.budget.left < 0) own.unclear = `flows do more than ${MAX_WORK} actions for one frame`;
  return own.budget.left >= 0;
}

function act(own: Pass, action: Doing, step: FlowStep | undefined): void {
  if (!spend(own, 1)) return;
  const { words } = own;
  switch (action.type) {
    case 'output':
      return output(own, action.port, step);
    case 'outputSlice':
      return output(own, Number(readSlice(words, action.slice) & 0xffffn), step);
    case 'send':
      return deliver(own, action.port, action.frame, step);
    case 'resubmit':
      settle(own, step);
      return enter(own, action.table ?? own.table, action.port ?? words[IN_PORT]!);
    case 'clone':
      settle(own, step);
      return cloned(own, action.actions, step);
    case 'ct':
      return connection(own, action.ct, step);
    case 'group':
      return group(own, action.id, step);
    case 'learn':
      step?.learned.push(learnedFlow(action.learn, own.bridge.name, words));
      return undefined;
    case 'bucket':
      return bucket(own, action.actions, step);
    case 'exit':
      own.ended = 'exit';
      own.hasExited = true;
      return undefined;
    case 'unknown':
      own.unclear = `${own.bridge.name}: what "${action.text}" does is not known`;
      return undefined;
    default:
      return changed(own, action, step);
  }
}

function changed(own: Pass, action: Change, step: FlowStep | undefined): void {
  const failed = change(writable(own), action);
  if (failed === undefined) return;
  // `compose_dec_ttl`: what the flow would do next is not done; what comes after it is.
  if (failed === 'expired') own.stack.at(-1)!.at = Infinity;
  else if ('note' in failed) step?.notes.push(failed.note);
  else own.unclear = `${own.bridge.name}: ${failed.unclear}`;
}

/** `xlate_output_action`. */
function output(own: Pass, port: number, step: FlowStep | undefined): void {
  const from = own.words[IN_PORT]!;
  switch (port) {
    case RESERVED.in_port:
      return deliver(own, from, held(own), step);
    case RESERVED.table:
      settle(own, step);
      return enter(own, 0, from);
    case RESERVED.normal: {
      const found = normal(own.bridge, own.words);
      if ('unclear' in found) own.unclear = found.unclear;
      else {
        step?.notes.push(found.note);
        sendAll(own, found.sends, step);
      }
      return undefined;
    }
    case RESERVED.flood:
    case RESERVED.all: {
      const [tci, tci1] = [own.words[VLAN_TCI]!, own.words[VLAN_TCI1]!];
      const others = [...own.bridge.ports.keys()].filter((other) => other !== from);
      return sendAll(own, others.map((other) => ({ port: other, tci, tci1 })), step); // prettier-ignore
    }
    case RESERVED.controller:
      step?.notes.push('to the controller');
      return undefined;
    case RESERVED.none:
      return undefined;
    default:
      if (port === from) step?.notes.push('skipping output to input port');
      else deliver(own, port, held(own), step);
  }
}

/** A flood sends mostly one and the same frame to many ports. */
function sendAll(own: Pass, sends: readonly { port: number; tci: number; tci1: number }[], step: FlowStep | undefined) {
  if (sends.length === 0) return;
  settle(own, step);
  let last = held(own);
  const doing = sends.map(({ port, tci, tci1 }): Doing => {
    if (last[VLAN_TCI] !== tci || last[VLAN_TCI1] !== tci1) {
      last = copied(last);
      last[VLAN_TCI] = tci;
      last[VLAN_TCI1] = tci1;
    }
    return { type: 'send', port, frame: last };
  });
  push(own, doing, step);
}

/** `compose_output_action`; through a patch it is the other bridge's turn (`patch_port_output`). @param frame is left as it is */
function deliver(own: Pass, number: number, frame: Words, step: FlowStep | undefined): void {
  const port = own.bridge.ports.get(number);
  if (!port) {
    step?.notes.push(`nonexistent output port ${number}`);
    return;
  }
  if (!port.peer) {
    const sent: FlowOutput = { bridge: own.bridge.name, port: number, name: port.name, frame: committed(frame) };
    if (step) sent.from = step;
    own.outputs.push(sent);
    return;
  }
  settle(own, step);
  const peer = own.of.bridges.get(port.peer.bridge)!;
  const { bridge, words, ended } = own;
  // Neither an error nor an exit of the other bridge comes back.
  push(own, [], step, () => {
    own.bridge = bridge;
    putBack(own, words);
    if (typeof own.ended === 'object' && ended === undefined) step?.notes.push(`given up: ${own.ended.error}`);
    if (ended === undefined && own.ended !== undefined) delete own.ended;
  });
  own.bridge = peer;
  own.words = copied(frame);
  own.isHeld = false;
  clearBeforePatch(own.words);
  own.words[IN_PORT] = port.peer.ofport;
  enter(own, 0, port.peer.ofport);
}

function cloned(own: Pass, doing: readonly Doing[], step: FlowStep | undefined): void {
  const words = held(own);
  push(own, doing, step, () => putBack(own, words));
}

/** `compose_conntrack_action`: a copy goes on in the table that is named, once the rest is done. */
function connection(own: Pass, { commit, zone, table, nat, exec }: Ct, step: FlowStep | undefined): void {
  const { tracker } = own;
  const number = typeof zone === 'number' ? zone : Number(readSlice(own.words, zone) & 0xffffn);
  const state = tracker?.stateOf(number, own.words) ?? own.ctState;
  if (commit) tracker?.commit(number, own.words);
  for (const action of exec) {
    if (action.type === 'set' || action.type === 'move') changed(own, action, step);
    else own.unclear = `${own.bridge.name}: what ct(exec(…)) does is not known`;
  }
  if (nat !== undefined && (nat !== 'nat' || state !== NEW_CONNECTION)) {
    own.unclear = `${own.bridge.name}: which address ct(${nat}) gives is the choice of connection tracking`;
  }
  settle(own, step);
  if (table !== undefined && own.hasExited) {
    // `do_xlate_actions` keeps the first `exit` for a frame that is to be resumed (`freeze_unroll_actions`) and nothing takes it away,
    // unless a frame is: this one goes on with that `exit` and not in its table.
    delete own.hasExited;
    step?.notes.push('the copy for connection tracking ends at once: an exit came before it');
  } else if (table !== undefined) {
    const copy = copied(own.words);
    copy[CT_STATE] = state;
    copy[CT_ZONE] = number;
    step?.notes.push(`taken as ${state === NEW_CONNECTION ? 'a new connection' : `ct_state 0x${state.toString(16)}`}`);
    own.waiting.push({ bridge: own.bridge, table, words: copy, ...(step && { from: step }) });
  }
  clearConnection(writable(own));
}

/** `xlate_group_action`. */
function group(own: Pass, id: number, step: FlowStep | undefined): void {
  const found = bucketsOf(own.of, own.bridge.name, id);
  if ('unclear' in found) {
    own.unclear = `${own.bridge.name}: ${found.unclear}`;
    return;
  }
  if (isOver(own)) return;
  settle(own, step);
  push(own, found.buckets.map((actions): Doing => ({ type: 'bucket', actions })), step); // prettier-ignore
}

/** `xlate_group_bucket`: a copy of the frame; what ends a bucket ends no more than it, but for the limits. */
function bucket(own: Pass, doing: readonly Doing[], step: FlowStep | undefined): void {
  const words = held(own);
  push(own, doing, step, () => {
    putBack(own, words);
    if (own.ended === 'exit') delete own.ended;
  });
  own.depth++;
}
