/** The part of `protocol.ts` that is about nodes and findings. Everything is JSON. */
import type { Pointer } from './problem.ts';
import type { NamespaceEntry, NodeStatus, StateParams, TopologyParams } from './protocol.ts';

/** A node, in the order of the file. */
export interface NodeSummary {
  name: string;
  agent_mode: string;
  pointer: Pointer;
  /** The file that it stands in; absent: the one that was asked about. */
  uri?: string;
  /** Line of the node's key, counted from 0. */
  line: number;
  /** Absent before a comparison. */
  status?: NodeStatus;
  /** Why the node could not be collected, for a person. */
  error?: string;
  /** Number of differences of the whole node; absent before a comparison. */
  differences?: number;
  /** How many of them comments or settings silence; absent: none. */
  silenced?: number;
  /** When its state was read, in milliseconds since 1970; absent where nobody knows. */
  readAt?: number;
  /** The snapshot or report that its state is from; absent: it was read over SSH. */
  path?: string;
}

/** A whole topology. */
export interface CloudEntry {
  nodes: NodeSummary[];
  /** Those of the last comparison that are of no single node: promises, another release. */
  findings: FindingEntry[];
  /** Errors of the text itself: what it asks for may be incomplete. */
  errors: number;
  /** The text has changed since the comparison. */
  isStale?: true;
  /** URIs of all files of the topology, the root first; absent: it is the one that was asked about. */
  files?: string[];
}

export interface NodeParams extends TopologyParams {
  node: string;
}

/** One node: the namespaces that it should have, those that it has besides, and `-`, what belongs to the node itself. */
export interface NodeDetails {
  namespaces: (NamespaceEntry & { aspects: AspectEntry[] })[];
}

export interface AspectEntry {
  /** `rules`. */
  name: string;
  /** The command that shows it: `ip rule`. */
  title: string;
  findings: FindingEntry[];
  /** It is a part of the text of a state. */
  hasText?: true;
  /** Why it was not compared, where it was not. */
  reason?: string;
  /** Nobody has compared it yet. */
  isUnknown?: true;
}

/** What a comparison found, in short. */
export interface FindingEntry {
  /** The same as long as the same is found. */
  id: string;
  code: string;
  severity: 'error' | 'warning' | 'information' | 'hint';
  /** As in the Problems view. */
  message: string;
  /** In few words: `rule missing: 32765: from 10.0.0.5 lookup 16`. */
  label: string;
  /** Id of the fault, where it is one. */
  fault?: string;
  node?: string;
  /** Where the line is that caused it. */
  uri: string;
  line: number;
  /** Commands that would mend it, for a person to run. */
  fix: string[];
}

export interface FindingParams extends TopologyParams {
  finding: string;
  /** URI of the folder to which links of the page lead that begin with `/`; absent: nothing can be linked but what is on the web. */
  linkRoot?: string;
}

/** A line of the document that `dvrscope/state` gives for the same parameters, counted from 0. */
export interface LineParams extends StateParams {
  line: number;
}

/** Why a line is there, or what is wrong with it. */
export interface LineExplanation {
  markdown: string;
  /** The place in a topology that caused it. */
  target?: { uri: string; line: number; character: number };
  /** The finding that it belongs to. */
  finding?: string;
}

/** Arguments of `ssh`, each one word: they must never be joined for a shell. */
export interface LoginCommand {
  args: string[];
}

export interface CollectingParams extends TopologyParams {
  node: string;
  state: 'started' | 'collected' | 'failed';
}
