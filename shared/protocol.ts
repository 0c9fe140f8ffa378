/**
 * What client and server say to each other beyond LSP: the one contract between the two processes. Everything is JSON.
 * A request names its topology by document URI; the document must be open (LSP `textDocument/didOpen`).
 * A request that cannot be answered fails with a response error whose message is meant for a person.
 */
import type { Pointer } from './problem.ts';

/** Method names. `nodes`, `endpoints`, `state` and `trace` only read; `compare` collects and keeps the result until the next one. */
export const REQUEST = {
  nodes: 'dvrscope/nodes',
  endpoints: 'dvrscope/endpoints',
  state: 'dvrscope/state',
  trace: 'dvrscope/trace',
  compare: 'dvrscope/compare',
} as const;

/** Notification from the server: what it would answer about this topology has changed. Parameters: `TopologyParams`. */
export const CHANGED = 'dvrscope/changed';

/**
 * Request from the server while it collects: only a person can answer. Parameters: `Question`; answered with `Answer`.
 * Sent to clients that say so in their initialization options (`ClientOptions`). The server keeps no answer beyond the collection.
 */
export const ASK = 'dvrscope/ask';

/** The language id of topology files. */
export const LANGUAGE_ID = 'dvr-topology';

export interface TopologyParams {
  /** URI of the topology's document. */
  uri: string;
}

/** How a node came out of the last comparison. */
export type NodeStatus = 'in-sync' | 'differs' | 'unreachable' | 'not-collected';

/** `dvrscope/nodes` answers with these, in the order of the file. */
export interface NodeEntry {
  name: string;
  agent_mode: string;
  pointer: Pointer;
  /** Line of the node's key, counted from 0. */
  line: number;
  namespaces: NamespaceEntry[];
  /** Absent before a comparison. */
  status?: NodeStatus;
  /** Why the node could not be collected, for a person. */
  error?: string;
  /** Number of differences of the whole node; absent before a comparison. */
  differences?: number;
}

export interface NamespaceEntry {
  name: string;
  /** Whose it is, for a person: `router router1`, `network public`. */
  owner: string;
  differences?: number;
}

/** `dvrscope/endpoints` answers with these: what a trace may start from. */
export interface EndpointEntry {
  /** The port's name in the topology. */
  name: string;
  addresses: string[];
  network: string;
  node?: string;
  device_owner: string;
}

export type Side = 'expected' | 'live';

export interface StateParams extends TopologyParams {
  node: string;
  side: Side;
  /** All namespaces when absent. */
  namespace?: string;
  /** Only what was compared, so that the texts of both sides differ exactly where the states do. */
  isDiff?: boolean;
}

/** `dvrscope/state` and `dvrscope/trace` answer with a document. */
export interface TextResult {
  text: string;
}

export interface TraceParams extends TopologyParams {
  /** A port's name or id, or `IP@network`. */
  from: string;
  /** As `from`, or any address. */
  to: string;
  /** `icmp` when absent. */
  protocol?: string;
  sport?: number;
  dport?: number;
}

/** Where live states come from. `paths` are snapshots, sosreports, folders of them; absolute. */
export type LiveSource = { kind: 'ssh' } | { kind: 'snapshots'; paths: string[] };

export interface CompareParams extends TopologyParams {
  source: LiveSource;
  /** All nodes when absent. */
  nodes?: string[];
  /** LSP work-done progress is reported on this token. */
  workDoneToken?: string | number;
}

/** `dvrscope/compare` answers with the outcome of every node; the differences are published as diagnostics. */
export interface CompareResult {
  nodes: { node: string; status: NodeStatus; error?: string; differences: number }[];
  differences: number;
  /** Sentences on what was given but not used, for the log: unreadable files, snapshots of unknown nodes. */
  notes: string[];
}

/** The settings that the server reads with `workspace/configuration`, section `dvrscope`. */
export interface Settings {
  ssh: { user: string; configFile: string; identityFiles: string[]; knownHostsFiles: string[] };
  checks: {
    /** Code of a message, or id of a fault → `error`, `warning`, `information`, `hint` or `off`. Other words count as not set. */
    severity: Record<string, string>;
  };
}

/** What a client may say in `initializationOptions`. */
export interface ClientOptions {
  /** It answers `dvrscope/ask`. */
  canAsk?: boolean;
  /** Commands of `COMMAND` that it has: without them nothing is offered that would run one. */
  commands?: string[];
}

/** Commands of the client that the server may put behind something that is clicked, as `package.json` has them. */
export const COMMAND = { trace: 'dvrscope.trace', diff: 'dvrscope.diff' } as const;

/** A question to the user. All texts from elsewhere are already fit to be shown. */
export type Question = HostKeyQuestion | PassphraseQuestion | LoginQuestion;

/** Whether to trust a host key that is not known. Answers: one `HostKeyAnswer`. */
export interface HostKeyQuestion {
  kind: 'host-key';
  /** The host as `known_hosts` has it: `node1`, `[node1]:2222`. */
  host: string;
  keyType: string;
  /** `SHA256:…`, as `ssh-keygen -l` prints it. */
  fingerprint: string;
  /** The file that the key is written to when it is remembered; empty where there is none: then it cannot be. */
  file: string;
  /** What else is known, in sentences: how to compare, other keys of the host. */
  detail: string;
}

export type HostKeyAnswer = 'remember' | 'once' | 'refuse';

/** The passphrase of a private key. Answers: the passphrase. */
export interface PassphraseQuestion {
  kind: 'passphrase';
  file: string;
  /** The last answer was wrong. */
  isRepeated: boolean;
}

/** What a host asks for at login: a password, a one-time code. Answers: one for each prompt. */
export interface LoginQuestion {
  kind: 'login';
  /** `user@host`. */
  login: string;
  /** What the host says before, in one line; often empty. */
  instruction: string;
  prompts: { text: string; isSecret: boolean }[];
  /** The last answers were wrong. */
  isRepeated: boolean;
}

export interface Answer {
  /** Null when the user turned away. */
  answers: string[] | null;
}
