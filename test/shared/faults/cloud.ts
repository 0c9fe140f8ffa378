/** Recorded clouds to make faults in: states free to be altered, and what the kernel does by itself when something goes. */
import { makeReport, type Report } from '../../../server/report.ts';
import { expect } from '../../../shared/expect.ts';
import { readAllocations } from '../../../shared/readAllocations.ts';
import type { Address, NamespaceState, NodeState, Route } from '../../../shared/state.ts';
import { contains } from '../../../shared/ip.ts';
import type { Topology } from '../../../shared/topology/types.ts';
import { SCENARIOS, type ScenarioName, liveState, nodeNames, topologyOf } from '../../support/recordings.ts';
import { sourceMapOf } from '../../../shared/topology/sourceMap.ts';

export interface Cloud {
  scenario: ScenarioName;
  topology: Topology;
  states: Map<string, NodeState>;
}

/** The recordings that faults are made in: all. */
export const CLOUDS: readonly ScenarioName[] = SCENARIOS;

const recorded = new Map<ScenarioName, Cloud>();

/** As recorded, shared by all tests: not to be altered. */
export function recordedCloud(scenario: ScenarioName): Cloud {
  const known = recorded.get(scenario) ?? {
    scenario,
    // A fault may change it.
    topology: structuredClone(topologyOf(scenario)),
    states: new Map(nodeNames(scenario).map((node) => [node, liveState(scenario, node)])),
  };
  recorded.set(scenario, known);
  return known;
}

/** A new one each time, free to be altered: as a whole, or the state of one node, which is much cheaper. */
export function cloudOf(scenario: ScenarioName, node?: string): Cloud {
  const cloud = recordedCloud(scenario);
  if (node === undefined) return structuredClone(cloud);
  const states = new Map(cloud.states);
  states.set(node, structuredClone(states.get(node)!));
  return { ...cloud, states };
}

/** @param nodes those that are compared; default: all */
export const reportOf = ({ topology, states }: Cloud, nodes: readonly string[] = [...states.keys()]): Report =>
  makeReport(
    { file: 'cloud.dvr.yaml', text: '', topology, sourceMap: sourceMapOf([], ''), problems: [] },
    nodes.map((node) => ({ node, state: states.get(node)! })),
  );

/** Expected state of a node, with the devices of its host, free to be altered. */
export function healthy({ topology }: Cloud, live: NodeState): NodeState {
  const state = structuredClone(expect(topology, live.node, readAllocations(topology, live.node, live)));
  const known = new Set(state.ports?.map(({ name }) => name));
  const host = (live.ports ?? []).filter(({ bridge, name }) => !known.has(name) && !/^br-(int|tun)$/.test(bridge));
  return { ...state, ...(state.ports && { ports: [...state.ports, ...host] }), gaps: [] };
}

/** `[name, content]` of the namespaces of a kind. */
export const namespaces = (live: NodeState, kind: string): [string, NamespaceState][] =>
  Object.entries(live.namespaces).filter(([name]) => name.startsWith(`${kind}-`));

export const devices = (state: NamespaceState, prefix: string): string[] =>
  (state.links ?? []).flatMap(({ ifname }) => (ifname.startsWith(prefix) ? [ifname] : []));

/** Takes items out of a list; how many. */
export function take<T>(list: T[] | undefined, isTaken: (item: T) => boolean): T[] {
  const taken = (list ?? []).filter(isTaken);
  for (const item of taken) list!.splice(list!.indexOf(item), 1);
  return taken;
}

/** With a device go its addresses, routes and neighbours, and its settings. */
export function dropDevice(state: NamespaceState, ifname: string): void {
  take(state.links, (link) => link.ifname === ifname);
  take(state.addresses, (address) => address.ifname === ifname);
  take(state.routes, ({ dev }) => dev === ifname);
  take(state.neighbours, ({ dev }) => dev === ifname);
  take(state.sysctls, ({ key }) => key.split('.').includes(ifname));
}

/** With an address go the routes that the kernel made for it, and those by a gateway that nothing reaches any more. */
export function dropAddress(state: NamespaceState, { ifname, local, prefixlen }: Address): void {
  take(state.addresses, (address) => address.ifname === ifname && address.local === local);
  const isGone = ({ dev, prefsrc, gateway }: Route): boolean =>
    prefsrc === local || (dev === ifname && gateway !== undefined && contains(`${local}/${prefixlen}`, gateway));
  take(state.routes, isGone);
}

export interface Made {
  fault: string;
  /** How it is made, where there are several ways. */
  how: string;
  /** Alters the state of a node in its cloud; false where the node has nothing to make it with. */
  make: (live: NodeState, cloud: Cloud) => boolean;
  /** It is seen beside other nodes, or concerns them. */
  isWide?: true;
  /** `false`: not in the recordings of agents that may have either form, where nothing would be missing. */
  isForAll?: boolean;
}

/** The first namespace of a kind where something can be done. */
export const inFirst =
  (kind: string, alter: (state: NamespaceState, name: string) => boolean) =>
  (live: NodeState): boolean =>
    namespaces(live, kind).some(([name, state]) => alter(state, name));

/** A port of br-int that Neutron does not know, beside others of its kind. */
export function addPort(live: NodeState, name: string): boolean {
  const like = live.ports?.find((port) => port.bridge === 'br-int' && port.name.startsWith(name.slice(0, 3)));
  const external = { 'iface-id': '00000000-1111-4222-8333-444444444444', 'attached-mac': 'fa:16:3e:00:00:11' };
  if (like) live.ports!.push({ ...like, name, ofport: 889, external_ids: { ...like.external_ids, ...external } });
  return like !== undefined;
}

/** Sets the first setting whose key fits. */
export const alterSysctl = (state: NamespaceState, pattern: RegExp, value: string): boolean => {
  const setting = state.sysctls?.find(({ key }) => pattern.test(key));
  if (setting) setting.value = value;
  return setting !== undefined;
};

/** In mode dvr_snat without the SNAT role of any router. */
export const isBare = ({ topology }: Cloud, live: NodeState): boolean =>
  topology.nodes.find(({ name }) => name === live.node)?.agent_mode === 'dvr_snat' &&
  namespaces(live, 'snat').length === 0;
