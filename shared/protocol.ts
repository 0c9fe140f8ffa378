/**
 * What client and server say to each other beyond LSP: the one contract between the two processes. Everything is JSON.
 * A request names its topology by document URI; the document must be open (LSP `textDocument/didOpen`).
 * A request that cannot be answered fails with a response error whose message is meant for a person.
 */
import type { ItemPlace } from './picture/types.ts';
import type { NodeSummary } from './protocolNodes.ts';

/** Method names. `nodes`, `endpoints`, `state` and `trace` only read; `compare` collects and keeps the result until the next one. */
export const REQUEST = {
  nodes: 'dvrscope/nodes',
  endpoints: 'dvrscope/endpoints',
  state: 'dvrscope/state',
  trace: 'dvrscope/trace',
  /** `TraceExportParams` → `TextResult`. */
  traceExport: 'dvrscope/traceExport',
  /** `TraceParams` → `TraceViewAnswer` (`shared/picture/types.ts`): the trace as pictures. */
  traceView: 'dvrscope/traceView',
  /** `TraceChoicesParams` → `TraceChoices`. */
  traceChoices: 'dvrscope/traceChoices',
  /** `StatePlaceParams` → `StatePlace`: where a document of `dvrscope/state` has an item of a trace. */
  statePlace: 'dvrscope/statePlace',
  /** `MapParams` → `CloudMap` (`shared/map/types.ts`): the things of the cloud, what connects them and what is wrong. */
  map: 'dvrscope/map',
  compare: 'dvrscope/compare',
  /** `DemoParams` → `DemoResult`: makes the demo cloud unless it is there. Its nodes are started, on loopback, when they are compared with. */
  demo: 'dvrscope/demo',
  /** `ImportParams` → `ImportResult`: a topology of what a cloud said of itself. */
  import: 'dvrscope/import',
  /** → `TextResult`: the script that saves what can be imported. */
  importScript: 'dvrscope/importScript',
  /** `TopologyParams` → `CloudEntry`: the nodes without what is in them. */
  cloud: 'dvrscope/cloud',
  /** `NodeParams` → `NodeDetails`: what is in one node, by namespace and aspect. */
  node: 'dvrscope/node',
  /** `LineParams` → `LineExplanation` or null: why a line of a state is there. */
  line: 'dvrscope/line',
  /** `FindingParams` → `TextResult`: a finding as a page of markdown. */
  finding: 'dvrscope/finding',
  /** `NodeParams` → `LoginCommand`: how `ssh` gets to a node. */
  login: 'dvrscope/login',
} as const;

/** Notification from the server while it collects, one node at a time. Parameters: `CollectingParams`. Sent to clients with `followsNodes`. */
export const COLLECTING = 'dvrscope/collecting';

/** Notification from the server: what it would answer about this topology has changed. Parameters: `TopologyParams`. */
export const CHANGED = 'dvrscope/changed';

/**
 * Request from the server while it collects: only a person can answer. Parameters: `Question`; answered with `Answer`.
 * Sent to clients that say so in their initialization options (`ClientOptions`). The server keeps no answer beyond the collection.
 */
export const ASK = 'dvrscope/ask';

/**
 * Notification from the server while it collects: a passphrase that was asked for has opened its key file, so that it may be offered to be
 * kept. Parameters: `AcceptedParams`. Sent to clients that answer questions.
 */
export const ACCEPTED = 'dvrscope/accepted';

/** The language id of topology files. */
export const LANGUAGE_ID = 'dvr-topology';

/** The scheme of documents that hold a node's state. */
export const STATE_SCHEME = 'dvr-state';

/** The parts of the URI of such a document, not encoded: the path is what a tab shows, the query is what is asked for. */
export function stateUriParts(params: StateParams): { scheme: string; path: string; query: string } {
  const { node, namespace, aspect, side } = params;
  const title = `${[node, namespace, aspect].filter(Boolean).join(' ')} (${side})`;
  // A slash would make folders of a title.
  return { scheme: STATE_SCHEME, path: `/${title.replaceAll('/', '⁄')}`, query: JSON.stringify(params) };
}

export interface TopologyParams {
  /** URI of the topology's document. */
  uri: string;
}

/** How a node came out of the last comparison. */
export type NodeStatus = 'in-sync' | 'differs' | 'unreachable' | 'not-collected';

/** `dvrscope/nodes` answers with these. */
export interface NodeEntry extends NodeSummary {
  namespaces: NamespaceEntry[];
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
  /** All aspects when absent: `rules`. */
  aspect?: string;
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

export interface TraceExportParams extends TraceParams {
  /** As the command line prints it; `mermaid` is a sequence diagram. */
  format: 'text' | 'json' | 'mermaid';
}

export interface TraceChoicesParams extends TopologyParams {
  /** Of a cursor, both counted from 0. */
  position?: { line: number; character: number };
}

/** What a packet may be sent from and to. */
export interface TraceChoices {
  /** Those that a person thinks of first in front. */
  ports: EndpointEntry[];
  floatingIps: FloatingIpChoice[];
  /** Networks that have an outside: who routes there, and the addresses that routers of the cloud have on them. */
  outside: { network: string; gateways: string[]; routers: { router: string; address: string }[] }[];
  /** What is under the cursor. */
  at?: { from: string } | { to: string };
}

export interface FloatingIpChoice {
  address: string;
  /** The port that it belongs to, and its node. */
  port?: string;
  node?: string;
  network?: string;
  /** Of an address that only forwards ports: which. */
  forwarded: { protocol: string; dport: number }[];
}

export interface StatePlaceParams extends StateParams {
  item: ItemPlace;
  /** The item as the trace prints it. */
  text: string;
}

export interface StatePlace {
  /** Counted from 0. */
  line: number;
  /** False: the item is not there, and the line is the heading that it would be under. */
  isFound: boolean;
}

export interface MapParams extends TopologyParams {
  /** A packet whose way is shown on the map. */
  trace?: Omit<TraceParams, 'uri'>;
}

/** Where live states come from. `paths` are snapshots, sosreports, folders of them; absolute. */
export type LiveSource = { kind: 'ssh' } | { kind: 'snapshots'; paths: string[] };

export interface CompareParams extends TopologyParams {
  source: LiveSource;
  /** All nodes when absent. Of the others what the last comparison knew is kept. */
  nodes?: string[];
  /** Nobody sits there: nothing is asked, and what could only be asked fails (`CompareResult.needsAnswers`). */
  isUnattended?: boolean;
  /** LSP work-done progress is reported on this token. */
  workDoneToken?: string | number;
}

/** `dvrscope/compare` answers with the outcome of every node; the differences are published as diagnostics. */
export interface CompareResult {
  nodes: { node: string; status: NodeStatus; error?: string; differences: number }[];
  differences: number;
  /** Sentences on what was given but not used, for the log: unreadable files, snapshots of unknown nodes. */
  notes: string[];
  /** Of the notes those about files that could not be used, or not wholly; absent: all could. */
  problems?: string[];
  /** Nodes whose snapshot was read before the topology was changed last; absent: none. */
  older?: string[];
  /** Something would have had to be asked. */
  needsAnswers?: true;
}

/** The settings that the server reads with `workspace/configuration`, section `dvrscope`. */
export interface Settings {
  ssh: {
    user: string;
    configFile: string;
    identityFiles: string[];
    knownHostsFiles: string[];
    /** Whether the node is read as root: `auto` where the user is not root. */
    sudo: 'auto' | 'always' | 'never';
    /** Seconds that a node may be silent; 0: as long as the collector thinks right. */
    timeout: number;
  };
  checks: {
    /** Code of a message, or id of a fault → `error`, `warning`, `information`, `hint` or `off`. Other words count as not set. */
    severity: Record<string, string>;
  };
}

/** What a client may say in `initializationOptions`. */
export interface ClientOptions {
  /** It answers `dvrscope/ask`. */
  canAsk?: boolean;
  /** It opens documents of `STATE_SCHEME`. */
  opensStates?: boolean;
  /** It wants `dvrscope/collecting`. */
  followsNodes?: boolean;
  /** Commands of `COMMAND` that it has: without them nothing is offered that would run one. */
  commands?: string[];
  /** Where the demo cloud may live, and the file that its nodes are made of; without it there is none. */
  demo?: { folder: string; recordings: string };
}

export interface DemoParams {
  /** Its topology becomes again what it was at first. */
  isReset: boolean;
}

export interface DemoResult {
  /** URI of its topology. */
  uri: string;
  /** Somebody has edited the topology since it was made. */
  isChanged: boolean;
}

export interface ImportParams {
  /** `api`: a folder with saved answers of the Neutron API. `inventory`: what `ansible-inventory --list` printed. */
  kind: 'api' | 'inventory';
  /** Absolute. */
  path: string;
}

export interface ImportResult {
  /** The topology. */
  text: string;
  /** Sentences on what was left out or is not known. */
  notes: string[];
}

/** Commands of the client that the server may put behind something that is clicked, as `package.json` has them. */
export const COMMAND = { trace: 'dvrscope.trace', diff: 'dvrscope.diff', explain: 'dvrscope.explain' } as const;

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

export interface AcceptedParams {
  /** As the question had it. */
  file: string;
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
