/** Open vSwitch of a node as a frame meets it: bridges with their ports, flows, learned addresses and groups. */
import type { Flow, NodeState, OvsPort } from '../state.ts';
import { type Action, actionsOf } from './actions.ts';
import { type Classifier, type Reader, classifierOf } from './classifier.ts';
import { splitTop } from './split.ts';
import { RESERVED, portOf } from './value.ts';

export interface SwitchPort {
  name: string;
  ofport: number;
  /** Its VLAN; `trunk` carries all; absent: not known. */
  tag?: number | 'trunk';
  /** The other end of a patch. */
  peer?: { bridge: string; ofport: number };
}

export interface SwitchBridge {
  name: string;
  /** By number, rising. */
  ports: ReadonlyMap<number, SwitchPort>;
  /** Made when the first frame comes. */
  classifier(): Classifier;
  /** `VLAN MAC` → port; absent: not collected. */
  macs?: ReadonlyMap<string, number>;
}

export interface Group {
  bridge: string;
  id: number;
  /** `all`, `select`, `indirect`, `ff`. */
  type: string;
  buckets: readonly (readonly Action[])[];
}

export interface Switch {
  node: string;
  bridges: ReadonlyMap<string, SwitchBridge>;
  /** Absent: not collected. */
  groups?: readonly Group[];
  /** Why the flows are not known. */
  missing?: string;
}

/** One line of `ovs-appctl fdb/show`. */
export interface LearnedMac {
  bridge: string;
  port: number;
  vlan: number;
  mac: string;
}

/** What a switch knows and no aspect holds. */
export interface Learned {
  macs?: readonly LearnedMac[];
  groups?: readonly Group[];
}

/** @param reader reads the flows of a table when the first frame comes there */
export function switchOf(state: NodeState, learned: Learned = {}, reader?: Reader): Switch {
  const flowsByBridge = new Map<string, Flow[]>();
  for (const flow of state.flows ?? []) push(flowsByBridge, flow.bridge, flow);
  const names = new Set([
    ...flowsByBridge.keys(),
    ...(state.bridges ?? []).map(({ name }) => name),
    ...(state.ports ?? []).map(({ bridge }) => bridge),
  ]);
  const portsByBridge = new Map<string, OvsPort[]>();
  for (const port of state.ports ?? []) push(portsByBridge, port.bridge, port);
  const numbers = new Map([...names].map((name) => [name, numbersOf(state, name, portsByBridge.get(name) ?? [])]));
  const ends = endsOf(state.ports ?? [], numbers);
  const bridges = [...names].map((name): [string, SwitchBridge] => [
    name,
    bridgeOf(
      name,
      numbers.get(name)!,
      portsByBridge.get(name) ?? [],
      ends,
      flowsByBridge.get(name) ?? [],
      learned,
      reader,
    ),
  ]);
  const missing = state.flows
    ? undefined
    : (state.gaps.find(({ aspect }) => aspect === 'flows')?.reason ?? 'flows were not collected');
  return {
    node: state.node,
    bridges: new Map(bridges),
    ...(learned.groups && { groups: learned.groups }),
    ...(missing !== undefined && { missing }),
  };
}

function push<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}

/** Port name → number. */
function numbersOf(state: NodeState, bridge: string, ports: readonly OvsPort[]): Map<string, number> {
  const shown = state.bridges?.find(({ name }) => name === bridge)?.ofports ?? {};
  const numbers = new Map(Object.entries(shown));
  for (const { name, ofport } of ports) if (ofport !== undefined && ofport > 0) numbers.set(name, ofport);
  // `OFPP_LOCAL`: every bridge has a port of its own name.
  numbers.set(bridge, RESERVED.local);
  return numbers;
}

type Ends = ReadonlyMap<string, { bridge: string; ofport: number }>;

/** Patch ports by name. */
function endsOf(ports: readonly OvsPort[], numbers: ReadonlyMap<string, ReadonlyMap<string, number>>): Ends {
  const ends = new Map<string, { bridge: string; ofport: number }>();
  for (const { bridge, name, type } of ports) {
    const ofport = numbers.get(bridge)?.get(name);
    if (type === 'patch' && ofport !== undefined) ends.set(name, { bridge, ofport });
  }
  return ends;
}

function bridgeOf(
  name: string,
  numbers: ReadonlyMap<string, number>,
  configured: readonly OvsPort[],
  ends: Ends,
  flows: readonly Flow[],
  learned: Learned,
  reader: Reader | undefined,
): SwitchBridge {
  const byName = new Map(configured.map((port) => [port.name, port]));
  const ports = [...numbers]
    .toSorted((a, b) => a[1] - b[1])
    .map(([port, ofport]): [number, SwitchPort] => [ofport, portOfBridge(port, ofport, byName.get(port), ends)]);
  const macs = learned.macs?.flatMap(({ bridge, port, vlan, mac }): [string, number][] =>
    bridge === name ? [[`${vlan} ${mac}`, port]] : [],
  );
  let classifier: Classifier | undefined;
  return {
    name,
    ports: new Map(ports),
    classifier: () => (classifier ??= classifierOf(flows, reader)),
    ...(macs && { macs: new Map(macs) }),
  };
}

function portOfBridge(name: string, ofport: number, port: OvsPort | undefined, ends: Ends): SwitchPort {
  const peer = port?.type === 'patch' ? ends.get(port.options['peer'] ?? '') : undefined;
  return { name, ofport, ...(port && { tag: port.tag ?? 'trunk' }), ...(peer && { peer }) };
}

/** `ovs-appctl fdb/show BRIDGE`. */
export function learnedMacs(text: string, bridge: string): LearnedMac[] {
  return text.split('\n').flatMap((line): LearnedMac[] => {
    const [, port, vlan, mac] = /^\s*(\d+|LOCAL)\s+(\d+)\s+([0-9a-f:]{17})\s/i.exec(`${line} `) ?? [];
    return mac === undefined ? [] : [{ bridge, port: Number(portOf(port!)), vlan: Number(vlan), mac: mac.toLowerCase() }]; // prettier-ignore
  });
}

/** `ovs-ofctl dump-groups BRIDGE`. */
export function groupsOf(text: string, bridge: string): Group[] {
  return text.split('\n').flatMap((line): Group[] => {
    const [, id, type, rest] = /^\s*group_id=(\d+),type=([a-z_]+)(.*)$/.exec(line) ?? [];
    if (id === undefined) return [];
    const buckets = rest!.split(/,bucket=/).slice(1);
    return [{ bridge, id: Number(id), type: type!, buckets: buckets.map(bucketOf) }];
  });
}

/** What stands in front of the actions (`bucket_id:1,weight:100`) changes nothing but a choice among buckets. */
function bucketOf(text: string): Action[] {
  const at = text.indexOf('actions=');
  const inside = at >= 0 ? text.slice(at + 8) : splitTop(text).filter((part) => !/^(bucket_id|weight|watch_)/.test(part)).join(','); // prettier-ignore
  return actionSet(actionsOf(inside));
}

/** Of each of these the last one counts, in this order (`lib/ofp-actions.c: ACTION_SET_ORDER`). */
const ONCE = ['popVlan', 'pushVlan', 'decTtl'] as const;
/** Of these only the one furthest behind in this list is done, the last of its kind (`ACTION_SET_FINAL_PRIORITY`). */
const FINAL = ['ct', 'ctClear', 'resubmit', 'output', 'group'] as const;

/** The actions of a bucket are a set, with an order of its own (`ofpacts_execute_action_set`); without one that leads on, none is done. */
function actionSet(actions: readonly Action[]): Action[] {
  const final = FINAL.flatMap((type) => actions.findLast((action) => action.type === type) ?? []).at(-1);
  const odd = actions.find(({ type }) => !IN_SETS.has(type));
  if (odd) return [{ type: 'unknown', text: odd.type === 'unknown' ? odd.text : `${odd.type} in a bucket` }];
  if (!final) return [];
  const once = ONCE.flatMap((type) => actions.findLast((action) => action.type === type) ?? []);
  return [...once, ...actions.filter(({ type }) => type === 'set' || type === 'move' || type === 'modVlan'), final];
}

const IN_SETS = new Set<Action['type']>([...ONCE, ...FINAL, 'set', 'move', 'modVlan', 'pass']);

/** The buckets of a group that a frame goes through: all of them, or the only one. */
export function bucketsOf(
  { groups }: Switch,
  bridge: string,
  id: number,
): Pick<Group, 'buckets'> | { unclear: string } {
  if (!groups) return { unclear: `groups were not collected, such as group:${id}` };
  const found = groups.find((each) => each.id === id && each.bridge === bridge);
  if (!found) return { unclear: `there is no group ${id}` };
  if (found.type !== 'all' && found.buckets.length > 1)
    return { unclear: `which bucket of group:${id} is taken is the choice of the switch` };
  return found;
}
