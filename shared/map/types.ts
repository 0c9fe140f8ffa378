/** The map of a cloud: its things, what connects them, and what is wrong with them. Everything is JSON: it goes from the server to a page. */
import type { Severity } from '../problem.ts';
import type { NodeStatus } from '../protocol.ts';

/** Two views of one cloud: machines and what they hold, or what tenants see. */
export type MapView = 'physical' | 'logical';

/** `carrier` is what joins nodes: a physical network, or the tunnels of one type. */
export type ThingKind =
  | 'node'
  | 'namespace'
  | 'carrier'
  | 'external-network'
  | 'network'
  | 'subnet'
  | 'router'
  | 'port'
  | 'floating-ip';

export interface MapThing {
  /** The pointer of what the file has; of what follows from the file a text that begins with no slash. */
  id: string;
  kind: ThingKind;
  name: string;
  /** One line below the name: addresses, prefix, agent mode. */
  detail: string;
  /** What it is in, by view; absent: the thing stands by itself, or is not in the view (`VIEW_KINDS`). */
  inside: { physical?: string; logical?: string };
  /** The id of the router or network that a namespace is of. */
  of?: string;
  /** Where it is written; absent of what follows from several entries. */
  place?: MapPlace;
  /** Of a node: its agent mode. Nodes of one mode stand together. */
  mode?: string;
  /** How the last comparison found a node. */
  status?: NodeStatus;
}

/** Lines of a file, both counted from 0 and inclusive. */
export interface MapPlace {
  /** Absent: the topology's own document. */
  uri?: string;
  first: number;
  last: number;
}

/**
 * `gateway` router to external network, `interface` router to subnet, `floating` floating IP to port; `carried` node to carrier,
 * `serves` namespace to port.
 */
export type LinkKind = 'gateway' | 'interface' | 'floating' | 'carried' | 'serves';

export interface MapLink {
  view: MapView;
  kind: LinkKind;
  /** Ids of things. */
  from: string;
  to: string;
  /** Address or bridge. */
  label: string;
}

/** What is wrong, of the text or of nodes. */
export interface MapFinding {
  severity: Severity;
  code: string;
  message: string;
  /** Found on a node by the last comparison. */
  isLive: boolean;
  /** Ids of the things that it concerns; empty where it concerns the whole file. */
  things: string[];
  place?: MapPlace;
}

/** The way of a packet over things of the map, there and then back. */
export interface MapPath {
  side: 'expected' | 'live';
  /** `vm1 → 8.8.8.8 icmp: exits-network, answered`. */
  verdict: string;
  /** Whether the packet got where it should, and its answer came back. */
  isWhole: boolean;
  /** Ids of things, by view, in the order of the way. */
  there: Record<MapView, string[]>;
  back: Record<MapView, string[]>;
}

/** What was there to be shown of a topology. */
export interface CloudMap {
  things: MapThing[];
  links: MapLink[];
  findings: MapFinding[];
  /** Whether there was a comparison, and whether the file has changed since. */
  compared: 'no' | 'yes' | 'outdated';
  /** The first mistake for which a part of the file could not be read, so that things may be missing. */
  broken?: { message: string; place: MapPlace };
  /** The traced packet; two where expected and live state part. */
  paths?: MapPath[];
  /** Why the packet could not be traced. */
  pathProblem?: string;
}

/** Which kinds each view has. */
export const VIEW_KINDS: Readonly<Record<MapView, readonly ThingKind[]>> = {
  physical: ['carrier', 'node', 'namespace', 'port'],
  logical: ['external-network', 'router', 'network', 'subnet', 'port', 'floating-ip'],
};

/** What it is inside of where no node is known for a port. */
export const UNBOUND = 'ports on no node';
