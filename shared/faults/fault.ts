/**
 * What a fault of the catalogue is: a row of data with one function that says which differences, and which facts of the live state,
 * are its evidence. A new fault is a row in the file of its family and a line in `table.ts`.
 */
import type { Difference } from '../compare.ts';
import type { Pointer, Severity } from '../problem.ts';
import type { NodeState } from '../state.ts';
import type { Topology } from '../topology/types.ts';
import type { Scope } from './scope.ts';

/** A node that was compared, and the others. */
export interface NodeView {
  topology: Topology;
  node: string;
  expected: NodeState;
  live: NodeState;
  /** Those that no fault has taken yet. */
  differences: readonly Difference[];
  /** Live states of all nodes, this one too: some faults are seen only beside another node. */
  nodes: ReadonlyMap<string, NodeState>;
}

/** Evidence that is no difference: compare does not look at it, or it is right by itself and wrong beside another node. */
export interface Fact {
  namespace: string;
  /** As in findings: `sysctls`, `conntrack`, `processes`, `ports`, `namespaces`. */
  aspect: string;
  /** What should be, as a tool prints it; null when nothing should be there. */
  expected: string | null;
  live: string | null;
  /** The read-only command that shows it, in its namespace. */
  show: string[];
}

/** One occurrence of a fault on a node. */
export interface Case {
  lines: Difference[];
  facts?: Fact[];
  /** Things of the topology that it is about, where the lines do not say so. */
  about?: Pointer[];
  /** Another node that has to do with it. */
  other?: string;
}

/** A command as words, and where it is to be run; `-` is the node itself. */
export interface Command {
  namespace: string;
  words: string[];
}

export type Family = 'floating IP' | 'SNAT' | 'ARP' | 'Open vSwitch' | 'HA' | 'tenant' | 'other';

export interface Fault {
  /** As in the catalogue: `S02`. */
  id: string;
  family: Family;
  /** A noun phrase without a full stop. */
  title: string;
  /** What people see. */
  symptom: string;
  /** How it comes about. */
  cause: string;
  /** Which lines say so, in words. */
  evidence: string;
  /** What it breaks, one sentence without a full stop. */
  breaks: (scope: Scope) => string;
  /** Default: `error`. */
  severity?: Severity;
  /** The service whose restart puts it right, when the commands of the differences do not. */
  restart?: 'neutron-l3-agent' | 'neutron-openvswitch-agent';
  /** Commands instead of those of the differences, as words; each with its namespace (`-`: the node itself). */
  fix?: (found: Case, view: NodeView) => Command[];
  /** Which releases have it, for a person. */
  releases: string;
  /** Bug numbers of Launchpad, commits of Neutron, others in words. */
  references: readonly string[];
  find: (view: NodeView) => Case[];
}
