/**
 * The way of a frame over the bridges of a node, as `ovs-appctl ofproto/trace` tells it. Works through a stack of its own:
 * no state, however chained, makes it run deep or long.
 */
import type { Flow } from '../state.ts';
import type { Action, Ct } from './actions.ts';
import { lookup } from './classifier.ts';
import { clearBeforePatch, clearConnection, commitVlans, hasField, popVlan, pushVlan, VLAN_CFI } from './frame.ts';
import { type Slice, type Words, field, readSlice, writeSlice } from './layout.ts';
import { learnedFlow } from './learn.ts';
import { normal } from './normal.ts';
import type { Switch, SwitchBridge } from './switch.ts';
import { RESERVED } from './value.ts';

/** One table that the frame came to. */
export interface FlowStep {
  bridge: string;
  table: number;
  /** Absent: no flow matches, the frame is dropped. */
  flow?: Flow;
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
}

/** `ofproto/ofproto-dpif-xlate.c: MAX_DEPTH`, `MAX_RESUBMITS`. */
const MAX_DEPTH = 64;
const MAX_RESUBMITS = MAX_DEPTH * MAX_DEPTH;
/** How often a frame may come back from connection tracking. The datapaths stop earlier (`lib/dpif-netdev.c: MAX_RECIRC_DEPTH`). */
const MAX_RESUMED = 64;
/** `lib/packets.h: CS_NEW | CS_TRACKED`. */
const NEW_CONNECTION = 0x21;

/** @param frame is left as it is; its `in_port` is a port of the bridge */
export function walkFlows(of: Switch, bridge: string, frame: Words, options: WalkOptions = {}): FlowTrace {
  const start = of.bridges.get(bridge);
  if (of.missing !== undefined) return unclear(of.missing);
  if (!start) return unclear(`there is no bridge ${bridge} on ${of.node}`);
  const walk: Walk = { of, ctState: options.ctState ?? NEW_CONNECTION, steps: [], outputs: [], waiting: [] };
  walk.waiting.push({ bridge: start, table: 0, words: frame.slice() });
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
  steps: FlowStep[];
  outputs: FlowOutput[];
  /** Where frames begin, or go on after connection tracking. */
  waiting: { bridge: SwitchBridge; table: number; words: Words }[];
  unclear?: string;
  failed?: string;
}

/** What is done for a frame: actions of flows, and frames that `NORMAL` or a flood sends. */
type Doing = Action | { type: 'send'; port: number; tci: number; tci1: number };

interface Activation {
  doing: readonly Doing[];
  at: number;
  step: FlowStep | undefined;
  leave: () => void;
}

interface Pass extends Walk {
  bridge: SwitchBridge;
  words: Words;
  table: number;
  depth: number;
  resubmits: number;
  stack: Activation[];
  /** Translation failed, or `exit`: the rest of the actions is not done. */
  ended?: 'exit' | { error: string };
}

const at = (name: string): number => field(name).word;
const IN_PORT = at('in_port');
const VLAN_TCI = at('vlan_tci');
const VLAN_TCI1 = at('vlan_tci1');
const NW_TTL = at('nw_ttl');
const CT_STATE = at('ct_state');
const CT_ZONE = at('ct_zone');

function pass(walk: Walk, { bridge, table, words }: Walk['waiting'][number]): void {
  const own: Pass = { ...walk, bridge, words, table, depth: 0, resubmits: 0, stack: [], outputs: [], waiting: [] };
  enter(own, table, words[IN_PORT]!);
  while (own.stack.length > 0 && own.unclear === undefined) {
    const top = own.stack.at(-1)!;
    if (own.ended === undefined && top.at < top.doing.length) {
      act(own, top.doing[top.at++]!, top.step);
      continue;
    }
    // The actions of a flow may have changed the frame after it came back: what counts is what it led on with.
    settle(own, top.step);
    own.stack.pop();
    top.leave();
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

/** Of a step whose flow has not led on yet. */
const PENDING: Words = new Uint32Array(0);

function settle(own: Pass, step: FlowStep | undefined): void {
  if (step?.after === PENDING) step.after = own.words.slice();
}

/** `xlate_resubmit_resource_check`. */
function isOver(own: Pass): boolean {
  if (own.depth >= MAX_DEPTH) own.ended = { error: `over max translation depth ${MAX_DEPTH}` };
  else if (own.resubmits >= MAX_RESUBMITS) own.ended = { error: `over ${MAX_RESUBMITS} resubmit actions` };
  return own.ended !== undefined;
}

/** `xlate_table_action`. */
function enter(own: Pass, table: number, inPort: number): void {
  if (isOver(own)) return;
  const found = lookup(own.bridge.classifier().get(table), own.words, inPort);
  if ('unclear' in found) {
    own.unclear = `${own.bridge.name}: ${found.unclear}`;
    return;
  }
  const flow = found.entry?.flow;
  const step: FlowStep = { bridge: own.bridge.name, table, ...(flow && { flow }), after: PENDING, notes: [], learned: [] }; // prettier-ignore
  own.steps.push(step);
  // The first flow of all is not counted.
  const before = own.table;
  const deepens = own.stack.length > 0 && table <= before ? 1 : 0;
  if (own.stack.length > 0) own.resubmits++;
  own.depth += deepens;
  own.table = table;
  const leave = () => {
    own.depth -= deepens;
    own.table = before;
  };
  own.stack.push({ doing: found.entry?.actions ?? [], at: 0, step, leave });
}

function act(own: Pass, action: Doing, step: FlowStep | undefined): void {
  const { words } = own;
  switch (action.type) {
    case 'output':
      return output(own, action.port, step);
    case 'outputSlice':
      return output(own, Number(readSlice(words, action.slice) & 0xffffn), step);
    case 'send': {
      const copy = words.slice();
      copy[VLAN_TCI] = action.tci;
      copy[VLAN_TCI1] = action.tci1;
      return deliver(own, action.port, copy, step);
    }
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
    case 'exit':
      own.ended = 'exit';
      return undefined;
    case 'unknown':
      own.unclear = `${own.bridge.name}: what "${action.text}" does is not known`;
      return undefined;
    default:
      return change(own, action, step);
  }
}

type Change = Extract<Action, { type: 'set' | 'move' | 'pushVlan' | 'popVlan' | 'modVlan' | 'ctClear' | 'decTtl' | 'pass' | 'conjunction' }>; // prettier-ignore

/** Actions that change the frame and nothing else. */
function change(own: Pass, action: Change, step: FlowStep | undefined): void {
  const { words } = own;
  switch (action.type) {
    case 'set':
      // `do_xlate_actions`: a field that the frame does not have is not set.
      if (!hasField(words, action.requires)) step?.notes.push('unmet prerequisites, set_field ignored');
      else for (const { word, mask, value } of action.words) words[word] = (words[word]! & ~mask) | value;
      return;
    case 'move':
      move(words, action.from, action.to);
      return;
    case 'pushVlan':
      if (!pushVlan(words)) own.unclear = `${own.bridge.name}: a frame with more than two VLAN tags`;
      return;
    case 'popVlan':
      popVlan(words);
      return;
    case 'modVlan':
      words[VLAN_TCI] = (words[VLAN_TCI]! & ~0xfff) | VLAN_CFI | action.vid;
      return;
    case 'ctClear':
      clearConnection(words);
      return;
    case 'decTtl':
      if (!hasField(words, 'ipAny')) return;
      if (words[NW_TTL]! > 1) words[NW_TTL]!--;
      // `compose_dec_ttl`: what the flow would do next is not done; what comes after it is.
      else own.stack.at(-1)!.at = Infinity;
      return;
    default:
  }
}

/** `lib/nx-match.c: mf_subfield_copy`: nothing when the frame lacks one of both. */
function move(words: Words, from: Slice, to: Slice): void {
  if (!hasField(words, from.field.requires) || !hasField(words, to.field.requires)) return;
  writeSlice(words, to, readSlice(words, from));
}

/** `xlate_output_action`. */
function output(own: Pass, port: number, step: FlowStep | undefined): void {
  const from = own.words[IN_PORT]!;
  switch (port) {
    case RESERVED.in_port:
      return deliver(own, from, own.words.slice(), step);
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
      else deliver(own, port, own.words.slice(), step);
  }
}

function sendAll(own: Pass, sends: readonly { port: number; tci: number; tci1: number }[], step: FlowStep | undefined) {
  if (sends.length === 0) return;
  settle(own, step);
  const doing = sends.map((send): Doing => ({ type: 'send', ...send }));
  own.stack.push({ doing, at: 0, step, leave: () => {} });
}

/** `compose_output_action`; through a patch it is the other bridge's turn (`patch_port_output`). */
function deliver(own: Pass, number: number, frame: Words, step: FlowStep | undefined): void {
  const port = own.bridge.ports.get(number);
  if (!port) {
    step?.notes.push(`nonexistent output port ${number}`);
    return;
  }
  if (!port.peer) {
    commitVlans(frame);
    own.outputs.push({ bridge: own.bridge.name, port: number, name: port.name, frame });
    return;
  }
  settle(own, step);
  const peer = own.of.bridges.get(port.peer.bridge)!;
  const { bridge, words, ended } = own;
  own.stack.push({
    doing: [],
    at: 0,
    step: undefined,
    // Neither an error nor an exit of the other bridge comes back.
    leave: () => {
      own.bridge = bridge;
      own.words = words;
      if (ended === undefined) delete own.ended;
    },
  });
  clearBeforePatch(frame);
  frame[IN_PORT] = port.peer.ofport;
  own.bridge = peer;
  own.words = frame;
  enter(own, 0, port.peer.ofport);
}

function cloned(own: Pass, doing: readonly Doing[], step: FlowStep | undefined): void {
  const { words } = own;
  own.words = words.slice();
  const leave = () => {
    own.words = words;
  };
  own.stack.push({ doing, at: 0, step, leave });
}

/** `compose_conntrack_action`: a copy goes on in the table that is named, once the rest is done. */
function connection(own: Pass, { zone, table, nat, exec }: Ct, step: FlowStep | undefined): void {
  const { words } = own;
  for (const action of exec) {
    if (action.type === 'set' || action.type === 'move') change(own, action, step);
    else own.unclear = `${own.bridge.name}: what ct(exec(…)) does is not known`;
  }
  if (nat !== undefined && (nat !== 'nat' || own.ctState !== NEW_CONNECTION)) {
    own.unclear = `${own.bridge.name}: which address ct(${nat}) gives is the choice of connection tracking`;
  }
  settle(own, step);
  if (table !== undefined) {
    const copy = words.slice();
    copy[CT_STATE] = own.ctState;
    copy[CT_ZONE] = typeof zone === 'number' ? zone : Number(readSlice(words, zone) & 0xffffn);
    step?.notes.push(`taken as ${own.ctState === NEW_CONNECTION ? 'a new connection' : `ct_state 0x${own.ctState.toString(16)}`}`); // prettier-ignore
    own.waiting.push({ bridge: own.bridge, table, words: copy });
  }
  clearConnection(words);
}

/** `xlate_group_action`. */
function group(own: Pass, id: number, step: FlowStep | undefined): void {
  const found = own.of.groups?.find((each) => each.id === id && each.bridge === own.bridge.name);
  if (!found) {
    own.unclear = `${own.bridge.name}: ${own.of.groups ? `there is no group ${id}` : `groups were not collected, such as group:${id}`}`; // prettier-ignore
    return;
  }
  if (found.type !== 'all' && found.buckets.length > 1) {
    own.unclear = `${own.bridge.name}: which bucket of group:${id} is taken is the choice of the switch`;
    return;
  }
  if (isOver(own)) return;
  settle(own, step);
  const doing = found.buckets.map((actions): Doing => ({ type: 'clone', actions }));
  own.depth++;
  const leave = () => {
    own.depth--;
  };
  own.stack.push({ doing, at: 0, step, leave });
}
