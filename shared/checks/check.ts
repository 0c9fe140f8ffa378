/** What a check is. Each is one file, named after its code, and one line of `table.ts`. */
import type { Pointer, Severity } from '../problem.ts';
import type { Topology } from '../topology/types.ts';

export interface Finding {
  /** What is wrong, where, why it matters and what to do. */
  message: string;
  pointer: Pointer;
  /** Which part of the entry to underline; the value when absent. */
  at?: 'key' | 'value';
  /** When it is not the check's own. */
  severity?: Severity;
  related?: { pointer: Pointer; message: string }[];
}

export type Report = (finding: Finding) => void;

export interface Check {
  code: string;
  severity: Severity;
  /** What it is about and where the rule comes from, in one line. */
  doc: string;
  /** Why it matters for DVR, for a person who has never seen the fault. */
  why: string;
  /** Must hold its tongue where the topology leaves something out. */
  check: (topology: Topology, report: Report) => void;
  /** Two topologies that are its documentation and its test: `# ^^^ code` marks what is underlined in the line above. */
  wrong: string;
  right: string;
}
